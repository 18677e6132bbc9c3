# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Services that read active and were restarted by systemd, because they had ended."""

from __future__ import annotations

import typing as t

from ..quadlet.kinds import kind_of

if t.TYPE_CHECKING:
    from ..state.manifest import ServiceRecord
    from ..systemd_state import Details, State


def lasting(services: t.Mapping[str, ServiceRecord], states: t.Mapping[str, State]) -> list[str]:
    """Active services that run something, and are not meant to end."""
    return [
        name
        for name, record in services.items()
        if name in states and states[name].up and not record.once and _runs(record.unit)
    ]


def _runs(unit: str) -> bool:
    kind = kind_of(unit)
    return kind.runs if kind else unit.endswith(".service")


def find_restarted(details: t.Mapping[str, Details]) -> list[str]:
    """A message for each that systemd has restarted since somebody started it (NRestarts=)."""
    return [
        f"{name} ended by itself and was restarted by systemd "
        f"{'once' if row.restarts == 1 else f'{row.restarts} times'} since it was last deployed or "
        f"started: journalctl -u {name} tells why"
        for name, row in details.items()
        if row.restarts
    ]
