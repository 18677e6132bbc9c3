# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The documents of a Compose file's text."""

from __future__ import annotations

import re
import typing as t

import yaml

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.builder import (
    Builder,
    TooLargeError,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node

LONGEST: t.Final = 1024 * 1024
"""In bytes.  Files of Compose have a thousandth of it."""

_STRANGE: t.Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_TAB: t.Final = "YAML is indented with blanks, not with tabs; put @, ` and % into quotes."
_Loader: t.Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_parse: t.Final[t.Callable[..., t.Iterator[yaml.Event]]] = yaml.parse


def decode(data: bytes, file: str, causes: Causes) -> str | None:
    """The text of a file; None with a cause: it is too long, or no text."""
    if len(data) > LONGEST:
        causes.add(
            file, "", f"{len(data)} bytes are no Compose file", f"At most {LONGEST} are read."
        )
        return None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
        text.encode("utf-8")
        return text
    except UnicodeError as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        causes.add(
            f"{file}:{line}", "", "this is no text in UTF-8", "Convert it, or name another file."
        )
        return None


def parse_documents(text: str, file: str, causes: Causes) -> list[Node]:
    """The documents that are no null; [] with a cause: it is no YAML, or no mapping."""
    builder = Builder(file, causes)
    if len(text) > LONGEST:
        causes.add(
            file, "", f"{len(text)} characters are no Compose file", f"At most {LONGEST} are read."
        )
        return []
    strange = _STRANGE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        what = f"the character U+{ord(strange.group()):04X} is not allowed in YAML"
        causes.add(f"{file}:{line}", "", what, "Remove it, or write it as \\xNN in double quotes.")
        return []
    try:
        for event in _parse(text.removeprefix("\ufeff"), Loader=_Loader):
            builder.feed(event)
    except TooLargeError as error:
        causes.add("", "", str(error), "Write it with fewer aliases, or in smaller files.")
        return []
    except yaml.YAMLError as error:
        problem = _problem(error)
        remedy = _TAB if "cannot start any token" in problem else "Correct the YAML."
        causes.add(_place(file, error), "", f"no YAML: {problem}", remedy)
        return []
    return _mappings(builder.documents, causes)


def _mappings(documents: list[Node], causes: Causes) -> list[Node]:
    given = [node for node in documents if node.value is not None]
    for node in given:
        if not node.is_mapping:
            kind = "a list" if node.is_list else "a single value"
            causes.add(node, "", f"the file is {kind}, not a mapping", "Begin with services:.")
    return [node for node in given if node.is_mapping]


def _place(file: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f"{file}:{mark.line + 1}" if mark else file


def _problem(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    return f"{context}: {problem}" if context else str(problem)
