# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a file of an app's directory on the controller is: one rule for deployments and lint.

Units lie side by side in it.  In a directory of drop-ins only `*.conf` counts, as for the generator
and for systemd; anything else there is for its reader, and is not deployed.
"""

from __future__ import annotations

import typing as t

from ..errors import QuadletError
from ..quadlet.kinds import COMPANIONS, KINDS, holds_units, is_unit, kind_of
from .paths import check_file_path, check_unit_path

UNIT, FILE, IGNORED = "unit", "file", "ignored"

RULE: t.Final = "bad-path"
NESTED_RULE: t.Final = "nested-unit"

_SUFFIXES = (*KINDS, *COMPANIONS)


def source_part(path: str) -> str:
    """What a path is in its app: a unit (or several, or a drop-in), a file, or ignored.

    QuadletError for a unit, or a drop-in, in a subdirectory.
    """
    *folders, name = path.split("/")
    for depth, folder in enumerate(folders):
        of_quadlet = is_drop_in_dir(folder, KINDS)
        if not (of_quadlet or is_drop_in_dir(folder)):
            continue
        if depth == len(folders) - 1 == 0 and name.endswith(".conf"):
            return UNIT
        if depth == 0:
            return IGNORED
        if of_quadlet and depth == len(folders) - 1 and name.endswith(".conf"):
            raise nested_error(path)
        return IGNORED if of_quadlet else FILE
    if not folders:
        return UNIT if is_unit(name) or holds_units(name) else FILE
    if kind_of(name) or holds_units(name):
        raise nested_error(path)
    return FILE


def is_drop_in_dir(folder: str, suffixes: t.Collection[str] = _SUFFIXES) -> bool:
    """Whether a directory is one of drop-ins: of a unit, or of all units of a type."""
    stem, _dot, last = folder.rpartition(".")
    return last == "d" and stem.rpartition(".")[2] in suffixes


def nested_error(path: str) -> QuadletError:
    """The error of a unit in a subdirectory."""
    return QuadletError(
        "it is a unit in a subdirectory of an app",
        where=path,
        remedy="Units of an app lie side by side: move it up, or make its directory an app of its "
        "own, beside this one.",
        rule=NESTED_RULE,
    )


def check_source_paths(
    app: str, units: t.Collection[str], files: t.Collection[str]
) -> list[QuadletError]:
    """The errors of paths that a deployment of the directory would refuse, each at its path."""
    errors = []
    checks: list[tuple[str, t.Callable[[], None]]] = [
        *((path, _unit_check(app, path, units)) for path in units),
        *((path, _file_check(path)) for path in files),
    ]
    for path, check in checks:
        try:
            check()
        except QuadletError as error:
            errors.append(QuadletError(error.what, where=path, remedy=error.remedy, rule=RULE))
    return errors


def _unit_check(app: str, path: str, units: t.Collection[str]) -> t.Callable[[], None]:
    return lambda: check_unit_path(app, path, units)


def _file_check(path: str) -> t.Callable[[], None]:
    return lambda: check_file_path(path)
