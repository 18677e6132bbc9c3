# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What other programs of Docker's do for a service: its model runner, and providers.

There is none of them in Podman.  A service can run without its models' variables, or with those
that its environment gives; one that needs what a provider tells it can't.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import Handlers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    AbsentError,
    UnfitError,
    items,
    mapping,
    refusing,
    taken,
    text,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Value
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given


def _read_models(service: Service, branch: Branch, row: Row) -> None:
    if branch.is_mapping:
        for name, part in branch.items():
            with refusing(part):
                fields = {} if part.is_empty else mapping(part)
                named = (taken(fields, "endpoint_var"), taken(fields, "model_var"))
                _leave_out(service, part, name, named, row)
        return
    for item in items(branch):
        with refusing(item):
            _leave_out(service, item, text(item), ("", ""), row)


def _leave_out(service: Service, part: Branch, name: str, named: tuple[str, str], row: Row) -> None:
    """A model: its variables are those that the environment gives."""
    declared = service.reading.declared("models", name)
    if declared is None:
        raise AbsentError(part, f"the model {name} is not declared", "Declare it in models.")
    declared.take().dropped("no server of it is made")
    stem = re.sub(r"\W", "_", name).upper()
    variables = [given or f"{stem}_{kind}" for given, kind in zip(named, ("URL", "MODEL"))]
    missing = [variable for variable in variables if variable not in _variables(service)]
    given = part.head() if part.is_mapping else part.take()
    if missing:
        are = "are" if len(missing) > 1 else "is"
        given.dropped(f"{row.text} {' and '.join(missing)} {are} not set", row.remedy)
    else:
        given.exact("its variables are in the environment")


def _variables(service: Service) -> set[str]:
    """The names of the variables that a service's environment gives."""
    environment = service.branch.get("environment")
    node = environment.node if environment else None
    listed = {item.text.partition("=")[0] for item in node.items} if node else set()
    return listed | set(node.children if node else ())


def _read_provider(service: Service, branch: Branch, row: Row) -> None:
    if "type" not in mapping(branch):
        raise UnfitError(branch, "it has no type")
    service.provider = branch.take()
    service.provider_remedy = row.remedy
    service.scale = Value(0, service.provider)


def settle_provider(service: Service, services: t.Mapping[str, Service]) -> None:
    """A service that a program runs: left out, unless another one needs what it tells."""
    given: Given | None = service.provider
    if given is None:
        return
    users = [
        other.name
        for other in services.values()
        if any(need.service == service.name for need in other.needs)
    ]
    if users:
        what = f"an external program runs it, whose variables {users[0]} needs"
        given.refused(what, service.provider_remedy)
    else:
        given.dropped("an external program runs it: it is left out", service.provider_remedy)


OUTSIDE: t.Final[Handlers[Service]] = {"models": _read_models, "provider": _read_provider}
"""Handlers by their names in the table."""
