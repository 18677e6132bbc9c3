# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: users
short_description: Make the users of rootless services, however many, in one call
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Creates users who have all that rootless services need, which are ranges of subordinate ids that
    overlap with nobody's, linger with a manager that answers, logins to registries and the CAs of
    registries.
  - What a user has already stays. A number is never changed and a home never moved; nothing is
    removed.
  - It needs root.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  users:
    description: The users.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the user. With V(root), only O(users[].logins), O(users[].cas) and
            O(users[].auto_update) count.
        type: str
        required: true
      uid:
        description: The user's number. An existing user with another one is an error.
        type: int
      groups:
        description: Groups that the user is in too. They have to exist; others are left alone.
        type: list
        elements: str
      home:
        description: The home of a user to create. An existing user with another one is an error.
        type: path
      shell:
        description: The shell.
        type: path
      comment:
        description: The comment of a user to create.
        type: str
      system:
        description: Whether a user to create gets a number of the system's range.
        type: bool
        default: false
      subids:
        description:
          - How many subordinate user ids and group ids the user has to have at least. What is
            missing is granted from behind the last range of the host.
        type: int
        default: 65536
      linger:
        description: Whether the user's services run without a login.
        type: bool
        default: true
      logins:
        description:
          - Logins to registries. They are kept in C(~/.config/containers/auth.json) with mode 0600,
            which Podman reads and which is there after a boot. Other logins in it stay.
        type: list
        elements: dict
        suboptions:
          registry:
            description: The registry as image names begin, C(HOST:PORT), or with a path behind it.
            type: str
            required: true
          username:
            description: Who logs in.
            type: str
            required: true
          password:
            description: The password or token.
            type: str
            required: true
      cas:
        description:
          - The CA's certificate, as text, by registry (C(HOST:PORT)). It is trusted for that
            registry by this user; with V(root) by everybody.
        type: dict
      auto_update:
        description:
          - Whether the timer runs that updates the user's containers with C(AutoUpdate=). Without
            it, the timer is left as it is.
        type: bool
  user:
    description:
      - Not looked at. It is there so that C(module_defaults) of the group may name the user of
        the apps.
    type: str
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: full
    details: It says what is done, and no contents.
"""

EXAMPLES = r"""
- name: Make two users ready for rootless services
  quadlet.fleet.users:
    users:
      - name: shop
        logins:
          - registry: registry.example
            username: puller
            password: "{{ vault_registry_password }}"
      - name: wiki
        uid: 2001

- name: Let the whole host trust the CA of a registry
  quadlet.fleet.users:
    users:
      - name: root
        cas:
          registry.example: "{{ lookup('ansible.builtin.file', 'ca.crt', rstrip=false) }}"
"""

RETURN = r"""
done:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user.
      type: str
      sample: shop
    what:
      description: What was done.
      type: str
      sample: turn linger on
users:
  description: Number and home of each user who exists, by name.
  returned: success
  type: dict
  sample: {"shop": {"uid": 1000, "home": "/home/shop"}}
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    login = {
        "registry": {"type": "str", "required": True},
        "username": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
    }
    user = {
        "name": {"type": "str", "required": True},
        "uid": {"type": "int"},
        "groups": {"type": "list", "elements": "str"},
        "home": {"type": "path"},
        "shell": {"type": "path"},
        "comment": {"type": "str"},
        "system": {"type": "bool", "default": False},
        "subids": {"type": "int", "default": 65536},
        "linger": {"type": "bool", "default": True},
        "logins": {"type": "list", "elements": "dict", "options": login},
        "cas": {"type": "dict"},
        "auto_update": {"type": "bool"},
    }
    module = EngineModule(
        argument_spec={
            "users": {"type": "list", "elements": "dict", "required": True, "options": user},
            "user": {"type": "str"},
        },
        supports_check_mode=True,
    )
    module.run("users")


if __name__ == "__main__":
    main()
