# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Order, batches and waves of a rollout."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.plan import (
    Host,
    RolloutError,
    Settings,
    check_groups,
    count_of,
    make_batches,
    make_waves,
    parse_settings,
    sort_hosts,
)

TEN = [Host(f"h{n}", ("all", "odd" if n % 2 else "even")) for n in range(10)]


COUNTS = [
    (3, 100, 0, 3),
    ("3", 100, 0, 3),
    ("10%", 100, 0, 10),
    ("10 %", 25, 0, 2),
    ("12.5%", 8, 0, 1),
    ("10%", 5, 0, 0),
    ("10%", 5, 1, 1),
    (0, 5, 1, 1),
]


@pytest.mark.parametrize(("value", "whole", "least", "expected"), COUNTS)
def test_counts(value: int | str, whole: int, least: int, expected: int) -> None:
    assert count_of(value, whole, "x", least) == expected


@pytest.mark.parametrize("value", ["many", "-1", "10%%", None, 1.5])
def test_what_is_no_count(value: t.Any) -> None:
    with pytest.raises(RolloutError, match="neither a number nor a percentage"):
        count_of(value, 10, "x")


SIZES = {
    "none": ((), "", [10]),
    "a number and an implicit rest": ((1,), "", [1, 9]),
    "numbers and percentages": ((1, "10%", "50%", "100%"), "", [1, 1, 5, 3]),
    "a percentage of less than a host": (("1%",), "", [1, 9]),
    "more than there are": ((20,), "", [10]),
    "a group": (("even",), "", [5, 5]),
    "a group, then numbers": (("even", 2), "", [5, 2, 3]),
    "a canary": ((3,), "odd", [5, 3, 2]),
    "a canary of one host": (("50%",), "h7", [1, 5, 4]),
    "a group that has had its turn": (("odd", "odd"), "", [5, 5]),
}


@pytest.mark.parametrize("case", SIZES.values(), ids=SIZES)
def test_batches(case: tuple[tuple[int | str, ...], str, list[int]]) -> None:
    batches, canary, sizes = case
    made = make_batches(TEN, Settings(batches=batches, canary=canary))
    assert [len(batch.hosts) for batch in made] == sizes
    assert [batch.number for batch in made] == list(range(1, len(sizes) + 1))
    names = [name for batch in made for name in batch.hosts]
    assert sorted(names) == sorted(host.name for host in TEN)


def test_no_host_makes_no_batch() -> None:
    assert make_batches([], Settings(batches=(1, "50%"))) == []


def test_names_of_batches() -> None:
    made = make_batches(TEN, Settings(batches=(1,), canary="even"))
    assert [batch.name for batch in made] == ["canary even", "1", "the rest"]
    assert made[0].hosts == ("h0", "h2", "h4", "h6", "h8")


def test_orders() -> None:
    assert sort_hosts(TEN, "inventory", "") == TEN
    assert sort_hosts(TEN, "reverse_inventory", "") == TEN[::-1]
    ranked = [Host("a", (), 10), Host("b", (), 9), Host("c", (), 10)]
    assert [host.name for host in sort_hosts(ranked, "rack", "")] == ["b", "a", "c"]
    words = [Host("a", (), "x"), Host("b", (), 9)]
    assert [host.name for host in sort_hosts(words, "rack", "")] == ["b", "a"]


def test_chance_is_the_same_for_one_rollout() -> None:
    mixed = sort_hosts(TEN, "random", "r1")
    assert sort_hosts(TEN[::-1], "random", "r1") == mixed
    assert sorted(mixed) == sorted(TEN)
    assert len({tuple(sort_hosts(TEN, "random", f"r{n}")) for n in range(5)}) > 1


def test_an_order_that_a_host_lacks() -> None:
    with pytest.raises(RolloutError, match="'rack' is no variable of h0, h1, h2; name one"):
        sort_hosts(TEN, "rack", "")


REFUSED = {
    "policy": ({"on_failure": "panic"}, "'panic' is none of revert_batch, revert_all, stop"),
    "budget": ({"budget": {"web": 0}}, "budget, web: with 0 no host could ever be updated"),
    "budget of a percentage": ({"budget": {"web": "0%"}}, "no host could ever be updated"),
    "failures": ({"max_failures": "few"}, "quadlet_rollout_max_failures: 'few' is neither"),
    "approval": ({"approval": "all"}, "quadlet_rollout_approval: 'all' is no number of a batch"),
    "approval of two": ({"approval": ["1", "-2"]}, "approval: '-2' is no number of a batch"),
    "approved": ({"approved": "yes"}, "quadlet_rollout_approved: 'yes' is no number of a batch"),
    "failures in all": ({"max_failures_total": "x"}, "max_failures_total: 'x' is neither"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_settings_that_are_refused(case: tuple[dict[str, t.Any], str]) -> None:
    with pytest.raises(RolloutError, match=case[1]):
        parse_settings(case[0])


@pytest.mark.parametrize(
    ("given", "approval"),
    [
        (None, ()), ("", ()), (False, ()), ([], ()), ("false", ()), (True, True), ("true", True),
        ("True", True), ("yes", True), (2, (2,)), ("2", (2,)), ("10", (10,)), ([1, 3], (1, 3)),
        ("1, 3", (1, 3)), (["1", "10"], (1, 10)),
    ],
)  # fmt: skip
def test_approvals_however_they_are_given(given: t.Any, approval: t.Any) -> None:
    assert parse_settings({"approval": given}).approval == approval


def test_settings() -> None:
    assert parse_settings({"max_failures_total": "", "budget": None}) == Settings()
    assert parse_settings({"batches": 3, "approval": [2]}) == Settings(batches=(3,), approval=(2,))
    assert parse_settings({"approval": True, "approved": "2"}) == Settings(
        approval=True, approved=2
    )


NAMED = [
    Settings(batches=("web",)),
    Settings(canary="web"),
    Settings(budget={"web": 1}),
]


@pytest.mark.parametrize("settings", NAMED)
def test_groups_that_are_not_there(settings: Settings) -> None:
    check_groups(settings, {"web", "all"})
    with pytest.raises(RolloutError, match=r"the inventory has no group \(or host\) 'web'"):
        check_groups(settings, {"all"})


WAVES: dict[str, tuple[dict[str, int | str], dict[str, int], list[int]]] = {
    "no budget": ({}, {}, [10]),
    "of all": ({"all": 3}, {}, [3, 3, 3, 1]),
    "of a group; the others come at once": ({"odd": 2}, {}, [7, 2, 1]),
    "of two groups": ({"odd": 2, "even": 1}, {}, [3, 3, 2, 1, 1]),
    "a percentage": ({"all": "50%"}, {}, [5, 5]),
    "a percentage of less than a host": ({"all": "1%"}, {}, [1] * 10),
    "some are down": ({"all": 3}, {"all": 1}, [2] * 5),
}


@pytest.mark.parametrize("case", WAVES.values(), ids=WAVES)
def test_waves(case: tuple[dict[str, int | str], dict[str, int], list[int]]) -> None:
    budget, down, sizes = case
    waves = make_waves(TEN, budget, {"all": 10, "odd": 5, "even": 5}, down)
    assert [len(wave) for wave in waves] == sizes
    assert sorted(itertools.chain(*waves)) == [host.name for host in TEN]


def test_a_budget_that_is_used_up() -> None:
    with pytest.raises(RolloutError, match="group odd is used up: 2 of its hosts are down"):
        make_waves(TEN, {"odd": 2}, {"odd": 5}, {"odd": 2})
    evens = [host for host in TEN if "even" in host.groups]
    assert make_waves(evens, {"odd": 2}, {"odd": 5}, {"odd": 2}) == [[h.name for h in evens]]
