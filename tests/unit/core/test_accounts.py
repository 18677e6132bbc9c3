"""Service users: which commands make them, and whose subordinate ids are whose."""

from __future__ import annotations

import json

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.accounts import (
    Host,
    Seen,
    Wanted,
    check_registry,
    grown,
    merge_logins,
    parse_bounds,
    plan_accounts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.subordinate_ids import (
    FILES,
    Range,
    parse_ranges,
)

SHOP = Seen(1000, "/home/shop", "/bin/bash")
RANGE = (Range("shop", 100000, 65536),)
READY = Host({"shop": SHOP}, {"audio": frozenset({"shop"})}, dict.fromkeys(FILES, RANGE))

PLANS: dict[str, tuple[Wanted, Host, list[str]]] = {
    "new": (
        Wanted("shop"),
        Host(),
        [
            "useradd --create-home --user-group -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 shop",
            "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 shop",
        ],
    ),
    "new, with all": (
        Wanted("web", 2000, ("audio",), "/srv/web", "/bin/sh", "Web", system=True, subids=10),
        READY,
        [
            (
                "useradd --create-home --user-group -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 --system "
                "--uid 2000 --home-dir /srv/web --shell /bin/sh --comment Web --groups audio web"
            ),
            "usermod --add-subuids 165536-165545 --add-subgids 165536-165545 web",
        ],
    ),
    "ready": (Wanted("shop", 1000, ("audio",), "/home/shop", "/bin/bash"), READY, []),
    "ready, by uid": (
        Wanted("shop"),
        Host({"shop": SHOP}, {}, dict.fromkeys(FILES, (Range("1000", 5, 65536),))),
        [],
    ),
    "ready, by a name service": (Wanted("shop"), Host({"shop": SHOP._replace(granted=True)}), []),
    "no ids wanted": (Wanted("shop", subids=0), Host({"shop": SHOP}), []),
    "other shell": (
        Wanted("shop", None, (), None, "/bin/sh"),
        READY,
        ["usermod --shell /bin/sh shop"],
    ),
    "one more group": (
        Wanted("shop", groups=("audio", "video")),
        Host(READY.users, {**READY.groups, "video": frozenset()}, READY.ranges),
        ["usermod --append --groups video shop"],
    ),
    "more ids": (
        Wanted("shop", subids=70000),
        READY,
        ["usermod --add-subuids 165536-169999 --add-subgids 165536-169999 shop"],
    ),
    "ids of groups alone": (
        Wanted("shop"),
        Host({"shop": SHOP}, {}, {FILES[0]: RANGE, FILES[1]: ()}),
        ["usermod --add-subgids 165536-231071 shop"],
    ),
}


@pytest.mark.parametrize("row", PLANS.values(), ids=PLANS)
def test_plan(row: tuple[Wanted, Host, list[str]]) -> None:
    wanted, host, commands = row
    assert [" ".join(step.argv) for step in plan_accounts([wanted], host)] == commands


def test_ranges_of_many_new_users_overlap_with_nobody() -> None:
    host = Host(ranges={FILES[0]: (Range("a", 300000, 9),), FILES[1]: (Range("b", 100000, 65536),)})
    steps = plan_accounts([Wanted(f"u{number}") for number in range(50)], host)
    given = [step.argv[2] for step in steps if step.argv[0] == "usermod"]
    bounds = [tuple(map(int, words.split("-"))) for words in given]
    assert len(bounds) == 50
    assert bounds[0][0] == 300009
    assert all(last < first for (_first, last), (first, _last) in zip(bounds, bounds[1:]))


WRONG: dict[str, tuple[list[Wanted], Host, str]] = {
    "uid changes": ([Wanted("shop", 7)], READY, "uid 1000, asked for is 7"),
    "uid is taken": ([Wanted("new", 1000)], READY, "uid 1000 is user shop's"),
    "home moves": ([Wanted("shop", home="/srv/s")], READY, "home is /home/shop"),
    "no group": ([Wanted("shop", groups=("x",))], READY, "there is no group x"),
    "no name": ([Wanted("-rf")], READY, "is no name for a user"),
    "twice": ([Wanted("shop"), Wanted("shop")], READY, "named twice"),
    "no ids left": ([Wanted("new")], Host(last=150000), "are free up to 150000"),
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG)
def test_what_is_refused(row: tuple[list[Wanted], Host, str]) -> None:
    wanted, host, fact = row
    with pytest.raises(QuadletError) as error:
        plan_accounts(wanted, host)
    assert fact in str(error.value)
    assert error.value.remedy or "\n- " in str(error.value)


def test_files() -> None:
    assert parse_ranges("shop:100000:65536\n# x\nbroken\n") == RANGE
    assert parse_bounds("#SUB_UID_MIN 1\nSUB_UID_MIN\t\t 200000\nUMASK 022\n") == (
        200000,
        600100000,
    )


def test_who_has_more_ids_now() -> None:
    before = {FILES[0]: RANGE, FILES[1]: ()}
    more = (*RANGE, Range("shop", 165536, 10), Range("new", 165546, 10))
    assert grown(before, {FILES[0]: more, FILES[1]: more}) == ["shop"]
    assert grown(before, before) == []


LOGIN = {"registry": "r.example", "username": "me", "password": "pass"}


def test_logins_are_added_beside_others() -> None:
    text = json.dumps({"auths": {"other": {"auth": "x"}}, "credHelpers": {"a": "b"}})
    merged = merge_logins(text, [LOGIN], "auth.json")
    assert merged is not None
    assert json.loads(merged) == {
        "auths": {"other": {"auth": "x"}, "r.example": {"auth": "bWU6cGFzcw=="}},
        "credHelpers": {"a": "b"},
    }
    assert merge_logins(merged, [LOGIN], "auth.json") is None
    assert merge_logins("", [LOGIN], "auth.json")


@pytest.mark.parametrize("text", ["{", "[]", '{"auths": 7}'])
def test_a_broken_login_file_is_named(text: str) -> None:
    with pytest.raises(QuadletError, match=r"auth.json: the file is no auth.json"):
        merge_logins(text, [LOGIN], "auth.json")


@pytest.mark.parametrize("name", ["..", "a/b", "", "a:b", "/etc"])
def test_a_registry_is_a_folder_s_name(name: str) -> None:
    with pytest.raises(QuadletError, match="is no registry"):
        check_registry(name, "shop")
