# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint of a written app: what a deployment would refuse is refused, all else is told."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import (
    Finding,
    lint_texts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import Place
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import (
    LINT,
    Given,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import restore
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing


def tell_findings(writing: Writing, modes: t.Mapping[str, str]) -> None:
    """A remark for each finding, on what the line was written of.  modes: of the app's files."""
    texts = {
        name: restore(render_unit(name, unit.finish())) for name, unit in writing.units.items()
    }
    home = "/home/user" if writing.is_user else "/root"
    units = f"{home}/.config/containers/systemd" if writing.is_user else "/etc/containers/systemd"
    context = Context(
        Place(f"{units}/{writing.name}", units, home, frozenset()),
        writing.options.podman[:2],
        writing.is_user,
        {path: int(mode, 8) for path, mode in modes.items()},
    )
    for finding in lint_texts(texts, context):
        _tell(finding, _owner(writing, finding, texts.get(finding.path, "")) or writing.given)


def _owner(writing: Writing, finding: Finding, text: str) -> Given | None:
    """What the line of a finding was written of."""
    unit = writing.units.get(finding.path)
    if unit is None or not finding.line or not finding.key:
        return None
    above = text.split("\n")[: finding.line]
    number = sum(line.startswith(f"{finding.key}=") for line in above)
    owners = unit.owners.get(finding.key, [])
    return owners[number - 1] if 0 < number <= len(owners) else None


def _tell(finding: Finding, given: Given) -> None:
    text = f"{finding.where}: {finding.message}"
    if finding.level == "error":
        given.refused(text, finding.remedy, LINT)
    else:
        given.exact(f"lint {finding.level} {finding.rule}: {text}", LINT)
