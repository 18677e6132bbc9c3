# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A unit that is being written: sections as data, and what each line was given by."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    SECTIONS,
    Key,
    Version,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.encoding import (
    encode,
    encode_syntax,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

Sections = dict[str, dict[str, t.Any]]


class Unit:
    """A unit.  A value that its key can't hold becomes PodmanArgs=; one that nothing can hold is
    refused.  podman: the oldest release that has to read it.  owners: by key, what each of its
    lines was given by; None: a rule.
    """

    def __init__(self, name: str, podman: Version) -> None:
        self.name = name
        self.podman = podman
        self.section = KINDS[name.rpartition(".")[2]].section
        self.owners: dict[str, list[Given | None]] = {}
        self.sections: Sections = {"Unit": {}, self.section: {}, "Service": {}, "Install": {}}

    @property
    def service(self) -> str:
        """The name of the service that the generator makes of it."""
        stem, _dot, suffix = self.name.rpartition(".")
        return f"{stem}{KINDS[suffix].service_suffix}.service"

    def key(self, name: str) -> Key | None:
        """The row of a key, if the oldest release reads it."""
        row = SECTIONS[self.section].get(name)
        return row if row and max(row.since, row.option_since) <= self.podman else None

    def fits(self, key: str, text: str) -> bool:
        """Whether the key can hold a value as data."""
        row = self.key(key)
        try:
            return row is not None and bool(encode(row, text))
        except QuadletError:
            return False

    def put(self, key: str, text: str, given: Given, option: str = "") -> None:
        """A value as data.  option: what it is for podman, if it is not the key's own."""
        row = SECTIONS[self.section].get(key)
        option = option or (row.option if row else "")
        error = QuadletError(
            f"[{self.section}] has no {key}=, and podman no option for it", topic="unwritable-value"
        )
        try:
            if row and self.key(key):
                self._add(row, encode(row, text), given)
                return
        except QuadletError as problem:
            error = problem
        if option:
            self.args(_option_words(option, text), given)
        else:
            given.fail(error)

    def put_syntax(self, key: str, text: str, given: Given) -> None:
        """A value in which systemd expands specifiers, such as a path below `%h`."""
        row = SECTIONS[self.section].get(key)
        try:
            if row is None:
                raise QuadletError(f"[{self.section}] has no {key}=", topic="unwritable-value")
            self._add(row, encode_syntax(row, text), given)
        except QuadletError as error:
            given.fail(error)

    def pair(self, key: str, name: str, value: str, given: Given) -> None:
        """A pair of a key that takes a mapping."""
        row = SECTIONS[self.section][key]
        try:
            if not self.key(key):
                raise QuadletError(f"{key}= is too new", topic="unwritable-value")
            self._check(key, {name: value})
            self.sections[self.section].setdefault(key, {})[name] = value
            self._own(key, given)
        except QuadletError:
            self.args([row.option, f"{name}={value}"], given)

    def words(self, key: str, words: t.Sequence[str], given: Given) -> QuadletError | None:
        """A command as data; the error, if it has no form."""
        try:
            self._check(key, list(words))
        except QuadletError as error:
            return error
        self.sections[self.section][key] = list(words)
        self._own(key, given)
        return None

    def item(self, key: str, options: dict[str, str], given: Given) -> None:
        """Options of Secret= or Mount= as data."""
        try:
            self._check(key, [options])
        except QuadletError as error:
            given.fail(error)
            return
        self.sections[self.section].setdefault(key, []).append(options)
        self._own(key, given)

    def args(self, words: t.Sequence[str], given: Given, key: str = "PodmanArgs") -> None:
        """Words of podman's command line, as data."""
        try:
            self._check(key, [list(words)])
        except QuadletError as error:
            given.fail(error)
            return
        self.sections[self.section].setdefault(key, []).append(list(words))
        self._own(key, given)

    def line(self, section: str, key: str, text: str, given: Given | None = None) -> None:
        """A line of syntax of any section; a second one stands beside the first."""
        try:
            render_unit(self.name, {section: {key: text}})
        except QuadletError as error:
            if given:
                given.fail(error)
            return
        keys = self.sections.setdefault(section, {})
        row = SECTIONS.get(section, {}).get(key)
        if key not in keys or (row and not row.repeats):
            keys[key] = [text] if row and row.repeats else text
        else:
            before = keys[key] if isinstance(keys[key], list) else [keys[key]]
            if text in before:
                if given:
                    given.write(self.name, key)
                return
            keys[key] = [*before, text]
        self._own(key, given)

    def default(self, section: str, key: str, text: str) -> None:
        """A line, unless there is one."""
        if key not in self.sections.setdefault(section, {}):
            self.line(section, key, text)

    def has(self, section: str, key: str) -> bool:
        """Whether it has the key."""
        return key in self.sections.get(section, {})

    def finish(self) -> Sections:
        """Its sections, without empty ones; the section of its kind is always there."""
        return {
            section: keys
            for section, keys in self.sections.items()
            if keys or section == self.section
        }

    def _add(self, row: Key, text: str, given: Given) -> None:
        keys = self.sections[self.section]
        lines = keys.setdefault(row.name, []) if row.repeats else []
        if text in lines:  # two devices, or ports, of one name are an error of Podman's
            given.write(self.name, row.name)
            return
        if row.repeats:
            lines.append(text)
        else:
            keys[row.name] = text
        self._own(row.name, given)

    def _own(self, key: str, given: Given | None) -> None:
        self.owners.setdefault(key, []).append(given)
        if given:
            given.write(self.name, key)

    def _check(self, key: str, value: t.Any) -> None:
        render_unit(self.name, {self.section: {key: value}})


def _option_words(option: str, text: str) -> list[str]:
    """`--memory 1g`, `--entrypoint=x`, `--security-opt seccomp=x`."""
    name, joined, prefix = option.partition("=")
    return [f"{name}={text}"] if joined and not prefix else [name, prefix + text]
