# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.convert: makes an app's directory of what people have."""

from __future__ import annotations

import collections
import os
import shlex
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._module.convert_options import CONVERT
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import find_source
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces import report, written
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    parse_arguments,
    takes,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import (
    RefusedError,
    convert_texts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.filters import plain
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.layout import (
    PLAYBOOK,
    VALUES,
    Layout,
    lay_out,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.source import Source, read_source

Args = dict[str, t.Any]


class ActionModule(ActionBase):
    """Converts on the controller; no host is asked."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Args | None = None) -> Args:
        """What was written, and the report."""
        result: Args = super().run(tmp, task_vars or {})
        args = _arguments(self)
        try:
            source = read_source(find_source(self, args["src"]), args["from"])
            converted = self._convert(source, plain(args))
        except QuadletError as error:
            raise action_failure(f"convert: {error}") from error
        return {**result, **converted}

    def _convert(self, source: Source, args: Args) -> Args:
        given = {name: args.get(name) for name in takes(source.kind) if name in args}
        if source.kind == "compose":
            given["base"] = source.base
        given["scope"] = "user" if args["user"] and args["user"] != "root" else "system"
        values = parse_arguments(source.kind, given)
        try:
            app = convert_texts(source.kind, source.texts, values)
        except RefusedError as error:
            self._publish(error.items, source, args)
            return _refused(source, error)
        layout = lay_out(app, args["user"] or "", values=args["values"])
        changes = written.plan_changes(args["dest"], layout.files, [VALUES])
        if not self._task.check_mode:
            written.apply_changes(args["dest"], changes)
        self._publish(app["report"], source, args)
        return _result(app, layout, changes, args)

    def _publish(self, items: list[Args], source: Source, args: Args) -> None:
        """Shows the report, with paths as short as they can be from where the person is."""
        for item in items:
            item["file"] = _shown(source.base, item["file"])
        text = report.FORMATS[args["format"]](items)
        if args["output"] is None:
            display = Display()
            for line in text.splitlines():
                display.display(line)
        elif not self._task.check_mode:
            with open(args["output"], "w", encoding="utf-8") as stream:
                stream.write(text)


def _arguments(action: ActionBase) -> Args:
    _valid, arguments = action.validate_argument_spec(argument_spec=CONVERT)
    return dict(arguments)


def _shown(base: str, file: str) -> str:
    path = os.path.join(base, file)
    if not file or not os.path.exists(path):
        return file
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _refused(source: Source, error: RefusedError) -> Args:
    count = len(error.causes)
    causes = "\n".join(f"- {cause}" for cause in error.causes)
    noun = "one cause" if count == 1 else f"{count} causes"
    return {
        "changed": False,
        "failed": True,
        "passed": False,
        "from": source.kind,
        "files": [],
        "report": error.items,
        "variables": [],
        "next": [],
        "msg": f"{source.shown} can't be converted, for {noun}:\n{causes} [not-convertible]",
    }


def _result(app: Args, layout: Layout, changes: t.Sequence[written.Change], args: Args) -> Args:
    items = app["report"]
    counts = collections.Counter(item["outcome"] for item in items)
    shown = ", ".join(f"{counts[level]} {level}" for level in report.LEVELS[1:] if counts[level])
    passed = not report.worst(items, args["level"])
    steps = _next(app["name"], layout, args)
    units = len(app["units"])
    head = f"{app['name']}: {units} unit{'' if units == 1 else 's'}; {shown or 'all is exact'}"
    return {
        "changed": bool(changes),
        "failed": not passed,
        "passed": passed,
        "files": sorted(layout.files),
        "report": items,
        "variables": list(layout.variables),
        "next": steps,
        "msg": "\n".join([head, "Next:", *(f"  {step}" for step in steps)]),
        "diff": [_diff(change) for change in changes if change.path != written.LIST],
    }


def _next(name: str, layout: Layout, args: Args) -> list[str]:
    """What to run next."""
    dest = args["dest"]
    relative = os.path.relpath(dest)
    where = shlex.quote(dest if relative.startswith("..") else relative)
    steps = [f"ansible-playbook quadlet.fleet.lint -e src={where}/{name}"]
    values = ""
    if layout.variables:
        values = f" -e @{where}/{VALUES}"
        if VALUES not in layout.files:
            names = ", ".join(layout.variables)
            steps.append(f"write {where}/{VALUES} with values of {names}")
        steps.append(f"ansible-vault encrypt {where}/{VALUES}")
    steps.append(f"ansible-playbook -i INVENTORY {where}/{PLAYBOOK}{values} --check --diff")
    steps.append(f"ansible-playbook -i INVENTORY {where}/{PLAYBOOK}{values}")
    return steps


def _diff(change: written.Change) -> dict[str, str]:
    texts = {
        "before": "" if change.before is None else change.before.decode("utf-8", "replace"),
        "after": "" if change.after is None else change.after.decode("utf-8", "replace"),
    }
    if change.is_private:
        texts = {"before": "", "after": "(its content is private, and not shown)\n"}
    return {"before_header": change.path, "after_header": change.path, **texts}
