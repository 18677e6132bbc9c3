"""What holds for every case: nothing is passed over, and the table tells what becomes of a key."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, join_path
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import ROWS, Row, row_of
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Outcome
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.walk import given_within
from tests.unit.plugin_utils.compose.cases.objects import OBJECTS
from tests.unit.plugin_utils.compose.cases.plain import OPTIONS
from tests.unit.plugin_utils.compose.cases.refused import FILES, KEYS
from tests.unit.plugin_utils.compose.cases.service import SERVICE
from tests.unit.support.compose import Read, all_given, read, read_service

LOADER = frozenset(
    {"include", "services.*.extends", "services.*.extends.file", "services.*.extends.service"}
    | {f"include[].{key}" for key in ("env_file", "path", "project_directory")}
)
"""Keys that the loader follows; the tree has them no more."""


def _every_case() -> t.Iterator[tuple[str, Read]]:
    for keys, *_expected in [*OPTIONS, *SERVICE, *KEYS]:
        yield keys, read_service(keys)
    for case in OBJECTS:
        yield case.text, read(case.text, case.files, case.env, case.names)
    for text, *_expected in FILES:
        yield text, read(text)


CASES = list(_every_case())


def _rows(node: Node, path: str = "", trail: tuple[str, ...] = ()) -> t.Iterator[tuple[str, Row]]:
    """Each path of a tree that has a row."""
    row = row_of(trail) if trail else None
    if row:
        yield path, row
    for key, child in node.children.items():
        yield from _rows(child, join_path(path, key), (*trail, key))
    for index, child in enumerate(node.items):
        yield from _rows(child, join_path(path, index), (*trail, "[]"))


def test_each_row_has_a_case() -> None:
    seen = {row.path for _text, found in CASES for _path, row in _rows(found.root)}
    assert {row.path for row in ROWS} - seen == LOADER


def test_everything_is_settled_or_in_the_model() -> None:
    wrong = []
    for text, found in CASES:
        known = {id(given) for given in given_within(found.model)}
        lost = [
            given.place
            for given in all_given(found.report)
            if not given.is_settled and id(given) not in known
        ]
        if lost and not found.report.refusals():
            wrong.append((text, lost))
    assert wrong == []


def test_nothing_in_the_model_is_unknown_to_the_report() -> None:
    for text, found in CASES:
        entered = {id(given) for given in all_given(found.report)}
        assert all(id(given) in entered for given in given_within(found.model)), text


def _row_above(given: Given, rows: dict[str, Row]) -> Row | None:
    """The row of a thing, or of the nearest one above it."""
    path = given.path
    while path and path not in rows:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return rows.get(path)


def test_the_table_has_the_outcomes_that_are_told() -> None:
    told: dict[str, set[str]] = collections.defaultdict(set)
    expected: dict[str, set[str]] = {}
    for _text, found in CASES:
        rows = dict(_rows(found.root))
        for given in all_given(found.report):
            row = _row_above(given, rows)
            for remark in given.remarks:
                if row and remark.outcome not in (Outcome.REFUSED, Outcome.EXACT):
                    told[row.path].add(remark.outcome.name.lower())
                    expected[row.path] = set(row.outcomes)
    wrong = {path: names for path, names in told.items() if not names <= expected[path]}
    assert wrong == {}
    assert len(told) > 30


def test_reasons_are_told() -> None:
    for text, found in CASES:
        for given in all_given(found.report):
            for remark in given.remarks:
                assert remark.reason or remark.outcome is Outcome.EXACT, text
