# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The option gate: the conditions for a successful run."""

from __future__ import annotations

import typing as t

from .probes import check_seconds

if t.TYPE_CHECKING:
    from .probes import Probe


class Gate(t.NamedTuple):
    """timeout: seconds for the whole gate.  stable: seconds that each service must stay up;
    None: by the service, see stable.py.  healthy: auto or never.
    """

    timeout: float = 300.0
    stable: float | None = None
    healthy: str = "auto"
    probes: tuple[Probe, ...] = ()


def parse_gate(gate: t.Mapping[str, t.Any]) -> Gate:
    """The gate that a module's option describes."""
    given = {key: value for key, value in gate.items() if value is not None}
    for key in ("timeout", "stable"):
        check_seconds(f"gate {key}", given.get(key, 0))
    if given.get("probes"):
        from .probes import parse_probes

        given["probes"] = parse_probes(given["probes"])
    return Gate(**{**given, "probes": tuple(given.get("probes", ()))})
