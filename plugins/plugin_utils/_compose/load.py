# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Loads a project of Compose: texts in, one tree out."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.extensions import (
    remove_extensions,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.interpolate import (
    Interpolator,
    keep_as_placeholder,
    keep_nothing,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, walk
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import (
    LoadOptions,
    Project,
    Variable,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.text import parse_documents

__all__ = ["LoadOptions", "Project", "Variable", "load_project"]


def load_project(texts: t.Sequence[tuple[str, str]], options: LoadOptions) -> Project:
    """Loads the texts, each with its file's name.  LoadError: with all causes why it can't be."""
    causes = Causes()
    documents = [node for file, text in texts for node in parse_documents(text, file, causes)]
    causes.raise_any()
    if not documents:
        causes.add(texts[0][0] if texts else "", "", "there is nothing in it", "Give services.")
        causes.raise_any()
    env = dict(options.env)
    keep = keep_as_placeholder if options.unset == "keep" else keep_nothing
    interpolator = Interpolator(env.get, keep, causes)
    root = interpolator.tree(documents[0])
    warnings = _judge_unset(root, options, causes)
    extensions: dict[str, str] = {}
    root = remove_extensions(root, extensions)
    name = normalize_name(options.name or str(root.children.get("name", Node("")).value or ""))
    causes.raise_any()
    kept = {unset.name for _path, node in walk(root) for unset in node.unset}
    variables = tuple(
        Variable(
            use.name,
            use.defaults[0] if use.defaults else None,
            tuple(use.places),
            use.name in kept and options.unset == "keep",
        )
        for use in interpolator.uses.values()
    )
    return Project(
        name,
        root,
        tuple(file for file, _text in texts),
        variables,
        tuple(warnings),
        env,
        extensions,
    )


def normalize_name(text: str) -> str:
    """A project's name as Compose makes it of a text: lower case, and no other signs."""
    return re.sub("[^a-z0-9_-]", "", text.lower()).lstrip("_-")


def _judge_unset(root: Node, options: LoadOptions, causes: Causes) -> list[str]:
    warnings = []
    for path, node in walk(root):
        for unset in node.unset:
            if options.unset == "refuse" or (unset.required and options.unset == "empty"):
                message = f": {unset.message}" if unset.message else ""
                causes.add(
                    node,
                    path,
                    f"the variable {unset.name} has no value{message}",
                    "Give it in env, or in an env file.",
                )
            elif options.unset == "empty":
                warnings.append(
                    f"{node.place}: {path}: the variable {unset.name} has no value; it is empty."
                )
    return warnings
