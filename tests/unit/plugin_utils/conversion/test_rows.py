"""Each row of the tables becomes what the documentation says that it means.

A row is converted, and three releases' generators make services of it: the words of their commands
are compared with those of the row, as multisets.
"""

from __future__ import annotations

import functools
import typing as t

import pytest
import yaml

from tests.unit.support.compose_leaves import load, paths_of
from tests.unit.support.conversion import (
    RefusedError,
    Result,
    convert_compose,
    make_services,
    service_names,
    unit_texts,
)
from tests.unit.support.conversion_judge import Judge, complaints_of_report
from tests.unit.support.conversion_rows import CORPUS, Row, read_rows
from tests.unit.support.generators import find_generator
from tests.unit.support.share import pick

ROWS = {path.stem: read_rows(path) for path in sorted((CORPUS / "rows").glob("*.txt"))}
ALL = [row for rows in ROWS.values() for row in rows]
USUAL: t.Final = {
    "names": "compose",
    "data": "/data-root",
    "selinux": "keep",
    "secrets": "keep",
    "scope": "system",
    "report": "all",
}
PAIRS = [
    ("5.4", "5.4"),
    ("5.4", "6.1"),
    ("6.1", "6.1"),
    ("5.4", "5.8"),
    ("5.8", "5.8"),
    ("5.8", "6.1"),
]
"""The release that an app is for, and the one whose generator reads it."""


def project_of(row: Row) -> str:
    """A name of its own, so that many apps fit into one directory."""
    return row.place.replace(":", "")


@functools.cache
def converted(podman: str = "5.4") -> dict[str, Result | str]:
    """What became of each row: an app, or why there is none."""
    found: dict[str, Result | str] = {}
    for row in ALL:
        options = {**USUAL, "name": project_of(row), "podman": podman, **row.options}
        try:
            found[row.place] = convert_compose(row.compose, **options)
        except RefusedError as error:
            found[row.place] = str(error)
    return found


def apps(podman: str, scope: str = "system") -> list[tuple[Row, Result]]:
    """The rows of a scope that became an app."""
    made = converted(podman)
    return [
        (row, result)
        for row in ALL
        if not isinstance(result := made[row.place], str)
        and not row.refusals
        and row.options.get("scope", "system") == scope
    ]


@pytest.mark.parametrize("table", ROWS)
def test_rows_are_converted_or_refused_as_they_say(table: str) -> None:
    found = []
    for row in ROWS[table]:
        result = converted()[row.place]
        if isinstance(result, str):
            if not row.refusals:
                found.append(f"{row.place} {row.title}: {result}")
            found += [
                f"{row.place} {row.title}: no {text!r} in {result}"
                for text in row.refusals
                if text not in result
            ]
        elif row.refusals:
            found.append(f"{row.place} {row.title}: it is not refused")
        else:
            found += [f"{row.place} {row.title}: {x}" for x in complaints_of_report(row, result)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("podman", "release"), PAIRS[: pick(long=6, usual=5, fast=1)])
def test_the_command_is_the_documented_one(podman: str, release: str) -> None:
    found: list[str] = []
    for scope in ("system", "user"):
        rows = apps(podman, scope)
        texts = [unit_texts(result) for _row, result in rows]
        generator = find_generator(release)
        services, complaints = make_services(generator, texts, user=scope == "user")
        found += complaints
        for row, result in rows:
            own = {name: services[name] for name in service_names(result) if name in services}
            judge = Judge(row, result["name"], own)
            found += [f"{row.place} {row.title}: {text}" for text in judge.complaints()]
    assert not found, "\n".join(found)


def test_there_is_a_row_for_every_key_of_the_specification() -> None:
    keys = set((CORPUS / "keys.txt").read_text(encoding="utf-8").split())
    seen: set[str] = set()
    for row in ALL:
        try:
            seen |= paths_of(load(row.compose))
        except yaml.YAMLError:
            continue
    assert len(keys) > 300
    assert sorted(keys - seen) == []


def test_there_are_hundreds_of_rows_with_a_command_or_lines() -> None:
    said = [row for row in ALL if any(p.words or p.command or p.lines for p in row.parts.values())]
    assert len(said) >= 400
    assert len(ALL) >= 500
