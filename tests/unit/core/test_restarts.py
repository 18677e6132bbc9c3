"""Services that read active and were restarted by systemd meanwhile."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.info.restarts import (
    find_restarted,
    lasting,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import (
    Details,
    State,
)

UP, DOWN = State("loaded", "active", "running"), State("loaded", "inactive", "dead")
CRASHING = State("loaded", "activating", "auto-restart")
LASTING = {
    "a container that runs": (ServiceRecord("web.container"), UP, True),
    "a pod that runs": (ServiceRecord("web.pod"), UP, True),
    "a kube unit that runs": (ServiceRecord("web.kube"), UP, True),
    "a service of systemd's own that runs": (ServiceRecord("web.service"), UP, True),
    "one that is down": (ServiceRecord("web.container"), DOWN, False),
    "one between two crashes has a plan of its own": (
        ServiceRecord("web.container"), CRASHING, False,
    ),
    "a job": (ServiceRecord("web.container", once=True), UP, False),
    "a network": (ServiceRecord("web.network", makes="web"), UP, False),
    "a timer": (ServiceRecord("web.timer"), UP, False),
}  # fmt: skip


@pytest.mark.parametrize(("record", "state", "lasts"), LASTING.values(), ids=LASTING)
def test_services_that_must_last(record: ServiceRecord, state: State, lasts: bool) -> None:
    assert lasting({"web.service": record}, {"web.service": state}) == ["web.service"] * lasts
    assert lasting({"web.service": record}, {}) == []


@pytest.mark.parametrize(
    ("restarts", "says"), [(0, []), (1, ["systemd once since"]), (49, ["systemd 49 times since"])]
)
def test_restarts(restarts: int, says: list[str]) -> None:
    row = Details("success", restarts, None, "", 0.0, "", "", 0.0)
    found = find_restarted({"web.service": row})
    assert len(found) == len(says)
    for text, part in zip(found, says):
        assert text.startswith("web.service ended by itself and was restarted by ")
        assert part in text
