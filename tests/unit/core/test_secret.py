# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets: names, values, what happens to them, and that nothing tells a value."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.secrets.secret import (
    ACTIONS,
    LONGEST_VALUE,
    check_name,
    decide,
    decode_value,
    describe,
    find_id,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._host import secrets
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import (
    Owner,
    Ran,
    own_process,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._module import secret as _secret


@pytest.mark.parametrize("name", ["a", "-x", ".x-", "a b", "ä", "x" * 253, "{{x}}"])
def test_names_that_podman_takes(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "a/b", "a,b", "a=b", "a\0b", "x" * 254, "ä" * 127])
def test_names_that_podman_refuses(name: str) -> None:
    with pytest.raises(QuadletError) as caught:
        check_name(name)
    assert caught.value.where == "name"


@pytest.mark.parametrize(
    ("value", "encoding", "data"),
    [
        ("a", "text", b"a"),
        (" a\r\n\n", "text", b" a\r\n\n"),
        ("ä€😀", "text", "ä€😀".encode()),
        ("\udcff", "text", b"\xff"),
        ("a\0b", "text", b"a\0b"),
        (base64.b64encode(bytes(range(256))).decode(), "base64", bytes(range(256))),
        ("YWJj\nZGVm\n", "base64", b"abcdef"),
        ("x" * LONGEST_VALUE, "text", b"x" * LONGEST_VALUE),
    ],
)
def test_a_value_is_its_bytes(value: str, encoding: str, data: bytes) -> None:
    assert decode_value(value, encoding) == data


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        ("", "text"),
        ("", "base64"),
        ("x" * (LONGEST_VALUE + 1), "text"),
        ("hunter2 hunter2\ud800", "text"),
        ("hunter2!", "base64"),
        ("hunter2hü==", "base64"),
        ("hunter2", "base64"),
        (739201, "text"),
        (True, "text"),
        ({"hunter2": "hunter2"}, "text"),
        (["hunter2"], "text"),
    ],
)
def test_a_value_that_is_refused_is_not_told(value: t.Any, encoding: str) -> None:
    with pytest.raises(QuadletError) as caught:
        decode_value(value, encoding)
    told = f"{caught.value} {caught.value.to_dict()} {caught.value.__context__!r}"
    assert caught.value.where == "value"
    assert not any(part in told for part in ("hunter2", "739201", "xxx"))


def test_a_name_is_found_whole_and_the_beginning_of_an_id_is_no_name() -> None:
    listing = "b09d25 62696e\n2c948a 62303964\nfb1434 610a62\n"
    assert find_id(listing, "bin") == "b09d25"
    assert find_id(listing, "b09d") == "2c948a"
    assert find_id(listing, "a\nb") == "fb1434"
    assert find_id(listing, "b09d25") is None
    assert find_id(listing, "bi") is None
    assert find_id("", "bin") is None


@pytest.mark.parametrize(
    ("current", "wanted", "action"),
    [
        (None, None, "none"),
        (b"a", b"a", "none"),
        (None, b"a", "create"),
        (b"a", b"a\n", "replace"),
        (b"a", None, "remove"),
        (b"", None, "remove"),
    ],
)
def test_what_happens(current: bytes | None, wanted: bytes | None, action: str) -> None:
    assert decide(current, wanted) == action
    assert action in ACTIONS


@pytest.mark.parametrize("action", ACTIONS)
def test_the_diff_differs_where_something_changes(action: str) -> None:
    shown = describe(action)
    assert (shown["before"] != shown["after"]) == (action != "none")


class Podman(Owner):
    """Secrets in a dictionary; `fails` stores do not succeed."""

    def __init__(self, held: dict[str, bytes], fails: int) -> None:
        vars(self).update(vars(own_process()), uid=0)
        self.held = held
        self.storage = ""
        self.fails = fails

    def run(self, argv: t.Sequence[str], *, given: bytes | None = None, **_more: t.Any) -> Ran:
        """As podman secret does."""
        if argv[1] == "info":
            return Ran(0, self.storage, "")
        verb, name = argv[2], argv[-2]
        if verb == "ls":
            rows = [f"{name.encode().hex()}0 {name.encode().hex()}" for name in self.held]
            return Ran(0, "\n".join(rows), "")
        if verb == "inspect":
            return Ran(0, self.held[bytes.fromhex(argv[-1][:-1]).decode()].hex() + "\n", "")
        if "--replace" in argv:
            del self.held[name]
        if self.fails:
            self.fails -= 1
            return Ran(125, "", "Error: no space left on device\n")
        assert given is not None
        self.held[name] = given
        return Ran(0, "id\n", "")


def test_a_user_without_a_runtime_directory_is_refused() -> None:
    owner = own_process()
    owner.uid, owner.runtime_dir = 1002, "/run/user/none"
    with pytest.raises(QuadletError, match=r"quadlet\.fleet\.linger"):
        secrets.require_runtime_dir(owner)
    owner.uid = 0
    secrets.require_runtime_dir(owner)


def test_bytes_go_to_a_command_as_they_are() -> None:
    ran = own_process().run(["od", "-An", "-v", "-tx1"], given=b"\x00\xff\r\n")
    assert ran.out.split() == ["00", "ff", "0d", "0a"]
    assert own_process().run(["cat"]).out == ""


@pytest.fixture
def podman(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Podman:
    """A Podman that holds one secret."""
    one = Podman({"s": b"old"}, 0)
    one.storage = str(tmp_path)
    (tmp_path / "secrets").mkdir()
    scope = type("Scope", (), {"manager": one})
    monkeypatch.setattr(_secret, "resolve_scope", lambda _user: scope)
    return one


def test_check_mode_stores_nothing(podman: Podman) -> None:
    assert _secret.reconcile_secret(None, "s", b"new", check=True)["changed"]
    assert podman.held == {"s": b"old"}


def test_the_old_value_is_put_back(podman: Podman) -> None:
    podman.fails = 1
    with pytest.raises(QuadletError, match=r"no space left on device; the old value is in place"):
        _secret.reconcile_secret(None, "s", b"new", check=False)
    assert podman.held == {"s": b"old"}


def test_a_value_that_is_lost_is_told(podman: Podman) -> None:
    podman.fails = 2
    with pytest.raises(QuadletError, match="the old value is gone"):
        _secret.reconcile_secret(None, "s", b"new", check=False)
    podman.fails = 0
    assert _secret.reconcile_secret(None, "s", b"new", check=False)["changed"]
    assert podman.held == {"s": b"new"}
