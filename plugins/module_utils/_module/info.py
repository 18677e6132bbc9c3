# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The info module."""

from __future__ import annotations

import typing as t

from .._core.plan.unready import unready_warning
from .base import run_module
from .inventory import read_inventory

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from .._core.errors import QuadletError


def _unready(error: QuadletError) -> dict[str, t.Any]:
    lists: dict[str, t.Any] = {key: [] for key in ("apps", "failures", "pull", "errors")}
    return {"changed": False, **lists, "warnings": [unready_warning(error, "there is no app.")]}


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    params = module.params
    run_module(
        module,
        lambda: read_inventory(
            params["user"], params["apps"], params.get("declared"), params["journal"]
        ),
        _unready,
    )
