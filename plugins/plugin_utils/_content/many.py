# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Several apps on the controller: their content and archives, and what is confidential of them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.many import (
    failure_message,
    is_postponed,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._module import options as _options
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.archives import Archives
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import gather_content
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure

Args = dict[str, t.Any]
Call = t.Callable[[list[Args], list[Args]], Args]

_CONFIDENTIAL = tuple(key for key, row in _options.APP.items() if row.get("no_log"))


@dataclasses.dataclass(frozen=True)
class Item:
    """An app's arguments, and the archives that go with it."""

    args: Args
    archives: Archives | None

    @property
    def shown(self) -> Args:
        """What a log may have."""
        args = {key: value for key, value in self.args.items() if key not in _CONFIDENTIAL}
        return {**args, "archives": self.archives.items} if self.archives else args

    @property
    def hidden(self) -> Args:
        """What it may not."""
        return {key: self.args[key] for key in _CONFIDENTIAL if key in self.args}


def read_items(
    action: ActionBase, args: t.Mapping[str, t.Any], task_vars: dict[str, t.Any]
) -> tuple[list[Item], Args]:
    """The apps with all that they need, and the other arguments of the module.

    What the module does not take itself, and an app does, came from module_defaults of the group.
    """
    defaults = {key: value for key, value in args.items() if key in _OF_AN_APP}
    others = {key: value for key, value in args.items() if key not in defaults and key != "apps"}
    apps = args.get("apps")
    if not isinstance(apps, list) or not all(isinstance(item, dict) for item in apps):
        raise action_failure(
            "apps: it is a list of mappings with the options of an app [option-value]"
        )
    return [
        _read_item(action, number, {**defaults, **item}, task_vars)
        for number, item in enumerate(apps)
    ], others


_OF_AN_APP = frozenset(_options.APP) - {"name"}


def _read_item(action: ActionBase, number: int, item: Args, task_vars: dict[str, t.Any]) -> Item:
    label = f"apps[{number}] ({item.get('name')})"
    if not isinstance(item.get("secrets") or {}, dict):
        raise action_failure(f"{label}: secrets: it is a mapping of names to values [option-value]")
    try:
        args = gather_content(action, item, task_vars)
        archives = args.get("archives")
        return Item(args, Archives(action, archives, f"app-{number}") if archives else None)
    except AnsibleActionFail as error:
        raise action_failure(f"{label}: {error}") from error


def call_for_all(items: t.Sequence[Item], call: Call) -> Args:
    """What the module returns for all apps; called again for those that ask for an archive, and
    for those that wait for them.
    """
    rows: list[Args] = []
    answers: list[Args] = []
    left = list(range(len(items)))
    while True:
        answer = call([items[n].shown for n in left], [items[n].hidden for n in left])
        told = answer.get("apps")
        if not isinstance(told, list) or len(told) != len(left):
            return answer
        answers.append(answer)
        rows = rows or told
        for number, row in zip(left, told):
            rows[number] = row
        if not _send(items, rows, left):
            return _joined(answers, rows)
        left = [number for number in left if is_postponed(rows[number])]


def _send(items: t.Sequence[Item], rows: t.Sequence[Args], numbers: t.Iterable[int]) -> bool:
    """Sends the archives that were asked for; whether there were some."""
    sent = False
    for number in numbers:
        archives = items[number].archives
        if archives:
            sent = archives.send(rows[number].get("send_archives")) or sent
    return sent


def _joined(answers: t.Sequence[Args], rows: list[Args]) -> Args:
    if len(answers) == 1:
        return answers[0]
    message = failure_message([*rows, *_not_removed(answers[0])])
    result = {
        **{key: value for key, value in answers[-1].items() if key not in ("msg", "failed")},
        "changed": any(answer.get("changed") for answer in answers),
        "apps": rows,
        **{key: answers[0][key] for key in ("undeclared",) if key in answers[0]},
        **({"failed": True, "msg": message} if message else {}),
    }
    for key in ("warnings", "diff"):
        result[key] = [one for answer in answers for one in answer.get(key) or ()]
    return {key: value for key, value in result.items() if value or key not in ("warnings", "diff")}


def _not_removed(answer: Args) -> list[Args]:
    """Undeclared apps that could not be removed."""
    return [row for row in answer.get("undeclared") or () if row.get("failed")]
