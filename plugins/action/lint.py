# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Action of quadlet.fleet.lint: reads units on the controller and says what is wrong with them."""

from __future__ import annotations

import collections
import os
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import (
    LEVELS,
    Finding,
    from_error,
    lint_texts,
    make_finding,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import parse_ignore
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    NEWEST,
    Version,
    parse_version,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import Place
from ansible_collections.quadlet.fleet.plugins.module_utils._module.options import LINT_RUN
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import find_source
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure
from ansible_collections.quadlet.fleet.plugins.plugin_utils._lint.report import FORMATS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._lint.sources import (
    Source,
    read_sources,
)

_USER = ("/home/user", "/home/user/.config/containers/systemd")
_SYSTEM = ("/root", "/etc/containers/systemd")


class ActionModule(ActionBase):
    """Lints on the controller; no host is asked."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """The findings of every app below src."""
        variables = task_vars or {}
        result: dict[str, t.Any] = super().run(tmp, variables)
        args = _arguments(self)
        top = find_source(self, args["src"])
        if not os.path.isdir(top):
            raise action_failure(f"src {args['src']!r}: it is not a directory [no-source]")
        sources = read_sources(self, top, variables)
        try:
            findings = _lint(sources, args)
        except QuadletError as error:
            raise action_failure(str(error)) from error
        self._publish(FORMATS[args["format"]](findings), args["output"])
        return {**result, **_summary(sources, findings, args["level"])}

    def _publish(self, text: str, output: str | None) -> None:
        if output is None:
            display = Display()
            for line in text.splitlines():
                display.display(line)
        elif not self._task.check_mode:
            with open(output, "w", encoding="utf-8") as stream:
                stream.write(text)


def _arguments(action: ActionBase) -> dict[str, t.Any]:
    _valid, arguments = action.validate_argument_spec(argument_spec=LINT_RUN)
    return dict(arguments)


def _lint(sources: t.Sequence[Source], args: t.Mapping[str, t.Any]) -> list[Finding]:
    version = _release(args["podman"])
    ignore = parse_ignore(args["ignore"])
    home, unit_dir = _USER if args["rootless"] else _SYSTEM
    known = {path for app in sources for path in app.sources if path not in app.files}
    known |= set(args["others"])
    findings = []
    for app in sources:
        facts = Facts(files=app.files, texts=app.texts)
        folder = f"{unit_dir}/{app.folder or 'app'}"
        place = Place(folder, unit_dir, home, frozenset(known), facts)
        context = Context(place, version, args["rootless"], app.files, ignore=ignore)
        found = [*map(from_error, app.errors), *lint_texts(app.units, context)]
        found += [make_finding("skipped-template", *skip) for skip in app.skipped.items()]
        findings += [f._replace(path=_shown(app.sources[f.path])) for f in found]
    return findings


def _release(text: str | None) -> Version:
    try:
        return parse_version(text) if text else NEWEST
    except ValueError:
        raise QuadletError(
            f"{text!r} is no release of Podman", remedy="Write 5.4, say.", topic="podman-release"
        ) from None


def _shown(path: str) -> str:
    """A path as short as it can be from where the person is."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _summary(
    sources: t.Sequence[Source], findings: t.Sequence[Finding], level: str
) -> dict[str, t.Any]:
    counts = collections.Counter(finding.level for finding in findings)
    units = sum(len(app.units) for app in sources)
    skipped = sum(len(app.skipped) for app in sources)
    told = ", ".join(_count(counts[name], name) for name in LEVELS)
    passed = not any(counts[name] for name in LEVELS[: LEVELS.index(level) + 1])
    more = f"; {_count(skipped, 'template')} skipped" if skipped else ""
    return {
        "changed": False,
        "failed": not passed,
        "passed": passed,
        "msg": f"{_count(units, 'file')} of {_count(len(sources), 'app')}: {told}{more}",
        "findings": [finding._asdict() for finding in findings],
        "templates_skipped": [_shown(app.sources[path]) for app in sources for path in app.skipped],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
