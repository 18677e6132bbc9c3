# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Images, pulled or loaded while everything still runs as it did."""

from __future__ import annotations

import os
import typing as t

from .._core.app.app import App
from .._core.app.image_sources import Archive
from .._core.errors import QuadletError
from .._core.plan import archives, images
from .._core.plan.images import Trouble, Wanted
from .._core.plan.model import ASKING, Pulled, Step
from .._host import podman, progress
from .._host.owner import Owner, Ran
from .._host.scope import Scope
from .noted_images import note_images


class ImagePlan(t.NamedTuple):
    """What to pull and load.  there: (id, digest) of the images that are there; before: their ids.
    pulls, loads: reasons by image.  offers: archives by the images that they hold.
    """

    wanted: t.Sequence[Wanted]
    before: dict[str, str]
    pulls: dict[str, str]
    loads: dict[str, str]
    offers: dict[str, Archive]
    there: dict[str, tuple[str, str]]

    @property
    def steps(self) -> tuple[Step, ...]:
        return images.pull_steps(self.wanted, {**self.pulls, **self.loads})

    @property
    def foretold(self) -> Pulled:
        """What is known before anything is pulled."""
        return Pulled(self.steps, present=self.there)


def is_needed(app: App, todo: ImagePlan) -> bool:
    """Whether a registry has to be asked, or an archive loaded."""
    return bool(todo.pulls or todo.loads or app.pull in ASKING)


def fetch_images(app: App, scope: Scope, todo: ImagePlan) -> Pulled:
    """Pulls what the app's policy says, and loads what archives have; QuadletError where a
    service would lack its image.
    """
    if todo.pulls:
        _require_cert_dir(app, scope.manager)
    lacking = [name for name in (*todo.pulls, *todo.loads) if name not in todo.before]
    note_images(scope, app.name, lacking, lacking)
    pulled, got_name = _bring(app, scope, todo, lacking)
    note_images(scope, app.name, lacking, pulled.brought, got_name)
    return pulled


def _bring(
    app: App, scope: Scope, todo: ImagePlan, lacking: t.Sequence[str]
) -> tuple[Pulled, list[str]]:
    """The result; and ids of images that have got a name that was there."""
    owner = scope.manager
    asking, names = app.pull in ASKING, images.names_of(todo.wanted)
    warnings = _fetch(app, scope, todo, lacking)
    steps, renewed, after = todo.steps, frozenset[str](), {**todo.before, **todo.pulls}
    if asking or todo.loads:
        after = podman.read_image_ids(owner, names)
    if asking:
        running = {c.service: c.image_id for c in podman.read_containers(owner)}
        renewed = images.find_renewed(todo.wanted, running, after)
        reasons = {**images.reasons_after(todo.before, after), **todo.loads}
        steps = images.pull_steps(todo.wanted, reasons)
    replaced = images.find_replaced(todo.before, after)
    pulled = Pulled(
        steps,
        fetched=bool(todo.pulls or todo.loads or renewed),
        renewed=renewed,
        warnings=warnings,
        replaced=replaced,
        brought=tuple(name for name in names if name not in todo.before and name in after),
    )
    return pulled, [after[name] for name in replaced]


def foretell(app: App, scope: Scope, wanted: t.Sequence[Wanted]) -> Pulled:
    """What will be pulled where Podman can't be asked: its user's manager does not run."""
    names = images.names_of(wanted)
    offers = _look_into(app, scope.manager, names)
    reasons = {name: archives.with_label(archives.UNKNOWN, a) for name, a in offers.items()}
    if app.pull != "never":
        reasons = {**dict.fromkeys(names, images.UNKNOWN), **reasons}
    return Pulled(images.pull_steps(wanted, reasons))


def require_archives(app: App, scope: Scope, wanted: t.Sequence[Wanted]) -> None:
    """Asks for all archives that might be needed, before a manager is started to tell."""
    _require_sent(app, _look_into(app, scope.manager, images.names_of(wanted)).values())


def plan_images(app: App, owner: Owner, wanted: t.Sequence[Wanted]) -> ImagePlan:
    """What is there of the images, and what has to come from where."""
    names = images.names_of(wanted)
    there = podman.read_image_digests(owner, names)
    before = {name: ident for name, (ident, _digest) in there.items()}
    asking = app.pull in ASKING
    offers = _look_into(app, owner, [name for name in names if asking or name not in before])
    loads = archives.why_loaded(offers, before, renew=asking)
    pulls = images.reasons_before([n for n in names if n not in offers], before, app.pull)
    if app.pull == "never":
        _refuse_lacking(app, [w for w in wanted if w.image in pulls])
    return ImagePlan(wanted, before, pulls, loads, offers, there)


def require_sent(app: App, todo: ImagePlan) -> None:
    """Asks the controller for the archives that are to be loaded."""
    _require_sent(app, [todo.offers[name] for name in todo.loads])


def _look_into(app: App, owner: Owner, names: t.Sequence[str]) -> dict[str, Archive]:
    """Archives by the images that they hold; those on the host are read as their user."""
    if not (names and app.image_sources.archives):
        return {}
    from .._host.archives import HERE, read_archive

    known = [
        archive
        if archive.images is not None
        else archive._replace(images=owner.call(read_archive, archive.path, HERE))
        for archive in app.image_sources.archives
    ]
    return archives.find_offers(known, names)


def _require_sent(app: App, needed: t.Iterable[Archive]) -> None:
    error = archives.missing_archives(app.image_sources.archives, needed)
    if error:
        raise error


def _require_cert_dir(app: App, owner: Owner) -> None:
    cert_dir = app.image_sources.cert_dir
    if cert_dir and not owner.call(os.path.isdir, cert_dir):
        raise QuadletError(
            f"{cert_dir} is not a directory that user {owner.name} can read",
            where="cert_dir",
            remedy="Put the CA's certificate there, as NAME.crt. Nothing was written or stopped.",
            topic="cert-dir",
        )


def _fetch(app: App, scope: Scope, todo: ImagePlan, lacking: t.Sequence[str]) -> tuple[str, ...]:
    """Loads and pulls; warnings.  Names that it moved before it fails are put back."""
    owner = scope.manager
    try:
        _load(app, owner, todo)
        sources = app.image_sources
        ran = podman.pull_images(owner, list(todo.pulls), sources.auth, sources.cert_dir)
        failed = {name: pull for name, pull in ran.items() if pull.status}
        return _weigh(app, todo.wanted, failed, todo.before)
    except QuadletError:
        after = podman.read_image_ids(owner, [*todo.before, *lacking])
        moved = images.find_replaced(todo.before, after)
        for name, ident in moved.items():
            podman.tag(owner, ident, name)
        there = [name for name in lacking if name in after]
        note_images(scope, app.name, lacking, there, [after[name] for name in moved])
        raise


def _load(app: App, owner: Owner, todo: ImagePlan) -> None:
    troubles = []
    for archive in {todo.offers[name].path: todo.offers[name] for name in todo.loads}.values():
        progress.tell("load", [n for n in todo.loads if todo.offers[n].path == archive.path])
        ran = podman.load_images(owner, archive.path or "", sent=archive.sent)
        if ran.status:
            cause, hint = images.why_not_pulled(ran.err, ran.status)
            troubles += [
                Trouble(w, f"can't be loaded from {archive.label}: {cause}", hint)
                for w in todo.wanted
                if todo.offers.get(w.image) == archive and w.image in todo.loads
            ]
    if troubles:
        raise images.pull_error(app.name, troubles)


def _refuse_lacking(app: App, lacking: t.Sequence[Wanted]) -> None:
    if lacking:
        hint = "Bring it there beforehand (podman pull or podman load, as the scope's user), or "
        hint += "use another value of pull."
        raise images.pull_error(
            app.name,
            [Trouble(w, "is not on the host, and pull is never", hint) for w in lacking],
        )


def _weigh(
    app: App, wanted: t.Sequence[Wanted], failed: t.Mapping[str, Ran], present: t.Container[str]
) -> tuple[str, ...]:
    """Raises for an image that a service needs; with `newer` the host's own is enough."""
    troubles, warnings = [], {}
    for image in wanted:
        if image.image not in failed:
            continue
        ran = failed[image.image]
        cause, hint = images.why_not_pulled(ran.err, ran.status)
        if app.pull == "newer" and image.image in present:
            warnings[image.image] = (
                f"{image.image} stays as it is on the host, its registry gave no other: {cause}"
            )
        else:
            troubles.append(Trouble(image, f"can't be pulled: {cause}", hint))
    if troubles:
        raise images.pull_error(app.name, troubles)
    return tuple(warnings.values())
