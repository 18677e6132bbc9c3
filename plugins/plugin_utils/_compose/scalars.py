# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a plain scalar means: the schema by which Compose reads YAML.

Numbers, true and false, null and texts, as the core schema of YAML 1.2 has them.  yes, on, 22:22
and 2026-01-31 are texts.  So are numbers with a leading zero: 0644 means octal digits to some and a
text to others, and its readers know which.
"""

from __future__ import annotations

import math
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Scalar

_WORDS: t.Final[dict[str, Scalar]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_BASES: t.Final = {"0x": 16, "0o": 8, "0b": 2}
_INT: t.Final = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)", re.ASCII)
_BASED_INT: t.Final = re.compile(r"[-+]?(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+)", re.ASCII)
_FLOAT: t.Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_SPECIAL_FLOAT: t.Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO: t.Final = re.compile(r"[-+]?0[0-9_]")
_FIRST: t.Final = frozenset("+-.0123456789")
_LONGEST_NUMBER: t.Final = 64


def resolve_plain(text: str) -> Scalar:
    """The value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST or len(text) > _LONGEST_NUMBER:
        return text
    return _to_number(text)


def _to_number(text: str) -> Scalar:
    if _INT.fullmatch(text):
        return int(text.replace("_", ""))
    if _BASED_INT.fullmatch(text):
        return _to_based_int(text)
    if _FLOAT.fullmatch(text) and not _LEADING_ZERO.match(text):
        number = float(text)
        return text if math.isinf(number) else number
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _to_based_int(text: str) -> Scalar:
    digits = text.replace("_", "").lstrip("+-")
    if len(digits) < 3:
        return text
    number = int(digits[2:], _BASES[digits[:2]])
    return -number if text[0] == "-" else number


TAGS: t.Final = {
    f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "merge")
}
"""The tags of YAML that a scalar may have, by their full names."""


def resolve_tagged(text: str, kind: str) -> Scalar:
    """The value of a scalar with a tag of YAML.  ValueError: its text is none of that kind."""
    if kind == "str":
        return text
    value = resolve_plain(text)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    names = {"int": int, "float": float, "bool": bool, "null": type(None)}
    if value.__class__ is not names.get(kind):
        raise ValueError(f"{text!r} is no {kind}")
    return value
