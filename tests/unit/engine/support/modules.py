"""Modules on a host in a directory, from their parameters to what Ansible gets."""

from __future__ import annotations

import importlib
import json
import typing as t

import pytest

from tests.unit.engine.support import answers
from tests.unit.engine.support.effects import Fault
from tests.unit.engine.support.host import UTILS, Ended, Host
from tests.unit.engine.support.podman import Podman
from tests.unit.engine.support.unit_file import UnitFile

Params = t.Mapping[str, t.Any]


class ExitError(Exception):
    """The end of a module.  shown: what Ansible gets."""

    def __init__(self, shown: dict[str, t.Any]) -> None:
        super().__init__()
        self.shown = shown


class Module:
    """What an AnsibleModule is to the engine."""

    def __init__(self, params: Params, *, check: bool = False, diff: bool = True) -> None:
        self.params = dict(params)
        self.check_mode, self._diff = check, diff
        self.no_log_values: set[str] = set()
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        """A warning of the result."""
        self.warnings.append(text)

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        """The good end."""
        raise ExitError({**result, "warnings": self.warnings, "failed": False})

    def fail_json(self, *, msg: str, **result: t.Any) -> t.NoReturn:
        """The other one."""
        raise ExitError({**result, "msg": msg, "warnings": self.warnings, "failed": True})


DEFAULTS: t.Final[dict[str, t.Any]] = {"user": None, "location": "home", "_confidential": None}


def run_module(
    host: Host,
    name: str,
    params: Params,
    fault: Fault | None = None,
    *,
    check: bool = False,
    diff: bool = True,
) -> dict[str, t.Any]:
    """What a module answers."""
    importlib.import_module(f"{UTILS}._host.heard").forget()
    module = Module({**DEFAULTS, **params}, check=check, diff=diff)
    run = importlib.import_module(f"{UTILS}._module.{name}").run
    ended: Ended = host.do(lambda: run(module), fault)
    if not isinstance(ended.error, ExitError):
        raise AssertionError(f"the module did not end: {ended}") from ended.error
    return ended.error.shown


def with_own_clock(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has modules, which take the system's clock, take that of a host."""
    clock = importlib.import_module(f"{UTILS}._host.clock").SystemClock
    for method in ("time", "monotonic", "sleep"):
        monkeypatch.setattr(clock, method, _as_method(getattr(host.clock, method)))


class Chatter:
    """Has a host's services crash, its checks and probes fail, and all of it print some lines.

    says: by channel (journal, health, probe) the lines.
    """

    def __init__(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host, self.says = host, dict[str, list[str]]()
        self._answer, ends = answers.answer, Podman.ends
        monkeypatch.setattr(answers, "answer", self._answered)

        def ended(podman: Podman, unit: UnitFile) -> int | None:
            crashes = "journal" in self.says and unit.name == "shop-web.service"
            return 3 if crashes else ends(podman, unit)

        monkeypatch.setattr(Podman, "ends", ended)
        scopes = importlib.import_module(f"{UTILS}._host.scope")
        monkeypatch.setattr(scopes, "_find_scope", lambda _user, _location: host.scope)
        with_own_clock(host, monkeypatch)

    def _answered(
        self, host: Host, argv: t.Sequence[str], given: bytes | None, limit: float
    ) -> answers.Answer:
        status, out, err = self._answer(host, argv, given, limit)
        words = [word for word in argv if word != "--user"]
        if "journal" in self.says and words[0] == "journalctl" and "-n" in words:
            rows = [{"MESSAGE": line, **answers.whose(words)} for line in self.says["journal"]]
            return status, out + "".join(f"{json.dumps(row)}\n" for row in rows), err
        if "health" in self.says and words[:2] == ["podman", "ps"]:
            sick = out.replace("(healthy)", "(unhealthy)").replace("(starting)", "(unhealthy)")
            return status, sick, err
        if "health" in self.says and words[:2] == ["podman", "inspect"]:
            text = "\n".join(self.says["health"])
            return 0, json.dumps([{"ExitCode": 1, "Output": text}]), ""
        if "probe" in self.says and "exec" in words:
            return 1, "", "\n".join(self.says["probe"])
        return status, out, err


def _as_method(function: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    return lambda _self, *args: function(*args)
