"""The table of keys is that of the Compose specification."""

from __future__ import annotations

import ast
import pathlib

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import SECTIONS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import dispatch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.services import HANDLERS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import (
    ROWS,
    place_of,
    row_of,
    suggest,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Outcome
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.rules import RULES

HERE = pathlib.Path(__file__).parent
SOURCES = sorted(
    (HERE.parents[3] / "plugins/plugin_utils/_compose").glob("*.py"), key=lambda path: path.name
)

ADDED = frozenset(
    {"services.*", "jobs", "services.*.build.no_cache_filter"}
    | {f"services.*.{key}" for key in ("dockerfile", "log_driver", "log_opt", "net")}
    | {"services.*.volume_driver", "services.*.develop.watch[].initial_sync"}
    | {"services.*.pre_start", "services.*.pre_start[].per_replica"}
    | {
        f"services.*.pre_start[].{key}"
        for key in ("command", "environment", "image", "privileged", "user", "working_dir")
    }
)
"""Keys of older files, and of readers that are newer than the schema."""


def _specification() -> set[str]:
    keys = set()
    for line in (HERE / "specification.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            place, names = line.split(": ")
            prefix = "" if place == "(top)" else f"{place}."
            keys |= {f"{prefix}{name}" for name in names.split()}
    return keys


def test_the_table_has_every_key_of_the_specification() -> None:
    table = {row.path for row in ROWS}
    assert _specification() - table == set()
    assert table - _specification() == ADDED


def test_each_row_is_found_by_its_path() -> None:
    for row in ROWS:
        assert row_of(tuple("x" if key == "*" else key for key in row.trail)) == row


def test_each_row_is_whole() -> None:
    outcomes = {outcome.name.lower() for outcome in Outcome}
    for row in ROWS:
        assert row.forms, row
        assert row.text.endswith("."), row
        assert set(row.outcomes) <= outcomes, row
        assert row.remedy.endswith(".") or not row.remedy, row


def test_what_is_written_exists() -> None:
    known = {key for section in SECTIONS.values() for key in section}
    for row in ROWS:
        for write in row.writes:
            is_line = write.startswith(("[Unit] ", "[Service] "))
            assert is_line or write.startswith("--") or write in known, row


def test_each_row_of_a_service_has_a_handler() -> None:
    known = {*HANDLERS, "walk", *dispatch.SETTLE}
    top = [row for row in ROWS if len(row.trail) == 3 and row.trail[0] == "services"]
    assert len(top) == 98
    assert [row.path for row in top if row.handler not in known] == []


def test_a_misspelt_key_is_suggested() -> None:
    place = place_of(("services", "web"))
    assert place
    for wrong, right in (("enviroment", "environment"), ("depends-on", "depends_on")):
        assert suggest(wrong, place) == f"Did you mean {right}?"
    assert "x-zzz" in suggest("zzz", place)


def test_each_rule_that_is_named_exists() -> None:
    named = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "rule":
                assert isinstance(node.value, ast.Constant)
                named.add(node.value.value)
            elif isinstance(node, ast.Call) and len(node.args) == 3:
                method = getattr(node.func, "attr", "")
                if method in ("approximated", "moved", "dropped", "refused"):
                    assert isinstance(node.args[2], ast.Constant)
                    named.add(node.args[2].value)
    assert len(named) > 10
    assert named - set(RULES) == set()
