"""docs/compose-keys.md, from the table of the keys of a Compose file."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    SECTIONS,
    Version,
    version_text,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import OLDEST
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import ROWS, Row

_HEAD = """\
# Keys of Compose

What the filter `quadlet.fleet.from_compose` makes of each key of a Compose file: every key of the
Compose specification, and older ones that files still have. A key that is not here is refused, with
a suggestion, as Compose refuses it; `x-` keys have no effect.

| outcome | means |
|---|---|
| exact | It means the same. Where nothing is written, it has no effect, or is so anyway. |
| moved | It means the same at another place, such as a file or a secret of the app. |
| approximated | It means nearly the same; the report tells the difference. |
| dropped | It is left out; the report tells what is lost. |
| refused | There is no app; the error tells what to do instead. |

The outcome that a value has is in the report of the conversion. A key of Quadlet is followed by the
first release of Podman that reads it; an older release gets the option behind `PodmanArgs=`.
A string may stand for a number or a boolean.
"""

_SECTIONS: t.Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("Services", "Container", ("services", "*")),
    ("Networks", "Network", ("networks", "*")),
    ("Volumes", "Volume", ("volumes", "*")),
    ("Secrets", "Container", ("secrets", "*")),
    ("Configs", "Container", ("configs", "*")),
)
_BUILD: t.Final = ("services", "*", "build")


def compose_keys_page() -> str:
    """Every key, by its place."""
    parts = [_HEAD]
    known = [prefix for _heading, _section, prefix in _SECTIONS]
    top = [row for row in ROWS if not any(_is_below(row, prefix) for prefix in known)]
    parts.append(_table("The file", "Container", top, ()))
    for heading, section, prefix in _SECTIONS:
        rows = [row for row in ROWS if _is_below(row, prefix) and not _is_below(row, _BUILD)]
        parts.append(_table(heading, section, rows, prefix))
        if heading == "Services":
            builds = [row for row in ROWS if _is_below(row, _BUILD)]
            parts.append(_table("Builds", "Build", builds, _BUILD))
    return "".join(parts)


def _is_below(row: Row, prefix: tuple[str, ...]) -> bool:
    return len(row.trail) > len(prefix) and row.trail[: len(prefix)] == prefix


def _table(heading: str, section: str, rows: list[Row], prefix: tuple[str, ...]) -> str:
    lines = [
        f"\n## {heading}\n",
        "| key | forms | becomes | outcome | about |",
        "|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: row.trail):
        becomes = ", ".join(_becomes(word, section) for word in row.writes) or " "
        key = ".".join(row.trail[len(prefix) :]).replace(".[]", "[]")
        about = f"{row.text} {row.remedy}".strip()
        outcomes = ", ".join(row.outcomes)
        lines.append(f"| `{key}` | {row.forms} | {becomes} | {outcomes} | {about} |")
    return "\n".join(lines) + "\n"


def _becomes(word: str, section: str) -> str:
    """A key with its release, an option, or a line of systemd's."""
    since = _since(word, section)
    if since:
        return f"`{word}=` ({version_text(since)})"
    return f"`{word}`" if word.startswith("--") else f"`{word}=`"


def _since(word: str, section: str) -> Version | None:
    key = SECTIONS[section].get(word) or SECTIONS["Container"].get(word)
    return max(key.since, OLDEST) if key else None
