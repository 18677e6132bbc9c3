# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: linger
short_description: Let a user's services run without a login
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Turns linger on or off for a user. With linger the user's service manager runs from boot on, and
    is not stopped at logout.
  - V(enabled) returns only when the user's manager and its bus answer, so that the next task can
    use them.
  - Where network-online.target is not reached on the host, each start of a rootless container waits
    90 seconds for it. The module warns of that and names the remedy.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  user:
    description: User name or uid. The module runs as root or as that user.
    type: str
    required: true
  state:
    description: Whether linger is on.
    type: str
    choices: [enabled, disabled]
    default: enabled
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes no file of the user's.
"""

EXAMPLES = r"""
- name: Let the services of user svc run from boot on
  quadlet.fleet.linger:
    user: svc

- name: End them with the last session
  quadlet.fleet.linger:
    user: svc
    state: disabled
"""

RETURN = r"""
uid:
  description: The user's number.
  returned: success
  type: int
  sample: 1000
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["enabled", "disabled"], "default": "enabled"},
        },
        supports_check_mode=True,
    )
    module.run("linger")


if __name__ == "__main__":
    main()
