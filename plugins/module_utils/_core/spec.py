# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What was asked for: an app's name, units and files, refused where they can't be right."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .errors import QuadletError
from .gate import Gate, parse_gate
from .kinds import (
    COMPANIONS,
    KINDS,
    companion_of,
    holds_units,
    is_companion,
    is_unit,
    kind_of,
    split_drop_in,
    template_of,
)
from .layout import RESERVED_DIR

STATES = ("started", "present", "stopped", "restarted", "absent")
ON_CHANGE = ("restart", "reload", "none")
LINK = 0o120000
"""The mode of a symbolic link, as in git; its data is where it leads."""

_APP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_UNIT = re.compile(r"[A-Za-z0-9_:@\\][A-Za-z0-9_.:@\\-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SUFFIXES = (*KINDS, *COMPANIONS)
_READ = "|".join([*KINDS, "quadlets"])
_QUADLET_PART = re.compile(rf"(.*\.)({_READ})|(.*\.)?({_READ})\.d")


@dataclasses.dataclass(frozen=True)
class Blob:
    """The bytes of one file to install, its mode, and what its change asks for."""

    data: bytes
    mode: int = 0o644
    on_change: str = "restart"

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, an instance's to its template."""
        return self.mode == LINK


@dataclasses.dataclass(frozen=True)
class App:
    """One app as asked for.  content: every unit, drop-in and file by its path in the
    app's directory, or None for the installed set.  patch: units to put into the installed
    set, or None to take them out with their drop-ins.  only: act on this unit's service alone.
    sections: what was given as sections, by unit.  lint_ignore: (unit or '', rule) to be silent of.
    compat: what becomes of keys that the host's Podman does not know.  pull: which images are
    brought to the host beforehand.
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


def parse_unit_app(params: t.Mapping[str, t.Any]) -> App:
    """The app that the unit module means: the installed one with one unit put in or taken out."""
    unit, state = params["name"], params["state"]
    _check_unit_name(unit, "name")
    given = params["content"] if params["content"] is not None else params["sections"]
    blob = None if state == "absent" or given is None else _parse_unit(unit, given)
    if blob is None and state != "absent":
        raise QuadletError(
            "neither sections nor content is given",
            where=f"name {unit}",
            remedy="Give the unit's sections or its text as content, or use state: absent.",
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
    }


def sections_of(units: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """Units that were given as sections, or as instances."""
    return {path: given for path, given in (units or {}).items() if isinstance(given, t.Mapping)}


def _parse_ignore(names: t.Sequence[str]) -> tuple[tuple[str, str], ...]:
    if not names:
        return ()
    from .lint_rules import parse_ignore

    return parse_ignore(names)


def parse_app(params: t.Mapping[str, t.Any]) -> App:
    """The app that a module's parameters describe."""
    name = parse_app_name(params["name"])
    state = params["state"]
    content = parse_content(name, params.get("units"), params.get("files"))
    if content is not None and not any(map(is_unit, content)) and state != "absent":
        raise QuadletError(
            f"the set of units of app {name!r} is empty",
            where="units",
            remedy="To remove the app use state: absent; to keep it as it is leave units out.",
        )
    return App(
        name=name,
        state=state,
        content=content if state != "absent" else None,
        prune=params.get("prune", True),
        sections=sections_of(params.get("units")),
        **_parse_run(params),
    )


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
        )
    return name


def parse_content(
    app: str, units: t.Mapping[str, t.Any] | None, files: t.Mapping[str, t.Any] | None
) -> dict[str, Blob] | None:
    """Every unit, drop-in and file by path, or None where neither was given.

    What `src` holds is among them already: the action plugin has read it.
    """
    if units is None and files is None:
        return None
    content = {path: _parse_unit(path, value) for path, value in _single(units or {}).items()}
    for path in content:
        _check_unit_path(app, path, content)
    for path, value in (files or {}).items():
        _check_file_path(path)
        content[path] = _parse_file(path, value)
    _check_nesting(content)
    return content


def _single(units: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """The units, with those of every `x.quadlets` in its place."""
    if not any(map(holds_units, units)):
        return units
    from .quadlets import expand

    return expand(units)


def _parse_unit(path: str, value: t.Any) -> Blob:
    if isinstance(value, t.Mapping) and isinstance(value.get("template"), str):
        return _parse_instance(path, value)
    return Blob(_unit_text(path, value).encode("utf-8", "surrogateescape"))


def _parse_instance(path: str, value: t.Mapping[str, t.Any]) -> Blob:
    """A link to the template: Podman and systemd have one template for each name."""
    where, wanted = f"units {path}", template_of(path) if kind_of(path) else None
    if wanted is None:
        raise QuadletError(
            f"{path!r} can't be an instance of a template",
            where=where,
            remedy="An instance is called STEM@NAME.SUFFIX, with a Quadlet suffix.",
        )
    if dict(value) != {"template": wanted}:
        raise QuadletError(
            f"an instance is {{template: {wanted}}}, not {dict(value)!r}",
            where=where,
            remedy="What is its own goes into a drop-in, "
            f"{path}.d/10-own.conf say, or into a unit without template.",
        )
    return Blob(wanted.encode(), LINK)


def _unit_text(path: str, value: t.Any) -> str:
    if isinstance(value, t.Mapping):
        from .render import render_unit

        return render_unit(path, value)
    if not isinstance(value, str):
        raise QuadletError(
            f"a unit is text or a mapping of sections, not {value!r}", where=f"units {path}"
        )
    return value if value.endswith("\n") or not value else value + "\n"


def _check_unit_path(app: str, path: str, content: t.Mapping[str, Blob]) -> None:
    where = f"units {path}"
    if "/" not in path:
        _check_unit_name(path, where)
        return
    parts = split_drop_in(path)
    if parts is None:
        raise QuadletError(
            f"{path!r} is neither a unit nor a drop-in",
            where=where,
            remedy="A unit's name has no slash; a drop-in is UNIT.d/NAME.conf.",
        )
    unit, name = parts
    if _CONTROL.search(name):
        raise QuadletError(f"{name!r} can't be a drop-in's name", where=where)
    stem, _dot, suffix = unit.rpartition(".")
    if unit in _SUFFIXES or (suffix in _SUFFIXES and stem.endswith("-")):
        raise QuadletError(
            f"the drop-in directory {unit}.d applies to units of other apps too",
            where=where,
            remedy="Write one drop-in for each unit that it is meant for.",
        )
    template = f"{stem.partition('@')[0]}@.{suffix}"
    if unit not in content and template not in content:
        raise QuadletError(
            f"the drop-in is for {unit}, which is no unit of app {app!r}",
            where=where,
            remedy=f"Write it for the unit that Quadlet makes {unit} of ({stem}.container.d/{name} "
            "say): [Service] and [Unit] work there."
            if suffix == "service"
            else f"Declare {unit} in this app, or put the drop-in into the app that has it.",
        )


def _check_unit_name(name: str, where: str) -> None:
    if kind_of(name) is None and companion_of(name) is None:
        raise QuadletError(
            f"{name!r} has no Quadlet suffix, and none of systemd's",
            where=where,
            remedy=f"Units end in one of {', '.join('.' + suffix for suffix in _SUFFIXES)}; "
            "other files belong into files.",
        )
    if not _UNIT.fullmatch(name) or len(name) > 200:
        raise QuadletError(
            f"{name!r} can't be a unit's name",
            where=where,
            remedy="Use letters, digits and '_', '-', '.', ':', '@', not beginning with a dot.",
        )


def _check_file_path(path: str) -> None:
    where = f"files {path}"
    parts = path.split("/")
    if (
        path.startswith("/")
        or any(part in ("", ".", "..") for part in parts)
        or _CONTROL.search(path)
    ):
        raise QuadletError(
            f"{path!r} is not a plain path inside the app's directory",
            where=where,
            remedy="Give a relative path without '.', '..' or empty parts.",
        )
    if parts[0] == RESERVED_DIR:
        raise QuadletError(f"{RESERVED_DIR} is kept for the work of this collection", where=where)
    if is_companion(path):
        raise QuadletError(
            f"{path!r} is the name of a systemd unit",
            where=where,
            remedy="Declare it in units, and systemd gets it, or put it into a directory.",
        )
    for part in parts:
        if _QUADLET_PART.fullmatch(part):
            raise QuadletError(
                f"{part!r} has a Quadlet suffix, so the generator would read it",
                where=where,
                remedy="Declare it in units, or give the file another name.",
            )


def _parse_file(path: str, value: t.Any) -> Blob:
    where = f"files {path}"
    given = value if isinstance(value, t.Mapping) else {"content": value}
    unknown = sorted(set(given) - {"content", "encoding", "mode", "on_change"})
    if unknown or not isinstance(given.get("content"), str):
        what = (
            f"unknown option {unknown[0]!r}" if unknown else f"{given.get('content')!r} is not text"
        )
        raise QuadletError(
            what,
            where=where,
            remedy="A file is text, or a mapping of content or src, mode and on_change; "
            "give data through a filter such as to_json.",
        )
    on_change = given.get("on_change", "restart")
    if on_change not in ON_CHANGE:
        raise QuadletError(
            f"on_change {on_change!r} is none of {', '.join(ON_CHANGE)}", where=where
        )
    return Blob(_file_bytes(where, given), _parse_mode(where, given.get("mode", 0o644)), on_change)


def _file_bytes(where: str, given: t.Mapping[str, t.Any]) -> bytes:
    content: str = given["content"]
    encoding = given.get("encoding", "text")
    if encoding == "text":
        return content.encode("utf-8", "surrogateescape")
    if encoding != "base64":
        raise QuadletError(f"encoding {encoding!r} is neither text nor base64", where=where)
    import base64
    import binascii

    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise QuadletError(f"the content is not base64: {error}", where=where) from None


def _parse_mode(where: str, mode: t.Any) -> int:
    try:
        bits = int(mode, 8) if isinstance(mode, str) else int(mode)
    except (TypeError, ValueError):
        bits = -1
    if isinstance(mode, bool) or not 0 <= bits <= 0o777:
        raise QuadletError(
            f"the mode {mode!r} is not an octal number up to 0777",
            where=where,
            remedy="Write it as a string: '0640'.",
        )
    return bits


def _check_nesting(content: t.Mapping[str, Blob]) -> None:
    for path in content:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if folder in content:
                raise QuadletError(
                    f"{folder!r} is a file and the directory of {path!r}",
                    where="files",
                    remedy="Rename one of the two.",
                )
