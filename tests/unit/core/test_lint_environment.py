# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lint and the variables of the service manager: asked for where a unit needs one."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.environment import (
    lint_with_environment,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import Place
from tests.unit.support.together import together

UNITS = "/etc/containers/systemd"
BASE = (
    "[Container]\nImage=docker.io/library/a:1\n{}\n[Service]\nRestart=always\n{}\n"
    "[Install]\nWantedBy=default.target\n"
)
ENVIRONMENTS: dict[str, t.Mapping[str, str] | None] = {
    "not asked": None,
    "empty": {},
    "has it": {"PORT": "1"},
}
LINES = {
    "argument": "Exec=serve --port ${PORT}",
    "word": "Exec=serve $PORT",
    "pair": "Environment=A=${PORT}",
    "path": "Volume=${PORT}/x:/x",
}


def _lint(
    line: str, known: t.Mapping[str, str] | None, told: t.Mapping[str, str] | None, own: str = ""
) -> tuple[list[t.Any], int]:
    """The findings about variables, and how often the manager was asked."""
    asked = []

    def ask() -> t.Mapping[str, str] | None:
        asked.append(1)
        return told

    place = Place(f"{UNITS}/app", UNITS, "/root", frozenset(), Facts(environment=known))
    units = {"web.container": parse_unit("web.container", BASE.format(line, own))}
    findings = lint_with_environment(units, Context(place), ask)
    return [f for f in findings if f.rule == "unset-variable"], len(asked)


@together("line", LINES.values(), ids=LINES)
@together("told", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_the_manager_is_asked_where_a_variable_is_unknown(
    line: str, told: t.Mapping[str, str] | None
) -> None:
    findings, asked = _lint(line, None, told)
    assert asked == 1
    if told is None:
        assert [f.level for f in findings] == ["note"]
        assert "at most the manager's own environment" in findings[0].message
    elif told:
        assert findings == []
    else:
        assert [f.level for f in findings] == ["warning"]
        assert "neither [Service] nor the manager's environment sets" in findings[0].message


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("Exec=serve", ""),
        ("Exec=serve ${HOME}", ""),
        ("Exec=serve $$PORT", ""),
        ("Exec=serve ${PORT}", "Environment=PORT=1"),
        ("Exec=serve ${PORT}", "EnvironmentFile=/etc/x"),
    ],
)
def test_otherwise_it_is_not_asked(line: str, own: str) -> None:
    assert _lint(line, None, {}, own) == ([], 0)


def test_it_is_not_asked_twice() -> None:
    assert _lint(LINES["word"], {"PORT": "1"}, {}) == ([], 0)
    findings, asked = _lint(LINES["word"], {}, {"PORT": "1"})
    assert ([f.level for f in findings], asked) == (["warning"], 0)
