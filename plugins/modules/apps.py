# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: apps
short_description: Deploy several apps of Podman Quadlets, of one or several users, in one call
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Does what M(quadlet.fleet.app) does for each of several apps of a host, in one round trip, and
    for some of them at once.
  - Each app is a transaction of its own. One that fails does not keep the others from being
    deployed; the call fails at the end, and names it.
  - An app waits for an earlier one of the same scope when one of the two mentions a unit, service,
    container or the like of the other, when they have the same name, and when either is given
    without units or with C(adopt). Apps of different scopes do not wait for each other.
  - Items that are wrong as such (an unknown option, a value of another type, the same app twice)
    are an error before anything is done.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.diff
  - quadlet.fleet._attributes.actiongroup
options:
  apps:
    description:
      - The apps, in their order. Each item takes the options of M(quadlet.fleet.app).
      - What C(module_defaults) of the group C(group/quadlet.fleet.quadlet) gives, a C(user) say,
        is every item's default.
    type: list
    elements: dict
    required: true
  parallel:
    description: How many apps are deployed at once. With V(1) they come one after the other.
    type: int
    default: 4
  _confidential:
    description:
      - Internal, set by the action plugin. The C(secrets) and C(authfile) of the items, sent apart
        from them, so that no log of the host has them.
    type: list
    elements: dict
seealso:
  - module: quadlet.fleet.app
"""

EXAMPLES = r"""
- name: Deploy two apps of the system and one of user svc
  quadlet.fleet.apps:
    apps:
      - name: proxy
        src: proxy/
      - name: db
        src: db/
        secrets:
          password: "{{ db_password }}"
      - name: shop
        user: svc
        src: shop/
        gate:
          probes:
            - http: http://127.0.0.1:8080/health

- name: See what a deployment of all apps would restart, one after the other
  quadlet.fleet.apps:
    apps: "{{ my_apps }}"
    parallel: 1
  check_mode: true
  diff: true
"""

RETURN = r"""
apps:
  description:
    - What became of each app, in the given order. An item holds what M(quadlet.fleet.app) returns,
      without its diff and its warnings, which stand beside all of them.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The app.
      type: str
      sample: shop
    user:
      description: Its C(user) as it was given, null for the system.
      type: str
      sample: svc
    failed:
      description: Whether it failed.
      type: bool
    changed:
      description: Whether something of it changed.
      type: bool
    msg:
      description: Why it failed.
      returned: when it failed
      type: str
    seconds:
      description: How long it took.
      type: float
      sample: 2.1
    waited_for:
      description: The earlier apps that this one waited for, since both touch the same thing.
      type: list
      elements: dict
      contains:
        app:
          description: The name of the earlier app.
          type: str
          sample: database
        reason:
          description: Why the order of the two was kept.
          type: str
          sample: shop mentions backend.network of database
    generation:
      description: The number of the deployed state. Like plan, services, failures and so on, see
        M(quadlet.fleet.app).
      type: int
      sample: 3
msg:
  description: The first line names each app that failed, with the cause; their own messages follow.
  returned: failure
  type: str
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={
            "apps": {"type": "list", "elements": "dict", "required": True},
            "parallel": {"type": "int", "default": 4},
            "_confidential": {"type": "list", "elements": "dict", "no_log": True},
        },
        supports_check_mode=True,
    )
    module.run("apps")


if __name__ == "__main__":
    main()
