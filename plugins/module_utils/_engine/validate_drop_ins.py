# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The verdict on an app's services together with the drop-ins that people gave systemd for them."""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from .._core.validate.drop_ins import find_refusals, wanted_dirs
from .._core.validate.generator import Service, Verdict
from .._host import drop_ins, heard, staging
from .._host.child import CHANGE
from .._host.scope import Scope


def check_drop_ins(
    scope: Scope, services: t.Iterable[Service], verdict: Verdict
) -> list[QuadletError]:
    """Errors for services that systemd would refuse; it is asked only where there are drop-ins."""
    owner = scope.manager
    wanted = wanted_dirs(service.name for service in services if not service.template)
    found = owner.call(drop_ins.find_drop_ins, scope.drop_in_places, wanted)
    if not found:
        return []
    texts = {name: [verdict.text_of(name), 0o644] for name in found}
    flags = [] if scope.is_system else ["--user"]
    said = str(owner.call(staging.verify_with_drop_ins, flags, texts, limit=CHANGE))
    heard.note_text(owner, said)
    return find_refusals(said, found)
