# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Commands of docker and podman: which one it is, and where its own words begin."""

from __future__ import annotations

import collections
import dataclasses
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.shell import Word

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_WRAPPERS = {"sudo": "ACDghpRrTtUu", "doas": "Cu", "time": "", "nohup": "", "command": "",
             "exec": "", "env": ""}  # fmt: skip
_GROUPS = frozenset({"container", "pod", "network", "volume", "image"})
# fmt: off
_GLOBAL_VALUES = frozenset({
    "--cdi-spec-dir", "--cgroup-manager", "--config", "--conmon", "--connection", "-c",
    "--context", "--events-backend", "--hooks-dir", "--host", "-H", "--identity", "--imagestore",
    "--log-level", "-l", "--module", "--namespace", "--network-cmd-path", "--network-config-dir",
    "--out", "--root", "--runroot", "--runtime", "--runtime-flag", "--ssh", "--storage-driver",
    "--storage-opt", "--tlscacert", "--tlscert", "--tlskey", "--tmpdir", "--url", "--volumepath",
})
# fmt: on
KEPT = frozenset(
    {
        "--cdi-spec-dir",
        "--cgroup-manager",
        "--conmon",
        "--hooks-dir",
        "--imagestore",
        "--module",
        "--network-cmd-path",
        "--network-config-dir",
        "--root",
        "--runroot",
        "--runtime",
        "--runtime-flag",
        "--storage-driver",
        "--storage-opt",
        "--tmpdir",
        "--volumepath",
    }
)  # fmt: skip
"""Options in front of podman's verb that a container needs, too."""


@dataclasses.dataclass
class Command:
    """A command.  engine: docker, podman, or '' for another program.  verb: such as run, create,
    pod create.  options: in front of the verb, each with its value.  words: behind the verb.
    """

    engine: t.Literal["docker", "podman", ""] = ""
    verb: str = ""
    options: list[tuple[Word, str]] = dataclasses.field(default_factory=list)
    words: list[Word] = dataclasses.field(default_factory=list)
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    program: str = ""
    exports: bool = False


def parse_command(words: t.Sequence[Word]) -> Command:
    """A line's command; one of assignments alone has no program."""
    command = Command()
    queue = collections.deque(words)
    _take_assignments(command, queue)
    if queue and queue[0].text == "export":
        queue.popleft()
        command.exports = True
        _take_assignments(command, queue)
    while queue and queue[0].text in _WRAPPERS:
        _skip_wrapper(queue, _WRAPPERS[queue.popleft().text])
        _take_assignments(command, queue)
    if not queue:
        return command
    command.program = queue.popleft().text
    name = command.program.rpartition("/")[2].removesuffix(".exe")
    if name in ("docker", "podman", "podman-remote"):
        command.engine = "docker" if name == "docker" else "podman"
        _take_globals(command, queue)
    command.words = list(queue)
    return command


def _take_assignments(command: Command, queue: collections.deque[Word]) -> None:
    while queue:
        match = _ASSIGNMENT.fullmatch(queue[0].text)
        if not match:
            return
        command.environment[match.group(1)] = match.group(2)
        queue.popleft()


def _skip_wrapper(queue: collections.deque[Word], valued: str) -> None:
    """sudo's options, of which some take a value."""
    while queue and queue[0].text.startswith("-"):
        word = queue.popleft().text
        if word == "--":
            return
        if not word.startswith("--") and word[-1] in valued and queue:
            queue.popleft()


def _take_globals(command: Command, queue: collections.deque[Word]) -> None:
    while queue and queue[0].text.startswith("-"):
        word = queue.popleft()
        name, equals, value = word.text.partition("=")
        if not equals and name in _GLOBAL_VALUES and queue:
            value = queue.popleft().text
        command.options.append((Word(name, word.line, word.column), value))
    if queue:
        command.verb = queue.popleft().text
    if command.verb in _GROUPS and queue:
        group = command.verb
        verb = queue.popleft().text
        command.verb = verb if group == "container" else f"{group} {verb}"
