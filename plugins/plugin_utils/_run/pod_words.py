# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Reads the options of podman pod create."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Mount,
    Option,
    Pod,
    Port,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Report

# fmt: off
_FLAGS = frozenset({"--help", "--infra", "--no-hostname", "--no-hosts", "--replace",
                    "--share-parent"})
_SHORT = {"-h": "--hostname", "-l": "--label", "-n": "--name", "-p": "--publish",
          "-v": "--volume", "-m": "--memory"}
_OWN = frozenset({"--infra-conmon-pidfile", "--pod-id-file", "--replace"})
# fmt: on
_NAMES = {"--net": "--network", "--dns-opt": "--dns-option", "--infra-image-name": "--infra-image"}
_MODES = re.compile(r"(?:host|none|private|pasta|slirp4netns|ns|container)(?::.*)?", re.DOTALL)
_PORT = re.compile(
    r"(?:(?P<address>\[[^\]]*\]|[^:\[\]]*):)??(?:(?P<host>[^:]*):)?(?P<container>[^:/]+)"
    r"(?:/(?P<protocol>\w+))?"
)
_PLAIN_PATH = re.compile(r"[/.~]")


def read_pod_words(words: t.Sequence[str], report: Report, file: str, line: int) -> Pod:
    """A pod from the words behind `podman pod create`; its name is set by the caller."""
    pod = Pod("", report.give("pod create", file, line))
    pod.given.exact("it is converted")
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            _name(pod, word, report.give("NAME", file, line))
            continue
        name, value = _split(word, rest)
        given = report.give(name, file, line)
        if name in _OWN:
            given.exact("the generator writes what is needed")
        elif value is None and name not in _FLAGS:
            given.refused(f"the option {name} has no value", "Correct the command.")
        else:
            _READERS.get(name, _option(name))(pod, value or "", given)
    return pod


def _split(word: str, rest: list[str]) -> tuple[str, str | None]:
    """The option's long name and its value; the value is taken from the rest if it stands there."""
    if not word.startswith("--"):
        name, value = _SHORT.get(word[:2], word[:2]), word[2:].removeprefix("=")
        return name, value or (rest.pop(0) if rest else None)
    name, equals, value = word.partition("=")
    name = _NAMES.get(name, name)
    if equals or name in _FLAGS:
        return name, value if equals else None
    return name, rest.pop(0) if rest else None


_Reader = t.Callable[[Pod, str, Given], None]


def _option(name: str) -> _Reader:
    def read(pod: Pod, value: str, given: Given) -> None:
        pod.options.append(Option(name, value if value or name not in _FLAGS else None, given))

    return read


def _name(pod: Pod, value: str, given: Given) -> None:
    pod.pod_name = value
    given.write("pod", "PodName")


def _exit_policy(pod: Pod, value: str, given: Given) -> None:
    if value == "stop":
        given.exact("it is what a pod's unit has")
    else:
        pod.options.append(Option("--exit-policy", value, given))


def _publish(pod: Pod, value: str, given: Given) -> None:
    port = read_port(value, given)
    if port is not None:
        pod.ports.append(port)


def read_port(value: str, given: Given) -> Port | None:
    """[[ADDRESS:][HOST]:]CONTAINER[/PROTOCOL]."""
    match = _PORT.fullmatch(value)
    if not match:
        given.refused(f"{value!r} is no port", "Write HOST:CONTAINER.")
        return None
    address = (match["address"] or "").strip("[]")
    protocol = (match["protocol"] or "").replace("tcp", "")
    return Port(match["container"], given, match["host"] or "", address, protocol)


def _network(pod: Pod, value: str, given: Given) -> None:
    if _MODES.fullmatch(value):
        pod.network_mode = Value(value, given)
        return
    for text in [value] if ":" in value else value.split(","):
        name, _colon, options = text.partition(":")
        pairs = [pair.partition("=")[::2] for pair in options.split(",") if pair]
        pod.networks.append(
            Attachment(
                name,
                given,
                external=True,
                aliases=[alias for key, alias in pairs if key == "alias"],
                options=[(key, text) for key, text in pairs if key != "alias"],
            )
        )


def _volume(pod: Pod, value: str, given: Given) -> None:
    source, _colon, rest = value.partition(":")
    target, _colon, words = rest.partition(":")
    options: dict[str, str | None] = dict.fromkeys(filter(None, words.split(",")))
    if not target:
        pod.mounts.append(Mount("volume", "", source, given))
    elif _PLAIN_PATH.match(source):
        pod.mounts.append(Mount("bind", source, target, given, options))
    else:
        pod.mounts.append(Mount("volume", source, target, given, options, external=True))


_READERS: t.Final[dict[str, _Reader]] = {
    "--exit-policy": _exit_policy,
    "--name": _name,
    "--network": _network,
    "--publish": _publish,
    "--volume": _volume,
}
