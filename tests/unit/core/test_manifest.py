"""The record of an app: written, read, and refused."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    Manifest,
    ServiceRecord,
    dump_manifest,
    parse_manifest,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.records import FORMAT

PATH = "/var/lib/quadlet.fleet/app.json"
FULL = Manifest(
    "app",
    generation=7,
    files={"web.container": ("sha", 0o644, "restart"), "conf/ä": ("sha2", 0o600, "none")},
    loaded="sha3",
    written_at=1795400054.25,
    services={
        "web.service": ServiceRecord(
            "web.container",
            needs=("a.service",),
            follows=("a.service", "b.service"),
            once=True,
            objects=("systemd-web",),
            can_reload=True,
            started_with={"web.container": "sha"},
            reload_with={"conf/ä": "sha2"},
        ),
        "data-volume.service": ServiceRecord("data.volume", makes="systemd-data"),
        "web.timer": ServiceRecord("web.timer", triggers=("web.service",)),
        "job.service": ServiceRecord("job.container", triggered=True),
    },
    secrets={"password": "password.app-0123456789ab"},
)


@pytest.mark.parametrize(
    "manifest", [FULL, Manifest("app"), Manifest("app", generation=1)], ids=["full", "new", "bare"]
)
def test_comes_back(manifest: Manifest) -> None:
    assert parse_manifest(dump_manifest(manifest), PATH) == manifest


def test_is_written_the_same_each_time() -> None:
    text = dump_manifest(FULL)
    assert dump_manifest(parse_manifest(text, PATH)) == text
    assert text.endswith("}\n")
    assert json.loads(text)["format"] == FORMAT


def _with(**changes: t.Any) -> str:
    data = json.loads(dump_manifest(FULL))
    data.update(changes)
    return json.dumps({key: value for key, value in data.items() if value != "drop"})


def test_format_1_is_read() -> None:
    """It knew no secrets."""
    data = json.loads(_with(format=1))
    del data["secrets"]
    assert parse_manifest(json.dumps(data), PATH) == dataclasses.replace(FULL, secrets={})


@pytest.mark.parametrize("found", [FORMAT + 1, 99])
def test_a_newer_format_is_refused(found: int) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_manifest(_with(format=found, new="x"), PATH)
    assert f"it has format {found}" in caught.value.what
    assert caught.value.where == PATH
    assert "Update the collection" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "1",
        '"a"',
        "{}",
        dump_manifest(FULL)[:-20],
        dump_manifest(FULL) + "x",
        _with(format="drop"),
        _with(format=None),
        _with(format="1x"),
        _with(format=[]),
        _with(app="drop"),
        _with(files="drop"),
        _with(files=None),
        _with(files=[]),
        _with(files={"a": "b"}),
        _with(files={"a": ["sha"]}),
        _with(files={"a": None}),
        _with(services="drop"),
        _with(services=[]),
        _with(services={"a": None}),
        _with(services={"a": {}}),
        _with(services={"a": {"unit": "x"}}),
        _with(services={"a": {"needs": [], "follows": [], "objects": []}}),
        _with(unknown=1),
    ],
    ids=range(27),
)
def test_a_damaged_record_is_refused(text: str) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_manifest(text, PATH)
    assert "damaged" in caught.value.what
    assert caught.value.where == PATH
    assert "Move it away" in (caught.value.remedy or "")
