# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Archives of images on the controller: sent to a host that needs them, and to no other."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host.archives import read_archive
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import find_source
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure

Call = t.Callable[[dict[str, t.Any]], dict[str, t.Any]]


def call_with_archives(action: ActionBase, args: dict[str, t.Any], call: Call) -> dict[str, t.Any]:
    """What the module returns, told what the archives hold, and sent those that it asks for."""
    archives = Archives(action, args["archives"], "archive")
    answer = call({**args, "archives": archives.items})
    if not archives.send(answer.get("send_archives")):
        return answer
    return call({**args, "archives": archives.items})


class Archives:
    """The archives of one app.  items: the option, told what the controller's files hold."""

    def __init__(self, action: ActionBase, archives: t.Any, label: str) -> None:
        self.items = _check(archives)
        self._action = action
        self._label = label
        self._sources = {
            number: find_source(action, str(item["src"]))
            for number, item in enumerate(self.items)
            if "src" in item
        }
        if self._sources and action._task.async_val:
            raise action_failure(
                "archives: src can't be used with async, which leaves no time to send a file. "
                "Copy it to the host first, and write path. [options-exclude]"
            )
        for number, source in self._sources.items():
            self.items[number]["_images"] = _look_into(source)

    def send(self, wanted: t.Any) -> bool:
        """Sends those that a module asks for by their numbers; whether it asks for some."""
        if not isinstance(wanted, list) or not self._sources:
            return False
        for number in wanted:
            name = f"{self._label}-{number}.tar"
            self.items[number]["path"] = _send(self._action, self._sources[number], name)
        return bool(wanted)


def _check(archives: t.Any) -> list[dict[str, t.Any]]:
    if not isinstance(archives, list) or not all(isinstance(item, dict) for item in archives):
        raise action_failure("archives: it is a list of mappings with path or src [option-value]")
    items = [{key: value for key, value in item.items() if value} for item in archives]
    for item in items:
        if set(item) not in ({"path"}, {"src"}):
            raise action_failure(
                f"archives: an item has either path, a file of the host, or src, a file of the "
                f"controller, not {', '.join(sorted(map(str, item))) or 'neither'} [option-value]"
            )
    return items


def _look_into(source: str) -> dict[str, str]:
    try:
        return read_archive(source)
    except QuadletError as error:
        raise action_failure(f"archives: {error}") from error
    except OSError as error:
        raise action_failure(f"archives: {error} [system-error]") from error


def _send(action: ActionBase, source: str, name: str) -> str:
    """Where the file is on the host until the task ends, readable for who runs the module."""
    shell = action._connection._shell
    folder = shell.tmpdir or action._make_tmp_path()
    target: str = shell.join_path(folder, name)
    action._transfer_file(source, target)
    action._fixup_perms2((folder, target))
    return target
