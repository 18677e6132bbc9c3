# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Text for Ansible: what was converted stays as it is, and only placeholders are templates."""

from __future__ import annotations

import re
import typing as t

import yaml

_OPENING = re.compile(r"\{(?=[{%#])")
_ESCAPED = "{{ '{' }}"
_SIGNS = "| replace('%', '%%') | replace('$', '$$')"
_QUOTED = "| replace('\\\\', '\\\\\\\\') | replace('\"', '\\\\\"') | replace('\\n', '\\\\n')"
"""What makes data of a value in a unit: systemd reads % and $ in every line, and in double quotes
a backslash begins an escape.
"""
_QUOTES = re.compile(r'\\.|"', re.DOTALL)


class Templates:
    """Knows the placeholders.  names: of the variables that are given at the deployment."""

    def __init__(self, names: t.Iterable[str]) -> None:
        self._names = frozenset(names)
        shown = "|".join(re.escape(f"{{{{ {name} }}}}") for name in sorted(self._names))
        self._placeholder = re.compile(f"({shown})" if shown else r"(?!)()")

    def with_names(self, names: t.Iterable[str]) -> Templates:
        """The same with more of them."""
        return Templates(self._names.union(names))

    def is_template(self, text: str) -> bool:
        """Whether a text has a placeholder."""
        return bool(self._placeholder.search(text))

    def escape(self, text: str) -> str:
        """A template that renders as the text, with the values of its placeholders."""
        parts = self._placeholder.split(text)
        return "".join(
            part if number % 2 else _OPENING.sub(_ESCAPED, part)
            for number, part in enumerate(parts)
        )

    def escape_unit(self, text: str) -> str:
        """The same of a unit, in which a value stands as data, whatever signs it has."""
        parts, before = [], ""
        for number, part in enumerate(self._placeholder.split(text)):
            if not number % 2:
                parts.append(_OPENING.sub(_ESCAPED, part))
                before = (before + part).rpartition("\n")[2]
                continue
            filters = f"{_QUOTED} {_SIGNS}" if _is_in_quotes(before) else _SIGNS
            parts.append(part.replace(" }}", f" {filters} }}}}"))
        return "".join(parts)

    def to_yaml(self, value: t.Any) -> str:
        """A value as YAML that Ansible reads as it is, placeholders apart."""
        dump: t.Any = yaml.dump
        return str(
            dump(
                self._marked(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110
            )
        )

    def _marked(self, value: t.Any) -> t.Any:
        if isinstance(value, t.Mapping):
            return {str(key): self._marked(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._marked(item) for item in value]
        if not isinstance(value, str) or not _OPENING.search(value):
            return value
        return self.escape(value) if self.is_template(value) else _Unsafe(value)


def _is_in_quotes(text: str) -> bool:
    """Whether a double quote of a line is open at its end."""
    quotes = [match[0] for match in _QUOTES.finditer(text) if match[0] == '"']
    return len(quotes) % 2 == 1


class _Unsafe(str):
    """A text that is no template, whatever is in it."""


class _Dumper(yaml.SafeDumper):
    """Writes lists below their key with an indent, as ansible-lint has it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """As PyYAML's, and never without an indent."""
        del indentless
        parent: t.Any = super()
        parent.increase_indent(flow, indentless=False)


def _represent(dumper: t.Any, text: _Unsafe) -> t.Any:
    return dumper.represent_scalar("!unsafe", str(text), style='"')


_add_representer: t.Any = _Dumper.add_representer
_add_representer(_Unsafe, _represent)
