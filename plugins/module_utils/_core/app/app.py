# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Parses and checks the options of an app: its name, units and files."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..content import LINK, Blob
from ..errors import QuadletError, shape
from ..gate.options import Gate, parse_gate
from ..quadlet.kinds import holds_units, is_unit, kind_of, template_of
from ..state.rollout import parse_rollout
from .image_sources import ImageSources, parse_image_sources
from .paths import (
    check_file_path,
    check_nesting,
    check_unit_name,
    check_unit_path,
    file_bytes,
    parse_mode,
)

if t.TYPE_CHECKING:
    from .beside import Beside
    from .directories_option import Directory

ON_CHANGE = ("restart", "reload", "none")

_APP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclasses.dataclass(frozen=True)
class App:
    """An app as declared.

    content: all units, drop-ins and files by path in the app's directory; None: the installed set.
    patch: units to add to the installed set; None removes a unit with its drop-ins.
    only: the unit whose service alone is acted on.  sections: units that were given as sections.
    lint_ignore: (unit or '', rule) to ignore.  compat: how to treat keys that the host's Podman
    does not know.  pull: which images are pulled before the deployment.  recreate: units whose
    network or volume may be recreated.  image_sources: logins, CAs and archives for pulls.
    on_failure: rollback or keep.  generations: how many are kept; generation: the number to return
    to.  origin: the number of the older generation that content comes from, or 0; images: image
    ids by name of that generation.  gate_option: the option gate as given.  secrets: values by
    name; None: the option is not set.  rollout: the id of the rollout, or ''.
    warnings: about the older generation.  on_demand: units that no run starts; None: those of the
    installed set.  run: jobs to run.  directories: by path as given.
    beside: apps that the same call deploys before it, and that check mode takes as deployed.
    """

    name: str
    state: str = "started"
    content: dict[str, Blob] | None = None
    prune: bool = True
    adopt: bool = False
    restart: str = "auto"
    linger: bool = True
    gate: Gate = dataclasses.field(default_factory=Gate)
    patch: dict[str, Blob | None] = dataclasses.field(default_factory=dict)
    only: str | None = None
    sections: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    lint_ignore: tuple[tuple[str, str], ...] = ()
    compat: str = "refuse"
    pull: str = "missing"
    recreate: tuple[str, ...] = ()
    image_sources: ImageSources = dataclasses.field(default_factory=ImageSources)
    on_failure: str = "rollback"
    generations: int = 5
    generation: int | None = None
    origin: int = 0
    images: dict[str, str] = dataclasses.field(default_factory=dict)
    gate_option: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    secrets: dict[str, bytes] | None = dataclasses.field(default=None, repr=False)
    rollout: str = ""
    warnings: tuple[str, ...] = ()
    on_demand: tuple[str, ...] | None = None
    run: tuple[str, ...] = ()
    directories: tuple[Directory, ...] = ()
    beside: tuple[Beside, ...] = ()


def parse_unit_app(params: t.Mapping[str, t.Any]) -> App:
    """The app of module unit: the installed set with one unit added or removed."""
    unit, state = params["name"], params["state"]
    check_unit_name(unit, "name")
    given = params["content"] if params["content"] is not None else params["sections"]
    blob = None if state == "absent" or given is None else _parse_unit(unit, given)
    if blob is None and state != "absent":
        raise QuadletError(
            "neither sections nor content is given",
            where=f"name {unit}",
            remedy="Give the unit's sections or its text as content, or use state: absent.",
            topic="no-content",
        )
    return App(
        name=parse_app_name(params["app"] or re.split(r"[@.]", unit)[0]),
        state="present" if state == "absent" else state,
        patch={unit: blob},
        only=unit,
        sections=sections_of({unit: given}),
        **_parse_run(params),
    )


def _parse_run(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "adopt": params.get("adopt", False),
        "restart": params.get("restart", "auto"),
        "linger": params.get("linger", True),
        "gate": parse_gate(params.get("gate") or {}),
        "lint_ignore": _parse_ignore(params.get("lint_ignore") or ()),
        "compat": params.get("compat", "refuse"),
        "pull": params.get("pull", "missing"),
        "on_failure": params.get("on_failure", "rollback"),
        "generations": _parse_generations(params.get("generations", 5)),
        "gate_option": params.get("gate") or {},
        "image_sources": parse_image_sources(params),
    }


def _parse_generations(number: int) -> int:
    if number < 1:
        raise QuadletError(
            f"{number} generations can't be kept",
            where="generations",
            remedy="Keep at least 1.",
            topic="option-value",
        )
    return number


def sections_of(units: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """Units that are given as sections, or as instances."""
    return {path: given for path, given in (units or {}).items() if isinstance(given, t.Mapping)}


def _parse_ignore(names: t.Sequence[str]) -> tuple[tuple[str, str], ...]:
    if not names:
        return ()
    from ..lint.rules import parse_ignore

    return parse_ignore(names)


def parse_app(params: t.Mapping[str, t.Any]) -> App:
    """The app that a module's parameters describe."""
    name = parse_app_name(params["name"])
    state = params["state"]
    _check_rolled_back(params)
    content = parse_content(name, params.get("units"), params.get("files"))
    if content is not None and not any(map(is_unit, content)) and state != "absent":
        raise QuadletError(
            f"the set of units of app {name!r} is empty",
            where="units",
            remedy="To remove the app use state: absent; to keep it as it is leave units out.",
            topic="empty-app",
        )
    return App(
        name=name,
        state=state,
        content=content if state != "absent" else None,
        prune=params.get("prune", True),
        sections=sections_of(params.get("units")),
        recreate=_parse_recreate(params),
        generation=params.get("generation"),
        secrets=_parse_secrets(name, params.get("secrets")),
        rollout=parse_rollout(params.get("rollout")),
        **_parse_more(params),
        **_parse_run(params),
    )


def _parse_more(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Options that few apps have."""
    more: dict[str, t.Any] = {}
    state = params["state"]
    if params.get("on_demand") is not None or params.get("run"):
        from .job_options import parse_on_demand, parse_run

        more["on_demand"] = parse_on_demand(params.get("on_demand"), state)
        more["run"] = parse_run(params.get("run"), state)
    if params.get("directories"):
        from .directories_option import parse_directories

        more["directories"] = parse_directories(params["directories"], state)
    return more


def _parse_secrets(app: str, given: t.Mapping[str, t.Any] | None) -> dict[str, bytes] | None:
    if not given:
        return None if given is None else {}
    from .secret_options import parse_secrets

    return parse_secrets(given, app)


def _check_rolled_back(params: t.Mapping[str, t.Any]) -> None:
    returns = params["state"] == "rolled_back"
    given = [key for key in ("units", "files", "src", "secrets") if params.get(key) is not None]
    if returns and given:
        raise QuadletError(
            f"{given[0]} is given with state: rolled_back, which brings its own",
            where=given[0],
            remedy="Leave it out, or use another state.",
            topic="options-exclude",
        )
    if returns and params.get("rollout") and params.get("generation") is not None:
        raise QuadletError(
            f"generation {params['generation']} and rollout {params['rollout']} are given",
            where="generation",
            remedy="Name one of them: a rollout leads back to what was before it.",
            topic="options-exclude",
        )
    if not returns and params.get("generation") is not None:
        raise QuadletError(
            f"generation {params['generation']} is named, and state is {params['state']}",
            where="generation",
            remedy="It says where state: rolled_back leads.",
            topic="options-exclude",
        )


def _parse_recreate(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    given = params.get("recreate")
    if not given:
        return ()
    from .recreate_option import parse_recreate

    return parse_recreate(given, params["state"], params.get("restart", "auto"))


def parse_app_name(name: str) -> str:
    """A name that can be a directory of units without meaning anything else to Podman."""
    if not _APP.fullmatch(name) or name == "users":
        reason = (
            "Podman reads that directory for every user"
            if name == "users"
            else "it has other characters"
        )
        raise QuadletError(
            f"{name!r} can't be an app's name: {reason}",
            where="name",
            remedy="Begin with a letter or a digit, go on with those, '_' and '-'; not 'users'.",
            topic="app-name",
        )
    return name


def parse_content(
    app: str, units: t.Mapping[str, t.Any] | None, files: t.Mapping[str, t.Any] | None
) -> dict[str, Blob] | None:
    """Every unit, drop-in and file by path, or None if neither option is set.

    Files of `src` are among them: the action plugin has read them.
    """
    if units is None and files is None:
        return None
    content = {path: _parse_unit(path, value) for path, value in _single(units or {}).items()}
    for path in content:
        check_unit_path(app, path, content)
    for path, value in (files or {}).items():
        check_file_path(path)
        content[path] = _parse_file(path, value)
    check_nesting(content)
    return content


def _single(units: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """The units, with those of every `x.quadlets` in its place."""
    if not any(map(holds_units, units)):
        return units
    from ..quadlet.multi_unit import expand

    return expand(units)


def _parse_unit(path: str, value: t.Any) -> Blob:
    if isinstance(value, t.Mapping) and isinstance(value.get("template"), str):
        return _parse_instance(path, value)
    return Blob(_unit_text(path, value).encode("utf-8", "surrogateescape"))


def _parse_instance(path: str, value: t.Mapping[str, t.Any]) -> Blob:
    """A link to the template."""
    where, wanted = f"units {path}", template_of(path) if kind_of(path) else None
    if wanted is None:
        raise QuadletError(
            f"{path!r} can't be an instance of a template",
            where=where,
            remedy="An instance is called STEM@NAME.SUFFIX, with a Quadlet suffix.",
            topic="instance-form",
        )
    if dict(value) != {"template": wanted}:
        raise QuadletError(
            f"an instance is {{template: {wanted}}}, and this one has {', '.join(map(str, value))}",
            where=where,
            remedy="Write its own settings into a drop-in, "
            f"such as {path}.d/10-own.conf, or into a unit without template.",
            topic="instance-form",
        )
    return Blob(wanted.encode(), LINK)


def _unit_text(path: str, value: t.Any) -> str:
    if isinstance(value, t.Mapping):
        from ..quadlet.render import render_unit

        return render_unit(path, value)
    if not isinstance(value, str):
        raise QuadletError(
            f"a unit is text or a mapping of sections, not {shape(value)}",
            where=f"units {path}",
            topic="unit-form",
        )
    return value if value.endswith("\n") or not value else value + "\n"


def _parse_file(path: str, value: t.Any) -> Blob:
    where = f"files {path}"
    given = value if isinstance(value, t.Mapping) else {"content": value}
    unknown = sorted(set(given) - {"content", "encoding", "mode", "on_change"})
    if unknown or not isinstance(given.get("content"), str):
        what = (
            f"unknown option {unknown[0]!r}"
            if unknown
            else f"the content is {shape(given.get('content'))}: it is not text"
        )
        raise QuadletError(
            what,
            where=where,
            remedy="A file is text, or a mapping of content or src, mode and on_change; "
            "give data through a filter such as to_json.",
            topic="file-form",
        )
    on_change = given.get("on_change", "restart")
    if on_change not in ON_CHANGE:
        raise QuadletError(
            f"on_change {on_change!r} is none of {', '.join(ON_CHANGE)}",
            where=where,
            topic="option-value",
        )
    return Blob(file_bytes(where, given), parse_mode(where, given.get("mode", 0o644)), on_change)
