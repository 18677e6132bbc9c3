"""Who has ranges of subordinate ids, and the one remedy for a user without."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.hints import find_hint
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host import preflight
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.subordinate_ids import (
    has_range,
    missing_remedy,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alice:100000:65536\n", True),
        ("bob:100000:65536\nalice:165536:1\n", True),
        ("1000:100000:65536\n", True),
        ("", False),
        ("bob:100000:65536\n", False),
        ("alice:100000:0\n", False),
        ("alice:100000\n", False),
        ("alice:100000:many\n", False),
        ("alice2:100000:65536\n", False),
        ("10001:100000:65536\n", False),
    ],
)
def test_a_range(text: str, expected: bool) -> None:
    assert has_range(text, "alice", 1000) is expected


def test_one_remedy() -> None:
    assert missing_remedy("alice").endswith(
        "usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST alice"
    )
    facts = preflight.Facts(users={"alice": preflight.User(missing_ranges=("/etc/subuid",))})
    assert [f.remedy for f in preflight.find(facts, preflight.Needs())] == [missing_remedy("alice")]
    hint = find_hint(["Error: no subuid ranges found for user"])
    assert hint
    assert hint.remedy == missing_remedy()
