# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Drop-ins of systemd's own that apply to generated services: whoever wrote them changes these."""

from __future__ import annotations

import re
import typing as t

from ..errors import QuadletError
from ..quadlet.kinds import drop_in_dirs

_REFUSES = re.compile(
    r"Refusing\.|bad unit file setting|is not executable|is not absolute|Failed to (?:load|create)"
)
_OURS = re.compile(r"(?:/usr)?/lib/|/usr/share/|/run/(?:user/\d+/)?systemd/generator")
"""Where distributions and generators put theirs, which do not break a service."""


def wanted_dirs(services: t.Iterable[str]) -> dict[str, list[str]]:
    """Names of directories by service: its own, its template's, those of its dashes, its type's."""
    return {name: drop_in_dirs(name) for name in services}


def is_foreign(path: str) -> bool:
    """Whether a person put it there."""
    return not _OURS.match(path)


def find_refusals(said: str, drop_ins: t.Mapping[str, t.Sequence[str]]) -> list[QuadletError]:
    """Errors for services that systemd will refuse with their drop-ins.

    said: by systemd-analyze verify, of these services.  drop_ins: paths by service.
    """
    lines = [line.strip() for line in said.split("\n") if _REFUSES.search(line)]
    errors = []
    for service, paths in drop_ins.items():
        own = [line for line in lines if service in line or any(path in line for path in paths)]
        if own:
            errors.append(
                QuadletError(
                    f"systemd refuses {service} with {', '.join(paths)}: {own[0]}",
                    where=paths[0],
                    remedy="Correct or remove the drop-in. Nothing was written or stopped.",
                    topic="systemd-refuses",
                )
            )
    return errors
