"""docs/keys.md and the notes of the modules' documentation, from the tables of keys and kinds."""

from __future__ import annotations

import textwrap
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    INSTALL_SINCE,
    NEWEST,
    SECTIONS,
    Key,
    Reads,
    version_text,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS, OLDEST
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quirks import QUIRKS

WRITTEN: dict[Reads, tuple[str, str]] = {
    Reads.SCALAR: ("value", "one line; the last assignment counts"),
    Reads.COMMAND: ("command", "one line, or a list of words: data"),
    Reads.BOOL: ("boolean", "`true` or `false`"),
    Reads.UINT: ("number", "a decimal number"),
    Reads.ALL: ("lines", "a list, one line each; an item that is a list: parts, data"),
    Reads.STRV: ("words", "a list, one line each; quotes group words, a backslash is itself"),
    Reads.ARGS: ("arguments", "a list, one line each; an item that is a list: words, data"),
    Reads.LAST_ARGS: ("argument list", "one line, or a list of words: data"),
    Reads.KEYVAL: ("pairs", "a mapping: data; or a list, one line each"),
}
"""How a key is read, in a word, and how its value is given in sections."""

_HEAD = f"""\
# Keys

Every key that Podman {version_text(OLDEST)} to {version_text(NEWEST)} reads in a unit, tested with
their generators. A key that is newer than the host's Podman is an error that names both releases;
with `compat: args` a key that has an option is written as `PodmanArgs=` with that option.
[Values](values.md) explains how to write values.
"""


def keys_page() -> str:
    """docs/keys.md."""
    sections = [f"## [{name}]\n\n{_keys(rows)}" for name, rows in SECTIONS.items()]
    return "\n".join([_HEAD, _kinds(), _forms(), *sections, _install(), _quirks()])


def keys_fragment() -> str:
    """The fragment with notes that say which release each key came with."""
    notes = [
        "  - >-\n"
        + textwrap.fill(
            f"Keys of C([{section}]){_since_kind(section)}: {_names(rows)}.",
            width=96,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
            break_long_words=False,
        )
        for section, rows in SECTIONS.items()
    ]
    return _FRAGMENT.replace("NOTES", "\n".join(notes))


_FRAGMENT = '''\
# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the keys of Quadlet units, written by tests/generate-docs."""

from __future__ import annotations


class ModuleDocFragment:
    """Keys, with the first release of Podman of those that came later."""

    DOCUMENTATION = r"""
options: {}
notes:
NOTES
"""
'''


def _since_kind(section: str) -> str:
    kind = next((kind for kind in KINDS.values() if kind.section == section), None)
    return f" (Podman {version_text(kind.since)})" if kind and kind.since > OLDEST else ""


def _names(rows: t.Mapping[str, Key]) -> str:
    first = min(key.since for key in rows.values())
    floor = max(first, OLDEST)
    return ", ".join(
        f"C({key.name})" + (f" ({version_text(key.since)})" if key.since > floor else "")
        for key in rows.values()
    )


def table(heads: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell or ' ' for cell in line)} |\n" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _kinds() -> str:
    rows = [
        (
            f"`x.{kind.suffix}`",
            version_text(max(kind.since, OLDEST)),
            f"`x{kind.service_suffix}.service`",
            _code(kind.object_name.format(stem="x")) + _or(kind.name_key),
            str(kind.order),
        )
        for kind in KINDS.values()
    ]
    heads = ("unit", "since", "service", "name of its object", "starts")
    note = "Units with a smaller number under *starts* start first, if nothing else orders them.\n"
    return f"## Kinds\n\n{table(heads, rows)}\n{note}"


def _or(key: str) -> str:
    return f", or `{key}=`" if key else ""


def _forms() -> str:
    return f"## How keys are read\n\n{table(('read as', 'given as'), WRITTEN.values())}"


def _keys(rows: t.Mapping[str, Key]) -> str:
    heads = ("key", "since", "read as", "value", "option of podman", "may name")
    return table(heads, map(_row, rows.values()))


def _row(key: Key) -> tuple[str, ...]:
    value = ", ".join(_dated(f"`{word}`", since, key) for word, since in key.choices.items())
    option = _code(key.option.rstrip("="))
    if key.option_since > key.since or key.option_since >= OLDEST:
        option += f" ({version_text(key.option_since)})"
    refs = ", ".join(_dated(f"`.{kind}`", since, key) for kind, since in key.refs.items())
    return (
        f"`{key.name}`",
        version_text(max(key.since, OLDEST)),
        WRITTEN[key.reads][0],
        value or key.value,
        option,
        refs,
    )


def _dated(text: str, since: t.Sequence[int], key: Key) -> str:
    late = tuple(since) > max(key.since, OLDEST)
    return f"{text} ({version_text(tuple(since))})" if late else text


def _install() -> str:
    rows = [(f"`{name}`", version_text(since)) for name, since in INSTALL_SINCE.items()]
    return f"## [Install]\n\n{table(('key', 'since'), rows)}"


def _quirks() -> str:
    rows = [
        (
            f"`{quirk.id}`",
            f"{version_text(quirk.first)} to before {version_text(quirk.fixed)}",
            quirk.what,
            quirk.remedy.format(service="the service's name"),
            f"<{quirk.reference}>" if "://" in quirk.reference else quirk.reference,
        )
        for quirk in QUIRKS
    ]
    head = "Forms that some releases accept and misread; on a host with one of those, an error."
    heads = ("id", "releases", "what happens", "remedy", "source")
    return f"## What older releases misread\n\n{head}\n\n{table(heads, rows)}"
