# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a service mounts: volumes in all forms, tmpfs, the mounts of others."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.binds import bind
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import Handlers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.objects import use_volume
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    UnfitError,
    convert,
    items,
    mapping,
    refusing,
    taken,
    taken_flag,
    text,
    text_pairs,
    texts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import (
    Need,
    Service,
    Share,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Mount, Option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import clean_path

Fields = t.Mapping[str, Branch]

_WINDOWS: t.Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_PROPAGATIONS: t.Final = frozenset({"private", "rprivate", "shared", "rshared", "slave", "rslave"})
_KEPT: t.Final = _PROPAGATIONS | {"ro", "z", "Z", "nocopy"}
_WITHOUT_EFFECT: t.Final = frozenset({"rw", "cached", "delegated", "consistent", "default", ""})


def _read_volumes(service: Service, branch: Branch, _row: Row) -> None:
    for item in items(branch):
        with refusing(item):
            mount = _read_long(service, item) if item.is_mapping else _read_short(service, item)
            _add_mount(service, item, mount)


def _add_mount(service: Service, item: Branch, mount: Mount) -> None:
    if any(mount.target == other.target for other in service.container.mounts):
        raise UnfitError(item, f"two mounts have the target {mount.target}")
    service.container.mounts.append(mount)


def _read_short(service: Service, item: Branch) -> Mount:
    """SOURCE:TARGET:OPTIONS, SOURCE:TARGET, or TARGET."""
    line = text(item)
    _refuse_windows(service, item, line)
    parts = line.split(":")
    if len(parts) > 3 or not all(parts[:2]):
        raise UnfitError(item, f"{line!r} is no volume", "Write SOURCE:TARGET[:OPTIONS].")
    source, target = ("", parts[0]) if len(parts) == 1 else parts[:2]
    options: dict[str, str | None] = {}
    unknown = []
    for word in parts[2].split(",") if len(parts) == 3 else []:
        if word in _KEPT:
            options[word] = None
        elif word not in _WITHOUT_EFFECT:
            unknown.append(word)
    mount = _mount(service, item, source, target, options)
    if unknown:
        mount.given.exact(f"Compose ignores {', '.join(unknown)}")
    return mount


def _refuse_windows(service: Service, item: Branch, line: str) -> None:
    """Refuses a path of Windows; a volume may have the name of a drive."""
    if _WINDOWS.match(line) and not service.reading.declared("volumes", line.partition(":")[0]):
        remedy = "Give a path of the host, or a named volume."
        raise UnfitError(item, f"{line!r} is a path of Windows", remedy)


def _mount(
    service: Service,
    item: Branch,
    source: str,
    target: str,
    options: dict[str, str | None],
) -> Mount:
    _check_target(item, target)
    if source[:1] in (".", "/", "~"):
        return bind(service, item, source, target, options)
    if not source:
        return Mount("volume", "", _clean(target), item.take(), options)
    found = use_volume(service.reading, source, item)
    return Mount(
        "volume", found.source, _clean(target), item.take(), options, external=found.external
    )


def _check_target(item: Branch, target: str) -> None:
    if not target.startswith("/"):
        raise UnfitError(item, f"{target!r} is no absolute path in the container")


def _clean(target: str) -> str:
    return clean_path(target)


def _read_long(service: Service, item: Branch) -> Mount:
    fields = mapping(item)
    kind = taken(fields, "type")
    if kind not in _LONG:
        known = ", ".join(_LONG)
        what = f"Podman has no mounts of type {kind!r}" if kind else "it has no type"
        raise UnfitError(fields.get("type", item), what, f"Give one of {known}.")
    for other in set(fields) & set(_LONG) - {kind}:
        fields[other].take().exact(f"it has no effect with the type {kind}")
    target = taken(fields, "target")
    _check_target(fields.get("target", item), target)
    options: dict[str, str | None] = {}
    if taken_flag(fields, "read_only"):
        options["ro"] = None
    if "consistency" in fields:
        fields["consistency"].take().exact("it has no effect on Linux")
    below = mapping(fields[kind]) if kind in fields else {}
    return _LONG[kind](service, item, _Long(taken(fields, "source"), target, options, below))


class _Long(t.NamedTuple):
    """A mount in the long form.  below: the options of its type."""

    source: str
    target: str
    options: dict[str, str | None]
    below: Fields


def _long_bind(service: Service, item: Branch, long: _Long) -> Mount:
    if not long.source:
        raise UnfitError(item, "it has no source")
    _refuse_windows(service, item, long.source)
    for key, known in (("propagation", _PROPAGATIONS), ("selinux", {"z", "Z"})):
        word = taken(long.below, key)
        if word and word not in known:
            raise UnfitError(long.below[key], f"{word!r} is none of {', '.join(sorted(known))}")
        if word:
            long.options[word] = None
    recursive = long.below.get("recursive")
    if recursive:
        _read_recursive(recursive, long.options)
    make = taken_flag(long.below, "create_host_path", True)
    source = long.source if long.source[:1] in ("/", "~", ".") else f"./{long.source}"
    return bind(service, item, source, long.target, long.options, make=make, is_long=True)


def _read_recursive(branch: Branch, options: dict[str, str | None]) -> None:
    mode = text(branch)
    if mode == "disabled":
        options["nonrecursive"] = None
        branch.take().exact()
    elif mode == "enabled":
        branch.take().exact("that is so without it")
    elif mode in ("writable", "readonly"):
        branch.take().dropped("Podman does not treat file systems below in another way")
    else:
        raise UnfitError(branch, f"{mode!r} is none of enabled, disabled, writable and readonly")


def _long_volume(service: Service, item: Branch, long: _Long) -> Mount:
    if taken_flag(long.below, "nocopy"):
        long.options["nocopy"] = None
    subpath = taken(long.below, "subpath")
    if subpath:
        long.options["subpath"] = subpath
    labels = text_pairs(long.below["labels"]) if "labels" in long.below else {}
    if not long.source:
        mount = Mount("volume", "", _clean(long.target), item.head(), long.options)
        mount.labels = labels
        return mount
    for label in labels.values():
        label.given.exact("a named volume has its own labels")
    found = use_volume(service.reading, long.source, item)
    target = _clean(long.target)
    return Mount("volume", found.source, target, item.head(), long.options, found.external)


def _long_tmpfs(_service: Service, item: Branch, long: _Long) -> Mount:
    if "size" in long.below:
        size = convert(long.below["size"], values.to_bytes)
        long.below["size"].take().exact()
        if size:
            long.options["size"] = str(size)
    if "mode" in long.below:
        long.options["mode"] = convert(long.below["mode"], values.to_mode)
        long.below["mode"].take().exact()
    return Mount("tmpfs", "", _clean(long.target), item.head(), long.options)


def _long_image(_service: Service, item: Branch, long: _Long) -> Mount:
    if not long.source:
        raise UnfitError(item, "it has no source")
    subpath = taken(long.below, "subpath")
    if subpath:
        long.options["subpath"] = subpath
    return Mount("image", long.source, _clean(long.target), item.head(), long.options)


_LONG: t.Final[dict[str, t.Callable[[Service, Branch, _Long], Mount]]] = {
    "volume": _long_volume,
    "bind": _long_bind,
    "tmpfs": _long_tmpfs,
    "image": _long_image,
}


def _read_tmpfs(service: Service, branch: Branch, _row: Row) -> None:
    for value, item in zip(texts(branch), branch.each() or [branch]):
        with refusing(item):
            target, _colon, words = value.value.partition(":")
            _check_target(item, target)
            options: dict[str, str | None] = {}
            for word in filter(None, words.split(",")):
                name, equals, setting = word.partition("=")
                options[name] = setting if equals else None
            mount = Mount("tmpfs", "", _clean(target), value.given, options)
            _add_mount(service, item, mount)


def _read_volumes_from(service: Service, branch: Branch, _row: Row) -> None:
    for item in items(branch):
        with refusing(item):
            line = text(item)
            if line.startswith("container:"):
                source = line.removeprefix("container:")
                service.options.append(Option("--volumes-from", source, item.take()))
                continue
            name, _colon, mode = line.partition(":")
            if mode not in ("", "ro", "rw"):
                raise UnfitError(item, f"{mode!r} is neither ro nor rw")
            given = item.take()
            service.needs.append(Need(name, item, given))
            service.shares.append(Share(name, item, given, mode == "ro"))


def _read_api_socket(service: Service, branch: Branch, _row: Row) -> None:
    if not convert(branch, values.to_bool):
        branch.take().exact("that is so without it")
        return
    socket = "/var/run/docker.sock"
    given = branch.take()
    given.approximated("credentials of registries are not mounted", rule="engine-socket")
    service.container.mounts.append(Mount("bind", socket, socket, given))


def _read_volume_driver(_service: Service, branch: Branch, _row: Row) -> None:
    driver = text(branch)
    if driver != "local":
        raise UnfitError(branch, f"Podman has no driver {driver!r}", "Declare it in volumes.")
    branch.take().exact("it is the default")


MOUNTS: t.Final[Handlers[Service]] = {
    "volumes": _read_volumes,
    "tmpfs": _read_tmpfs,
    "volumes_from": _read_volumes_from,
    "api_socket": _read_api_socket,
    "volume_driver": _read_volume_driver,
}
"""Handlers by their names in the table."""
