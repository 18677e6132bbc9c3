"""A value of any form at any key is read or refused; nothing is raised, and nothing passed over."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import ROWS, Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.walk import given_within
from tests.unit.support.compose import all_given, read_tree
from tests.unit.support.share import pick

VALUES: t.Final[tuple[t.Any, ...]] = (
    *(None, "", " ", "x", "a=b", "a:b", "a:b:c:d:e", "/a:/b", "./a:/b:ro", "service:x", "-1"),
    *(0, 1, -1, 10**20, 1.5, float("inf"), True, False, "\u00e9\n'\"", "%n $x", "x" * 300),
    *([], [None], [""], ["x"], ["x", "x"], [1, True, 1.5], [[]], [{}], [["x"]], [{"x": "y"}]),
    *({}, {"": ""}, {"x": None}, {"x": "y"}, {"x": 1}, {"x": []}, {"x": {}}, {"x": {"y": "z"}}),
)


STEP: t.Final = pick(long=1, usual=5, fast=20)
"""Every value at each row, or every STEPth."""


def _node(value: t.Any) -> Node:
    if isinstance(value, dict):
        return Node({key: _node(item) for key, item in value.items()}, "c.yml", 1)
    if isinstance(value, list):
        return Node(tuple(_node(item) for item in value), "c.yml", 1)
    return Node(value, "c.yml", 1, text="" if value is None else str(value))


def _wrap(row: Row, value: t.Any) -> t.Any:
    """A file that has a value at a row's place, and uses what it declares."""
    for key in reversed(row.trail):
        value = [value] if key == "[]" else {"x" if key == "*" else key: value}
    kinds = {"networks": "x", "volumes": "x:/x", "secrets": "x", "configs": "x"}
    kind = row.trail[0]
    if kind in kinds:
        value["services"] = {"web": {"image": "i", kind: [kinds[kind]]}}
    service = value.setdefault("services", {"web": {"image": "i"}})
    if isinstance(service, dict) and isinstance(service.get("x"), dict):
        service["x"].setdefault("image", "i")
    return value


def test_any_value_at_any_key() -> None:
    wrong = []
    for number, row in enumerate(ROWS):
        for value in VALUES[number % STEP :: STEP]:
            try:
                found = read_tree(_node(_wrap(row, value)))
            except Exception as error:
                wrong.append((row.path, value, repr(error)))
                continue
            known = {id(given) for given in given_within(found.model)}
            lost = [
                given.path
                for given in all_given(found.report)
                if not given.is_settled and id(given) not in known
            ]
            if lost:
                wrong.append((row.path, value, lost, found.report.refusals()))
    assert wrong == []
