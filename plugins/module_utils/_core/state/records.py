# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""State files: JSON with the number of its format."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ..errors import QuadletError

FORMAT = 2

_Record = t.TypeVar("_Record")


def dump(record: t.Any) -> str:
    """A frozen dataclass as a state file's text."""
    data = {"format": FORMAT, **dataclasses.asdict(record)}
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def parse(
    text: str, path: str, build: t.Callable[[dict[str, t.Any]], _Record], remedy: str
) -> _Record:
    """Parses a state file with `build`; refuses a newer format than ours.

    path and remedy: for the error where the text is damaged.
    """
    try:
        data = json.loads(text)
        version = data.pop("format")
        if version > FORMAT:
            raise QuadletError(
                f"it has format {version}, this release of quadlet.fleet knows {FORMAT}",
                where=path,
                remedy="Update the collection on the controller.",
            )
        return build(data)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise QuadletError(f"the record is damaged ({error})", where=path, remedy=remedy) from None
