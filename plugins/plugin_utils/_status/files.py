# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The files of a fleet's status: their contents by name, and how they are written."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import typing as t
import urllib.parse

from ansible_collections.quadlet.fleet.plugins.module_utils._core.status.metrics import make_metrics
from ansible_collections.quadlet.fleet.plugins.module_utils._core.status.words import seconds_of
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.document import find_reason
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.page import Parts, render_page

PAGE, DATA = "index.html", "status.json"
_PRIVATE, _PUBLIC = 0o600, 0o644


def read_parts() -> Parts:
    """The files that the page is made of, as they lie beside this one."""
    return Parts(
        *(_read(os.path.join(os.path.dirname(__file__), f"page.{part}")) for part in Parts._fields)
    )


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def make_files(
    formats: t.Collection[str], document: t.Mapping[str, t.Any], told: t.Mapping[str, t.Any]
) -> dict[str, str]:
    """Texts by relative path.  told: what was registered, by host."""
    files = {}
    if "page" in formats:
        files[PAGE] = render_page(document, read_parts())
    if "data" in formats:
        files[DATA] = json.dumps(document, indent=1) + "\n"
    if "metrics" in formats:
        now = seconds_of(document["made_at"])
        for host, result in told.items():
            info = result if find_reason(result)[0] == "ok" else None
            files[metrics_path(host)] = make_metrics(info, now, {"host": host})
    return files


def metrics_path(host: str) -> str:
    """Where the metrics of a host are; a name can lead nowhere else."""
    return f"metrics/quadlet-{urllib.parse.quote(host, safe='')}.prom"


def read_present(path: str) -> str | None:
    """What a file has, None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def write_file(path: str, text: str) -> None:
    """Replaces a file by one rename: who reads it has the old one or the new one.

    The waiting file's name ends otherwise than a file that is read.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor, waiting = tempfile.mkstemp(dir=os.path.dirname(path), suffix=".new")
    try:
        with open(descriptor, "w", encoding="utf-8", errors="replace") as stream:
            stream.write(text)
            os.fchmod(descriptor, _mode(path))
        os.replace(waiting, path)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(waiting)
        raise


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        return _PUBLIC if path.endswith(".prom") else _PRIVATE
