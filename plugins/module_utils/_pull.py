# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Bringing images to the host while everything still runs as it did."""

from __future__ import annotations

import typing as t

from ._core import images
from ._core.images import Trouble, Wanted
from ._core.spec import App
from ._core.world import ASKING, Pulled
from ._host import podman
from ._host.lock import Lock
from ._host.owner import Ran
from ._host.scope import Scope


def bring_images(
    app: App, scope: Scope, wanted: t.Sequence[Wanted], lock: Lock, *, check: bool
) -> Pulled:
    """Pulls what the app's policy says; QuadletError where a service would lack its image.

    Others of the scope need not wait for a pull: the lock of the manager is given back.
    """
    owner, names = scope.manager, images.names_of(wanted)
    before = podman.read_image_ids(owner, names)
    reasons = images.reasons_before(names, before, app.pull)
    if app.pull == "never":
        _refuse_lacking(app, [one for one in wanted if one.image in reasons])
        return Pulled()
    if check or not reasons:
        return Pulled(images.pull_steps(wanted, reasons))
    lock.release()
    failed = {
        name: ran for name, ran in podman.pull_images(owner, list(reasons)).items() if ran.status
    }
    warnings = _weigh(app, wanted, failed, before)
    if app.pull not in ASKING:
        return Pulled(images.pull_steps(wanted, reasons), happened=True, warnings=warnings)
    after = podman.read_image_ids(owner, names)
    running = {one.service: one.image_id for one in podman.read_containers(owner)}
    return Pulled(
        images.pull_steps(wanted, images.reasons_after(before, after)),
        happened=True,
        renewed=images.find_renewed(wanted, running, after),
        warnings=warnings,
    )


def foretell(app: App, wanted: t.Sequence[Wanted]) -> Pulled:
    """The same in check mode where Podman can't be asked: its user's manager does not run."""
    reasons = dict.fromkeys(images.names_of(wanted), images.UNKNOWN)
    return Pulled(images.pull_steps(wanted, reasons) if app.pull != "never" else ())


def _refuse_lacking(app: App, lacking: t.Sequence[Wanted]) -> None:
    if lacking:
        hint = "Bring it there beforehand (podman pull or podman load, as the scope's user), or "
        hint += "use another value of pull."
        raise images.pull_error(
            app.name,
            [Trouble(one, "is not on the host, and pull is never", hint) for one in lacking],
        )


def _weigh(
    app: App, wanted: t.Sequence[Wanted], failed: t.Mapping[str, Ran], there: t.Container[str]
) -> tuple[str, ...]:
    """Raises what a service can't do without; `newer` makes do with what the host has."""
    troubles, warnings = [], {}
    for one in wanted:
        if one.image not in failed:
            continue
        cause, hint = images.why_not_pulled(failed[one.image].err)
        if app.pull == "newer" and one.image in there:
            warnings[one.image] = (
                f"{one.image} stays as it is on the host, its registry gave no other: {cause}"
            )
        else:
            troubles.append(Trouble(one, f"can't be pulled: {cause}", hint))
    if troubles:
        raise images.pull_error(app.name, troubles)
    return tuple(warnings.values())
