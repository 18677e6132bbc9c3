# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""--volume, --mount and --tmpfs."""

from __future__ import annotations

import csv
import re

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Mount,
    Option,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.reading import (
    Reading,
    parse_flag,
)

_VOLUME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/].*")
_PATH = re.compile(r"(?:/|\.{1,2}(?:/|$)|~(?:/|$)).*", re.DOTALL)
_NAMES = {
    "bind-propagation": "",
    "consistency": "consistency",
    "image-subpath": "subpath",
    "readonly": "ro",
    "tmpfs-mode": "mode",
    "tmpfs-size": "size",
    "volume-nocopy": "nocopy",
    "volume-subpath": "subpath",
    "bind-nonrecursive": "nonrecursive",
    "chown": "U",
}
_FLAGS = frozenset({"ro", "nocopy", "nonrecursive", "rw", "readwrite", "U"})


def read_volume(reading: Reading, value: str, given: Given) -> None:
    """SOURCE:TARGET:OPTIONS, or a target alone."""
    if _WINDOWS.match(value):
        given.refused(f"{value} is a path of Windows", "Write the path on the host of the app.")
        return
    parts = value.split(":")
    if len(parts) == 1:
        source, target, flags = "", parts[0], ""
    else:
        source, target, flags = parts[0], parts[1], ":".join(parts[2:])
    if not target.startswith("/") or len(parts) > 3:
        given.refused(f"{value} is no mount", "Write SOURCE:/TARGET:OPTIONS.")
        return
    options: dict[str, str | None] = {}
    for flag in filter(None, flags.split(",")):
        name, equals, text = flag.partition("=")
        options[name] = text if equals else None
    if _PATH.match(source):
        path = reading.resolve(source)
        mount = Mount("bind", path, target, given, options, make=reading.is_docker)
    else:
        mount = Mount("volume", _volume_of(reading, source, given), target, given, options)
    reading.container.mounts.append(mount)


def _volume_of(reading: Reading, name: str, given: Given) -> str:
    """The stem of a volume of the app; it keeps its name in Podman."""
    if not name:
        return ""
    if not _VOLUME_NAME.fullmatch(name):
        given.refused(
            f"{name!r} is neither a path nor a name of a volume",
            "Begin a relative path with ./; a name has letters, digits and _.-",
        )
        return ""
    if name not in reading.volumes:
        reading.volumes[name] = Volume(name, given, volume_name=name)
    return name


def read_mount(reading: Reading, value: str, given: Given) -> None:
    """Options between commas, in quotes where a value has one itself."""
    try:
        fields = next(csv.reader([value], strict=True), [])
    except csv.Error as error:
        given.refused(f"{value}: {error}", "Write type=bind,source=/PATH,target=/PATH.")
        return
    pairs = [field.partition("=") for field in fields]
    values = {name.strip().lower(): text for name, _equals, text in pairs}
    kind = values.pop("type", "volume")
    source = values.pop("source", values.pop("src", ""))
    target = values.pop("target", values.pop("destination", values.pop("dst", "")))
    if not target:
        given.refused(f"{value} has no target", "Add target=/PATH.")
        return
    driver = [pair[2] for pair in pairs if pair[0].strip().lower() == "volume-opt"]
    driver_name = values.pop("volume-driver", "local")
    make = parse_flag(values.pop("bind-create-src", "false")) is True
    bare = {name.strip().lower() for name, equals, _text in pairs if not equals}
    options = _mount_options(values, bare, given)
    mount = Mount(kind, source, target, given, options, make=make)
    if kind == "volume":
        mount.source = _volume_of(reading, source, given)
        _set_driver(reading, mount.source, driver_name, driver, given)
    elif kind == "bind" and _WINDOWS.match(source):
        given.refused(f"{source} is a path of Windows", "Write the path on the host of the app.")
        return
    elif kind == "bind":
        mount.source = reading.resolve(source)
    reading.container.mounts.append(mount)


def _mount_options(values: dict[str, str], bare: set[str], given: Given) -> dict[str, str | None]:
    options: dict[str, str | None] = {}
    for name, text in values.items():
        if name == "volume-opt":
            continue
        if name == "bind-propagation":
            options[text] = None
        elif name == "relabel":
            options["z" if text == "shared" else "Z"] = None
        elif name == "bind-recursive":
            if text == "disabled":
                options["nonrecursive"] = None
            elif text != "enabled":
                given.approximated(f"bind-recursive={text} is not told apart from rbind")
        else:
            key = _NAMES.get(name, name)
            flag = key in _FLAGS or name in bare
            if not flag:
                options[key] = text
            elif name in bare or parse_flag(text):
                options["U" if name == "chown" else key] = None
    return options


def _set_driver(reading: Reading, stem: str, driver: str, options: list[str], given: Given) -> None:
    from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Value

    if driver != "local" and stem:
        reading.volumes[stem].driver = Value(driver, given)
    if options and not stem:
        given.refused("an anonymous volume has options of a driver", "Name the volume.")
    for option in options if stem else ():
        name, _equals, text = option.partition("=")
        reading.volumes[stem].driver_options[name] = Value(text, given)


def read_tmpfs(reading: Reading, value: str, given: Given) -> None:
    """TARGET:OPTIONS."""
    target, _colon, flags = value.partition(":")
    options: dict[str, str | None] = {}
    for flag in filter(None, flags.split(",")):
        name, equals, text = flag.partition("=")
        options[name] = text if equals else None
    reading.container.mounts.append(Mount("tmpfs", "", target, given, options))


def read_volumes_from(reading: Reading, value: str, given: Given) -> None:
    """Mounts of another container."""
    reading.container.options.append(Option("--volumes-from", value, given))
