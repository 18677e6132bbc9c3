# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint rules for types of values: booleans, numbers, sizes, addresses, ports, mounts, names."""

from __future__ import annotations

import re
import typing as t

from ..quadlet.keys import Key, Reads
from ..quadlet.splitting import TRUE
from .text import ValueRule
from .view import Line, is_open, words_of

FALSE = frozenset(("0", "no", "false", "off"))
_BOOLEANS = TRUE | FALSE

_INTEGER = re.compile(r"0|[1-9][0-9]*")
_DURATION = re.compile(r"0|disable|[+-]?(?:[0-9]*\.?[0-9]+(?:ns|us|µs|ms|s|m|h))+")
_SIZE = re.compile(r"-?[0-9]+(?:\.[0-9]+)? ?[bkmgtp]?i?b?", re.IGNORECASE)
_IPV4 = r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = re.compile(rf"{_IPV4}|(?=[0-9A-Fa-f.]*:)[0-9A-Fa-f:.]+(?:%\w+)?")
_SUBNET = re.compile(rf"(?:{_IPV4}|(?=[0-9A-Fa-f.]*:)[0-9A-Fa-f:.]+)/\d{{1,3}}")
_PUBLISH = re.compile(
    r"(?:(?P<ip>\[[0-9A-Fa-f:.]+\]|[0-9.]+)?:(?=.*:))?"
    r"(?:(?P<host>\d+(?:-\d+)?)?:)?(?P<inner>\d+(?:-\d+)?)(?:/(?:tcp|udp|sctp))?",
    re.IGNORECASE,
)
_EXPOSE = re.compile(r"(?P<inner>\d+(?:-\d+)?)(?:/(?:tcp|udp|sctp))?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_OWN_NAME = re.compile(r"%[nNpPiIjJ]")
_TILDE = re.compile(r"~(?:/|:|$)")
_USERNS = frozenset(("auto", "container", "host", "keep-id", "nomap", "ns", "private", "default"))
_ALSO_TAKEN = {"AutoUpdate": frozenset(("disabled", "image"))}
_DOCKER_WORDS = {"unless-stopped": "always"}
# fmt: off
_MOUNT_OPTIONS = frozenset({
    "rw", "ro", "z", "Z", "U", "O", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "bind",
    "rbind", "shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable",
    "runbindable", "copy", "nocopy", "cached", "delegated", "idmap", "upperdir",
    "workdir",
})
# fmt: on
_SECRET_OPTIONS = frozenset(("source", "type", "target", "uid", "gid", "mode"))


def _bad_boolean(line: Line) -> str | None:
    if line.value.lower() in _BOOLEANS:
        return None
    return f"{line.value!r} is no boolean, so it is read as false"


def _bad_choice(line: Line) -> str | None:
    key, value = line.key, line.value
    if key is None or is_open(value) or value in _ALSO_TAKEN.get(key.name, ()):
        return None
    if value in key.choices:  # too new ones are refused before
        return None
    if "true" in key.choices and value.lower() in _BOOLEANS:
        return None
    return not_among(value, key.name, key.choices)


def not_among(value: str, key: str, choices: t.Iterable[str]) -> str:
    """The message about a value that is not among the choices."""
    hint = f"; Docker's {value} is {_DOCKER_WORDS[value]}" if value in _DOCKER_WORDS else ""
    if value in ("true", "false"):
        hint = "; YAML reads words such as no and on as booleans unless they are quoted"
    return f"{value!r} is none of {', '.join(choices)}, which {key} takes{hint}"


def _bad_userns(line: Line) -> str | None:
    mode, _colon, options = line.value.partition(":")
    if is_open(line.value):
        return None
    if mode not in _USERNS:
        return not_among(line.value, "UserNS", sorted(_USERNS))
    if mode != "keep-id":
        return None
    odd = next((o for o in options.split(",") if o and not _KEEP_ID.fullmatch(o)), None)
    return f"{odd!r} is none of uid=N, gid=N and size=N, which keep-id takes" if odd else None


_KEEP_ID = re.compile(r"(?:uid|gid|size)=\d+")
_LOG_DRIVERS = ("journald", "json-file", "k8s-file", "none", "passthrough", "passthrough-tty")


def _bad_log_driver(line: Line) -> str | None:
    if is_open(line.value) or line.value in _LOG_DRIVERS:
        return None
    return not_among(line.value, "LogDriver", _LOG_DRIVERS)


def _bad_integer(line: Line) -> str | None:
    key = line.key
    expanded = key is not None and key.expands and is_open(line.value)
    unlimited = line.entry.key == "PidsLimit" and line.value == "-1"
    if expanded or unlimited or _INTEGER.fullmatch(line.value):
        return None
    return f"{line.value!r} is no plain number"


def _not_like(pattern: re.Pattern[str], what: str) -> t.Callable[[Line], str | None]:
    def test(line: Line) -> str | None:
        if is_open(line.value) or pattern.fullmatch(line.value):
            return None
        return f"{line.value!r} is no {what}"

    return test


def _bad_dns(line: Line) -> str | None:
    return None if line.value == "none" else _not_like(_ADDRESS, "address")(line)


def _bad_published(line: Line) -> str | None:
    return _bad_port(line, _PUBLISH)


def _bad_exposed(line: Line) -> str | None:
    return _bad_port(line, _EXPOSE)


def _bad_port(line: Line, pattern: re.Pattern[str]) -> str | None:
    if is_open(line.value):
        return None
    match = pattern.fullmatch(line.value)
    if match is None:
        return f"{line.value!r} is no port to publish"
    groups = match.groupdict()
    inner, host = _port_range(groups["inner"]), _port_range(groups.get("host") or "")
    if inner is None or host is None or 0 in inner or 0 in host:
        return f"{line.value!r} has a port that does not exist"
    if groups.get("host") and len(inner) != len(host):
        return f"{line.value!r} has ranges of different lengths"
    return None


def _port_range(text: str) -> range | None:
    """The ports of `80` or `80-90`; none of ''; None for invalid ports."""
    if not text:
        return range(0)
    first, dash, last = text.partition("-")
    low, high = int(first), int(last if dash else first)
    return range(low, high + 1) if low <= high <= 65535 else None


def published_port(value: str) -> int | None:
    """The first port of the host in a value of PublishPort=, or None."""
    match = _PUBLISH.fullmatch(value)
    host = match.group("host") if match else None
    return int(host.partition("-")[0]) if host else None


def _bad_volume(line: Line) -> str | None:
    source, colon, rest = line.value.partition(":")
    inside, _colon, options = rest.partition(":")
    target = inside if colon else source
    if is_open(rest if colon else source) or "${" in source:  # what is expanded may hold a colon
        return None
    if not target.startswith("/"):
        return f"{target!r} is no absolute path in the container"
    for option in filter(None, options.split(",")):
        if option.partition("=")[0] not in _MOUNT_OPTIONS:
            return f"{option!r} is no option of a mount"
    return None


def _bad_mount(line: Line) -> str | None:
    for word in words_of(line.value):
        options = dict(part.partition("=")[::2] for part in word.split(","))
        typed = options.get("type", "volume")
        if typed in _TARGETED and options.keys().isdisjoint(_TARGETS) and not is_open(word):
            return f"{word!r} has no target in the container"
    return None


_TARGETED = frozenset(("bind", "volume", "tmpfs", "ramfs", "image"))
_TARGETS = frozenset(("target", "destination", "dst"))


def _bad_tmpfs(line: Line) -> str | None:
    target = line.value.partition(":")[0]
    if is_open(target) or target.startswith("/"):
        return None
    return f"{target!r} is no absolute path in the container"


def _bad_pair(line: Line) -> str | None:
    bare = next((word for word in words_of(line.value) if "=" not in word and word != "host"), None)
    return f"{bare!r} is no NAME=value" if bare and not is_open(bare) else None


def _bad_assignment(line: Line) -> str | None:
    """Blanks around the =, or a colon in its place."""
    if not ("= " in line.value or " =" in line.value or ": " in line.value):
        return None
    words = words_of(line.value)
    odd = next((word for word in words if word.startswith("=")), None)
    if odd is None and len(words) > 1 and words[0][-1:] == ":" and "=" not in words[0]:
        odd = words[0]
    return f"{odd!r} is no NAME=value" if odd else None


def _bad_secret(line: Line) -> str | None:
    for word in words_of(line.value):
        first, *options = word.split(",")
        options = [first, *options] if "=" in first else [f"source={first}", *options]
        given = dict(option.partition("=")[::2] for option in options)
        if not given.get("source"):
            return f"{word!r} names no secret"
        unknown = next((key for key in given if key not in _SECRET_OPTIONS), None)
        if unknown is not None:
            return f"{unknown!r} is no option of a secret"
        if given.get("type", "mount") not in ("mount", "env"):
            return f"the type {given['type']!r} is neither mount nor env"
        if given.get("type") == "env" and given.keys() & {"uid", "gid", "mode"}:
            return "uid, gid and mode are for secrets of type mount"
    return None


def _service_name_suffix(line: Line) -> str | None:
    return f"it becomes {line.value}.service" if line.value.endswith(".service") else None


def _specifier_in_name(line: Line) -> str | None:
    match = _OWN_NAME.search(line.value.replace("%%", ""))
    return f"{match.group()} is another name in each service that refers to it" if match else None


def _tilde_path(line: Line) -> str | None:
    if "~" not in line.value:
        return None
    split = line.key is not None and line.key.reads in (Reads.ARGS, Reads.STRV)
    words = words_of(line.value) if split else [line.value]
    for word in words:
        source = word.partition("source=")[2] or word.partition("src=")[2] or word
        if _TILDE.match(source):
            return f"nobody expands the ~ in {word!r}"
    return None


def _variable_path(line: Line) -> str | None:
    if "$" not in line.value:
        return None
    split = line.key is not None and line.key.reads in (Reads.ARGS, Reads.STRV)
    for word in words_of(line.value) if split else [line.value]:
        source = word.partition("source=")[2] or word.partition("src=")[2] or word
        if _BARE_VARIABLE.match(source):
            return f"systemd expands $NAME only as a word of its own, not in {word!r}"
    return None


def _untyped_mount(line: Line) -> str | None:
    words = words_of(line.value)
    bare = next((word for word in words if word and not _MOUNT_TYPE.search(word)), None)
    if bare is None or line.unit.app.context.version >= _UNTYPED_SINCE:
        return None
    return f"{bare!r} has no type, and the host's generator refuses it or crashes"


_MOUNT_TYPE = re.compile(r"(?:^|,)type=")
_UNTYPED_SINCE = (5, 7)
_BARE_VARIABLE = re.compile(r"\$[A-Za-z_]\w*[/:,]")


def _optional_file(line: Line) -> str | None:
    path = next((word for word in words_of(line.value) if word.startswith("-")), None)
    return f"{path!r} is a path that begins with a '-'" if path else None


def _health_command_prefix(line: Line) -> str | None:
    prefix = re.match(r"\[\s*\"(CMD(?:-SHELL)?)\"", line.value)
    return f"the list begins with {prefix.group(1)!r}" if prefix else None


def _deprecated(line: Line) -> str | None:
    return f"{line.entry.key} is deprecated"


def _typed(*types: str) -> t.Callable[[Key], bool]:
    return lambda key: key.value in types


def _named(*names: str) -> t.Callable[[Key], bool]:
    return lambda key: key.name in names


VALUE_RULES = (
    ValueRule("bad-boolean", lambda key: key.reads is Reads.BOOL, _bad_boolean),
    ValueRule("bad-choice", lambda key: bool(key.choices), _bad_choice),
    ValueRule("bad-choice", _named("UserNS"), _bad_userns),
    ValueRule("bad-choice", _named("LogDriver"), _bad_log_driver),
    ValueRule("bad-integer", _typed("int", "uint"), _bad_integer),
    ValueRule("bad-duration", _typed("time"), _not_like(_DURATION, "duration")),
    ValueRule("bad-size", _typed("size"), _not_like(_SIZE, "size")),
    ValueRule("bad-address", _named("IP", "IP6", "Gateway"), _not_like(_ADDRESS, "address")),
    ValueRule("bad-address", _named("Subnet"), _not_like(_SUBNET, "subnet")),
    ValueRule("bad-address", _named("DNS"), _bad_dns),
    ValueRule("bad-port", _typed("ports"), _bad_published),
    ValueRule("bad-port", _typed("port"), _bad_exposed),
    ValueRule("bad-volume", _named("Volume"), _bad_volume),
    ValueRule("bad-volume", _named("Tmpfs"), _bad_tmpfs),
    ValueRule("bad-volume", _named("Mount"), _bad_mount),
    ValueRule("bad-pair", lambda key: key.reads is Reads.KEYVAL, _bad_assignment),
    ValueRule("bad-pair", _named("Sysctl", "Ulimit"), _bad_pair),
    ValueRule("bad-secret", _typed("secret"), _bad_secret),
    ValueRule(
        "bad-name",
        _named("ContainerName", "PodName", "VolumeName", "NetworkName"),
        _not_like(_NAME, "name that Podman takes"),
    ),
    ValueRule("service-name-suffix", _named("ServiceName"), _service_name_suffix),
    ValueRule(
        "specifier-in-name", _named("VolumeName", "NetworkName", "PodName"), _specifier_in_name
    ),
    ValueRule("tilde-path", _typed("path", "volume", "mount"), _tilde_path),
    ValueRule("untyped-mount", _named("Mount"), _untyped_mount),
    ValueRule("variable-path", _typed("path", "volume", "mount"), _variable_path),
    ValueRule("optional-file", _named("EnvironmentFile"), _optional_file),
    ValueRule(
        "health-command-prefix", _named("HealthCmd", "HealthStartupCmd"), _health_command_prefix
    ),
    ValueRule(
        "deprecated-key",
        _named("RemapUsers", "RemapUid", "RemapGid", "RemapUidSize", "VolatileTmp"),
        _deprecated,
    ),
)
"""The rules for values, by the key's type or name."""
