# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""A container's unit."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet import quoting
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.container_options import (
    write_options,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.environment import (
    write_environment,
    write_labels,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.health import write_health
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.hooks import write_hooks
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Container, Words
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.mounts import write_mounts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.networks import (
    write_networking,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.pods import write_membership
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.service import write_service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import complete_image
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_DOCKER_CAPABILITIES = ("NET_RAW", "MKNOD", "AUDIT_WRITE")

_NAMES_SINCE = (4, 8)
"""Older generators read the name of a user as 0."""

_VARIABLES: t.Final = {"": "QUADLET_EMPTY", ";": "QUADLET_SEMICOLON"}
"""Words that end a list of arguments, for Podman and for systemd."""


def write_container(writing: Writing, container: Container) -> None:
    """A .container unit."""
    unit = writing.unit(container.name, "container")
    container.given.write(unit.name, "[Container]")
    _write_image(writing, unit, container)
    if container.container_name is not None:
        unit.put("ContainerName", container.container_name.value, container.container_name.given)
    if container.pod is not None:
        write_membership(writing, unit, container.pod)
    _write_command(unit, container)
    write_environment(writing, unit, container)
    write_labels(unit, container)
    write_networking(writing, unit, container)
    write_mounts(writing, unit, container)
    write_health(unit, container)
    _write_user(writing, unit, container)
    _write_read_only(unit, container)
    _write_capabilities(writing, unit, container)
    write_options(writing, unit, container)
    write_service(writing, unit, container)
    write_hooks(writing, unit, container)


def _write_image(writing: Writing, unit: Unit, container: Container) -> None:
    if container.rootfs is not None:
        unit.put("Rootfs", container.rootfs.value, container.rootfs.given)
    elif container.build is not None:
        unit.put("Image", writing.unit_name(container.build.value, "build"), container.build.given)
    if container.image is None:
        if container.rootfs is None and container.build is None:
            container.given.absent(
                f"container {container.name} has no image", "Name one, behind all options."
            )
        return
    if container.build is not None:
        container.image.given.write(writing.unit_name(container.build.value, "build"), "ImageTag")
        return
    name, given = container.image.value, container.image.given
    whole = complete_image(name)
    unit.put("Image", whole or name, given)
    if container.engine == "podman" and whole not in (None, name):
        given.approximated(
            f"{name} is taken for {whole}: which one a short name is, each host's registries.conf "
            "says",
            "Name the image in full.",
            "image-name",
        )
    if whole is None:
        given.approximated(
            "its registry is not known before it is deployed",
            "Name the image in full.",
            "image-name",
        )


def _write_command(unit: Unit, container: Container) -> None:
    entry, command = container.entrypoint, container.command
    words = list(command.value) if command else []
    if entry is not None:
        _write_entrypoint(unit, entry)
    if command is None:
        return
    if not words:
        _write_no_command(container, command)
        return
    error = unit.words("Exec", words, command.given)
    if error is None:
        return
    if entry is not None and entry.value and unit.key("Entrypoint"):
        error = unit.words("Entrypoint", [*entry.value, *words], command.given)
    if error is not None and not _write_with_variables(unit, words, command.given):
        command.given.refused(
            error.what, "Set the entrypoint too, or put the command into a script."
        )


def _write_with_variables(unit: Unit, words: t.Sequence[str], given: Given) -> bool:
    """Words that a list of arguments can't have, as variables of the service; whether it went.

    systemd.service(5): ${NAME} always is exactly one argument, even if it is empty.
    """
    try:
        parts = [
            f"${{{name}}}"
            if (name := _VARIABLES.get(word))
            else quoting.word(quoting.literal(word))
            for word in words
        ]
    except QuadletError:
        return False
    unit.line(unit.section, "Exec", " ".join(parts), given)
    for word, name in _VARIABLES.items():
        if word in words:
            unit.line("Service", "Environment", f"{name}={word}", given)
    return True


def _write_entrypoint(unit: Unit, entry: Words) -> None:
    words = list(entry.value)
    if not words:
        unit.args(["--entrypoint="], entry.given)
    elif len(words) == 1 and not words[0].startswith("["):
        unit.put("Entrypoint", words[0], entry.given)
    elif unit.key("Entrypoint") is None:
        import json

        unit.args([f"--entrypoint={json.dumps(words)}"], entry.given)
    else:
        error = unit.words("Entrypoint", words, entry.given)
        if error:
            entry.given.fail(error)


def _write_no_command(container: Container, command: Words) -> None:
    if container.entrypoint is not None:
        command.given.exact("with an entrypoint of its own the image's command does not count")
    else:
        command.given.refused(
            "there is no way to drop the image's command and keep its entrypoint",
            "Set the entrypoint too.",
            "empty-command",
        )


def _write_user(writing: Writing, unit: Unit, container: Container) -> None:
    if container.user is not None:
        user, colon, group = container.user.value.partition(":")
        given = container.user.given
        if not user or (unit.podman < _NAMES_SINCE and not user.isdigit()):
            unit.args(["--user", container.user.value], given)
        else:
            unit.put("User", user, given)
            if colon and group:
                unit.put("Group", group, given)
    _report_user(writing, container)


def _report_user(writing: Writing, container: Container) -> None:
    """Ids in a user's namespace are others on the host; mounted directories show it."""
    if not writing.is_user or not any(mount.kind == "bind" for mount in container.mounts):
        return
    item = container.environment.get("PUID")
    given = container.user.given if container.user else item.given if item else None
    root = container.user is not None and container.user.value.partition(":")[0] in ("0", "root")
    if given is not None and not root:
        given.approximated(
            "the id is one of the user's namespace, another one on the host: directories that the "
            "user owns look like root's to it",
            "Let directories of the app have the id as owner, or set UserNS=keep-id:uid=…,gid=….",
            "rootless-owner",
        )


def _write_read_only(unit: Unit, container: Container) -> None:
    if container.read_only is None:
        return
    value, given = container.read_only.value, container.read_only.given
    if not value and container.engine == "docker":
        given.exact("it is the default")
        return
    unit.put("ReadOnly", "true" if value else "false", given)
    if value and container.engine == "docker":
        unit.put("ReadOnlyTmpfs", "false", given)
        _open_shared_memory(unit, container, given)


def _open_shared_memory(unit: Unit, container: Container, given: Given) -> None:
    """ReadOnlyTmpfs=false closes /dev/shm as well, which Docker leaves open."""
    options = {option.name: option.value or "" for option in container.options}
    kind = options.get("--ipc") or "private"
    if kind == "none" or any(mount.target == "/dev/shm" for mount in container.mounts):
        return
    if kind not in ("private", "shareable") or container.pod is not None:
        given.approximated(
            "/dev/shm, which it shares with others, can't be written either",
            "Leave read_only out where a program needs it.",
        )
        return
    size = re.match(r"[0-9]+[kmg]?", options.get("--shm-size", "").lower())
    words = f"noexec,notmpcopyup,mode=1777,size={size[0] if size else '64m'}"
    unit.put("Tmpfs", f"/dev/shm:{words}", given)


def _write_capabilities(writing: Writing, unit: Unit, container: Container) -> None:
    if container.engine != "docker":
        return
    if writing.options.capabilities == "podman":
        if writing.once("capabilities"):
            writing.given.approximated(
                f"containers of the app do not have {', '.join(_DOCKER_CAPABILITIES)}, which "
                "Docker gives them",
                "capabilities: docker gives them, too.",
                "capabilities",
            )
        return
    named = {
        (option.value or "").upper().removeprefix("CAP_")
        for option in container.options
        if option.name in ("--cap-add", "--cap-drop")
    }
    for name in _DOCKER_CAPABILITIES:
        if name not in named and "ALL" not in named:
            unit.put("AddCapability", name, container.given)
