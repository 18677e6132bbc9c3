# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Values as lines of a unit, each by how its key is read; what has no form in a key is an error."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet import quoting
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import Key, Reads


def encode(key: Key, text: str) -> str:
    """A line that Podman gets back as the text, byte for byte."""
    return encode_syntax(key, quoting.literal(text))


def encode_syntax(key: Key, text: str) -> str:
    """The same of a text in which systemd expands `%` and `$`."""
    if key.reads is Reads.STRV:
        return quoting.strv_word(text)
    if key.reads in (Reads.ARGS, Reads.KEYVAL):
        return quoting.word(text)
    if not text or text != text.strip():
        raise QuadletError(
            f"the value {text!r} is empty, or begins or ends in a blank", topic="unwritable-value"
        )
    if key.reads is not Reads.ALL and '"' in (text[0], text[-1]):
        raise QuadletError(
            f"the value {text!r} begins or ends in a quote", topic="unwritable-value"
        )
    return quoting.line(text)
