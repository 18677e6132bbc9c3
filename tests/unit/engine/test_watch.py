"""Many services of which one moves: it is followed, and a fall of any other is still seen."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.options import Gate
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from ansible_collections.quadlet.fleet.plugins.module_utils._engine.watch import Watch, Watched

UP = State(load="loaded", active="active", sub="running")
STARTING = State(load="loaded", active="activating", sub="start", job="start")
FAILED = State(load="loaded", active="failed", sub="failed")
COUNT = 200
NAMES = [f"s{number}.service" for number in range(COUNT)]
(MOVED, OTHER, *_REST) = NAMES


class Clock:
    """Time passes with each question, and by sleep."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def time(self) -> float:
        """The same."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Lets them pass."""
        self.now += seconds


class Manager:
    """A service manager whose services change at given times."""

    def __init__(self, changes: t.Mapping[str, t.Sequence[tuple[float, State]]]) -> None:
        self.clock, self._changes = Clock(), changes
        self._began = self.clock.now
        self.asked: list[int] = []

    def read_states(self, names: t.Sequence[str]) -> dict[str, State]:
        """States as they are now."""
        if names:
            self.asked.append(len(names))
            self.clock.now += 0.0001 * len(names)
        return {name: self._state(name) for name in names}

    def read_details(self, names: t.Sequence[str]) -> dict[str, t.Any]:
        """None of them."""
        assert names
        return {}

    def _state(self, name: str) -> State:
        passed = self.clock.now - self._began
        due = [state for when, state in self._changes.get(name, ()) if when <= passed]
        return due[-1] if due else STARTING if name == MOVED else UP


def _watch(
    seconds: float = 60.0, *, seen: bool = True, count: int = COUNT, **changes: t.Any
) -> tuple[Manager, Watch]:
    manager = Manager({MOVED: changes.get("moved", ()), OTHER: changes.get("other", ())})
    names = NAMES[:count]
    once = bool(changes.get("once"))
    services = {
        name: ServiceRecord(unit=f"{name[:-8]}.container", once=once and name == MOVED)
        for name in names
    }
    watched = Watched(
        t.cast(t.Any, manager),
        t.cast(t.Any, None),
        t.cast(t.Any, manager.clock),
        Gate(timeout=seconds),
        services,
        {},
        True,
    )
    others = manager.read_states(names[1:]) if seen else None
    manager.asked.clear()
    watch = Watch(watched, names, [MOVED], others)
    watch.wait_settled()
    return manager, watch


def test_the_others_are_asked_at_the_end_alone() -> None:
    manager, watch = _watch(moved=[(0.4, UP)])
    assert (watch.down, watch.pending) == (set(), set())
    assert manager.asked[-1] == COUNT
    assert set(manager.asked[:-1]) == {1}
    asked = list(manager.asked)
    assert watch.read_states(NAMES) == dict.fromkeys(NAMES, UP)
    assert manager.asked == asked, "they are fresh"
    manager.clock.now += 5
    watch.read_states(NAMES)
    assert manager.asked == [*asked, COUNT]


def test_without_a_look_just_before_the_first_is_at_all() -> None:
    manager, _watched = _watch(seen=False, moved=[(0.4, UP)])
    assert manager.asked[0] == manager.asked[-1] == COUNT
    assert set(manager.asked[1:-1]) == {1}


def test_few_are_always_asked_together() -> None:
    manager, _watched = _watch(count=20, moved=[(0.4, UP)])
    assert set(manager.asked) == {20}


def test_a_job_is_followed_to_its_last_try() -> None:
    again = State(load="loaded", active="activating", sub="auto-restart")
    between = State(load="loaded", active="failed", sub="failed-before-auto-restart")
    done = State(load="loaded", active="inactive", sub="dead")
    tries = [(0.1, between), (0.2, again), (0.5, STARTING), (0.6, between), (0.7, again)]
    for last, down, pending in ((done, set(), set()), (FAILED, {MOVED}, set())):
        _manager, watch = _watch(count=1, moved=[*tries, (1.5, last)], once=True)
        assert (watch.down, watch.pending) == (down, pending)
    _manager, watch = _watch(3.0, count=1, moved=tries, once=True)
    assert (watch.down, watch.pending, watch.timed_out) == (set(), {MOVED}, True)
    _manager, watch = _watch(count=1, moved=[*tries, (1.5, done)])
    assert watch.down == {MOVED}, "a service that has to stay up fails with its first crash"


@pytest.mark.parametrize("fallen", [0.05, 0.2, 0.39])
def test_another_that_falls_meanwhile_is_seen_at_the_end(fallen: float) -> None:
    _manager, watch = _watch(moved=[(0.4, UP)], other=[(fallen, FAILED)])
    assert watch.down == {OTHER}
    assert watch.states[OTHER] == FAILED


@pytest.mark.parametrize("fallen", [0.05, 3.0, 17.0])
def test_another_that_falls_ends_a_long_wait_soon(fallen: float) -> None:
    manager, watch = _watch(other=[(fallen, FAILED)])
    assert watch.down == {OTHER}
    assert watch.pending == {MOVED}
    assert manager.clock.now - 100 < fallen + 3


def test_at_the_end_of_the_gate_all_are_asked() -> None:
    manager, watch = _watch(1.5, moved=[], other=[(1.45, FAILED)])
    assert manager.asked[-1] == COUNT
    assert watch.pending == {MOVED}
    assert watch.down == {OTHER}


def test_one_that_fell_and_came_back_is_up() -> None:
    _manager, watch = _watch(moved=[(2.0, UP)], other=[(0.1, STARTING), (0.9, UP)])
    assert (watch.down, watch.pending) == (set(), set())


def test_another_that_has_to_start_is_followed_too() -> None:
    manager, watch = _watch(moved=[(0.2, UP)], other=[(0.0, STARTING), (0.8, UP)])
    assert (watch.down, watch.pending) == (set(), set())
    assert set(manager.asked[:-1]) == {2}
