"""What changes in files, as it is shown."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.layout import Layout
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.diff import (
    make_diff,
    plan_entry,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan, Step

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


STEPS = {
    "restart": Step("web.container", "web.service", "restart", ("its image changed", "x")),
    "pull": Step("web.container", "web.service", "pull", ("image a:1 is not on the host",)),
    "linger": Step(None, "user@1000.service", "linger", ("linger is off for a",)),
    "a reload of systemd": Step(None, None, "reload", ("what is installed was never loaded",)),
    "a service that goes": Step("web.container", "web.service", "remove", ("state: absent",)),
}
OF_FILES = (
    Step("a.conf", None, "write", ("is new",)),
    Step("web.container", "web.service", "write", ("is new",)),
    Step("web.container", "web.service", "adopt", ("is taken over",)),
    Step("a.conf", None, "remove", ("is no longer declared",)),
)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_the_diff_has_what_becomes_of_services(step: Step) -> None:
    [entry] = plan_entry("app web", (step, *OF_FILES))
    assert entry == {
        "before_header": "app web: services",
        "after_header": "app web: plan",
        "before": "",
        "after": f"{step.to_text()}\n",
    }
    assert ", ".join(step.reasons) in entry["after"]
    assert "None" not in entry["after"]


def test_a_plan_of_files_alone_has_no_entry() -> None:
    assert plan_entry("app web", OF_FILES) == []
