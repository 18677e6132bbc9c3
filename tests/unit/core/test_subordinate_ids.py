"""Who has ranges of subordinate ids, and the one remedy for a user without."""

from __future__ import annotations

import pwd

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.hints import find_hint
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host import preflight
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.subordinate_ids import (
    FILES,
    has_range,
    missing_remedy,
    parse_getsubids,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._host import accounts
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import Owner, Ran


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


SHOWN = "0: alice 100000 65536\n1: alice 300000 10\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHOWN, ((100000, 65536), (300000, 10))),
        ("", ()),
        ("Error fetching ranges\n", ()),
        ("0: alice many 1\n", ()),
    ],
)
def test_what_getsubids_prints(text: str, expected: tuple[tuple[int, int], ...]) -> None:
    assert tuple((row.first, row.size) for row in parse_getsubids(text)) == expected


FILES_OF: dict[str, tuple[str, str]] = {
    "both": ("alice:1:2\n", "1000:3:4\n"),
    "none": ("", ""),
    "another user's": ("bob:1:2\n", "bob:3:4\n"),
    "gids alone": ("", "alice:3:4\n"),
}
SERVICES: dict[str, Ran] = {
    "it grants some": Ran(0, SHOWN, ""),
    "it grants none": Ran(1, "Error fetching ranges\n", ""),
    "it is not there": Ran(127, "", "getsubids: not found"),
}


@pytest.mark.parametrize("files", FILES_OF)
@pytest.mark.parametrize("service", SERVICES)
def test_where_ranges_are_looked_for(
    files: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name service is asked where a file has no row of the user, and only there."""
    texts, asked = dict(zip(FILES, FILES_OF[files], strict=True)), list[list[str]]()

    def run(_owner: Owner, argv: list[str]) -> Ran:
        asked.append(argv)
        return SERVICES[service]

    monkeypatch.setattr(accounts, "read_text", texts.get)
    monkeypatch.setattr(Owner, "run", run)
    entry = pwd.struct_passwd(("alice", "x", 1000, 1000, "", "/home/alice", "/bin/sh"))
    granted = accounts.read_granted(Owner(entry))
    lacking = [path for path in FILES if "alice" not in texts[path] and "1000" not in texts[path]]
    options = {FILES[0]: [], FILES[1]: ["-g"]}
    assert asked == [["getsubids", *options[path], "alice"] for path in lacking]
    told = SERVICES[service].status == 0
    for path, rows in zip(FILES, (granted.uids, granted.gids), strict=True):
        assert bool(rows) is (told or path not in lacking)
    assert len(granted.lacking) == (0 if told else len(lacking))
    why = "is not on the host" if SERVICES[service].status == 127 else "tells none"
    assert all(why in text and "has no row, and getsubids" in text for text in granted.lacking)
