# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Writes a model as an app: units as sections, files, secrets and directories."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.builds import write_build
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.circles import refuse_circles
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.container import (
    write_container,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.findings import tell_findings
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    File,
    Model,
    Options,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.networks import move_ports
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.objects import (
    write_network,
    write_volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.pods import (
    gather_pod,
    share_pods,
    write_pod,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import (
    restore_units,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import unit_stem
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing


def write_app(model: Model, report: Report, options: Options) -> dict[str, t.Any]:
    """The app: name, units, files, secrets, directories, variables.

    What can't be written is refused in the report; the units are whole all the same.
    """
    writing = Writing(model, options, report.give("app"))
    _write_name(writing)
    gather_pod(writing)
    share_pods(writing)
    move_ports(writing)
    refuse_circles(writing)
    for network in model.networks:
        write_network(writing, network)
    for volume in model.volumes:
        write_volume(writing, volume)
    for build in model.builds:
        write_build(writing, build)
    for pod in model.pods:
        write_pod(writing, pod)
    for container in model.containers:
        write_container(writing, container)
    if not report.refusals():
        tell_findings(writing, {path: file.mode for path, file in model.files.items()})
    return {
        "name": writing.name,
        "units": {
            **restore_units({name: unit.finish() for name, unit in writing.units.items()}),
            **_instances(model),
        },
        "files": {path: _file(file) for path, file in model.files.items()},
        "secrets": {**model.secrets, **writing.secrets},
        "directories": {**writing.directories, **model.directories},
        "variables": list(model.variables),
    }


def _instances(model: Model) -> dict[str, t.Any]:
    """The instances of containers that are templates."""
    return {
        f"{unit_stem(container.name)}{instance}.container": {
            "template": f"{unit_stem(container.name)}.container"
        }
        for container in model.containers
        for instance in container.instances
    }


def _write_name(writing: Writing) -> None:
    if writing.name == writing.model.name:
        writing.given.exact(f"it is called {writing.name}")
    else:
        writing.given.approximated(
            f"it is called {writing.name}, since {writing.model.name!r} can't be an app's name"
        )


def _file(file: File) -> dict[str, t.Any]:
    options: dict[str, t.Any] = {"mode": file.mode}
    return {**options, "src": file.source} if file.source else {**options, "content": file.content}
