# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which images a run pulls or loads before anything stops, with steps, reasons and errors."""

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
    """An image that can't be pulled or loaded: why, and what to do."""

    wanted: Wanted
    reason: str
    hint: str


_IMAGE = re.compile(r"(?!localhost/)(?!.*:/)[A-Za-z0-9][A-Za-z0-9._/:@-]*")
"""A name that can be pulled.  systemd expands specifiers and variables, `localhost/` is built
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
"""(section, key, pattern): a run pulls no image of a unit with such a value.  Only the service
itself pulls with the unit's login, proxy, platform or storage.
"""


def wanted_images(inputs: PlanInput, plan: Plan) -> tuple[Wanted, ...]:
    """The images that this run needs: those that containers name literally."""
    acted = frozenset((*plan.start, *plan.restart, *plan.run))
    services = acted | _kept_current(inputs, plan)
    if not services:
        return ()
    return tuple(
        Wanted(name, inputs.services[name].unit, image, name in acted)
        for name, image in _named(inputs, services)
    )


def declared_images(inputs: PlanInput) -> tuple[str, ...]:
    """The images that containers of the app name literally, each once."""
    return tuple(dict.fromkeys(image for _name, image in _named(inputs, inputs.services)))


def _named(inputs: PlanInput, services: t.Container[str]) -> list[tuple[str, str]]:
    made = _made_here(inputs).union(*(app.images for app in inputs.app.beside))
    images = ((name, _image(inputs, name)) for name in inputs.services if name in services)
    return [(name, image) for name, image in images if image and image not in made]


def _kept_current(inputs: PlanInput, plan: Plan) -> frozenset[str]:
    """Running services whose image must be the registry's."""
    app = inputs.app
    if app.pull not in ASKING or app.restart == "never" or app.state not in _STARTING:
        return frozenset()
    return frozenset(n for n in plan.keep_active if app.only in (None, inputs.services[n].unit))


_STARTING = ("started", "restarted")


def _image(inputs: PlanInput, name: str) -> str | None:
    unit = inputs.services[name].unit
    kind = kind_of(unit)
    text = _text(inputs, name) if kind and kind.suffix == "container" else None
    if text is None or _has_own_ways(text, inputs.app.pull):
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


def _text(inputs: PlanInput, name: str) -> UnitText | None:
    """A unit's text, or its template's, with its drop-ins; None if parts of it are unknown."""
    texts = whole_text(inputs.services[name].unit, inputs.desired)
    known = [text for text in texts if text]
    foreign = any(path.startswith("/") for path in inputs.digests[name].restart)
    return None if foreign or len(known) < len(texts) else join_texts(name, known)


_MAKERS = (("image", "Image"), ("image", "ImageTag"), ("build", "ImageTag"))


def _made_here(inputs: PlanInput) -> frozenset[str]:
    """Names of images that services of the app pull or build at their start."""
    names: set[str] = set()
    for name, record in inputs.services.items():
        keys = [key for suffix, key in _MAKERS if record.unit.endswith(f".{suffix}")]
        text = _text(inputs, name) if keys else None
        kind = kind_of(record.unit)
        if text and kind:
            names.update(value for key in keys for value in text.values(kind.section, key))
    return frozenset(names)


def names_of(wanted: t.Iterable[Wanted]) -> list[str]:
    """Each image once."""
    return list(dict.fromkeys(row.image for row in wanted))


def parse_inspected(images: t.Sequence[str], out: str, err: str) -> dict[str, str] | None:
    """The lines of `podman image inspect` by image; None: it failed otherwise.

    It prints a line for each existing image in order, and an error for each missing one.
    """
    present = [image for image in images if not re.search(_whole_word(image), err)]
    lines = out.splitlines()
    return dict(zip(present, lines)) if len(lines) == len(present) else None


def _whole_word(image: str) -> str:
    return rf"(?<![\w./:@-]){re.escape(image)}(?![\w./@-]|:\w)"


def pull_steps(wanted: t.Iterable[Wanted], reasons: t.Mapping[str, str]) -> tuple[Step, ...]:
    """A step for each unit whose image has a reason to be pulled."""
    return tuple(
        Step(row.unit, row.service, "pull", (reasons[row.image].format(row.image),))
        for row in wanted
        if row.image in reasons
    )


LACKING = "image {} is not on the host"
ASKED = "image {}: its registry is asked for another one"
UNKNOWN = "image {} is pulled unless it is on the host"
RENEWED = "image {}: its registry had another one"


def reasons_before(
    images: t.Iterable[str], present: t.Container[str], policy: str
) -> dict[str, str]:
    """Why images are pulled, by image."""
    reasons = {}
    for image in images:
        if image not in present:
            reasons[image] = LACKING
        elif policy in ASKING:
            reasons[image] = ASKED
    return reasons


def reasons_after(before: t.Mapping[str, str], after: t.Mapping[str, str]) -> dict[str, str]:
    """Why images are new on the host, by image."""
    return {
        image: RENEWED if image in before else LACKING
        for image, ident in after.items()
        if before.get(image) != ident
    }


def find_replaced(before: t.Mapping[str, str], after: t.Mapping[str, str]) -> dict[str, str]:
    """The former ids of names that point to another image now."""
    return {name: ident for name, ident in before.items() if after.get(name, ident) != ident}


def find_renewed(
    wanted: t.Iterable[Wanted], running: t.Mapping[str, str], ids: t.Mapping[str, str]
) -> frozenset[str]:
    """Running services with another image than their name has now.  running: ids by service."""
    return frozenset(
        row.service
        for row in wanted
        if not row.acted and running.get(row.service, "") not in ("", ids.get(row.image))
    )


def why_not_pulled(err: str, status: int = 1) -> tuple[str, str]:
    """(cause, remedy) from the errors of podman pull or podman load, and its exit status."""
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    lines = lines or [f"podman was killed by signal {-status}"] * (status < 0)
    lines = lines or [f"podman ended with status {status} and gave no reason"]
    hint = find_hint(lines)
    if hint:
        return hint.cause, hint.remedy
    # podman load tries all formats, and reports each.
    tried = [line[2:] for line in lines if re.match(r"\* (oci|docker)-archive: ", line)]
    return ("; ".join(tried) or lines[-1].replace("Error: ", "", 1)), ""


def pull_error(app: str, troubles: t.Sequence[Trouble]) -> QuadletError:
    """The error of a run that can't pull or load its images."""
    first, *others = (
        f"the image {trouble.wanted.image} of {trouble.wanted.unit} {trouble.reason}"
        for trouble in troubles
    )
    hints = dict.fromkeys(trouble.hint for trouble in troubles if trouble.hint)
    failures = [
        Failure(
            "pull",
            f"its image {trouble.wanted.image} {trouble.reason}",
            unit=trouble.wanted.unit,
            service=trouble.wanted.service,
            hint=trouble.hint or None,
        )
        for trouble in troubles
    ]
    return QuadletError(
        "\n  ".join([first, *others]),
        where=f"app {app}",
        remedy="\n" + "\n".join([*hints, "Nothing was written or stopped."]),
        data={"failures": [failure.to_result() for failure in failures]},
        topic="pull-failed",
    )
