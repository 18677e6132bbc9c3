# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the options and attributes that modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """The scope: whose service manager, and where its units lie."""

    DOCUMENTATION = r"""
options:
  user:
    description:
      - User name or uid whose own service manager runs the services (rootless).
      - Without it, or with V(root) or V(0), the system's manager does.
      - The module runs as root or as that user. No login session is needed.
    type: str
  location:
    description:
      - Where the units of a user's scope lie.
      - V(home) is C(~/.config/containers/systemd), owned by the user.
      - V(admin) is C(/etc/containers/systemd/users/UID), owned by root, and needs root.
    type: str
    choices: [home, admin]
    default: home
"""
