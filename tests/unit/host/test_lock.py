# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks keep runs apart, and leave nothing behind."""

from __future__ import annotations

import os
import pathlib
import pwd
import subprocess
import sys

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.lock_holder import (
    Process,
    describe_holder,
    find_holder,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._host import lock as lock_file
from ansible_collections.quadlet.fleet.plugins.module_utils._host.lock import Lock
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import Owner


class Self(Owner):
    """This user, with a runtime directory of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(pwd.getpwuid(os.geteuid()))
        self.uid = self.uid or 1000
        self.home = str(folder)

    @property
    def is_self(self) -> bool:
        return True


@pytest.fixture
def owner(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Owner:
    """One whose locks lie in a directory of the test, and are its own."""
    found = Self(tmp_path)
    monkeypatch.setattr(lock_file, "_uid_of", lambda _descriptor: found.uid)
    return found


def folder_of(owner: Owner) -> pathlib.Path:
    """Where a user's locks lie."""
    return pathlib.Path(owner.home, ".local/state/quadlet.fleet")


def test_a_second_one_waits(owner: Owner, tmp_path: pathlib.Path) -> None:
    first, second = Lock(owner, "shop"), Lock(owner, "shop")
    first.acquire()
    with pytest.raises(QuadletError, match=r"quadlet\.fleet\.shop\.lock.*another run"):
        second.acquire(timeout=0.1)
    first.release()
    second.acquire(timeout=0.1)
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_apps_and_the_manager_do_not_wait_for_each_other(owner: Owner) -> None:
    locks = [Lock(owner, "a"), Lock(owner, "b"), Lock(owner)]
    for lock in locks:
        lock.acquire(timeout=0.1)
    assert len(list(folder_of(owner).iterdir())) == len(locks)
    for lock in locks:
        lock.release()


def test_taking_it_twice_and_giving_it_back_twice_is_fine(owner: Owner) -> None:
    lock = Lock(owner)
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    assert not folder_of(owner).exists()


def test_a_file_that_its_holder_removed_is_no_lock(owner: Owner) -> None:
    first, second, third = Lock(owner), Lock(owner), Lock(owner)
    first.acquire()
    (folder_of(owner) / "quadlet.fleet.lock").unlink()
    second.acquire(timeout=0.1)
    with pytest.raises(QuadletError):
        third.acquire(timeout=0.1)
    second.release()


def test_what_a_user_puts_in_its_place_is_refused(owner: Owner) -> None:
    folder_of(owner).mkdir(parents=True)
    os.mkfifo(folder_of(owner) / "quadlet.fleet.lock")
    with pytest.raises(QuadletError, match="FIFO"):
        Lock(owner).acquire(timeout=0.1)


def test_another_users_file_is_no_lock(
    owner: Owner, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory of the user's may be a link to where files of others lie."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "quadlet.fleet.shop.lock").touch()
    folder_of(owner).parent.mkdir(parents=True)
    folder_of(owner).symlink_to(theirs)
    monkeypatch.setattr(lock_file, "_uid_of", lambda _descriptor: owner.uid + 1)
    lock = Lock(owner, "shop")
    with pytest.raises(QuadletError, match="another user's file"):
        lock.acquire(timeout=0.1)
    lock.release()
    assert (theirs / "quadlet.fleet.shop.lock").exists()


def test_it_is_there_without_the_users_manager(owner: Owner, tmp_path: pathlib.Path) -> None:
    owner.runtime_dir = str(tmp_path / "gone")
    first, second = Lock(owner, "shop"), Lock(owner, "shop")
    first.acquire()
    owner.runtime_dir = str(tmp_path)  # it runs by now
    with pytest.raises(QuadletError, match="another run holds this lock"):
        second.acquire(timeout=0.1)
    first.release()


HOLD = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(); input()"


def test_who_waits_in_vain_learns_who_holds_it(owner: Owner) -> None:
    folder_of(owner).mkdir(parents=True)
    path = folder_of(owner) / "quadlet.fleet.shop.lock"
    path.touch()
    argv = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(QuadletError) as caught:
            Lock(owner, "shop").acquire(timeout=0.1)
        other.communicate(b"\n")
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert f"for more than 0.1 s: process {other.pid} of user {user} holds it" in str(caught.value)
    assert "runs for 0 s" in str(caught.value) or "runs for 1 s" in str(caught.value)
    assert sys.executable in str(caught.value)


LOCKS = """\
1: POSIX  ADVISORY  WRITE 11 00:1b:77 0 EOF
2: FLOCK  ADVISORY  WRITE 12 00:1a:77 0 EOF
3: FLOCK  ADVISORY  WRITE 13 00:1b:78 0 EOF
4: FLOCK  ADVISORY  WRITE 14 00:1b:77 0 EOF
4: -> FLOCK  ADVISORY  WRITE 15 00:1b:77 0 EOF
5: FLOCK  ADVISORY  WRITE 0 00:1b:79 0 EOF
6: FLOCK  ADVISORY  WRITE -1 00:1b:80 0 EOF
7: FLOCK  ADVISORY  WRITE 16 103:02:77 0 EOF
8:
"""


@pytest.mark.parametrize(
    ("device", "inode", "pid"),
    [
        ((0, 0x1B), 77, 14),
        ((0, 0x1A), 77, 12),
        ((0x103, 2), 77, 16),
        ((0, 0x1B), 79, None),
        ((0, 0x1B), 80, None),
        ((0, 0x1B), 7, None),
    ],
)
def test_the_holder_of_a_file(device: tuple[int, int], inode: int, pid: int | None) -> None:
    assert find_holder(LOCKS, device, inode) == pid


def _process(started: int, *command: str) -> Process:
    fields = " ".join(["S", *["0"] * 18, str(started), "0"])
    return Process(7, "root", command, f"7 (a) b) {fields}")


@pytest.mark.parametrize(
    ("process", "told"),
    [
        (_process(99_900, "a"), "process 7 of user root holds it and runs for 1 s: a"),
        (_process(90_000, "a", "b"), "runs for 1 min 40 s: a b"),
        (_process(200_000, "a"), "runs for 0 s: a"),
        (_process(90_000), "(no command line)"),
        (_process(0, "x" * 200), f": {'x' * 99}…"),
        (Process(7, "root", ("a",), "nonsense"), "process 7 of user root holds it: a"),
    ],
)
def test_a_holder_in_words(process: Process, told: str) -> None:
    assert told in describe_holder(process, "1000.25 500.00", 100)


def test_hours() -> None:
    assert "for 2 h 5 min: a" in describe_holder(_process(0, "a"), "7530.0 1", 100)
