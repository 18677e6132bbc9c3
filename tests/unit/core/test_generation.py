# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generations and intents: numbers, targets, what is dropped, and their way to disk and back."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.kept_images import (
    kept_name,
    parse_kept,
    to_keep,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state import records
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.generation import (
    Generation,
    choose_target,
    damaged_warning,
    from_record,
    ids_of,
    images_of,
    next_number,
    parse_generation,
    secrets_of,
    to_files,
    to_prune,
    to_row,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.intent import (
    Intent,
    carry_forward,
    parse_intent,
    were_active,
    were_restarting,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import Manifest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State

ID, OTHER = "0" * 64, "1" * 64
CONTENT = {
    "web.container": Blob(b"[Container]\n", 0o644),
    "bin": Blob(bytes(range(256)), 0o600, "reload"),
    "w@1.container": Blob(b"w@.container", LINK),
}
ONE = Generation(
    app="shop",
    number=3,
    made_at=5.5,
    made_by="root",
    changes=("start web.service: is new",),
    files=to_files(CONTENT),
    secrets={"pw": "pw.shop-0"},
    images={"a/b:1": (ID, "sha256:d")},
    brought=("a/b:1",),
    gate={"stable": 2.0, "probes": [{"tcp": "127.0.0.1:1"}]},
)


def test_a_generation_survives_its_file() -> None:
    read = parse_generation(records.dump(ONE), "p")
    assert read == ONE
    assert read.content == CONTENT


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2, "app": "a"}'])
def test_a_damaged_one_is_named(text: str) -> None:
    with pytest.raises(QuadletError, match=r"p/3\.json: the record is damaged"):
        parse_generation(text, "p/3.json")
    with pytest.raises(QuadletError, match=r"p/a\.json: the record is damaged"):
        parse_intent(text, "p/a.json")


def test_a_newer_format_is_refused() -> None:
    newer = records.dump(ONE).replace(f'"format": {records.FORMAT}', '"format": 99')
    with pytest.raises(QuadletError, match="format 99"):
        parse_generation(newer, "p")


@pytest.mark.parametrize(
    ("numbers", "deployed", "number"),
    [([], 0, 1), ([1, 2], 2, 3), ([1, 2, 3], 2, 4), ([4], 7, 8)],
)
def test_no_number_is_given_twice(numbers: list[int], deployed: int, number: int) -> None:
    assert next_number(numbers, deployed) == number


@pytest.mark.parametrize(
    ("passed", "wanted", "deployed", "target"),
    [
        ({1: True, 2: True, 3: True}, None, 3, 2),
        ({1: True, 2: False, 3: True}, None, 3, 1),
        ({1: True, 2: False, 3: True}, 2, 3, 2),
        ({1: True, 2: True}, 1, 2, 1),
        ({1: True, 2: True}, 2, 2, 2),
    ],
)
def test_where_a_rollback_leads(
    passed: dict[int, bool], wanted: int | None, deployed: int, target: int
) -> None:
    assert choose_target("shop", passed, wanted, deployed) == target


@pytest.mark.parametrize(
    ("passed", "wanted", "says"),
    [
        ({1: True}, None, "no generation before 1 is kept; there are: 1"),
        ({}, None, "no generation before 1 is kept; there are: none"),
        ({1: True, 2: True}, 7, "generation 7 is not kept; there are: 1, 2"),
        ({1: True}, 0, "generation 0 is not kept"),
    ],
)
def test_where_it_does_not(passed: dict[int, bool], wanted: int | None, says: str) -> None:
    with pytest.raises(QuadletError, match=says):
        choose_target("shop", passed, wanted, 1)


def test_what_is_damaged_is_no_target_and_is_told() -> None:
    assert choose_target("shop", {1: True, 3: True}, None, 3, damaged={2}) == 1
    with pytest.raises(QuadletError, match=r"before 3 is kept; there are: 1 \(damaged\), 3"):
        choose_target("shop", {3: True}, None, 3, damaged={1})
    why = QuadletError("the record is damaged (…)", where="/s/2.json", remedy="Deploy anew.")
    warning = damaged_warning(2, why)
    assert warning == "generation 2 is left out: /s/2.json: the record is damaged (…)"


def test_what_the_record_knows_of_the_generation_that_is_there() -> None:
    manifest = Manifest("shop", generation=3, secrets={"pw": "pw.shop-0"}, images={"a/b:1": ID})
    known = from_record(manifest)
    assert known.number == 3
    assert secrets_of([known]) == secrets_of([ONE])
    assert images_of([known]) == images_of([ONE])


@pytest.mark.parametrize(
    ("numbers", "keep", "needed", "dropped"),
    [
        ([1, 2, 3], 5, {3}, []),
        ([1, 2, 3], 2, {3}, [1]),
        ([1, 2, 3], 1, {1, 3}, [2]),
        ([1, 2, 3], 0, set(), [1, 2, 3]),
    ],
)
def test_what_is_dropped(
    numbers: list[int], keep: int, needed: set[int], dropped: list[int]
) -> None:
    assert to_prune(numbers, keep, needed) == dropped


def test_what_generations_need() -> None:
    older = Generation(
        "shop", 1, 0.0, "root", (), {}, secrets={"pw": "pw.shop-9"}, images={"a/b:1": (OTHER, "")}
    )
    assert secrets_of([older, ONE]) == {"pw.shop-0", "pw.shop-9"}
    assert images_of([ONE, older]) == {"a/b:1": ID}
    assert ids_of([ONE, older]) == {ID, older.images["a/b:1"][0]}
    assert len(ids_of([ONE, older])) == 2


def test_a_row_of_info_holds_no_content() -> None:
    row = to_row(ONE, 3, "2026-01-31T12:00:00Z")
    assert row == {
        "number": 3,
        "current": True,
        "passed": True,
        "made_at": "2026-01-31T12:00:00Z",
        "made_by": "root",
        "changes": ["start web.service: is new"],
        "rollout": None,
        "images": {"a/b:1": "sha256:d"},
        "secrets": ["pw"],
    }


def test_names_of_kept_images() -> None:
    name = kept_name("My-App_", ID)
    assert name == f"localhost/quadlet.fleet:My-App_.{ID[:12]}"
    assert parse_kept("My-App_", [name, "localhost/quadlet.fleet:My.000", "a/b:1"]) == [ID[:12]]
    assert to_keep([ID, ID, OTHER, ""], [OTHER]) == [ID]


def _intent(**facts: t.Any) -> Intent:
    return Intent("shop", 1.5, **facts)


def test_an_intent_survives_its_file() -> None:
    intent = _intent(kept={"/a": "/b", "/c": ""}, active=("web.service",), images={"a": ID})
    text = records.dump(intent)
    assert parse_intent(text, "p") == intent
    older = text.replace('"started_at"', '"secrets": ["pw.shop-0"], "started_at"')
    assert older != text
    assert parse_intent(older, "p") == intent


def test_what_was_before_the_run_that_died_counts() -> None:
    died = _intent(
        kept={"/a": "/old/0", "/b": ""},
        active=("web.service",),
        retried=("loop.service",),
        enabled={"x.timer": "enabled"},
        images={"a/b:1": ID},
    )
    now = Intent(
        "shop",
        9.0,
        kept={"/a": "/old/7", "/c": "/old/2"},
        active=(),
        enabled={"x.timer": "disabled", "y.timer": "enabled"},
        images={"a/b:1": OTHER, "c:1": OTHER},
    )
    joined = carry_forward(died, now)
    assert joined.kept == {"/a": "/old/0", "/b": "", "/c": "/old/2"}
    assert joined.active == ("web.service",)
    assert joined.retried == ("loop.service",)
    assert joined.enabled == {"x.timer": "enabled", "y.timer": "enabled"}
    assert joined.images == {"a/b:1": ID, "c:1": OTHER}
    assert joined.started_at == 1.5
    assert carry_forward(None, now) is now


def test_what_was_up_and_what_was_tried() -> None:
    states = {
        "up.service": State("loaded", "active", "running"),
        "starting.service": State("loaded", "activating", "start"),
        "loop.service": State("loaded", "activating", "auto-restart"),
        "down.service": State("loaded", "inactive", "dead"),
        "failed.service": State("loaded", "failed", "failed"),
    }
    assert were_active(states) == ("up.service", "starting.service")
    assert were_restarting(states) == ("loop.service",)
