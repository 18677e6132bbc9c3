"""Rules that hold for every file: what may import what, sizes, headers, Python 3.9."""

from __future__ import annotations

import ast
import pathlib
import typing as t

import pytest

from tests.unit.support.import_graph import FLOORS, find_circles, find_upward, read_graph
from tests.unit.support.trees import read_nodes, read_tree

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
# REUSE-IgnoreStart: headers of other files
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
# REUSE-IgnoreEnd


Findings = t.Iterator[str]


def _show(rule: t.Callable[[pathlib.Path], Findings], paths: t.Sequence[pathlib.Path]) -> list[str]:
    """`FILE: FINDING` of every file that a rule is about."""
    assert paths
    return [f"{path.relative_to(PLUGINS)}: {text}" for path in paths for text in rule(path)]


def _imports(nodes: t.Iterable[ast.AST]) -> list[tuple[int, str]]:
    """(level, module) of every import; level as in C(from ..x import y)."""
    found: list[tuple[int, str]] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [(0, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [
                (node.level, f"{node.module}.{name.name}" if node.module else name.name)
                for name in node.names
            ]
    return found


def _that_acts(path: pathlib.Path) -> Findings:
    for level, name in _imports(read_nodes(path)):
        if "ansible" in name or (not level and name.split(".")[0] in IMPURE_MODULES):
            yield f"it imports {name}"


def test_core_imports_nothing_that_acts() -> None:
    assert _show(_that_acts, CORE) == []


def _acts(path: pathlib.Path) -> Findings:
    for node in read_nodes(path):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in IMPURE_CALLS:
            yield f"line {node.lineno} calls {ast.unparse(node.func)}"


def test_core_calls_nothing_that_acts() -> None:
    assert _show(_acts, CORE) == []


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


def _long_functions(path: pathlib.Path) -> Findings:
    for node in read_nodes(path):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.name} has {lines} lines"


def test_functions_are_short() -> None:
    assert _show(_long_functions, FILES) == []


def _long_files(path: pathlib.Path) -> Findings:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > LONGEST_FILE:
        yield f"{lines} lines"


def test_files_are_short() -> None:
    assert _show(_long_files, [path for path in FILES if path not in MODULES]) == []


def _long_modules(path: pathlib.Path) -> Findings:
    lines = path.read_text(encoding="utf-8").splitlines()
    docs: set[int] = set()
    for node in read_tree(path).body:
        names = [n.id for n in getattr(node, "targets", []) if isinstance(n, ast.Name)]
        if DOCS & set(names) and node.end_lineno:
            docs |= set(range(node.lineno, node.end_lineno + 1))
    code = [text for n, text in enumerate(lines, 1) if n not in docs and text.strip()]
    code = [text for text in code if not text.startswith("#")]
    if len(code) > LONGEST_MODULE:
        yield f"{len(code)} lines of code"


def test_a_module_is_docs_and_main() -> None:
    assert _show(_long_modules, MODULES) == []


def _not_private(path: pathlib.Path) -> Findings:
    if not path.read_text(encoding="utf-8").startswith(PRIVATE_HEADER):
        yield "its head does not say that it is private"
    if not path.relative_to(PLUGINS).parts[1].startswith("_"):
        yield "its name, or that of its directory, does not begin with _"


def test_private_files_say_so() -> None:
    assert {path.relative_to(PLUGINS).parts[0] for path in PRIVATE} == {
        "module_utils",
        "plugin_utils",
        "doc_fragments",
    }
    assert _show(_not_private, PRIVATE) == []


def _headless(path: pathlib.Path) -> Findings:
    text = path.read_text(encoding="utf-8")
    if not text.startswith(PRIVATE_HEADER if path in PRIVATE else HEADER):
        yield "no licence"
    if "from __future__ import annotations\n" not in text:
        yield "annotations are not imported"


def test_files_have_the_licence_and_annotations_import() -> None:
    assert _show(_headless, FILES) == []


_NEWER = {
    "dataclass": {"slots", "kw_only"},
    "zip": {"strict"},
}


def _newer(path: pathlib.Path) -> Findings:
    for node in read_nodes(path):
        if type(node).__name__ in ("Match", "TryStar", "TypeAlias"):
            yield f"line {getattr(node, 'lineno', 0)}: {type(node).__name__}"
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for word in node.keywords:
                if word.arg in _NEWER.get(name, ()):
                    yield f"line {node.lineno}: {name}({word.arg}=)"


def test_nothing_is_newer_than_python_3_9() -> None:
    assert _show(_newer, FILES) == []


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
    found = any(
        name.split(".")[0] in IMPURE_MODULES for _l, name in _imports(ast.walk(ast.parse(source)))
    )
    assert found is flagged


BREACHES: dict[str, tuple[t.Callable[[pathlib.Path], Findings], str]] = {
    "it imports os.path": (_that_acts, "import os.path\n"),
    "line 1 calls open": (_acts, "open('x')\n"),
    "f has 46 lines": (_long_functions, "def f():\n" + "    x = 1\n" * 45),
    "401 lines": (_long_files, "x = 1\n" * 401),
    "61 lines of code": (_long_modules, 'DOCUMENTATION = """\n\nx"""\n' + "x = 1\n" * 61),
    "its head does not say that it is private": (_not_private, HEADER),
    "no licence": (_headless, "from __future__ import annotations\n"),
    "annotations are not imported": (_headless, HEADER),
    "line 1: zip(strict=)": (_newer, "zip(a, b, strict=True)\n"),
}


@pytest.mark.parametrize("finding", BREACHES)
def test_the_rule_itself_is_seen_to_fail(finding: str, tmp_path: pathlib.Path) -> None:
    rule, text = BREACHES[finding]
    path = tmp_path / "_x.py"
    path.write_text(text)
    assert finding == next(rule(path))
