"""An undo of which each sort of step fails for good: all others are done, and the run says so.

The sorts are those that an undo without a fault consists of.  That one fault that passes hinders
nothing is in test_faults.py.
"""

from __future__ import annotations

import importlib
import typing as t

import pytest

from tests.unit.engine.support import releases
from tests.unit.engine.support.effects import FAILS, HANGS, Effect, Fault
from tests.unit.engine.support.host import UTILS, Host
from tests.unit.engine.support.look import look
from tests.unit.support.share import pick

RELEASES = {"crashing": releases.crashing, "unwell": releases.unwell}
SCOPES = ("system", "user")

_RECORD = {"state"}
_SERVICES = {"state", "up", "running"}
_ALL = {"units", "state", "up", "running", "secrets", "networks"}
LACKING: dict[str, set[str]] = {
    "busctl": _RECORD,
    "systemctl stop": _SERVICES | {"networks"},
    "systemctl start": {"up", "running"},
    "systemctl daemon-reload": _SERVICES | {"networks"},
    "systemctl reenable": _RECORD | {"units"},
    "call read_text": _RECORD,
    "call restore": _ALL,
    "call read_app": {"secrets"},
    "call read_generations": {"secrets"},
    "call settle_generations": _RECORD,
    "call drop_generations": _RECORD,
    "call undo_intent": _RECORD,
    "link": _RECORD,
    "replace": _ALL,
    "unlink": _ALL,
    "fsync": _RECORD,
    "podman network inspect": {"networks"},
    "podman network rm": {"networks"},
    "podman secret rm": {"secrets"},
}
"""What may not be as before where a sort of step fails for good; else all is.  A record that could
not be restored is that of a run under way, which the next run carries forward.
"""


class Undone(t.NamedTuple):
    """A run that fails and is undone: its effects, and the number of the first of the undo."""

    effects: list[Effect]
    first: int

    def sorts(self) -> dict[str, int]:
        """The number of the first effect of each sort."""
        found: dict[str, int] = {}
        for number, effect in enumerate(self.effects):
            if number >= self.first:
                found.setdefault(effect.sort, number)
        return found


def watch_undo(host: Host, params: t.Any, monkeypatch: pytest.MonkeyPatch) -> Undone:
    """What an undo in which nothing fails consists of."""
    rollback = importlib.import_module(f"{UTILS}._engine.rollback")
    put_back, firsts = rollback.put_back, list[int]()

    def note(*args: t.Any) -> t.Any:
        firsts.append(len(host.effects.done))
        return put_back(*args)

    with monkeypatch.context() as patched:
        patched.setattr(rollback, "put_back", note)
        host.run(params)
    return Undone(list(host.effects.done), firsts[0])


def judge(host: Host, sort: str, params: t.Any, fault: Fault, before: t.Any) -> list[str]:
    """What is wrong with a run whose undo has a fault for good, and with the run behind it."""
    ended = host.run(params, fault)
    data = getattr(ended.error, "data", {})
    host.rest()
    now = look(host)
    rest = before._replace(**{name: getattr(now, name) for name in LACKING.get(sort, ())})
    found = [f"the rest is not as before: {one}" for one in rest.differences(now)]
    lacking, told = before.differences(now), not data["rolled_back"] or data["warnings"]
    if lacking and not told:
        found.append(f"it does not tell that {lacking}")
    if not data["rolled_back"] and "Not all of it could be undone: " not in str(ended.error):
        found.append(f"it does not tell why: {ended.error}")
    again = host.run(releases.release(1))
    host.rest()
    after = look(host)
    if again.error or (after.units, after.up) != (before.units, before.up):
        found.append(f"the next run does not bring it in order: {again.error!r}")
    return found


@pytest.mark.parametrize("kind", SCOPES)
@pytest.mark.parametrize("name", RELEASES)
def test_what_fails_for_good_hinders_nothing_else(
    name: str,
    kind: str,
    make_host: t.Callable[[str], Host],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host, params = make_host(kind), RELEASES[name]()
    assert host.run(releases.release(1)).result
    host.rest()
    saved, before = host.save(), look(host)
    undone = watch_undo(host, params, monkeypatch)
    bad = {}
    for sort, number in [*undone.sorts().items()][:: pick(long=1, usual=1, fast=4)]:
        for fault in {FAILS, HANGS} & {*undone.effects[number].kinds}:
            host.load(saved)
            found = judge(host, sort, params, Fault(number, fault, lasts=True), before)
            if found:
                bad[sort, fault] = found
    assert bad == {}
    assert set(LACKING) <= set(undone.sorts())
