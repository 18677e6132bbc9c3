# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A service while it is read, and what its keys leave for the end."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import Reading, Scope
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Build,
    Container,
    Pairs,
    Restart,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

Condition = t.Literal["started", "healthy", "completed"]


@dataclasses.dataclass
class Need:
    """Another service that this one needs.  branch: the key that says so."""

    service: str
    branch: Branch
    given: Given
    condition: Condition = "started"
    required: bool = True
    restart: bool = False


@dataclasses.dataclass
class Share:
    """A service whose mounts this one takes over."""

    service: str
    branch: Branch
    given: Given
    read_only: bool = False


@dataclasses.dataclass
class Link:
    """A service that is known by another name: on a network, or in a build, by its image."""

    service: str
    alias: str
    branch: Branch
    given: Given


class EnvFile(t.NamedTuple):
    """A file of variables: what it gives, and the thing of the report that it is."""

    given: Given
    variables: dict[str, str | None]


@dataclasses.dataclass
class Service(Scope):
    """A service.  What several keys decide together waits here for the end."""

    name: str
    container: Container
    build: Build | None = None
    build_keys: Branch | None = None
    dockerfile: Branch | None = None
    image: Value[str] | None = None
    scale: Value[int] | None = None
    restart: Restart | None = None
    policy: Restart | None = None
    hostname: Value[str] | None = None
    domain: Value[str] | None = None
    mac: Value[str] | None = None
    env_files: list[EnvFile] = dataclasses.field(default_factory=list)
    file_labels: Pairs = dataclasses.field(default_factory=dict)
    needs: list[Need] = dataclasses.field(default_factory=list)
    shares: list[Share] = dataclasses.field(default_factory=list)
    links: list[Link] = dataclasses.field(default_factory=list)
    contexts: list[Link] = dataclasses.field(default_factory=list)
    provider: Given | None = None
    provider_remedy: str = ""
    steps: list[Container] = dataclasses.field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of its containers."""
        return self.scale.value if self.scale else 1

    def stems(self) -> list[str]:
        """The stems of its units: one for each replica."""
        stem = self.reading.stem(self.name)
        if self.count == 1:
            return [stem]
        return [f"{stem}-{number}" for number in range(1, self.count + 1)]


def new_service(reading: Reading, name: str, branch: Branch) -> Service:
    """A service of which nothing has been read."""
    container = Container(reading.stem(name), branch.head())
    return Service(reading, branch, container.options, name, container)
