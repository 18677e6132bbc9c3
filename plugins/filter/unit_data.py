# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unit_data
short_description: Read the text of a Podman Quadlet unit as sections
version_added: 0.1.0
author: quadlet.fleet contributors (@quadlet-fleet)
description:
  - Turns a unit's text into a mapping of sections, each a mapping of keys, as
    O(quadlet.fleet.app#module:units) takes it. P(quadlet.fleet.unit_text#filter) is the way back.
  - Values are lines of Quadlet syntax, unchanged. A key that may repeat has a list, in which an
    empty string is an assignment that resets it. A key that takes one value has its last value.
    A repeated key of systemd's own sections has a list.
  - Repeated sections are merged. Comments are dropped.
positional: _input
options:
  _input:
    description: The unit's text.
    type: str
    required: true
  name:
    description: The unit's name, for error messages.
    type: str
    default: unit
"""

EXAMPLES = r"""
- name: Show what a unit publishes
  vars:
    web: "{{ lookup('ansible.builtin.file', 'web.container') | quadlet.fleet.unit_data }}"
  ansible.builtin.debug:
    msg: "{{ web.Container.PublishPort }}"
"""

RETURN = r"""
_value:
  description: The sections.
  type: dict
  sample: {"Container": {"Image": "docker.io/library/nginx:1.29", "PublishPort": ["8080:80"]}}
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitdata import unit_data


def _unit_data(text: t.Any, name: str = "unit") -> dict[str, dict[str, t.Any]]:
    if not isinstance(text, str):
        raise AnsibleFilterError(f"unit_data: it takes a unit's text, not {text!r} [filter-input]")
    try:
        return unit_data(name, text)
    except QuadletError as error:
        raise AnsibleFilterError(f"unit_data: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Returns the filters by name."""
        return {"unit_data": _unit_data}
