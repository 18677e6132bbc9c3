# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that stands in two places says the same."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import Finding
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import COMPANIONS
from tests.unit.support.documentation import read_block

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


@pytest.mark.parametrize("module", ["app", "unit", "validate"])
def test_findings_are_documented_with_every_field(module: str) -> None:
    assert tuple(read_block(module, "RETURN")["lint"]["contains"]) == Finding._fields


def test_the_action_group_has_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert sorted(runtime["action_groups"]["quadlet"]) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_examples_name_the_module_in_full_and_say_what_they_do(module: str) -> None:
    tasks = read_block(module, "EXAMPLES")
    assert any(f"quadlet.fleet.{module}" in task for task in tasks)
    assert all(task.get("name") for task in tasks)


@pytest.mark.parametrize("module", MODULES)
def test_documented_as_a_member_of_the_group(module: str) -> None:
    fragments = read_block(module, "DOCUMENTATION")["extends_documentation_fragment"]
    assert {"quadlet.fleet._attributes", "quadlet.fleet._attributes.actiongroup"} <= set(fragments)


def test_a_return_by_hand_knows_the_place_of_every_companion() -> None:
    page = (ROOT / "docs/by-hand.md").read_text(encoding="utf-8")
    native = page[page.index("native = (") : page.index("return (systemd")]
    assert set(re.findall(r"\"\.(\w+)\"", native)) == set(COMPANIONS)
