# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The changes of files, for Ansible's diff."""

from __future__ import annotations

import typing as t

from ..app.layout import Layout
from ..content import Blob
from .model import Plan, Step


def make_diff(
    plan: Plan, desired: t.Mapping[str, Blob], current: t.Mapping[str, Blob], layout: Layout
) -> list[dict[str, str]]:
    """An entry for each written or deleted file, units as declared, and for each changed secret."""
    entries = []
    mark = f".{layout.app}-".encode()
    if any(mark in blob.data for content in (desired, current) for blob in content.values()):
        from ..secrets.stored_names import declared_content, describe_changes

        kept = current.keys() & {*desired, *plan.deletes}
        entries = describe_changes({p: current[p] for p in kept}, desired, layout.app)
        desired, current = (declared_content(c, layout.app) for c in (desired, current))
    for path in (*plan.writes, *plan.deletes):
        old = current.get(path)
        new = desired.get(path) if path in plan.writes else None
        if old == new:
            continue
        entry = {
            "before_header": _header(layout, path, old),
            "after_header": _header(layout, path, new),
            "before": _text(old),
            "after": _text(new),
        }
        entries.append(entry)
    return entries


def plan_entry(label: str, steps: t.Iterable[Step]) -> list[dict[str, str]]:
    """An entry with what becomes of services, and why: no file need change for a restart."""
    lines = [f"{step.to_text()}\n" for step in steps if not _is_of_file(step)]
    if not lines:
        return []
    headers = {"before_header": f"{label}: services", "after_header": f"{label}: plan"}
    return [{**headers, "before": "", "after": "".join(lines)}]


def _is_of_file(step: Step) -> bool:
    """Whether the entry of a file shows it."""
    return step.action in ("write", "adopt") or (step.action == "remove" and not step.service)


def _header(layout: Layout, path: str, blob: Blob | None) -> str:
    what = "absent" if blob is None else "link" if blob.is_link else f"mode {blob.mode:04o}"
    return f"{layout.real(path)} ({what})"


def _text(blob: Blob | None) -> str:
    if blob is None:
        return ""
    try:
        text = blob.data.decode("utf-8")
        return f"link to {text}\n" if blob.is_link else text
    except UnicodeDecodeError:
        return f"(binary, {len(blob.data)} bytes)\n"
