# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The arguments of the conversions: one row each, for the filters and the playbook."""

from __future__ import annotations

import difflib
import json
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    NEWEST,
    parse_version,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Options

COMPOSE, RUN, SYSTEMD, INSPECT = KINDS = ("compose", "run", "systemd", "inspect")


class Argument(t.NamedTuple):
    """An argument.  type: text, texts, mapping, flag or release.  of: the conversions that take it,
    none for all.
    """

    type: str
    default: t.Any
    choices: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


ARGUMENTS: t.Final[dict[str, Argument]] = {
    "app": Argument("flag", False),
    "base": Argument("text", "", of=(COMPOSE,)),
    "boot": Argument("flag", True),
    "capabilities": Argument("text", "podman", ("podman", "docker")),
    "data": Argument("text", ""),
    "env": Argument("mapping", {}, of=(COMPOSE, RUN)),
    "env_files": Argument("texts", None, of=(COMPOSE,)),
    "healthy": Argument("text", "requires", ("requires", "wants")),
    "name": Argument("text", ""),
    "names": Argument("text", "service", ("service", "compose"), of=(COMPOSE,)),
    "outside": Argument("flag", False, of=(COMPOSE,)),
    "pod": Argument("flag", False, of=(COMPOSE, RUN)),
    "podman": Argument("release", ""),
    "profiles": Argument("texts", (), of=(COMPOSE,)),
    "report": Argument("text", "notable", ("notable", "all")),
    "scope": Argument("text", "system", ("system", "user")),
    "secrets": Argument("text", "auto", ("auto", "keep")),
    "selinux": Argument("text", "share", ("keep", "share", "private", "disable")),
    "strict": Argument("flag", False),
    "unset": Argument("text", "refuse", ("refuse", "empty", "keep"), of=(COMPOSE,)),
}

_OPTIONS = ("boot", "capabilities", "data", "healthy", "pod", "scope", "secrets", "selinux")
_FORMS: t.Final[dict[str, tuple[str, tuple[t.Any, ...]]]] = {
    "text": ("a text", (str,)),
    "flag": ("true or false", (bool,)),
    "mapping": ("a mapping", (t.Mapping,)),
    "texts": ("a list of texts", (str, list, tuple)),
    "release": ("a release of Podman such as '5.4'", (str, int, float)),
}

Given = dict[str, t.Any]


def takes(kind: str) -> list[str]:
    """The names of the arguments that a conversion takes."""
    return [name for name, row in ARGUMENTS.items() if not row.of or kind in row.of]


def parse_arguments(kind: str, given: t.Mapping[str, t.Any]) -> Given:
    """All arguments with their defaults.  QuadletError: one is none, or has a wrong value."""
    names = takes(kind)
    values: Given = {name: ARGUMENTS[name].default for name in names}
    for name, value in given.items():
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            raise QuadletError(
                f"there is no argument {name!r}",
                remedy=f"Did you mean {close[0]}?" if close else f"There are {', '.join(names)}.",
                topic="conversion-argument",
            )
        if value not in (None, ""):
            values[name] = _parse(name, ARGUMENTS[name], value)
    return values


def _parse(name: str, row: Argument, value: t.Any) -> t.Any:
    words, types = _FORMS[row.type]
    if not isinstance(value, types) or (isinstance(value, bool) and row.type != "flag"):
        raise QuadletError(f"{name}: it takes {words}, not {value!r}", topic="conversion-argument")
    if row.choices and value not in row.choices:
        raise QuadletError(
            f"{name}: it is one of {', '.join(row.choices)}, not {value!r}",
            topic="conversion-argument",
        )
    if row.type == "texts":
        return [value] if isinstance(value, str) else [str(item) for item in value]
    if row.type == "mapping":
        return {str(key): _text(name, key, item) for key, item in value.items()}
    if row.type == "release":
        return _parse_release(name, value)
    return str(value) if row.type == "text" else value


def _text(name: str, key: t.Any, value: t.Any) -> str:
    if isinstance(value, (t.Mapping, list, tuple)):
        raise QuadletError(
            f"{name}: {key}: it takes a text, not {value!r}", topic="conversion-argument"
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _parse_release(name: str, value: t.Any) -> tuple[int, ...]:
    try:
        release = parse_version(str(value))
    except ValueError:
        raise QuadletError(
            f"{name}: it takes a release such as '5.4', not {value!r}", topic="podman-release"
        ) from None
    if release > NEWEST:
        return NEWEST
    return release


def to_options(values: Given) -> Options:
    """How the app is written."""
    options = {name: values[name] for name in _OPTIONS if name in values}
    if values["podman"]:
        options["podman"] = values["podman"]
    return Options(**options)


def to_texts(source: t.Any, names: t.Sequence[str]) -> list[tuple[str, str]]:
    """Texts with the names of their files, of a text, a list of texts, or texts by file.

    names: of files without one, of the first and of the others, with {} for the number.
    """
    if isinstance(source, str):
        source = [source]
    if isinstance(source, t.Mapping) and not source:
        source = []
    if isinstance(source, t.Mapping):
        pairs = [(str(file), text) for file, text in source.items()]
    elif isinstance(source, (list, tuple)):
        pairs = [(names[min(n, 1)].format(n + 1), text) for n, text in enumerate(source)]
    else:
        raise QuadletError(
            f"it takes a text, a list of texts, or texts by file, not {source!r:.60}",
            topic="conversion-source",
        )
    for file, text in pairs:
        if not isinstance(text, str):
            raise QuadletError(
                f"it takes a text, not {text!r:.60}", where=file, topic="conversion-source"
            )
    if not pairs:
        raise QuadletError("there is nothing to convert", topic="conversion-source")
    return [(str(file), str(text)) for file, text in pairs]


def to_json_texts(source: t.Any, names: t.Sequence[str]) -> list[tuple[str, str]]:
    """The same of what inspect says, as text or as data."""
    items = source.values() if isinstance(source, t.Mapping) else source
    if isinstance(source, (t.Mapping, list, tuple)) and not all(
        isinstance(item, str) for item in items
    ):
        return [(names[0], json.dumps(source))]
    return to_texts(source, names)


_OWN_NAME = re.compile(r"\A\s*# ((?:container|pod)-\S+\.service)\s*$", re.MULTILINE)


def to_unit_texts(source: t.Any, names: t.Sequence[str]) -> list[tuple[str, str]]:
    """The same of units: Podman writes a unit's name into its first line."""
    texts = to_texts(source, names)
    if isinstance(source, t.Mapping):
        return texts
    found = [(_OWN_NAME.match(text), file, text) for file, text in texts]
    return [(own.group(1) if own else file, text) for own, file, text in found]
