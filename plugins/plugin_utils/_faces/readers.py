# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The readers of the four sources, called in the same way."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.beside import DiskFiles, Files
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.load import (
    LoadOptions,
    load_project,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.read import read_project
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import ReadOptions
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Model, Options
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    COMPOSE,
    INSPECT,
    RUN,
    SYSTEMD,
    Given,
)

Texts = list[tuple[str, str]]

NAMES: t.Final[dict[str, tuple[str, str]]] = {
    COMPOSE: ("compose.yaml", "compose.{}.yaml"),
    RUN: ("lines", "lines.{}"),
    SYSTEMD: ("unit.service", "unit.{}.service"),
    INSPECT: ("inspect.json", "inspect.{}.json"),
}
"""The names of texts without one, in reports."""


@dataclasses.dataclass(frozen=True)
class Read:
    """What was read.  variables: of the texts, with their defaults and places."""

    model: Model
    sources: t.Sequence[str]
    variables: t.Sequence[dict[str, t.Any]] = ()


def read_compose(
    texts: Texts, values: Given, report: Report, options: Options, files: Files | None = None
) -> Read:
    """A Compose project.  files: those beside it; by default the disk's, if there is a base."""
    del options
    base = values["base"]
    if files is None and base:
        files = DiskFiles(base, values["outside"])
    loading = LoadOptions(
        name=values["name"],
        base=base,
        env=values["env"],
        env_files=values["env_files"],
        profiles=values["profiles"],
        unset=values["unset"],
        read=files.read if files else None,
        outside=values["outside"],
    )
    project = load_project(texts, loading)
    for warning in project.warnings:
        report.give("", "", 0).approximated(warning)
    model = read_project(project, report, ReadOptions(values["names"], files))
    variables = [
        {
            "name": variable.name,
            "default": variable.default,
            "places": list(variable.places),
            "kept": variable.kept,
        }
        for variable in project.variables
    ]
    return Read(model, project.sources, variables)


READERS: t.Final[dict[str, t.Callable[..., Read]]] = {
    COMPOSE: read_compose,
}
