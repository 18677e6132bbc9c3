# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The option directories: directories of bind mounts, by path."""

from __future__ import annotations

import posixpath
import re
import typing as t

from ..errors import QuadletError, join_errors, shape

_OPTIONS = ("mode", "owner", "group")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?")
_MOST = (1 << 32) - 2


class Directory(t.NamedTuple):
    """A directory as declared.  path: normal, absolute or below `~`.  mode, owner, group: None
    where it is not declared; owner and group are numbers or names.
    """

    path: str
    mode: int | None = None
    owner: str | None = None
    group: str | None = None

    @property
    def where(self) -> str:
        """The place for an error."""
        return f"directories {self.path}"


def parse_directories(given: t.Any, state: str) -> tuple[Directory, ...]:
    """The directories, parents first; none of an app that is removed."""
    found: dict[str, Directory] = {}
    errors: list[QuadletError] = []
    for path, options in given.items():
        try:
            row = _parse(str(path), options)
            if row.path in found:
                raise QuadletError(
                    f"{row.path} is declared twice", where=row.where, topic="declared-twice"
                )
            found[row.path] = row
        except QuadletError as error:
            errors.append(error)
    if errors:
        raise join_errors(errors)
    return () if state == "absent" else tuple(found[path] for path in sorted(found))


def _parse(path: str, options: t.Any) -> Directory:
    where = f"directories {path}"
    options = {} if options is None else options
    if not isinstance(options, t.Mapping):
        raise QuadletError(
            f"a directory is a mapping of mode, owner and group, not {shape(options)}",
            where=where,
            remedy="Write {} for one that only has to be there.",
            topic="option-value",
        )
    unknown = sorted(str(key) for key in options if key not in _OPTIONS)
    if unknown:
        raise QuadletError(
            f"unknown option {unknown[0]!r}",
            where=where,
            remedy=f"It has {', '.join(_OPTIONS)}.",
            topic="option-value",
        )
    mode, owner, group = (options.get(key) for key in _OPTIONS)
    return Directory(
        _parse_path(path, where),
        None if mode is None else _parse_mode(mode, where),
        _parse_id(owner, "owner", where),
        _parse_id(group, "group", where),
    )


def _parse_path(path: str, where: str) -> str:
    for short in ("%h", "~"):
        if path == short or path.startswith(f"{short}/"):
            path = f"~{path[len(short) :]}"
    if path[:1] not in ("/", "~") or (path[:1] == "~" and path[1:2] not in ("", "/")):
        raise QuadletError(
            f"{path!r} is no absolute path",
            where=where,
            remedy="Write an absolute path, or one that begins with ~/ or %h/. The app's own "
            "directory is read-only for containers.",
            topic="directory-path",
        )
    if re.search(r"[\x00-\x1f\x7f]", path) or "%" in path or "$" in path:
        raise QuadletError(
            f"{path!r} has characters that can't be in the path of a directory",
            where=where,
            remedy="Write the path in full: specifiers other than %h, and variables, are not known "
            "here.",
            topic="directory-path",
        )
    if ".." in path.split("/"):
        raise QuadletError(
            f"{path!r} has .. in it",
            where=where,
            remedy="Write it without.",
            topic="directory-path",
        )
    return "/" + posixpath.normpath(path).lstrip("/") if path[:1] == "/" else _normal_home(path)


def _normal_home(path: str) -> str:
    rest = posixpath.normpath(f"/{path[1:]}").lstrip("/")
    return f"~/{rest}" if rest else "~"


def _parse_mode(mode: t.Any, where: str) -> int:
    most = 0o7777 if isinstance(mode, str) else 0o777  # 750 without quotes is another number
    try:
        bits = int(mode, 8) if isinstance(mode, str) else int(mode)
    except (TypeError, ValueError):
        bits = -1
    if isinstance(mode, (bool, float)) or not 0 <= bits <= most:
        raise QuadletError(
            f"the mode {mode!r} is not an octal number up to 7777",
            where=where,
            remedy="Write it as a string: '0750'.",
            topic="file-mode",
        )
    return bits


def _parse_id(given: t.Any, option: str, where: str) -> str | None:
    if given is None:
        return None
    text = str(given).strip()
    number = text.isascii() and text.isdigit()
    if isinstance(given, (bool, float)) or not (number or _NAME.fullmatch(text)):
        wrong = True
    else:
        wrong = number and int(text) > _MOST
    if wrong:
        raise QuadletError(
            f"the {option} {given!r} is neither a number nor a name",
            where=where,
            remedy="Write the id as a number.",
            topic="directory-owner",
        )
    return text
