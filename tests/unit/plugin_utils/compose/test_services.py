"""Keys of services become fields of containers."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.left_out import LeftOut
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import Project
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.read import (
    ReadOptions,
    read_project,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from tests.unit.plugin_utils.compose.cases.objects import OBJECTS, Case
from tests.unit.plugin_utils.compose.cases.service import SERVICE
from tests.unit.plugin_utils.compose.cases.views import VIEWS
from tests.unit.support.compose import all_given, read, read_service


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


def test_what_the_loader_left_out_is_in_the_report() -> None:
    left = [
        LeftOut("extension", "x-a", "c.yml", 1),
        LeftOut("profile", "services.b.image", "c.yml", 2, "dev"),
        LeftOut("duplicate", "services.a.ports[0]", "c.yml", 3, "a later item replaces it"),
    ]
    report = Report()
    tree = read("services: {a: {image: x}}").root
    read_project(Project("blog", tree, (), (), (), {}, tuple(left)), report, ReadOptions())
    assert [
        (given.path, given.line, given.remarks[0].reason) for given in all_given(report)[:3]
    ] == [
        ("x-a", 1, "an extension"),
        ("services.b.image", 2, "no active profile has it: dev"),
        ("services.a.ports[0]", 3, "a later item replaces it"),
    ]
