# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Options of a container that mean something else under Podman, or in a user's scope."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet import quoting
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.health import has_check
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Container, Option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.option import (
    is_true,
    option_words,
    write_option,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.sources import place_file
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import parse_whole
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

Handler = t.Callable[[Writing, Unit, Container, Option], None]

_LABELS = {
    "type": "SecurityLabelType",
    "level": "SecurityLabelLevel",
    "filetype": "SecurityLabelFileType",
}
_FAR_LOGS = frozenset(
    {"awslogs", "fluentd", "gcplogs", "gelf", "logentries", "loki", "splunk", "syslog", "etwlogs"}
)
_PODMAN_LOGS = frozenset({"journald", "k8s-file", "none", "passthrough", "passthrough-tty"})
_DOCKER_LOGS = frozenset({"json-file", "local", "db"})
_HIGHEST_FILES = 524288
_MOST_CARDS = 64


def write_options(writing: Writing, unit: Unit, container: Container) -> None:
    """All options of a container."""
    _write_logging(unit, container)
    for option in container.options:
        if option.name.startswith("podman "):
            _write_global(unit, option)
        elif option.name not in ("--log-driver", "--log-opt"):
            _SPECIAL.get(option.name, _plain)(writing, unit, container, option)


def _plain(_writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    write_option(unit, option)


def _write_logging(unit: Unit, container: Container) -> None:
    drivers = [option for option in container.options if option.name == "--log-driver"]
    extras = [option for option in container.options if option.name == "--log-opt"]
    whole = (drivers[-1].value if drivers else "") or ""
    name = whole.rpartition(".")[2]
    is_docker = container.engine == "docker"
    is_far = name in _FAR_LOGS or (is_docker and name not in (*_DOCKER_LOGS, *_PODMAN_LOGS, ""))
    if is_far or name in _DOCKER_LOGS or (not drivers and is_docker):
        for option in [*drivers, *extras]:
            option.given.dropped(
                f"Podman has no log driver {whole}"
                if is_far
                else "logs go to the journal, which has its own limits of size",
                "Read them with journalctl -u, or send the journal on.",
                "logging",
            )
        return
    for option in [*drivers, *extras]:
        write_option(unit, option)
        if option.value and option.value.startswith("max-file="):
            option.given.approximated("Podman keeps one file", rule="logging")


def _write_security(writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    value = option.value or ""
    if re.match(r"(label|seccomp|apparmor|no-new-privileges|systempaths|mask|unmask):", value):
        value = value.replace(":", "=", 1)
    head, _equals, rest = value.partition("=")
    kind, _colon, text = rest.partition(":")
    if head == "no-new-privileges":
        unit.put("NoNewPrivileges", "true" if is_true(rest or None) else "false", option.given)
    elif value in ("label=disable", "label=nested"):
        key = "SecurityLabelDisable" if rest == "disable" else "SecurityLabelNested"
        unit.put(key, "true", option.given)
    elif head == "label" and kind in _LABELS:
        unit.put(_LABELS[kind], text, option.given, f"--security-opt=label={kind}:")
    elif value == "systempaths=unconfined":
        unit.put("Unmask", "ALL", option.given)
    elif head in ("mask", "unmask"):
        unit.put(head.capitalize(), rest, option.given)
    elif head == "seccomp" and rest not in ("unconfined", "builtin", ""):
        unit.put_syntax("SeccompProfile", place_file(writing, rest, option.given), option.given)
    elif head == "credentialspec":
        option.given.dropped("it is for Windows containers")
    else:
        write_option(unit, Option(option.name, value, option.given))


def _write_gpus(_writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    value = (option.value or "all").strip("\"'")
    names = _gpu_names(value)
    for name in names:
        unit.put("AddDevice", f"nvidia.com/gpu={name}", option.given)
    option.given.approximated(
        "Podman gives GPUs by their CDI names",
        "The host needs a CDI specification: nvidia-ctk cdi generate.",
        "gpu",
    )


def _gpu_names(value: str) -> list[str]:
    for part in re.split(r",(?=[a-z]+=)", value):
        name, equals, text = part.partition("=")
        if name == "device":
            return text.split(",")
        number = text if name == "count" else "" if equals else name
        if number in ("all", "-1"):
            return ["all"]
        count = parse_whole(number)
        if count is not None and 0 < count <= _MOST_CARDS:
            return [str(index) for index in range(count)]
    return ["all"]


def _write_runtime(writing: Writing, unit: Unit, container: Container, option: Option) -> None:
    if option.value == "nvidia":
        _write_gpus(writing, unit, container, Option("--gpus", "all", option.given))
    elif option.value in ("io.containerd.runc.v2", "io.containerd.runtime.v1.linux"):
        option.given.exact("it is Docker's default")
    else:
        _write_global(unit, option)


def _write_global(unit: Unit, option: Option) -> None:
    """An option in front of podman's verb."""
    words = option_words(option.name.removeprefix("podman "), option.value or None)
    unit.args(words, option.given, "GlobalArgs" if unit.key("GlobalArgs") else "PodmanArgs")


def _write_namespace(writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    kind, _colon, name = (option.value or "").partition(":")
    if kind == "service" and name in writing.containers:
        service = writing.service(name)
        for key in ("Requires", "After"):
            unit.line("Unit", key, service, option.given)
        unit.args([option.name, f"container:{writing.object_of(name)}"], option.given)
    elif kind == "service":
        option.given.absent(f"there is no service {name}", "Name a service of the file.")
    else:
        write_option(unit, option)


def _write_privileged(writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    write_option(unit, option)
    if writing.is_user and is_true(option.value):
        option.given.approximated(
            "a user's container has at most the user's rights", rule="rootless-privileges"
        )


def _write_oom_score(writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    write_option(unit, option)
    if writing.is_user and (option.value or "").startswith("-"):
        option.given.approximated("a user can't go below 0", rule="rootless-privileges")


def _write_device_rule(writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    if writing.is_user:
        option.given.dropped(
            "a user can't set device rules; the container does not start with one",
            "Give the user access to the device itself.",
            "rootless-privileges",
        )
    else:
        write_option(unit, option)


def _write_ulimit(writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    write_option(unit, option)
    name, _equals, value = (option.value or "").partition("=")
    numbers = [number for part in value.split(":") if (number := parse_whole(part)) is not None]
    high = any(number < 0 or (name == "nofile" and number > _HIGHEST_FILES) for number in numbers)
    if writing.is_user and (high or (name in ("memlock", "rtprio", "nice") and numbers)):
        option.given.approximated(
            "above the hard limit of the user's manager the container does not start",
            "Raise DefaultLimit… of user@.service on the host.",
            "rootless-limits",
        )


def _write_sdnotify(_writing: Writing, unit: Unit, container: Container, option: Option) -> None:
    if option.value == "healthy" and not has_check(container):
        option.given.approximated(
            "the start does not wait for the health: whether the image has a check is not known",
            "Give the command of the check.",
            "dependency",
        )
        return
    form = {"container": "true", "conmon": "false", "healthy": "healthy"}.get(option.value or "")
    if form:
        unit.put("Notify", form, option.given)
    else:
        option.given.refused("systemd has to learn when the container runs", "Leave it out.")


def _write_storage(_writing: Writing, unit: Unit, container: Container, option: Option) -> None:
    """Docker's is about the container, Podman's about all of its storage."""
    if container.engine == "podman":
        _write_global(unit, option)
    else:
        option.given.dropped(f"podman run has no {option.name}", "", "docker-option")


def _write_cgroup_parent(
    _writing: Writing, unit: Unit, container: Container, option: Option
) -> None:
    """Quadlet's --cgroups=split keeps a container below its service, so the service moves.
    Podman refuses both together, so a container of Podman's has the mode of generated units.
    """
    if container.engine == "podman":
        write_option(unit, option)
        if not any(other.name == "--cgroups" for other in container.options):
            unit.put("CgroupsMode", "no-conmon", option.given)
    elif (option.value or "").endswith(".slice"):
        unit.line("Service", "Slice", quoting.literal(option.value or ""), option.given)
        option.given.moved("the service is in the slice, and the container below it")
    else:
        option.given.dropped(
            "a container is below its service, which only a slice can be around",
            "Name a slice of systemd's.",
            "cgroup-parent",
        )


def _write_domainname(
    _writing: Writing, _unit: Unit, _container: Container, option: Option
) -> None:
    option.given.dropped(
        "Podman gives a container no domain",
        "Give the whole name: --hostname NAME.DOMAIN.",
        "docker-option",
    )


def _write_label_file(writing: Writing, unit: Unit, _container: Container, option: Option) -> None:
    path = place_file(writing, option.value or "", option.given)
    unit.put_syntax("PodmanArgs", f"--label-file={path}", option.given)


_SPECIAL: dict[str, Handler] = {
    "--cgroup-parent": _write_cgroup_parent,
    "--storage-opt": _write_storage,
    "--cgroupns": _write_namespace,
    "--device-cgroup-rule": _write_device_rule,
    "--domainname": _write_domainname,
    "--gpus": _write_gpus,
    "--ipc": _write_namespace,
    "--label-file": _write_label_file,
    "--oom-score-adj": _write_oom_score,
    "--pid": _write_namespace,
    "--privileged": _write_privileged,
    "--runtime": _write_runtime,
    "--sdnotify": _write_sdnotify,
    "--security-opt": _write_security,
    "--ulimit": _write_ulimit,
    "--uts": _write_namespace,
}
