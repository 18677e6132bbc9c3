# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What each option of a command line is in a container."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Health,
    Option,
    Restart,
    SecretUse,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import (
    parse_duration,
    parse_whole,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.mounts import (
    read_mount,
    read_tmpfs,
    read_volume,
    read_volumes_from,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.networks import (
    read_network,
    read_publish,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.options import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.reading import (
    LATER,
    Reading,
    parse_flag,
    supersede,
)

Handler = t.Callable[[Reading, str, Given], None]

_POLICIES = {"always", "unless-stopped", "on-failure", "no", "never", ""}


def handle(reading: Reading, row: Row, value: str, given: Given) -> None:
    """Reads an option."""
    if row.flag and parse_flag(value) is None:
        given.refused(f"{value!r} is neither true nor false", "Leave the value out.")
    elif row.handler == "option":
        _read_option(reading, row, value, given)
    elif row.handler in _BY_NAME:
        _BY_NAME[row.handler](reading, row.name, value, given)
    else:
        HANDLERS[row.handler](reading, value, given)


def _read_option(reading: Reading, row: Row, value: str, given: Given) -> None:
    if row.name == "--publish-all":
        reading.publishes_all = parse_flag(value) is True
    if row.flag:
        text = None if parse_flag(value) else "false"
        reading.container.options.append(Option(row.name, text, given))
    else:
        reading.container.options.append(Option(row.name, value, given))


def _read_annotation(reading: Reading, value: str, given: Given) -> None:
    name, _equals, text = value.partition("=")
    supersede(reading.container.annotations.get(name))
    reading.container.annotations[name] = Value(text, given)


def _read_label(reading: Reading, value: str, given: Given) -> None:
    name, _equals, text = value.partition("=")
    supersede(reading.container.labels.get(name))
    reading.container.labels[name] = Value(text, given)


def _read_env(reading: Reading, value: str, given: Given) -> None:
    name, equals, text = value.partition("=")
    if not name:
        given.refused(f"{value!r} names no variable", "Write NAME=VALUE.")
        return
    known = reading.environment.get(name)
    supersede(reading.container.environment.get(name))
    reading.container.environment[name] = Value(text if equals else known, given)


def _read_env_file(reading: Reading, value: str, given: Given) -> None:
    reading.container.env_files.append(Value(reading.resolve(value), given))


def _read_name(reading: Reading, value: str, given: Given) -> None:
    supersede(reading.container.container_name)
    reading.container.container_name = Value(value.lstrip("/"), given)


def _read_user(reading: Reading, value: str, given: Given) -> None:
    supersede(reading.container.user)
    reading.container.user = Value(value, given)


def _read_read_only(reading: Reading, value: str, given: Given) -> None:
    supersede(reading.container.read_only)
    reading.container.read_only = Value(parse_flag(value) is True, given)


def _read_restart(reading: Reading, value: str, given: Given) -> None:
    policy, colon, tries = value.partition(":")
    number = parse_whole(tries) if colon else 0
    wrong = colon and policy != "on-failure"
    if policy not in _POLICIES or wrong or number is None or number < 0:
        given.refused(
            f"{value} is no restart policy", "Use no, always, unless-stopped or on-failure[:N]."
        )
        return
    policy = "no" if policy in ("never", "") else policy
    supersede(reading.container.restart)
    reading.container.restart = Restart(policy, given, number)


def _read_stop_timeout(reading: Reading, value: str, given: Given) -> None:
    seconds = parse_whole(value)
    if seconds is None:
        given.refused(f"{value!r} is no number of seconds", "Write a whole number.")
        return
    if seconds < 0:
        given.approximated("systemd waits a day, and not without an end")
        seconds = 86400
    supersede(reading.container.stop_timeout)
    reading.container.stop_timeout = Value(float(seconds), given)


def _read_entrypoint(reading: Reading, value: str, given: Given) -> None:
    """Docker's is one word; Podman's may be a JSON list."""
    words: t.Any = None
    if not reading.is_docker and value.startswith("["):
        try:
            words = json.loads(value)
        except (ValueError, RecursionError):
            words = None
    supersede(reading.container.entrypoint)
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        reading.container.entrypoint = Value(tuple(words), given)
    else:
        reading.container.entrypoint = Value((value,) if value else (), given)


def _read_secret(reading: Reading, value: str, given: Given) -> None:
    name, *parts = value.split(",")
    options = {k.strip(): v for k, _e, v in (part.partition("=") for part in parts)}
    kind = options.pop("type", "mount")
    if not name or kind not in ("mount", "env"):
        given.refused(f"{value} is no secret", "Write NAME,type=mount|env,target=….")
        return
    reading.container.secrets.append(SecretUse(name, given, kind, options))


def _read_pod(reading: Reading, value: str, given: Given) -> None:
    supersede(reading.container.pod)
    reading.container.pod = Value(value, given)


def _read_rootfs(reading: Reading, value: str, given: Given) -> None:
    reading.is_rootfs = parse_flag(value) is True
    given.exact("the first argument is a directory")


def _read_namespace(reading: Reading, name: str, value: str, given: Given) -> None:
    reading.container.options.append(Option(name, value, given))


def _read_terminal(reading: Reading, name: str, value: str, given: Given) -> None:
    text = None if parse_flag(value) else "false"
    reading.container.options.append(Option(name, text, given))


def _read_health(reading: Reading, name: str, value: str, given: Given) -> None:
    if reading.is_docker:
        if name in reading.health:
            reading.health[name][1].exact(LATER)
        reading.health[name] = (value, given)
    else:
        reading.container.options.append(Option(name, value, given))


def _read_no_health(reading: Reading, value: str, given: Given) -> None:
    if not parse_flag(value):
        given.exact("it is the default")
    elif reading.is_docker:
        reading.container.health = Health(Value((), given))
    else:
        reading.container.options.append(Option("--no-healthcheck", None, given))


def _check_no_health(reading: Reading) -> None:
    """Both engines refuse a check and none together."""
    options = {option.name: option.given for option in reading.container.options}
    none = reading.container.health.command if reading.container.health else None
    given = none.given if none else options.get("--no-healthcheck")
    if given and (reading.health or "--health-cmd" in options):
        given.refused("there are options of a health check, too", "Leave out one of them.")
        reading.health.clear()


def _read_expose(reading: Reading, value: str, given: Given) -> None:
    reading.container.options.append(Option("--expose", value, given))


def _read_alias(reading: Reading, value: str, given: Given) -> None:
    reading.aliases.append(value)
    reading.alias_given.append(given)


def _read_address(reading: Reading, name: str, value: str, given: Given) -> None:
    reading.addresses.append((name.lstrip("-"), value, given))


def _read_link(reading: Reading, value: str, given: Given) -> None:
    name, _colon, alias = value.partition(":")
    reading.links.append((name, alias or name, given))


def _read_volume_driver(reading: Reading, value: str, given: Given) -> None:
    reading.volume_driver = (value, given)


def _refuse_unknown(_reading: Reading, name: str, _value: str, given: Given) -> None:
    given.refused(f"Podman has nothing like {name}", "Leave it out.", "docker-option")


def _read_requires(reading: Reading, value: str, given: Given) -> None:
    reading.requires += [(name, given) for name in value.split(",")]


def _settle(reason: str) -> Handler:
    def settle(_reading: Reading, _value: str, given: Given) -> None:
        given.exact(reason)

    return settle


def _drop(reason: str, remedy: str = "") -> Handler:
    def drop(_reading: Reading, _value: str, given: Given) -> None:
        given.dropped(reason, remedy)

    return drop


def _refuse_help(_reading: Reading, _value: str, given: Given) -> None:
    given.refused("the line asks for help, and runs nothing", "Leave --help out.")


_BY_NAME: dict[str, t.Callable[[Reading, str, str, Given], None]] = {
    "address": _read_address,
    "health": _read_health,
    "namespace": _read_namespace,
    "terminal": _read_terminal,
    "unknown": _refuse_unknown,
}

HANDLERS: dict[str, Handler] = {
    "alias": _read_alias,
    "annotation": _read_annotation,
    "attached": _settle("it is about the terminal of whoever runs the line; a service has none"),
    "detached": _settle("a service runs in the background"),
    "entrypoint": _read_entrypoint,
    "env": _read_env,
    "env_file": _read_env_file,
    "descriptors": _drop("a service inherits no open files", "Use a socket unit."),
    "expose": _read_expose,
    "help": _refuse_help,
    "label": _read_label,
    "link": _read_link,
    "mount": read_mount,
    "name": _read_name,
    "network": read_network,
    "no_health": _read_no_health,
    "obsolete": _drop("the kernel does not have that limit any more"),
    "pod": _read_pod,
    "publish": read_publish,
    "read_only": _read_read_only,
    "removed": _settle("a service removes its container when it stops"),
    "requires": _read_requires,
    "restart": _read_restart,
    "rootfs": _read_rootfs,
    "secret": _read_secret,
    "service": _settle("the service of the unit has its own"),
    "stop_timeout": _read_stop_timeout,
    "tmpfs": read_tmpfs,
    "trust": _drop("Podman's rules of trust are in policy.json of the host"),
    "user": _read_user,
    "volume": read_volume,
    "volume_driver": _read_volume_driver,
    "volumes_from": read_volumes_from,
    "windows": _drop("it is for Windows"),
}


def finish_health(reading: Reading) -> None:
    """Docker's check: a command for a shell, and its times."""
    _check_no_health(reading)
    if not reading.health:
        return
    health = reading.container.health or Health()
    reading.container.health = health
    for name, (value, given) in reading.health.items():
        field = name.removeprefix("--health-").replace("-", "_")
        if field == "cmd":
            health.command, health.shell = Value((value,) if value else (), given), True
        else:
            parse = parse_whole if field == "retries" else parse_duration
            number = parse(value)
            if number is None or number < 0:
                given.refused(f"{value!r} is no value of {name}", "Write one such as 30s, or 3.")
            else:
                _set(health, field, number, given)


def _set(health: Health, field: str, value: float, given: Given) -> None:
    if value:
        setattr(health, field, Value(value, given))
    else:
        given.exact("0 is the default")
