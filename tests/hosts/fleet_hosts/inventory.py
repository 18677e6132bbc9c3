# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts as an Ansible inventory."""

from __future__ import annotations

import json
import shlex
import typing as t

from .machine import Host
from .network import Network
from .paths import Paths
from .ssh import HOST_KEY_OPTIONS


def as_data(paths: Paths, network: Network, hosts: t.Sequence[Host]) -> dict[str, t.Any]:
    """The inventory as nested mappings, valid as YAML and JSON inventory files alike."""
    common = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(paths.key),
        "ansible_python_interpreter": "/usr/bin/python3",
        # Not ansible_ssh_args: that would replace Ansible's own default with its ControlPersist.
        "ansible_ssh_common_args": shlex.join(("-F", "/dev/null", *HOST_KEY_OPTIONS)),
    }
    entries = {
        host.name: {"ansible_host": network.address(host.index), "podman_version": host.podman}
        for host in hosts
    }
    return {"all": {"hosts": entries, "vars": common}}


def as_yaml(data: dict[str, t.Any]) -> str:
    """The same as a YAML text; every scalar is quoted as in JSON, which YAML reads the same."""
    return "\n".join(_lines(data, "")) + "\n"


def _lines(data: dict[str, t.Any], indent: str) -> t.Iterator[str]:
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key}: {json.dumps(value)}"
