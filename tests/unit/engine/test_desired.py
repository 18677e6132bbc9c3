"""What an app's directory is to hold."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import (
    Blob,
    digest,
    file_record,
    from_wire,
    to_wire,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import Manifest
from ansible_collections.quadlet.fleet.plugins.module_utils._engine.desired import desired_content

WEB, DB, ENV = Blob(b"web"), Blob(b"db"), Blob(b"env", 0o600, "reload")
NEW = Blob(b"new")
DROP = Blob(b"drop")
INSTALLED = {"web.container": WEB, "db.container": DB, "db.container.d/x.conf": DROP, "a.env": ENV}
MANIFEST = Manifest("app", files={path: file_record(blob) for path, blob in INSTALLED.items()})
ALL = set(INSTALLED)

CASES: dict[str, tuple[dict[str, t.Any], dict[str, Blob]]] = {
    "installed set": ({}, INSTALLED),
    "declared": ({"content": {"web.container": NEW}}, {"web.container": NEW}),
    "declared without prune": (
        {"content": {"web.container": NEW}, "prune": False},
        {**INSTALLED, "web.container": NEW},
    ),
    "absent": ({"state": "absent"}, {}),
    "absent, whatever is declared": ({"state": "absent", "content": {"web.container": NEW}}, {}),
    "one unit changed": (
        {"patch": {"web.container": NEW}},
        {**INSTALLED, "web.container": NEW},
    ),
    "one unit more": ({"patch": {"new.pod": NEW}}, {**INSTALLED, "new.pod": NEW}),
    "one unit less, with its drop-ins": (
        {"patch": {"db.container": None}},
        {"web.container": WEB, "a.env": ENV},
    ),
    "one that is not there less": ({"patch": {"x.pod": None}}, INSTALLED),
}


@pytest.mark.parametrize(("options", "desired"), CASES.values(), ids=CASES)
def test_desired(options: dict[str, t.Any], desired: dict[str, Blob]) -> None:
    assert desired_content(App("app", **options), MANIFEST, INSTALLED) == desired


def test_a_file_that_is_not_there_is_not_installed() -> None:
    current = {"web.container": WEB}
    assert desired_content(App("app"), MANIFEST, current) == current


def test_a_file_that_the_app_does_not_own_is_not_of_the_installed_set() -> None:
    current = {**INSTALLED, "foreign.container": NEW}
    assert desired_content(App("app"), MANIFEST, current) == INSTALLED


def test_without_its_last_unit_an_app_has_nothing() -> None:
    manifest = Manifest(
        "app", files={p: file_record(INSTALLED[p]) for p in ("web.container", "a.env")}
    )
    app = App("app", patch={"web.container": None})
    assert desired_content(app, manifest, {"web.container": WEB, "a.env": ENV}) == {}


def test_a_first_unit() -> None:
    app = App("app", patch={"web.container": NEW})
    assert desired_content(app, Manifest("app"), {}) == {"web.container": NEW}


def test_files_come_back_from_the_wire() -> None:
    content = {**INSTALLED, "bin": Blob(b"\x00\xff\n", 0o755)}
    manifest = Manifest("app", files={path: file_record(blob) for path, blob in content.items()})
    assert from_wire(to_wire(content, content), manifest.on_change) == content
    assert from_wire(to_wire(content, ["a.env"]), {}) == {"a.env": Blob(b"env", 0o600)}


def test_a_record_of_a_file() -> None:
    assert file_record(ENV) == (digest(b"env"), 0o600, "reload")
