# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of what every module of the collection supports."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of the modules."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode, changes nothing there and predicts what a run would do.
    support: full
  platform:
    description: The hosts that it works on.
    support: full
    platforms: posix
requirements:
  - Podman 4.7 or newer on the host, with its systemd generator
  - systemd 248 or newer on the host
  - Python 3.9 or newer on the host
"""

    DIFF = r"""
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: full
"""

    ACTIONGROUP = r"""
attributes:
  action_group:
    description:
      - Its options can be given once, in C(module_defaults) of the group
        C(group/quadlet.fleet.quadlet).
    support: full
    membership:
      - quadlet.fleet.quadlet
"""
