# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Command lines that stand elsewhere: in inspect output, and in units."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Line,
    Pod,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import Objects
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.words import (
    Give,
    read_container,
    read_pod,
)

_REASON = "the generator writes what is needed"
_NOTIFY = {"container": "true", "healthy": "healthy"}
_OWN = frozenset({("--cgroups", "no-conmon"), ("--cgroups", "split")})


def read_container_words(
    objects: Objects, words: t.Sequence[str], engine: str, place: Given
) -> Container:
    """The words behind run or create.  place: what the line was given by."""
    reading = read_container(
        words,
        "docker" if engine == "docker" else "podman",
        _give_at(objects, place),
        {},
        objects.volumes,
    )
    objects.readings.append(reading)
    _settle_own(reading.container)
    return reading.container


def _settle_own(container: Container) -> None:
    """Takes out what the generator writes for each service."""
    kept = []
    for option in container.options:
        notify = _NOTIFY.get(option.value or "") if option.name == "--sdnotify" else None
        if notify is not None:
            container.lines.append(Line("Container", "Notify", notify, option.given))
        elif option.name == "--sdnotify" or (option.name, option.value) in _OWN:
            option.given.exact(_REASON)
        else:
            kept.append(option)
    container.options = kept


def read_pod_words(objects: Objects, words: t.Sequence[str], place: Given) -> Pod:
    """The words behind pod create, without what a pod's unit has by itself."""
    pod = read_pod(words, _give_at(objects, place))
    kept = []
    for option in pod.options:
        is_own = option.name in ("--infra-conmon-pidfile", "--pod-id-file", "--replace")
        if is_own or (option.name == "--exit-policy" and option.value == "stop"):
            option.given.exact(_REASON)
        else:
            kept.append(option)
    pod.options = kept
    return pod


def _give_at(objects: Objects, place: Given) -> Give:
    def give(path: str, _index: int) -> Given:
        return objects.report.give(path, place.file, place.line)

    return give
