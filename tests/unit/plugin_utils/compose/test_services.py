"""Keys of services become fields of containers."""

from __future__ import annotations

import pytest

from tests.unit.plugin_utils.compose.cases.objects import OBJECTS, Case
from tests.unit.plugin_utils.compose.cases.service import SERVICE
from tests.unit.plugin_utils.compose.cases.views import VIEWS
from tests.unit.support.compose import read, read_service


def test_keys_of_a_service() -> None:
    wrong = []
    for keys, expected in SERVICE:
        found = read_service(keys)
        shown = {name: VIEWS[name](found) for name in expected}
        if shown != expected or found.report.refusals():
            wrong.append((keys, shown, found.report.refusals()))
    assert wrong == []


@pytest.mark.parametrize("case", OBJECTS, ids=[case.name for case in OBJECTS])
def test_whole_files(case: Case) -> None:
    found = read(case.text, case.files, case.env, case.names)
    assert found.report.refusals() == []
    assert {name: VIEWS[name](found) for name in case.expected} == case.expected
