"""What a model has, as short texts for tables of tests."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Build,
    Dependency,
    Mount,
    Option,
    Port,
    SecretUse,
    Value,
)
from tests.unit.support.compose import Read


def _pairs(options: t.Mapping[str, str | None]) -> str:
    return ",".join(key if value is None else f"{key}={value}" for key, value in options.items())


def _options(options: list[Option]) -> list[str]:
    return [" ".join(filter(None, [one.name, one.value])) for one in options]


def mount(one: Mount) -> str:
    """KIND SOURCE TARGET OPTIONS, and marks."""
    marks = [mark for mark in ("external", "make", "in_files") if getattr(one, mark)]
    words = [one.kind, one.source or "-", one.target, _pairs(one.options), *marks]
    words += [f"{key}={value.value}" for key, value in one.labels.items()]
    return " ".join(filter(None, words))


def port(one: Port) -> str:
    """ADDRESS|HOST|CONTAINER|PROTOCOL."""
    return f"{one.address}|{one.host}|{one.container}|{one.protocol}"


def attachment(one: Attachment) -> str:
    """NETWORK ALIASES OPTIONS, and a mark."""
    options = [f"{key}={value}" for key, value in one.options]
    mark = ["external"] if one.external else []
    return " ".join([one.network, ",".join(one.aliases), *options, *mark]).strip()


def dependency(one: Dependency) -> str:
    """CONTAINER CONDITION, and marks."""
    marks = [*([] if one.required else ["optional"]), *(["restart"] if one.restart else [])]
    return " ".join([one.container, one.condition, *marks])


def secret(one: SecretUse) -> str:
    """SECRET KIND OPTIONS."""
    return f"{one.secret} {one.kind} {_pairs(dict(one.options))}"


def build(one: Build) -> list[str]:
    """All of a build."""
    context, file, tag = one.context, one.file, one.tag
    return [
        f"{one.name} {tag.value if tag else ''}",
        f"context {context.value if context else '-'}{' in_files' if one.in_files else ''}",
        *([f"file {file.value}{' in_files' if one.file_in_files else ''}"] if file else []),
        *[f"tag {value.value}" for value in one.tags],
        *[f"arg {key}={value.value}" for key, value in one.arguments.items()],
        *[f"label {key}={value.value}" for key, value in one.labels.items()],
        *_options(one.options),
    ]


def _value(value: Value[t.Any] | None) -> t.Any:
    return None if value is None else value.value


def _health(read: Read) -> t.Any:
    health = read.container().health
    if health is None:
        return None
    names = ("interval", "timeout", "retries", "start_period", "start_interval")
    numbers = {key: _value(getattr(health, key)) for key in names if getattr(health, key)}
    return (_value(health.command), health.shell, numbers)


def _restart(read: Read) -> t.Any:
    restart = read.container().restart
    return restart and (restart.policy, restart.tries, restart.delay)


def _hooks(read: Read) -> t.Any:
    return [
        (one.words, one.user, one.workdir, one.privileged, one.environment)
        for one in read.container().hooks
    ]


def _networks(read: Read) -> t.Any:
    return [
        [f"{one.name} {one.network_name}"]
        + ([f"internal {one.internal.value}"] if one.internal else [])
        + [f"label {key}={value.value}" for key, value in one.labels.items()]
        + _options(one.options)
        for one in read.model.networks
    ]


def _volumes(read: Read) -> t.Any:
    return [
        [f"{one.name} {one.volume_name}"]
        + ([f"driver {one.driver.value}"] if one.driver else [])
        + [f"opt {key}={value.value}" for key, value in one.driver_options.items()]
        + [f"label {key}={value.value}" for key, value in one.labels.items()]
        for one in read.model.volumes
    ]


VIEWS: dict[str, t.Callable[[Read], t.Any]] = {
    "annotations": lambda r: {k: v.value for k, v in r.container().annotations.items()},
    "builds": lambda r: [build(one) for one in r.model.builds],
    "command": lambda r: _value(r.container().command),
    "container_name": lambda r: _value(r.container().container_name),
    "containers": lambda r: [one.name for one in r.model.containers],
    "dependencies": lambda r: [dependency(one) for one in r.container().dependencies],
    "entrypoint": lambda r: _value(r.container().entrypoint),
    "env": lambda r: {k: v.value for k, v in r.container().environment.items()},
    "files": lambda r: {k: v.content or v.source for k, v in r.model.files.items()},
    "health": _health,
    "hooks": _hooks,
    "image": lambda r: _value(r.container().image),
    "labels": lambda r: {k: v.value for k, v in r.container().labels.items()},
    "mode": lambda r: _value(r.container().network_mode),
    "mounts": lambda r: [mount(one) for one in r.container().mounts],
    "networks": lambda r: [attachment(one) for one in r.container().networks],
    "options": lambda r: r.options(),
    "ports": lambda r: [port(one) for one in r.container().ports],
    "read_only": lambda r: _value(r.container().read_only),
    "remarks": lambda r: r.remarks(),
    "restart": _restart,
    "secrets": lambda r: [secret(one) for one in r.container().secrets],
    "stop": lambda r: _value(r.container().stop_timeout),
    "stored": lambda r: r.model.secrets,
    "the_networks": _networks,
    "the_volumes": _volumes,
    "user": lambda r: _value(r.container().user),
}
"""Views by name."""
