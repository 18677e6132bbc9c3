"""Rules that hold for every file: what may import what, sizes, headers, Python 3.9."""

from __future__ import annotations

import ast
import pathlib
import typing as t

import pytest

from tests.unit.support.import_graph import FLOORS, find_circles, find_upward, read_graph

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
FILES = sorted(PLUGINS.rglob("*.py"))
CORE = sorted(PLUGINS.glob("module_utils/_core/**/*.py"))
MODULES = sorted(PLUGINS.glob("modules/*.py"))
PRIVATE = sorted(
    path
    for part in ("module_utils", "plugin_utils", "doc_fragments")
    for path in PLUGINS.glob(f"{part}/**/*.py")
)

# fmt: off
IMPURE_MODULES = frozenset({
    "ansible", "asyncio", "datetime", "fcntl", "glob", "io", "logging", "multiprocessing", "os",
    "pathlib", "pwd", "random", "secrets", "select", "shutil", "signal", "socket", "subprocess",
    "sys", "tempfile", "threading", "time", "urllib", "uuid",
})
# fmt: on
# fmt: off
IMPURE_CALLS = frozenset({
    "open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint",
})
# fmt: on
DOCS = frozenset({"DOCUMENTATION", "EXAMPLES", "RETURN"})
LONGEST_FUNCTION = 45
LONGEST_FILE = 400
LONGEST_MODULE = 60
HEADER = (
    "# Copyright (c) quadlet.fleet contributors\n"
    "# GNU General Public License v3.0+ "
    "(see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
    "# SPDX-License-Identifier: GPL-3.0-or-later\n"
)
# Shorter, since every byte of these goes to every host at every run.
PRIVATE_HEADER = (
    "# Copyright (c) quadlet.fleet contributors\n"
    "# SPDX-License-Identifier: GPL-3.0-or-later\n"
    "# PRIVATE to the quadlet.fleet collection: it may change in any release.\n"
)


def _each(paths: t.Sequence[pathlib.Path]) -> pytest.MarkDecorator:
    assert paths
    return pytest.mark.parametrize(
        "path", paths, ids=[str(path.relative_to(PLUGINS)) for path in paths]
    )


def _tree(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 9))


def _imports(tree: ast.Module) -> list[tuple[int, str]]:
    """(level, module) of every import; level as in C(from ..x import y)."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(0, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [
                (node.level, f"{node.module}.{name.name}" if node.module else name.name)
                for name in node.names
            ]
    return found


@_each(CORE)
def test_core_imports_nothing_that_acts(path: pathlib.Path) -> None:
    imports = _imports(_tree(path))
    foreign = [name for level, name in imports if not level]
    assert [name for name in foreign if name.split(".")[0] in IMPURE_MODULES] == []
    assert [name for _level, name in imports if "ansible" in name] == []


@_each(CORE)
def test_core_calls_nothing_that_acts(path: pathlib.Path) -> None:
    called = [
        node.func.id
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert IMPURE_CALLS.isdisjoint(called)


def test_module_utils_is_four_floors() -> None:
    there = {path.name for path in (PLUGINS / "module_utils").iterdir()} - {"__pycache__"}
    assert there == set(FLOORS)


def test_imports_go_down() -> None:
    assert find_upward(read_graph()) == []


@pytest.mark.parametrize("package", ["module_utils", "plugin_utils"])
def test_imports_make_no_circle(package: str) -> None:
    graph = read_graph(PLUGINS / package)
    assert any(graph.values())
    assert find_circles(graph) == []


def test_the_rule_itself_finds_circles() -> None:
    graph = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("b"), "d": frozenset("a")}
    assert find_circles(graph) == [["b", "c"]]


@_each(FILES)
def test_functions_are_short(path: pathlib.Path) -> None:
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(_tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


@_each([path for path in FILES if path not in MODULES])
def test_files_are_short(path: pathlib.Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@_each(MODULES)
def test_a_module_is_docs_and_main(path: pathlib.Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    docs: set[int] = set()
    for node in _tree(path).body:
        names = [n.id for n in getattr(node, "targets", []) if isinstance(n, ast.Name)]
        if DOCS & set(names) and node.end_lineno:
            docs |= set(range(node.lineno, node.end_lineno + 1))
    code = [text for n, text in enumerate(lines, 1) if n not in docs and text.strip()]
    code = [text for text in code if not text.startswith("#")]
    assert len(code) <= LONGEST_MODULE


@_each(PRIVATE)
def test_private_files_say_so(path: pathlib.Path) -> None:
    assert path.read_text(encoding="utf-8").startswith(PRIVATE_HEADER)
    public = {"module_utils", "plugin_utils", "doc_fragments"}
    inner = path.relative_to(PLUGINS).parts[1:]
    assert path.relative_to(PLUGINS).parts[0] in public
    assert inner[0].startswith("_")


@_each(FILES)
def test_files_have_the_licence_and_annotations_import(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(PRIVATE_HEADER if path in PRIVATE else HEADER)
    assert "from __future__ import annotations\n" in text


@_each(FILES)
def test_syntax_is_that_of_python_3_9(path: pathlib.Path) -> None:
    for node in ast.walk(_tree(path)):
        assert type(node).__name__ not in ("Match", "TryStar", "TypeAlias")


_NEWER = {
    "dataclass": {"slots", "kw_only"},
    "zip": {"strict"},
}


@_each(FILES)
def test_nothing_of_newer_pythons_is_called(path: pathlib.Path) -> None:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            assert _NEWER.get(name, set()).isdisjoint(word.arg for word in node.keywords)


@pytest.mark.parametrize(
    ("source", "flagged"),
    [
        ("import os.path", True),
        ("from subprocess import run", True),
        ("def f():\n    import time", True),
        ("import json", False),
        ("from .errors import QuadletError", False),
    ],
)
def test_the_rule_itself_finds_imports(source: str, flagged: bool) -> None:
    found = any(name.split(".")[0] in IMPURE_MODULES for _l, name in _imports(ast.parse(source)))
    assert found is flagged
