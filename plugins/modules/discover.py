# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: discover
short_description: Tell what runs on a host outside of Quadlet, and the apps that it would become
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Finds containers and pods of Podman in the system's scope and in every user's, of Docker where
    it is there, units of C(podman generate systemd), and Compose projects with their files.
    Containers of Quadlet's services are left out.
  - Tells for each what it would lose as a service of Quadlet, and which app it becomes. Nothing on
    the host is changed.
  - The app of a Compose project is made from its files where they can be read, that of other
    containers from the unit or the command that made them, and from what inspect says where there
    is none.
notes:
  - The result has the values of environment variables, passwords among them. Write C(no_log) to the
    task where its output is kept.
  - Podman is asked only in scopes where it has storage, and as the user whose they are.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  user:
    description:
      - User name or uid whose scope is looked into, V(root) for the system's.
      - Without it root looks into the system's scope and those of all users; another user into the
        own one.
    type: str
  target:
    description:
      - The user in whose scope the apps are to run. By default each stays in the scope where it was
        found.
      - Owners of files in volumes that this user's subordinate ids do not reach are told.
    type: str
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes nothing.
"""

EXAMPLES = r"""
- name: Look at what is not deployed by Quadlet yet
  quadlet.fleet.discover:
  register: there

- name: Tell what would be lost
  ansible.builtin.debug:
    msg: "{{ there.apps | items2dict(key_name='name', value_name='lost') }}"

- name: Look at what one user runs, for the scope of another
  quadlet.fleet.discover:
    user: alice
    target: svc
  register: there
  no_log: true

- name: Deploy those that can be converted, once what they replace is stopped
  quadlet.fleet.apps:
    apps: "{{ there.apps | map(attribute='app') | select | list }}"
"""

RETURN = r"""
apps:
  description:
    - One entry for each Compose project, each group of units, each pod, and each other container.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The app.
      type: str
      sample: shop
    user:
      description: The user in whose scope it runs now, null for the system's.
      type: str
      sample: svc
    engine:
      description: C(podman) or C(docker), null for a unit whose containers are not there.
      type: str
      sample: docker
    source:
      description:
        - What it was made from, C(compose), C(systemd) or C(inspect), which has the command that
          made a container where Podman keeps it. Null where it can't be converted.
      type: str
      sample: compose
    containers:
      description: Names of its containers.
      type: list
      elements: str
      sample: ["shop-web-1", "shop-db-1"]
    app:
      description:
        - Options of M(quadlet.fleet.app), null where it can't be converted.
      type: dict
    report:
      description: What became of everything that was given, as P(quadlet.fleet.from_compose#filter)
        returns it.
      type: list
      elements: dict
    variables:
      description: Values that have to be given before it is deployed.
      type: list
      elements: dict
    refused:
      description: Why it can't be converted, all causes; and why a better source could not be used.
      type: list
      elements: str
    lost:
      description: What its containers would lose, in words.
      type: list
      elements: str
      sample: ["web: /data is in an anonymous volume: 1.2 MiB in 14 files"]
containers:
  description: One entry for each container that is no Quadlet service's, but infra containers.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user whose it is, null for the system.
      type: str
      sample: svc
    engine:
      description: C(podman) or C(docker).
      type: str
      sample: podman
    name:
      description: Its name.
      type: str
      sample: web
    id:
      description: Its id.
      type: str
    image:
      description: The image that was asked for.
      type: str
      sample: docker.io/library/nginx:1.29
    state:
      description: Its state, as the engine has it.
      type: str
      sample: running
    pod:
      description: The name of its pod, null without one.
      type: str
    project:
      description: Its Compose project, null without one.
      type: str
    service:
      description: Its service in the Compose file.
      type: str
    unit:
      description: The service of systemd that made it, null without one.
      type: str
      sample: container-web.service
    changed_files:
      description:
        - The files of its own layer that were added, changed or deleted, C(path) and C(change), at
          most 200. Left out are mounts, C(/tmp), C(/run), C(/var/log), C(/var/cache) and what
          engines write. Null where it is not known.
      type: list
      elements: dict
      sample: [{"path": "/app/data.db", "change": "added"}]
    changed_count:
      description: How many they are.
      type: int
      sample: 1
    volumes:
      description: Its volumes.
      type: list
      elements: dict
      contains:
        name:
          description: Its name.
          type: str
        target:
          description: Where it is mounted.
          type: str
          sample: /data
        anonymous:
          description: Whether it has no name of its own.
          type: bool
        bytes:
          description: Bytes of its files, null where they could not be read.
          type: int
          sample: 1258291
        files:
          description: The number of its files and directories.
          type: int
          sample: 14
        ids_outside:
          description: Owners and groups of files that the O(target) can't have.
          type: list
          elements: int
    uncovered_volumes:
      description: Directories that its image calls volumes, and where nothing is mounted.
      type: list
      elements: str
    lost:
      description: What it would lose, in words.
      type: list
      elements: str
    inspect:
      description: What the engine's inspect says, without the output of health checks.
      type: dict
pods:
  description: Pods, with C(user), C(engine), C(name) and C(inspect).
  returned: success
  type: list
  elements: dict
networks:
  description: Networks of the containers, with C(user), C(engine), C(name) and C(inspect).
  returned: success
  type: list
  elements: dict
volumes:
  description: Volumes of the containers, with C(user), C(engine), C(name) and C(inspect).
  returned: success
  type: list
  elements: dict
images:
  description: Images of the containers, with C(user), C(engine), C(name) and C(inspect).
  returned: success
  type: list
  elements: dict
units:
  description: Services of systemd that run C(podman), but those of packages and of Quadlet.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user whose it is, null for the system.
      type: str
    name:
      description: Its name.
      type: str
      sample: container-web.service
    path:
      description: Its file.
      type: str
    text:
      description: Its text.
      type: str
    release:
      description: The release of Podman that wrote it, empty where it does not say so.
      type: str
      sample: 4.3.1
    verbs:
      description: What it has Podman do.
      type: list
      elements: str
      sample: ["run"]
    names:
      description: Names of containers and pods that it starts or makes.
      type: list
      elements: str
    needs:
      description: Other services that it names.
      type: list
      elements: str
projects:
  description: Compose projects of the containers.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user whose it is, null for the system.
      type: str
    engine:
      description: C(podman) or C(docker).
      type: str
    name:
      description: Its name.
      type: str
      sample: shop
    directory:
      description: Its directory.
      type: str
      sample: /srv/shop
    files:
      description: Its Compose files, in their order.
      type: list
      elements: str
      sample: ["/srv/shop/compose.yaml"]
    env_files:
      description: Files of variables that were named.
      type: list
      elements: str
    containers:
      description: Names of its containers by service.
      type: dict
    texts:
      description:
        - The texts of these files by path, and of files below the directory that they mention. At
          most 200 files, none above 256 KiB.
      type: dict
    missing:
      description: Files that could not be read, with the reason.
      type: dict
errors:
  description: What could not be read, which is a warning too.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user whose it is, null for the system.
      type: str
    engine:
      description: C(podman) or C(docker), null for a whole scope.
      type: str
    msg:
      description: The cause.
      type: str
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={"user": {"type": "str"}, "target": {"type": "str"}},
        supports_check_mode=True,
    )
    module.run("discover")


if __name__ == "__main__":
    main()
