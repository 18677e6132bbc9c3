# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the readers of keys share: the project that is read, and values by their forms."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.beside import Files
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import Project
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    File,
    Model,
    Option,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report

T = t.TypeVar("T")
NOTHING = "nothing is given"


class UnfitError(ValueError):
    """A branch that can't be read, or that Compose refuses."""

    def __init__(self, branch: Branch, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.branch, self.what, self.remedy = branch, what, remedy


class AbsentError(UnfitError):
    """A branch that names something that is not there."""


@dataclasses.dataclass(frozen=True)
class ReadOptions:
    """How a project is read.

    names: service names units as their services; compose PROJECT-SERVICE, and containers as
    Compose does, so that projects with the same services fit into one scope.
    files: the files beside the Compose file; None: there is no access to them.
    """

    names: t.Literal["service", "compose"] = "service"
    files: Files | None = None


class Found(t.NamedTuple):
    """A network or volume that is referred to.  source: the stem of its unit, or the name of an
    external one; name: Podman's.
    """

    source: str
    external: bool
    name: str


@dataclasses.dataclass
class Reading:
    """A project while it is read.  found: networks and volumes that are used, by kind and name.
    secrets: names in the store of the secrets that are used.  configs: those used, by path.
    """

    project: Project
    report: Report
    options: ReadOptions
    model: Model
    root: Branch
    found: dict[tuple[str, str], Found] = dataclasses.field(default_factory=dict)
    secrets: dict[str, str] = dataclasses.field(default_factory=dict)
    configs: dict[str, File] = dataclasses.field(default_factory=dict)

    def declared(self, kind: str, name: str) -> Branch | None:
        """What is declared under a top-level key."""
        section = self.root.get(kind)
        return section.get(name) if section else None

    def stem(self, service: str) -> str:
        """The stem of the unit of a service."""
        return f"{self.project.name}-{service}" if self.options.names == "compose" else service

    def object_stem(self, name: str) -> str:
        """The stem of the unit of a network or a volume: no two projects have the same."""
        return f"{self.project.name}_{name}"


@dataclasses.dataclass
class Scope:
    """What options are read for: a container, a network, a volume or a build."""

    reading: Reading
    branch: Branch
    options: list[Option]

    def add(self, name: str, value: str | None, branch: Branch) -> None:
        """Adds an option that may be given several times."""
        self.options.append(Option(name, value, branch.take()))

    def set(self, name: str, value: str | None, branch: Branch) -> None:
        """Adds an option that is given once; Compose refuses two values."""
        given = branch.take()
        other = next((option for option in self.options if option.name == name), None)
        if other is None:
            self.options.append(Option(name, value, given))
        elif other.value == value:
            given.exact(f"{other.given.path} says the same")
        else:
            given.refused(f"{value} here, {other.value} in {other.given.path}", "Give one of them")


@contextlib.contextmanager
def refusing(branch: Branch) -> t.Iterator[None]:
    """Refuses what can't be read, and goes on behind it."""
    try:
        yield
    except AbsentError as error:
        error.branch.take().absent(error.what, error.remedy)
        branch.give_up(error.branch.path)
    except UnfitError as error:
        error.branch.take().refused(error.what, error.remedy)
        branch.give_up(error.branch.path)
    except ValueError as error:
        branch.take().refused(str(error))


def scalar(branch: Branch, expected: str = "a single value") -> values.Data:
    """The value of a branch that is neither mapping nor list."""
    if branch.is_mapping or branch.is_list:
        kind = "a mapping" if branch.is_mapping else "a list"
        raise UnfitError(branch, f"it is {kind}, not {expected}")
    return t.cast("values.Data", branch.node.value)


def convert(branch: Branch, parse: t.Callable[[values.Data], T]) -> T:
    """The value of a branch, parsed."""
    value = scalar(branch)
    try:
        return parse(value)
    except ValueError as error:
        raise UnfitError(branch, str(error)) from None


def text(branch: Branch) -> str:
    """A text; a number as it is written, a boolean as true or false."""
    found = convert(branch, values.to_text)
    return branch.node.text or found if isinstance(branch.node.value, float) else found


def text_value(branch: Branch) -> Value[str]:
    """A text, taken."""
    return Value(text(branch), branch.take())


def texts(branch: Branch) -> list[Value[str]]:
    """A text or a list of texts, each taken."""
    if branch.is_mapping:
        raise UnfitError(branch, "it is a mapping, not a list")
    items = branch.each() if branch.is_list else [branch]
    return [text_value(item) for item in items]


def pairs(branch: Branch) -> list[tuple[str, Value[str | None]]]:
    """A mapping, or a list of KEY=VALUE, each taken; None without a value."""
    if branch.is_mapping:
        return [
            (key, Value(None if part.node.value is None else text(part), part.take()))
            for key, part in branch.items()
        ]
    if not branch.is_list:
        raise UnfitError(branch, "it is a single value, not a mapping or a list of KEY=VALUE")
    found: dict[str, Value[str | None]] = {}
    for item in branch.each():
        key, value = _pair(text(item), item)
        if key in found:
            found.pop(key).given.exact("a later item replaces it")
        found[key] = value
    return list(found.items())


def _pair(line: str, item: Branch) -> tuple[str, Value[str | None]]:
    key, equals, value = line.partition("=")
    if not key:
        raise UnfitError(item, f"{line!r} has no name before the equals sign")
    return key, Value(value if equals else None, item.take())


def text_pairs(branch: Branch) -> dict[str, Value[str]]:
    """Pairs whose values are texts: an empty one where none is given."""
    return {key: Value(value.value or "", value.given) for key, value in pairs(branch)}


def mapping(branch: Branch) -> dict[str, Branch]:
    """The branches of a mapping that somebody has to take: those with something in them."""
    if not branch.is_mapping:
        raise UnfitError(branch, "it is no mapping")
    branch.head().exact()
    given = {}
    for key, part in branch.items():
        if part.is_taken:
            continue
        if part.is_empty:
            part.take().exact(NOTHING)
        else:
            given[key] = part
    return given


def items(branch: Branch) -> list[Branch]:
    """The branches of a list, each of which somebody has to take."""
    if not branch.is_list:
        raise UnfitError(branch, "it is no list")
    return branch.each()


def taken(fields: t.Mapping[str, Branch], key: str) -> str:
    """The text of a field, taken as a part of the whole; '' without one."""
    branch = fields.get(key)
    if branch is None:
        return ""
    found = text(branch)
    branch.take().exact()
    return found


def taken_flag(fields: t.Mapping[str, Branch], key: str, default: bool = False) -> bool:
    """The boolean of a field, taken as a part of the whole."""
    branch = fields.get(key)
    if branch is None:
        return default
    found = convert(branch, values.to_bool)
    branch.take().exact()
    return found
