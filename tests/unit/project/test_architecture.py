# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/architecture.md describes the code that is there."""

from __future__ import annotations

import ast
import pathlib
import re

from ansible_collections.quadlet.fleet.plugins.module_utils._core.info import ansible_pull
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state import (
    failure_log,
    records,
    roster,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._module import kept_engine
from tests.unit.support.trees import read_nodes

ROOT = pathlib.Path(__file__).resolve().parents[3]
FLOORS = ROOT / "plugins/module_utils"
PAGE = ROOT / "docs/architecture.md"
PATH = re.compile(
    r"(?<![\w./~-])(?:_(?:module|engine|host|core)|plugins|roles|playbooks|tests|docs|meta"
    r"|changelogs|molecule)/[\w./-]*\w/?"
)
TEXT = PAGE.read_text(encoding="utf-8")
PATHS = sorted(set(PATH.findall(TEXT)))


def _format_of_engine() -> str:
    return kept_engine.dump_engine("", {}).split(b"\n")[0].decode().rpartition(" ")[2]


def _section(title: str) -> str:
    """The text from a heading to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def _rows(section: str, columns: int) -> list[list[str]]:
    """Cells of the tables with so many columns, without their heads."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    starts = {number + 1 for number, line in enumerate(lines) if re.fullmatch(r"[|-]+", line)}
    body = [row for n, row in enumerate(cells, 1) if n not in starts and n + 1 not in starts]
    return [row for row in body if len(row) == columns]


def _constant(path: str, name: str) -> object:
    """The value that a file gives a name, at its top or in a class."""
    for node in read_nodes(ROOT / path):
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name:
            assert node.value
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path} has no {name}")


def test_paths_are_found() -> None:
    assert len(PATHS) > 80
    assert {"_engine/reconcile.py", "tests/unit/corpus/", "plugins/modules/app.py"} <= set(PATHS)


def _is_there(path: str) -> bool:
    place = (FLOORS if path.startswith("_") else ROOT) / path
    return place.is_dir() if path.endswith("/") else place.exists()


def test_each_path_exists() -> None:
    assert [path for path in PATHS if not _is_there(path)] == []


def test_every_file_of_the_engine_has_its_phase() -> None:
    paths = sorted(f"_engine/{file.name}" for file in (FLOORS / "_engine").glob("*.py"))
    assert len(paths) > 20
    assert [path for path in paths if f"`{path}`" not in _section("The phases")] == []


ORDER = {
    "reconcile": {"compat": "for_host", "": "acquire"},
    "go_through": {
        "return": "return_to",
        "decide": "decide",
        "tags": "return_tags",
        "images": "bring_images",
        "": "carry_out",
        "result": "describe",
    },
    "carry_out": {
        "prepare": "prepare",
        "directories": "_with_directories",
        "secrets": "secrets_made",
        "": "_apply",
    },
    "_apply": {
        "keep": "prepare_write",
        "write": "write",
        "load": "load",
        "start": "start",
        "dependents": "restore_external",
        "run": "run",
        "finish": "finish",
        "undo": "_undo",
    },
}
"""Phases and the calls that begin them, by function of reconcile.py; '' calls the next function."""


def test_phases_are_listed_in_the_order_of_reconcile() -> None:
    listed = [row[0] for row in _rows(_section("The phases"), 6)]
    assert len(listed) == len(set(listed))
    for function, phases in ORDER.items():
        calls = _calls(function)
        assert [call for call in calls if call in phases.values()] == list(phases.values())
        names = [name for name in phases if name]
        assert [name for name in listed if name in names] == names
    assert {name for phases in ORDER.values() for name in phases} - {""} < set(listed)
    assert listed[listed.index("decide") - 2 : listed.index("decide")] == ["observe", "validate"]
    assert listed[listed.index("start") + 1] == "gate"


def _calls(function: str) -> list[str]:
    """What a function of reconcile.py calls, each name once, in the order of the text."""
    nodes = [
        node
        for node in read_nodes(FLOORS / "_engine/reconcile.py")
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    calls = [node for node in ast.walk(nodes[0]) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return list(dict.fromkeys(getattr(c.func, "id", getattr(c.func, "attr", "")) for c in calls))


def test_formats_are_those_of_the_code() -> None:
    told = {row[0]: row[1] for row in _rows(_section("State files"), 4)}
    assert told == {
        "`apps/APP.json` (the record)": str(records.FORMAT),
        "`generations/APP/N.json`": str(records.FORMAT),
        "`intents/APP.json`": str(records.FORMAT),
        "`intents/APP.manifest`": str(records.FORMAT),
        "`images/APP.json`": str(records.FORMAT),
        "`secret.key`": "none",
        "`projects/PROJECT.json`": str(roster.FORMAT),
        "`failures/APP.json`, `failures/APP.past.json`": str(failure_log.FORMAT),
        "`pull.json`": str(ansible_pull.FORMAT),
        "`engine/DIGEST.PYTHON`": _format_of_engine(),
    }
    assert _constant("roles/pull/files/decide.py", "format") == ansible_pull.FORMAT
    assert f"this release of quadlet.fleet knows {records.FORMAT}" in _section("State files")
