# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rollout that a record is part of: when it begins, where it leads back to, when it ends."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import parse_app
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.verdict import (
    ever_started,
    restarts_until,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    Mark,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.rollout import (
    is_open,
    mark,
    parse_rollout,
    revert_target,
    to_result,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import Details

NONE = Manifest("shop")
PLAIN = Manifest("shop", generation=4)
OPEN = Manifest("shop", generation=5, rollout=Mark("r1", 4, True))
ENDED = Manifest("shop", generation=5, rollout=Mark("r1", 4, False))

MARKS = {
    "a rollout begins": (PLAIN, "r1", False, True, ("r1", 4, True)),
    "where nothing was before": (NONE, "r1", False, True, ("r1", 0, True)),
    "it starts services and makes no generation": (PLAIN, "r1", False, False, ("r1", 4, True)),
    "it deploys once more": (OPEN, "r1", False, True, ("r1", 4, True)),
    "another one begins": (OPEN, "r2", False, True, ("r2", 5, True)),
    "a deployment outside of it": (OPEN, "", False, True, ("", 0, False)),
    "a run outside of it that deploys nothing": (OPEN, "", False, False, ("r1", 4, True)),
    "it is taken back": (OPEN, "r1", True, False, ("", 0, False)),
    "a return outside of it": (OPEN, "", True, False, ("", 0, False)),
    "one of the same name after it ended": (ENDED, "r1", False, True, ("r1", 5, True)),
    "an ended one, and nothing new": (ENDED, "r1", False, False, ("r1", 4, False)),
    "no rollout at all": (PLAIN, "", False, True, ("", 0, False)),
}


@pytest.mark.parametrize("case", MARKS.values(), ids=MARKS)
def test_marks(case: tuple[Manifest, str, bool, bool, tuple[str, int, bool]]) -> None:
    before, rollout, returned, new, expected = case
    assert mark(before, rollout, returned=returned, new=new) == expected


TARGETS = {
    "part of it": (OPEN, "r1", False, 4),
    "part of it, and a later run died": (OPEN, "r1", True, 4),
    "of one that has ended": (ENDED, "r1", False, 4),
    "of another one": (OPEN, "r2", False, None),
    "of none": (PLAIN, "r1", False, None),
    "the run that would have made it part died": (PLAIN, "r1", True, 4),
    "the first run of all died": (NONE, "r1", True, 0),
    "not there before": (
        Manifest("shop", generation=1, rollout=Mark("r1", 0, True)),
        "r1",
        False,
        0,
    ),
}


@pytest.mark.parametrize("case", TARGETS.values(), ids=TARGETS)
def test_targets(case: tuple[Manifest, str, bool, int | None]) -> None:
    before, rollout, died, expected = case
    assert revert_target(before, rollout, died=died) == expected


@pytest.mark.parametrize("given", ["r1", "v1.2.3", "2026-01-31T12:00:00Z", "a" * 100, "", None])
def test_ids(given: str | None) -> None:
    assert parse_rollout(given) == (given or "")


@pytest.mark.parametrize("given", ["-r", "a b", "a/b", "a\n", "a" * 101, "ü"])
def test_what_can_be_no_id(given: str) -> None:
    with pytest.raises(QuadletError, match="can't be the id of a rollout"):
        parse_rollout(given)


def test_a_return_has_one_target() -> None:
    with pytest.raises(QuadletError, match="generation 3 and rollout r1 are given"):
        parse_app({"name": "a", "state": "rolled_back", "generation": 3, "rollout": "r1"})


def test_what_is_told() -> None:
    assert to_result(OPEN) == {"id": "r1", "from": 4, "under_way": True}
    assert to_result(PLAIN) is None


def test_what_can_be_accepted() -> None:
    assert is_open(OPEN, "r1")
    assert not is_open(OPEN, "r2")
    assert not is_open(ENDED, "r1")
    assert not is_open(PLAIN, "")


def test_services_that_a_gate_is_asked_of() -> None:
    services = {
        "web.service": ServiceRecord("web.container", started_with={}),
        "new.service": ServiceRecord("new.container"),
        "job.service": ServiceRecord("job.container", triggered=True, started_with={}),
        "n-network.service": ServiceRecord("n.network", once=True, makes="n", started_with={}),
    }
    assert ever_started(services) == ["web.service", "n-network.service"]


def test_restarts_that_do_not_count() -> None:
    def since(seconds: float) -> Details:
        return Details("success", 2, None, "", 0.0, "", "", seconds)

    assert restarts_until({"old": since(9.0), "new": since(11.0)}, 10.0) == {"old": 2}
