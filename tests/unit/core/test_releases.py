"""State files that releases have written on hosts are read, whole."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.generation import (
    parse_generation,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.intent import parse_intent
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    parse_manifest,
)

RELEASES = sorted((pathlib.Path(__file__).parents[2] / "integration/releases").glob("*.json"))


def _read(release: pathlib.Path, part: str, name: str) -> tuple[str, str]:
    files: dict[str, list[t.Any]] = json.loads(release.read_text(encoding="utf-8"))[part]
    [path] = [path for path in files if path.endswith(name)]
    return files[path][1], path


def _manifest(release: pathlib.Path, part: str, name: str) -> Manifest:
    return parse_manifest(*_read(release, part, name))


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_state_files_of_a_release_are_read(release: pathlib.Path) -> None:
    record = _manifest(release, "ended", "apps/kept.json")
    assert (record.generation, record.deployed) == (2, 2)
    started = {name for name, row in record.services.items() if row.started_with is not None}
    assert {"kept-web.service", "kept-job.timer"} <= started
    assert record.files["conf/a.txt"][1:] == (0o644, "restart")

    first = parse_generation(*_read(release, "ended", "kept/1.json"))
    assert (first.number, first.passed) == (1, True)
    assert first.files["conf/a.txt"][0] == "first\n"

    died = parse_intent(*_read(release, "died", "intents/kept.json"))
    assert "kept-web.service" in died.active
    assert any(path.endswith("conf/a.txt") for path in died.kept)
    assert _manifest(release, "died", "kept.manifest").generation == 2
