"""Who imports whom in module_utils and plugin_utils, read from the code."""

from __future__ import annotations

import ast
import pathlib
import typing as t

from tests.unit.support.trees import read_nodes

PLUGINS = pathlib.Path(__file__).resolve().parents[3] / "plugins"
TOP = PLUGINS / "module_utils"
FLOORS = ("_module", "_engine", "_host", "_core")
"""From the top down; each imports from itself and from those below."""

Graph = dict[str, frozenset[str]]


def read_graph(top: pathlib.Path = TOP) -> Graph:
    """The modules that each one imports, late and for types alone too; names with dots."""
    names = {".".join(path.relative_to(top).with_suffix("").parts) for path in top.rglob("*.py")}
    return {name: frozenset(_imported(top, name, names)) for name in sorted(names)}


def _imported(top: pathlib.Path, name: str, names: t.Container[str]) -> t.Iterator[str]:
    package = f"ansible_collections.quadlet.fleet.plugins.{top.name}"
    for node in read_nodes(top / f"{name.replace('.', '/')}.py"):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            folder = name.split(".")[: -node.level]
            yield from _targets(".".join([*folder, *filter(None, [node.module])]), node, names)
        elif f"{node.module}.".startswith(f"{package}."):
            yield from _targets(f"{node.module}."[len(package) + 1 : -1], node, names)


def _targets(target: str, node: ast.ImportFrom, names: t.Container[str]) -> t.Iterator[str]:
    if target in names:
        yield target
    for alias in node.names:
        inner = f"{target}.{alias.name}" if target else alias.name
        if inner in names:
            yield inner


def floor_of(name: str) -> str:
    """The floor that a module is on."""
    return name.partition(".")[0]


def find_upward(graph: Graph) -> list[str]:
    """`a → b` for every import of a floor above."""
    level = {floor: number for number, floor in enumerate(FLOORS)}
    return [
        f"{name} → {other}"
        for name, others in graph.items()
        for other in sorted(others)
        if level[floor_of(other)] < level[floor_of(name)]
    ]


def find_circles(graph: Graph) -> list[list[str]]:
    """The modules that reach each other, by strongly connected component (Tarjan)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in graph[name]:
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            component = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(component) > 1 or name in graph[name]:
                circles.append(sorted(component))

    for name in graph:
        if name not in order:
            visit(name)
    return circles
