# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Ask the gates of deployed apps again, and accept a rollout
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Asks of each app what it was asked when it was deployed, see O(quadlet.fleet.app#module:gate)
    of M(quadlet.fleet.app). Every service that was started runs, systemd has not restarted any
    since the deployment, health checks pass, and the probes of the deployed generation answer.
  - The stable time is not waited for, wait before.
  - Fails where an app does not pass, and says why. It starts, stops and restarts nothing.
extends_documentation_fragment:
  - quadlet.fleet._scope
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  apps:
    description: The apps.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the app.
        type: str
        required: true
      user:
        description: The user whose scope it is in, by name or uid; by default O(user).
        type: str
      location:
        description: Where its units lie; by default O(location).
        type: str
        choices: [home, admin]
      state:
        description:
          - As the app is declared. Of one that is V(present) or V(stopped) nothing is asked; its
            rollout ends all the same.
        type: str
        choices: [started, present, stopped, restarted, rolled_back]
        default: started
  accept:
    description:
      - The id of a rollout. Of the apps that pass and are part of it, it ends, so that it can't be
        taken back any more.
    type: str
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes no file of an app.
"""

EXAMPLES = r"""
- name: See that the shop still runs as it was deployed
  quadlet.fleet.gate:
    apps:
      - name: shop
        user: svc

- name: Accept a rollout
  quadlet.fleet.gate:
    apps:
      - name: shop
    accept: r1
"""

RETURN = r"""
apps:
  description: One entry for each app, in the given order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The app.
      type: str
      sample: shop
    user:
      description: The user as given, null in the system's scope.
      type: str
      sample: svc
    passed:
      description: Whether it passed.
      type: bool
    msg:
      description: Why not, empty where it did.
      type: str
    failures:
      description: The same as data, see M(quadlet.fleet.app).
      type: list
      elements: dict
    generation:
      description: The number of its deployed state.
      type: int
      sample: 3
    rollout:
      description: The rollout that it was part of, as M(quadlet.fleet.app) returns it.
      type: dict
    changed:
      description: Whether its rollout has ended by this run.
      type: bool
    seconds:
      description: How long it took.
      type: float
      sample: 0.4
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module import options as _options
from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={
            "apps": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "user": {"type": "str"},
                    "location": {"type": "str", "choices": ["home", "admin"]},
                    "state": {
                        "type": "str",
                        "choices": [one for one in _options.STATES if one != "absent"],
                        "default": "started",
                    },
                },
            },
            "accept": {"type": "str"},
            **_options.SCOPE,
        },
        supports_check_mode=True,
    )
    module.run("gate")


if __name__ == "__main__":
    main()
