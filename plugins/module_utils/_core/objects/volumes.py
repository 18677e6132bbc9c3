# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A volume as `podman volume inspect` shows it, beside the command that makes it.

Recorded on hosts with Podman 5.4 and 6.1 (tests/unit/recorded/objects-*.json).
"""

from __future__ import annotations

import typing as t

from ..quadlet.image_name import stored_name
from .model import ANY, Row, pair_rows

if t.TYPE_CHECKING:
    from .create_command import CreateCommand

_KEYS = {"device": "Device", "type": "Type", "image": "Image"}
_PARSED = ("UID", "GID", "SIZE", "INODES", "NOQUOTA", "TIMEOUT")
"""Options that Podman makes of words in `o`, where it leaves some and takes others out.

Source: pkg/domain/infra/abi/parse/parse.go.
"""

_OPPOSITE = {"rw": "ro", "copy": "nocopy"}


def volume_rows(command: CreateCommand, shown: t.Mapping[str, t.Any]) -> t.Iterator[Row]:
    """All that the command decides.

    The owner is compared where it is declared: otherwise a container's user may have become it.
    """
    there, declared = dict(shown.get("Options") or {}), command.pairs("--opt")
    _take_back(there)
    yield "Driver", shown.get("Driver"), command.last("--driver", "local")
    yield "Copy", _copy(there), _copy(declared)
    yield "Options", *_mount_options(there.pop("o", ""), declared.pop("o", ""))
    yield "Image", *_images(there.pop("image", None), declared.pop("image", None))
    for option in ("device", "type"):
        yield _KEYS[option], there.pop(option, None), declared.pop(option, None)
    yield from pair_rows("--opt", there, declared)
    yield from pair_rows("Label", shown.get("Labels") or {}, command.pairs("--label"))
    for flag, key in (("--uid", "UID"), ("--gid", "GID")):
        if flag in command.options:
            yield key, str(shown.get(key, 0)), command.last(flag)


def _take_back(options: dict[str, str]) -> None:
    """Writes what Podman has made of words in `o` as such words again."""
    words = [word for word in options.get("o", "").split(",") if word]
    for key in _PARSED:
        value = options.pop(key, None)
        word = key.lower() if key == "NOQUOTA" else f"{key.lower()}={value}"
        if value is not None and word not in words:
            words.append(word)
    if words:
        options["o"] = ",".join(words)


def _copy(options: dict[str, str]) -> str:
    """Whether a new volume gets what the image has at its place: so it is without an option."""
    options.pop("copy", None)
    return "false" if options.pop("nocopy", None) is not None else "true"


def _mount_options(there: str, declared: str) -> tuple[str | None, str | None]:
    """Options of a mount; their order counts only where one contradicts another."""
    if ANY in declared:
        return None, ANY
    same = _sorted(there) == _sorted(declared)
    return (declared or None) if same else (there or None), declared or None


def _sorted(text: str) -> list[str]:
    words = [word for word in text.split(",") if word]
    names = [_OPPOSITE.get(word, word).partition("=")[0].removeprefix("no") for word in words]
    return words if len({*names}) < len(names) else sorted(words)


def _images(there: str | None, declared: str | None) -> tuple[str | None, str | None]:
    same = there and declared and stored_name(there) == stored_name(declared) != ""
    return (declared if same else there), declared
