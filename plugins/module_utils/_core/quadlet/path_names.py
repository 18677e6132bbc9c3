# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Names of mount units, which say where they mount (systemd.unit(5), on escaping of paths)."""

from __future__ import annotations

import posixpath
import re

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.")


def escape_path(path: str) -> str:
    """A path as `systemd-escape --path` writes it."""
    parts = [part for part in posixpath.normpath(path).split("/") if part]
    text = "/".join(parts)
    if not text:
        return "-"
    escaped = "".join(_escape(char) for char in text)
    return f"\\x2e{escaped[1:]}" if escaped.startswith(".") else escaped


def _escape(char: str) -> str:
    if char == "/":
        return "-"
    if char in _PLAIN:
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


def mounts_for(path: str) -> list[str]:
    """The mount units that systemd pulls in for RequiresMountsFor= a path, if they are there."""
    if not path.startswith("/") or "%" in path:
        return []
    parts = [part for part in posixpath.normpath(path).split("/") if part]
    return [f"{escape_path('/'.join(parts[:n]))}.mount" for n in range(1, len(parts) + 1)]


def unescape(name: str) -> str:
    """An escaped name as systemd decodes it: bytes of UTF-8, and `-` for a slash."""
    text = name.replace("-", "/").encode("utf-8", "surrogateescape")
    raw = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda match: bytes([int(match.group(1), 16)]), text)
    return raw.decode("utf-8", "surrogateescape")


def unescape_path(name: str) -> str:
    """The path of an escaped name."""
    return "/" + unescape(name).strip("/")
