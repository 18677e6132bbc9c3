# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the options that all conversions share."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the conversions."""

    DOCUMENTATION = r"""
options:
  name:
    description: The app's name; by default what the source says.
    type: str
    default: ''
  boot:
    description: Whether what starts by itself starts at boot.
    type: bool
    default: true
  capabilities:
    description:
      - Which capabilities a container has by default, V(podman)'s or V(docker)'s, which has more.
    type: str
    choices: [podman, docker]
    default: podman
  data:
    description:
      - The directory on the host for the data of relative bind mounts; by default one of the app's
        in the scope.
    type: str
    default: ''
  healthy:
    description:
      - How a service waits for a healthy one. V(requires) couples the two for life, V(wants) starts
        it also when the other never became healthy.
    type: str
    choices: [requires, wants]
    default: requires
  podman:
    description: The oldest release of Podman that has to read the units, V(5.4) by default.
    type: str
    default: ''
  report:
    description: Whether the report has what is exact, too.
    type: str
    choices: [notable, all]
    default: notable
  secrets:
    description:
      - V(auto) makes secrets of values that look like one by their names, V(keep) leaves them in
        the units.
    type: str
    choices: [auto, keep]
    default: auto
  selinux:
    description:
      - How mounted paths are labelled where SELinux is on. V(keep) as it is written, V(share) for
        all containers, V(private) for one, V(disable) turns the separation off.
    type: str
    choices: [keep, share, private, disable]
    default: share
  strict:
    description: Whether everything that is not exact is an error.
    type: bool
    default: false
"""

    FILTER = r"""
options:
  app:
    description: Whether only options of M(quadlet.fleet.app) are returned.
    type: bool
    default: false
  scope:
    description: Whether the app is for the system's scope or a user's.
    type: str
    choices: [system, user]
    default: system
"""

    COMPOSE = r"""
options:
  env:
    description:
      - Values of variables, before those of files. The shell's environment is not read.
    type: dict
    default: {}
  env_files:
    description: Files with variables; by default C(.env) beside the Compose file.
    type: list
    elements: str
  names:
    description:
      - V(service) names units as their services are named. V(compose) names them, and containers,
        as Compose names containers, so that projects with the same services fit into one scope.
    type: str
    choices: [service, compose]
    default: service
  outside:
    description: Whether files outside of the Compose file's directory may be read.
    type: bool
    default: false
  pod:
    description: Whether the containers share a pod.
    type: bool
    default: false
  profiles:
    description: The active profiles.
    type: list
    elements: str
    default: []
  unset:
    description:
      - What becomes of a variable without a value and without a default. V(refuse) is an error,
        V(empty) is Compose's own empty text, V(keep) leaves C({{ NAME }}) in its place.
    type: str
    choices: [refuse, empty, keep]
    default: refuse
"""
