"""Services that systemd started by itself: which count as started with what is installed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob, digest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import Inputs
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import PlanInput
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.own_starts import (
    LOADED,
    OTHER,
    OURS,
    UNCLEAR,
    Edits,
    Loads,
    Moved,
    Times,
    Traits,
    confirmed_starts,
    find_edits,
    find_suspects,
    judge_starts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import (
    Details,
    State,
)
from tests.unit.support.together import together

UNIT = Blob(b"[Container]\n")
OLD, NEW = {"web.container": "old"}, {"web.container": "new"}
UP = State("loaded", "active", "running")
DOWN = State("loaded", "inactive", "dead")
CRASHING = State("loaded", "activating", "auto-restart")


def _inputs(**changes: t.Any) -> PlanInput:
    inputs = PlanInput(
        app=App("app"),
        desired={"web.container": UNIT},
        current={"web.container": UNIT},
        manifest=_manifest(ServiceRecord("web.container", started_with=OLD, reload_with={})),
        loaded="digest",
        services={"web.service": ServiceRecord("web.container")},
        digests={"web.service": Inputs(NEW, {})},
        states={"web.service": UP},
    )
    return inputs._replace(**changes)


def _manifest(record: ServiceRecord, loaded: str | None = "digest") -> Manifest:
    files = {"web.container": (digest(UNIT.data), UNIT.mode, UNIT.on_change)}
    return Manifest("app", files=files, loaded=loaded, services={"web.service": record})


SAME = ServiceRecord("web.container", started_with=NEW, reload_with={})

SUSPECTS: dict[str, tuple[PlanInput, list[str]]] = {
    "started with other files": (_inputs(), ["web.service"]),
    "never started by a run": (
        _inputs(manifest=_manifest(ServiceRecord("web.container"))),
        ["web.service"],
    ),
    "another file to reload": (
        _inputs(manifest=_manifest(SAME), digests={"web.service": Inputs(NEW, {"conf": "new"})}),
        ["web.service"],
    ),
    "started with the same files": (_inputs(manifest=_manifest(SAME)), []),
    "the same files, and no reload was recorded": (
        _inputs(manifest=_manifest(ServiceRecord("web.container", started_with=NEW))),
        [],
    ),
    "down": (_inputs(states={"web.service": DOWN}), []),
    "crashing": (_inputs(states={"web.service": CRASHING}), []),
    "state unknown": (_inputs(states={}), []),
    "no longer a service of the app": (_inputs(digests={}), []),
    "this run writes": (_inputs(current={}), []),
    "this run deletes": (_inputs(desired={}), []),
    "systemd has not loaded the units yet": (_inputs(loaded="other"), []),
    "a run ended before systemd loaded its units": (
        _inputs(manifest=_manifest(SAME, loaded=None)),
        [],
    ),
}


@pytest.mark.parametrize("case", SUSPECTS.values(), ids=SUSPECTS)
def test_suspects(case: tuple[PlanInput, list[str]]) -> None:
    inputs, expected = case
    assert find_suspects(inputs) == expected


def _details(started_at: float, restarts: int = 0) -> Details:
    return Details("success", restarts, None, "", started_at, "", "", 0.0)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (_details(11.0), True),
        (_details(10.0), False),
        (_details(0.0), False),
        (_details(11.0, restarts=1), False),
    ],
    ids=["after the write", "at the same moment", "never", "after a crash"],
)
def test_confirmed(details: Details, expected: bool) -> None:
    assert ("web.service" in confirmed_starts({"web.service": details}, 10.0)) is expected


AS_DEPLOYED = _inputs(manifest=_manifest(SAME))
NOW = float("inf")


@pytest.mark.parametrize(
    ("inputs", "touched", "expected"),
    [
        (AS_DEPLOYED, {}, Edits()),
        (AS_DEPLOYED, {"web.container": 7.0}, Edits(unit=7.0)),
        (AS_DEPLOYED, {"other": 7.0}, Edits()),
        (AS_DEPLOYED._replace(current={}), {}, Edits(unit=NOW)),
        (AS_DEPLOYED._replace(current={}), {"web.container": 7.0}, Edits(unit=NOW)),
        (AS_DEPLOYED._replace(states={"web.service": DOWN}), {"web.container": 7.0}, None),
        (AS_DEPLOYED._replace(digests={}), {"web.container": 7.0}, None),
        (_inputs(), {"web.container": 7.0}, Edits(unit=7.0)),
        (_inputs(loaded="other"), {"web.container": 7.0}, None),
    ],
    ids=[
        "as recorded",
        "touched",
        "another file was",
        "this run writes",
        "this run writes what was touched",
        "down",
        "no longer of the app",
        "counts as started with what is installed",
        "restarts anyway",
    ],
)
def test_edited_files(inputs: PlanInput, touched: dict[str, float], expected: Edits | None) -> None:
    assert find_edits(inputs, touched).get("web.service") == expected


def test_units_and_files_are_edited_apart() -> None:
    paths = {"web.container": 3.0, "web.container.d/x.conf": 5.0, "a.env": 4.0, "b.conf": 2.0}
    parts = dict.fromkeys(paths, "sha")
    inputs = AS_DEPLOYED._replace(
        manifest=_manifest(ServiceRecord("web.container", started_with=parts)),
        digests={"web.service": Inputs(parts, {})},
    )
    assert find_edits(inputs, paths) == {"web.service": Edits(5.0, 4.0, reads=True)}


RECORDED, STARTED = 10.0, 12.0
WHEN = {"never": 0.0, "before the start": 11.0, "behind it": 15.0, "by this run": NOW}
LOADS = {
    "before the change": Loads(1.0, 10.5),
    "behind the change": Loads(1.0, 11.5),
    "behind the start": Loads(1.0, 16.0),
    "at boot, then behind the start": Loads(11.5, 16.0),
    "not known": Loads(),
}
TRAITS = {
    "container": Traits(tells=True),
    "kube": Traits(),
    "companion": Traits(generated=False),
    "network": Traits(makes=True),
}


def _judge(
    edit: Edits,
    row: Details,
    traits: Traits,
    moved: Moved | None = None,
    loads: Loads | None = None,
) -> str | None:
    times = Times(RECORDED, moved or Moved(), loads or Loads())
    return judge_starts({"x": edit}, {"x": row}, {"x": traits}, times).get("x")


@together("files", WHEN)
@together("unit", WHEN)
@together("begun", ["recorded", "since", "restarted directly"])
def test_what_is_known_of_a_start(begun: str, unit: str, files: str) -> None:
    """A start before the record is a run's own; an edit behind another one tells that its text was
    another; one before it may have been loaded then.
    """
    row = _details(9.0 if begun != "since" else STARTED)
    row = row._replace(left_at=STARTED if begun == "restarted directly" else 0.0)
    found = _judge(Edits(WHEN[unit], WHEN[files]), row, TRAITS["container"])
    if begun == "recorded":
        assert found is None
    elif WHEN[unit] > STARTED or WHEN[files] > STARTED:
        assert found == OTHER
    else:
        assert found == (UNCLEAR if WHEN[unit] else OURS)


@together("loaded", LOADS)
@together("part", Moved._fields)
@together("at", ["never", "before the start", "behind it"])
@together("kind", TRAITS)
@together("reads", [False, True])
def test_directories_that_were_changed(
    reads: bool, kind: str, at: str, part: str, loaded: str
) -> None:
    moved, loads, traits = Moved()._replace(**{part: WHEN[at]}), LOADS[loaded], TRAITS[kind]
    found = _judge(Edits(reads=reads), _details(STARTED), traits, moved, loads)
    concerns = part == "services" or kind != "companion"
    fresh = loaded in ("behind the change", "at boot, then behind the start")
    if at == "behind it" and reads and part in ("files", "above"):
        assert found == OTHER  # another file may have been there
    elif at == "never" or not concerns or kind == "network" or (at == "before the start" and fresh):
        assert found == OURS
    elif loads.last <= STARTED:
        assert found == LOADED
    elif part == "services":
        assert found == OTHER
    elif kind == "container":
        assert found == UNCLEAR
    else:
        assert found == (OURS if part == "beside" else OTHER)


@together("who", ["itself", "its neighbour", "nobody"])
@together("part", ["unit", "files", "folder"])
@together("at", [12.4, 15.5])
def test_a_start_that_relabels_its_files_edits_none(who: str, part: str, at: float) -> None:
    """`Volume=./x:/x:Z` gives files new labels while the container is made: their ctime tells."""
    rows = {
        "web.service": _details(11.0 if who == "its neighbour" else 12.0)._replace(active_at=13.0),
        "db.service": _details(12.0)._replace(active_at=13.0),
    }
    relabelling = {"itself": "web.service", "its neighbour": "db.service", "nobody": ""}[who]
    traits = {name: Traits(tells=True, relabels=name == relabelling) for name in rows}
    mine = Edits(reads=True)
    mine = mine if part == "folder" else mine._replace(**{part: at})
    moved = Moved(files=at if part == "folder" else 0.0)
    edits = {"web.service": mine, "db.service": Edits()}
    found = judge_starts(edits, rows, traits, Times(RECORDED, moved, Loads()))
    by_start = part != "unit" and who != "nobody" and at == 12.4
    assert (found["web.service"] == OTHER) is not by_start
