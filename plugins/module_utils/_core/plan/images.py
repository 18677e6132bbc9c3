# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which images a run brings to the host before anything stops, and what is said of it."""

from __future__ import annotations

import re
import typing as t

from ..effective import whole_text
from ..errors import QuadletError
from ..gate.failure import Failure
from ..gate.hints import find_hint
from ..quadlet.kinds import kind_of
from ..quadlet.unitfile import UnitText, join_texts
from .model import ASKING, Plan, PlanInput, Step


class Wanted(t.NamedTuple):
    """An image that a container names.  acted: this run starts or restarts its service."""

    service: str
    unit: str
    image: str
    acted: bool


class Trouble(t.NamedTuple):
    """An image that is not to be had, why, and what to do about it."""

    wanted: Wanted
    reason: str
    hint: str


_IMAGE = re.compile(r"(?!localhost/)(?!.*:/)[A-Za-z0-9][A-Za-z0-9._/:@-]*")
"""A name to pull by.  Specifiers and variables are systemd's to expand, `localhost/` is built
on the host, and `dir:/…` or `docker://…` is a transport.
"""

_OWN_WAYS: t.Final[tuple[tuple[str, str, str], ...]] = (
    ("Container", "Rootfs", ""),
    ("Container", "GlobalArgs", ""),
    ("Container", "ContainersConfModule", ""),
    (
        "Container",
        "PodmanArgs",
        r"--(arch|authfile|cert-dir|creds|decryption-key|os|platform|pull|tls-verify|variant)(?![\w-])",
    ),
    ("Service", "Environment", r"(?i)proxy|registry_auth_file|docker_config|containers_|storage_"),
    ("Service", "EnvironmentFile", ""),
)
"""(section, key, pattern): a unit with such a value is left to its service, which alone gets the
image as the unit says: with its login, proxy, platform or storage.
"""


def wanted_images(world: PlanInput, plan: Plan) -> tuple[Wanted, ...]:
    """The images that containers name outright, of services that this run looks after."""
    acted = frozenset((*plan.start, *plan.restart))
    looked_after = acted | _kept_current(world, plan)
    if not looked_after:
        return ()
    return tuple(
        Wanted(name, world.services[name].unit, image, name in acted)
        for name, image in _named(world, looked_after)
    )


def declared_images(world: PlanInput) -> tuple[str, ...]:
    """The images that any container of the app names outright, each once."""
    return tuple(dict.fromkeys(image for _name, image in _named(world, world.services)))


def _named(world: PlanInput, services: t.Container[str]) -> list[tuple[str, str]]:
    made = _made_here(world)
    found = ((name, _image(world, name)) for name in world.services if name in services)
    return [(name, image) for name, image in found if image and image not in made]


def _kept_current(world: PlanInput, plan: Plan) -> frozenset[str]:
    """Services that run and are to have what the registry has."""
    app = world.app
    if app.pull not in ASKING or app.restart == "never" or app.state not in _STARTING:
        return frozenset()
    return frozenset(n for n in plan.keep_active if app.only in (None, world.services[n].unit))


_STARTING = ("started", "restarted")


def _image(world: PlanInput, name: str) -> str | None:
    unit = world.services[name].unit
    kind = kind_of(unit)
    text = _text(world, name) if kind and kind.suffix == "container" else None
    if text is None or _has_own_ways(text, world.app.pull):
        return None
    image = text.value("Container", "Image") or ""
    return image if _IMAGE.fullmatch(image) and not kind_of(image) else None


def _has_own_ways(text: UnitText, pull: str) -> bool:
    if pull != "never" and text.value("Container", "Pull") == "never":
        return True
    return any(
        re.search(pattern, value)
        for section, key, pattern in _OWN_WAYS
        for value in text.values(section, key)
    )


def _text(world: PlanInput, name: str) -> UnitText | None:
    """A unit's text, or its template's, with its drop-ins; None where it can't be known whole."""
    texts = whole_text(world.services[name].unit, world.desired)
    known = [text for text in texts if text]
    foreign = any(path.startswith("/") for path in world.inputs[name].restart)
    return None if foreign or len(known) < len(texts) else join_texts(name, known)


_MAKERS = (("image", "Image"), ("image", "ImageTag"), ("build", "ImageTag"))


def _made_here(world: PlanInput) -> frozenset[str]:
    """Names of images that units of the app make when their services start."""
    found: set[str] = set()
    for name, record in world.services.items():
        keys = [key for suffix, key in _MAKERS if record.unit.endswith(f".{suffix}")]
        text = _text(world, name) if keys else None
        kind = kind_of(record.unit)
        if text and kind:
            found.update(value for key in keys for value in text.values(kind.section, key))
    return frozenset(found)


def names_of(wanted: t.Iterable[Wanted]) -> list[str]:
    """Each image once."""
    return list(dict.fromkeys(one.image for one in wanted))


def parse_inspected(images: t.Sequence[str], out: str, err: str) -> dict[str, str] | None:
    """Lines by image of those that `podman image inspect` has found; None: it failed otherwise.

    It prints a line each in the order of the names, and names the others in its errors.
    """
    there = [image for image in images if not re.search(_alone(image), err)]
    lines = out.splitlines()
    return dict(zip(there, lines)) if len(lines) == len(there) else None


def _alone(image: str) -> str:
    return rf"(?<![\w./:@-]){re.escape(image)}(?![\w./@-]|:\w)"


def pull_steps(wanted: t.Iterable[Wanted], reasons: t.Mapping[str, str]) -> tuple[Step, ...]:
    """One step for each unit whose image has a reason to be pulled."""
    return tuple(
        Step(one.unit, one.service, "pull", (reasons[one.image].format(one.image),))
        for one in wanted
        if one.image in reasons
    )


LACKING = "image {} is not on the host"
ASKED = "image {}: its registry is asked for another one"
UNKNOWN = "image {} is pulled unless it is on the host"
RENEWED = "image {}: its registry had another one"


def reasons_before(images: t.Iterable[str], there: t.Container[str], policy: str) -> dict[str, str]:
    """Why each image is to be pulled; those that are not are left out."""
    reasons = {}
    for image in images:
        if image not in there:
            reasons[image] = LACKING
        elif policy in ASKING:
            reasons[image] = ASKED
    return reasons


def reasons_after(before: t.Mapping[str, str], after: t.Mapping[str, str]) -> dict[str, str]:
    """Why the host has other images than before."""
    return {
        image: RENEWED if image in before else LACKING
        for image, found in after.items()
        if before.get(image) != found
    }


def find_replaced(before: t.Mapping[str, str], after: t.Mapping[str, str]) -> dict[str, str]:
    """Ids that names stood for before they were moved."""
    return {name: ident for name, ident in before.items() if after.get(name, ident) != ident}


def find_renewed(
    wanted: t.Iterable[Wanted], running: t.Mapping[str, str], ids: t.Mapping[str, str]
) -> frozenset[str]:
    """Services that go on running with another image.  running: image ids by service."""
    return frozenset(
        one.service
        for one in wanted
        if not one.acted and running.get(one.service, "") not in ("", ids.get(one.image))
    )


def why_not_pulled(err: str) -> tuple[str, str]:
    """(cause, what to do) from what podman pull or podman load said."""
    lines = [line.strip() for line in err.splitlines() if line.strip()] or ["podman gave no reason"]
    hint = find_hint(lines)
    if hint:
        return hint.cause, hint.remedy
    # A load tries all formats, also those that no file has.
    tried = [line[2:] for line in lines if re.match(r"\* (oci|docker)-archive: ", line)]
    return ("; ".join(tried) or lines[-1].replace("Error: ", "", 1)), ""


def pull_error(app: str, troubles: t.Sequence[Trouble]) -> QuadletError:
    """The error of a run that ends since images are not to be had."""
    first, *others = (
        f"the image {one.wanted.image} of {one.wanted.unit} {one.reason}" for one in troubles
    )
    hints = dict.fromkeys(one.hint for one in troubles if one.hint)
    failures = [
        Failure(
            "pull",
            f"its image {one.wanted.image} {one.reason}",
            unit=one.wanted.unit,
            service=one.wanted.service,
            hint=one.hint or None,
        )
        for one in troubles
    ]
    return QuadletError(
        "\n  ".join([first, *others]),
        where=f"app {app}",
        remedy="\n" + "\n".join([*hints, "Nothing was written or stopped."]),
        data={"failures": [failure.to_result() for failure in failures]},
    )
