"""The fault matrix: whatever goes wrong with a release, the old one serves, and only it.

docs/rollback.md lists the classes.  Each is tried in one scope, and in both with `./test --long`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shlex
import typing as t

import pytest

from tests.integration.support import registry
from tests.integration.support.apps import (
    WEB,
    Result,
    Scope,
    container,
    next_port,
    system_scope,
    user_scope,
)
from tests.integration.support.hosts import IMAGE, Fleet, Host, run_cli
from tests.integration.support.playbooks import Playbooks

GATE = {"stable": 1, "timeout": 90}
JOB = "[Service]\nType=oneshot\n"


class Shop:
    """An app in its first release, beside another app that nothing may touch."""

    def __init__(self, scope: Scope) -> None:
        self.spent = False
        self.app, self.other = scope.app(), scope.app()
        self.port, self.taken = next_port(), next_port()
        self.other.deployed({"web": container(f"PublishPort={self.taken}:80")})
        self.app.deployed(*self.release(1))
        self.app.host.fetch(self.port)
        self.before = self.look()

    def release(self, number: int, **changed: str) -> tuple[dict[str, str], dict[str, t.Any]]:
        """Units and files; changed: other texts of units by stem, '' for one that goes."""
        app = self.app
        needs = f"\n[Unit]\nRequires={app.service('db')}\nAfter={app.service('db')}\n"
        mark = f"Environment=RELEASE=v{number}"
        lines = (mark, f"PublishPort={self.port}:8080", "Volume=./www:/www:ro")
        units = {
            "web": container(*lines, exec_=WEB, more=needs),
            "db": container(mark),
            "web.container.d/10-x.conf": f"[Container]\nLabel=release=v{number}\n",
            "tick": container(mark, exec_="true").partition("[Install]")[0] + JOB,
            "tick.timer": f"# v{number}\n[Timer]\nOnCalendar=*-01-0{number}\n\n"
            "[Install]\nWantedBy=timers.target\n",
            **changed,
        }
        files = {
            "www/index.html": f"release v{number}\n",
            **({"www/new": "2"} if number > 1 else {}),
        }
        return units, files

    def bad(self, stem: str, text: str) -> tuple[dict[str, str], dict[str, t.Any]]:
        """A second release with one unit that can't work."""
        return self.release(2, **{stem: text})

    def web(self, *lines: str, exec_: str = WEB, more: str = "") -> str:
        """The web server's unit of the second release, with something more."""
        good, _files = self.release(2)
        text = good["web"].replace(
            "[Container]\n", "[Container]\n" + "".join(f"{x}\n" for x in lines)
        )
        return text.replace(WEB, exec_).replace("[Service]\n", f"[Service]\n{more}")

    def look(self) -> dict[str, t.Any]:
        """All that has to be as before: files, states, containers, the other app."""
        app, scope = self.app, self.app.scope
        # What the run has told is kept beside them, and grows.
        parts = (f"apps/{app.name}.*", f"intents/{app.name}.*", f"generations/{app.name}/*")
        state = " ".join(f"{scope.state_dir}/{part}" for part in parts)
        files = f"{app.path()} {scope.systemd_dir}/{app.name}* {scope.systemd_dir}/.q* {state}"
        services = [*map(app.service, ("web", "db", "tick", "new")), f"{app.name}-tick.timer"]
        return {
            "files": app.host.ssh(
                f"find {files} -type f -printf '%p %m %u ' -exec sha256sum {{}} \\; 2>/dev/null"
                " | sort"
            ),
            "states": scope.states(*services),
            "containers": scope.containers(),
            "enabled": scope.try_systemctl(f"is-enabled --quiet {app.name}-tick.timer"),
            "other": self.other.ids("web"),
            "secrets": scope.ssh("podman secret ls --format '{{.Name}}'"),
        }

    def same(self) -> None:
        """The first release is whole, serves, and is what the record says."""
        assert self.app.host.fetch(self.port, "/index.html") == "release v1"
        assert self.look() == self.before
        again = self.app.deployed(*self.release(1))
        assert not again.changed, again["plan"]
        assert not again.warned

    def remove(self) -> None:
        """The end."""
        self.app.remove()
        self.other.remove()

    @contextlib.contextmanager
    def when_written(self, action: str) -> t.Iterator[None]:
        """Does something on the host once the second release's files are in place."""
        unit, path = f"fault-{self.app.name}", self.app.path(self.app.unit("web"))
        line = f"until grep -q RELEASE=v2 {path}; do sleep 0.005; done; {action}"
        host = self.app.host
        host.ssh(
            f"systemd-run --quiet --collect --unit={unit} --setenv=file={path} "
            f"bash -c {shlex.quote(line)}"
        )
        try:
            yield
        finally:
            host.try_ssh(f"systemctl stop {unit}")


class Shops:
    """One shop for each scope, as every fault leaves it as it was; where one did not, a new one."""

    def __init__(self) -> None:
        self._shops: dict[str, Shop] = {}

    def take(self, scope: Scope) -> Shop:
        """The scope's shop."""
        return self._shops.pop(scope.name, None) or Shop(scope)

    def give_back(self, shop: Shop) -> None:
        """It is as it was."""
        self._shops[shop.app.scope.name] = shop

    def close(self) -> None:
        """The end."""
        for shop in self._shops.values():
            shop.remove()


@pytest.fixture(scope="module")
def shops() -> t.Iterator[Shops]:
    """The shops of this file."""
    some = Shops()
    yield some
    some.close()


@pytest.fixture
def shop(request: pytest.FixtureRequest, shops: Shops, scope: Scope) -> t.Iterator[Shop]:
    """The app that a fault meets."""
    one, failed = shops.take(scope), request.session.testsfailed
    yield one
    if one.spent or request.session.testsfailed > failed:
        one.remove()
    else:
        shops.give_back(one)


@dataclasses.dataclass(frozen=True)
class Fault:
    """release: what is deployed.  says: what the first line has.  undone: False where nothing was
    written.  options: more of the call's.
    """

    release: t.Callable[[Shop], tuple[dict[str, str], dict[str, t.Any]]]
    says: str
    undone: bool = True
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


SICK = "HealthCmd=false\nHealthInterval=5s\nHealthRetries=4\nHealthStartPeriod=0s"
FAULTS = {
    "bad key": Fault(lambda s: s.bad("web", s.web("Bogus=1")), "Bogus", undone=False),
    "no such image": Fault(
        lambda s: s.bad("db", container().replace(IMAGE, "registry.test:5000/nothing:1")),
        "can't be pulled: the registry does not have",
        undone=False,
    ),
    "exits at once": Fault(
        lambda s: s.bad("web", s.web(exec_="sh -c 'exit 7'")), "its process ended with status 7"
    ),
    "crash loop": Fault(
        lambda s: s.bad(
            "db",
            container(exec_="false", more="").replace(
                "[Service]\n", "[Service]\nRestart=always\nRestartSec=200ms\n"
            ),
        ),
        "its process ended with status 1; systemd restart",
    ),
    "unhealthy after 20 s": Fault(
        lambda s: s.bad("web", s.web(*SICK.split("\n"))), "did not become healthy"
    ),
    "never ready": Fault(
        lambda s: s.bad("web", s.web("Notify=true")),
        ", and the gate's timeout is over",
        options={"gate": {"stable": 1, "timeout": 12}},
    ),
    "port taken": Fault(
        lambda s: s.bad("db", container(f"PublishPort={s.taken}:80")), "of the host is in use"
    ),
    "missing secret": Fault(
        lambda s: s.bad("web", s.web("Secret=nosecret")), "the secret nosecret does not exist"
    ),
    "a dependency fails": Fault(
        lambda s: s.bad(
            "db",
            container(exec_="sh -c 'sleep 0.3; exit 5'").replace(
                "[Service]\n", "[Service]\nType=oneshot\n"
            ),
        ),
        "did not start",
    ),
    "a new unit fails": Fault(
        lambda s: s.bad("new", container("Environment=A=b", exec_="/no/such")),
        "the image has no program /no/such",
    ),
    "a probe fails": Fault(
        lambda s: s.release(2),
        "a probe failed",
        options={"gate": {**GATE, "probes": [{"tcp": "127.0.0.1:1", "retries": 1}]}},
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.scope("alice", system=["exits at once", "crash loop", "never ready"])
def test_a_release_that_can_not_work(shop: Shop, fault: Fault) -> None:
    units, files = fault.release(shop)
    result = shop.app.deploy(units, files, **{"gate": GATE, **fault.options})
    first = result.refused().split("\n")[0]
    assert fault.says in first, first
    assert result.get("rolled_back", False) is fault.undone, result.message
    shop.same()


@pytest.mark.scope("alice")
def test_the_registry_is_down(shop: Shop) -> None:
    registry.stop()
    shop_image = container().replace(IMAGE, f"{registry.LOCKED}/nginx:1")
    result = shop.app.deploy(*shop.bad("db", shop_image), gate=GATE)
    assert "can't be reached" in result.refused().split("\n")[0]
    shop.same()


@pytest.mark.scope("alice")
def test_wrong_credentials(shop: Shop) -> None:
    registry.start()
    registry.put_certificate(shop.app.host)
    text = container().replace(IMAGE, f"{registry.LOCKED}/nginx:2")
    login = registry.login("wrong")
    result = shop.app.deploy(
        *shop.bad("db", text), gate=GATE, authfile=login, cert_dir=registry.CA_DIR
    )
    assert "does not let this scope's user pull" in result.refused().split("\n")[0]
    shop.same()


@pytest.mark.scope("alice")
def test_a_read_only_directory(shop: Shop) -> None:
    folder, host = shop.app.path(), shop.app.host
    host.ssh(f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}")
    try:
        result = shop.app.deploy(*shop.release(2), gate=GATE)
        assert "Read-only file system" in result.refused().split("\n")[0]
    finally:
        host.ssh(f"umount {folder}")
    shop.same()


@pytest.mark.scope("alice")
def test_podman_is_killed(shop: Shop) -> None:
    user = shop.app.scope.owner
    with shop.when_written(f"while grep -q v2 $file; do pkill -9 -u {user} -x podman; done"):
        result = shop.app.deploy(*shop.release(2), gate=GATE)
    first = result.refused().split("\n")[0]
    assert re.search(r"did not start.*killed by signal 9|podman .* failed", first), first
    assert result["rolled_back"] is True, result.message
    shop.same()


def _fill(host: Host, folder: str, free: int) -> None:
    """Leaves so many bytes in a file system of memory."""
    host.ssh(
        f"rm -f {folder}/.ballast; left=$(df --output=avail -B1 {folder} | tail -1); "
        f"fallocate -l $((left - {free})) {folder}/.ballast"
    )


@pytest.mark.parametrize("place", ["units", "state"])
@pytest.mark.scope("system")
def test_a_full_disk_at_every_write(shop: Shop, place: str) -> None:
    app, host = shop.app, shop.app.host
    folder = app.path() if place == "units" else app.scope.state_dir
    shop.spent = True
    aside = f"/root/aside-{app.name}"
    host.ssh(
        f"cp -a {folder} {aside} && mount -t tmpfs -o size=8m,mode=755 tmpfs {folder} && "
        f"chown {app.scope.owner}: {folder} && cp -a {aside}/. {folder}"
    )
    try:
        # What is mounted by now is another directory than the container sees.
        app.scope.systemctl(f"restart {app.service('web')}")
        shop.before = shop.look()
        for free in range(0, 200 * 1024, 4096):
            _fill(host, folder, free)
            result = app.deploy(*shop.release(2), gate=GATE)
            host.ssh(f"rm -f {folder}/.ballast")
            if not result.failed:
                break
            assert "No space left on device" in result.refused().split("\n")[0]
            assert host.fetch(shop.port, "/index.html") == "release v1"
            assert shop.look() == shop.before
        assert free > 4096, "it never failed"
        assert host.fetch(shop.port, "/index.html") == "release v2"
        assert app.deployed(*shop.release(1)).changed
    finally:
        host.ssh(
            f"rm -rf {aside}; cp -a {folder} {aside}; umount -l {folder}; "
            f"rm -rf {folder} && mv {aside} {folder}"
        )


def test_the_users_manager_is_stopped(alice: Scope) -> None:
    shop = Shop(alice)
    try:
        with shop.when_written("sleep 1; systemctl stop user@1000.service"):
            gate = {"stable": 5, "timeout": 60}
            result = shop.app.deploy(*shop.release(2), gate=gate)
        first = result.refused().split("\n")[0]
        said = "service manager does not answer|systemctl .* failed|did not start"
        assert re.search(said, first), first
        assert result["rolled_back"] is True, result.message
        shop.before["other"] = shop.other.ids("web")  # its manager was stopped, too
        shop.same()
    finally:
        shop.remove()


def _unreachable(shop: Shop, stable: float = 3) -> None:
    """A run of the second release that does not come back, within its stable time."""
    app = shop.app
    task = {
        "quadlet.fleet.app": {
            **app.scope.options,
            "name": app.name,
            "units": app.units(shop.release(2)[0]),
            "files": shop.release(2)[1],
            "gate": {"stable": stable},
        }
    }
    play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    run = app.scope.playbooks.run(
        [play], app.host.inventory, environment={"ANSIBLE_SSH_RETRIES": "0"}
    )
    assert run.results[0].kind in ("unreachable", "failed"), run.output


def _ends_well(shop: Shop) -> Result:
    """The next run of that app brings the second release, whole."""
    shop.spent = True
    app, units = shop.app, shop.release(2)
    result = app.deployed(*units, gate={"stable": 0.5})
    assert app.host.fetch(shop.port, "/index.html") == "release v2"
    assert not app.deployed(*units).changed
    left = app.host.ssh(
        f"find {app.path()} {app.scope.systemd_dir} -name '.fleet.d' -o -name '.q*'"
    )
    assert left == ""
    assert not app.host.exists(f"{app.scope.state_dir}/intents/{app.name}.json")
    return result


@pytest.mark.scope("system")
def test_what_was_before_a_killed_run_comes_back(shop: Shop) -> None:
    with shop.when_written("pkill -9 python3"):
        _unreachable(shop)
    web = shop.web(exec_="sh -c 'exit 7'")
    result = shop.app.deploy(*shop.release(3, web=web), gate=GATE)
    assert "its process ended with status 7" in result.refused().split("\n")[0]
    assert result["rolled_back"] is True, result.message
    assert "did not end" in result.warned
    shop.same()


@pytest.mark.scope("system")
def test_the_connection_is_cut(shop: Shop) -> None:
    app = shop.app
    with shop.when_written("pkill -9 -f '^sshd'"):
        _unreachable(shop)
    app.host.disconnect()
    app.host.wait("true")
    assert app.host.fetch(shop.port, "/index.html") in ("release v1", "release v2")
    _ends_well(shop)
    assert app.scope.ids(shop.other.service("web")) == shop.before["other"] or shop.other.runs(
        "web"
    )


@pytest.mark.parametrize("scope", ["system", "alice"])
@pytest.mark.scope("system")
def test_the_host_is_rebooted(fleet: Fleet, playbooks: Playbooks, scope: str) -> None:
    host = fleet.get("5.4", "b")
    place = {"system": system_scope, "alice": user_scope}[scope](host, playbooks)
    shop = Shop(place)
    # Without the kill the run may live for the moment that it takes to put all back.
    power_cut = "pkill -9 python3; systemctl reboot -ff"
    try:
        with contextlib.suppress(AssertionError), shop.when_written(power_cut):
            _unreachable(shop, stable=30)
        host.disconnect()
        run_cli("up", host.name)
        host.wait("systemctl is-system-running --wait; test -S /run/user/1000/bus", timeout=60)
        assert host.fetch(shop.port, "/index.html", timeout=60) in ("release v1", "release v2")
        user = place.options.get("user", "root")
        (app,) = place.call("info", apps=[shop.app.name], user=user).ok()["apps"]
        assert "a run of it has begun and not ended" in app["drift"][0]
        result = _ends_well(shop)
        assert "did not end" in result.warned
        assert shop.other.runs("web")
    finally:
        shop.remove()
