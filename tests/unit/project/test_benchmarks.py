# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmarks call is still there: nothing else runs them."""

from __future__ import annotations

import importlib
import pathlib
import sys

import pytest

from tests.benchmarks import cost

FOLDER = pathlib.Path(cost.__file__).parent


def test_the_cost_of_a_plan() -> None:
    assert set(cost.decide_app()) == {"render", "parse", "check", "mounts", "lint", "plan"}


def test_the_cost_of_what_is_sent_and_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "RUNS", 1)
    assert cost.compile_milliseconds() > 0
    assert min(cost.import_milliseconds(cost.make_payload())) > 0


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_its_imports_are_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert importlib.import_module(f"tests.benchmarks.{name}").__doc__
