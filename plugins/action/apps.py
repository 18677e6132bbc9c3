# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.apps: as that of app, for each of several."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.many import (
    call_for_all,
    read_items,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.action import Args, EngineAction
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory import layers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.merge import Layer

# Ansible loads an action plugin before it forks for each host, and a lookup plugin behind it: what
# the lookup deploy_apps needs of _inventory is imported here, once instead of once for each host.

_ABOUT_UNDECLARED = ("project", "undeclared", "allow_empty")


class ActionModule(EngineAction):
    """Passes the content of all apps on to the module; decides nothing about the host."""

    tells = True

    def work(self, variables: Args) -> Args:
        """One module run, and another one where archives have to be sent."""
        try:
            items, arguments = read_items(self, self._task.args, variables)
        except AnsibleActionFail as error:
            message = self._with_origins(str(error), variables)
            raise action_failure(message) from None
        hidden_files = self._find_overridden(arguments, variables)
        once = {key: arguments.pop(key) for key in _ABOUT_UNDECLARED if key in arguments}
        if hidden_files and once.get("undeclared") == "remove":
            once["undeclared"] = "warn"
        first = dict(once)
        again = {**once, "undeclared": "ignore"} if once else {}

        def call(apps: list[Args], hidden: list[Args]) -> Args:
            more = {**arguments, **first, "apps": apps, "_confidential": hidden}
            first.update(again)
            return self.call_module(more, variables)

        if not items and not once:
            return {"changed": False, "apps": []}
        result = call_for_all(items, call)
        if hidden_files and result.get("undeclared"):
            result.setdefault("warnings", []).append(_nothing_removed(hidden_files))
        if result.get("failed"):
            failed = [row["name"] for row in result.get("apps") or () if row.get("failed")]
            result["msg"] = self._with_origins(str(result.get("msg") or ""), variables, failed)
        return result

    def _find_overridden(self, arguments: Args, variables: Args) -> list[str]:
        """Files that set the same list of apps, so that Ansible has taken one of them alone: what
        the others declare is not to be removed.
        """
        if arguments.get("undeclared") != "remove" or not arguments.get("project"):
            return []
        return layers.find_overridden(t.cast(t.Any, self._loader), variables)

    def _with_origins(
        self, message: str, variables: Args, names: t.Sequence[str] | None = None
    ) -> str:
        """The message of failed apps of a project, with the variables that gave their parts.

        names: of the apps; None for the one that the message begins with.
        """
        if not self._task.args.get("project"):
            return message
        from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory import origins

        loader, lists = t.cast(t.Any, self._loader), layers.sort_names(variables)
        try:
            values = [Layer(name, self._templar.template(variables[name])) for name in lists]
        except AnsibleError:  # the apps were templated before, in another way
            return message
        files = {name: layers.find_setting(loader, variables, name) for name in lists}
        last = {name: found[-1] for name, found in files.items() if found}
        if names is None:
            names = [name for name in origins.app_names(values) if f" ({name}): " in message]
        told = [origins.describe_origins(values, name, message, last) for name in names]
        return "\n\n".join([message, *filter(None, told)])


def _nothing_removed(files: list[str]) -> str:
    return (
        f"nothing that is no longer declared is removed: {' and '.join(files)} set the same list "
        "of apps, and Ansible takes the last one alone"
    )
