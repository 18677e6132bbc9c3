# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which apps a project no longer declares, and which of them are its own."""

from __future__ import annotations

import itertools
import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.accounts import may_have_apps
from ansible_collections.quadlet.fleet.plugins.module_utils._core.info.undeclared import (
    Wanted,
    is_declared,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.roster import (
    Place,
    check_empty,
    dump_roster,
    find_undeclared,
    parse_roster,
    roster_after,
    undeclared_warning,
    why_not_ours,
)

SYSTEM, HOME, ADMIN = Place("a", 0, "system"), Place("a", 1001, "home"), Place("a", 1001, "admin")
OTHER = Place("b", 0, "system")
PLACES = [SYSTEM, HOME, ADMIN, OTHER, Place("a", 1002, "home")]


def test_round_trip() -> None:
    roster = {place: number for number, place in enumerate(PLACES)}
    assert parse_roster(dump_roster(roster), "x") == roster
    assert parse_roster(dump_roster({}), "x") == {}


def test_fields_of_later_releases_are_ignored() -> None:
    data = json.loads(dump_roster({HOME: 3}))
    data["more"] = data["apps"][0]["more"] = 1
    assert parse_roster(json.dumps(data), "x") == {HOME: 3}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"format": 1}', '{"format": 1, "apps": [1]}', '{"format": 1, "apps": [{}]}'],
)
def test_a_damaged_one_names_its_path(text: str) -> None:
    with pytest.raises(QuadletError, match=r"^/p\.json: .*damaged.*Remove it"):
        parse_roster(text, "/p.json")


def test_a_newer_format_is_refused() -> None:
    with pytest.raises(QuadletError, match="it has format 9, this release"):
        parse_roster('{"format": 9, "apps": []}', "/p.json")


@pytest.mark.parametrize(("known", "declared"), list(itertools.product(PLACES, PLACES)))
def test_an_app_is_its_name_user_and_location(known: Place, declared: Place) -> None:
    found = find_undeclared({known: 1}, {declared}, ())
    assert found == ([] if known == declared else [known])
    assert find_undeclared({known: 1}, {declared}, {known.name}) == [], "its scope is not known"


ROSTERS: dict[str, tuple[dict[Place, int], dict[Place, int], set[Place], list[Place], t.Any]] = {
    "first": ({}, {HOME: 1}, {HOME}, [], {HOME: 1}),
    "newer": ({HOME: 1}, {HOME: 2}, {HOME}, [], {HOME: 2}),
    "failed": ({HOME: 2}, {HOME: 0}, {HOME}, [], {HOME: 2}),
    "rolled back": ({HOME: 2}, {HOME: 1}, set(), [], {HOME: 2}),
    "no longer declared": ({HOME: 2}, {OTHER: 1}, {OTHER}, [], {HOME: 2, OTHER: 1}),
    "gone": ({HOME: 2}, {OTHER: 1}, {OTHER}, [HOME], {OTHER: 1}),
    "another's, named without content": ({}, {HOME: 4}, set(), [], {}),
    "its own, named without content": ({HOME: 1}, {HOME: 4}, set(), [], {HOME: 4}),
}


@pytest.mark.parametrize(
    ("known", "deployed", "contents", "gone", "expected"), ROSTERS.values(), ids=ROSTERS
)
def test_the_roster_after_a_run(
    known: dict[Place, int],
    deployed: dict[Place, int],
    contents: set[Place],
    gone: list[Place],
    expected: dict[Place, int],
) -> None:
    assert roster_after(known, deployed, contents, gone) == expected


@pytest.mark.parametrize(
    ("last", "deployed", "words"),
    [
        (3, 3, ""),
        (3, 2, ""),
        (0, 0, ""),
        (3, 4, "generation 4 of it, the project's last is generation 3"),
        (0, 1, "generation 1 of it, the project's last is none"),
    ],
)
def test_what_somebody_else_deployed_since_is_not_ours(
    last: int, deployed: int, words: str
) -> None:
    why = why_not_ours(last, deployed)
    assert (words in why) if words else (why == "")
    assert why in undeclared_warning("p", "a (user u)", why)


@pytest.mark.parametrize(
    ("labels", "declared", "allowed"),
    list(itertools.product([[], ["a", "b (user u)"]], [False, True], [False, True])),
)
def test_an_empty_list_needs_a_word(labels: list[str], *, declared: bool, allowed: bool) -> None:
    if labels and not declared and not allowed:
        with pytest.raises(QuadletError, match=r"2 would be removed: a, b \(user u\)"):
            check_empty("p", labels, declared=declared, allowed=allowed)
    else:
        assert check_empty("p", labels, declared=declared, allowed=allowed) is None


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Wanted("a", 0, "home"), [SYSTEM]),
        (Wanted("a", 1001, "home"), [HOME]),
        (Wanted("a", 1001, "admin"), [ADMIN]),
        (Wanted("b", 0, "home"), [OTHER]),
        (Wanted("a", None, "home"), []),
    ],
)
def test_what_the_inventory_has(wanted: Wanted, places: list[Place]) -> None:
    assert [place for place in PLACES if is_declared(*place, [wanted])] == places


def test_accounts_of_people() -> None:
    rows = ["root:x:0:0::/root:/bin/sh", "svc:x:1000:1000::/home/svc:/usr/sbin/nologin"]
    rows += ["nobody:x:65534:65534::/:/x", "www:x:33:33::/:/x", "broken:x:1", "#c", ""]
    assert may_have_apps("\n".join(rows)) == {"svc"}
