# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads what the options of Podman give a container to write on the host.

Source: podman-run(1), podman-volume-create(1), podman-build(1); pkg/specgenutil/volumes.go.
Words that only look like an option count too: more is read here than Podman would.
"""

from __future__ import annotations

import csv
import typing as t


class Given(t.NamedTuple):
    """A path that a container gets.  glob: it is a pattern.
    point: what lies elsewhere gets this name too: of a mount, of a link that systemd makes.
    deep: file systems that are mounted below it come along; they stay writable, `ro` or not.
    source: Podman starts no container without it.  kind: what it has to be then, or ''.
    """

    path: str
    writable: bool = True
    glob: bool = False
    deep: bool = True
    source: bool = False
    kind: str = ""
    point: bool = False


class FromContainer(t.NamedTuple):
    """The mounts of another container.  writable: read-only ones become writable."""

    name: str
    writable: bool


BIND: t.Final = "--bind"
"""Behind the words of a line with the device of a volume: its other lines make it a bind."""

_SHORT = {"v": "--volume", "o": "--opt"}
_FLAGS = frozenset("diPqtnlsaAfDcz")
"""Short options that other letters may follow in one word."""
_FOLDERS = frozenset(
    {
        *("--root", "--runroot", "--tmpdir", "--volumepath", "--imagestore", "--graphroot"),
        *("--network-config-dir", "--output-dir", "--file"),
    }
)
_FILES = frozenset(
    {
        *("--metadata-file", "--out", "--sbom-output"),
        *("--cidfile", "--conmon-pidfile", "--health-log-destination", "--iidfile", "--logfile"),
        *("--pidfile", "--pod-id-file"),
    }
)
_HARMLESS_TYPES = frozenset({"tmpfs", "ramfs", "devpts", "image", "artifact"})
_OVERLAY_DIRS = ("upperdir=", "workdir=")


def read_options(words: t.Sequence[str]) -> t.Iterator[Given | FromContainer]:
    """What all options in a command line give."""
    for name, value in _pairs(words):
        if name == "--volume":
            yield from read_volume(value)
        elif name == "--mount":
            yield from _read_mount(value)
        elif name == "--volumes-from":
            container, colon, options = value.partition(":")
            writable = bool(colon) and "ro" not in options.split(",")
            yield FromContainer(container, writable)
        elif name == "--point":
            yield Given(value, point=True)
        elif name == "--rootfs":
            yield from _read_rootfs(value)
        elif name in _FOLDERS or (name in _FILES and is_path(value)):
            yield Given(value)
        elif name in ("--log-opt", "--output", "--storage-opt"):
            yield from _read_paths(value)
    yield from _read_device(words)
    if "cp" in words and not words[-1].startswith("-"):  # podman cp CONTAINER:PATH PATH
        yield Given(words[-1])


def option_values(words: t.Sequence[str], option: str) -> list[str]:
    """The values of a long option."""
    return [value for name, value in _pairs(words) if name == option]


def _pairs(words: t.Sequence[str]) -> t.Iterator[tuple[str, str]]:
    """Each option with its value, however the two are written."""
    for word, after in zip(words, [*words[1:], ""]):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            yield name, value if equals else after
        elif word.startswith("-"):
            yield from _short(word[1:], after)


def _short(letters: str, after: str) -> t.Iterator[tuple[str, str]]:
    for number, letter in enumerate(letters):
        if letter in _SHORT:
            rest = letters[number + 1 :]
            yield _SHORT[letter], rest.removeprefix("=") or after
            if letter == "o":
                yield "--output", rest.removeprefix("=") or after
        if letter not in _FLAGS:
            return


def is_path(text: str) -> bool:
    """Whether Podman takes the source of --volume for a path, not for a volume's name.

    Elsewhere (the source of a bind mount, a device, a root file system) all else is a path, too.
    """
    return text[:1] in ("/", ".", "\x01")


def read_volume(value: str) -> t.Iterator[Given]:
    """A value of --volume; without a colon it is an anonymous volume."""
    source, colon, rest = value.partition(":")
    options = rest.partition(":")[2].split(",")
    overlay = [o.partition("=")[2] for o in options if o.startswith(_OVERLAY_DIRS)]
    yield from map(Given, overlay)
    if colon and is_path(source):
        overlaid = "O" in options
        read_only = "ro" in options and "rw" not in options and "U" not in options
        deep = "bind" not in options and not overlaid
        yield Given(source, not (read_only or overlaid), deep=deep, source=True)


def mount_options(value: str) -> list[tuple[str, str, str]]:
    """(name, '=' or '', value) of the options of --mount, which are a line of CSV."""
    try:
        parts = next(csv.reader([value], strict=True), [])
    except csv.Error:
        parts = value.split(",")
    return [part.partition("=") for part in parts]


def _read_mount(value: str) -> t.Iterator[Given]:
    options = mount_options(value)
    kinds = [text for name, _equals, text in options if name == "type"]
    kind = kinds[-1] if kinds else "volume"
    for name, _equals, text in options:
        if f"{name}=" in _OVERLAY_DIRS:
            yield Given(text)
        elif name == "volume-opt" and not text.startswith(("type=", "o=")):
            yield Given(text.partition("=")[2])
        elif name in ("source", "src") and text and kind not in _HARMLESS_TYPES:
            deep = all(name != "bind-nonrecursive" for name, _equals, _text in options)
            if kind != "volume" or is_path(text):
                is_bind = kind == "bind"
                yield Given(text, not _is_read_only(options), kind == "glob", deep, is_bind)


def _is_read_only(options: t.Sequence[tuple[str, str, str]]) -> bool:
    """Only `true` counts as true, and `false` as false: Podman ignores other words."""
    read_only = False
    for name, equals, text in options:
        value = text.lower() if equals else "true"
        if (name in ("ro", "readonly") and value == "true") or (name == "rw" and value == "false"):
            read_only = True
        elif name in ("U", "chown") and value != "false":
            return False
    return read_only


def _read_rootfs(value: str) -> t.Iterator[Given]:
    path, _colon, options = value.partition(":")
    if path:
        yield Given(path, "O" not in options.split(","))


def _read_paths(value: str) -> t.Iterator[Given]:
    """Paths among options: `path=/x`, `type=local,dest=/x`, or the path alone."""
    for part in value.split(","):
        path = part.rpartition("=")[2]
        if "/" in path or is_path(path):
            yield Given(path)


def _read_device(words: t.Sequence[str]) -> t.Iterator[Given]:
    """The device of a volume, and the upper directory of one that is an overlay.

    `ro` among the options of a bind does not hold in containers.  Without the device of a bind
    Podman starts no container.
    """
    pairs = [value.partition("=") for name, value in _pairs(words) if name == "--opt"]
    flags = [flag for key, _equals, text in pairs if key == "o" for flag in text.split(",")]
    binds = BIND in words or "bind" in flags or "rbind" in flags or ("type", "=", "bind") in pairs
    for key, _equals, text in pairs:
        if key == "o":
            upper = (part for part in text.split(",") if part.startswith(_OVERLAY_DIRS))
            yield from (Given(part.partition("=")[2]) for part in upper)
        elif key != "type" and text:
            yield Given(text, source=binds)
