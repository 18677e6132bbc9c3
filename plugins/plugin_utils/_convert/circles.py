# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Containers that need each other: systemd would leave one of them out, whichever."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_SHARED = frozenset({"--ipc", "--pid", "--uts", "--cgroupns"})


def refuse_circles(writing: Writing) -> None:
    """Refuses what closes a circle."""
    needs = {name: _needs(writing, name) for name in writing.containers}
    done: set[str] = set()
    for start in needs:
        _walk(needs, start, [], done)


def _needs(writing: Writing, name: str) -> dict[str, Given]:
    """What a container starts after, and what says so."""
    container = writing.containers[name]
    found = {need.container: need.given for need in container.dependencies}
    modes = [(o.value or "", o.given) for o in container.options if o.name in _SHARED]
    if container.network_mode is not None:
        modes.append((container.network_mode.value, container.network_mode.given))
    for mode, given in modes:
        if mode.startswith("service:"):
            found.setdefault(mode.removeprefix("service:"), given)
    return {stem: given for stem, given in found.items() if stem in writing.containers}


def _walk(needs: dict[str, dict[str, Given]], start: str, path: list[str], done: set[str]) -> None:
    """Depth first, without recursion: a file may have thousands of services."""
    stack = [(start, iter(needs[start].items()))] if start not in done else []
    path.append(start)
    while stack:
        name, following = stack[-1]
        for stem, given in following:
            if stem in path:
                circle = ", ".join([*path[path.index(stem) :], stem])
                each = "it needs itself" if name == stem else "containers need each other"
                given.refused(f"{each}: {circle}", "Leave one need out.")
            elif stem not in done:
                path.append(stem)
                stack.append((stem, iter(needs[stem].items())))
                break
        else:
            done.add(name)
            path.pop()
            stack.pop()
