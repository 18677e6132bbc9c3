# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Steps before a service starts (pre_start): each is a job that the service needs.

As Compose runs them: one after another, each in a container of its own with the service's image,
networks and mounts, once for all replicas; the service starts when the last one has succeeded.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import Handlers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.process import read_words
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    UnfitError,
    convert,
    items,
    mapping,
    pairs,
    refusing,
    text_value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Container,
    Dependency,
    Option,
    Restart,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

_OWN: t.Final = frozenset({"--privileged", "--workdir"})


def _read_steps(service: Service, branch: Branch, _row: Row) -> None:
    for item in items(branch):
        with refusing(item):
            service.steps.append(_read_step(service, item))


def _read_step(service: Service, item: Branch) -> Container:
    """A container with what the step says of itself."""
    fields = mapping(item)
    given = item.head()
    number = len(service.steps) + 1
    step = Container(f"{service.reading.stem(service.name)}-pre-start-{number}", given, job=True)
    if "command" in fields:
        step.command = read_words(fields["command"])
    if "image" in fields:
        step.image = text_value(fields["image"])
    if "user" in fields:
        step.user = text_value(fields["user"])
    if "environment" in fields:
        step.environment.update(pairs(fields["environment"]))
    if "working_dir" in fields:
        workdir = text_value(fields["working_dir"])
        step.options.append(Option("--workdir", workdir.value, workdir.given))
    if "privileged" in fields:
        _read_privileged(step, fields["privileged"])
    if "per_replica" in fields:
        if convert(fields["per_replica"], values.to_bool):
            remedy = "Leave it out: the step runs once."
            raise UnfitError(fields["per_replica"], "Compose does not run a step often", remedy)
        fields["per_replica"].take().exact("that is so without it")
    given.approximated("it also runs again after each boot, as a job does", rule="pre-start")
    return step


def _read_privileged(step: Container, branch: Branch) -> None:
    if convert(branch, values.to_bool):
        step.options.append(Option("--privileged", None, branch.take()))
    else:
        branch.take().exact("that is so without it")


def add_steps(service: Service) -> list[Container]:
    """The jobs of a service, which needs the last one; each needs the one before."""
    before = list(service.container.dependencies)
    for step in service.steps:
        _complete(step, service.container, before)
        before = [_done(step.name, step.given)]
    if service.steps:
        service.container.dependencies += before
    return service.steps


def _done(stem: str, given: Given) -> Dependency:
    return Dependency(stem, "completed", given)


def _complete(step: Container, of: Container, needs: list[Dependency]) -> None:
    """The step with what it has of its service."""
    if step.image is None:
        step.image, step.build, step.entrypoint = of.image, of.build, of.entrypoint
    step.dependencies = list(needs)
    step.user = step.user or of.user
    step.read_only = of.read_only
    step.environment = {**of.environment, **step.environment}
    step.secrets = list(of.secrets)
    step.mounts = [copy.copy(mount) for mount in of.mounts]
    step.networks = [_attached(attachment) for attachment in of.networks]
    step.network_mode = of.network_mode
    own = {option.name for option in step.options} | _OWN
    step.options += [dataclasses.replace(o) for o in of.options if o.name not in own]
    step.restart = Restart("no", step.given)


def _attached(attachment: Attachment) -> Attachment:
    """The same network, without the addresses and names of the service."""
    return Attachment(attachment.network, attachment.given, attachment.external)


STEPS: t.Final[Handlers[Service]] = {"pre_start": _read_steps}
"""Handlers by their names in the table."""
