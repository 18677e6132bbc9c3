# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Replaces the variables in a tree, and gives the values of some keys the type that they have.

Keys of mappings are never replaced.  Only texts are: numbers, true, false and null have no
variables.  Then a text at a path of the table becomes what its key takes: read_only: ${RO:-yes} is
true, as it is for Compose.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import (
    Node,
    Scalar,
    Unset,
    join_path,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import UnsetMode
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import (
    Keep,
    Lookup,
    Part,
    Reference,
    TemplateError,
    expand,
    parse_template,
    references,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.typed_keys import cast, type_at


@dataclasses.dataclass
class Use:
    """A variable that the files use.  defaults: the words behind :- and -; places: FILE:LINE;
    both as the keys of a mapping, in their order.
    """

    name: str
    defaults: dict[str, None] = dataclasses.field(default_factory=dict)
    places: dict[str, None] = dataclasses.field(default_factory=dict)


def keep_name(name: str) -> str:
    """What stands for a variable without a value, which is an error: something, so that reading
    goes on behind it.
    """
    return name


def keep_as_placeholder(name: str) -> str:
    """What stands for a variable that is given at the deployment."""
    return "{{ " + name + " }}"


def keep_nothing(_name: str) -> str:
    """Compose's own: a variable without a value is an empty text."""
    return ""


_KEEP: t.Final[dict[UnsetMode, Keep]] = {
    "refuse": keep_name,
    "empty": keep_nothing,
    "keep": keep_as_placeholder,
}
_LONGEST: t.Final = 8 * 1024 * 1024
_MOST: t.Final = 50_000


def is_refused(unset: Unset, mode: UnsetMode) -> bool:
    """Whether a variable without a value is an error."""
    return mode == "refuse" or (unset.required and mode == "empty")


class Interpolator:
    """Replaces variables.  uses: every variable that it met, by name."""

    def __init__(
        self, lookup: Lookup, mode: UnsetMode, causes: Causes, uses: dict[str, Use] | None = None
    ) -> None:
        self.uses = {} if uses is None else uses
        self._length = 0
        self._count = 0
        self._lookup = lookup
        self._mode: UnsetMode = mode
        self._causes = causes

    def tree(self, node: Node, path: str = "", keys: tuple[str, ...] = ()) -> Node:
        """The tree without variables."""
        if isinstance(node.value, dict):
            nodes = {
                key: self.tree(child, join_path(path, key), (*keys, key))
                for key, child in node.value.items()
            }
            return dataclasses.replace(node, value=nodes)
        if isinstance(node.value, tuple):
            items = tuple(
                self.tree(child, join_path(path, index), (*keys, "[]"))
                for index, child in enumerate(node.value)
            )
            return dataclasses.replace(node, value=items)
        if isinstance(node.value, str):
            return self._text(node, node.value, path, keys)
        return node

    def _text(self, node: Node, text: str, path: str, keys: tuple[str, ...]) -> Node:
        if "$" in text:
            node = self._expanded(node, text, path)
        kind = type_at(keys)
        if kind is None or node.wrong or (node.unset and self._mode == "keep"):
            return node
        try:
            return dataclasses.replace(node, value=cast(str(node.value), kind))
        except ValueError as error:
            self._causes.add(node, path, str(error), "Correct it, or the variable.")
            return dataclasses.replace(node, wrong=True)

    def _expanded(self, node: Node, text: str, path: str) -> Node:
        try:
            parts = parse_template(text)
            expanded = expand(parts, self._lookup, _KEEP[self._mode])
        except TemplateError as error:
            remedy = "Write ${NAME:-word} for a default, $$ for a dollar sign that is one."
            self._causes.add(node, path, f"{error}, at character {error.at + 1}", remedy)
            return dataclasses.replace(node, wrong=True)
        found = list(references(parts))
        self._length += len(expanded.text)
        self._count += len(found)
        if self._length > _LONGEST or self._count > _MOST:
            what = f"more than {_MOST} variables, or {_LONGEST} characters of their values"
            self._causes.add_gap(node.file, "", what, "Use them less often.")
            return dataclasses.replace(node, wrong=True)
        for reference in found:
            self._note(reference, node)
        value: Scalar = expanded.text
        unset = expanded.unset
        wrong = any(is_refused(one, self._mode) for one in unset)
        return dataclasses.replace(node, value=value, text=expanded.text, unset=unset, wrong=wrong)

    def _note(self, reference: Reference, node: Node) -> None:
        use = self.uses.setdefault(reference.name, Use(reference.name))
        use.places[node.place] = None
        if reference.form.endswith("-"):
            use.defaults[_written(reference.word)] = None


def _written(parts: t.Sequence[Part]) -> str:
    """A word as it is written."""
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part.replace("$", "$$"))
        else:
            texts.append("${" + part.name + part.form + _written(part.word) + "}")
    return "".join(texts)
