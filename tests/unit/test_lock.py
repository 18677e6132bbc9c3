# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks keep runs apart, and leave nothing behind."""

from __future__ import annotations

import os
import pathlib
import pwd

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host.lock import Lock
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import Owner


class Self(Owner):
    """This user, with a runtime directory of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(pwd.getpwuid(os.geteuid()))
        self.uid = self.uid or 1000
        self.runtime_dir = str(folder)

    @property
    def is_self(self) -> bool:
        return True


@pytest.fixture
def owner(tmp_path: pathlib.Path) -> Owner:
    """One whose locks lie in a directory of the test."""
    return Self(tmp_path)


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
    assert len(list(pathlib.Path(owner.runtime_dir).iterdir())) == len(locks)
    for lock in locks:
        lock.release()


def test_taking_it_twice_and_giving_it_back_twice_is_fine(owner: Owner) -> None:
    lock = Lock(owner)
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    assert list(pathlib.Path(owner.runtime_dir).iterdir()) == []


def test_a_file_that_its_holder_removed_is_no_lock(owner: Owner, tmp_path: pathlib.Path) -> None:
    first, second, third = Lock(owner), Lock(owner), Lock(owner)
    first.acquire()
    (tmp_path / "quadlet.fleet.lock").unlink()
    second.acquire(timeout=0.1)
    with pytest.raises(QuadletError):
        third.acquire(timeout=0.1)
    second.release()


def test_what_a_user_puts_in_its_place_is_refused(owner: Owner, tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "quadlet.fleet.lock")
    with pytest.raises(QuadletError, match="not a regular file"):
        Lock(owner).acquire(timeout=0.1)


def test_without_a_manager_there_is_none(owner: Owner, tmp_path: pathlib.Path) -> None:
    owner.runtime_dir = str(tmp_path / "gone")
    lock = Lock(owner)
    lock.acquire()
    lock.release()
    assert not (tmp_path / "gone").exists()
