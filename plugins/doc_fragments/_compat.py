# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the option for keys that the host's Podman does not know."""

from __future__ import annotations


class ModuleDocFragment:
    """Keys of newer releases."""

    DOCUMENTATION = r"""
options:
  compat:
    description:
      - What becomes of a key that came with a newer Podman than the host's.
      - V(refuse) makes it an error that names both releases.
      - V(args) writes it as C(PodmanArgs=) with the option that it stands for, where the host's
        podman has that option and its words are the same; any other key is refused all the same.
        After an update of Podman the next run writes the key itself, and restarts the service.
    type: str
    choices: [refuse, args]
    default: refuse
"""
