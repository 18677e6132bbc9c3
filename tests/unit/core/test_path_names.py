"""Escaped names are decoded as systemd-escape does, by one decoder."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.expand import (
    expand_specifiers,
    specifier_tables,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts, Ground
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.path_names import (
    escape_path,
    unescape,
    unescape_path,
)
from tests.unit.support.together import together

PATHS = {
    "srv/data": "srv-data",
    "a-b/c": "a\\x2db-c",
    "ä/ö ü": "\\xc3\\xa4-\\xc3\\xb6\\x20\\xc3\\xbc",
    "x/€uro": "x-\\xe2\\x82\\xacuro",
    "ключ": "\\xd0\\xba\\xd0\\xbb\\xd1\\x8e\\xd1\\x87",
    "🐋/x": "\\xf0\\x9f\\x90\\x8b-x",
    "back\\slash": "back\\x5cslash",
    ".hidden/y": "\\x2ehidden-y",
    "%/$": "\\x25-\\x24",
}
"""What `systemd-escape --path` of systemd 252 makes of them."""

GROUND = Ground(
    "/etc/containers/systemd/app", "/etc/containers/systemd", "/root", frozenset(), Facts()
)


@pytest.mark.parametrize("path", PATHS)
def test_there_and_back(path: str) -> None:
    escaped = escape_path(path)
    assert unescape(escaped) == path
    assert unescape_path(escaped) == f"/{path}"


@pytest.mark.parametrize("path", PATHS)
def test_as_systemd_escape(path: str) -> None:
    assert escape_path(path) == PATHS[path]


@together("path", PATHS)
@together(("name", "form"), [("w@{}.service", "%I"), ("{}.service", "%P")])
def test_specifiers_have_the_same_decoder(path: str, name: str, form: str) -> None:
    service = name.format(escape_path(path))
    assert expand_specifiers(form, specifier_tables(service, GROUND)[0]) == path
    assert expand_specifiers("%f", specifier_tables(service, GROUND)[0]) == f"/{path}"
