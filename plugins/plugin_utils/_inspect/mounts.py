# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Mounts of a container: volumes, binds and tmpfs as the engine shows them."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Mount,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.fields import Reading

ANONYMOUS: t.Final = re.compile(r"[0-9a-f]{64}")
_IMPLIED = frozenset({"rw", "rbind", "rprivate", "nosuid", "nodev", "noexec", "exec", "tmpcopyup"})
"""Options that Podman sets by itself, as `podman inspect` shows them."""
_OF_PODMAN_TMPFS = frozenset({"rw", "rprivate", "nosuid", "nodev", "tmpcopyup"})
_PLAIN_PROPAGATION = frozenset({"", "rprivate"})


def read_mounts(reading: Reading, value: list[dict[str, t.Any]], given: Given) -> None:
    """All mounts but tmpfs of Podman's, which stand elsewhere."""
    given.exact("see each mount")
    for shown in value:
        target = str(shown.get("Destination") or "")
        one = reading.give(f"Mounts.{target}")
        mount = _read_mount(reading, shown, target, one)
        if mount is not None:
            reading.container.mounts.append(mount)


def _read_mount(
    reading: Reading, shown: dict[str, t.Any], target: str, given: Given
) -> Mount | None:
    kind = str(shown.get("Type") or "bind")
    name = str(shown.get("Name") or "")
    source = str(shown.get("Source") or "")
    options = _options(reading, shown, kind)
    if kind == "volume" and ANONYMOUS.fullmatch(name):
        note_anonymous(given, name)
        return Mount("volume", "", target, given, options)
    if kind == "volume":
        reading.objects.volume(name, given)
        if reading.container.engine == "docker":
            given.approximated(
                f"its data is in Docker's volume {name}, and Podman's of that name is another",
                "Stop the container, and copy it: a tar of Docker's volume goes to podman volume "
                "import.",
                "volume-data",
            )
        return Mount("volume", name, target, given, options)
    if kind == "tmpfs":
        return Mount("tmpfs", "", target, given, {**options, **_asked_tmpfs(reading, target)})
    if kind == "image":
        return Mount("image", source, target, given, options)
    if kind == "bind":
        return Mount("bind", source, target, given, options)
    given.refused(f"a mount of type {kind} has no form here", "Leave it out, or use a bind mount.")
    return None


def note_anonymous(given: Given, name: str) -> None:
    """A volume without a name is deleted when the service stops; its data has to move."""
    given.approximated(
        f"its data is in the anonymous volume {name}, which the app does not use",
        "Stop the container, and copy it: podman volume export | podman volume import, "
        "or docker run --rm -v VOLUME:/data IMAGE tar.",
        "anonymous-volume",
    )


def _options(reading: Reading, shown: dict[str, t.Any], kind: str) -> dict[str, str | None]:
    options: dict[str, str | None] = {}
    if shown.get("RW") is False:
        options["ro"] = None
    for word in re.split(r"[\s,]+", str(shown.get("Mode") or "")):
        if word in ("z", "Z") and kind == "volume" and not reading.is_podman:
            continue  # Docker shows it for every volume
        if word in ("z", "Z", "U", "nocopy"):
            options[word] = None
    propagation = str(shown.get("Propagation") or "")
    if kind == "bind" and propagation not in _PLAIN_PROPAGATION:
        options[propagation] = None
    if reading.is_podman:
        for word in shown.get("Options") or ():
            name, equals, text = str(word).partition("=")
            if name not in _IMPLIED and name not in ("ro", "bind"):
                options[name] = text if equals else None
    if shown.get("SubPath"):
        options["subpath"] = str(shown["SubPath"])
    return options


def _asked_tmpfs(reading: Reading, target: str) -> dict[str, str | None]:
    """What Docker's --mount type=tmpfs asked for."""
    for asked in reading.get("HostConfig.Mounts") or ():
        if isinstance(asked, dict) and asked.get("Target") == target:
            options = asked.get("TmpfsOptions") or {}
            found: dict[str, str | None] = {}
            if options.get("SizeBytes"):
                found["size"] = str(options["SizeBytes"])
            if options.get("Mode"):
                found["mode"] = f"{int(options['Mode']):o}"
            return found
    return {}


def read_tmpfs(reading: Reading, value: dict[str, str], given: Given) -> None:
    """HostConfig.Tmpfs: options by path, as one text."""
    given.exact("see each tmpfs")
    for target, text in value.items():
        one = reading.give(f"HostConfig.Tmpfs.{target}")
        words = [word for word in str(text).split(",") if word]
        if reading.is_podman:
            words = [word for word in words if word not in _OF_PODMAN_TMPFS]
        options: dict[str, str | None] = {}
        for word in words:
            name, equals, option = word.partition("=")
            options[name] = option if equals else None
        reading.container.mounts.append(Mount("tmpfs", "", target, one, options))


def complete_mounts(reading: Reading, container: Container) -> None:
    """What a command line left open, and the engine has decided: whole paths, and volumes that
    the command or the image asks for without a name.
    """
    mounts = reading.get("Mounts") or ()
    shown = {str(one.get("Destination")): one for one in mounts if isinstance(one, dict)}
    for mount in container.mounts:
        found = shown.pop(mount.target.rstrip("/") or "/", None)
        if found is None:
            continue
        if mount.kind == "bind" and not mount.source.startswith("/"):
            mount.source = str(found.get("Source") or mount.source)
            mount.in_files = False
        elif mount.kind == "volume" and not mount.source:
            note_anonymous(mount.given, str(found.get("Name")))
    for target, one in shown.items():
        if one.get("Type") == "volume" and ANONYMOUS.fullmatch(str(one.get("Name"))):
            given = reading.give(f"Mounts.{target}")
            made = _read_mount(reading, one, target, given)
            if made is not None:
                container.mounts.append(made)
