# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The variables of a host that list its apps, and files that set the same one of them."""

from __future__ import annotations

import os
import re
import typing as t

PLAIN: t.Final = "quadlet_deploy_apps"
PREFIX: t.Final = f"{PLAIN}__"


class Loader(t.Protocol):
    """The part of Ansible's DataLoader that is used here."""

    def find_vars_files(self, path: str, name: str) -> list[t.Any]:
        """Files with variables of a group or host below a directory."""


def sort_names(names: t.Iterable[str]) -> list[str]:
    """The names of variables that list apps, in the order in which they are merged."""
    ours = [name for name in names if name == PLAIN or name.startswith(PREFIX)]
    return sorted(ours, key=lambda name: (name != PLAIN, name))


def find_overridden(loader: Loader, variables: t.Mapping[str, t.Any]) -> list[str]:
    """Files of group_vars and host_vars that all set the plain variable for a host: Ansible uses
    only the last file.  Empty if no value is lost.

    Vaulted files and variables in the inventory itself can't be seen here.
    """
    setting = find_setting(loader, variables, PLAIN)
    return setting if len(setting) > 1 else []


def find_setting(loader: Loader, variables: t.Mapping[str, t.Any], name: str) -> list[str]:
    """Files of group_vars and host_vars that set a variable for a host, the last one counts."""
    sets = re.compile(rf"""^(?:{{\s*)?["']?{re.escape(name)}["']?\s*:""", re.MULTILINE)
    paths = dict.fromkeys(os.path.realpath(path) for path in _files(loader, variables))
    return [path for path in paths if sets.search(_read(path))]


def _files(loader: Loader, variables: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    places = [variables.get(name) for name in ("inventory_dir", "playbook_dir")]
    names = [("group_vars", name) for name in ("all", *variables.get("group_names", ()))]
    names.append(("host_vars", str(variables.get("inventory_hostname", ""))))
    for place in filter(None, places):
        for folder, name in names:
            if name and not name.startswith(os.sep):
                files = loader.find_vars_files(os.path.join(place, folder), name)
                yield from (os.fsdecode(path) for path in files)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
