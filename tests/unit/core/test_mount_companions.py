# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Companions that are named after a path: mounts and automounts."""

from __future__ import annotations

import itertools
import string
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.paths import check_unit_name
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import lint_texts
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import COMPANIONS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.path_names import (
    escape_path,
    mounts_for,
    unescape_path,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import (
    Place,
    parse_units,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.companions import (
    add_mounts,
    check_companions,
    companion_services,
    to_records,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import (
    to_service,
)
from tests.unit.support.together import together

SYSTEMD = "/etc/systemd/system"
OF_PATHS = [suffix for suffix, row in COMPANIONS.items() if row.of_path]

ESCAPED = {
    "/srv/data": "srv-data",
    "/srv//data/": "srv-data",
    "/srv/my data": r"srv-my\x20data",
    "/srv/a-b": r"srv-a\x2db",
    "/.hidden": r"\x2ehidden",
    "/srv/.x": "srv-.x",
    "/": "-",
    "/ümlaut/é": r"\xc3\xbcmlaut-\xc3\xa9",
    "/a:b_c.d": "a:b_c.d",
    "/a@b": r"a\x40b",
    "/a/./b": "a-b",
    "/var/lib/containers/storage": "var-lib-containers-storage",
}
"""What `systemd-escape --path` of systemd 252 made of each."""


@pytest.mark.parametrize(("path", "name"), ESCAPED.items())
def test_a_path_as_a_name(path: str, name: str) -> None:
    assert escape_path(path) == name
    assert escape_path(unescape_path(name)) == name


@together("char", sorted({*map(chr, range(33, 127))} - {"/", "."}))
def test_each_character(char: str) -> None:
    """It escapes all but letters, digits, `:`, `_` and `.`, each of which was asked for."""
    plain = char in {*string.ascii_letters, *string.digits, ":", "_"}
    assert escape_path(f"/a{char}b") == (f"a{char}b" if plain else rf"a\x{ord(char):02x}b")
    assert unescape_path(escape_path(f"/a{char}b")) == f"/a{char}b"
    check_unit_name(f"{escape_path(f'/a{char}b')}.mount", "")


def _text(suffix: str, where: str) -> str:
    return f"[{COMPANIONS[suffix].section}]\nWhere={where}\n"


def _check(texts: t.Mapping[str, str], location: str = "system") -> list[str]:
    units, errors = parse_units(texts)
    assert errors == []
    return [str(one) for one in check_companions(units, location=location, folder=SYSTEMD)]


@together(
    ("suffix", "path"), list(itertools.product(OF_PATHS, [path for path in ESCAPED if path != "/"]))
)
def test_the_name_is_that_of_the_path(suffix: str, path: str) -> None:
    right = f"{escape_path(path)}.{suffix}"
    text = _text(suffix, path.replace("%", "%%"))
    assert _check({right: text}) == []
    [error] = _check({f"data.{suffix}": text})
    assert f"systemd takes it under the name {right} alone" in error
    assert f"Rename it to {right}, or mount at /data" in error
    in_drop_in = {f"x.{suffix}": _text(suffix, "/x"), f"x.{suffix}.d/1.conf": text}
    assert right in _check(in_drop_in)[0], "a drop-in counts"


@pytest.mark.parametrize("suffix", OF_PATHS)
def test_what_no_mount_can_be(suffix: str) -> None:
    section = COMPANIONS[suffix].section
    for where in ("", "srv/data", "~/data", "/srv/../etc"):
        [error] = _check({f"srv-data.{suffix}": _text(suffix, where)})
        assert f"Where={where} is no absolute path" in error
    assert "no absolute path" in _check({f"srv-data.{suffix}": f"[{section}]\n"})[0]
    assert _check({f"x.{suffix}": _text(suffix, "%h/x")}) == [], "systemd itself expands it"
    for location in ("home", "admin"):
        errors = _check({f"srv-data.{suffix}": _text(suffix, "/srv/data")}, location)
        assert "to mount takes root" in errors[-1]
        assert "an app of the system's scope" in errors[-1]


@together("suffix", OF_PATHS)
@together("rootless", [False, True, None])
def test_lint_finds_it_too(suffix: str, rootless: bool | None) -> None:
    folder = "/etc/containers/systemd"
    context = Context(Place(f"{folder}/app", folder, "/root", frozenset()), rootless=rootless)
    found = lint_texts({f"data.{suffix}": _text(suffix, "/srv/data")}, context)
    assert [finding.rule for finding in found] == ["bad-companion"]
    right = "takes root" if rootless else f"srv-data.{suffix}"
    assert right in str(found[0])


STARTED = {
    "mount": ({"a.mount": ""}, {"a.mount": False}),
    "automount": ({"a.mount": "", "a.automount": ""}, {"a.mount": True, "a.automount": False}),
    "both installed": (
        {"a.mount": "[Install]\nWantedBy=x.target\n", "a.automount": ""},
        {"a.mount": False, "a.automount": False},
    ),
    "another's": ({"a.mount": "", "b.automount": ""}, {"a.mount": False, "b.automount": False}),
}


@pytest.mark.parametrize(("texts", "waiting"), STARTED.values(), ids=STARTED)
def test_what_an_automount_mounts_is_left_to_it(
    texts: dict[str, str], waiting: dict[str, bool]
) -> None:
    full = {
        path: _text(path.rpartition(".")[2], f"/{path[0]}") + text for path, text in texts.items()
    }
    units, _errors = parse_units(full)
    records = to_records(companion_services(units, SYSTEMD))
    assert {name: record.triggered for name, record in records.items()} == waiting
    assert all(not record.once for record in records.values())


PATHS = {
    "/srv/data": True,
    "/srv/data/sub/x": True,
    "/srv/data/": True,
    "/srv": False,
    "/srv/database": False,
    "%t/containers": False,
    "srv/data": False,
}


@pytest.mark.parametrize(("path", "needs"), PATHS.items())
def test_a_service_needs_the_mounts_of_its_paths(path: str, *, needs: bool) -> None:
    block = {("Unit", "RequiresMountsFor"): [f"%t/x {path}"], ("Unit", "Requires"): ["a.service"]}
    service = to_service("web.service", block)
    units, _errors = parse_units({"srv-data.mount": _text("mount", "/srv/data")})
    [found] = add_mounts([service], companion_services(units, SYSTEMD))
    more = ("srv-data.mount",) if needs else ()
    assert (found.needs, found.follows) == (("a.service", *more),) * 2
    assert add_mounts([service], []) == [service]


def test_mounts_for_a_path() -> None:
    assert mounts_for("/srv/a-b") == ["srv.mount", r"srv-a\x2db.mount"]
