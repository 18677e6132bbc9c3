"""Which networks and volumes may be made anew, and who must not be on them."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.recreate_option import (
    parse_recreate,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan, PlanInput
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.recreate import (
    check_names,
    in_use_error,
    split_users,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.conflicts import (
    Container,
)


@pytest.mark.parametrize("state", ["started", "restarted", "rolled_back"])
def test_names(state: str) -> None:
    given = ["n.network", "data.volume:lose-data"]
    assert parse_recreate(given, state, "auto") == ("n.network", "data.volume")
    assert parse_recreate([], "absent", "never") == ()


@pytest.mark.parametrize(
    ("item", "state", "restart", "what", "remedy"),
    [
        ("data.volume", "started", "auto", "lose its data", "data.volume:lose-data"),
        ("data.volume:lose", "started", "auto", "lose its data", "data.volume:lose-data"),
        ("data.volume:", "started", "auto", "lose its data", "data.volume:lose-data"),
        ("n.network:lose-data", "started", "auto", "more than a network", "Write n.network."),
        ("web.container", "started", "auto", "neither a network nor a volume", "NAME.network"),
        ("n", "started", "auto", "neither a network nor a volume", "NAME.network"),
        ("n.network", "present", "auto", "stops and starts services", "state: present"),
        ("n.network", "absent", "auto", "stops and starts services", "state: absent"),
        ("n.network", "started", "never", "stops and starts services", "restart: never"),
    ],
)
def test_refused(item: str, state: str, restart: str, what: str, remedy: str) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_recreate([item], state, restart)
    assert what in caught.value.what
    assert remedy in (caught.value.remedy or "")


def _inputs(recreate: tuple[str, ...]) -> PlanInput:
    services = {
        "n-network.service": ServiceRecord("n.network", makes="n"),
        "p-pod.service": ServiceRecord("p.pod", objects=("p", "p-infra")),
        "web.service": ServiceRecord("web.container", objects=("systemd-web",)),
        "idle.service": ServiceRecord("idle.container", objects=("systemd-idle",)),
    }
    desired = {record.unit: Blob(b"") for record in services.values()}
    app = App("a", recreate=recreate)
    return PlanInput(app, desired, {}, Manifest("a"), "", services, {}, {})


def test_a_unit_that_the_app_does_not_have() -> None:
    check_names(_inputs(("n.network",)))
    with pytest.raises(QuadletError, match=r"'m\.network' is no unit of app 'a'"):
        check_names(_inputs(("n.network", "m.network")))


USERS = {
    "restarts": (Container("systemd-web", "web.service", ""), True),
    "a pod of it": (Container("p-infra", "", "p"), True),
    "is started": (Container("systemd-new", "new.service", ""), True),
    "is removed": (Container("systemd-old", "old.service", ""), True),
    "stays": (Container("systemd-idle", "idle.service", ""), False),
    "another app's": (Container("systemd-x", "x.service", ""), False),
    "made by hand": (Container("web", "", ""), False),
}


@pytest.mark.parametrize(("user", "ours"), USERS.values(), ids=USERS)
def test_who_uses_it(user: Container, ours: bool) -> None:
    plan = Plan(
        restart=("n-network.service", "p-pod.service", "web.service"),
        start=("new.service",),
        stop=("old.service",),
        recreate=("n-network.service",),
    )
    assert split_users(_inputs(("n.network",)), plan, [user]) == (
        ([], [user]) if ours else ([user], [])
    )


def test_the_error_names_them() -> None:
    users = [Container("x", "x.service", ""), Container("web", "", "")]
    told = str(in_use_error("network", "systemd-n", "n.network", users))
    assert "the network systemd-n of n.network can't be made anew" in told
    assert "x (x.service), web (made outside of Quadlet)" in told
