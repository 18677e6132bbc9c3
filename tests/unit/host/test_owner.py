# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done as another user has that user's rights, and nothing of ours."""

from __future__ import annotations

import os
import pathlib
import pwd
import time
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import Owner, own_process

NOBODY = pwd.getpwnam("nobody")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def who() -> dict[str, t.Any]:
    """What a process can tell of itself."""
    return {
        "ids": [os.getuid(), os.geteuid(), os.getgid(), os.getegid()],
        "groups": os.getgroups(),
        "home": os.environ["HOME"],
        "folder": os.getcwd(),
        "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
        "secret": os.environ.get("FLEET_SECRET"),
    }


def read(path: str) -> str:
    """A file's text."""
    return pathlib.Path(path).read_text()


def refuse(_path: str) -> None:
    """Fails as the product does."""
    raise QuadletError("no", where="there", remedy="do", data={"n": 1})


@as_root
def test_becomes_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_SECRET", "x")
    with open("/dev/null") as _ours:
        found = Owner(NOBODY).call(who)
    assert found["ids"] == [NOBODY.pw_uid, NOBODY.pw_uid, NOBODY.pw_gid, NOBODY.pw_gid]
    assert 0 not in found["groups"]
    assert found["home"] == NOBODY.pw_dir
    assert found["folder"] == "/"
    assert found["secret"] is None
    # The standard ones, the answer's pipe, and the directory that is being listed.
    assert found["descriptors"] == [0, 1, 2, 3, 4]


@as_root
def test_can_not_read_what_the_user_can_not(tmp_path: pathlib.Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s")
    secret.chmod(0o600)
    with pytest.raises(QuadletError, match="Permission denied") as caught:
        Owner(NOBODY).call(read, str(secret))
    assert caught.value.remedy


@as_root
@pytest.mark.parametrize("owner", [Owner(NOBODY), own_process()], ids=["other", "own"])
def test_errors_arrive_whole(owner: Owner) -> None:
    with pytest.raises(QuadletError) as caught:
        owner.call(refuse, "")
    error = caught.value
    assert (error.what, error.where, error.remedy, error.data) == ("no", "there", "do", {"n": 1})


@as_root
def test_a_bug_in_the_child_is_told() -> None:
    with pytest.raises(QuadletError, match="unexpected ZeroDivisionError"):
        Owner(NOBODY).call(divmod, 1, 0)


@as_root
def test_a_child_that_dies_is_told() -> None:
    with pytest.raises(QuadletError, match="died without an answer"):
        Owner(NOBODY).call(os._exit, 3)


@as_root
def test_runs_commands_as_the_user() -> None:
    ran = Owner(NOBODY).run(["sh", "-c", "id -u; echo $HOME; pwd; echo oops >&2; exit 3"])
    assert (ran.status, ran.err) == (3, "oops\n")
    assert ran.out.split() == [str(NOBODY.pw_uid), NOBODY.pw_dir, "/"]


def test_a_command_that_is_not_there() -> None:
    assert own_process().run(["fleet-no-such-command"]).status == 127


def test_a_command_that_takes_too_long() -> None:
    assert own_process().run(["sleep", "5"], timeout=0.05).status == 124


def test_a_command_that_is_begun_runs_until_its_end_is_asked_for(tmp_path: pathlib.Path) -> None:
    me, mark = own_process(), tmp_path / "mark"
    end = me.begin(["sh", "-c", f"touch {mark}; echo said; echo oops >&2; exit 3"])
    until = time.monotonic() + 30
    while not mark.exists():
        assert time.monotonic() < until
    assert end() == (3, "said\n", "oops\n")
    assert me.begin(["sleep", "60"])(0.1).status == 124
    assert me.begin(["fleet-no-such-command"])().status == 127
    assert me.run(["cat"], given=b"given").out == "given"
