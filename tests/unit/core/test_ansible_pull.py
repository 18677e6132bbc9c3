# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What info tells of the record of ansible-pull."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.info.ansible_pull import (
    SERVICE,
    TIMER,
    find_trouble,
    to_row,
)
from tests.unit.support.documentation import read_block

RECORD = {
    "format": 1,
    "url": "/srv/a.git",
    "version": "main",
    "commit": "a",
    "wanted": "b",
    "started_at": "2026-01-31T12:00:00Z",
    "ended_at": "2026-01-31T12:00:09Z",
    "result": "ok",
    "message": "",
    "changed": True,
    "setup": "not told",
}
ROLE = "quadlet.fleet.pull"
PULL = "X is to converge with ansible-pull, but"
RUN = f"{PULL} its last run (2026-01-31T12:00:09Z)"
UP = {TIMER: "active", SERVICE: "inactive"}


def row(**fields: t.Any) -> dict[str, t.Any]:
    """What is told of the record with other fields."""
    return to_row(json.dumps({**RECORD, **fields}), "svc", UP)


def test_a_row_is_the_record_and_what_systemd_says() -> None:
    told = {key: value for key, value in RECORD.items() if key not in ("format", "setup")}
    assert row() == {"user": "svc", **told, "timer": "active", "service": "inactive"}


def test_a_row_is_as_documented() -> None:
    assert set(read_block("info", "RETURN")["pull"]["contains"]) == set(row())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "its record is damaged; the next run replaces it"),
        ("[]", "its record is damaged; the next run replaces it"),
        ("{}", "its record is damaged; the next run replaces it"),
        ('{"format": "x"}', "its record is damaged; the next run replaces it"),
        ('{"format": 2}', "its record has format 2, this release of quadlet.fleet knows 1"),
    ],
)
def test_a_record_that_cannot_be_read(text: str, message: str) -> None:
    told = to_row(text, None, {})
    assert (told["result"], told["message"], told["timer"]) == ("unknown", message, None)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (row(), []),
        (to_row(json.dumps(RECORD), None, {}), []),
        (
            row(result="failed", message="web.service did not start\nmore"),
            [f"{RUN} failed: web.service did not start"],
        ),
        (
            row(result="refused", message="not signed"),
            [f"{RUN} refused the commit: not signed"],
        ),
        (
            to_row(json.dumps(RECORD), None, {TIMER: "inactive", SERVICE: "inactive"}),
            [f"{PULL} quadlet-pull.timer is inactive: start it, or apply the role {ROLE}"],
        ),
    ],
    ids=["ok", "manager down", "failed", "refused", "no timer"],
)
def test_trouble(told: dict[str, t.Any], found: list[str]) -> None:
    assert find_trouble(told, "X") == found
