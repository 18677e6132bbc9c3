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
    Project,
    load_leniently,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.read import read_project
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import ReadOptions
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Model, Options
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import (
    SERVICE_NAMES,
    Report,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    COMPOSE,
    INSPECT,
    RUN,
    SYSTEMD,
    Given,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.read import read_generated
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import Objects
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.read import read_inspect
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.read import RunOptions, read_run

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
    project, causes = load_leniently(texts, loading)
    for cause in causes.all():
        report.refuse_at(cause.path, cause.file, cause.line, cause.what, cause.remedy)
    report.has_gaps = causes.has_gaps
    for warning in project.warnings:
        report.give("", "", 0).approximated(warning)
    model = read_project(project, report, ReadOptions(values["names"], files))
    if values["names"] == "service":
        _tell_names(project, model, report)
    variables = [
        {
            "name": variable.name,
            "default": variable.default,
            "places": list(variable.places),
            "kept": variable.kept,
        }
        for variable in project.variables
    ]
    return Read(model, model.sources, variables)


def _tell_names(project: Project, model: Model, report: Report) -> None:
    """Names of services that do not tell of the project: others may have the same."""
    section = project.root.children.get("services")
    names = [made.name for made in model.containers if not made.name.startswith(project.name)]
    if section and names:
        report.give("services", section.file, section.line).exact(
            f"no other app of the scope can have a service {' or '.join(names)}",
            SERVICE_NAMES,
            f"names: compose calls them {project.name}-{names[0]} and so on.",
        )


def read_lines(texts: Texts, values: Given, report: Report, options: Options) -> Read:
    """Command lines; of several texts each is read by itself, and all are one app."""
    del options
    file, text = texts[0]
    if len(texts) > 1:
        file, text = ", ".join(name for name, _text in texts), "\n".join(t for _name, t in texts)
    model = read_run(text, report, RunOptions(values["name"], values["env"], file))
    return Read(model, [name for name, _text in texts])


def read_units(
    texts: Texts, values: Given, report: Report, options: Options, inspected: Texts | None = None
) -> Read:
    """Units.  inspected: output of inspect on the containers that they start."""
    objects = Objects(report)
    for file, text in inspected or ():
        objects.add(file, text)
    model = read_generated(texts, report, options, name=values["name"], inspected=objects)
    return Read(model, [file for file, _text in texts])


def read_objects(texts: Texts, values: Given, report: Report, options: Options) -> Read:
    """Output of inspect."""
    del options
    model = read_inspect(texts, report, name=values["name"])
    return Read(model, [file for file, _text in texts])


READERS: t.Final[dict[str, t.Callable[..., Read]]] = {
    COMPOSE: read_compose,
    RUN: read_lines,
    SYSTEMD: read_units,
    INSPECT: read_objects,
}
