"""The report of a conversion: nothing is dropped silently, by construction."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.rules import RULES


def _web() -> Node:
    ports = Node((Node("80", "c.yml", 4), Node("81", "c.yml", 5)), "c.yml", 3)
    return Node({"image": Node("nginx", "c.yml", 2), "ports": ports, "x": Node({}, "c.yml", 6)})


def test_a_thing_that_nobody_settled_is_a_defect() -> None:
    report = Report()
    report.give("services.web.image", "c.yml", 2)
    with pytest.raises(QuadletError, match=r"c\.yml:2: services\.web\.image"):
        report.items()


def test_items_tell_outcome_and_place() -> None:
    report = Report()
    image = report.give("services.web.image", "c.yml", 2)
    image.write("web.container", "Image")
    ports = report.give("services.web.ports", "c.yml", 3)
    ports.dropped("nobody asked", "Ask", "anonymous-volume")
    assert [row["path"] for row in report.items()] == ["services.web.ports"]
    rows = report.items(everything=True)
    assert [(row["outcome"], row["wrote"]) for row in rows] == [
        ("exact", ["web.container:Image"]),
        ("dropped", []),
    ]


@pytest.mark.parametrize(("strict", "count"), [(False, 1), (True, 3)])
def test_refusals_list_all_causes(strict: bool, count: int) -> None:
    report = Report()
    report.give("a").moved("it moved")
    report.give("b").dropped("it went")
    report.give("c", "f", 7).refused("no form", "Write another")
    report.give("d").exact("documentation")
    causes = report.refusals(strict)
    assert len(causes) == count
    assert causes[-1] == "f:7: c: no form. Write another"


@pytest.mark.parametrize(
    ("take", "left"),
    [
        ([], [""]),
        (["image"], ["ports", "x"]),
        (["image", "ports[0]"], ["ports[1]", "x"]),
        (["image", "ports", "x"], []),
        (["ports[0]", "ports[1]", "x"], ["image"]),
    ],
)
def test_what_nobody_took_is_known(take: list[str], left: list[str]) -> None:
    root = Branch(_web(), "", Report())
    for path in take:
        key, _bracket, index = path.partition("[")
        branch = root.get(key)
        assert branch
        (branch.each()[int(index[:-1])] if index else branch).take()
    assert [branch.path for branch in root.left()] == left


def test_rules_have_reasons() -> None:
    assert [rule.id for rule in RULES.values() if not (rule.summary and rule.why)] == []
