"""A name is never an option: in each command, what is not written here stands behind `--`."""

from __future__ import annotations

import ast
import typing as t

import pytest

from tests.unit.support.import_graph import TOP
from tests.unit.support.trees import read_tree

COMMANDS = {"podman", "systemctl", "loginctl", "journalctl", "busctl"}
"""Not getsubids, which takes `--` for a name: names of users that begin with a dash are refused."""
METHODS = {"_systemctl": 0, "_journalctl": 1, "_podman": 1}
"""Methods that make a command of their arguments, and how many of those are no names."""
OURS = {
    "flags", "self._flags", "option", "properties", "words", "verb", "kind", "states", "fields",
    "_MANAGER", "method", "loads", "place", "whose.matches",
}  # fmt: skip
"""Words of ours in variables: options, or a verb; place: the options of Podman in a unit;
whose.matches: of the journal, `FIELD=name`.
"""
LATER = {"_engine/rollback.py": "it takes the name of a network from the generator"}


def find_names(tree: ast.AST) -> list[str]:
    """The places of words that a command could take for options."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.List) and node.elts and _text(node.elts[0]) in COMMANDS:
            found += _loose(node.elts[1:])
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
            found += _loose(node.args[METHODS[name] :]) if name in METHODS else []
    return found


def _loose(words: t.Sequence[ast.expr]) -> list[str]:
    found, before = [], ""
    for word in words:
        text = _text(word)
        if text == "--":
            return found
        is_value = before.startswith("-") and "=" not in before
        inner = word.value if isinstance(word, ast.Starred) else word
        if text is None and not is_value and ast.unparse(inner) not in OURS and not _is_fixed(word):
            found.append(f"{word.lineno}: {ast.unparse(word)}")
        before = text or ""
    return found


def _text(word: ast.expr) -> str | None:
    return word.value if isinstance(word, ast.Constant) and isinstance(word.value, str) else None


def _is_fixed(word: ast.expr) -> bool:
    """Whether it begins with text of ours."""
    return isinstance(word, ast.JoinedStr) and bool(_text(word.values[0]))


def test_names_stand_behind_two_dashes() -> None:
    found = {
        str(path.relative_to(TOP)): rows
        for path in sorted(TOP.rglob("*.py"))
        if (rows := find_names(read_tree(path)))
    }
    assert {path: rows for path, rows in found.items() if path not in LATER} == {}


@pytest.mark.parametrize(
    ("source", "loose"),
    [
        ("['podman', 'rm', name]", 1),
        ("['podman', 'rm', '--', name]", 0),
        ("['podman', 'rm', *names]", 1),
        ("['podman', 'ps', '--filter', f'{kind}={name}']", 0),
        ("['podman', 'rm', '--force', '--ignore', '--', *names]", 0),
        ("self._systemctl('stop', *services)", 1),
        ("self._systemctl('stop', '--', *services)", 0),
        ("['systemctl', 'start', f'user@{uid}.service']", 0),
    ],
)
def test_the_rule_itself(source: str, loose: int) -> None:
    assert len(find_names(ast.parse(source))) == loose
