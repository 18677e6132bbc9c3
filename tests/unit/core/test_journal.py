"""The last words of a service, and the results of jobs, from the journal."""

from __future__ import annotations

import itertools
import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.journal import (
    Whose,
    last_end,
    parse_job_results,
    parse_journal,
)


def _lines(*rows: t.Mapping[str, t.Any]) -> str:
    """As journalctl -o json writes them: not ASCII is left as it is."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _own(message: t.Any) -> dict[str, t.Any]:
    return {"MESSAGE": message, "SYSLOG_IDENTIFIER": "web"}


def _systemd(message: str) -> dict[str, t.Any]:
    return {"MESSAGE": message, "SYSLOG_IDENTIFIER": "systemd"}


MESSAGES: dict[str, tuple[t.Any, list[str]]] = {
    "text": ("a", ["a"]),
    "text with blanks at its end": ("  a  ", ["  a"]),
    "not ASCII": ("größe 日本", ["größe 日本"]),
    "line separator": ("a\u2028b", ["a\u2028b"]),
    "next line, which journalctl writes as bytes": ([97, 194, 133, 98], ["a\u0085b"]),
    "escapes": ('\t"\\', ['\t"\\']),
    "no UTF-8": ([97, 255, 98], ["a\ufffdb"]),
    "too long for journalctl": (None, []),
    "empty": ("", []),
    "blank": ("  ", []),
    "JSON of the service's own": ('{"level": "error"}', ['{"level": "error"}']),
    "an id that podman run prints": ("0123456789abcdef" * 4, []),
    "nearly an id": ("0123456789abcdef" * 4 + "0", ["0123456789abcdef" * 4 + "0"]),
    "conmon's": ("conmon 0123 <nwarn>: x", []),
    "about conmon": ("the conmon of it", ["the conmon of it"]),
}


@pytest.mark.parametrize(("message", "said"), MESSAGES.values(), ids=MESSAGES)
def test_messages(message: t.Any, said: list[str]) -> None:
    assert parse_journal(_lines(_own(message))) == said


def test_a_field_that_an_entry_has_twice() -> None:
    found = parse_journal(_lines(_own(["a", "b"])))
    assert " ".join(found).split() == ["a", "b"]


@pytest.mark.parametrize(
    "row",
    [
        {"MESSAGE": "x", "PODMAN_EVENT": "start"},
        {"MESSAGE": "x", "SYSLOG_IDENTIFIER": "conmon"},
        {"SYSLOG_IDENTIFIER": "web"},
        {},
    ],
    ids=["an event", "conmon", "no message", "nothing"],
)
def test_what_says_nothing_is_left_out(row: dict[str, t.Any]) -> None:
    assert parse_journal(_lines(row, _own("a"))) == ["a"]


def test_the_last_ones_in_their_order() -> None:
    text = _lines(*(_own(f"line {number}") for number in range(40)))
    assert parse_journal(text) == [f"line {number}" for number in range(25, 40)]


def test_systemd_does_not_drown_the_service() -> None:
    rows = [_own("the reason"), *(_systemd(f"restart {number}") for number in range(50))]
    assert parse_journal(_lines(*rows)) == [
        "the reason",
        *(f"restart {number}" for number in range(45, 50)),
    ]


@pytest.mark.parametrize("text", ["", "\n", "-- No entries --\n"], ids=["none", "blank", "told"])
def test_no_entries(text: str) -> None:
    assert parse_journal(text) == []
    assert parse_job_results(text, "UNIT") == {}


def test_job_results() -> None:
    text = _lines(
        {"UNIT": "a.service", "JOB_RESULT": "done", "MESSAGE": "Started a\u2028."},
        {"UNIT": "b.service", "JOB_RESULT": "failed"},
        {"UNIT": "a.service", "JOB_RESULT": "dependency"},
        {"USER_UNIT": "c.service", "JOB_RESULT": "timeout"},
        {"UNIT": "a.service", "JOB_TYPE": "start", "MESSAGE": "Starting a..."},
        {"UNIT": "d.service"},
        {"MESSAGE": "x"},
    )
    assert parse_job_results(text, "UNIT") == {
        "a.service": "dependency",
        "b.service": "failed",
    }
    assert parse_job_results(text, "USER_UNIT") == {"c.service": "timeout"}


A, B, MANAGER = "a" * 32, "b" * 32, "c" * 32
INVOCATIONS = _lines(
    {**_own("old"), "_SYSTEMD_INVOCATION_ID": A},
    {**_systemd("stopped"), "_SYSTEMD_INVOCATION_ID": MANAGER, "USER_INVOCATION_ID": A},
    {**_systemd("starting"), "INVOCATION_ID": B},
    {**_own("new"), "_SYSTEMD_INVOCATION_ID": B},
    _own("late"),
    {**_systemd("failed"), "_SYSTEMD_INVOCATION_ID": MANAGER, "USER_INVOCATION_ID": B},
)


@pytest.mark.parametrize(
    ("only", "but_not", "said"),
    [
        ("", "", ["old", "stopped", "starting", "new", "late", "failed"]),
        (B, "", ["starting", "new", "late", "failed"]),
        (B, A, ["starting", "new", "late", "failed"]),
        ("", A, ["starting", "new", "late", "failed"]),
        (A, "", ["old", "stopped", "late"]),
        (A, A, ["late"]),
    ],
)
def test_one_invocation(only: str, but_not: str, said: list[str]) -> None:
    assert parse_journal(INVOCATIONS, only=only, but_not=but_not) == said


USER, SYSTEM = Whose("web.service", 1000, 77, ("box",)), Whose("web.service", None, 77, ("box",))
START = 1_000.0
"""When the service that is asked for began."""
_HEADS = ("_SYSTEMD_", "", "OBJECT_SYSTEMD_", "COREDUMP_")


@pytest.mark.parametrize("whose", [USER, SYSTEM], ids=["user", "system"])
def test_whose_entries_are_a_services(whose: Whose) -> None:
    """The product of what an entry says of its unit, its control group and its time."""
    prefix, other = ("USER_", "") if whose is USER else ("", "USER_")
    wrong = []
    times = (0.0, 998.0, 999.5, 1_001.0)
    for head, unit, group, at in itertools.product(
        (None, *_HEADS), ("web.service", "x.service"), ("", "/x.scope"), times
    ):
        of_scope = prefix if head is not None else ""
        row = {**_own("a"), "__REALTIME_TIMESTAMP": str(int(at * 1e6)), "_SYSTEMD_CGROUP": group}
        row.update({f"{head}{of_scope}UNIT": unit} if head is not None else {})
        known = bool(group) or (head == "_SYSTEMD_" and not prefix)
        wanted = unit == "web.service" and head is not None if known else at >= START - 1
        if whose.has(row, START) is not wanted:
            wrong.append(row)
        if group and head is not None:  # the unit of that name of the other kind of manager
            row = {**row, f"{head}{other}UNIT": "web.service", f"{head}{prefix}UNIT": "x.service"}
            wrong += [row] if whose.has(row, START) else []
    assert wrong == []


def test_words_that_the_journal_has_given_to_no_unit() -> None:
    """As a host had it, beside four busy processes: podman had ended before journald looked."""
    stray = {
        "MESSAGE": "Error: 10.9.9.9: bind: cannot assign requested address",
        "SYSLOG_IDENTIFIER": "web",
        "__REALTIME_TIMESTAMP": str(int((START + 0.2) * 1e6)),
    }
    theirs = {**stray, "MESSAGE": "not mine", "_SYSTEMD_CGROUP": "/user.slice/x.scope"}
    before = {**stray, "MESSAGE": "older", "__REALTIME_TIMESTAMP": str(int((START - 9) * 1e6))}
    text = _lines(before, theirs, stray)
    assert parse_journal(text, USER, only=B, begun=START) == [stray["MESSAGE"]]
    assert parse_journal(text, USER, but_not=A) == ["older", stray["MESSAGE"]]


def test_what_journalctl_is_asked_for() -> None:
    assert " ".join(USER.matches) == (
        "_SYSTEMD_USER_UNIT=web.service _UID=1000 + USER_UNIT=web.service _UID=1000"
        " + OBJECT_SYSTEMD_USER_UNIT=web.service _UID=0 + COREDUMP_USER_UNIT=web.service _UID=0"
        " + SYSLOG_IDENTIFIER=web _UID=1000 + _PID=77 _UID=1000 + CONTAINER_NAME=box _UID=1000"
    )
    assert " ".join(Whose("a.b.service").matches) == (
        "_SYSTEMD_UNIT=a.b.service + UNIT=a.b.service _PID=1"
        " + OBJECT_SYSTEMD_UNIT=a.b.service _UID=0 + COREDUMP_UNIT=a.b.service _UID=0"
        " + SYSLOG_IDENTIFIER=a.b _UID=0"
    )
    assert {*SYSTEM.unit_fields} < {*SYSTEM.fields}


ENDS = "web.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED"


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ([ENDS, "x"], ("exit-code", 3)),
        ([ENDS, "web.service: Main process exited, code=killed, status=9/KILL"], ("signal", 9)),
        (["web.service: Main process exited, code=dumped, status=6/ABRT"], ("signal", 6)),
        (["web.service: Control process exited, code=exited, status=1/FAILURE"], ("exit-code", 1)),
        (["x"], None),
        ([], None),
    ],
)
def test_how_it_ended(lines: list[str], end: tuple[str, int] | None) -> None:
    assert last_end(lines) == end
