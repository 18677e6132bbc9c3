"""Each row of the tables becomes what the documentation says that it means.

A row is converted, and three releases' generators make services of it: the words of their commands
are compared with those of the row, as multisets.
"""

from __future__ import annotations

import functools
import typing as t

import pytest

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
from tests.unit.support.generators import RELEASES, Generator
from tests.unit.support.share import pick

TABLES = sorted((CORPUS / "rows").glob("*.txt"))
ROWS = {path.stem: read_rows(path) for path in TABLES}
USUAL: t.Final = {
    "names": "compose",
    "data": "/data-root",
    "selinux": "keep",
    "secrets": "keep",
    "podman": "5.4",
    "scope": "system",
    "report": "all",
}


def project_of(row: Row) -> str:
    """A name of its own, so that many apps fit into one directory."""
    table, line = row.place.split(":")
    return f"{table}{line}"


@functools.cache
def converted(table: str, podman: str = "5.4") -> dict[str, Result | str]:
    """What became of each row: an app, or why there is none."""
    found: dict[str, Result | str] = {}
    for row in ROWS[table]:
        options = {**USUAL, "name": project_of(row), "podman": podman, **row.options}
        try:
            found[row.place] = convert_compose(row.compose, **options)
        except RefusedError as error:
            found[row.place] = str(error)
    return found


def apps(table: str, podman: str, scope: str = "system") -> list[tuple[Row, Result]]:
    """The rows of a scope that became an app."""
    made = converted(table, podman)
    return [
        (row, result)
        for row in ROWS[table]
        if not isinstance(result := made[row.place], str)
        and row.options.get("scope", "system") == scope
    ]


@pytest.mark.parametrize("table", ROWS)
def test_rows_are_converted_or_refused_as_they_say(table: str) -> None:
    found = []
    for row in ROWS[table]:
        result = converted(table)[row.place]
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


@pytest.mark.parametrize("podman", RELEASES[: pick(long=3, usual=3, fast=1)])
@pytest.mark.parametrize("table", ROWS)
def test_the_command_is_the_documented_one(table: str, podman: str, generator: Generator) -> None:
    found: list[str] = []
    if generator.version < tuple(map(int, podman.split("."))):
        podman = generator.release  # what is for newer ones is not for it
    for scope in ("system", "user"):
        rows = apps(table, podman, scope)
        texts = [unit_texts(result) for _row, result in rows]
        services, complaints = make_services(generator, texts, user=scope == "user")
        found += complaints
        for row, result in rows:
            own = {name: services[name] for name in service_names(result) if name in services}
            judge = Judge(row, result["name"], own)
            found += [f"{row.place} {row.title}: {text}" for text in judge.complaints()]
    assert not found, "\n".join(found)
