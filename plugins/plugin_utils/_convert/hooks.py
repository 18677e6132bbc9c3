# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Commands that run in a container once it has started, and before it is stopped."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet import quoting
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Container, Hook
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing


def write_hooks(writing: Writing, unit: Unit, container: Container) -> None:
    """podman exec in ExecStartPost=, or in ExecStop= in front of the generator's own, which
    systemd runs behind it (systemd.service(5): one after another, and the rest is left out when
    one fails, but for the mark -).
    """
    for hook in container.hooks:
        words = ["/usr/bin/podman", "exec", *_options(hook), writing.object_of(container.name)]
        try:
            line = quoting.command([*words, *hook.words])
        except QuadletError as error:
            hook.given.fail(error)
            continue
        if hook.when == "start":
            unit.line("Service", "ExecStartPost", line, hook.given)
            continue
        unit.line("Service", "ExecStop", f"-{line}", hook.given)
        hook.given.approximated(
            "it is also tried when the container has ended by itself, and a failure of it does not "
            "hinder the stop",
            rule="pre-stop",
        )


def _options(hook: Hook) -> list[str]:
    words = ["--user", hook.user] if hook.user else []
    words += ["--workdir", hook.workdir] if hook.workdir else []
    words += ["--privileged"] if hook.privileged else []
    for name, value in hook.environment.items():
        words += ["--env", name if value is None else f"{name}={value}"]
    return words
