# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""One declaration of an app over another: variables over variables, and `units` over `src`.

The rule: a mapping is merged by key, at every level.  Any other value replaces, and null takes
away.  `KEY+` adds its list to what is there, `KEY=` replaces a mapping instead of merging it.  No
name of an option, unit, section or key ends in these signs; names that are free (of files,
secrets, directories, pairs) are never read so.
"""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    SECTIONS,
    Reads,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import holds_units
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.multi_unit import expand
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import (
    render_unit,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitdata import unit_data

Map = dict[str, t.Any]
Path = tuple[str, ...]

SIGNED_LEVELS: t.Final = {"units": 3, "files": 0, "secrets": 0, "directories": 0, "authfile": 0}
"""How many levels below an option have keys that can carry a sign; of other options all have."""

WHOLE: t.Final = {"secrets": 1}
"""Levels below an option whose mappings are one value, and are replaced."""

_UNIT, _SECTION, _KEY = 2, 3, 4
"""Lengths of the paths of a unit, a section and a key."""

_ARGUMENTS = (Reads.LAST_ARGS, Reads.COMMAND)


def is_instance(value: t.Any) -> bool:
    """Whether a unit is given as an instance of a template."""
    return isinstance(value, dict) and isinstance(value.get("template"), str)


def place_of(path: Path) -> str:
    """A path within an app, in words: `units web.container [Container] Image`."""
    words = [f"[{part}]" if path[0] == "units" and n == 2 else part for n, part in enumerate(path)]
    return " ".join(words)


class Overlay:
    """Lays declarations over others.

    source: where the upper one is from, for errors.  base_follows: what lies below the lower one is
    not known yet (`src`), so that nulls and signs stay for it.
    """

    def __init__(self, source: str, *, base_follows: bool = False) -> None:
        self._source = source
        self._base_follows = base_follows

    def merge(self, old: Map, new: Map, path: Path = ()) -> Map:
        """A mapping over another one; neither is changed."""
        merged = dict(old)
        for name in sorted(new, key=lambda name: _sign(name, path) == "+"):
            sign, value = _sign(name, path), new[name]
            key = name[: -len(sign)] if sign else name
            here = (*path, str(key))
            if sign == "+":
                self._add(merged, key, value, here)
            elif sign == "=" and isinstance(value, dict):
                _set(merged, f"{key}=", self.merge({}, value, here))
            elif value is None:
                self._take_away(merged, key, here)
            elif isinstance(value, dict):
                self._merge_into(merged, key, value, here)
            else:
                _set(merged, key, value)
        return merged

    def _merge_into(self, merged: Map, key: str, value: Map, path: Path) -> None:
        replacing = f"{key}="
        if replacing in merged and _signed(path[:-1]):
            merged[replacing] = self._combine(merged[replacing], value, path)
        elif key in merged and merged[key] is None and self._base_follows and _signed(path[:-1]):
            _set(merged, replacing, self._combine(None, value, path))
        elif _signed(path[:-1]) and f"{key}+" in merged:
            _set(merged, key, self._combine(merged[f"{key}+"], value, path))
        else:
            merged[key] = self._combine(merged.get(key), value, path)

    def _combine(self, old: t.Any, new: Map, path: Path) -> t.Any:
        """A mapping over a value of any form."""
        if _is_whole(path) or (_is_unit(path) and is_instance(new)):
            return new
        if _is_unit(path):
            old = self._to_sections(old, path)
        elif path[0] == "files" and len(path) == _UNIT:
            old = _without_content(old) if {"content", "src"} & {*new} else _to_file(old)
        elif path[0] == "units" and len(path) == _KEY and isinstance(old, (str, list)):
            return [*_listed(old), *self._lines(new, path)]
        return self.merge(old if isinstance(old, dict) else {}, new, path)

    def _to_sections(self, old: t.Any, path: Path) -> t.Any:
        if is_instance(old) or not isinstance(old, str):
            return {} if is_instance(old) else old
        try:
            return unit_data(path[1], old)
        except QuadletError as error:
            raise self._error(
                f"sections can't be laid over a text that is no unit ({error.where})",
                path,
                "Mend that line of the text, or give the unit as sections in both places.",
            ) from None

    def _lines(self, pairs: Map, path: Path) -> list[str]:
        """Pairs as lines of syntax, to follow lines that are there; the last one of a name wins."""
        gone = [name for name, value in pairs.items() if value is None]
        if gone:
            raise self._error(
                f"null takes {gone[0]} away, and what is there is lines of text",
                path,
                f"Write {path[-1]} whole, as a list or as {path[-1]}=.",
            )
        try:
            text = render_unit(path[1], {path[2]: {path[3]: pairs}})
        except QuadletError:
            raise self._error(
                "a pair can't be written as a line, to follow the lines that are there",
                path,
                "Give text, integers or booleans, to a key that takes pairs.",
            ) from None
        return [line.partition("=")[2] for line in text.splitlines()[1:]]

    def _add(self, merged: Map, key: str, value: t.Any, path: Path) -> None:
        if not isinstance(value, list):
            raise self._error(
                f"{key}+ adds a list, not {_form(value)}",
                path,
                f"Write {key}+: [...]. A mapping is merged by key without a sign.",
            )
        replacing = f"{key}="
        old = merged.get(key, merged.get(replacing))
        if old is not None:
            _set(merged, key, [*self._to_list(old, path), *value])
        elif key in merged or not self._base_follows:
            _set(merged, key, value)
        else:
            merged[f"{key}+"] = [*merged.get(f"{key}+", ()), *value]

    def _to_list(self, old: t.Any, path: Path) -> list[t.Any]:
        in_unit = path[0] == "units" and len(path) == _KEY
        row = SECTIONS.get(path[2], {}).get(path[3]) if in_unit else None
        if isinstance(old, dict) and in_unit:
            return self._lines(old, path)
        if isinstance(old, dict) or (row and row.reads in _ARGUMENTS and isinstance(old, str)):
            raise self._error(
                f"{path[-1]}+ adds a list, and what is there is {_form(old)}",
                path,
                f"Write {path[-1]} whole.",
            )
        return _listed(old)

    def _take_away(self, merged: Map, key: str, path: Path) -> None:
        """Takes a key away.  Within a unit null takes something away, or is a mistake."""
        gone = [merged.pop(name) for name in _names(key, path[:-1]) if name in merged]
        if self._base_follows:
            merged[key] = None
        elif not gone and path[0] == "units" and len(path) > _UNIT:
            raise self._error(
                "null takes away what is not there", path, "Remove the null, or give a value."
            )

    def _error(self, what: str, path: Path, remedy: str) -> QuadletError:
        return QuadletError(
            what, where=f"{self._source}: {place_of(path)}", remedy=remedy, topic="overlay"
        )


def settle(values: Map, path: Path = ()) -> Map:
    """A declaration with nothing below it: without nulls and signs."""
    settled = {}
    for name, value in values.items():
        if value is None:
            continue
        sign = _sign(name, path)
        key = name[: -len(sign)] if sign else name
        inner = isinstance(value, dict) and not _is_whole((*path, str(key)))
        settled[key] = settle(value, (*path, str(key))) if inner else value
    return settled


def split_for(found: Map, given: Map) -> Map:
    """Units of a directory; its texts with several units are split where something is to lie over
    one of these, and units that null takes away take their drop-ins along.
    """
    if any(map(holds_units, found)):
        single = expand(found)
        found = single if any(name in single and name not in found for name in given) else found
    gone = {f"{name}.d" for name, value in given.items() if value is None}
    return {path: text for path, text in found.items() if path.partition("/")[0] not in gone}


def _sign(name: t.Any, path: Path) -> str:
    if not isinstance(name, str) or len(name) < 2 or not _signed(path):
        return ""
    return name[-1] if name[-1] in "+=" else ""


def _signed(path: Path) -> bool:
    """Whether keys of the mapping at a path can carry a sign."""
    return not path or len(path) <= SIGNED_LEVELS.get(path[0], len(path))


def _names(key: str, path: Path) -> list[str]:
    return [key, f"{key}=", f"{key}+"] if _signed(path) else [key]


def _set(merged: Map, key: str, value: t.Any) -> None:
    """Sets what a key has, at its place, instead of all that it had."""
    bare = key.removesuffix("=")
    for name in (bare, f"{bare}=", f"{bare}+"):
        if name != key:
            merged.pop(name, None)
    merged[key] = value


def _is_unit(path: Path) -> bool:
    return path[0] == "units" and len(path) == _UNIT


def _is_whole(path: Path) -> bool:
    return path[0] in WHOLE and len(path) > WHOLE[path[0]]


def _to_file(old: t.Any) -> t.Any:
    return {"content": old} if isinstance(old, str) else old


def _without_content(old: t.Any) -> t.Any:
    given = _to_file(old)
    content = ("content", "src", "encoding")
    if not isinstance(given, dict):
        return given
    return {key: value for key, value in given.items() if key not in content}


def _form(value: t.Any) -> str:
    """What a value is, without the value: it may be a secret."""
    if isinstance(value, dict):
        return "a mapping"
    return "text" if isinstance(value, str) else "no list"


def _listed(value: t.Any) -> list[t.Any]:
    return list(value) if isinstance(value, list) else [value]
