"""What runs in the child of `Owner.call`, read from the code: functions, and what they reach."""

from __future__ import annotations

import ast
import functools
import pathlib
import typing as t

from tests.unit.support.import_graph import TOP
from tests.unit.support.trees import read_nodes, read_tree

Place = tuple[str, str]
"""A module's name with dots, and a function or class in it."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Module(t.NamedTuple):
    """definitions: functions and classes by name.  known: what other names stand for: a module
    ("name", "") or something in one.
    """

    nodes: tuple[ast.AST, ...]
    definitions: dict[str, ast.AST]
    known: dict[str, Place]


@functools.cache
def read_module(name: str, top: pathlib.Path = TOP) -> Module:
    """A module of ours by its name with dots."""
    path = top / f"{name.replace('.', '/')}.py"
    tree, nodes = read_tree(path), read_nodes(path)
    definitions = {node.name: node for node in tree.body if isinstance(node, _DEFINITIONS)}
    known: dict[str, Place] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = name.split(".")[: -node.level]
            target = ".".join([*folder, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                inner = f"{target}.{alias.name}".lstrip(".")
                is_module = (top / f"{inner.replace('.', '/')}.py").is_file()
                known[alias.asname or alias.name] = (
                    (inner, "") if is_module else (target, alias.name)
                )
    return Module(nodes, definitions, known)


def module_names(top: pathlib.Path = TOP) -> list[str]:
    """All modules, as names with dots."""
    return [".".join(path.relative_to(top).with_suffix("").parts) for path in top.rglob("*.py")]


def find_called(name: str) -> t.Iterator[Place]:
    """The functions that a module hands to `Owner.call`."""
    for node in read_module(name).nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "call" and node.args:
            yield from _resolve(name, node.args[0])


def _resolve(name: str, node: ast.AST) -> t.Iterator[Place]:
    """What of ours an expression stands for."""
    module = read_module(name)
    if isinstance(node, ast.Name) and node.id in module.definitions:
        yield name, node.id
    elif isinstance(node, ast.Name) and module.known.get(node.id, ("", ""))[1]:
        yield module.known[node.id]
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        target, inner = module.known.get(node.value.id, ("", "x"))
        if target and not inner and node.attr in read_module(target).definitions:
            yield target, node.attr


def reach(start: t.Iterable[Place]) -> set[Place]:
    """These functions and all that they name, in turn; of a class all its methods."""
    found: set[Place] = set()
    todo = list(start)
    while todo:
        place = todo.pop()
        name, inner = place
        if place in found or inner not in read_module(name).definitions:
            continue
        found.add(place)
        for node in ast.walk(read_module(name).definitions[inner]):
            todo += _resolve(name, node)
    return found


def late_imports(place: Place) -> list[str]:
    """What a function imports itself, by line."""
    name, inner = place
    return [
        f"{name}.{inner}, line {node.lineno}"
        for node in ast.walk(read_module(name).definitions[inner])
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
