"""Module gate: each state of an app, asked for real and in check mode, which accepts nothing."""

from __future__ import annotations

import importlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import (
    NOT_READY,
    QuadletError,
)
from tests.unit.engine.support import releases
from tests.unit.engine.support.effects import DIES, Fault
from tests.unit.engine.support.host import UTILS, Host
from tests.unit.engine.support.look import look
from tests.unit.engine.support.modules import run_module, with_own_clock
from tests.unit.support.share import pick

MakeHost = t.Callable[[str], Host]
ROLLOUT = "r1"


class State(t.NamedTuple):
    """An app's state.  passes: whether it passes its gate; in_check: in check mode; says: why not,
    or why check mode does not know; open: whether it is part of a rollout that is under way.
    """

    passes: bool
    in_check: bool
    says: str = ""
    open: bool = False


STATES: dict[str, State] = {
    "not installed": State(False, True, "it is not installed"),
    "no user": State(False, True, "the host has no user 'svc'"),
    "deployed": State(True, True),
    "of a rollout": State(True, True, open=True),
    "of another rollout": State(True, True),
    "accepted": State(True, True),
    "down": State(False, False, "shop-web.service"),
    "down, of a rollout": State(False, False, "shop-web.service"),
    "unwell": State(False, False, "it has no container any more"),
    "a run died": State(False, False, "a run of it did not end"),
    "manager down": State(False, False, "the service manager does not run"),
}


def _bring(host: Host, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host with the app in that state."""
    scopes = importlib.import_module(f"{UTILS}._host.scope")
    if name == "no user":
        error = QuadletError("the host has no user 'svc'", data={NOT_READY: True})

        def refuse(_user: t.Any, _location: t.Any) -> t.NoReturn:
            raise error

        monkeypatch.setattr(scopes, "_find_scope", refuse)
        return
    monkeypatch.setattr(scopes, "_find_scope", lambda _user, _location: host.scope)
    if name == "not installed":
        return
    rollout = {"of a rollout": ROLLOUT, "down, of a rollout": ROLLOUT, "accepted": ROLLOUT}
    rollout["of another rollout"] = "r0"
    assert host.run({**releases.release(1), "rollout": rollout.get(name)}).result
    host.rest()
    if name == "accepted":
        assert _ask(host, ROLLOUT, check=False)["changed"]
    if name.startswith("down"):
        host.engine.stop("shop-web.service")
        host.rest()
    if name == "unwell":
        del host.podman.containers["systemd-shop-web"]
    if name == "a run died":
        number = next(n for n, e in enumerate(_effects(host)) if e == "call commit")
        host.run(releases.release(2), Fault(number, DIES))
    if name == "manager down":
        (host.top / "run/bus").unlink()


def _effects(host: Host) -> list[str]:
    saved = host.save()
    assert host.run(releases.release(2)).result
    names = [one.name for one in host.effects.done]
    host.load(saved)
    return names


def _ask(host: Host, accept: str, *, check: bool) -> dict[str, t.Any]:
    apps = [{"name": "shop", "user": "svc", "location": "home"}]
    return run_module(host, "gate", {"apps": apps, "accept": accept}, check=check)


CASES = [
    (kind, name)
    for kind in ("system", "user")
    for name in STATES
    if (kind, name) != ("system", "manager down")  # it always runs
]


@pytest.mark.parametrize(("kind", "name"), CASES[:: pick(long=1, usual=1, fast=2)])
def test_each_state(
    kind: str, name: str, make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, state = make_host(kind), STATES[name]
    with_own_clock(host, monkeypatch)
    _bring(host, name, monkeypatch)
    before = look(host)
    for accept in ("", ROLLOUT):
        shown = _ask(host, accept, check=True)
        assert look(host).differences(before) == []
        assert look(host).manifest == before.manifest
        (row,) = shown["apps"]
        assert row["passed"] is state.in_check, row
        assert shown["failed"] is not state.in_check
        assert row["changed"] is shown["changed"] is (state.open and bool(accept))
        assert state.says in row["msg"]
        assert (row["name"], row["user"]) == ("shop", "svc")
    for accept in ("", ROLLOUT):
        shown = _ask(host, accept, check=False)
        (row,) = shown.get("apps", [None])
        if row is None:
            assert name == "no user"
            assert shown["failed"]
            continue
        assert row["passed"] is state.passes, row
        assert row["changed"] is shown["changed"] is (state.open and bool(accept))
        after = look(host).manifest
        under_way = bool(after) and after["rollout"][2]
        assert under_way is (
            bool(before.manifest) and before.manifest["rollout"][2] and not row["changed"]
        )
    if state.open:
        assert not _ask(host, ROLLOUT, check=True)["changed"], "it is accepted already"
