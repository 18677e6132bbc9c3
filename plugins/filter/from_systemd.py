# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: from_systemd
short_description: Make an app of units of podman generate systemd
version_added: 0.1.0
author: quadlet.fleet contributors (@quadlet-fleet)
description:
  - Converts units that C(podman generate systemd) wrote to an app of Quadlet units. What was added
    to them by hand stays.
  - What can't be converted is an error that begins with C(from_systemd:) and lists every cause.
  - No text of the result is a template, whatever is in it.
extends_documentation_fragment:
  - quadlet.fleet._convert
  - quadlet.fleet._convert.filter
positional: _input
options:
  _input:
    description:
      - The text of a unit, a list of texts, or texts by file name. Units of a pod belong together.
      - A unit without C(--new) only starts a container; the output of C(podman inspect) as one more
        text has the rest.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Deploy a generated unit as Quadlet
  vars:
    unit: "{{ lookup('ansible.builtin.file', 'container-web.service') }}"
  quadlet.fleet.apps:
    apps:
      - "{{ {'container-web.service': unit} | quadlet.fleet.from_systemd(app=true) }}"
"""

RETURN = r"""
_value:
  description:
    - The app. Without C(report), C(variables) and C(sources) it is options of M(quadlet.fleet.app),
      and an item of C(quadlet_deploy_apps).
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    units:
      description: Its units, as sections by file name.
      type: dict
    files:
      description: Its other files.
      type: dict
    secrets:
      description: Values of its secrets by name.
      type: dict
    directories:
      description: Directories of bind mounts, with their options.
      type: dict
    variables:
      description: Variables that were found, with their defaults and places.
      type: list
      elements: dict
    report:
      description:
        - What became of everything that was given, but what is exact; C(report=all) has that too.
      type: list
      elements: dict
      contains:
        path:
          description: What it is about.
          type: str
          sample: services.web.restart
        file:
          description: The file.
          type: str
        line:
          description: The line, 0 without one.
          type: int
        outcome:
          description: C(exact), C(moved), C(approximated) or C(dropped).
          type: str
        wrote:
          description: What was written of it, as C(UNIT:KEY).
          type: list
          elements: str
        reason:
          description: What is different.
          type: str
        remedy:
          description: What to do about it.
          type: str
        rule:
          description: The id of a rule, or an empty text.
          type: str
    sources:
      description: The files that were read.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.filters import make_filters


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Returns the filters by name."""
        return make_filters("systemd")
