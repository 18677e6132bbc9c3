"""Python files of the collection, each parsed once by a worker."""

from __future__ import annotations

import ast
import functools
import pathlib


@functools.cache
def read_tree(path: pathlib.Path) -> ast.Module:
    """A file's tree, with the syntax of Python 3.9; nobody changes it."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 9))


@functools.cache
def read_nodes(path: pathlib.Path) -> tuple[ast.AST, ...]:
    """All its nodes."""
    return tuple(ast.walk(read_tree(path)))
