# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Command lines as an app: each run or create is a container of it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Model,
    Option,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.arguments import parse_arguments
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.command import (
    KEPT,
    Command,
    parse_command,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.link import link_containers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.objects import (
    read_network_create,
    read_volume_create,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.reading import Reading
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.shell import (
    Split,
    Word,
    split_lines,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.words import (
    Give,
    read_container,
    read_pod,
)

_IDLE = frozenset(
    {"pull", "start", "stop", "rm", "restart", "kill", "login", "logout",
     "image pull", "pod start", "pod stop", "pod rm", "network rm", "volume rm"}
)  # fmt: skip

_LONGEST: t.Final = 256 * 1024
_LONGEST_WORD: t.Final = 128 * 1024 - 1
"""execve(2): Linux starts no program with a longer one."""
_MOST_PLACES: t.Final = 20


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """name: of the app.  variables: what a shell would have.  file: where the lines are."""

    name: str = ""
    variables: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    file: str = ""


class _Lines:
    """Lines that are being read into a model."""

    def __init__(self, report: Report, options: RunOptions) -> None:
        self.report = report
        self.options = options
        self.model = Model(options.name)
        self.readings: list[Reading] = []
        self.volumes: dict[str, Volume] = {}
        self.exported: dict[str, str] = {}

    def give_at(self, path: str, line: int) -> Given:
        return self.report.give(path, self.options.file, line)

    def give_for(self, words: t.Sequence[Word], first: Word) -> Give:
        """Enters things of a line by the index of their word."""

        def give(path: str, index: int) -> Given:
            word = words[index] if index < len(words) else first
            return self.give_at(path, word.line)

        return give

    def read_line(self, words: list[Word]) -> None:
        command = parse_command(words)
        give = self.give_for(command.words, words[0])
        texts = [word.text for word in command.words]
        verb = command.verb
        if not command.program:
            self.exported.update(command.environment)
        elif command.engine and verb in ("run", "create"):
            self._read_container(command, texts, give)
        elif command.engine == "podman" and verb == "pod create":
            self.model.pods.append(read_pod(texts, give))
        elif command.engine and verb == "network create":
            self.model.networks += read_network_create(texts, give)
        elif command.engine and verb == "volume create":
            read_volume_create(texts, give, self.volumes)
        elif command.engine and verb in _IDLE:
            self.give_at(f"{command.engine} {verb}", words[0].line).exact(
                "the services of the app take care of that"
            )
        else:
            self._refuse(command, words[0])

    def check_line(self, words: list[Word]) -> None:
        """Tells unknown options of a line that can't be read whole."""
        command = parse_command(words)
        if not command.program or command.verb not in ("run", "create"):
            return
        for index, what, remedy in parse_arguments([w.text for w in command.words]).faults:
            word = command.words[index]
            self.give_at(word.text, word.line).refused(what, remedy)

    def _refuse(self, command: Command, first: Word) -> None:
        shown = " ".join(filter(None, [command.engine or command.program, command.verb]))
        self.give_at(shown, first.line).refused(
            f"{shown!r} is none of the commands that become units",
            "Give lines of docker or podman run and create.",
        )

    def _read_container(self, command: Command, texts: list[str], give: Give) -> None:
        engine: t.Literal["docker", "podman"] = "docker" if command.engine == "docker" else "podman"
        environment = {**self.options.variables, **self.exported, **command.environment}
        reading = read_container(texts, engine, give, environment, self.volumes)
        self.readings.append(reading)
        self.model.containers.append(reading.container)
        for word, value in command.options:
            given = self.give_at(f"{command.engine} {word.text}", word.line)
            if engine == "podman" and word.text in KEPT:
                reading.container.options.append(Option(f"podman {word.text}", value, given))
            else:
                given.dropped("it is for the line's own program, not for the container")


def read_run(text: str, report: Report, options: RunOptions) -> Model:
    """The app of command lines; faults are refusals in the report."""
    lines = _Lines(report, options)
    if len(text) > _LONGEST:
        lines.give_at("", 0).refused(
            f"{len(text)} characters are no command lines", f"At most {_LONGEST} are read."
        )
        return lines.model
    split = _split(text, options.variables)
    _tell_faults(lines, split)
    _refuse_long_words(lines, split)
    if any(not fault.missing for fault in split.faults):
        return lines.model
    if split.faults:
        for words in split.lines:
            lines.check_line(words)
        return lines.model
    for words in split.lines:
        lines.read_line(words)
    _name_apart(lines.model)
    link_containers(lines.model, lines.readings)
    lines.model.volumes += lines.volumes.values()
    if not lines.model.containers:
        report.give("", options.file).refused(
            "there is no line of docker or podman run or create", "Give one."
        )
    if not lines.model.name and lines.model.containers:
        lines.model.name = lines.model.containers[0].name
    return lines.model


def _split(text: str, variables: t.Mapping[str, str]) -> Split:
    """Lines of assignments alone are variables of the others."""
    split = split_lines(text, variables)
    commands = [parse_command(words) for words in split.lines]
    own = {
        name: value
        for command in commands
        if not command.program
        for name, value in command.environment.items()
    }
    return split_lines(text, {**own, **variables}) if own else split


def _tell_faults(lines: _Lines, split: Split) -> None:
    missing = [fault for fault in split.faults if fault.missing]
    names = list(dict.fromkeys(fault.missing for fault in missing))
    if missing:
        places = dict.fromkeys(
            f"{fault.what.removesuffix(' is not given')} (line {fault.line})" for fault in missing
        )
        more = len(places) - _MOST_PLACES
        shown = ", ".join([*places][:_MOST_PLACES]) + (f" and {more} more" if more > 0 else "")
        lines.give_at("variables", missing[0].line).refused(
            f"not given: {shown}",
            f"Give {', '.join(names)} in the option env.",
            "shell-variable",
        )
    for fault in split.faults:
        if not fault.missing:
            lines.give_at(f"column {fault.column}", fault.line).refused(
                fault.what, fault.remedy, "shell-syntax"
            )


def _refuse_long_words(lines: _Lines, split: Split) -> None:
    for words in split.lines:
        for word in words:
            if len(word.text) * 4 > _LONGEST_WORD < len(word.text.encode(errors="replace")):
                lines.give_at(f"column {word.column}", word.line).refused(
                    f"an argument of {len(word.text)} characters can't be given to a program",
                    f"Linux takes {_LONGEST_WORD} bytes. Give it in a file.",
                )


def _name_apart(model: Model) -> None:
    """Containers of one name get numbers."""
    seen: set[str] = set()
    last: dict[str, int] = {}
    for container in model.containers:
        stem = container.name
        while container.name in seen:
            last[stem] = last.get(stem, 1) + 1
            container.name = f"{stem}-{last[stem]}"
        seen.add(container.name)
