# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint that learns the manager's variables, where it needs them."""

from __future__ import annotations

import dataclasses
import typing as t

from .engine import UNSET_VARIABLE, Finding, lint_units

if t.TYPE_CHECKING:
    from ..quadlet.unitfile import UnitText
    from .view import Context


def lint_with_environment(
    units: t.Mapping[str, UnitText],
    context: Context,
    ask: t.Callable[[], t.Mapping[str, str] | None],
) -> list[Finding]:
    """Lint's findings.  ask: the manager's variables, None if it can't be asked; it is called only
    where a unit needs a variable that nothing in it sets, and they are not known yet.
    """
    findings = lint_units(units, context)
    facts = context.place.facts
    asks = facts.environment is None and any(f.rule == UNSET_VARIABLE for f in findings)
    environment = ask() if asks else None
    if environment is None:
        return findings
    place = context.place._replace(facts=facts._replace(environment=environment))
    return lint_units(units, dataclasses.replace(context, place=place))
