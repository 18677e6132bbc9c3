"""Remarks name rules of the table, and each rule has a remark."""

from __future__ import annotations

import ast
import pathlib

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import (
    LINT,
    SERVICE_NAMES,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.rules import RULES

ROOT = pathlib.Path(__file__).resolve().parents[4]
FILES = sorted((ROOT / "plugins/plugin_utils").rglob("*.py"))
PLACES = {"exact": 1, "moved": 2, "approximated": 2, "dropped": 2, "refused": 2}
"""Which argument of a remark is its rule."""


def _rules(node: ast.Call) -> list[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name not in PLACES:
        return []
    given = [*node.args[PLACES[name] :], *(k.value for k in node.keywords if k.arg == "rule")]
    return [part.value for part in given if isinstance(part, ast.Constant)]


def test_rules_are_those_of_the_table() -> None:
    used = {
        rule
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for rule in _rules(node)
    }
    assert used - {""} | {LINT, SERVICE_NAMES} == set(RULES)


def test_rules_are_sorted() -> None:
    assert list(RULES) == sorted(RULES)
