# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Loads a project of Compose: texts in, one tree out.

Each file's variables are replaced, what it includes and extends is loaded, and the files are
merged in their order; then the services of other profiles and all extensions are left out.
Everything that is wrong is told at once.
"""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.assemble import (
    Assembler,
    Document,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes, LoadError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.environment import (
    Variables,
    read_environment,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.extensions import (
    remove_extensions,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.files import Files
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.interpolate import (
    Interpolator,
    Use,
    is_refused,
    keep_as_placeholder,
    keep_nothing,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.merge import TooMuchError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node, Unset, walk
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import (
    LoadOptions,
    Project,
    Variable,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.profiles import select_services
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import Expanded
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.text import parse_documents

_MOST_PLACES: t.Final = 20
_STAND_IN: t.Final = "app"
"""What stands for the name of a project that has none."""

__all__ = ["LoadError", "LoadOptions", "Project", "Variable", "load_project", "normalize_name"]


class Loaded(t.NamedTuple):
    """A project as far as it could be loaded, and the causes why that is not all."""

    project: Project
    causes: Causes


def load_project(texts: t.Sequence[tuple[str, str]], options: LoadOptions) -> Project:
    """Loads the texts, each with its file's name.  LoadError: with all causes why it can't be."""
    project, causes = load_leniently(texts, options)
    causes.raise_any()
    return project


def load_leniently(texts: t.Sequence[tuple[str, str]], options: LoadOptions) -> Loaded:
    """The same, with what stands for what is wrong or missing, so that reading can go on.
    LoadError: there is no tree at all.
    """
    causes = Causes()
    files = Files(options, causes, dict(texts))
    documents = []
    for file, text in texts:
        known = len(causes)
        nodes = parse_documents(text, file, causes)
        causes.has_gaps |= not nodes and len(causes) > known
        documents += [Document(node, files.locate(file)) for node in nodes]
    if not documents and not causes:
        causes.add(texts[0][0] if texts else "", "", "there is nothing in it", "Give services.")
    if not documents:
        causes.raise_any()
    keep = keep_as_placeholder if options.unset == "keep" else keep_nothing
    env = read_environment(options, files, keep, causes)
    name = _find_name(documents, env, options, causes) or _STAND_IN
    env["COMPOSE_PROJECT_NAME"] = Expanded(name)
    assembler = Assembler(files, keep, causes, options.unset)
    try:
        root = assembler.merge(documents, assembler.scope("", env))
    except TooMuchError as error:
        causes.add(documents[0].node, "", str(error), "Write it with fewer of them.")
        causes.raise_any()
        raise
    root = select_services(root, _active_profiles(env, options), causes, assembler.left)
    root = remove_extensions(root, assembler.left)
    gaps = _gaps(root, env)
    warnings = (*_judge_files(env), *_judge_unset(gaps, options, causes))
    sources = tuple(dict.fromkeys([*(file for file, _text in texts), *files.sources]))
    variables = _variables(assembler.uses, gaps, options)
    left = assembler.left.all()
    project = Project(name, root, sources, variables, warnings, env, left, options.unset)
    return Loaded(project, causes)


def normalize_name(text: str) -> str:
    """A project's name as Compose makes it of a text: lower case, and no other signs."""
    return re.sub("[^a-z0-9_-]", "", text.lower()).lstrip("_-")


def _find_name(
    documents: t.Sequence[Document],
    env: Variables,
    options: LoadOptions,
    causes: Causes,
) -> str:
    """The name that is given, COMPOSE_PROJECT_NAME, the last name: of the files, or that of the
    directory.
    """
    variable = env.get("COMPOSE_PROJECT_NAME", Expanded("")).text
    for name, source in ((options.name, "name"), (variable, "COMPOSE_PROJECT_NAME")):
        if not name:
            continue
        normal = normalize_name(name)
        if normal != name:
            what = f"{source} is {name!r}, which is no name of a project"
            causes.add("", "", what, f"Give {normal!r}." if normal else "Give lower-case letters.")
        return normal
    name = _name_of_files(documents, env, options, causes)
    name = normalize_name(name or posixpath.basename(options.base.rstrip("/")))
    if not name:
        where = documents[0].node
        causes.add(where, "", "the project has no name", "Give name, or write name: in the file.")
    return name


def _name_of_files(
    documents: t.Sequence[Document], env: Variables, options: LoadOptions, causes: Causes
) -> str:
    nodes = [document.node.children.get("name") for document in documents]
    given = [node for node in nodes if node is not None and node.value is not None]
    if not given:
        return ""
    node = given[-1]
    if not isinstance(node.value, str):
        causes.add(node, "name", f"{node.text} is no text", "Put it into quotes.")
        return ""
    node = Interpolator(env.get, options.unset, causes).tree(node, "name")
    if node.unset and options.unset == "keep":
        names = ", ".join(unset.name for unset in node.unset)
        what = f"the variable {names} has no value, and a name can't wait for the deployment"
        causes.add(node, "name", what, "Give it in env, or give the name.")
        return ""
    return node.text


def _active_profiles(env: Variables, options: LoadOptions) -> set[str]:
    variable = env.get("COMPOSE_PROFILES", Expanded("")).text
    return set(options.profiles) or {name.strip() for name in variable.split(",") if name.strip()}


def _judge_files(env: Variables) -> t.Iterator[str]:
    """A warning where docker compose would read other files than the given ones."""
    if "COMPOSE_FILE" in env:
        files = env["COMPOSE_FILE"].text
        yield f"COMPOSE_FILE names {files}: only the files that are given are read."


class _Gap(t.NamedTuple):
    """A variable without a value, and where one is needed."""

    path: str
    node: Node
    unset: Unset


def _gaps(root: Node, env: Variables) -> dict[str, list[_Gap]]:
    """The variables without a value that the tree still has, by name."""
    found: dict[str, list[_Gap]] = {}
    for path, node in walk(root):
        name = _passed_on(path, node)
        for unset in (*node.unset, *(env[name].unset if name in env else ())):
            found.setdefault(unset.name, []).append(_Gap(path, node, unset))
    return found


def _passed_on(path: str, node: Node) -> str:
    """The variable that is passed on by its name alone, or whose value a secret or config is."""
    section, _dot, rest = path.partition(".")
    _name, _dot, key = rest.partition(".")
    if section in ("secrets", "configs") and key == "environment":
        return node.text
    if section != "services" or not key.startswith("environment"):
        return ""
    if key.startswith("environment["):
        return "" if "=" in node.text else node.text
    return key.partition(".")[2] if node.value is None else ""


def _judge_unset(
    gaps: t.Mapping[str, t.Sequence[_Gap]], options: LoadOptions, causes: Causes
) -> t.Iterator[str]:
    """What comes of variables without a value: causes, or warnings."""
    for name, uses in gaps.items():
        required = [use for use in uses if use.unset.required]
        path, node, unset = (required or uses)[0]
        message = f": {unset.message}" if unset.message else ""
        what = f"the variable {name} has no value{message}{_also(node, uses)}"
        if is_refused(unset, options.unset):
            remedy = "Give it in env or in an env file, or set unset to keep or empty."
            causes.add(node, path, what, remedy)
        elif options.unset == "empty":
            yield f"{node.place}: {path}: {what}: it is an empty text."


def _also(first: Node, uses: t.Sequence[_Gap]) -> str:
    """The other places of a variable."""
    places = list(dict.fromkeys(use.node.place for use in uses if use.node is not first))
    more = len(places) - _MOST_PLACES
    shown = ", ".join(places[:_MOST_PLACES]) + (f" and {more} more" if more > 0 else "")
    return f" (also at {shown})" if places else ""


def _variables(
    uses: t.Mapping[str, Use], gaps: t.Mapping[str, t.Sequence[_Gap]], options: LoadOptions
) -> tuple[Variable, ...]:
    """The variables that the files use, and those that only env files do and nobody gives."""
    is_kept = options.unset == "keep"
    of_files = [
        Variable(
            use.name,
            next(iter(use.defaults), None),
            tuple(use.places),
            is_kept and use.name in gaps,
        )
        for use in uses.values()
    ]
    others = [
        Variable(name, None, tuple(dict.fromkeys(gap.node.place for gap in found)), is_kept)
        for name, found in gaps.items()
        if name not in uses
    ]
    return (*of_files, *others)
