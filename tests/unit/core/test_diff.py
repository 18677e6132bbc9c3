"""What changes in files, as it is shown."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.layout import Layout
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.diff import make_diff
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan

DIR = "/etc/containers/systemd/app"
LAYOUT = Layout("app", DIR, "/etc/systemd/system")
OLD, NEW = Blob(b"old\n"), Blob(b"new\n", 0o600)
BINARY = Blob(b"\xff\x00\x01")


def _entry(before: str, after: str, old: str, new: str) -> dict[str, str]:
    return {
        "before_header": f"{DIR}/{before}",
        "after_header": f"{DIR}/{after}",
        "before": old,
        "after": new,
    }


CASES = {
    "written": (
        Plan(writes=("a",)),
        {"a": NEW},
        {"a": OLD},
        [_entry("a (mode 0644)", "a (mode 0600)", "old\n", "new\n")],
    ),
    "new": (
        Plan(writes=("a",)),
        {"a": NEW},
        {},
        [_entry("a (absent)", "a (mode 0600)", "", "new\n")],
    ),
    "deleted": (
        Plan(deletes=("a",)),
        {},
        {"a": OLD},
        [_entry("a (mode 0644)", "a (absent)", "old\n", "")],
    ),
    "mode alone": (
        Plan(writes=("a",)),
        {"a": Blob(b"old\n", 0o755)},
        {"a": OLD},
        [_entry("a (mode 0644)", "a (mode 0755)", "old\n", "old\n")],
    ),
    "binary": (
        Plan(writes=("a",)),
        {"a": BINARY},
        {"a": OLD},
        [_entry("a (mode 0644)", "a (mode 0644)", "old\n", "(binary, 3 bytes)\n")],
    ),
    "binary before": (
        Plan(deletes=("a",)),
        {},
        {"a": BINARY},
        [_entry("a (mode 0644)", "a (absent)", "(binary, 3 bytes)\n", "")],
    ),
    "not ASCII": (
        Plan(writes=("ä",)),
        {"ä": Blob("ö\n".encode())},
        {},
        [_entry("ä (absent)", "ä (mode 0644)", "", "ö\n")],
    ),
    "others are not shown": (Plan(), {"a": NEW, "b": OLD}, {"a": OLD, "c": OLD}, []),
    "a companion, where it really is": (
        Plan(writes=("a.timer",)),
        {"a.timer": OLD},
        {},
        [
            {
                "before_header": "/etc/systemd/system/a.timer (absent)",
                "after_header": "/etc/systemd/system/a.timer (mode 0644)",
                "before": "",
                "after": "old\n",
            }
        ],
    ),
    "an instance": (
        Plan(writes=("a@1.container",)),
        {"a@1.container": Blob(b"a@.container", LINK)},
        {},
        [_entry("a@1.container (absent)", "a@1.container (link)", "", "link to a@.container\n")],
    ),
    "writes before deletes": (
        Plan(writes=("b",), deletes=("a",)),
        {"b": NEW},
        {"a": OLD},
        [
            _entry("b (absent)", "b (mode 0600)", "", "new\n"),
            _entry("a (mode 0644)", "a (absent)", "old\n", ""),
        ],
    ),
}


@pytest.mark.parametrize(("plan", "desired", "current", "shown"), CASES.values(), ids=CASES)
def test_diff(
    plan: Plan, desired: dict[str, Blob], current: dict[str, Blob], shown: list[dict[str, str]]
) -> None:
    assert make_diff(plan, desired, current, LAYOUT) == shown
