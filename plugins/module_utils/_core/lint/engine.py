# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint: findings about an app's units that Podman itself may accept."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from ..errors import QuadletError
from ..mounts.judge import judge_mounts
from ..quadlet.keys import SECTIONS
from ..quadlet.kinds import is_companion, unit_of
from ..quadlet.unitfile import UnitText
from ..validate.check import check_mounts, check_units, parse_units
from ..validate.companions import check_companions
from .names import APP_NAME_RULES, NAME_RULES
from .rules import RULES, check_rule_name
from .safety import SAFETY_RULES
from .service import APP_RULES, SERVICE_RULES
from .text import TEXT_RULES, Test
from .unit import UNIT_RULES
from .values import VALUE_RULES
from .view import Context, Hit, Units

LEVELS = ("error", "warning", "note")

UNSET_VARIABLE = "unset-variable"
"""A rule that is a note where the manager's variables are not known."""

_IGNORE = re.compile(r"^[ \t]*[#;][ \t]*lint:[ \t]*ignore\b(.*)$", re.MULTILINE)
_WHERE = re.compile(
    r"(?P<path>.*?)(?::(?P<line>\d+))?(?: \[(?P<section>[^]]*)\] (?P<key>\S+))?", re.DOTALL
)


class Finding(t.NamedTuple):
    """A broken rule, and its place; line, section and key are None for a whole file."""

    rule: str
    level: str
    path: str
    line: int | None
    section: str | None
    key: str | None
    message: str
    remedy: str

    @property
    def where(self) -> str:
        """Path, line and key, as errors name them."""
        line = f":{self.line}" if self.line else ""
        key = f" [{self.section}] {self.key}" if self.key else ""
        return f"{self.path}{line}{key}"

    def to_error(self) -> QuadletError:
        """The finding as an error."""
        return QuadletError(self.message, where=self.where, remedy=self.remedy, rule=self.rule)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}. {self.remedy} ({self.rule})"


def lint_units(texts: t.Mapping[str, UnitText], context: Context) -> list[Finding]:
    """The findings about an app's units and drop-ins that are not silenced, by unit and line."""
    app = Units(texts, context)
    silenced, findings = _silenced(app)
    for hit in _hits(app):
        finding = _finding(hit)
        if hit.rule == UNSET_VARIABLE and context.place.facts.environment is None:
            finding = finding._replace(level="note")
        names = {"", finding.path, unit_of(finding.path)}
        if RULES[hit.rule].refusal or not any((name, hit.rule) in silenced for name in names):
            findings.append(finding)
    order = {path: number for number, path in enumerate(texts)}
    return sorted(dict.fromkeys(findings), key=lambda f: (order[f.path], f.line or 0))


def lint_texts(texts: t.Mapping[str, str], context: Context) -> list[Finding]:
    """All findings about units, with the errors of validation."""
    units, errors = parse_units(texts)
    errors += check_units(units, context.version, context.place)
    location = "home" if context.rootless else "system"
    own = {path: unit for path, unit in units.items() if is_companion(path)}
    errors += check_companions(own, location=location, folder=context.place.unit_dir)
    mounts = judge_mounts(units, context.place.ground)
    errors += check_mounts(mounts.faults)
    context = dataclasses.replace(context, mounts=mounts)
    return [*map(from_error, errors), *lint_units(units, context)]


def from_error(error: QuadletError) -> Finding:
    """A refusal as a finding."""
    place = _WHERE.fullmatch(error.where or "")
    path, line, section, key = place.group("path", "line", "section", "key") if place else [""] * 4
    rule = RULES[error.rule or "syntax"]
    number = int(line) if line else None
    return Finding(
        rule.id, "error", path, number, section, key, error.what, error.remedy or rule.remedy
    )


def make_finding(rule_id: str, path: str, message: str, remedy: str = "") -> Finding:
    """A finding about a whole file."""
    rule = RULES[rule_id]
    texts = (message, remedy or rule.remedy)
    return Finding(rule.id, rule.level, path, None, None, None, *texts)


def _finding(hit: Hit) -> Finding:
    if isinstance(hit.at, str):
        return make_finding(hit.rule, hit.at, hit.message, hit.remedy)
    rule, entry = RULES[hit.rule], hit.at.entry
    texts = (hit.message, hit.remedy or rule.remedy)
    return Finding(rule.id, rule.level, hit.at.path, entry.line, entry.section, entry.key, *texts)


def _hits(app: Units) -> t.Iterator[Hit]:
    values = _value_rules()
    for unit in app.units.values():
        for line in unit.lines:
            entry = line.entry
            tests = values.get((entry.section, entry.key), ()) if entry.value else ()
            for rule, test in tests:
                message = test(line)
                if message:
                    yield Hit(rule, line, message)
        for unit_rule in (*UNIT_RULES, *SERVICE_RULES, *NAME_RULES, *SAFETY_RULES):
            yield from unit_rule(unit)
    for app_rule in (*APP_RULES, *APP_NAME_RULES):
        yield from app_rule(app)


@functools.cache
def _value_rules() -> dict[tuple[str, str], list[tuple[str, Test]]]:
    """The rules for the values of each key."""
    rules = (*TEXT_RULES, *VALUE_RULES)
    return {
        (section, key.name): [(row.rule, row.test) for row in rules if row.applies(key)]
        for section, keys in SECTIONS.items()
        for key in keys.values()
    }


def _silenced(app: Units) -> tuple[set[tuple[str, str]], list[Finding]]:
    """((file or '', rule) of silenced rules, findings about comments that silence nothing).

    A comment in a unit counts for its drop-ins, too.
    """
    silenced, findings = set(app.context.ignore), []
    for path, unit in app.texts.items():
        for match in _IGNORE.finditer(unit.text) if "lint:" in unit.text else ():
            line = unit.text.count("\n", 0, match.start()) + 1
            for name in match.group(1).replace(",", " ").split():
                try:
                    check_rule_name(name, where=f"{path}:{line}")
                except QuadletError as error:
                    findings.append(from_error(error))
                else:
                    silenced.add((path, name))
    return silenced, findings
