"""docs/messages.md, from the texts in the code and from messages.yml."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate import hints
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import RULES
from tests.unit.support.messages import read_explanations, read_messages

HEAD = """\
# Messages

Each error of the collection ends with an id in brackets:

    app shop: 'my app' can't be an app's name: … Use letters, digits, … [app-name]

The id is the anchor of a section on this page. An id of a rule, for errors in a unit's text, leads
to [lint](lint.md). Ids stay the same from release to release; texts may get better. A line that was
searched for without its id is here too: below each explanation are the texts of the code, with …
for what a run puts in.

A failure of several parts, such as the apps of a host, has an id behind each part.
"""
_SHORTEST = 12
"""Characters of a text that is worth to be shown, without the values in it."""


def messages_page() -> str:
    """Every id with its explanation and texts, then the rules."""
    texts: dict[str, dict[str, None]] = {}
    for message in read_messages():
        if message.ident and len(message.text.replace("…", "")) >= _SHORTEST:
            line = " ".join(message.text.split()).replace("`", "'")
            texts.setdefault(message.ident, {})[line] = None
    parts = [HEAD]
    for heading, rows in read_explanations().items():
        parts.append(f"\n## {heading}\n")
        parts += [_section(ident, row, texts.get(ident, ())) for ident, row in rows.items()]
        parts += _known_causes() if "start-failed" in rows else ()
    parts.append("\n## Rules for the text of units\n\n| id | is broken by |\n|---|---|\n")
    parts += [f"| [{rule.id}](lint.md#{rule.id}) | {rule.summary} |\n" for rule in RULES.values()]
    return "".join(parts)


def _section(ident: str, row: t.Mapping[str, str], texts: t.Iterable[str]) -> str:
    shown = "".join(f"- `{text}`\n" for text in texts)
    listed = f"\n{shown}" if shown else ""
    return f"\n### {ident}\n\n{row['means']} {row['why']}\n\n→ {row['remedy']}\n{listed}"


def _known_causes() -> t.Iterator[str]:
    """What the journal of a failed start is searched for."""
    yield "\n### Known causes\n\n"
    yield "Where the journal of a service has one of these causes, `reason` and `hint` name it.\n"
    yield "\n| the service did not start, since | remedy |\n|---|---|\n"
    for _pattern, cause, remedy in (*hints._STORIES, *hints._TABLE):
        cells = [re.sub(r"(\{\w+\})+", "…", text).replace("|", "\\|") for text in (cause, remedy)]
        yield f"| {cells[0]} | {cells[1]} |\n"
