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
  - An app waits for those of the same scope that its units refer to (C(Network=other.network),
    C(Requires=other.service)), wherever they are in the list. It waits for an earlier one when one
    of the two only mentions a unit, service, container or the like of the other, when they have
    the same name, and when either is given without units or with C(adopt). Apps that need each
    other keep the order of the list, with a warning. Apps of different scopes do not wait for each
    other.
  - Items that are wrong as such (an unknown option, a value of another type, the same app twice)
    are an error before anything is done.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.diff
  - quadlet.fleet._attributes.actiongroup
options:
  apps:
    description:
      - The apps, in any order. Each item takes the options of M(quadlet.fleet.app).
      - What C(module_defaults) of the group C(group/quadlet.fleet.quadlet) gives, a C(user) say,
        is every item's default.
    type: list
    elements: dict
    required: true
  parallel:
    description: How many apps are deployed at once. With V(1) they come one after the other.
    type: int
    default: 4
  project:
    description:
      - The project that the apps are of, whatever name it has. The host keeps a list of the apps
        that a project has deployed to it, so that it can be told which of them the project no
        longer declares.
      - An app is of the project that deployed it last. One that M(quadlet.fleet.app), or this
        module without a project, deploys is of none.
    type: str
  undeclared:
    description:
      - What becomes of apps that the project has deployed to the host, in whatever scope, and that
        O(apps) does not have. It needs O(project), and O(apps) has to be all apps of the project.
      - V(warn) names them in a warning, V(remove) removes them as C(state=absent) of
        M(quadlet.fleet.app) does, so that their data stays, before the others are deployed.
      - An app that somebody else has deployed since, or that can't be read, is never removed, but
        told.
    type: str
    choices: [ignore, warn, remove]
    default: ignore
  allow_empty:
    description:
      - Whether an empty list of O(apps) means that all apps of the project are to be removed.
        Otherwise it is an error with O(undeclared=remove) if there are some, and nothing is done.
    type: bool
    default: false
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

- name: Deploy all apps of a project, and remove what it no longer declares
  quadlet.fleet.apps:
    apps: "{{ my_apps }}"
    project: shop
    undeclared: remove # units, files and secrets; volumes stay

- name: See what a deployment of all apps would restart, one after the other
  quadlet.fleet.apps:
    apps: "{{ my_apps }}"
    parallel: 1
  check_mode: true
  diff: true
"""

RETURN = r"""
undeclared:
  description:
    - The apps that O(project) has deployed to the host and no longer declares, if O(undeclared)
      asks for them.
  returned: with O(project)
  type: list
  elements: dict
  contains:
    name:
      description: The app.
      type: str
      sample: shop
    user:
      description: Its user, null for the system.
      type: str
      sample: svc
    location:
      description: C(system), C(home) or C(admin).
      type: str
      sample: home
    action:
      description: V(remove) if it was removed, or will be, or could not be; V(none) if it stays.
      type: str
      sample: remove
    plan:
      description: What its removal does, as M(quadlet.fleet.app) returns it.
      returned: when it was removed, or will be
      type: list
      elements: dict
    failed:
      description: Whether its removal failed.
      returned: with O(undeclared=remove)
      type: bool
    msg:
      description: Why it stays though its removal was asked for, or why that failed.
      type: str
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
      description: The apps that this one waited for.
      type: list
      elements: dict
      contains:
        app:
          description: The name of that app.
          type: str
          sample: database
        reason:
          description: Why the two are in that order.
          type: str
          sample: shop refers to backend.network of database
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
            "project": {"type": "str"},
            "undeclared": {
                "type": "str",
                "choices": ["ignore", "warn", "remove"],
                "default": "ignore",
            },
            "allow_empty": {"type": "bool", "default": False},
            "_confidential": {"type": "list", "elements": "dict", "no_log": True},
        },
        supports_check_mode=True,
    )
    module.run("apps")


if __name__ == "__main__":
    main()
