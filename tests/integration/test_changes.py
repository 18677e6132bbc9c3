"""What a change restarts: what it touches and what must follow, and nothing else."""

from __future__ import annotations

import copy
import typing as t

import pytest

from tests.integration.support.apps import IDLE, App, Scope, container
from tests.integration.support.hosts import IMAGE, differences

KUBE = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: NAME-kube
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: {IMAGE}
      command: [sh, -c, "trap 'exit 0' TERM; sleep infinity & wait"]
      env:
        - name: LEVEL
          value: "one"
      envFrom:
        - configMapRef:
            name: settings
"""

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  COLOUR: red
"""

Content = tuple[dict[str, t.Any], dict[str, t.Any]]


def _content(name: str) -> Content:
    """One service for each way in which a service can use something."""
    units = {
        "unit": container("Environment=A=1"),
        "dropin": container(),
        "dropin.container.d/10-more.conf": "[Container]\nEnvironment=B=1\n",
        "env": container("EnvironmentFile=./settings.env"),
        "dir": container("Volume=./conf:/conf:ro"),
        "file": container("Volume=./one.conf:/one.conf:ro"),
        "mount": container("Mount=type=bind,source=./other,target=/other,ro"),
        "idle": container(),
        "kube.kube": "[Kube]\nYaml=./pod.yaml\nConfigMap=./map.yaml\n\n"
        "[Service]\nTimeoutStopSec=20\n\n[Install]\nWantedBy=default.target\n",
    }
    files = {
        "settings.env": "C=1\n",
        "conf/sub/deep.conf": "one\n",
        "one.conf": "one\n",
        "other/x.conf": "one\n",
        "unused.txt": "one\n",
        "pod.yaml": KUBE.replace("NAME", name),
        "map.yaml": CONFIG_MAP,
    }
    return units, files


STEMS = ("unit", "dropin", "env", "dir", "file", "mount", "idle", "kube")


class Change(t.NamedTuple):
    """One edit: which text, what in it is replaced, and the services that must restart."""

    path: str
    old: str
    new: str
    restarts: tuple[str, ...]


CHANGES = {
    "unit": Change("unit", "A=1", "A=2", ("unit",)),
    "drop-in": Change("dropin.container.d/10-more.conf", "B=1", "B=2", ("dropin",)),
    "environment-file": Change("settings.env", "C=1", "C=2", ("env",)),
    "file-in-a-mounted-directory": Change("conf/sub/deep.conf", "one", "two", ("dir",)),
    "mounted-file": Change("one.conf", "one", "two", ("file",)),
    "file-of-a-mount-option": Change("other/x.conf", "one", "two", ("mount",)),
    "kube-yaml": Change("pod.yaml", '"one"', '"two"', ("kube",)),
    "config-map": Change("map.yaml", "red", "blue", ("kube",)),
    "unused-file": Change("unused.txt", "one", "two", ()),
}


class Deployed:
    """An app, with the content that it has now."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.content: Content = _content(app.name)
        app.deployed(*self.content)

    def edited(self, change: Change) -> Content:
        """The content after a change."""
        edited = copy.deepcopy(self.content)
        part = edited[0] if change.path in edited[0] else edited[1]
        assert change.old in part[change.path]
        part[change.path] = part[change.path].replace(change.old, change.new)
        return edited


@pytest.fixture(scope="module")
def deployed(scope: Scope) -> t.Iterator[Deployed]:
    """One app for all changes."""
    app = scope.app()
    yield Deployed(app)
    app.remove()


@pytest.mark.parametrize(
    "change", [pytest.param(change, id=name) for name, change in CHANGES.items()]
)
@pytest.mark.scope(
    "alice", system=["unit", "environment-file", "mounted-file", "file-of-a-mount-option"]
)
def test_a_change_restarts_what_uses_it(deployed: Deployed, change: Change) -> None:
    app, content = deployed.app, deployed.edited(change)
    before = app.ids(*STEMS)
    result = app.deployed(*content)
    deployed.content = content
    after = app.ids(*STEMS)

    assert {stem for stem in STEMS if before[stem] != after[stem]} == set(change.restarts)
    assert set(app.states(*STEMS).values()) == {"loaded active"}
    restarted = {name for name, action in result.actions.items() if action == "restart"}
    assert restarted == {app.service(stem) for stem in change.restarts}
    assert result.changed
    for stem in change.restarts:
        assert "changed" in result.reasons(app.service(stem))
    assert not app.deployed(*content).changed


@pytest.mark.scope("alice")
def test_a_new_and_a_dropped_drop_in_restart_their_service(deployed: Deployed) -> None:
    app = deployed.app
    units, files = copy.deepcopy(deployed.content)
    for extra in ({"idle.container.d/x.conf": "[Container]\nEnvironment=X=1\n"}, {}):
        before = app.ids(*STEMS)
        result = app.deployed({**units, **extra}, files)
        after = app.ids(*STEMS)
        assert {stem for stem in STEMS if before[stem] != after[stem]} == {"idle"}
        assert "idle.container.d/x.conf" in result.reasons(app.service("idle"))
        shown = app.inside("idle", "env")
        assert ("X=1" in shown) == bool(extra)


@pytest.mark.scope("alice")
def test_the_new_content_is_what_runs(deployed: Deployed) -> None:
    app = deployed.app
    units, files = copy.deepcopy(deployed.content)
    files["conf/sub/deep.conf"] = "fresh\n"
    files["one.conf"] = "fresh\n"
    files["settings.env"] = "C=fresh\n"
    app.deployed(units, files)
    deployed.content = units, files
    assert app.inside("dir", "cat /conf/sub/deep.conf") == "fresh"
    assert app.inside("file", "cat /one.conf") == "fresh"
    assert "C=fresh" in app.inside("env", "env").split()


@pytest.mark.scope("alice")
def test_a_foreign_drop_in_counts(deployed: Deployed) -> None:
    app, host = deployed.app, deployed.app.host
    path = f"{app.scope.unit_dir}/{app.unit('idle')}.d/admin.conf"
    host.write(path, "[Container]\nEnvironment=ADMIN=1\n", owner=app.scope.owner)
    try:
        before = app.ids(*STEMS)
        result = app.deployed(*deployed.content)
        after = app.ids(*STEMS)
        assert {stem for stem in STEMS if before[stem] != after[stem]} == {"idle"}
        assert result.changed
        assert "ADMIN=1" in app.inside("idle", "env").split()
    finally:
        host.ssh(f"rm -r {path.rpartition('/')[0]}")
    app.deployed(*deployed.content)
    assert "ADMIN=1" not in app.inside("idle", "env").split()


@pytest.mark.scope("alice")
def test_a_file_that_someone_edited_is_put_right(deployed: Deployed) -> None:
    app, host = deployed.app, deployed.app.host
    host.write(app.path("conf/sub/deep.conf"), "edited by hand\n", owner=app.scope.owner)
    before = app.ids(*STEMS)
    result = app.deployed(*deployed.content)
    assert host.read(app.path("conf/sub/deep.conf")) == deployed.content[1]["conf/sub/deep.conf"]
    assert result.changed
    after = app.ids(*STEMS)
    assert {stem for stem in STEMS if before[stem] != after[stem]} <= {"dir"}


@pytest.mark.scope("alice")
def test_reordered_mappings_are_no_change(deployed: Deployed) -> None:
    app = deployed.app
    units, files = deployed.content
    before = app.host.look()
    result = app.deployed(dict(reversed(units.items())), dict(reversed(files.items())))
    assert not result.changed
    assert differences(before, app.host.look()) == []


@pytest.mark.scope("system")
def test_a_mode_alone_is_set_without_a_restart_of_others(deployed: Deployed) -> None:
    app = deployed.app
    units, files = copy.deepcopy(deployed.content)
    files["unused.txt"] = {"content": files["unused.txt"], "mode": "0600"}
    before = app.ids(*STEMS)
    result = app.deployed(units, files)
    assert result.changed
    assert app.host.ssh(f"stat -c %a {app.path('unused.txt')}") == "600"
    assert app.ids(*STEMS) == before
    assert not app.deployed(units, files).changed


def _chain(app: App) -> dict[str, str]:
    """web and worker need db; log stands alone."""
    db, web = app.service("db"), app.service("web")
    return {
        "db": container("Environment=V=1"),
        "web": f"[Unit]\nRequires={db}\nAfter={db}\n\n" + container(),
        "worker": f"[Unit]\nBindsTo={web}\nAfter={web}\n\n" + container(),
        "log": f"[Unit]\nWants={db}\nAfter={db}\n\n" + container(),
    }


@pytest.mark.scope("system")
def test_dependents_follow(app: App) -> None:
    units = _chain(app)
    app.deployed(units)
    stems = ("db", "web", "worker", "log")
    before = app.ids(*stems)
    units["db"] = units["db"].replace("V=1", "V=2")
    result = app.deployed(units)
    after = app.ids(*stems)

    assert {stem for stem in stems if before[stem] != after[stem]} == {"db", "web", "worker"}
    assert set(app.states(*stems).values()) == {"loaded active"}
    assert f"follows {app.service('db')}" in result.reasons(app.service("web"))
    assert f"follows {app.service('web')}" in result.reasons(app.service("worker"))
    assert app.service("log") not in result.actions
    assert not app.deployed(units).changed


@pytest.mark.scope("alice")
def test_what_others_depend_on_does_not_follow_them(app: App) -> None:
    units = _chain(app)
    app.deployed(units)
    before = app.ids("db", "web", "worker", "log")
    units["worker"] = units["worker"].replace("Image=", "Environment=V=2\nImage=")
    app.deployed(units)
    after = app.ids("db", "web", "worker", "log")
    assert {stem for stem in before if before[stem] != after[stem]} == {"worker"}


@pytest.mark.scope("alice")
def test_dependents_of_other_apps_are_active_afterwards(app: App) -> None:
    """Requires= stops dependents, wherever they are declared."""
    app.deployed({"db": container("Environment=V=1")})
    other = app.scope.app()
    db = app.service("db")
    try:
        other.deployed({"web": f"[Unit]\nRequires={db}\nAfter={db}\n\n" + container()})
        app.deployed({"db": container("Environment=V=2")})
        assert app.runs("db")
        assert other.runs("web")
    finally:
        other.remove()


@pytest.mark.scope("alice")
def test_containers_of_a_changed_network_or_volume_keep_running(app: App) -> None:
    units = {
        "web": container(f"Network={app.name}-net.network", f"Volume={app.name}-data.volume:/data"),
        "net.network": "[Network]\n",
        "data.volume": "[Volume]\n",
    }
    app.deployed(units)
    app.inside("web", "echo kept > /data/kept")
    before = app.ids("web")
    units["data.volume"] = "[Volume]\nLabel=a=b\n"
    result = app.deployed(units)
    assert app.ids("web") == before
    assert app.inside("web", "cat /data/kept") == "kept"
    assert app.unit("data", "volume") in result.warned


@pytest.mark.scope("system")
def test_a_pod_and_its_containers(app: App) -> None:
    pod = f"Pod={app.name}-group.pod"
    units = {
        "group.pod": "[Pod]\n",
        "one": container(pod),
        "two": container(pod, "Environment=V=1"),
    }
    result = app.deployed(units)
    assert f"{app.name}-group-pod.service" in result["services"]
    before = app.ids("one", "two", "group-pod")
    units["two"] = container(pod, "Environment=V=2")
    app.deployed(units)
    after = app.ids("one", "two", "group-pod")
    assert {stem for stem in before if before[stem] != after[stem]} == {"two"}
    assert app.states("one", "two", "group-pod") == dict.fromkeys(before, "loaded active")
    assert not app.deployed(units).changed


@pytest.mark.scope("system")
def test_template_instances(app: App) -> None:
    """An instance is a unit of its own; drop-ins of the template reach it."""
    units = {
        "w@.container": container("Environment=ME=%i"),
        "w@one.container": container("Environment=ME=%i"),
    }
    app.deployed(units)
    service = f"{app.name}-w@one.service"
    assert app.scope.states(service) == {service: "loaded active"}
    before = app.scope.ids(service)
    units["w@.container.d/x.conf"] = "[Container]\nEnvironment=X=1\n"
    app.deployed(units)
    assert app.scope.ids(service) != before
    assert not app.deployed(units).changed


@pytest.mark.scope("system")
def test_a_comment_is_written(app: App) -> None:
    app.deployed({"web": container()})
    result = app.deployed({"web": "# by the web team\n" + container()})
    assert result.changed
    assert "# by the web team" in app.host.read(app.path(app.unit("web")))
    assert IDLE in app.host.read(app.path(app.unit("web")))
