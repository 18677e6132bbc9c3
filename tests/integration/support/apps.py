"""Scopes and apps on a host: deployed by the collection, looked at through systemd and Podman."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shlex
import typing as t

from .hosts import IMAGE, Host
from .playbooks import Playbooks

IDLE = "sh -c \"trap 'exit 0' TERM; sleep infinity & wait\""
"""A process that ends at once when it is asked to."""

WEB = "sh -c \"trap 'exit 0' TERM; httpd -f -p 8080 -h /www & wait\""
"""A web server that ends at once when it is asked to."""

_CONNECTED = ("Network", "Publish", "Pod", "IP", "AddHost", "DNS", "HostName", "[Container]")
"""What begins so goes with an own network; Pod, PodmanArgs too."""

_ports = itertools.count(18000)
_names = itertools.count(1)


def next_port() -> int:
    """A port that no other test of this session publishes."""
    return next(_ports)


def container(*lines: str, exec_: str = IDLE, more: str = "") -> str:
    """A container's unit text.  lines go into [Container]; more follows as it is.

    An idle one that says nothing of networks has none: an eighth of a start is then spared.
    """
    silent = exec_ is IDLE and not any(line.startswith(_CONNECTED) for line in [*lines, more])
    body = [f"Image={IMAGE}", f"Exec={exec_}", *lines, *(["Network=none"] if silent else [])]
    text = "[Container]\n" + "".join(f"{line}\n" for line in body)
    return f"{text}{more}\n[Service]\nTimeoutStopSec=20\n\n[Install]\nWantedBy=default.target\n"


class Result(dict[str, t.Any]):
    """What one call of a module returned."""

    @property
    def failed(self) -> bool:
        """Whether the call failed."""
        return bool(self.get("failed"))

    @property
    def changed(self) -> bool:
        """Whether the call says that something changed."""
        return bool(self.get("changed"))

    @property
    def message(self) -> str:
        """The sentence of a failure."""
        return str(self.get("msg", ""))

    @property
    def actions(self) -> dict[str, str]:
        """The plan: what is done to each service, or to each unit or file without one."""
        return {step["service"] or step["unit"]: step["action"] for step in self["plan"]}

    def reasons(self, name: str) -> str:
        """Why something is done to a service, unit or file."""
        found = [
            step["reasons"] for step in self["plan"] if name in (step["service"], step["unit"])
        ]
        assert found, f"{name} is not in the plan: {self['plan']}"
        return "; ".join(itertools.chain.from_iterable(found))

    @property
    def warned(self) -> str:
        """All warnings."""
        return "\n".join(map(str, self.get("warnings", [])))

    def ok(self) -> Result:
        """The same, which must not have failed."""
        assert not self.failed, f"{self.message}\n{json.dumps(self, indent=1, default=str)[:4000]}"
        return self

    def refused(self) -> str:
        """The sentence of a failure that was meant to be."""
        assert self.failed, f"it was not refused: {json.dumps(self, indent=1, default=str)[:4000]}"
        for trace in ("Traceback", "MODULE FAILURE", "See stdout/stderr"):
            assert trace not in json.dumps(self), f"a crash, not a sentence: {self}"
        return self.message


@dataclasses.dataclass(frozen=True)
class Scope:
    """One service manager on one host, and how the collection and a person reach it."""

    host: Host
    playbooks: Playbooks
    name: str
    options: t.Mapping[str, t.Any]
    unit_dir: str
    systemd_dir: str
    state_dir: str
    owner: str
    cgroup: str
    run_as: str
    flags: str
    generated: str

    def command(self, line: str) -> str:
        """The shell line as one that the scope's user runs."""
        return f"{self.run_as} {line}".strip()

    def ssh(self, line: str) -> str:
        """Runs a command as the scope's user."""
        return self.host.ssh(self.command(line))

    def systemctl(self, words: str) -> str:
        """Runs systemctl on the scope's manager."""
        return self.ssh(f"systemctl {self.flags} {words}")

    def try_systemctl(self, words: str) -> int:
        """Runs systemctl; its exit status."""
        return self.host.try_ssh(self.command(f"systemctl {self.flags} {words}")).returncode

    def show(self, service: str, key: str) -> str:
        """One property of a service."""
        return self.systemctl(f"show --value -p{key} -- {shlex.quote(service)}")

    def loaded_at(self) -> str:
        """When the manager last read its units."""
        return self.systemctl("show --value -pUnitsLoadTimestampMonotonic")

    def ids(self, *services: str) -> dict[str, str]:
        """InvocationIDs: a service that was restarted has another."""
        names = " ".join(map(shlex.quote, services))
        shown = self.systemctl(f"show -pId,InvocationID -- {names}")
        found = dict(line.split("=", 1) for line in shown.splitlines() if line)
        assert found
        rows = [dict(line.split("=", 1) for line in b.splitlines()) for b in shown.split("\n\n")]
        return {row["Id"]: row["InvocationID"] for row in rows}

    def states(self, *services: str) -> dict[str, str]:
        """LoadState and ActiveState of services, as C(loaded active)."""
        names = " ".join(map(shlex.quote, services))
        shown = self.systemctl(f"show -pId,LoadState,ActiveState -- {names}")
        rows = [dict(line.split("=", 1) for line in b.splitlines()) for b in shown.split("\n\n")]
        return {row["Id"]: f"{row['LoadState']} {row['ActiveState']}" for row in rows}

    def inside(self, container: str, line: str) -> str:
        """Runs a shell line in a container; what it printed."""
        # A process outside of the user's own control groups could not enter the container's.
        unit = "systemd-run --user --quiet --pipe --wait --collect" if self.flags else ""
        return self.ssh(f"{unit} podman exec {container} sh -c {shlex.quote(line)}".strip())

    def containers(self) -> set[str]:
        """Names of the running containers."""
        return set(self.ssh("podman ps --format '{{.Names}}'").split())

    def volumes(self) -> set[str]:
        """Names of volumes."""
        return set(self.ssh("podman volume ls -q").split())

    def call(
        self,
        module: str,
        arguments: t.Sequence[str] = (),
        variables: t.Mapping[str, t.Any] | None = None,
        **options: t.Any,
    ) -> Result:
        """One module call in this scope; options that are None are left out."""
        given = {**self.options, **options}
        task = {f"quadlet.fleet.{module}": {k: v for k, v in given.items() if v is not None}}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "vars": dict(variables or {}),
            "tasks": [task],
        }
        run = self.playbooks.run(
            [play], self.host.inventory, arguments=arguments, direct=not variables
        )
        return Result(run.only())

    def app(self, name: str | None = None) -> App:
        """An app with a name that no other test has."""
        return App(self, name or f"t{next(_names)}")


def system_scope(host: Host, playbooks: Playbooks) -> Scope:
    """The system's manager."""
    return Scope(
        host=host,
        playbooks=playbooks,
        name="system",
        options={},
        unit_dir="/etc/containers/systemd",
        systemd_dir="/etc/systemd/system",
        state_dir="/var/lib/quadlet.fleet",
        owner="root",
        cgroup="/system.slice/",
        run_as="",
        flags="",
        generated="/run/systemd/generator",
    )


def user_scope(host: Host, playbooks: Playbooks, user: str = "alice", uid: int = 1000) -> Scope:
    """A user's manager."""
    runtime = f"/run/user/{uid}"
    bus = f"DBUS_SESSION_BUS_ADDRESS=unix:path={runtime}/bus"
    environment = f"HOME=/home/{user} XDG_RUNTIME_DIR={runtime} {bus}"
    return Scope(
        host=host,
        playbooks=playbooks,
        name=user,
        options={"user": user},
        unit_dir=f"/home/{user}/.config/containers/systemd",
        systemd_dir=f"/home/{user}/.config/systemd/user",
        state_dir=f"/home/{user}/.local/state/quadlet.fleet",
        owner=user,
        cgroup=f"/user.slice/user-{uid}.slice/user@{uid}.service/",
        run_as=f"runuser -u {user} -- env --chdir=/ {environment}",
        flags="--user",
        generated=f"{runtime}/systemd/generator",
    )


class App:
    """One app of a test; unit names begin with its own, so that no two tests share one."""

    def __init__(self, scope: Scope, name: str) -> None:
        self.scope = scope
        self.name = name
        self.options: dict[str, t.Any] = {}

    @property
    def host(self) -> Host:
        """Where it is deployed."""
        return self.scope.host

    def unit(self, stem: str, suffix: str = "container") -> str:
        """A unit's file name."""
        return f"{self.name}-{stem}.{suffix}"

    def service(self, stem: str) -> str:
        """The service of a container or kube unit."""
        return f"{self.name}-{stem}.service"

    def companion(self, name: str) -> str:
        """The path of a companion, C(backup.timer) say."""
        return f"{self.scope.systemd_dir}/{self.name}-{name}"

    def path(self, relative: str = "") -> str:
        """A path in the app's directory."""
        return f"{self.scope.unit_dir}/{self.name}/{relative}".rstrip("/")

    def units(self, texts: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Units by their file names: a key without a suffix is a container's stem."""
        return {self._file(key): text for key, text in texts.items()}

    def _file(self, key: str) -> str:
        first, slash, rest = key.partition("/")
        stem, dot, suffix = first.partition(".")
        return f"{self.name}-{stem}.{suffix if dot else 'container'}{slash}{rest}"

    def run(self, arguments: t.Sequence[str] = (), **options: t.Any) -> Result:
        """One call of the module with the installed set, or with what options say."""
        given = {"gate": {"stable": 0}, **self.options, **options}
        return self.scope.call("app", arguments, name=self.name, **given)

    def deploy(
        self,
        units: t.Mapping[str, t.Any],
        files: t.Mapping[str, t.Any] | None = None,
        arguments: t.Sequence[str] = (),
        **options: t.Any,
    ) -> Result:
        """One call of the module with these units (keys as for units()) and files."""
        return self.run(arguments, units=self.units(units), files=files, **options)

    def deployed(
        self,
        units: t.Mapping[str, t.Any],
        files: t.Mapping[str, t.Any] | None = None,
        **options: t.Any,
    ) -> Result:
        """The same, which must not fail."""
        return self.deploy(units, files, **options).ok()

    def ids(self, *stems: str) -> dict[str, str]:
        """InvocationIDs by stem."""
        found = self.scope.ids(*map(self.service, stems))
        return {stem: found[self.service(stem)] for stem in stems}

    def states(self, *stems: str) -> dict[str, str]:
        """LoadState and ActiveState by stem."""
        found = self.scope.states(*map(self.service, stems))
        return {stem: found[self.service(stem)] for stem in stems}

    def runs(self, stem: str) -> bool:
        """Whether a service is active and its container really runs."""
        active = self.states(stem)[stem] == "loaded active"
        return active and f"systemd-{self.name}-{stem}" in self.scope.containers()

    def inside(self, stem: str, line: str) -> str:
        """Runs a shell line in a unit's container; what it printed."""
        return self.scope.inside(f"systemd-{self.name}-{stem}", line)

    def remove(self) -> None:
        """The end of a test, whatever it left: by hand, in one go, as absent has its own tests."""
        scope = self.scope
        admin = "/etc/containers/systemd/users/1000"
        folders = [f"{top}/{self.name}" for top in (scope.unit_dir, admin)]
        sources = " ".join(f"-e ^SourcePath={folder}/" for folder in folders)
        systemctl = scope.command(f"systemctl {scope.flags}")
        self.host.ssh(
            f"cd {scope.systemd_dir} 2>/dev/null && found=$(ls -d {self.name}-* 2>/dev/null) && "
            f"{{ {systemctl} disable --now --quiet $found; rm -rf $found; }} 2>/dev/null;"
            f"cd {scope.generated} && found=$(grep -ls {sources} *.service);"
            f'[ -z "$found" ] || {{ {systemctl} stop $found; {systemctl} reset-failed $found; }};'
            f"rm -rf {' '.join(folders)};"
            f"for top in {scope.state_dir} /var/lib/quadlet.fleet/users/1000; do "
            f"rm -rf $top/apps/{self.name}.json $top/generations/{self.name}"
            f" $top/intents/{self.name}.* $top/failures/{self.name}.* $top/images/{self.name}.json;"
            " done"
        )
