# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lints all units that are installed in a scope."""

from __future__ import annotations

import functools
import os
import typing as t

from .._core.lint.engine import Finding, from_error
from .._core.lint.environment import lint_with_environment
from .._core.lint.view import Context
from .._core.mounts.facts import Facts
from .._core.mounts.judge import judge_mounts
from .._core.validate.check import Place, check_mounts, check_podman, parse_units
from .._engine.validate_mounts import read_environment
from .._host import podman, state
from .._host import unit_search as scan
from .._host.owner import own_process
from .._host.scope import Scope


def lint_installed(scope: Scope, ignore: tuple[tuple[str, str], ...]) -> list[Finding]:
    """The findings of every directory of units, and mounts that are refused, with whole paths.

    Which other files a directory is meant to have is not known, so none is missed.
    """
    version = check_podman(*podman.read_version(own_process()))
    tops = [top for top, since in scope.search if since <= version]
    folders = _by_folder(scope.manager.call(_read_units, tops))
    names = frozenset(name for texts in folders.values() for name in texts)
    facts = Facts(scope.manager.name, scope.manager.uid)
    findings = []
    ask = functools.cache(lambda: read_environment(scope))
    for folder, texts in folders.items():
        place = Place(folder, scope.unit_dir, scope.manager.home, names, facts)
        units, _refused_anyway = parse_units(texts)
        mounts = judge_mounts(units, place.ground)
        context = Context(
            place, version, rootless=not scope.is_system, ignore=ignore, mounts=mounts
        )
        linted = lint_with_environment(units, context, ask)
        found = [*map(from_error, check_mounts(mounts.faults)), *linted]
        findings += [f._replace(path=f"{folder}/{f.path}") for f in found]
    return findings


def _read_units(tops: t.Sequence[str]) -> dict[str, str]:
    """Texts by path of readable files."""
    texts = {}
    for top in tops:
        for relative in scan.walk_units(top):
            path = f"{top}/{relative}"
            if os.access(path, os.R_OK) and os.path.isfile(path):
                texts[path] = state.read_text(path) or ""
    return texts


def _by_folder(texts: t.Mapping[str, str]) -> dict[str, dict[str, str]]:
    folders: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        folder, _slash, name = path.rpartition("/")
        if folder.endswith(".d"):
            folder, _slash, drop_ins = folder.rpartition("/")
            name = f"{drop_ins}/{name}"
        folders.setdefault(folder, {})[name] = text
    return folders
