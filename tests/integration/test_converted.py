"""A converted app runs as its Compose file asks: one app of many services, and what they find."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.support.apps import Result, Scope, next_port
from tests.integration.support.hosts import IMAGE
from tests.integration.support.playbooks import ROOT

SOURCE = ROOT / "tests/integration/stacks/traps"
PASSWORD = 'hidden "words" for $HOME, 50%'
TOKEN = "hidden token"
FAILING = "localhost/failing:1"
"""An image that fails unless its entrypoint and its health check are taken away."""

VOLUMES = ("traps_named", "traps.renamed", "traps_state-anonymous")
NETWORKS = ("traps_default", "traps_front", "traps_back", "traps_shut")
PLACES = ("anonymous", "named", "renamed", "device", "data", "odd", "absolute", "long")

FOUND: t.Final[dict[str, list[str]]] = {
    # A dotenv file as Compose reads it; the file's own variables stay behind those of the key.
    "state": [
        *(f"/{place}: 1" for place in (*PLACES, "layer")),
        "QUOTED: two words",
        "SINGLE: a $NAME stays",
        "EXPORTED: yes",
        "NESTED: 10 pieces",
        "LINES: one",
        "two",
        "OVER: the key",
        f"DB_PASSWORD: {PASSWORD}",
        "fixed: 10.1.2.3",
        "six: fd00::1",
        "gate: known",
        "files: 512 1024",
        "shm: 16384",
    ],
    # It waits for the health of one, and for the end of the other.
    "web": ["db: ready", "job: 1"],
    "job-runs": ["run"],
    "hook": ["hooked"],
    # Steps before a start have its entrypoint.
    "steps": ["one", "two"],
    # Names are known on their own networks alone; a name of two containers leads to both.
    "one": [
        "web:8080: web",
        "web-front:8080: web",
        "shop.example.com:8080: web",
        "web-back:8080: nobody",
        "two:8080: nobody",
        "worker: 2",
    ],
    "two": [
        "web:8080: web",
        "web-back:8080: web",
        "web-front:8080: nobody",
        "one:8080: nobody",
        "routes out: 0",
    ],
    "inner": ["routes out: 0"],
    "joined": ["127.0.0.1:8080: inner"],
    # Nothing can be written but tmpfs, which is empty; programs run where that is asked for.
    "tight": [
        *(f"{place}/file: refused" for place in ("", "/tmp", "/run", "/var/tmp")),
        *(f"{place}/file: written" for place in ("/dev/shm", "/usr/share")),
        "files: 0",
        "mode: 1777",
        "/usr/share/program: refused",
        "/programs/program: runs",
    ],
    "cleared": [
        "socket: there",
        f"/run/secrets/token: 444 0:0 {TOKEN}",
        f"/etc/key: 400 33:33 {TOKEN}",
        '/settings: 444 0:0 {"size": 10}',
        '/etc/settings.json: 440 0:0 {"size": 10}',
        '/etc/owned.json: 400 33:0 {"size": 10}',
    ],
}
HEALTH = {
    **dict.fromkeys(("state", "db", "web", "one", "inner", "tight"), "healthy"),
    **dict.fromkeys(("two", "cleared"), ""),
}


class Stack:
    """The app in a scope, and its directories on the host."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        home = f"/home/{scope.owner}"
        is_user = scope.owner != "root"
        self.data = f"{home}/.local/share/traps" if is_user else "/srv/traps"
        self.root = f"{home}/traps-root" if is_user else "/srv/traps-root"
        self.ports = {"INNER": next_port(), "JOINED": next_port()}

    def make_image(self) -> None:
        """An image with an entrypoint and a health check that fail."""
        # Podman 6 mounts an overlay over its temporary directory, which can't be on another one.
        disk = "/var/lib/containers" if self.scope.owner == "root" else f"/home/{self.scope.owner}"
        build = f"env TMPDIR={disk} podman build --quiet --format docker --tag {FAILING} -"
        lines = f'FROM {IMAGE}\nENTRYPOINT ["false"]\nHEALTHCHECK CMD false\n'
        self.scope.host.ssh(self.scope.command(build), text=lines)

    def deploy(self) -> Result:
        """The Compose file through the filter into the module, in one task."""
        env = {
            **self.ports,
            "IMAGE": IMAGE,
            "FAILING": FAILING,
            "ROOT": self.root,
            "DB_PASSWORD": PASSWORD,
            "TOKEN": TOKEN,
        }
        variables = {
            "source": str(SOURCE),
            "given": {"env": env, "scope": "user" if self.scope.owner != "root" else "system"},
            "converted": "{{ lookup('ansible.builtin.file', source ~ '/compose.yaml')"
            " | quadlet.fleet.from_compose(base=source, **given) }}",
        }
        keys = ("name", "units", "files", "secrets", "directories")
        parts = {key: f"{{{{ converted.{key} }}}}" for key in keys}
        return self.scope.call("app", variables=variables, gate={"stable": 0}, **parts)

    def wait(self, *names: str, timeout: float = 30) -> None:
        """Until services have told what they found."""
        self.scope.host.wait(f"cd {self.data}/told && ls {' '.join(names)}", timeout=timeout)

    def told(self) -> dict[str, list[str]]:
        """The lines of each file."""
        found: dict[str, list[str]] = {}
        for line in self.scope.host.ssh(f"cd {self.data}/told && grep '' *").splitlines():
            name, _colon, text = line.partition(":")
            found.setdefault(name, []).append(text)
        return found

    def health(self) -> dict[str, str]:
        """What Podman says of the containers' health; '' without a check."""
        form = "{{.Name}}={{if .State.Health}}{{.State.Health.Status}}{{end}}"
        names = " ".join(f"systemd-{name}" for name in HEALTH)
        shown = self.scope.ssh(f"podman inspect --format '{form}' {names}")
        rows = (line.partition("=") for line in shown.splitlines())
        return {name.removeprefix("systemd-"): status for name, _sign, status in rows}

    def ends(self, *names: str) -> dict[str, str]:
        """State, result and exit status of services."""
        keys = ("ActiveState", "Result", "ExecMainStatus")
        shown = self.scope.systemctl(f"show -pId,{','.join(keys)} {' '.join(names)}")
        found = {}
        for block in shown.split("\n\n"):
            row = dict(line.split("=", 1) for line in block.splitlines())
            found[row["Id"]] = " ".join(row[key] for key in keys)
        return found

    def remove(self) -> None:
        """Everything of it."""
        scope = self.scope
        scope.call("app", name="traps", state="absent").ok()
        scope.ssh(f"podman volume rm --force {' '.join(VOLUMES)}")
        scope.ssh(f"podman network rm --force {' '.join(NETWORKS)}")
        scope.ssh(f"podman rmi --force {FAILING}")
        scope.host.ssh(f"rm -rf {self.data} {self.root}")


@pytest.fixture
def stack(scope: Scope) -> t.Iterator[Stack]:
    """The app, before it is deployed."""
    one = Stack(scope)
    listened = scope.try_systemctl("is-active --quiet podman.socket") == 0
    one.make_image()
    yield one
    one.remove()
    if not listened:
        scope.systemctl("stop podman.socket podman.service")


@pytest.mark.scope("alice")
def test_what_compose_promises_at_run_time(stack: Stack) -> None:
    scope, host = stack.scope, stack.scope.host
    assert stack.deploy().ok().changed
    host.ssh(f"touch {stack.data}/told/crash")
    stack.wait("hook", *FOUND)
    told = stack.told()
    assert {name: told[name] for name in FOUND} == FOUND
    assert stack.health() == HEALTH
    assert host.fetch(stack.ports["INNER"], "/who") == "inner"
    assert host.fetch(stack.ports["JOINED"], "/who") == "joined"
    assert set(VOLUMES) <= scope.volumes()
    assert host.try_ssh(f"grep -rl hidden {scope.unit_dir}/traps {scope.generated}").stdout == ""

    # One that ends by itself comes back, and nobody restarts along.
    web = scope.ids("web.service")
    scope.ssh("podman kill systemd-db")
    # Another container has the same volumes; what asked for it restarts with it.
    host.ssh(f"cd {stack.data}/told && rm state tight")
    scope.systemctl("restart state.service")
    stack.wait("state", "tight", "crashes", timeout=60)
    told = stack.told()
    assert told["state"][:9] == [*(f"/{place}: 2" for place in PLACES), "/layer: 1"]
    assert (len(told["tight-starts"]), len(told["stubborn-starts"])) == (2, 1)
    # Twenty quick ends in a row are not the last one.
    assert told["crashes"] == ["starts: 22"]
    assert scope.show("crashes.service", "NRestarts") == "21"
    assert (scope.show("db.service", "NRestarts"), scope.ids("web.service")) == ("1", web)

    assert not stack.deploy().ok().changed
    scope.systemctl("stop state.service stubborn.service")
    scope.systemctl("stop web.service")
    assert stack.told()["steps"] == ["one", "two", "stopping"]
    assert stack.ends("state.service", "stubborn.service") == {
        "state.service": "inactive success 143",
        "stubborn.service": "inactive success 137",
    }

    # What waits for a job waits for all its tries.
    scope.systemctl("stop job.service")
    host.ssh(f"touch {stack.data}/told/fail")
    scope.systemctl("start web.service")
    assert stack.told()["job-runs"] == ["run"] * 3
