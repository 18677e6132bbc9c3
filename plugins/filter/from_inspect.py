# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: from_inspect
short_description: Make an app of the output of podman inspect or docker inspect
version_added: 0.1.0
author: quadlet.fleet contributors (@quadlet-fleet)
description:
  - Converts what inspect says of containers, pods, networks and volumes to an app of Quadlet units.
  - With what inspect says of their images, the images' own defaults are told from what was asked
    for.
  - What can't be converted is an error that begins with C(from_inspect:) and lists every cause.
  - No text of the result is a template, whatever is in it.
extends_documentation_fragment:
  - quadlet.fleet._convert
  - quadlet.fleet._convert.filter
positional: _input
options:
  _input:
    description:
      - The output as text or data, or a list of such, of objects of any kind.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Deploy what a file of docker inspect says
  vars:
    said: "{{ lookup('ansible.builtin.file', 'inspect.json') }}"
  quadlet.fleet.apps:
    apps:
      - "{{ said | quadlet.fleet.from_inspect(name='shop', app=true) }}"
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
        return make_filters("inspect")
