# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The filters from_compose, from_run, from_systemd and from_inspect.

Nothing of what was converted ever becomes a template: before ansible-core 2.19 every text of a
result is marked as unsafe, from then on a text without a mark is none.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.release import __version__

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import convert

_MARKS = tuple(int(part) for part in __version__.split(".")[:2]) < (2, 19)


def make_filters(kind: str) -> dict[str, t.Callable[..., t.Any]]:
    """The filter of a conversion, by its name."""
    name = f"from_{kind}"

    def convert_input(source: t.Any, **given: t.Any) -> t.Any:
        try:
            return untrusted(convert(kind, plain(source), plain(given)))
        except QuadletError as error:
            raise AnsibleFilterError(f"{name}: {error}") from error

    return {name: convert_input}


def plain(value: t.Any) -> t.Any:
    """A value without marks of Ansible's on it."""
    if isinstance(value, t.Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str.__str__(value) if isinstance(value, str) else value


def untrusted(value: t.Any) -> t.Any:
    """A value whose texts no template engine touches."""
    value = plain(value)
    if not _MARKS:
        return value
    from ansible.utils.unsafe_proxy import wrap_var

    return wrap_var(value)
