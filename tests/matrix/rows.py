"""The rows of the matrix: what is run with what."""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

PODMAN = ("5.4", "5.8", "6.1")
"""Podman of the hosts (tests/hosts)."""

MANAGED = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""Python of managed nodes; ansible-core has run modules by older ones, the collection does not."""


@dataclasses.dataclass(frozen=True)
class Core:
    """A minor release of ansible-core, and the Pythons that it supports, after its ansible-test."""

    minor: str
    controllers: tuple[str, ...]
    managed: tuple[str, ...]


CORES = (
    Core("2.16", ("3.10", "3.11", "3.12"), MANAGED[:4]),
    Core("2.17", ("3.10", "3.11", "3.12"), MANAGED[:4]),
    Core("2.18", ("3.11", "3.12", "3.13"), MANAGED[:5]),
    Core("2.19", ("3.11", "3.12", "3.13"), MANAGED[:5]),
    Core("2.20", ("3.12", "3.13", "3.14"), MANAGED),
    Core("2.21", ("3.12", "3.13", "3.14"), MANAGED),
)
"""From what meta/runtime.yml requires to the newest.  A run compares each row with the package."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One run: a kind of check, by a minor release of ansible-core on a Python."""

    kind: str
    core: str
    python: str
    podman: str = ""
    managed: str = ""

    @property
    def name(self) -> str:
        """What `./test --matrix` takes."""
        if self.kind == "host":
            return f"host-podman{self.podman}-py{self.managed}"
        return f"{self.kind}-core{self.core}-py{self.python}"


KINDS = {
    "sanity": "`ansible-test sanity`",
    "units": "`ansible-test units`",
    "roles": "every module and role, and the life of an app, on a host",
    "host": "the life of an app on a host with this Podman and this Python of a managed node",
}
"""What a row of each kind runs."""


def make_rows(cores: t.Sequence[Core], has: t.Callable[[str], bool]) -> list[Row]:
    """All rows; `has` tells which Pythons the machine has, for choices where one is enough."""
    return [
        *(Row("sanity", core.minor, _one(core, has)) for core in cores),
        *(Row("units", core.minor, python) for core in cores for python in core.controllers),
        *_role_rows(cores),
        *(_host_row(cores, podman, managed, has) for podman in PODMAN for managed in MANAGED),
    ]


def _one(core: Core, has: t.Callable[[str], bool]) -> str:
    """The newest Python of the machine that the core supports; else the newest that it supports."""
    return next(filter(has, reversed(core.controllers)), core.controllers[-1])


def _role_rows(cores: t.Sequence[Core]) -> t.Iterator[Row]:
    """Each core on each controller's Python, with Podman and managed Python in turn."""
    for number, core in enumerate(cores):
        managed = (core.managed[0], core.managed[len(core.managed) // 2], core.managed[-1])
        for turn, python in enumerate(core.controllers):
            podman = PODMAN[(number + turn + 1) % len(PODMAN)]
            yield Row("roles", core.minor, python, podman, managed[turn % 3])


def _host_row(
    cores: t.Sequence[Core], podman: str, managed: str, has: t.Callable[[str], bool]
) -> Row:
    """By the newest core that runs modules by this Python."""
    core = [core for core in cores if managed in core.managed][-1]
    return Row("host", core.minor, _one(core, has), podman, managed)


def select(rows: t.Sequence[Row], patterns: t.Sequence[str]) -> list[Row]:
    """The rows that the patterns name (`units-*`), in their order; all without one.

    A pattern that names none is a ValueError.
    """
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(row.name, pattern) for row in rows):
            raise ValueError(f"no row {pattern}: see ./test --matrix list")
    if not patterns:
        return list(rows)
    return [row for row in rows if any(fnmatch.fnmatchcase(row.name, one) for one in patterns)]
