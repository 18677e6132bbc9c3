# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Manifests and locks on disk; every function runs as the owner of the scope's files."""

from __future__ import annotations

import contextlib
import os


def manifest_path(state_dir: str, app: str) -> str:
    """Where an app's manifest is."""
    return f"{state_dir}/apps/{app}.json"


def read_text(path: str) -> str | None:
    """A file's text, or None if it does not exist."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def list_apps(state_dir: str) -> list[str]:
    """Names of the apps that have a manifest."""
    try:
        names = os.listdir(f"{state_dir}/apps")
    except FileNotFoundError:
        return []
    return sorted(name[: -len(".json")] for name in names if name.endswith(".json"))


def write_text(path: str, text: str) -> None:
    """Replaces a file by one rename; only its owner can read it."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    waiting = f"{path}.new"
    descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        os.replace(waiting, path)
    except OSError as error:
        remove(waiting)
        error.filename = error.filename or path
        raise


def remove(path: str) -> None:
    """Deletes a file that may be gone already."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
