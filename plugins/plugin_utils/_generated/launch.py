# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The command of a service that makes its container or pod."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import restore
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.command import (
    ID_OPTIONS,
    Command,
    option_values,
    parse_command,
    shell_script,
    split_prefix,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.systemd import (
    Problem,
    expand_words,
    split_commands,
    split_line,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.texts import Item, Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.shell import split_lines

_NEEDS = (
    "Give the units of one app together; podman inspect's output helps where a unit only starts."
)


@dataclasses.dataclass
class Launch:
    """What a service runs.  kind: run, start, pod, or '' where it can't be read (and is refused).
    item: the line of the command.  ids: further names of what it starts,
    pod_id the id of its pod.
    """

    kind: str
    command: Command
    item: Item
    ids: list[str] = dataclasses.field(default_factory=list)
    pod_id: str = ""

    @property
    def id_files(self) -> frozenset[str]:
        """The files for ids that its options name, as they stand in the unit."""
        return frozenset(map(restore, option_values(self.command.words, ID_OPTIONS)))


def find_launch(service: Service) -> Launch | None:
    """Takes the lines out that make and start the container or pod; None: they are refused."""
    starts = service.take("Service", "ExecStart")
    commands = [(item, command) for item in starts for command in _commands(service, item)]
    if not commands:
        for item in starts:
            item.given.refused("systemd can't read the command", "Correct the line.")
        if not starts and not service.given.is_refused:
            service.given.refused(
                "it has no ExecStart= that could be read, so it starts no container", _NEEDS
            )
        return None
    item, command = commands[-1]
    for other, _command in commands[:-1]:
        other.given.refused(
            "the service runs more than one command, and a container's unit starts one",
            "Make the others ExecStartPre=.",
            "generated-unit",
        )
    return _classify(service, item, command)


def _classify(service: Service, item: Item, command: Command) -> Launch | None:
    if command.is_launch:
        return _with_prefix(Launch("run", command, item))
    is_pod = command.verb == "pod start"
    made = None
    if is_pod or command.is_start:
        verbs = ("pod create",) if is_pod else ("create", "container create")
        made = _find_before(service, verbs)
    if made is not None:
        item.given.exact("the unit makes it, and starts it")
        return Launch("pod" if is_pod else "run", made[1], made[0])
    if command.is_start or command.verb == "pod start":
        return Launch("start", command, item)
    _refuse(item, command)
    return None


def _refuse(item: Item, command: Command) -> None:
    if command.verb in ("kube play", "play kube"):
        reason, remedy = "it plays a Kubernetes file", "Write a .kube unit with Yaml= instead."
    elif command.verb.startswith("compose"):
        reason, remedy = "it runs Compose", "Give the Compose file to from_compose."
    elif command.engine:
        words = f"{command.engine} {command.verb}".strip()
        reason, remedy = f"'{words}' starts no container that could be read", _NEEDS
    else:
        reason = f"it runs {command.program[0]}, not podman"
        remedy = "Keep it as a companion of the app, or give the command that runs the container."
    item.given.refused(reason, remedy, "generated-unit")


def _with_prefix(launch: Launch) -> Launch:
    """What the characters of systemd's in front of the command mean."""
    if "-" in launch.command.prefix:
        launch.item.given.approximated(
            "a failure of the container counts as one: the unit said that it does not",
            "Set SuccessExitStatus= in [Service] if a status is no failure.",
            "generated-unit",
        )
    return launch


def _find_before(service: Service, verbs: t.Collection[str]) -> tuple[Item, Command] | None:
    """The command in front of the start that makes what is started; its line is taken."""
    for item in service.items:
        if (item.section, item.key) != ("Service", "ExecStartPre"):
            continue
        for command in _commands(service, item):
            if command.engine and command.verb in verbs:
                service.items = [other for other in service.items if other is not item]
                return item, command
    return None


def _commands(service: Service, item: Item) -> list[Command]:
    prefix, text = split_prefix(item.value)
    try:
        variables = _variables(service)
        return [
            _unwrap(
                parse_command(expand_words(words, service.names, variables, ":" in prefix), prefix)
            )
            for words in split_commands(text)
        ]
    except Problem:
        return []


def _unwrap(command: Command) -> Command:
    """The command of `sh -c SCRIPT`, if that is one command and nothing for a shell."""
    script = shell_script(command)
    split = split_lines(script, {}) if script else None
    if split is None or split.faults or len(split.lines) != 1:
        return command
    words = [word.text for word in split.lines[0]]
    inner = parse_command(words[1:] if words[0] == "exec" else words, command.prefix)
    return inner if inner.engine else command


def _variables(service: Service) -> dict[str, str]:
    """What the unit sets, unless a file may set it otherwise."""
    if service.values("Service", "EnvironmentFile"):
        return {}
    variables = {}
    for line in service.values("Service", "Environment"):
        for pair in expand_words(split_line(line), service.names, {}, literal=True):
            name, equals, value = pair.partition("=")
            if equals:
                variables[name] = value
    return variables
