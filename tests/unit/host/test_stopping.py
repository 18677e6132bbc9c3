"""Stops that take longer than a command: waited for as long as systemd may need, then killed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import Ran
from ansible_collections.quadlet.fleet.plugins.module_utils._host.stopping import stop_services
from ansible_collections.quadlet.fleet.plugins.module_utils._host.systemd import Manager
from tests.unit.support.together import together

SLOW = Ran(124, "", "systemctl stop -- …: no answer within 10 s")
STOPPING = State("loaded", "deactivating", "stop-sigterm", "stop")
DOWN, UP = State("loaded", "failed", "failed"), State("loaded", "active", "running")


class Watched:
    """A manager with one service, and the clock that it goes by.

    ends: after how many seconds the service is down, by itself or killed.
    """

    def __init__(self, ran: Ran, limit: float | None, ends: float, killed: float = 1e9) -> None:
        self.ran, self.limit, self.ends, self.killed = ran, limit, ends, killed
        self.now = 0.0
        self.kills: list[float] = []
        self.asked: list[str] = []
        self.last, self.reset = DOWN, False
        self.clock = self

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def stop(self, services: t.Collection[str], *, timeout: float) -> Ran:
        self.asked = list(services)
        self.now += timeout if self.ran.status == 124 else 0.1
        return self.ran

    def read_stop_limits(self, services: t.Collection[str]) -> dict[str, float | None]:
        return dict.fromkeys(services, self.limit)

    def read_states(self, services: t.Collection[str]) -> dict[str, State]:
        dead = self.now >= self.ends or (self.kills and self.now >= self.kills[0] + self.killed)
        return dict.fromkeys(services, self.last if dead else STOPPING)

    def failed(self, what: str, ran: Ran) -> QuadletError:
        return QuadletError(f"{what}: {ran.err}")

    def kill(self, services: t.Collection[str]) -> None:
        assert list(services) == self.asked
        self.kills.append(self.now)

    def reset_failed(self, services: t.Collection[str]) -> None:
        assert list(services) == self.asked
        self.reset = True


def stop(watched: Watched, *, kill: bool) -> str:
    """The error's text, or nothing."""
    try:
        stop_services(t.cast(Manager, watched), ["web.service"], kill=kill)
    except QuadletError as error:
        return str(error)
    return ""


GOOD = {
    "at once": Watched(Ran(0, "", ""), 90.0, 0.0),
    "not loaded": Watched(Ran(5, "", "Unit web.service not loaded."), 90.0, 0.0),
    "within systemd's time": Watched(SLOW, 40.0, 25.0),
    "beyond one limit by far, state by state": Watched(SLOW, 90.0, 99.0),
}


@together("kill", [False, True])
@together("watched", GOOD.values(), ids=GOOD)
def test_it_waits(watched: Watched, kill: bool) -> None:
    watched.now = 0.0
    assert stop(watched, kill=kill) == ""
    assert watched.reset
    assert not watched.kills


def test_what_systemd_does_not_kill_is_killed() -> None:
    watched = Watched(SLOW, None, 1e9, killed=2.0)
    assert stop(watched, kill=True) == ""
    assert len(watched.kills) == 1
    assert 100 < watched.now < 110
    assert watched.reset


@pytest.mark.parametrize(
    ("watched", "kill", "says"),
    [
        (Watched(Ran(1, "", "refused"), 90.0, 0.0), True, "stopping web.service failed: refused"),
        (Watched(SLOW, 40.0, 1e9), False, "after the time that systemd gives"),
        (Watched(SLOW, 40.0, 1e9), True, "although they were killed"),
    ],
    ids=["refused", "not killed", "not even by SIGKILL"],
)
def test_what_cannot_be_stopped_is_told(watched: Watched, kill: bool, says: str) -> None:
    assert says in stop(watched, kill=kill)
    assert not watched.reset
    assert bool(watched.kills) is (kill and watched.ran is SLOW)


def test_what_is_started_again_is_told() -> None:
    watched = Watched(SLOW, 40.0, 12.0)
    watched.last = UP
    assert "something started them again" in stop(watched, kill=True)
