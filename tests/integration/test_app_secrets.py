"""An app's secrets: containers see what was declared, and nobody else sees anything."""

from __future__ import annotations

import base64
import json
import pathlib
import re
import subprocess
import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.hosts import differences
from tests.integration.support.playbooks import ROOT, Playbooks

# Another than the other tests have: a container of these writes it to the journal.
NEEDLE = "st1tch-\"quoted\" 'twice' $HOME %i \\n"
BINARY = bytes(range(256)) + b"\r\n\n"
SAMPLER = pathlib.Path(__file__).parent / "support" / "sampler.py"
LOGIN = json.dumps({"auths": {"nowhere.invalid": {"auth": "c3QxdGNoZXI6c3QxdGNoZWQ="}}})
NUMBER = 739273927392
FAILS = "sh -c 'cat /run/secrets/pw; cat /run/secrets/pw >&2; sleep 1; exit 3'"


@pytest.fixture(autouse=True)
def _no_secret_stays(request: pytest.FixtureRequest) -> t.Iterator[None]:
    """Removes what a test's app has left in Podman, by hand."""
    app = request.getfixturevalue("app") if "app" in request.fixturenames else None
    yield
    names = " ".join(stored_names(app)) if app else ""
    if app and names:
        app.host.try_ssh(app.scope.command(f"podman secret rm {names}"))


def stored_names(app: App) -> list[str]:
    """What Podman has of the app."""
    names = app.scope.ssh("podman secret ls --format '{{.Name}}'").split("\n")
    return [name for name in names if re.search(rf"\.{app.name}-[0-9a-f]{{12}}$", name)]


def given(**values: bytes) -> dict[str, t.Any]:
    """Values as the option takes them."""
    found: dict[str, t.Any] = {}
    for name, value in values.items():
        try:
            found[name] = value.decode()
        except UnicodeDecodeError:
            found[name] = {"value": base64.b64encode(value).decode(), "encoding": "base64"}
    return found


def seen(app: App, stem: str, path: str) -> bytes:
    """A file's bytes in a container."""
    return base64.b64decode(app.inside(stem, f"base64 {path}"))


def test_a_container_sees_the_declared_names_and_bytes(app: App) -> None:
    values = given(pw=f"{NEEDLE}ä\n".encode(), binary=BINARY, bare=b"no newline")
    unit = container(
        "Secret=pw",
        'Secret="bare,mode=0400" binary,target=/etc/binary',
        "Secret=pw,type=env",
        "Secret=pw,target=pw",
        "Secret=type=env,source=bare,target=BARE",
    )
    result = app.deployed({"web": unit}, secrets=values)
    assert app.runs("web")
    assert seen(app, "web", "/run/secrets/pw") == f"{NEEDLE}ä\n".encode()
    assert seen(app, "web", "/run/secrets/bare") == b"no newline"
    assert seen(app, "web", "/etc/binary") == BINARY
    assert app.inside("web", "ls /run/secrets").split() == ["bare", "pw"]
    environment = seen(app, "web", "/proc/1/environ").split(b"\0")
    assert f"pw={NEEDLE}ä\n".encode() in environment
    assert b"BARE=no newline" in environment
    assert {name.rpartition(".")[0] for name in stored_names(app)} == {"pw", "binary", "bare"}
    key = f"{app.scope.state_dir}/secret.key"
    assert app.host.ssh(f"stat -c '%a %U %s' {key}") == f"600 {app.scope.owner} 32"
    assert "st1tch" not in json.dumps(result)

    before = app.host.look()
    again = app.deployed({"web": unit}, secrets=values)
    assert not again.changed
    assert "secrets" not in again["timings"]
    assert differences(before, app.host.look()) == []


def test_only_consumers_restart_and_the_plan_says_why(app: App) -> None:
    units = {
        "a": container("Secret=pw"),
        "b": container(),
        "c": container("Secret=other"),
        "d@": container("Secret=pw,type=env"),
        "d@1": {"template": app.unit("d@")},
        "e": container(),
        "e.container.d/10-x.conf": "[Container]\nSecret=pw\n",
    }

    def run(pw: str, arguments: t.Sequence[str] = ()) -> Result:
        return app.deploy(units, arguments=arguments, secrets={"pw": pw, "other": "o"}).ok()

    run("one\n")
    before = app.ids("a", "b", "c", "d@1", "e")
    first = set(stored_names(app))

    look = app.host.look()
    preview = run("two\n", ["--check", "--diff"])
    assert differences(look, app.host.look()) == []
    result = run("two\n", ["--diff"])
    assert preview["plan"] == result["plan"]
    assert preview["diff"] == result["diff"]
    assert result.actions == {app.service(stem): "restart" for stem in ("a", "d@1", "e")}
    for stem in ("a", "d@1", "e"):
        assert result.reasons(app.service(stem)) == "secret pw changed"
    assert [(one["before_header"], one["before"], one["after"]) for one in result["diff"][:-1]] == [
        ("secret pw", "old value (not shown)\n", "new value (not shown)\n")
    ]
    assert result["diff"][-1]["after"].splitlines() == [
        f"restart {app.service(stem)}: secret pw changed" for stem in ("a", "d@1", "e")
    ]
    after = app.ids("a", "b", "c", "d@1", "e")
    assert {stem for stem in after if after[stem] != before[stem]} == {"a", "d@1", "e"}
    assert seen(app, "a", "/run/secrets/pw") == b"two\n"
    assert "pw=two" in app.inside("e", "cat /run/secrets/pw | sed s/^/pw=/")
    assert first < set(stored_names(app)), "the old value is kept with its generation"

    units["a"] = container("Secret=pw", "Label=a=b")
    both = app.deploy(units, arguments=["--diff"], secrets={"pw": "3", "other": "o"}).ok()
    assert both.reasons(app.service("a")) == f"{app.unit('a')} changed (Label); secret pw changed"
    text = next(one for one in both["diff"] if app.unit("a") in one["before_header"])
    assert "Secret=pw\n" in text["after"]
    assert app.name + "-a" not in text["after"].replace(app.unit("a"), "")


@pytest.mark.scope("system")
def test_the_installed_set(app: App) -> None:
    units = {"a": container("Secret=pw"), "b": container("Secret=other")}
    app.deployed(units, secrets={"pw": "one", "other": "o"})
    assert not app.run().ok().changed
    assert not app.run(secrets={"pw": "one"}).ok().changed
    before = app.ids("a", "b")
    result = app.run(secrets={"pw": "two"}).ok()
    assert result.actions == {app.service("a"): "restart"}
    assert result.reasons(app.service("a")) == "secret pw changed"
    assert seen(app, "a", "/run/secrets/pw") == b"two"
    assert seen(app, "b", "/run/secrets/other") == b"o"
    assert app.ids("b")["b"] == before["b"]


@pytest.mark.scope("alice")
def test_the_unit_module_uses_the_apps_secrets(app: App) -> None:
    app.deployed({"a": container("Secret=pw")}, secrets={"pw": "one"})
    text = container("Secret=pw,type=env,target=PW")
    options = {"gate": {"stable": 0}, "app": app.name}
    result = app.scope.call("unit", name=app.unit("b"), content=text, **options).ok()
    assert result.actions == {app.service("b"): "start"}
    assert b"PW=one" in seen(app, "b", "/proc/1/environ").split(b"\0")
    assert not app.scope.call("unit", name=app.unit("b"), content=text, **options).ok().changed
    assert len(stored_names(app)) == 1
    gone = app.scope.call("unit", name=app.unit("b"), state="absent", **options).ok()
    assert gone.changed
    assert app.runs("a")


@pytest.mark.scope("system")
def test_prune_decides_what_becomes_of_others(app: App) -> None:
    a, b = container("Secret=pw"), container("Secret=other")
    app.deployed({"a": a, "b": b}, secrets={"pw": "one", "other": "o"})
    kept = app.deployed({"a": a}, secrets={"pw": "two"}, prune=False)
    assert kept.actions == {app.service("a"): "restart"}
    assert seen(app, "b", "/run/secrets/other") == b"o"
    assert app.scope.call("info", apps=[app.name])["apps"][0]["drift"] == []

    app.deployed({"a": a}, secrets={"pw": "two"})
    # Without secrets the units' are meant to exist under their own names.
    app.scope.ssh("sh -c 'printf plain | podman secret create pw -'")
    try:
        plain = app.deployed({"a": a})
        assert plain.reasons(app.service("a")) == "secret pw is no longer declared"
        assert seen(app, "a", "/run/secrets/pw") == b"plain"
        managed = app.deployed({"a": a}, secrets={"pw": "two"})
        assert managed.reasons(app.service("a")) == "secret pw is new"
        assert seen(app, "a", "/run/secrets/pw") == b"two"
        assert app.scope.ssh(
            "podman secret inspect --showsecret --format '{{.SecretData}}' pw"
        ) == ("plain")
    finally:
        app.scope.ssh("podman secret rm pw")


@pytest.mark.scope("system")
def test_a_secret_that_is_gone(app: App) -> None:
    units = {"a": container("Secret=pw"), "b": container()}
    app.deployed(units, secrets={"pw": "one"})
    (stored,) = stored_names(app)
    app.scope.ssh(f"podman secret rm {stored}")
    info = app.scope.call("info", apps=[app.name]).ok()
    assert "secret pw is gone" in info["apps"][0]["drift"]

    before = app.ids("a", "b")
    message = app.run(state="restarted").refused()
    assert "secret pw is gone" in message
    assert stored in message
    assert "secrets" in message
    assert app.ids("a", "b") == before
    # What does not use it may start.
    app.scope.systemctl(f"stop {app.service('b')}")
    assert app.run().ok().actions == {app.service("b"): "start"}

    app.run(state="restarted", secrets={"pw": "one"}).ok()
    assert stored_names(app) == [stored]
    assert seen(app, "a", "/run/secrets/pw") == b"one"
    assert app.scope.call("info", apps=[app.name])["apps"][0]["drift"] == []


def test_an_older_generation_brings_its_values(app: App) -> None:
    units = {"a": container("Secret=pw"), "b": container()}
    for value in ("one", "two"):
        app.deployed(units, secrets={"pw": value})
    before = app.ids("b")
    result = app.run(state="rolled_back").ok()
    assert result.actions == {app.service("a"): "restart"}
    assert result.reasons(app.service("a")) == "secret pw changed"
    assert seen(app, "a", "/run/secrets/pw") == b"one"
    assert app.ids("b") == before
    app.deployed(units, secrets={"pw": "three"}, generations=1)
    assert len(stored_names(app)) == 1
    assert seen(app, "a", "/run/secrets/pw") == b"three"
    app.run(state="absent").ok()
    assert stored_names(app) == []


@pytest.mark.scope("system")
def test_check_mode_leaves_no_key(app: App) -> None:
    key = f"{app.scope.state_dir}/secret.key"
    app.host.ssh(f"if test -e {key}; then mv {key} {key}.aside; fi")
    try:
        units = {"a": container("Secret=pw")}
        before = app.host.look()
        preview = app.deploy(units, arguments=["--check", "--diff"], secrets={"pw": "hunter2"}).ok()
        assert preview.actions == {app.service("a"): "start"}
        assert "Secret=pw\n" in json.dumps(preview["diff"]).replace("\\n", "\n")
        assert "hunter" not in json.dumps(preview)
        assert differences(before, app.host.look()) == []
        assert stored_names(app) == []
        app.deployed(units, secrets={"pw": "hunter2"})
        assert app.host.ssh(f"stat -c %s {key}") == "32"
        # A lost key costs one restart; a damaged one is told.
        app.host.ssh(f"rm {key}")
        lost = app.deployed(units, secrets={"pw": "hunter2"})
        assert lost.reasons(app.service("a")) == "secret pw changed"
        app.host.ssh(f"truncate -s 5 {key}")
        message = app.deploy(units, secrets={"pw": "hunter2"}).refused()
        assert key in message
        assert "Remove it" in message
    finally:
        app.host.ssh(f"rm -f {key}; if test -e {key}.aside; then mv {key}.aside {key}; fi")


@pytest.mark.parametrize(
    ("unit", "says"),
    [
        (container("PodmanArgs=--secret pw,type=env"), "PodmanArgs"),
        (container("Mount=type=secret,id=pw"), "Mount"),
        (container("Secret=p%p"), None),
        ("[Kube]\nYaml=pod.yml\n", "pod.yml:8"),
    ],
    ids=["PodmanArgs", "Mount", "specifier", "kube"],
)
@pytest.mark.scope("system", alice=["Mount", "kube"])
def test_uses_that_are_refused(app: App, unit: str, says: str | None) -> None:
    name = "web.kube" if "[Kube]" in unit else "web"
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  volumes:\n"
        "  - name: v\n    secret:\n      secretName: pw\n"
    )
    before = app.host.look()
    secrets = {"pw": "hunter2"} if says else {f"p{app.name}-web": "hunter2"}
    result = app.deploy({name: unit}, {"pod.yml": pod}, secrets=secrets)
    assert (says or "only systemd knows") in result.refused()
    assert "Secret=" in result.message or "quadlet.fleet.secret" in result.message
    assert "hunter2" not in json.dumps(result)
    assert differences(before, app.host.look()) == []
    assert stored_names(app) == []


@pytest.mark.scope("system")
def test_a_secret_that_no_unit_uses(app: App) -> None:
    result = app.deployed({"a": container()}, secrets={"unused": "hunter2"})
    assert "unused" in result.warned
    assert "Secret=unused" in result.warned
    assert stored_names(app) == []
    assert not app.deployed({"a": container()}, secrets={"unused": "hunter2"}).changed


@pytest.mark.scope("system")
def test_values_that_are_refused(app: App) -> None:
    for value, says in (
        (7392, "int"),
        ("", "0 bytes"),
        ({"value": "%", "encoding": "base64"}, "64"),
    ):
        result = app.deploy({"a": container("Secret=pw")}, secrets={"pw": value})
        assert says in result.refused()
        assert "secrets pw" in result.message
        assert "7392" not in json.dumps(result)
    assert "text" in app.deploy({"a": container()}, secrets={"pw": {"encoding": "text"}}).refused()


@pytest.mark.scope("system")
def test_short_values_spoil_no_result(app: App) -> None:
    values = {"pw": "1", "other": {"value": "a", "encoding": "text"}}
    result = app.deployed({"a": container("Secret=pw", "Secret=other")}, secrets=values)
    assert result["generation"] == 1
    assert result["services"][app.service("a")]["active"] == "active"
    assert result.actions == {app.service("a"): "start"}
    assert "********" not in json.dumps(result)
    assert seen(app, "a", "/run/secrets/pw") == b"1"


@pytest.mark.scope("system")
def test_src(app: App, tmp_path: pathlib.Path) -> None:
    (tmp_path / app.unit("a")).write_text(container("Secret=pw"))
    (tmp_path / f"{app.unit('a')}.d").mkdir()
    (tmp_path / f"{app.unit('a')}.d" / "1.conf").write_text("[Container]\nSecret=pw,type=env\n")
    result = app.run(src=str(tmp_path), secrets={"pw": "hunter2"}).ok()
    assert result.actions == {app.service("a"): "start"}
    assert b"pw=hunter2" in seen(app, "a", "/proc/1/environ").split(b"\0")
    assert not app.run(src=str(tmp_path), secrets={"pw": "hunter2"}).ok().changed


@pytest.mark.scope("system")
def test_a_run_that_fails_before_it_writes_leaves_no_secret(app: App) -> None:
    """The unit directory can't be written: the secrets are made first."""
    units = {"a": container("Secret=pw")}
    app.deployed(units, secrets={"pw": "one"})
    before, kept = app.ids("a"), stored_names(app)
    app.host.ssh(f"mount --bind {app.path()} {app.path()}")
    app.host.ssh(f"mount -o remount,ro,bind {app.path()}")
    try:
        result = app.deploy(units, secrets={"pw": "two"})
        assert app.path() in result.refused()
    finally:
        app.host.ssh(f"umount {app.path()}")
    assert stored_names(app) == kept
    assert app.ids("a") == before
    assert not app.deployed(units, secrets={"pw": "one"}).changed


def test_location_admin_keeps_its_own_key(alice: Scope) -> None:
    app = alice.app()
    app.options = {"location": "admin"}
    try:
        app.deployed({"a": container("Secret=pw")}, secrets={"pw": "hunter2"})
        assert seen(app, "a", "/run/secrets/pw") == b"hunter2"
        key = "/var/lib/quadlet.fleet/users/1000/secret.key"
        assert app.host.ssh(f"stat -c '%a %U' {key}") == "600 root"
        assert not app.deployed({"a": container("Secret=pw")}, secrets={"pw": "hunter2"}).changed
    finally:
        app.remove()
        app.host.try_ssh(alice.command(f"podman secret rm {' '.join(stored_names(app))}"))


@pytest.mark.scope("system")
def test_nobody_else_sees_a_vaulted_value(
    app: App, playbooks: Playbooks, tmp_path: pathlib.Path
) -> None:
    """Creation, change, failure, check mode and removal, by the modules and the role."""
    host = app.host
    host.ssh("install -m 0755 /dev/stdin /root/sampler.py", text=SAMPLER.read_text())
    host.ssh("systemd-run --quiet --unit=sampler python3 /root/sampler.py /root/sampled")
    host.wait("test -e /root/sampled")
    since = host.ssh("date '+%F %T'")
    good, bad = container("Secret=pw"), container("Secret=pw", exec_=FAILS)
    try:
        one = _Vaulted(app, playbooks, tmp_path)
        assert one.run(f"{NEEDLE}1\n", good).ok().changed
        assert seen(app, "web", "/run/secrets/pw") == f"{NEEDLE}1\n".encode()
        assert one.run(f"{NEEDLE}2\n", good, "--check").ok().changed
        assert one.run(f"{NEEDLE}2\n", good).ok().changed
        assert one.run(f"{NEEDLE}2\n", good, way="role").ok().changed is False
        assert one.run(f"{NEEDLE}2\n", good, way="apps", authfile=LOGIN).ok().changed is False
        for way in ("app", "role", "apps"):
            failed = one.run(f"{NEEDLE}3\n", bad, way=way, authfile=LOGIN)
            assert "did not start" in failed.refused()
            assert "********" in "".join(failed["failures"][0]["journal"]), "the journal had it"
        assert "secrets pw" in one.run(NUMBER, good, way="apps").refused()
        assert seen(app, "web", "/run/secrets/pw") == f"{NEEDLE}2\n".encode()
        assert len(stored_names(app)) == 2, "those of both generations"
        assert one.run(f"{NEEDLE}4\n", good, state="absent").ok().changed
        assert stored_names(app) == []
    finally:
        host.ssh("systemctl stop sampler")
        sampled = host.read("/root/sampled")
        host.ssh("rm -f /root/sampled /root/sampler.py; systemctl reset-failed sampler || true")
    assert "secret\\u0000create" in sampled, "the sampler was too slow to see it"
    assert "st1tch" not in sampled
    # What the container itself has written there is its own doing.
    journal = host.ssh(f"journalctl --no-pager --all --since '{since}' -o json")
    theirs = [row for row in map(json.loads, journal.splitlines()) if "st1tch" in json.dumps(row)]
    assert theirs, "the failing container wrote it"
    assert {row.get("SYSLOG_IDENTIFIER") for row in theirs} <= {
        f"systemd-{app.name}-web",
        app.unit("web").removesuffix(".container"),
        "conmon",
        "podman",
    }
    places = "/tmp /var/tmp /dev/shm /etc /var/lib/quadlet.fleet /root /home /run /var/log"
    needles = f"-e st1tch -e {base64.b64encode(b'st1tch').decode()}"
    grep = f"grep -rlaF -D skip --exclude-dir=journal --exclude-dir=secrets {needles} {places}"
    assert host.ssh(f"{grep} 2>/dev/null || true") == ""


class _Vaulted:
    """Calls with a value that `ansible-vault encrypt_string` wrote."""

    def __init__(self, app: App, playbooks: Playbooks, folder: pathlib.Path) -> None:
        self._app, self._playbooks, self._folder = app, playbooks, folder

    def run(
        self, value: t.Any, unit: str, *arguments: str, way: str = "app", **more: t.Any
    ) -> Result:
        """One call by module app, module apps or the role, of which nothing shows the value."""
        app, variables = self._app, self._folder / "vars.yml"
        password = self._folder / "password"
        password.write_text("open sesame")
        vault = ["--vault-password-file", str(password)]
        done = subprocess.run(
            ["ansible-vault", "encrypt_string", *vault, "--stdin-name", "held"],
            input=str(value),
            capture_output=True,
            text=True,
            check=True,
        )
        variables.write_text(done.stdout)
        options = {
            **app.scope.options,
            "name": app.name,
            "units": app.units({"web": unit}),
            "secrets": {"pw": "{{ held }}"},
            "gate": {"stable": 15 if FAILS in unit else 2, "timeout": 60},
            **more,
        }
        if not isinstance(value, str):
            options["secrets"] = {"pw": value}
        tasks: dict[str, t.Any] = {
            "app": {"name": "one", "quadlet.fleet.app": options},
            "apps": {"name": "one", "quadlet.fleet.apps": {"apps": [options, self._beside()]}},
            "role": {
                "ansible.builtin.include_role": {"name": "quadlet.fleet.deploy"},
                "vars": {"quadlet_deploy_apps": [options]},
            },
        }
        run = self._playbooks.run(
            [{"hosts": "all", "gather_facts": False, "tasks": [tasks[way]]}],
            app.host.inventory,
            arguments=["-vvv", "--diff", "-e", f"@{variables}", *vault, *arguments],
        )
        assert app.name in run.output
        assert "st1tch" not in run.output
        assert "st1tch" not in json.dumps([row.data for row in run.results])
        assert str(NUMBER) not in run.output
        assert "c3QxdGNo" not in run.output, "the login"
        if way == "app":
            return Result(run.only())
        task = "one" if way == "apps" else "Deploy apps"
        data = next(row.data for row in run.results if row.task.endswith(task))
        return Result((data.get("apps") or [data])[0])

    def _beside(self) -> dict[str, t.Any]:
        """Another app, so that each has a process of its own; nothing of it is installed."""
        scope = self._app.scope.options
        return {**scope, "name": f"{self._app.name}-beside", "state": "absent"}


def test_podman_6_reads_it_alike(fleet: t.Any, playbooks: Playbooks) -> None:
    """The target that is given twice, too."""
    from tests.integration.support.apps import system_scope

    app = system_scope(fleet.get("6.1"), playbooks).app()
    try:
        unit = container("Secret=pw,target=pw", "Secret=pw,type=env,target=PW", "Secret=a,uid=5")
        app.deployed({"web": unit}, secrets={"pw": "hunter2", "a": "b"})
        assert app.inside("web", "ls /run/secrets").split() == ["a", "pw"]
        assert b"PW=hunter2" in seen(app, "web", "/proc/1/environ").split(b"\0")
    finally:
        app.remove()
        app.host.try_ssh(f"podman secret rm {' '.join(stored_names(app))}")


def test_the_page_about_secrets_is_linked() -> None:
    assert "(secrets.md)" in (ROOT / "docs" / "README.md").read_text()
