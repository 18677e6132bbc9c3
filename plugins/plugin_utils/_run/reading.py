# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A command line that is being read into a container."""

from __future__ import annotations

import dataclasses
import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Container, Volume
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

_PLACEHOLDER = re.compile(
    r"/?path/(?:to|on)/.*|.*/path/to/.*|.*<[A-Za-z][^<>]*>.*|.*\[[A-Za-z. _-]*\.\.\.\]?.*"
    r"|.*\b(?:YOUR|CHANGE|REPLACE)[_-]?(?:ME\b|[A-Z]).*|.*\b(?:your|my)[-_](?:password|token|key|secret|"
    r"domain|user|name|path|host|ip|email)\b.*|.*\b(?:changeme|change-me|xxx+)\b.*|\.\.\.|…"
    r"|.*/?your/(?:path|dir|data|config).*",
    re.IGNORECASE | re.DOTALL,
)
_LOUD = re.compile(
    r".*(?:^|[^A-Za-z])(?:YOUR|CHANGE|REPLACE|PATH_TO)_[A-Z].*|(?:[^=]*[=:])?/?MY_[A-Z_]+(?::.*)?",
    re.DOTALL,
)


@dataclasses.dataclass
class Reading:
    """environment: what is set in front of the command, or by export.  volumes: by name, those
    that the app makes.  detached: whether nobody sits in front of it.
    """

    container: Container
    environment: t.Mapping[str, str]
    volumes: dict[str, Volume]
    aliases: list[str] = dataclasses.field(default_factory=list)
    alias_given: list[Given] = dataclasses.field(default_factory=list)
    addresses: list[tuple[str, str, Given]] = dataclasses.field(default_factory=list)
    requires: list[tuple[str, Given]] = dataclasses.field(default_factory=list)
    links: list[tuple[str, str, Given]] = dataclasses.field(default_factory=list)
    health: dict[str, tuple[str, Given]] = dataclasses.field(default_factory=dict)
    volume_driver: tuple[str, Given] | None = None
    is_rootfs: bool = False
    publishes_all: bool = False

    @property
    def is_docker(self) -> bool:
        """Whether values have Docker's meaning."""
        return self.container.engine == "docker"

    def resolve(self, path: str) -> str:
        """A path in full, if the directory of the shell is known."""
        if path == "~" or path.startswith(("/", "~/")):
            return path
        here = self.environment.get("PWD")
        return posixpath.normpath(posixpath.join(here, path)) if here else path


LATER = "a later one counts"


class _Settled(t.Protocol):
    @property
    def given(self) -> Given:
        """The option, as it was given."""


def supersede(before: _Settled | None) -> None:
    """Settles what a later option replaces."""
    if before is not None:
        before.given.exact(LATER)


def is_placeholder(text: str) -> bool:
    """Whether a value looks like one that its author left to the reader."""
    return bool(_LOUD.fullmatch(text) or _PLACEHOLDER.fullmatch(text))


def parse_flag(value: str) -> bool | None:
    """A flag's value as pflag reads it; None: it is none."""
    if value in ("", "1", "t", "T", "true", "True", "TRUE"):
        return True
    return False if value in ("0", "f", "F", "false", "False", "FALSE") else None
