# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The status of a fleet as one HTML file that needs nothing else, and asks nobody for anything.

The data is a block of JSON that no browser runs, with every `<` escaped; page.js makes text nodes
of it.  The policy of the page (CSP) lets its own script and style run, by their digests, and no
other.
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.pack import pack

_LONGEST, _MOST = 600, 12

_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
"""What could end the block of data, or a line of it, in any reader."""


class Parts(t.NamedTuple):
    """The files of the page: page.html has a mark for each of the others, and for the data."""

    html: str
    css: str
    js: str


def render_page(document: t.Mapping[str, t.Any], parts: Parts) -> str:
    """The page's text."""
    data = json.dumps(pack(_short(document)), separators=(",", ":")).translate(_ESCAPES)
    policy = (
        f"default-src 'none'; script-src '{_digest(parts.js)}'; style-src '{_digest(parts.css)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    marks = {"@POLICY@": policy, "@CSS@": parts.css, "@DATA@": data, "@JS@": parts.js}
    text, rest = "", parts.html
    for mark, content in marks.items():  # in their order: no content is searched for marks
        head, _mark, rest = rest.partition(mark)
        text += head + content
    return text + rest


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _short(value: t.Any) -> t.Any:
    """The document with what nobody reads on a page cut: long texts, and many changes of a run.

    The file of data has all of it.
    """
    if isinstance(value, str):
        clean = value.encode("utf-8", "replace").decode()
        return clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 1]}…"
    if isinstance(value, t.Mapping):
        return {
            key: _cut(part) if key == "changes" else _short(part) for key, part in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_short(part) for part in value]
    return value


def _cut(changes: t.Sequence[str]) -> list[str]:
    left = len(changes) - _MOST
    return [_short(text) for text in changes[:_MOST]] + ([f"… and {left} more"] if left > 0 else [])
