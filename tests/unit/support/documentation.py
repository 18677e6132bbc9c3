"""The documentation blocks of modules, read without importing them."""

from __future__ import annotations

import ast
import pathlib
import typing as t

import yaml

from tests.unit.support.trees import read_tree

MODULES = pathlib.Path(__file__).resolve().parents[3] / "plugins/modules"


def read_block(module: str, name: str) -> t.Any:
    """DOCUMENTATION, EXAMPLES or RETURN of a module, as data."""
    tree = read_tree(MODULES / f"{module}.py")
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no {name}")
