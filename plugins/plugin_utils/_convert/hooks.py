# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Commands that run in a container once it has started."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet import quoting
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Container, Hook
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing


def write_hooks(writing: Writing, unit: Unit, container: Container) -> None:
    """ExecStartPost= with podman exec, as the service's manager starts it."""
    for hook in container.hooks:
        words = ["/usr/bin/podman", "exec", *_options(hook), writing.object_of(container.name)]
        try:
            line = quoting.command([*words, *hook.words])
        except QuadletError as error:
            hook.given.fail(error)
        else:
            unit.line("Service", "ExecStartPost", line, hook.given)


def _options(hook: Hook) -> list[str]:
    words = ["--user", hook.user] if hook.user else []
    words += ["--workdir", hook.workdir] if hook.workdir else []
    words += ["--privileged"] if hook.privileged else []
    for name, value in hook.environment.items():
        words += ["--env", name if value is None else f"{name}={value}"]
    return words
