"""What a run tells while it goes on: its form, and what is taken from whoever writes it."""

from __future__ import annotations

import json
import shlex
import subprocess
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.progress import (
    NAMES,
    Event,
    clean,
    dump_event,
    file_of,
    is_token,
    make_event,
    parse_event,
    parse_lines,
    parse_time,
    reading_command,
)
from tests.unit.support.together import together

TOKEN = "0123456789abcdef" * 2
FULL = Event("shop", "svc", "pull", "pull", 1_800_000_000.25, 1, 3, ("a.test/x:1", "b.test/y:2"), 4)


@pytest.mark.parametrize("event", [Event(), Event("shop"), FULL, FULL._replace(what=())])
def test_a_line_is_read_as_it_was_written(event: Event) -> None:
    line = dump_event(event)
    assert line.count(b"\n") == 1
    assert parse_event(line) == event


def test_what_has_the_default_is_not_written() -> None:
    assert json.loads(dump_event(Event("shop", phase="read"))) == {"app": "shop", "phase": "read"}


LONG = ["x" * 5000, "\\" * 5000, '"' * 5000, "\x1b[2J" * 900, "ä" * 5000, "\ud800" * 100]


@together("text", LONG, ids=lambda text: repr(text[:6]))
def test_a_line_is_short_whatever_is_told(text: str) -> None:
    facts = {"app": text, "user": text, "phase": text, "step": text, "what": [text] * 900}
    line = dump_event(make_event({**facts, "done": 10**99, "of": -(10**99), "since": 1e300}))
    assert len(line) < 1500
    assert line.isascii()
    event = parse_event(line)
    assert event
    assert (len(event.what), event.more) == (NAMES, 900 - NAMES)
    assert all(char.isprintable() for value in event if isinstance(value, str) for char in value)


@pytest.mark.parametrize(
    ("text", "hidden", "expected"),
    [
        ("web.service", (), "web.service"),
        ("a\nb\tc\x1b[0m\x9b", (), "a?b?c?[0m?"),
        ("pre-hunter2.service", ("hunter2",), "pre-********.service"),
        ("hunter22", ("hunter2", "hunter22"), "********"),
        ("web", ("", "x"), "web"),
        ("a" * 100, (), "a" * 45 + "..." + "a" * 32),
        ("y" * 60 + "hunter2" + "z" * 60, ("hunter2",), "y" * 45 + "..." + "z" * 32),
    ],
)
def test_a_name_is_printable_short_and_without_secrets(
    text: str, hidden: tuple[str, ...], expected: str
) -> None:
    assert clean(text, hidden) == expected


NO_EVENTS: list[str | bytes] = [
    "", "x", "[]", "null", "1", '"a"', "{", '{"app":1', b"\xff\xfe", "[" * 100_000,
    '{"nope":1}', '{"done":"x"}', '{"done":null}', '{"what":5}', '{"what":{"a":1}}',
    '{"since":"x"}', '{"since":null}', '{"of":[]}', '{"done":1e999}', '{"done":NaN}',
]  # fmt: skip


@together("line", NO_EVENTS, ids=lambda line: repr(line[:20]))
def test_what_is_no_event_is_none(line: str | bytes) -> None:
    assert parse_event(line) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now=17", 17.0),
        ("sh: a warning\nnow=17\n{}\n", 17.0),
        ("", None),
        ("now=", None),
        ("know=17", None),
        ("now=17x", None),
        ("now=" + "9" * 99, None),
    ],
)
def test_the_time_of_the_host(text: str, expected: float | None) -> None:
    assert parse_time(text) == expected


def test_lines_are_taken_whole() -> None:
    text = dump_event(Event("a")).decode() + "nonsense\n" + dump_event(Event("b")).decode()
    cut = text + '{"app":"c'
    assert [event.app for event in parse_lines(cut)] == ["a", "b"]
    assert parse_lines('{"app":') == []


@pytest.mark.parametrize("text", ["", "a", TOKEN.upper(), TOKEN + "0", f"../{TOKEN[3:]}", None, 7])
def test_a_token_is_nothing_else(text: object) -> None:
    assert is_token(TOKEN)
    assert not is_token(text)


def test_the_command_reads_the_file_of_its_user(tmp_path: t.Any) -> None:
    """As another user than root, from a line on, and no more than a piece."""
    path = file_of(TOKEN, 1000, str(tmp_path))
    assert file_of(TOKEN, 0, "/root") == f"/run/quadlet.fleet.progress/{TOKEN}"

    def read(known: int) -> str:
        command = reading_command(TOKEN, known)
        assert shlex.split(command)
        script = f"id() {{ echo 1000; }}\n{command}"
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        argv = ["/bin/sh", "-c", script]
        done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        time, _end, lines = done.stdout.partition("\n")
        assert 1_700_000_000 < (parse_time(time) or 0) < 9_000_000_000
        return lines

    assert read(0) == ""
    folder = tmp_path / ".local/state/quadlet.fleet/progress"
    folder.mkdir(parents=True)
    (folder / TOKEN).write_text("a\nb\nc\n")
    assert path == str(folder / TOKEN)
    assert (read(0), read(2), read(3), read(99)) == ("a\nb\nc\n", "c\n", "", "")
    (folder / TOKEN).write_text("x" * 100_000)
    assert len(read(0)) == 65536
