# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Uses of an app's secrets that do not work with stored names."""

from __future__ import annotations

import posixpath
import re
import typing as t

from ..content import Blob, text_of
from ..effective import parse_leniently
from ..errors import QuadletError
from ..quadlet.kinds import kind_of, unit_of
from ..quadlet.splitting import split_strv, split_words
from ..quadlet.unitfile import Entry
from .stored_names import source_of

Names = t.Collection[str]

_WAY_OUT = "make it with quadlet.fleet.secret, which keeps its name, instead of secrets."
_REASON = (
    "but the app stores it under a name that changes with its value, and rewrites Secret= alone"
)


def check_uses(content: t.Mapping[str, Blob], names: Names) -> list[QuadletError]:
    """Errors for uses of these secrets outside of `Secret=`, or by a name that systemd expands."""
    errors = []
    for path, blob in content.items():
        kind = kind_of(unit_of(path))
        unit = None if kind is None or blob.is_link else parse_leniently(path, blob)
        for entry in unit.entries if unit and kind else ():
            if kind and entry.section == kind.section and entry.key in _CHECKS:
                where = entry.where(path)
                uses = _CHECKS[entry.key](entry, names, content)
                errors += [
                    QuadletError(what, where=place or where, remedy=remedy, topic="secret-use")
                    for what, remedy, place in uses
                ]
    return errors


Uses = t.Iterator[tuple[str, str, str]]
"""(what, remedy, place if it is not the unit's line)"""


def _in_arguments(entry: Entry, names: Names, _content: t.Mapping[str, Blob]) -> Uses:
    words = split_words(entry.value)
    for number, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option == "--secret":
            value = value if equals else "".join(words[number + 1 : number + 2])
            start, end = source_of(value)
            name = value[start:end].replace("%%", "%")
            if name in names:
                yield (
                    f"it names the secret {name}, {_REASON}",
                    f"Write Secret={value}, or {_WAY_OUT}",
                    "",
                )


def _in_mounts(entry: Entry, names: Names, _content: t.Mapping[str, Blob]) -> Uses:
    for word in split_words(entry.value):
        options = dict(part.partition("=")[::2] for part in word.split(","))
        name = next((options[key] for key in ("source", "src", "id") if key in options), "")
        if options.get("type") == "secret" and name in names:
            yield f"it names the secret {name}, {_REASON}", f"Write Secret={name}.", ""


def _in_secret(entry: Entry, names: Names, _content: t.Mapping[str, Blob]) -> Uses:
    if entry.section != "Container":  # in a build they are files and variables
        return
    for word in split_words(entry.value):
        start, end = source_of(word)
        source = word[start:end]
        if "%" not in source.replace("%%", ""):
            continue
        parts = re.split(r"%(.)", source)
        pattern = "".join(
            re.escape(part) if n % 2 == 0 else "%" if part == "%" else ".*"
            for n, part in enumerate(parts)
        )
        name = next((name for name in names if re.fullmatch(pattern, name, re.DOTALL)), None)
        if name is not None:
            what = f"only systemd knows whether {source} is the secret {name}"
            yield (
                what,
                f"Write Secret={name} in the unit, or in a drop-in of the instance.",
                "",
            )


def _in_yaml(entry: Entry, names: Names, content: t.Mapping[str, Blob]) -> Uses:
    for word in split_strv(entry.value):
        path = posixpath.normpath(word)
        if path in content:
            for name, line in yaml_secrets(text_of(content[path])):
                if name in names:
                    yield (
                        f"it names the secret {name}, {_REASON}",
                        f"Define a Secret in the YAML itself, or {_WAY_OUT}",
                        f"{path}:{line}",
                    )


_CHECKS: t.Final[dict[str, t.Callable[[Entry, Names, t.Mapping[str, Blob]], Uses]]] = {
    "PodmanArgs": _in_arguments,
    "GlobalArgs": _in_arguments,
    "Mount": _in_mounts,
    "Secret": _in_secret,
    "Yaml": _in_yaml,
}

_VALUE = r"[\"']?\s*:\s*[\"']?([^\s\"',}#]+)"
_NAMED = re.compile(rf"\bsecretName{_VALUE}")
_NAME = re.compile(rf"\bname{_VALUE}")
_REFERENCE = re.compile(r"\b(?:secretKeyRef|secretRef)[\"']?\s*:")
_DEFINES = re.compile(r"(?m)^[ {]*[\"']?kind[\"']?\s*:\s*[\"']?Secret\b")


def yaml_secrets(text: str) -> list[tuple[str, int]]:
    """Secrets that Kubernetes YAML refers to and does not define, with their lines."""
    lines = text.split("\n")
    defined = {
        match.group(1)
        for part in re.split(r"(?m)^---", text)
        if _DEFINES.search(part)
        for match in _NAME.finditer(part)
    }
    references = []
    for number, line in enumerate(lines):
        if line.lstrip().startswith("#"):
            continue
        references += [(match.group(1), number + 1) for match in _NAMED.finditer(line)]
        for match in _REFERENCE.finditer(line):
            references += _referred(lines, number, match)
    return [(name, line) for name, line in references if name not in defined]


def _referred(lines: list[str], number: int, match: re.Match[str]) -> list[tuple[str, int]]:
    """The name after or below a reference, with its line."""
    rest = lines[number][match.end() :]
    named = _NAME.search(rest.partition("}")[0])
    if named:
        return [(named.group(1), number + 1)]
    for place in range(number + 1, len(lines)):
        line = lines[place]
        deeper = len(line) - len(line.lstrip()) > match.start() - (match.group()[0] in "\"'")
        if line.strip() and not deeper and "{" not in rest:
            break
        named = _NAME.search(line)
        if named and not line.lstrip().startswith("#"):
            return [(named.group(1), place + 1)]
    return []
