"""What runs in the child of `Owner.call` imports nothing late: there it can't be read any more."""

from __future__ import annotations

import pathlib

import pytest

from tests.unit.support import reach


def _called() -> list[reach.Place]:
    return sorted({place for name in reach.module_names() for place in reach.find_called(name)})


def test_the_functions_are_found() -> None:
    names = {f"{name}.{inner}" for name, inner in _called()}
    assert len(names) > 25
    assert {
        "_host.exchange.stage",
        "_host.staging.judge",
        "_engine.observe._read_installed",
    } <= names


def test_none_imports_anything_late() -> None:
    for place in _called():
        reached = reach.reach([place])
        assert place in reached
        assert [line for one in sorted(reached) for line in reach.late_imports(one)] == [], place


def test_a_late_import_is_seen(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text(
        "from . import b\n"
        "def run(owner):\n    owner.call(work, 1)\n    owner.call(b.good)\n"
        "def work(x):\n    return assist(x)\n"
        "def assist(x):\n    import json\n    return json\n"
    )
    (tmp_path / "b.py").write_text("def good():\n    return 1\n")
    read = reach.read_module.__wrapped__
    monkeypatch.setattr(reach, "read_module", lambda name: read(name, tmp_path))
    assert set(reach.find_called("a")) == {("a", "work"), ("b", "good")}
    reached = reach.reach([("a", "work")])
    assert [line for one in reached for line in reach.late_imports(one)] == ["a.assist, line 8"]
    assert [line for one in reach.reach([("b", "good")]) for line in reach.late_imports(one)] == []
