# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a conversion writes to: the app in the making, and what its parts know of each other."""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Model,
    Options,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import (
    app_name,
    unit_stem,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit


@dataclasses.dataclass
class Writing:
    """An app in the making.  given: the app as a whole.  data: the directory of its data.

    jobs: stems of containers that run once; awaited: of those whose health others wait for.
    """

    model: Model
    options: Options
    given: Given
    units: dict[str, Unit] = dataclasses.field(default_factory=dict)
    secrets: dict[str, str | None] = dataclasses.field(default_factory=dict)
    directories: dict[str, dict[str, t.Any]] = dataclasses.field(default_factory=dict)
    jobs: set[str] = dataclasses.field(default_factory=set)
    awaited: set[str] = dataclasses.field(default_factory=set)
    noted: set[str] = dataclasses.field(default_factory=set)

    def __post_init__(self) -> None:
        self.name = app_name(self.model.name)
        self.is_user = self.options.scope == "user"
        root = "%h/.local/share" if self.is_user else "/srv"
        self.data = self.options.data or f"{root}/{self.name}"
        self.names = _unit_names(self.model)
        self.containers: dict[str, Container] = {c.name: c for c in self.model.containers}
        self.volumes: dict[str, Volume] = {v.name: v for v in self.model.volumes}
        self.files = {posixpath.normpath(path) for path in self.model.files}
        for container in self.model.containers:
            if container.job:
                self.jobs.add(container.name)
            for need in container.dependencies:
                if need.condition == "completed":
                    self.jobs.add(need.container)
                if need.condition == "healthy":
                    self.awaited.add(need.container)

    def unit_name(self, stem: str, suffix: str) -> str:
        """The file name of a unit."""
        return self.names.get((stem, suffix)) or f"{unit_stem(stem)}.{suffix}"

    def unit(self, stem: str, suffix: str) -> Unit:
        """The unit of that name, a new one at the first time."""
        name = self.unit_name(stem, suffix)
        if name not in self.units:
            self.units[name] = Unit(name, self.options.podman[:2])
        return self.units[name]

    def service(self, stem: str) -> str:
        """The service of a container."""
        return f"{self.stem(stem)}.service"

    def stem(self, container: str) -> str:
        """The stem of a container's unit."""
        return self.unit_name(container, "container").rpartition(".")[0]

    def once(self, note: str) -> bool:
        """Whether this is the first time that somebody asks."""
        first = note not in self.noted
        self.noted.add(note)
        return first

    def object_of(self, stem: str) -> str:
        """The name that a container has in Podman."""
        container = self.containers.get(stem)
        if container and container.container_name:
            return container.container_name.value
        return f"systemd-{self.stem(stem)}"


def _unit_names(model: Model) -> dict[tuple[str, str], str]:
    """File names by stem and suffix, so that no two units make the same service."""
    wanted = [
        *((item.name, "container") for item in model.containers),
        *((item.name, "pod") for item in model.pods),
        *((item.name, "network") for item in model.networks),
        *((item.name, "volume") for item in model.volumes),
        *((item.name, "build") for item in model.builds),
    ]
    names: dict[tuple[str, str], str] = {}
    services: set[str] = set()
    for name, suffix in wanted:
        stem = unit_stem(name)
        while f"{stem}{KINDS[suffix].service_suffix}" in services:
            stem += "-2"
        services.add(f"{stem}{KINDS[suffix].service_suffix}")
        names[name, suffix] = f"{stem}.{suffix}"
    return names
