"""In which order services start and stop, and which of them systemd moves by itself."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.start_order import (
    StartOrder,
    drop_pulled_in,
    find_leaders,
    start_order,
    stop_order,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State

UP = State("loaded", "active", "running")
DOWN = State("loaded", "inactive", "dead")


def _services(**follows: t.Sequence[str]) -> dict[str, ServiceRecord]:
    return {name: ServiceRecord("x.container", follows=tuple(f)) for name, f in follows.items()}


UNITS = {
    "web": ServiceRecord("web.container"),
    "net": ServiceRecord("n.network", makes="n"),
    "vol": ServiceRecord("v.volume", makes="v"),
    "img": ServiceRecord("i.image"),
    "pod": ServiceRecord("p.pod"),
    "sock": ServiceRecord("web.socket", triggers=("web",)),
}


@pytest.mark.parametrize("first", ["net", "vol", "img", "sock"])
def test_what_containers_need_starts_before_them(first: str) -> None:
    assert start_order(UNITS, ["web", first]) == [first, "web"]
    assert start_order(UNITS, [first, "web"]) == [first, "web"]


def test_a_pod_starts_behind_its_network() -> None:
    assert start_order(UNITS, ["pod", "net"]) == ["net", "pod"]


def test_equals_keep_their_order() -> None:
    services = _services(b=(), a=(), c=())
    assert start_order(services, ["b", "a", "c"]) == ["b", "a", "c"]


def test_what_triggers_others_stops_first() -> None:
    assert stop_order(UNITS, ["web", "sock", "net"]) == ["sock", "web", "net"]


LEADERS: dict[str, tuple[dict[str, ServiceRecord], list[str], list[str]]] = {
    "none": ({}, [], []),
    "each for itself": (_services(a=(), b=()), ["a", "b"], ["a", "b"]),
    "one follows": (_services(a=(), b="a"), ["b", "a"], ["a"]),
    "a chain": (_services(a=(), b="a", c="b"), ["c", "b", "a"], ["a"]),
    "what it follows does not restart": (_services(a=(), b="a"), ["b"], ["b"]),
    "two in a circle: the first leads": (_services(a="b", b="a"), ["b", "a"], ["b"]),
    "a circle that follows a leader": (
        _services(a=(), b=("a", "c"), c="b"),
        ["b", "c", "a"],
        ["a"],
    ),
    "two circles": (
        _services(a="b", b="a", c="d", d="c"),
        ["a", "b", "c", "d"],
        ["a", "c"],
    ),
}


@pytest.mark.parametrize("case", LEADERS.values(), ids=LEADERS)
def test_leaders(case: tuple[dict[str, ServiceRecord], list[str], list[str]]) -> None:
    services, restart, expected = case
    assert find_leaders(services, restart) == expected


JOB = ServiceRecord("job.container", once=True)
NEEDS_JOB = ServiceRecord("web.container", needs=("job",))


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ({"job": JOB, "web": NEEDS_JOB}, ["web"]),
        ({"job": JOB, "web": ServiceRecord("web.container")}, ["job", "web"]),
        ({"job": ServiceRecord("job.container"), "web": NEEDS_JOB}, ["job", "web"]),
        ({"job": JOB}, ["job"]),
    ],
    ids=["pulled in", "nothing needs it", "it stays up", "alone"],
)
def test_a_one_shot_runs_once(services: dict[str, ServiceRecord], expected: list[str]) -> None:
    assert drop_pulled_in(services, list(services)) == expected


def test_a_one_shot_whose_user_is_not_started() -> None:
    assert drop_pulled_in({"job": JOB, "web": NEEDS_JOB}, ["job"]) == ["job"]


@pytest.mark.parametrize(
    ("order", "states", "expected"),
    [
        (StartOrder(("a", "b"), acted=("b",)), {"a": DOWN}, ("b",)),
        (StartOrder(("a", "b"), acted=()), {"a": DOWN}, ()),
        (StartOrder(("a", "b")), {"a": UP, "b": DOWN}, ("b",)),
        (StartOrder(("a", "b")), {"a": UP}, ("b",)),
        (StartOrder(("a", "b"), restart=("a",)), {"a": UP, "b": UP}, ("a",)),
    ],
    ids=["given", "given none", "down", "unknown", "restarts"],
)
def test_who_proves_itself(
    order: StartOrder, states: dict[str, State], expected: tuple[str, ...]
) -> None:
    assert order.acted_of(states) == expected


@pytest.mark.parametrize(
    ("state", "queued"),
    [
        (UP, False),
        (UP._replace(job="stop"), True),
        (UP._replace(job="restart"), True),
        (UP._replace(active="deactivating"), True),
        (UP._replace(active="activating"), True),
        (DOWN, True),
        (None, True),
    ],
)
def test_what_rests_is_not_started_again(state: State | None, queued: bool) -> None:
    order = StartOrder(("web", "other"))
    services = {"web": ServiceRecord("web.container"), "other": ServiceRecord("other.container")}
    states = {"other": state} if state else {}
    assert order.to_start(services, ["web"], states) == ["web", *(["other"] if queued else [])]


def test_a_one_shot_that_only_what_rests_pulls_in_is_started_itself() -> None:
    order = StartOrder(("job", "web"))
    services = {"job": JOB, "web": NEEDS_JOB}
    assert order.to_start(services, ["job"], {"web": UP}) == ["job"]
    assert order.to_start(services, ["job"], {"web": DOWN}) == ["web"]


@pytest.mark.parametrize(
    ("known", "state", "expected"),
    [(["a"], DOWN, ["a"]), (["a"], UP, []), ([], DOWN, []), (["a"], None, [])],
    ids=["down", "up", "new", "state unknown"],
)
def test_who_was_down(known: list[str], state: State | None, expected: list[str]) -> None:
    order = StartOrder(("a",), known=known, states={"a": state} if state else {})
    assert order.were_down(["a"]) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [(["web", "sock"], ["sock", "web"]), (["sock"], ["sock"]), ([], [])],
    ids=["both", "the triggered one is new", "new"],
)
def test_whose_failures_no_longer_count(known: list[str], expected: list[str]) -> None:
    assert StartOrder(known=known).to_reset(UNITS, ["sock"]) == expected


def test_failures_are_reset_once() -> None:
    order = StartOrder(known=["web", "sock"])
    assert order.to_reset(UNITS, ["web", "sock"]) == ["web", "sock"]
