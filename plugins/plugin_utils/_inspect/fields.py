# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A container's inspect output is read field by field, against a table of all fields.

A field that only tells what a container is doing, or that repeats another, says nothing of what
was asked for.  A field that no row knows is dropped by its path, if it holds anything.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Option,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import (
    Object,
    Objects,
    Shown,
)

PERHAPS_IMAGE: t.Final = "it may be the image's own default, which cannot be told without the image"
_GIVE_IMAGE = "Give the image's inspect output too: what is its default is left out then."


@dataclasses.dataclass
class Reading:
    """A container that is being read.  image: what its image says; None if that is not known.
    defaults: the image's configuration.
    """

    objects: Objects
    object: Object
    container: Container
    image: Object | None

    @property
    def shown(self) -> Shown:
        """The whole object."""
        return self.object.shown

    @property
    def is_podman(self) -> bool:
        """Whether Podman made it; its Docker interface shows the same forms as Docker."""
        return self.container.engine == "podman"

    def get(self, path: str) -> t.Any:
        """A field, None where there is none."""
        return pick(self.shown, path)

    def default(self, key: str) -> t.Any:
        """What the image's configuration says."""
        if self.image is None:
            return None
        config = self.image.shown.get("Config") or {}
        found = config.get(key)
        return self.image.shown.get(key) if found is None else found

    def is_default(self, key: str, value: t.Any) -> bool:
        """Whether a value is the image's."""
        return self.image is not None and value == self.default(key)

    def mark_doubt(self, given: Given) -> None:
        """A value that is written, though it may be the image's."""
        if self.image is None:
            given.approximated(PERHAPS_IMAGE, _GIVE_IMAGE, "image-default")

    def give(self, path: str) -> Given:
        """Enters a field in the report."""
        return self.objects.give(f"{self.object.name}: {path}", self.object.file)

    def option(self, name: str, value: str | None, given: Given) -> None:
        """An option of podman's command line."""
        self.container.options.append(Option(name, value, given))


Handler = t.Callable[[Reading, t.Any, Given], None]


class Row(t.NamedTuple):
    """A field.  read: None for a field that says nothing of what was asked for.
    defaults: values, beside empty ones, that were not asked for.  empty: an empty value says
    something, too.
    """

    read: Handler | None = None
    defaults: tuple[t.Any, ...] = ()
    empty: bool = False


def pick(shown: t.Any, path: str) -> t.Any:
    """A field of an object by its path."""
    for key in path.split("."):
        if not isinstance(shown, dict):
            return None
        shown = shown.get(key)
    return shown


def is_empty(value: t.Any) -> bool:
    """Whether a value says nothing."""
    if isinstance(value, dict):
        return all(is_empty(part) for part in value.values())
    return value in ("", None, 0, False) or value == []


def read_fields(reading: Reading, table: t.Mapping[str, Row]) -> None:
    """Reads each field that says something by its row."""
    for path, value in _fields(reading.shown, "", table):
        row = table.get(path)
        if row is None:
            if not is_empty(value):
                reading.give(path).dropped(
                    f"no rule knows this field: {_short(value)}",
                    "Look whether it was asked for, and set the option of podman run for it.",
                )
        elif row.read and (row.empty or not is_empty(value)) and value not in row.defaults:
            given = reading.give(path)
            read = functools.partial(row.read, reading, value, given)
            reading.objects.guard(read, given)


def _fields(shown: Shown, prefix: str, table: t.Mapping[str, Row]) -> t.Iterator[tuple[str, t.Any]]:
    for key, value in shown.items():
        path = f"{prefix}{key}"
        inner = f"{path}."
        if isinstance(value, dict) and any(known.startswith(inner) for known in table):
            yield from _fields(value, inner, table)
        else:
            yield path, value


def _short(value: t.Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
