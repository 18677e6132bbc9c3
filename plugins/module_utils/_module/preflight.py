# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The preflight module: all that a host lacks, at once."""

from __future__ import annotations

import os
import typing as t

from .._core.errors import QuadletError
from .._core.host.preflight import Needs, find, message
from .._core.host.size import parse_size
from .._host.preflight import read_facts, read_more
from .base import run_module

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def look(params: t.Mapping[str, t.Any], min_free: int) -> dict[str, t.Any]:
    """The module's result; findings are an error unless that is not wanted."""
    users = dict.fromkeys([*params["users"], *filter(None, [params["user"]])])
    facts = read_facts(list(users), params["ports"], params["registries"], linger=params["linger"])
    oldest = tuple(int(part) for part in params["podman"].split("."))
    findings = find(facts, Needs(min_free, params["storage"], oldest))
    result = {
        "changed": False,
        "findings": [finding._asdict() for finding in findings],
        "facts": {
            **read_more(),
            "podman": ".".join(map(str, facts.podman)) if facts.podman else "",
            "storage": facts.storages[0].path,
        },
    }
    text = message(os.uname().nodename, findings) if findings else ""
    if findings and params["fail"]:
        raise QuadletError(text, data=result, topic="preflight")
    return {**result, "report": text}


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    params = module.params
    run_module(module, lambda: look(params, parse_size("min_free", params["min_free"])))
