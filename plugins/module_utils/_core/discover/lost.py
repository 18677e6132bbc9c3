# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a container loses when a Quadlet service takes its place, in words."""

from __future__ import annotations

import typing as t

_NAMED = 3
_STEP = 1024
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def would_lose(container: t.Mapping[str, t.Any]) -> list[str]:
    """Sentences about a container, as the module discover returns it.

    The container of a service is a new one at each start: its own layer and its anonymous volumes
    begin anew.
    """
    found = []
    changed = container["changed_files"] or []
    if changed:
        shown = ", ".join(change["path"] for change in changed[:_NAMED])
        more = ", …" if len(changed) > _NAMED else ""
        count = _files(container["changed_count"])
        found.append(f"{count} outside of any volume changed: {shown}{more}")
    for volume in container["volumes"]:
        if volume["anonymous"]:
            found.append(f"{volume['target']} is in an anonymous volume{_amount(volume)}")
        if volume["ids_outside"]:
            ids = ", ".join(map(str, volume["ids_outside"][:_NAMED]))
            found.append(f"{volume['target']} has owners outside of the user's ids: {ids}")
    found += [
        f"{path} is a volume of the image's, and nothing is mounted there"
        for path in container["uncovered_volumes"]
    ]
    return found


def _amount(volume: t.Mapping[str, t.Any]) -> str:
    if volume["bytes"] is None:
        return ""
    return f": {size_text(volume['bytes'])} in {_files(volume['files'])}"


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def size_text(count: float) -> str:
    """A number of bytes for people."""
    steps = 0
    while count >= _STEP and steps < len(_UNITS) - 1:
        count, steps = count / _STEP, steps + 1
    return f"{count:.{min(steps, 1)}f} {_UNITS[steps]}"
