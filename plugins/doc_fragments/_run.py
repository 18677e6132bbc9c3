# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the options that say how a change is carried out."""

from __future__ import annotations


class ModuleDocFragment:
    """How a run goes."""

    DOCUMENTATION = r"""
options:
  linger:
    description:
      - In a user's scope, turn linger on before anything is written, so that the services run
        from boot on and without a login. Where it is on already nothing is called.
    type: bool
    default: true
  restart:
    description:
      - V(auto) restarts the services whose unit, drop-ins or files changed since they were
        started, and those that must follow.
      - V(never) leaves running services alone; a later run with V(auto) restarts them.
    type: str
    choices: [auto, never]
    default: auto
  adopt:
    description:
      - Take over unit files of the same name that no app owns. They are moved, with their
        drop-ins, into the app's directory; a companion stays where it is. Without it such a file is
        an error.
    type: bool
    default: false
  gate:
    description: What a start must show before it counts.
    type: dict
    default: {}
    suboptions:
      timeout:
        description: Seconds for all starts together, V(300) by default.
        type: float
      stable:
        description:
          - Seconds that each started service has to stay up, from its own activation on, V(1) by
            default. A container that exits at once, or crashes again and again, reads active for
            a moment.
        type: float
"""
