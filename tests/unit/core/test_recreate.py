"""Which networks and volumes may be made anew, and who must not be on them."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.recreate_option import (
    parse_recreate,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.model import (
    Difference,
    Judged,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import Inputs
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan, PlanInput
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.plan import make_plan
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.recreate import (
    Origin,
    check_found,
    check_names,
    find_vanished,
    in_use_error,
    objects_to_ask,
    split_users,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.conflicts import (
    Container,
)
from tests.unit.support.together import together


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
    record = ServiceRecord("n.network", makes="systemd-n")
    told = str(in_use_error(record, users, {}, anew=True))
    assert "the network systemd-n of n.network can't be made anew" in told
    assert "x (x.service), web (made outside of Quadlet)" in told
    origins = {"x.service": Origin("/etc/containers/systemd/b/x.container", "b")}
    told = str(in_use_error(record, users, origins, anew=False))
    assert "can't be removed when its service stops (NetworkDeleteOnStop)" in told
    assert "x (x.service, made of x.container of app b), web (made outside" in told
    assert "state: stopped for app b" in told
    origins = {"x.service": Origin("/etc/containers/systemd/x.container", None)}
    told = str(in_use_error(record, users, origins, anew=True))
    assert "x (x.service, made of /etc/containers/systemd/x.container, of no app)" in told


V, SERVICE = "data.volume", "data-volume.service"
UP, DOWN = State("loaded", "active", "exited"), State("loaded", "inactive", "dead")
OLD, NEW = {V: "old"}, {V: "new"}
DIFFERS = Judged(True, 1.0, (Difference("Device", "/srv/a", "/srv/b"),))
AS_IT_IS = Judged(True, 1.0, ())
NOT_COMPARED = Judged(True, 1.0)
GONE = Judged(there=False)


def _volume(
    started: dict[str, str] | None, *, known: bool = True, state: State = UP, **more: t.Any
) -> PlanInput:
    """An app with one volume, whose text is NEW; its record has what it was started with."""
    record = ServiceRecord(V, makes=more.pop("makes", "systemd-data"))
    before = dataclasses.replace(record, makes="systemd-data", started_with=started)
    manifest = Manifest(
        "a", written_at=2.0, loaded="x", services={SERVICE: before} if known else {}
    )
    app = App("a", **{"recreate": (), **more.pop("app", {})})
    content = {V: Blob(b"new")}
    return PlanInput(
        app, content, more.pop("current", content), manifest, "x", {SERVICE: record},
        {SERVICE: Inputs(NEW, {})}, {SERVICE: state}, **more,
    )  # fmt: skip


RECREATE = {"recreate": (V,)}
FOUND: dict[str, tuple[PlanInput, str]] = {
    "new, and nothing is there": (_volume(None, known=False, objects={SERVICE: GONE}), "start"),
    "new, and the same is there": (
        _volume(None, known=False, objects={SERVICE: AS_IT_IS}),
        "start",
    ),
    "new, and another is there": (
        _volume(None, known=False, objects={SERVICE: DIFFERS}),
        "refused",
    ),
    "new, another is there, and goes": (
        _volume(None, known=False, objects={SERVICE: DIFFERS}, app=RECREATE),
        "recreate",
    ),
    "new, and it can't be compared": (
        _volume(None, known=False, objects={SERVICE: NOT_COMPARED}),
        "start",
    ),
    "never started, another is there": (_volume(None, objects={SERVICE: DIFFERS}), "refused"),
    "another name, another is there": (
        _volume(OLD, objects={SERVICE: DIFFERS}, makes="other"),
        "refused",
    ),
    "own, changed": (_volume(OLD, objects={SERVICE: DIFFERS}), "warned"),
    "own, changed, and recreated": (
        _volume(OLD, objects={SERVICE: DIFFERS}, app=RECREATE),
        "recreate",
    ),
    "own, another text, the same object": (
        _volume(OLD, objects={SERVICE: AS_IT_IS}, app=RECREATE),
        "in sync",
    ),
    "own, changed, can't be compared": (_volume(OLD, objects={SERVICE: NOT_COMPARED}), "warned"),
    "own, changed, can't be compared, made since": (
        _volume(OLD, objects={SERVICE: Judged(True, 3.0)}),
        "",
    ),
    "own, changed, not asked": (_volume(OLD), "warned"),
    "own, as declared, not asked": (_volume(NEW), "in sync"),
    "own, made by another hand since": (
        _volume(NEW, objects={SERVICE: DIFFERS}),
        "warned in sync",
    ),
    "own, made by another hand, recreated": (
        _volume(NEW, objects={SERVICE: DIFFERS}, app=RECREATE),
        "recreate in sync",
    ),
    "own, changed, down": (_volume(OLD, state=DOWN, objects={SERVICE: DIFFERS}), "warned start"),
    "present only": (
        _volume(None, known=False, objects={SERVICE: DIFFERS}, app={"state": "present"}),
        "refused",
    ),
}


@pytest.mark.parametrize(("inputs", "expected"), FOUND.values(), ids=FOUND)
def test_what_is_there(inputs: PlanInput, expected: str) -> None:
    """Taken, told, recreated, or refused: by what is there, whose it is, and what is asked for."""
    if not inputs.manifest.services:
        inputs = inputs._replace(states={SERVICE: DOWN})
    inputs = inputs._replace(vanished=find_vanished(inputs))
    if expected == "refused":
        with pytest.raises(QuadletError) as caught:
            check_found(inputs, "alice")
        error = caught.value
        assert "Device: there '/srv/a', declared '/srv/b'" in error.what
        assert f"recreate: ['{V}:lose-data']" in (error.remedy or "")
        assert "as user alice podman volume rm" in (error.remedy or "")
        assert "VolumeName=" in (error.remedy or "")
        return
    check_found(inputs, "alice")
    plan = make_plan(inputs)
    found = {
        "recreate": plan.recreate == (SERVICE,),
        "warned": any("recreate: " in text for text in plan.warnings)
        and plan.outdated == (SERVICE,),
        "in sync": plan.in_sync == (SERVICE,),
        "start": plan.start == (SERVICE,) and not plan.recreate,
    }
    assert {word for word, is_so in found.items() if is_so} == {
        word for word in found if word in expected
    }
    if plan.recreate or plan.outdated:
        told = [*plan.warnings, *(reason for step in plan.steps for reason in step.reasons)]
        values = "Device: there '/srv/a', declared '/srv/b'"
        assert any(values in text for text in told) is (inputs.objects.get(SERVICE) == DIFFERS)


EMPTY = Plan()
ASKED: dict[str, tuple[PlanInput, Plan, bool]] = {
    "unchanged": (_volume(NEW), EMPTY, False),
    "unchanged, never started": (_volume(None), EMPTY, False),
    "never started, now written": (_volume(None), Plan(writes=(V,)), True),
    "new": (_volume(None, known=False), EMPTY, True),
    "another name": (_volume(NEW, makes="other"), EMPTY, True),
    "changed": (_volume(OLD), EMPTY, True),
    "starts": (_volume(NEW), Plan(start=(SERVICE,)), True),
    "restarts": (_volume(NEW), Plan(restart=(SERVICE,)), True),
    "is asked to be recreated": (_volume(NEW, app=RECREATE), EMPTY, True),
    "a name that systemd expands": (_volume(OLD, makes="data-%H"), EMPTY, True),
    "the app goes": (_volume(OLD, app={"state": "absent"}), EMPTY, False),
    "another unit alone": (_volume(OLD, app={"only": "x.container"}), EMPTY, False),
    "this unit alone": (_volume(OLD, app={"only": V}), EMPTY, True),
}


@together("known", [True, False])
@together("makes", ["systemd-data", "data-%s"])
@together("there", [True, False])
@together("unclear", [("a=%s",), ()])
def test_what_was_not_compared(
    *, known: bool, makes: str, there: bool, unclear: tuple[str, ...]
) -> None:
    """It is told of an object that the app takes, and has not made itself."""
    inputs = _volume(NEW if known else None, known=known, makes=makes)
    judged = Judged(there, 0.0, () if there else None, unclear)
    inputs = inputs._replace(objects={SERVICE: judged})
    own = known and makes == "systemd-data"  # under another name it has made none
    told = [text for text in make_plan(inputs).warnings if "a=%s" in text]
    assert bool(told) is (there and bool(unclear) and not own)
    words = (
        "known to systemd alone (a=%s)"
        if "%" in makes
        else "the volume systemd-data is there already"
    )
    assert all(words in text for text in told)
    assert not any("recreate: " in text for text in make_plan(inputs).warnings)


@pytest.mark.parametrize(("inputs", "plan", "asked"), ASKED.values(), ids=ASKED)
def test_what_podman_is_asked_for(inputs: PlanInput, plan: Plan, asked: bool) -> None:
    assert (SERVICE in objects_to_ask(inputs, plan, ())) is asked
    needed = objects_to_ask(inputs, plan, {SERVICE})
    assert (SERVICE in needed) is (
        asked
        or inputs.app.only == "x.container"
        or not (inputs.app.state == "absent" or "%" in inputs.services[SERVICE].makes)
    )
