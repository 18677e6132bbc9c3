"""Images are on the host before anything is written or stopped."""

from __future__ import annotations

import json
import os
import threading
import typing as t

import pytest

from tests.integration.support import registry
from tests.integration.support.apps import App, container
from tests.integration.support.hosts import IMAGE, Host, differences, run_cli
from tests.integration.support.registry import CA_DIR, LOCKED

R = "registry.test:5000"
NGINX = f"{R}/nginx:1"
NOTHING = f"{R}/nothing:1"
WEB = container()


def _with(image: str, *lines: str) -> str:
    return container("StopTimeout=1", *lines).replace(IMAGE, image)


def _has(app: App, image: str) -> bool:
    command = app.scope.command(f"podman image exists {image}")
    return app.host.try_ssh(command).returncode == 0


def _forget(app: App, image: str) -> None:
    app.scope.ssh(f"podman rmi --force --ignore {image}")


def _pulls(result: t.Mapping[str, t.Any]) -> dict[str, list[str]]:
    return {s["unit"]: s["reasons"] for s in result["plan"] if s["action"] == "pull"}


@pytest.fixture
def moving() -> str:
    """A name that a test may move; no session that runs beside this one moves it back."""
    name = f"{R}/nginx:moving-{os.getpid()}"
    _move(name, "nginx:1")
    return name


def _move(name: str, to: str) -> None:
    run_cli("registry", "tag", to, name)


@pytest.mark.scope("alice")
def test_a_missing_image_is_pulled_once(app: App) -> None:
    _forget(app, NGINX)
    units = {"web": _with(NGINX), "db": WEB}
    wanted = {app.unit("web"): [f"image {NGINX} is not on the host"]}

    before = app.host.look()
    preview = app.deploy(units, arguments=["--check"]).ok()
    assert differences(before, app.host.look()) == []
    assert not _has(app, NGINX)
    assert _pulls(preview) == wanted

    result = app.deployed(units)
    assert _pulls(result) == wanted
    assert result["plan"] == preview["plan"]
    assert result["timings"]["pull"] > 0
    assert app.runs("web")

    again = app.deployed(units)
    assert not again.changed
    assert "pull" not in again["timings"]


@pytest.mark.scope("system")
def test_an_image_that_does_not_exist_leaves_all_as_it_is(app: App) -> None:
    app.deployed({"web": WEB, "db": WEB})
    before = app.host.look()
    result = app.deploy({"web": _with(NOTHING), "worker": _with("nowhere.invalid/a:1")})

    first, *others = result.refused().split("\n")
    assert f"the image {NOTHING} of {app.unit('web')} can't be pulled: the registry does" in first
    assert any("nowhere.invalid can't be reached" in line for line in others)
    assert others[-1].startswith("Nothing was written or stopped.")
    assert {failure["phase"] for failure in result["failures"]} == {"pull"}
    assert differences(before, app.host.look()) == []
    assert app.runs("db")


@pytest.mark.scope("alice")
def test_never_refuses_an_image_that_is_not_there(app: App) -> None:
    app.deployed({"web": WEB}, pull="never")
    _forget(app, NGINX)
    before = app.host.look()
    for arguments in (["--check"], []):
        result = app.deploy({"web": _with(NGINX)}, arguments=arguments, pull="never")
        first = result.refused().split("\n")[0]
        assert f"the image {NGINX} of {app.unit('web')} is not on the host" in first
    assert differences(before, app.host.look()) == []
    assert not _has(app, NGINX)


@pytest.mark.scope("system")
def test_a_moved_tag_restarts_who_runs_with_it(app: App, moving: str) -> None:
    units = {"web": _with(moving), "db": WEB}
    app.deployed(units)
    ids = app.ids("web", "db")
    _move(moving, "nginx:2")
    assert not app.deployed(units).changed

    preview = app.deploy(units, arguments=["--check"], pull="newer").ok()
    assert set(_pulls(preview)) == {app.unit("web"), app.unit("db")}
    assert app.ids("web", "db") == ids

    result = app.deployed(units, pull="newer")
    assert _pulls(result) == {app.unit("web"): [f"image {moving}: its registry had another one"]}
    assert result.actions == {app.service("web"): "restart"}
    assert "its image changed" in result.reasons(app.service("web"))
    assert app.ids("db")["db"] == ids["db"]
    assert app.ids("web")["web"] != ids["web"]

    before = app.host.look()
    for policy in ("newer", "always"):
        again = app.deployed(units, pull=policy)
        assert not again.changed, again["plan"]
        assert not again.warned
    assert differences(before, app.host.look()) == []


@pytest.mark.scope("alice")
def test_newer_makes_do_with_what_is_there(app: App) -> None:
    local = "nowhere.invalid/local:1"
    app.scope.ssh(f"podman tag {IMAGE} {local}")
    try:
        app.deployed({"web": _with(local)})
        result = app.run(pull="newer").ok()
        assert not result.changed
        assert f"{local} stays as it is on the host" in result.warned
        message = app.run(pull="always").refused().split("\n")[0]
        assert "the registry nowhere.invalid can't be reached" in message
        assert app.runs("web")
    finally:
        app.remove()
        app.scope.ssh(f"podman untag {local}")


@pytest.mark.scope("alice")
def test_a_unit_that_gets_its_image_in_its_own_way_is_left_alone(app: App) -> None:
    _forget(app, NGINX)
    units = {
        "base.image": f"[Image]\nImage={NGINX}\n",
        "web": _with(f"{app.name}-base.image"),
        "own": _with(NGINX, "PodmanArgs=--tls-verify=false"),
    }
    result = app.deployed(units)
    assert not _pulls(result)
    assert app.runs("web")
    assert app.runs("own")


@pytest.mark.scope("alice")
def test_an_instance_has_its_templates_image(app: App) -> None:
    _forget(app, NGINX)
    instance = {"template": app.unit("job@")}
    result = app.deployed({"job@": _with(NGINX), "job@a": instance, "job@b": instance})
    assert set(_pulls(result)) == {app.unit("job@a"), app.unit("job@b")}
    assert set(app.states("job@a", "job@b").values()) == {"loaded active"}


@pytest.fixture
def locked(host: Host) -> t.Iterator[str]:
    """An image that only the registry with a password has; that runs again after the test."""
    registry.start()
    registry.put_certificate(host)
    yield f"{LOCKED}/nginx:1"
    registry.start()


WITHOUT: dict[str, tuple[dict[str, str], str]] = {
    "no CA": ({}, "the certificate of the registry registry.test:5001 is not trusted"),
    "no login": ({"cert_dir": CA_DIR}, "the registry does not let this scope's user pull"),
    "a wrong login": (
        {"cert_dir": CA_DIR, "authfile": "wrong"},
        "the registry does not let this scope's user pull",
    ),
    "no directory": ({"cert_dir": "/nowhere"}, "/nowhere is not a directory that user"),
}


@pytest.mark.parametrize(("options", "cause"), WITHOUT.values(), ids=WITHOUT)
@pytest.mark.scope("alice", system=["no directory"])
def test_without_the_right_login_and_ca_all_stays(
    app: App, locked: str, options: dict[str, str], cause: str
) -> None:
    if "authfile" in options:
        options = {**options, "authfile": registry.login("wrong")}
    _forget(app, locked)
    app.deployed({"web": WEB})
    before = app.host.look()
    result = app.deploy({"web": _with(locked)}, **options)
    assert cause in result.refused().split("\n")[0]
    assert "Nothing was written or stopped." in result.message
    assert differences(before, app.host.look()) == []
    assert app.runs("web")


_WATCH = """
import os, sys, time
words = [word.encode() for word in sys.argv[1].split(",")]
found, end = set(), time.monotonic() + 60
while time.monotonic() < end and not os.path.exists("/tmp/watched"):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for part in ("cmdline", "environ"):
            try:
                data = open(f"/proc/{pid}/{part}", "rb").read()
            except OSError:
                continue
            if int(pid) != os.getpid() and any(word in data for word in words):
                found.add(data.replace(b"\\0", b" ").decode(errors="replace")[:200])
print("\\n".join(sorted(found)))
"""
"""What any process shows of the words, but for itself and those that started it."""


@pytest.mark.scope("system")
def test_a_login_is_used_and_seen_nowhere(app: App, locked: str) -> None:
    _forget(app, locked)
    scope, host = app.scope, app.host
    words = registry.words()
    host.write("/tmp/watch.py", _WATCH)
    host.write("/tmp/words", ",".join(words))
    host.ssh("rm -f /tmp/watched")
    seen: list[str] = []
    watch = "sh -c 'python3 /tmp/watch.py $(cat /tmp/words)' 2>&1 | grep -v /tmp/watch.py || true"
    thread = threading.Thread(target=lambda: seen.append(host.ssh(watch)))
    thread.start()
    options = {
        **scope.options,
        "name": app.name,
        "units": app.units({"web": _with(locked)}),
        "gate": {"stable": 0},
        "cert_dir": CA_DIR,
        "authfile": registry.login(),
    }
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"quadlet.fleet.app": options}],
    }
    run = scope.playbooks.run([play], host.inventory, arguments=["-vvv", "--diff"])
    host.ssh("touch /tmp/watched; rm /tmp/words /tmp/watch.py")
    thread.join()
    assert app.runs("web")
    assert seen == [""]
    places = "/run /tmp /var/tmp /root /home /etc /var/log /var/lib/quadlet.fleet"
    for word in words:
        assert word not in run.output
        assert word not in str(run.results)
        held = host.try_ssh(f"grep -rlsF --exclude-dir=storage -e {word} {places}").stdout
        logged = host.try_ssh(f"journalctl --no-pager -q | grep -cF -e {word}").stdout
        assert (held, logged.strip()) == ("", "0")


@pytest.mark.scope("system")
def test_the_role_shows_no_login(app: App, locked: str) -> None:
    _forget(app, locked)
    one = {
        **app.scope.options,
        "name": app.name,
        "units": app.units({"web": _with(locked)}),
        "cert_dir": CA_DIR,
        "authfile": json.loads(registry.login()),
    }
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars": {"quadlet_deploy_apps": [one]},
        "roles": ["quadlet.fleet.deploy"],
    }
    scope = app.scope
    run = scope.playbooks.run([play], scope.host.inventory, arguments=["-vvv"])
    assert run.status == 0, run.output
    assert app.runs("web")
    assert not [word for word in registry.words() if word in run.output]


@pytest.mark.scope("system")
def test_a_registry_that_is_down_leaves_all_as_it_is(app: App, locked: str) -> None:
    _forget(app, locked)
    app.deployed({"web": WEB})
    before = app.host.look()
    registry.stop()
    login = {"authfile": registry.login(), "cert_dir": CA_DIR}
    first = app.deploy({"web": _with(locked)}, **login).refused().split("\n")[0]
    assert f"the registry {LOCKED} can't be reached" in first
    assert differences(before, app.host.look()) == []
    registry.start()
    assert app.deployed({"web": _with(locked)}, **login).changed
    assert app.runs("web")


@pytest.mark.scope("alice")
def test_a_name_that_moved_is_put_back_when_another_pull_fails(app: App, moving: str) -> None:
    app.deployed({"web": _with(moving)})
    inspect = f"podman image inspect --format '{{{{.Id}}}}' {moving}"
    ident = app.scope.ssh(inspect)
    _move(moving, "nginx:2")
    result = app.deploy({"web": _with(moving), "db": _with(NOTHING)}, pull="always")
    assert NOTHING in result.refused().split("\n")[0]
    assert app.scope.ssh(inspect) == ident
    assert app.runs("web")
