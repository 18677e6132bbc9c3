"""Keys that are options of podman."""

from __future__ import annotations

from tests.unit.plugin_utils.compose.cases.plain import OPTIONS
from tests.unit.support.compose import read_service


def test_keys_become_options() -> None:
    wrong = []
    for keys, expected in OPTIONS:
        read = read_service(keys)
        found = (read.options(), read.report.refusals())
        if found != (expected, []):
            wrong.append((keys, *found))
    assert wrong == []
