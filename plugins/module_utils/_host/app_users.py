# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The users of a host who may have apps, whether their managers run or not."""

from __future__ import annotations

import contextlib
import os
import pwd

from .._core.host.accounts import may_have_apps
from .._core.host.subordinate_ids import FILES, parse_ranges
from . import accounts
from .scope import SYSTEM_STATE


def read_app_users(managers: set[int]) -> list[str]:
    """Names: of local accounts of people, of those with subordinate ids, with a running manager, or
    with apps at location admin.  managers: uids that are known to have some, from elsewhere.

    Accounts of a directory service are not listed, which can have very many: they are found by
    their subordinate ids, their managers or managers.
    """
    keys = may_have_apps(accounts.read_text("/etc/passwd"))
    keys |= {row.owner for path in FILES for row in parse_ranges(accounts.read_text(path))}
    keys |= {*_listing("/run/user"), *_listing(f"{SYSTEM_STATE}/users"), *map(str, managers)}
    names = set()
    for key in keys:
        with contextlib.suppress(KeyError, OverflowError):
            entry = pwd.getpwuid(int(key)) if key.isdigit() else pwd.getpwnam(key)
            names.add(entry.pw_name)
    return sorted(names - {"root"})


def _listing(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
