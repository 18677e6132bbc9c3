"""Where a run keeps old bytes, and where new ones wait."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.layout import (
    Layout,
    Swap,
    plan_swaps,
)

LAYOUT = Layout("app", "/q/app", "/s")
NEW, OLD = "/q/app/.fleet.d/new", "/q/app/.fleet.d/old"
BESIDE = "/s/.quadlet.fleet.app."

CASES: dict[str, tuple[dict[str, t.Any], list[Swap]]] = {
    "nothing": ({}, []),
    "a new file": (
        {"writes": ["web.container"]},
        [Swap("/q/app/web.container", f"{NEW}/0", f"{OLD}/0")],
    ),
    "a file that is removed": (
        {"deletes": ["web.container"]},
        [Swap("/q/app/web.container", "", f"{OLD}/0")],
    ),
    "a native unit lies beside systemd's": (
        {"writes": ["job.timer"]},
        [Swap("/s/job.timer", f"{BESIDE}new.0", f"{BESIDE}old.0")],
    ),
    "each path has a number of its own": (
        {"writes": ["a.container", "job.timer"], "deletes": ["conf/b"]},
        [
            Swap("/q/app/a.container", f"{NEW}/0", f"{OLD}/0"),
            Swap("/s/job.timer", f"{BESIDE}new.1", f"{BESIDE}old.1"),
            Swap("/q/app/conf/b", "", f"{OLD}/2"),
        ],
    ),
    "a drop-in of an adopted unit moves": (
        {"moves": {"/q/web.container.d/a.conf": "/q/app/web.container.d/a.conf"}},
        [
            Swap(
                "/q/app/web.container.d/a.conf", f"{NEW}/0", f"{OLD}/0", "/q/web.container.d/a.conf"
            ),
            Swap("/q/web.container.d/a.conf", "", f"{OLD}/1"),
        ],
    ),
    "an adopted unit is removed from its old place": (
        {"writes": ["web.container"], "gone": ["/q/web.container"]},
        [
            Swap("/q/app/web.container", f"{NEW}/0", f"{OLD}/0"),
            Swap("/q/web.container", "", f"{OLD}/1"),
        ],
    ),
    "a path is swapped once": (
        {"writes": ["web.container"], "gone": ["/q/app/web.container"]},
        [Swap("/q/app/web.container", f"{NEW}/0", f"{OLD}/0")],
    ),
    "old bytes are kept from before the run that died": (
        {
            "writes": ["a.container", "b.container"],
            "kept": {"/q/app/a.container": f"{OLD}/7"},
        },
        [
            Swap("/q/app/a.container", f"{NEW}/0", f"{OLD}/7", again=True),
            Swap("/q/app/b.container", f"{NEW}/1", f"{OLD}/2"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_swaps(case: tuple[dict[str, t.Any], list[Swap]]) -> None:
    given, expected = case
    nothing: dict[str, t.Any] = {
        "writes": [],
        "deletes": [],
        "moves": {},
        "gone": [],
        "kept": {},
    }
    assert list(plan_swaps(LAYOUT, **{**nothing, **given})) == expected


def test_kept_bytes_of_a_run_that_died_are_never_written_over() -> None:
    kept = {"/q/app/a.container": f"{OLD}/0", "/q/app/b.container": f"{OLD}/1"}
    first = plan_swaps(
        LAYOUT, writes=["a.container", "b.container"], deletes=[], moves={}, gone=[], kept={}
    )
    second = plan_swaps(LAYOUT, writes=["c", "d"], deletes=[], moves={}, gone=[], kept=kept)
    assert not {swap.kept for swap in first} & {swap.kept for swap in second}
