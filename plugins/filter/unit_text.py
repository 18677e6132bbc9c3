# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unit_text
short_description: Write sections as the text of a Podman Quadlet unit
version_added: 0.1.0
author: quadlet.fleet contributors (@quadlet-fleet)
description:
  - Turns a mapping of sections, each a mapping of keys, into a unit's text, just as
    M(quadlet.fleet.app) does. P(quadlet.fleet.unit_data#filter) is the way back.
  - O(quadlet.fleet.app#module:units) describes how values are written.
positional: _input
options:
  _input:
    description: The sections.
    type: dict
    required: true
  name:
    description: The unit's name, for error messages.
    type: str
    default: unit
"""

EXAMPLES = r"""
- name: Look at a unit before it is deployed
  vars:
    web:
      Container:
        Image: docker.io/library/nginx:1.29
        Environment:
          GREETING: 100% "you" for $5
  ansible.builtin.debug:
    msg: "{{ web | quadlet.fleet.unit_text }}"
"""

RETURN = r"""
_value:
  description: The text.
  type: str
  sample: "[Container]\nImage=docker.io/library/nginx:1.29\n"
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit


def _unit_text(sections: t.Any, name: str = "unit") -> str:
    if not isinstance(sections, t.Mapping):
        raise AnsibleFilterError(
            f"unit_text: it takes a mapping of sections, not {sections!r} [filter-input]"
        )
    try:
        return render_unit(name, sections)
    except QuadletError as error:
        raise AnsibleFilterError(f"unit_text: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Returns the filters by name."""
        return {"unit_text": _unit_text}
