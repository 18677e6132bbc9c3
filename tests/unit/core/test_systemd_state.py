"""Reading what systemd says: as a host's systemd 257 said it."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import (
    DETAIL_PROPERTIES,
    Details,
    Running,
    State,
    parse_details,
    parse_loads,
    parse_running,
    parse_states,
)

RECORDED = pathlib.Path(__file__).parents[1] / "recorded"
STATES = parse_states((RECORDED / "systemd-states.json").read_text(encoding="utf-8"))
SHOWN = (RECORDED / "systemd-show.txt").read_text(encoding="utf-8")
DETAILS = parse_details(SHOWN)

# name: state, up, crashing, failed
TABLE = {
    "t-up": (State("loaded", "active", "running"), True, False, False),
    "t-failed": (State("loaded", "failed", "failed"), False, False, True),
    "t-crash": (State("loaded", "activating", "auto-restart"), False, True, True),
    "t-done": (State("loaded", "inactive", "dead"), False, False, False),
    "t-made": (State("loaded", "active", "exited"), True, False, False),
    "t-killed": (State("loaded", "failed", "failed"), False, False, True),
    "t-late": (State("loaded", "failed", "failed"), False, False, True),
    "t-slow": (State("loaded", "activating", "start", "start"), True, False, False),
    "t-idle": (State("loaded", "inactive", "dead"), False, False, False),
    "t-loop": (State("loaded", "failed", "failed"), False, False, True),
    "t-bad": (State("bad-setting", "inactive", "dead"), False, False, False),
    "t-none": (State(), False, False, False),
}


def test_every_service_that_was_asked_for() -> None:
    assert list(STATES) == [f"{name}.service" for name in TABLE]
    assert set(DETAILS) == set(STATES)


@pytest.mark.parametrize("name", TABLE)
def test_states(name: str) -> None:
    wanted, up, crashing, failed = TABLE[name]
    state = STATES[f"{name}.service"]
    assert state == wanted
    assert (state.up, state.crashing, state.failed) == (up, crashing, failed)


@pytest.mark.parametrize(
    ("state", "up", "crashing", "failed"),
    [
        (State("loaded", "reloading", "reload"), True, False, False),
        (State("loaded", "deactivating", "stop-sigterm"), False, False, False),
        (State("loaded", "activating", "start-pre"), True, False, False),
        (State("loaded", "activating", "auto-restart-queued"), False, True, True),
        (State("loaded", "active", "running", "restart"), True, False, False),
        (State("masked", "inactive", "dead"), False, False, False),
    ],
)
def test_other_states(state: State, up: bool, crashing: bool, failed: bool) -> None:
    assert (state.up, state.crashing, state.failed) == (up, crashing, failed)


# name: result, restarts, exit code, whether it was ever started, and ever active
DETAILED = {
    "t-up": ("success", 0, None, True, True),
    "t-failed": ("exit-code", 0, 3, True, True),
    "t-crash": ("exit-code", 0, 4, True, True),
    "t-done": ("success", 0, None, False, False),
    "t-made": ("success", 0, 0, True, True),
    "t-killed": ("signal", 0, 9, True, True),
    "t-late": ("timeout", 0, 15, True, False),
    "t-slow": ("success", 0, None, True, False),
    "t-idle": ("success", 0, None, False, False),
    "t-loop": ("exit-code", 5, 5, True, True),
    "t-bad": ("success", 0, None, False, False),
    "t-none": ("success", 0, None, False, False),
}


@pytest.mark.parametrize("name", DETAILED)
def test_details(name: str) -> None:
    result, restarts, exit_code, started, active = DETAILED[name]
    details = DETAILS[f"{name}.service"]
    assert (details.result, details.restarts, details.exit_code) == (result, restarts, exit_code)
    assert (details.started_at > 1.7e9) is started
    assert (details.started_at == 0.0) is not started
    assert (details.active_since > 0.0) is active
    assert bool(details.invocation) is started
    assert details.fragment == ("" if name == "t-none" else f"/run/systemd/system/{name}.service")


def test_the_clock_is_in_seconds() -> None:
    text = "Id=a.service\nActiveEnterTimestampMonotonic=4857488730\nInactiveExitTimestamp=@12.5\n"
    assert parse_details(text)["a.service"].active_since == 4857.48873
    assert parse_details(text)["a.service"].started_at == 12.5


@pytest.mark.parametrize(
    ("shown", "moment"),
    [
        ("Fri 2026-11-27 19:02:50.306992 UTC", 1795806170.306992),
        ("Fri 2026-11-27 19:02:50 UTC", 1795806170.0),
        ("@1795806170", 1795806170.0),
        ("", 0.0),
    ],
)
def test_moments_are_told_to_the_microsecond(shown: str, moment: float) -> None:
    """A start and an edit can be in one second."""
    assert (
        parse_details(f"Id=a.service\nActiveExitTimestamp={shown}\n")["a.service"].left_at == moment
    )


@pytest.mark.parametrize(("left", "begun"), [("", 20.0), ("@10", 20.0), ("@30", 30.0)])
def test_a_start_that_went_past_inactive(left: str, begun: float) -> None:
    text = f"Id=a.service\nInactiveExitTimestamp=@20\nActiveExitTimestamp={left}\n"
    assert parse_details(text)["a.service"].begun_at == begun


def test_what_is_asked_for_is_what_is_read() -> None:
    shown = {line.partition("=")[0] for line in SHOWN.split("\n") if line}
    assert shown == set(DETAIL_PROPERTIES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("\n\n", {}),
        ("Result=success\n", {}),
        ("Id=a.service\n", {"a.service": Details("", 0, None, "", 0.0, "", "", 0.0)}),
        (
            "Id=a.service\nSourcePath=/x=y\nNRestarts=\n",
            {"a.service": Details("", 0, None, "", 0.0, "", "/x=y", 0.0)},
        ),
    ],
)
def test_little_is_said(text: str, found: dict[str, Details]) -> None:
    assert parse_details(text) == found


def test_no_service() -> None:
    assert parse_states('{"type":"a(ssssssouso)","data":[[]]}') == {}


@pytest.mark.parametrize(
    "answer",
    ["", "{}", "[]", "null", "no json", '{"data":[]}', '{"data":[[["a","b"]]]}', '{"data":[[1]]}'],
)
def test_an_answer_that_is_none(answer: str) -> None:
    with pytest.raises(QuadletError, match="not understood"):
        parse_states(answer)


RUNNING = """\
Id=web.service
LoadState=loaded
ActiveState=active
SourcePath=/etc/containers/systemd/app/web.container

Id=old.service
LoadState=not-found
ActiveState=active
SourcePath=

Id=down.service
LoadState=not-found
ActiveState=inactive
SourcePath=
"""


def test_running() -> None:
    assert parse_running(RUNNING) == [
        Running("web.service", "loaded", "/etc/containers/systemd/app/web.container"),
        Running("old.service", "not-found", ""),
    ]
    assert parse_running("") == []


@pytest.mark.parametrize(
    ("active", "sub"),
    [
        ("activating", "auto-restart"),
        ("activating", "auto-restart-queued"),
        ("inactive", "dead-before-auto-restart"),
        ("failed", "failed-before-auto-restart"),
    ],
)
def test_between_two_crashes(active: str, sub: str) -> None:
    state = State("loaded", active, sub)
    assert (state.up, state.crashing, state.failed) == (False, True, True)


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ("UnitsLoadTimestamp={}\nGeneratorsStartTimestamp={}\n", (12.5, 20.0)),
        ("UnitsLoadTimestamp=\nGeneratorsStartTimestamp={1}\n", (12.5, 12.5)),
        ("GeneratorsStartTimestamp={1}\n", (12.5, None)),
        ("UnitsLoadTimestamp=\nGeneratorsStartTimestamp=\n", (0.0, None)),
        ("", (0.0, None)),
    ],
    ids=["reloaded", "not since its start", "systemd before 251", "neither", "nothing"],
)
def test_when_a_manager_loaded_its_units(text: str, loads: tuple[float, float | None]) -> None:
    times = ("Thu 1970-01-01 00:00:20 UTC", "Thu 1970-01-01 00:00:12.5 UTC")
    assert parse_loads(text.format(*times)) == loads
