"""Each command line becomes a unit whose command has the same options and values."""

from __future__ import annotations

import functools
import re

from tests.unit.support.conversion import (
    RefusedError,
    Result,
    convert_run,
    make_services,
    unit_texts,
)
from tests.unit.support.conversion_judge import complaints_of_report
from tests.unit.support.conversion_rows import Row
from tests.unit.support.generators import Generator
from tests.unit.support.podman_words import differences, meaning_of
from tests.unit.support.run_rows import LINES, Line, read_lines, without_own

ALL = {line.place: line for path in sorted(LINES.glob("*.txt")) for line in read_lines(path)}


@functools.cache
def converted() -> dict[str, Result | str]:
    """What became of each line: an app, or why there is none."""
    found: dict[str, Result | str] = {}
    for number, line in enumerate(ALL.values()):
        options = {"selinux": "keep", "podman": "5.4", "report": "all", "name": f"r{number}"}
        try:
            found[line.place] = convert_run(line.text, **{**options, **line.options})
        except RefusedError as error:
            found[line.place] = str(error)
    return found


def test_lines_are_converted_or_refused_as_the_table_says() -> None:
    found = []
    for place, line in ALL.items():
        result = converted()[place]
        if isinstance(result, str):
            if not line.refusals:
                found.append(f"{place} {line.text}: {result}")
            found += [f"{place}: no {x!r} in {result}" for x in line.refusals if x not in result]
        elif line.refusals:
            found.append(f"{place} {line.text}: it is not refused")
        else:
            row = Row(place, outcomes=[(o, f"*{path}") for o, path in line.outcomes])
            found += [f"{place} {line.text}: {x}" for x in complaints_of_report(row, result)]
    assert not found, "\n".join(found)


def own_texts(number: int, result: Result) -> dict[str, str]:
    """The units under names of their own, so that all lines fit into one directory."""
    texts = unit_texts(result)
    pattern = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, texts))})\b")
    return {
        f"r{number}-{name}": pattern.sub(rf"r{number}-\1", text) for name, text in texts.items()
    }


def test_the_command_is_the_same(generator: Generator) -> None:
    lines = {place: r for place, r in converted().items() if not isinstance(r, str)}
    texts = {place: own_texts(n, result) for n, (place, result) in enumerate(lines.items())}
    services, complaints = make_services(generator, texts.values())
    found = list(complaints)
    for place, units in texts.items():
        runs = [name for name in units if name.endswith(".container")]
        assert len(runs) == 1, place
        service = services[runs[0].replace(".container", ".service")]
        line: Line = ALL[place]
        wanted, seen = line.expected(), without_own(meaning_of(service.command()))
        missing, beside = differences(wanted, seen)
        if missing or beside:
            found.append(f"{place} {line.text}: missing {missing}, beside it {beside}")
    assert not found, "\n".join(found)


def test_there_are_hundreds_of_lines() -> None:
    assert len(ALL) >= 280
    assert sum(1 for line in ALL.values() if not line.refusals) >= 240
