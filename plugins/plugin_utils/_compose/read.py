# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads a loaded project of Compose into the neutral model."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import (
    SETTLE,
    refuse_unknown,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import Project
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    NOTHING,
    Reading,
    ReadOptions,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.resolve import resolve
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.services import read_services
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import TABLE, row_of
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Model
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report

__all__ = ["ReadOptions", "read_project"]

_UNUSED: t.Final = "no service uses it"


def read_project(project: Project, report: Report, options: ReadOptions) -> Model:
    """The model of a project.  Everything in it is entered into the report; what is not in the
    model is settled there.  Refusals are told by the report alone.
    """
    model = Model(project.name, sources=list(project.sources))
    root = Branch(project.root, "", report)
    reading = Reading(project, report, options, model, root)
    refuse_unknown(root, TABLE)
    _report_left_out(reading)
    resolve(reading, read_services(reading))
    for key, part in root.items():
        if not part.is_taken and key != "services":
            _settle_section(part)
    _check_all(reading)
    return model


def _report_left_out(reading: Reading) -> None:
    """What the loader has taken out of the tree."""
    for left in reading.project.left_out:
        given = reading.report.give(left.path, left.file, left.line)
        parts = dict.fromkeys(filter(None, (_LEFT_OUT[left.kind], left.detail)))
        given.exact(": ".join(parts))


_LEFT_OUT: t.Final = {
    "extension": "an extension",
    "reset": "removed by !reset",
    "extends": "followed",
    "include": "followed",
    "profile": "no active profile has it",
    "dependency": "it is not required",
    "duplicate": "a later item replaces it",
}


def _settle_section(part: Branch) -> None:
    """A top-level key besides services: what no service uses is not made, as in Compose."""
    row = row_of(part.trail)
    if part.is_empty:
        part.take().exact(NOTHING)
    elif row and row.handler in SETTLE:
        SETTLE[row.handler](part, row)
    elif not part.is_mapping:
        part.take().refused("it is no mapping")
    else:
        for one in part.parts():
            if one.is_whole:
                one.take().exact(_UNUSED)


def _check_all(reading: Reading) -> None:
    """QuadletError: a key of the table was passed over, though nothing was refused."""
    left = [branch.path for branch in reading.root.left()]
    if left and not reading.report.refusals():
        raise QuadletError(
            f"a defect of the converter: nobody read {', '.join(left)}",
            remedy="Please report it with what you gave.",
            topic="converter-defect",
        )
