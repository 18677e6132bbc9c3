# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint rules for a unit as a whole: sections, keys that need others, images, files, YAML."""

from __future__ import annotations

import re
import typing as t

from ..quadlet.image_name import parse_image_name
from ..quadlet.keys import INSTALL_SINCE, SECTIONS, SYSTEMD_KEYS, Key, Reads
from ..quadlet.kinds import kind_of
from ..quadlet.refs import PathRef
from .view import Hit, Hits, Line, Merged, is_open

_SYSTEMD = frozenset(("Unit", "Service", "Install"))
_INSTALL_KEYS = frozenset((*SYSTEMD_KEYS["Install"], *INSTALL_SINCE, "Also"))
_IN_BOTH = frozenset(
    ("Environment", "EnvironmentFile", "User", "Group", "NoNewPrivileges", "ReloadSignal", "Type")
)
"""Keys of Quadlet that systemd knows in [Service], too."""
_LEGACY = frozenset(("StartLimitBurst",))
"""Keys of [Unit] that systemd still accepts in [Service]."""
_HOME_OF = {key: section for section, keys in SYSTEMD_KEYS.items() for key in keys}


def foreign_sections(unit: Merged) -> Hits:
    """Finds sections that nobody reads."""
    known = {*_SYSTEMD, "Quadlet", unit.kind.section}
    for part in unit.parts:
        for section in part.sections:
            if section not in known and not section.startswith("X-"):
                inside = (line for line in unit.lines if line.entry.section == section)
                at = next((line for line in inside if line.path == part.name), part.name)
                message = f"nobody reads [{section}] in a .{unit.kind.suffix}"
                yield Hit("foreign-section", at, message)


_NAME = re.compile(r"[A-Za-z0-9_.-]*")


def unit_name(unit: Merged) -> Hits:
    """Finds names of files that Podman does not take in the name of the object they give it."""
    kind, stem = unit.kind, unit.name.rpartition(".")[0]
    named = [kind.name_key, *(["ServiceName"] if "%N" in kind.object_name else [])]
    if not kind.name_key or any(unit.value(kind.section, key) for key in named):
        return
    if not _NAME.fullmatch(stem.replace("@", "_", 1)):
        message = f"{kind.object_name.format(stem=stem).replace('%N', stem)!r} is no name that "
        remedy = f"Rename the unit, or set {kind.name_key}=."
        yield Hit("bad-name", unit.name, f"{message}Podman takes", remedy)


def misplaced_keys(unit: Merged) -> Hits:
    """Finds keys in a section of systemd that does not have them."""
    own = SECTIONS.get(unit.kind.section, {})
    for line in unit.lines:
        section, key = line.entry.section, line.entry.key
        if section not in _SYSTEMD or not line.value:
            continue
        home = _HOME_OF.get(key)
        if key in own and key not in _IN_BOTH and home is None:
            home = unit.kind.section
        if home and home != section and not (key in _LEGACY and section == "Service"):
            yield Hit("misplaced-key", line, f"{key} is a key of [{home}], not of [{section}]")
        elif section == "Install" and key not in _INSTALL_KEYS:
            yield Hit("unknown-install-key", line, f"[Install] has no key {key}")


def repeated_keys(unit: Merged) -> Hits:
    """Finds values that a later line of the same file overrides, and keys without a value."""
    seen: dict[tuple[str, str, str], str] = {}
    for line in unit.lines:
        at = (line.path, line.entry.section, line.entry.key)
        before = seen.get(at)
        seen[at] = line.value
        if before is None:
            resets_nothing = not line.value and line.path == unit.name and line.key
            if resets_nothing and line.entry.key != "Entrypoint":  # empty, it clears the image's
                yield Hit("empty-value", line, f"{line.entry.key}= has no value")
        elif line.key and not line.key.repeats and before and line.value not in ("", before):
            yield Hit("repeated-key", line, f"{line.entry.key} is set before: {before!r} is lost")


_REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "Container": (("Image", "Rootfs"),),
    "Kube": (("Yaml",),),
    "Image": (("Image",),),
    "Build": (("ImageTag",), ("SetWorkingDirectory", "File")),
    "Artifact": (("Artifact",),),
}
"""A unit must set at least one key of each group."""

_EXCLUSIVE = {"Container": (("Image", "Rootfs"), ("ReloadCmd", "ReloadSignal"))}

_NEEDED: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "Network": (("Subnet", ("Gateway", "IPRange")),),
    "Volume": (("Device", ("Type",)),),
}
"""A key, and the keys that the generator refuses without it."""


def required_keys(unit: Merged) -> Hits:
    """Finds missing and conflicting keys, which the generator refuses."""
    section = unit.kind.section
    for group in _REQUIRED.get(section, ()):
        if section in unit.parts[0].sections and not unit.own(*group):
            names = " or ".join(group)
            yield Hit("missing-key", unit.name, f"no {names} key in [{section}]", f"Set {names}=.")
    for first, second in _EXCLUSIVE.get(section, ()):
        line = unit.last(section, second)
        if line and unit.value(section, first):
            yield Hit("conflicting-keys", line, f"{first} and {second} exclude each other")
    for key, dependents in _NEEDED.get(section, ()):
        for line in () if unit.value(section, key) else unit.own(*dependents):
            yield Hit("missing-key", line, f"{line.entry.key} needs {key}", f"Set {key}= too.")
    pod = unit.last("Container", "Pod")
    if pod and not pod.value.endswith(".pod"):
        yield Hit("bad-pod", pod, f"{pod.value!r} is no .pod unit")
    group_line = unit.last("Container", "Group")
    if group_line and not unit.value("Container", "User"):
        yield Hit("group-without-user", group_line, "Group is set, and User is not")


_IMAGE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")
_TRANSPORT = re.compile(
    r"(?:docker|dir|oci|oci-archive|docker-archive|docker-daemon|containers-storage):",
    re.IGNORECASE,
)


def images(unit: Merged) -> Hits:
    """Finds image names that may mean another image later, or on another host."""
    line = unit.last(unit.kind.section, "Image")
    if line is None or is_open(line.value) or kind_of(line.value):
        return
    name = line.value
    if _TRANSPORT.match(name) or _IMAGE_ID.fullmatch(name) or name.startswith(("/", ".")):
        return
    image = parse_image_name(name)
    if " " in name or image.path != image.path.lower():
        what = "a blank" if " " in name else "a capital letter"
        yield Hit("bad-image", line, f"{name!r} has {what} in it")
        return
    follows = unit.value(unit.kind.section, "AutoUpdate")
    if follows == "registry" and (image.digest or not image.is_full):
        fault = "has a digest" if image.digest else "is not written in full"
        yield Hit("auto-update-image", line, f"auto-update can't follow {name!r}: it {fault}")
    elif not image.is_full:
        yield Hit("short-image-name", line, f"{name!r} does not say which registry it is from")
    moves = image.tag in ("", "latest") and not image.digest
    if moves and not follows and image.registry != "localhost":
        yield Hit("moving-tag", line, f"{name!r} is another image whenever its publisher likes")


_OF_A_POD = ("HostName", "UserNS", "UIDMap", "GIDMap")
_OF_ITS_NETWORK = ("PublishPort", "AddHost", "NetworkAlias", "IP", "IP6")


def pod_members(unit: Merged) -> Hits:
    """Finds keys of a container that its pod must have."""
    if not unit.value("Container", "Pod"):
        return
    networks = unit.own("Network")
    for line in networks:
        yield Hit("pod-network", line, "the container leaves the network of its pod")
    for line in unit.own(*_OF_A_POD, *(() if networks else _OF_ITS_NETWORK)):
        yield Hit("pod-owns-key", line, f"{line.entry.key} is set in a container of a pod")


_OBJECTS = {
    "Volume": ("volume", "VolumeName"),
    "Network": ("network", "NetworkName"),
}
_NEAR_SUFFIX = re.compile(r"\.(?:vol|volumes|net|networks)$")


def bare_names(unit: Merged) -> Hits:
    """Finds names of objects that should be units of the app."""
    units = unit.app.units
    for key, (suffix, name_key) in _OBJECTS.items():
        for line in unit.own(key):
            name = line.value.partition(":")[0]
            target = units.get(f"{_NEAR_SUFFIX.sub('', name)}.{suffix}")
            if target and name != target.name and target.value(key, name_key) != name:
                message = f"{name!r} is not what {target.name} makes"
                yield Hit("name-without-suffix", line, message, f"Write {target.name}.")


def files(unit: Merged) -> Hits:
    """Finds relative paths that are missing, outside of the app, or unreadable."""
    context = unit.app.context
    app_dir = context.place.app_dir
    for line, ref in unit.paths:
        inside = ref.path == app_dir or ref.path.startswith(app_dir + "/")
        if ref.relative and not inside:
            yield Hit("path-outside-app", line, f"{ref.path} is outside of the app's directory")
        elif inside and context.files is not None and _can_be_judged(unit, ref):
            yield from _file(unit, line, ref, ref.path[len(app_dir) + 1 :])


def _can_be_judged(unit: Merged, ref: PathRef) -> bool:
    if ref.entry.key in ("File", "IgnoreFile"):  # relative to the build's own directory
        return unit.value("Build", "SetWorkingDirectory") == "unit"
    return not any(char in ref.entry.value for char in "%*?~$") and ref.entry.value[0] != "-"


def _file(unit: Merged, line: Line, ref: PathRef, path: str) -> Hits:
    if path and path not in unit.app.file_paths and path not in unit.app.texts:
        yield Hit("missing-file", line, f"{path} is no file of the app")
        return
    user = unit.value("Container", "User").partition(":")[0]
    if not ref.mount or user in ("", "0", "root") or unit.value("Container", "UserNS"):
        return
    prefix = f"{path}/" if path else ""
    for name, mode in (unit.app.context.files or {}).items():
        if not mode & 0o004 and (name == path or name.startswith(prefix)):
            message = f"{name} has mode {mode:04o}, and the user is {user}"
            yield Hit("unreadable-file", line, message)


def yaml_values(unit: Merged) -> Hits:
    """Finds values in sections that YAML may have misread."""
    declared = unit.app.context.declared.get(unit.name, {})
    for section, keys in declared.items():
        for name, given in keys.items():
            key, lines = SECTIONS.get(section, {}).get(name), unit.all(section, name)
            items = given if isinstance(given, (list, tuple)) else [given]
            for number, item in enumerate(items if key and lines else ()):
                rule, message = _yaml_fault(t.cast(Key, key), item)
                if rule:
                    yield Hit(rule, lines[min(number, len(lines) - 1)], message)


def _yaml_fault(key: Key, item: t.Any) -> tuple[str, str]:
    if isinstance(item, bool):
        if key.reads is not Reads.BOOL and "true" not in key.choices:
            return "yaml-boolean", f"{item} may be YAML's reading of a word such as yes or off"
    elif isinstance(item, int) and key.value in ("ports", "idmap") and item >= 60:
        pair = f"{item // 60}:{item % 60:02d}"
        return "yaml-number", f"{item} may be YAML's reading of {pair}"
    return "", ""


UNIT_RULES = (
    foreign_sections,
    unit_name,
    misplaced_keys,
    repeated_keys,
    required_keys,
    images,
    pod_members,
    bare_names,
    files,
    yaml_values,
)
