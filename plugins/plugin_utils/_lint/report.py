# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Renders findings as text, JSON and SARIF."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import Finding
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import RULES, Rule

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def as_text(findings: t.Sequence[Finding]) -> str:
    """A line for each finding: file:line:rule:message."""
    return "".join(f"{f.path}:{f.line or 1}:{f.rule}:{f.message}\n" for f in findings)


def as_json(findings: t.Sequence[Finding]) -> str:
    """A list of objects with the keys that modules return."""
    return json.dumps([finding._asdict() for finding in findings], indent=2) + "\n"


def as_sarif(findings: t.Sequence[Finding]) -> str:
    """SARIF 2.1.0, with every rule."""
    index = {name: number for number, name in enumerate(RULES)}
    rules = [_sarif_rule(rule) for rule in RULES.values()]
    return sarif_log(rules, [_sarif_result(finding, index[finding.rule]) for finding in findings])


def sarif_log(rules: list[dict[str, t.Any]], results: list[dict[str, t.Any]]) -> str:
    """A log of one run, as text."""
    driver = {"name": "quadlet.fleet", "rules": rules}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2) + "\n"


def _sarif_rule(rule: Rule) -> dict[str, t.Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": rule.level},
    }


def _sarif_result(finding: Finding, index: int) -> dict[str, t.Any]:
    place = {
        "artifactLocation": {"uri": urllib.parse.quote(finding.path)},
        "region": {"startLine": finding.line or 1},
    }
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": f"{finding.message}. {finding.remedy}"},
        "locations": [{"physicalLocation": place}],
    }


FORMATS: t.Final[dict[str, t.Callable[[t.Sequence[Finding]], str]]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
}
