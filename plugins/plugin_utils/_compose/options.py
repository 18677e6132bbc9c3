# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""How a project is loaded, and what comes of it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.left_out import LeftOut
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import Expanded

Read = t.Callable[[str], bytes]
"""Reads a file by its path, which starts from the base.  OSError: it can't be read."""


UnsetMode = t.Literal["refuse", "empty", "keep"]


@dataclasses.dataclass(frozen=True)
class LoadOptions:
    """How a project is loaded.

    name: of the project, before every other source of it.
    base: the directory that relative paths start from; without it nothing is read.
    env: variables, before those of files; the shell's own are never read.
    env_files: dotenv files, the later ones win; None for .env in base, if there is one.
    profiles: the active ones, before COMPOSE_PROFILES; '*' for all.
    unset: a variable without a value is refused, an empty text, or kept as a placeholder.
    read: reads files.  outside: whether files outside of base may be read.
    """

    name: str = ""
    base: str = ""
    env: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    env_files: t.Sequence[str] | None = None
    profiles: t.Sequence[str] = ()
    unset: UnsetMode = "refuse"
    read: Read | None = None
    outside: bool = False


@dataclasses.dataclass(frozen=True)
class Variable:
    """A variable of the files.  default: the word behind :- where one is written.
    places: FILE:LINE; kept: whether the result has a placeholder for it.
    """

    name: str
    default: str | None
    places: tuple[str, ...]
    kept: bool


@dataclasses.dataclass(frozen=True)
class Project:
    """A loaded project.  root: all files merged, without variables, extends, include, extensions
    and the services of other profiles.  sources: the files that were read.
    env: the variables and their values, for what passes one on by its name alone.
    left_out: what the files have and root has not, for the report.
    unset: what comes of a variable without a value, in files that are read later too.
    """

    name: str
    root: Node
    sources: tuple[str, ...]
    variables: tuple[Variable, ...]
    warnings: tuple[str, ...]
    env: t.Mapping[str, Expanded] = dataclasses.field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    unset: UnsetMode = "refuse"
