# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Name all that a host lacks to run Quadlets
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Looks at a host once and names everything that is missing, each with what to do about it.
  - Always looked at are Python, systemd, cgroup v2, Podman with its generator, and the programs
    that Podman runs; the options add to that.
  - It changes nothing. As root it sees everything; another user does not see who holds a port of
    someone else's.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  users:
    description:
      - Users who shall have services. Each has to exist, with ranges of subordinate ids, and to
        linger, with a manager and a bus.
    type: list
    elements: str
    default: []
  user:
    description: One more of O(users), so that C(module_defaults) of the group do.
    type: str
  linger:
    description: Whether the users have to linger.
    type: bool
    default: true
  ports:
    description:
      - TCP ports that have to be free. A port that is held for a container, or by systemd for a
        socket unit, counts as free.
    type: list
    elements: int
    default: []
  registries:
    description:
      - Registries that have to answer, as C(HOST) or C(HOST:PORT). The host asks each for C(/v2/)
        by HTTPS; an answer that asks for a login will do.
      - The CAs in C(/etc/containers/certs.d) are trusted for their registries.
      - V(http://) before the name allows HTTP, and a certificate that can't be verified.
    type: list
    elements: str
    default: []
  min_free:
    description:
      - What has to be free where Podman stores images, C(10G) say, for the system and for each
        of the users.
    type: str
    default: "0"
  storage:
    description:
      - Where the system's storage is to be. It is a finding when Podman has another path with
        data in it.
    type: path
  podman:
    description: The oldest Podman that will do.
    type: str
    default: "4.7"
  fail:
    description: Whether findings are a failure.
    type: bool
    default: true
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes nothing.
"""

EXAMPLES = r"""
- name: Refuse a host that could not run the shop
  quadlet.fleet.preflight:
    users: [shop]
    ports: [8080]
    registries: [registry.example]
    min_free: 5G

- name: Look at what is missing
  quadlet.fleet.preflight:
    fail: false
  register: host
"""

RETURN = r"""
findings:
  description: What is missing; an empty list where nothing is.
  returned: always
  type: list
  elements: dict
  contains:
    check:
      description:
        - What was looked at, one of C(python), C(systemd), C(cgroup), C(podman), C(tools),
          C(user), C(subids), C(manager), C(space), C(storage), C(ports), C(registries).
      type: str
      sample: podman
    what:
      description: What is wrong, with the value that was seen.
      type: str
      sample: "Podman is 4.3.1, 4.7 is needed"
    remedy:
      description: What to do about it.
      type: str
      sample: Use a newer release of the distribution, or a repository that has it.
report:
  description: The findings as a text of a line each; empty where there are none.
  returned: success
  type: str
facts:
  description: More about the host, such as its distribution and the version of Podman.
  returned: always
  type: dict
  sample: {"ids": ["debian"], "version": "13", "podman": "5.4.2"}
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    texts = {"type": "list", "elements": "str", "default": []}
    module = EngineModule(
        argument_spec={
            "users": texts,
            "user": {"type": "str"},
            "linger": {"type": "bool", "default": True},
            "ports": {"type": "list", "elements": "int", "default": []},
            "registries": texts,
            "min_free": {"type": "str", "default": "0"},
            "storage": {"type": "path"},
            "podman": {"type": "str", "default": "4.7"},
            "fail": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    module.run("preflight")


if __name__ == "__main__":
    main()
