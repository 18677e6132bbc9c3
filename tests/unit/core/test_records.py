"""Whatever a user writes into a record: it is read, or an error that names it."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.info import ansible_pull
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state import records
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.generation import (
    Generation,
    parse_generation,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.intent import (
    Intent,
    parse_intent,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
    parse_manifest,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.rollout import Mark
from tests.unit.support.together import together

Parse = t.Callable[[str, str], t.Any]
WHOLE: dict[str, tuple[t.Any, Parse]] = {
    "manifest": (
        Manifest(
            "shop",
            3,
            {"a/b": ("digest", 0o644, "restart")},
            "loaded",
            1.5,
            {"a.service": ServiceRecord("a.container", ("b",), started_with={"a": "b"})},
            {"s": "s.1"},
            {"image": "id"},
            3,
            Mark("r1", 2, True),
        ),
        parse_manifest,
    ),
    "generation": (
        Generation(
            "shop", 3, 1.5, "root", ("x",), {"a": ("te\0xt", 0o644, "none")}, True, {"s": "s.1"},
            {"image": ("id", "digest")}, ("image",), {"stable": 1}, "r1",
        ),
        parse_generation,
    ),
    "intent": (
        Intent("shop", 1.5, {"/a": "/b"}, ("a.service",), ("b",), {"t": "enabled"}, {"i": "d"}),
        parse_intent,
    ),
}  # fmt: skip
WRONG: tuple[t.Any, ...] = (
    None, True, -1, 10**30, 1e400, float("nan"), "x", "a\0b", "\udcff", [], [1], ["a\0"], {},
    {"a\0b": "x"}, {"a": None}, {"a": ["x"]}, {"a": ["x", "y", "z"]}, {"a": {"b": {"c": []}}},
    {"a": ["x", 1.5, "z"]}, [[["a"]]], {"": ""}, {"a": ["\0", 420, "none"]},
)  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_record_is_read(kind: str) -> None:
    record, parse = WHOLE[kind]
    assert parse(records.dump(record), "/p") == record


@pytest.mark.parametrize("kind", WHOLE)
def test_each_field_with_each_value(kind: str) -> None:
    record, parse = WHOLE[kind]
    whole = json.loads(records.dump(record))
    refused = 0
    for name in ("format", *whole):
        for value in WRONG:
            text = json.dumps({**whole, name: value})
            read = _read(parse, text)
            if isinstance(read, QuadletError):
                refused += 1
                assert read.where == "/p"
                assert read.remedy
            else:
                records.check(read)
                assert "\\u0000" not in json.dumps([*_names(read)])
    assert refused > 5 * len(whole)


def _read(parse: Parse, text: str) -> t.Any:
    try:
        return parse(text, "/p")
    except QuadletError as error:
        return error


def _names(record: t.Any) -> t.Iterator[str]:
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        yield from value if isinstance(value, dict) and field.name != "gate" else ()


def test_each_type_has_a_test() -> None:
    types = {
        str(field.type)
        for kind in (Manifest, ServiceRecord, Generation, Intent)
        for field in dataclasses.fields(kind)
    }
    assert types == set(records.TYPES)


DEEP = ["[" * 20_000, '{"a":' * 20_000, "1" * 10_000]
TEXTS = ["", "\0", "[", "null", "1", '"x"', "[]", "{}", *DEEP]
TEXTS += [f'{{"format": {word}}}' for word in ("2", '"2"', "null", "[2]", "2e400")]


@together("kind", WHOLE)
@together("text", TEXTS, ids=range(len(TEXTS)))
def test_any_text(kind: str, text: str) -> None:
    with pytest.raises(QuadletError) as caught:
        WHOLE[kind][1](text, "/p")
    assert caught.value.where == "/p"


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_any_text_of_ansible_pull(text: str) -> None:
    row = ansible_pull.to_row(text, "alice", {})
    assert ansible_pull.find_trouble(row, "label")
    for value in WRONG:
        row = ansible_pull.to_row(json.dumps({"format": 1, "result": value}), "alice", {})
        ansible_pull.find_trouble(row, "label")
