# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Checks names and values of secrets, and decides what a run does to a secret."""

from __future__ import annotations

import base64
import binascii
import typing as t

from ..errors import QuadletError

LONGEST_NAME = 253
LONGEST_VALUE = 511999

ACTIONS = ("none", "create", "replace", "remove")


def check_name(name: str) -> None:
    """Refuses names that Podman refuses."""
    size = len(name.encode("utf-8", "surrogateescape"))
    if not 0 < size <= LONGEST_NAME or any(sign in name for sign in ",/=\0"):
        raise QuadletError(
            f"{name[:80]!r} can't be a secret's name",
            where="name",
            remedy=f"It has 1 to {LONGEST_NAME} bytes, and no comma, slash, equals sign or NUL.",
            topic="secret-name",
        )


def decode_value(value: t.Any, encoding: str) -> bytes:
    """The bytes of a value; no error shows any of them."""
    if not isinstance(value, str):
        raise QuadletError(
            f"it is of type {type(value).__name__}, not text",
            where="value",
            remedy="Quote it where it is written, or end its template with the filter string "
            "(to_json for a mapping or a list).",
            topic="secret-value",
        )
    data = _from_base64(value) if encoding == "base64" else _from_text(value)
    if not 0 < len(data) <= LONGEST_VALUE:
        raise QuadletError(
            f"it has {len(data)} bytes",
            where="value",
            remedy=f"Podman takes 1 to {LONGEST_VALUE}.",
            topic="secret-value",
        )
    return data


def _from_text(value: str) -> bytes:
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        pass
    raise QuadletError(
        "it is no valid Unicode",
        where="value",
        remedy="Give it as encoding: base64.",
        topic="secret-value",
    )


def _from_base64(value: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        pass
    raise QuadletError(
        "it is not base64",
        where="value",
        remedy="Use the filter b64encode, or encoding: text.",
        topic="secret-value",
    )


def find_id(listing: str, name: str) -> str | None:
    """The id of the secret of that exact name, from lines of an id and a name in hexadecimal.

    Podman itself accepts the beginning of an id as a name.
    """
    wanted = name.encode("utf-8", "surrogateescape").hex()
    rows = (line.split() for line in listing.splitlines())
    return next((row[0] for row in rows if row[1:] == [wanted]), None)


def parse_names(listing: str) -> list[str]:
    """All names, from the same lines."""
    rows = (line.split() for line in listing.splitlines())
    return [bytes.fromhex(row[1]).decode("utf-8", "surrogateescape") for row in rows if row[1:]]


def decide(current: bytes | None, wanted: bytes | None) -> str:
    """The action (of ACTIONS) from the current to the wanted value; None: no secret."""
    if current == wanted:
        return "none"
    if wanted is None:
        return "remove"
    return "create" if current is None else "replace"


def describe(action: str) -> dict[str, str]:
    """The diff of an action, without the values."""
    before, after = {
        "none": ("value (not shown)\n", "value (not shown)\n"),
        "create": ("", "value (not shown)\n"),
        "replace": ("old value (not shown)\n", "new value (not shown)\n"),
        "remove": ("value (not shown)\n", ""),
    }[action]
    return {"before": before, "after": after}
