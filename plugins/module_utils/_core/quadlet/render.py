# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Renders sections as the text of a unit.

A string is a line of Quadlet syntax.  Lists and mappings are data if the key has a grammar
for them, and are read back byte for byte.  No value can become another line.
"""

from __future__ import annotations

import re
import typing as t

from ..errors import QuadletError, shape
from . import quoting, splitting
from .keys import SECTIONS, Key, Reads

_PAIRS_IN_WORDS = frozenset({"Sysctl", "LogOpt"})
_OPTIONS = frozenset({"Secret", "Mount"})
_SECTION = re.compile(r"[^\[\]\x00-\x1f\x7f]+")
_KEY = re.compile(r"[^\s=#;\[\\\x00-\x1f\x7f][^\s=\\\x00-\x1f\x7f]*")
_LINE_BREAK = re.compile(r"[\n\r]")
_QUOTE_IT = "Write it as a quoted string."


def render_unit(name: str, sections: t.Mapping[str, t.Any]) -> str:
    """Renders {section: {key: value}} as text; QuadletError names section and key."""
    blocks = []
    for section, assignments in sections.items():
        if not _is_name(_SECTION, section):
            raise QuadletError(
                f"{section!r} is not a section's name", where=name, topic="section-form"
            )
        if not isinstance(assignments, t.Mapping):
            raise QuadletError(
                f"a section is a mapping of keys, not {shape(assignments)}",
                where=f"{name} [{section}]",
                remedy="To write text unchanged, give the whole unit as a string.",
                topic="section-form",
            )
        lines = [f"[{section}]"]
        for key, value in assignments.items():
            lines += _render_key(name, section, key, value)
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _render_key(name: str, section: str, key: t.Any, value: t.Any) -> list[str]:
    where = f"{name} [{section}] {key}"
    if not _is_name(_KEY, key):
        raise QuadletError(
            f"{key!r} is not a key's name", where=f"{name} [{section}]", topic="section-form"
        )
    row = SECTIONS.get(section, {}).get(key)
    try:
        return [f"{key}={text}" for text in _values(row, key, value)]
    except QuadletError as error:
        raise QuadletError(
            error.what, where=where, remedy=error.remedy, topic=error.topic
        ) from None


def _is_name(pattern: re.Pattern[str], name: t.Any) -> bool:
    return (
        isinstance(name, str)
        and bool(pattern.fullmatch(name))
        and not splitting.ODD_CHARACTER.search(name)
    )


def _values(row: Key | None, key: str, value: t.Any) -> list[str]:
    if isinstance(value, t.Mapping):
        return _from_mapping(row, key, value)
    if isinstance(value, (list, tuple)):
        return _from_list(row, key, list(value))
    return [quoting.line(_scalar(value))]


def _scalar(value: t.Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    raise QuadletError(
        f"the value {value!r} is neither text, an integer nor a boolean",
        remedy=_QUOTE_IT,
        topic="value-form",
    )


def _from_mapping(row: Key | None, key: str, value: t.Mapping[t.Any, t.Any]) -> list[str]:
    pairs = [f"{_pair_name(name)}={quoting.literal(_scalar(item))}" for name, item in value.items()]
    if row and row.reads is Reads.KEYVAL:
        return [quoting.word(pair) for pair in pairs]
    if key in _PAIRS_IN_WORDS and row:
        return [quoting.strv_word(pair) for pair in pairs]
    raise QuadletError(
        "the key takes no mapping",
        remedy="Give a string, or a list of strings.",
        topic="value-form",
    )


def _pair_name(name: t.Any) -> str:
    text = _scalar(name)
    if not text or "=" in text:
        raise QuadletError(
            f"{name!r} can't be the name in a name=value pair", topic="unwritable-value"
        )
    return quoting.literal(text)


def _from_list(row: Key | None, key: str, items: list[t.Any]) -> list[str]:
    if row and row.reads is Reads.LAST_ARGS:
        return [quoting.command([_scalar(item) for item in items])]
    if row and row.reads is Reads.COMMAND:
        return [quoting.json_command([_scalar(item) for item in items])]
    if row and not row.repeats:
        raise QuadletError(
            f"{key} takes one value, not a list", remedy="Give a string.", topic="value-form"
        )
    return [_list_item(row, key, item) for item in items]


def _list_item(row: Key | None, key: str, item: t.Any) -> str:
    if isinstance(item, (list, tuple)) and row:
        parts = [_scalar(part) for part in item]
        if not parts:
            raise QuadletError(
                "an empty list would reset the key", remedy="Leave it out.", topic="value-form"
            )
        if row.reads is Reads.ARGS:
            return quoting.command(parts)
        if row.reads is Reads.ALL:
            _check_parts(key, parts)
            return quoting.colon_parts(parts)
    if isinstance(item, t.Mapping) and row and key in _OPTIONS:
        return quoting.word(_options(key, item))
    return quoting.line(_scalar(item))


def _check_parts(key: str, parts: list[str]) -> None:
    if key == "Volume" and "" in parts[:-1]:
        raise QuadletError(
            "an empty part would make it an anonymous volume, which goes when the container stops",
            remedy="Name the volume or the directory; one part alone is an anonymous volume.",
            topic="unwritable-value",
        )


def _options(key: str, item: t.Mapping[t.Any, t.Any]) -> str:
    """`k=v,…`; a secret with a name alone is the bare name for Podman."""
    if key == "Secret" and list(item) == ["source"]:
        return _in_options(quoting.literal(_scalar(item["source"])))
    for name, value in item.items():
        if key == "Mount" and name in ("source", "src") and value == "":
            raise QuadletError(
                "an empty source can't be mounted",
                remedy="Name it, or use type: tmpfs.",
                topic="unwritable-value",
            )
        if key == "Mount" and isinstance(value, str) and _LINE_BREAK.search(value):
            raise QuadletError(
                f"the option {name}={value!r} holds a line break, which ends it for Podman",
                remedy="Rename the file or directory.",
                topic="unwritable-value",
            )
    return ",".join(_option(name, part) for name, part in item.items())


def _option(name: t.Any, value: t.Any) -> str:
    return _in_options(f"{_pair_name(name)}={quoting.literal(_scalar(value))}")


def _in_options(text: str) -> str:
    if "," in text or '"' in text:
        raise QuadletError(
            f"the option {text!r} holds a comma or a quote, which ends it for Podman",
            topic="unwritable-value",
        )
    return text
