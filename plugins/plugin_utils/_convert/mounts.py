# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Mounts of a container."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quoting import literal
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Mount,
    Volume,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.sources import (
    Source,
    make_source,
    place_source,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import (
    clean_path,
    complete_image,
    slug,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_Options = dict[str, t.Optional[str]]

_NO_EFFECT = frozenset({"cached", "delegated", "consistent", "consistency"})
_NAMES = {"readonly": "ro", "volume-subpath": "subpath"}
_DOCKER_SOCKET = re.compile(r"/(?:var/)?run/docker\.sock")
_DOCKER_STATE = re.compile(r"/(?:var/lib/docker|etc/docker|run/docker|var/run/docker)(?:/.*)?")
_TMPFS = frozenset(
    {"size", "mode", "ro", "rw", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "U"}
) | {"tmpcopyup", "notmpcopyup"}
"""Options of a tmpfs in Podman 5.4 to 6.1, which starts no container with others."""
_MOUNT_ONLY = frozenset({"subpath", "nonrecursive"})


def write_mounts(writing: Writing, unit: Unit, container: Container) -> None:
    """All mounts of a container."""
    for mount in container.mounts:
        options = {_NAMES.get(k, k): v for k, v in mount.options.items() if k not in _NO_EFFECT}
        _KINDS.get(mount.kind, _write_other)(writing, unit, container, mount, options)
    if writing.options.selinux == "disable" and any(m.kind == "bind" for m in container.mounts):
        unit.default(unit.section, "SecurityLabelDisable", "true")


def volume_device(volume: Volume) -> str:
    """The directory that a volume is only another name for: type none, o bind."""
    options = {name: item.value for name, item in volume.driver_options.items()}
    flags = options.get("o", "").split(",")
    if options.get("type", "none") in ("none", "") and ("bind" in flags or "rbind" in flags):
        return options.get("device", "")
    return ""


def _write_volume(
    writing: Writing, unit: Unit, container: Container, mount: Mount, options: _Options
) -> None:
    volume = writing.volumes.get(mount.source)
    device = volume_device(volume) if volume and not mount.external else ""
    if device:
        bind = Mount("bind", device, mount.target, mount.given, mount.options, make=True)
        _write_bind(writing, unit, container, bind, {**options})
        return
    if not mount.source:
        source = _name_anonymous(writing, container, mount)
    elif mount.external or volume is None:
        source = literal(mount.source)
    else:
        source = writing.unit_name(mount.source, "volume")
    _write(unit, mount, source, options)


def _name_anonymous(writing: Writing, container: Container, mount: Mount) -> str:
    stem = f"{writing.stem(container.name)}-{slug(mount.target)}"
    unit = writing.unit(stem, "volume")
    unit.put("VolumeName", f"{writing.name}_{stem.removeprefix(writing.name + '-')}", mount.given)
    for name, item in mount.labels.items():
        unit.pair("Label", name, item.value, item.given)
    mount.given.approximated(
        f"it is a volume of the app, {stem}.volume, since an anonymous one is deleted when the "
        "service stops",
        rule="anonymous-volume",
    )
    return unit.name


def _write_bind(
    writing: Writing, unit: Unit, container: Container, mount: Mount, options: _Options
) -> None:
    path = clean_path(mount.source)
    if container.engine == "docker" and _DOCKER_SOCKET.fullmatch(path):
        _write_socket(writing, unit, mount, options)
    elif container.engine == "docker" and _DOCKER_STATE.fullmatch(path):
        _leave_docker(mount, options)
    else:
        source = place_source(writing, mount)
        if source is None:
            return
        if source.kind == "file" and "ro" not in options:
            options.pop("rw", None)
            options["ro"] = None
            mount.given.approximated(
                "the app's files are read-only for containers",
                "Mount a directory outside of the app for what the container writes.",
                "bind-source",
            )
        _label(writing, unit, container, mount, source, options)
        make_source(writing, unit, mount, source)
        _write(unit, mount, source.syntax, options)


def _label(
    writing: Writing,
    unit: Unit,
    container: Container,
    mount: Mount,
    source: Source,
    options: _Options,
) -> None:
    """SELinux: Docker does not label unless it is asked to, Podman keeps what has no label away."""
    mode = writing.options.selinux
    if container.engine == "podman" or mode in ("keep", "disable") or {"z", "Z"} & set(options):
        return
    if source.kind in ("data", "file"):
        options["z" if mode == "share" else "Z"] = None
        return
    if not unit.has(unit.section, "SecurityLabelDisable"):
        unit.put("SecurityLabelDisable", "true", mount.given)
    mount.given.approximated(
        "with SELinux it stays readable because the container is not confined by labels, which "
        "Docker does not do either; its own label is not changed",
        "selinux: keep leaves that out.",
        "selinux-label",
    )


def _write_socket(writing: Writing, unit: Unit, mount: Mount, options: _Options) -> None:
    root = "%t" if writing.is_user else "/run"
    _write(unit, mount, f"{root}/podman/podman.sock", options)
    if writing.options.selinux != "keep":
        unit.default(unit.section, "SecurityLabelDisable", "true")
    for key in ("Wants", "After"):
        unit.line("Unit", key, "podman.socket", mount.given)
    mount.given.approximated(
        "the engine behind the socket is Podman, whose interface is like Docker's but not the same",
        "Look whether the program can work with Podman.",
        "engine-socket",
    )


def _leave_docker(mount: Mount, options: _Options) -> None:
    """What only reads there gets on without; what writes there is for Docker."""
    reason = f"{mount.source} is Docker's own directory, in which nothing of Podman is"
    remedy = "Leave it out, or name what the program shall read instead."
    if "ro" in options:
        mount.given.dropped(reason, remedy, "engine-directory")
    else:
        mount.given.refused(reason, remedy, "engine-directory")


def _write_tmpfs(
    _writing: Writing, unit: Unit, container: Container, mount: Mount, options: _Options
) -> None:
    if container.engine == "docker":
        options = _fit_tmpfs(mount, options)
        base: _Options = {} if "exec" in options else {"noexec": None}
        base["notmpcopyup"] = None
        if "mode" not in options:
            base["mode"] = "1777"
        options = {**base, **{k: v for k, v in options.items() if k not in ("exec", "rw")}}
    parts = [mount.target, _joined(options)] if options else [mount.target]
    unit.put("Tmpfs", ":".join(parts), mount.given)


def _fit_tmpfs(mount: Mount, options: _Options) -> _Options:
    """The options that Podman has, and U for an owner."""
    fit = {name: value for name, value in options.items() if name in _TMPFS}
    if {options.get("uid"), options.get("gid")} - {None, "", "0"}:
        fit["U"] = None
        mount.given.approximated(
            "it belongs to the user of the container, since Podman can't name another owner"
        )
    left = sorted(set(options) - _TMPFS - {"uid", "gid"})
    if left:
        mount.given.approximated(f"Podman has no {', '.join(left)} for a tmpfs")
    return fit


def _write_image(
    _writing: Writing, unit: Unit, _container: Container, mount: Mount, options: _Options
) -> None:
    source = complete_image(mount.source) or mount.source
    row = {"type": "image", "source": source, "target": mount.target}
    unit.item("Mount", {**row, **_filled(options)}, mount.given)


def _write_other(
    _writing: Writing, unit: Unit, _container: Container, mount: Mount, options: _Options
) -> None:
    if mount.kind in ("npipe", "cluster"):
        mount.given.refused(f"Podman has no mounts of type {mount.kind}", "Use another type.")
        return
    row = {"type": mount.kind, "source": mount.source, "target": mount.target}
    plain = {name: value for name, value in row.items() if value}
    unit.item("Mount", {**plain, **_filled(options)}, mount.given)


def _write(unit: Unit, mount: Mount, source: str, options: _Options) -> None:
    """Volume=, or Mount= for what only that can say.  source: as syntax."""
    target = literal(mount.target)
    if any(":" in part for part in (source, target)) or _MOUNT_ONLY & set(options):
        words = [f"type={mount.kind}", f"source={source}", f"target={target}"]
        names = {"z": "relabel=shared", "Z": "relabel=private", "nonrecursive": "bind-nonrecursive"}
        for name, value in options.items():
            if name != "rw":
                words.append(_option(names.get(name, name), value))
        if any("," in word or '"' in word for word in words):
            mount.given.refused(
                f"{mount.source!r} at {mount.target!r} can't be written: a comma or a quote ends "
                "a part for Podman",
                "Use another path.",
            )
            return
        unit.put_syntax("Mount", ",".join(words), mount.given)
        return
    text = f"{source}:{target}"
    unit.put_syntax(
        "Volume", f"{text}:{literal(_joined(options))}" if options else text, mount.given
    )


def _joined(options: _Options) -> str:
    return ",".join(_option(name, value) for name, value in options.items())


def _option(name: str, value: str | None) -> str:
    return name if value in (None, "") else f"{name}={value}"


def _filled(options: _Options) -> dict[str, str]:
    return {name: "true" if value is None else value for name, value in options.items()}


_Writer = t.Callable[[Writing, Unit, Container, Mount, _Options], None]

_KINDS: dict[str, _Writer] = {
    "bind": _write_bind,
    "image": _write_image,
    "tmpfs": _write_tmpfs,
    "volume": _write_volume,
}
