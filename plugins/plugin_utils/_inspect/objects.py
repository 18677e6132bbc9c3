# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The objects of inspect output: which kind each is, and how they find each other."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Volume
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import has_marks
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.reading import (
    Reading as LineReading,
)

T = t.TypeVar("T")
Shown = dict[str, t.Any]

_KINDS: t.Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("pod", frozenset({"InfraContainerID", "Containers"})),
    ("pod", frozenset({"SharedNamespaces", "Containers"})),
    ("container", frozenset({"HostConfig", "Config", "State"})),
    ("image", frozenset({"RootFS", "Architecture"})),
    ("network", frozenset({"name", "driver", "network_interface"})),
    ("network", frozenset({"name", "driver", "ipam_options"})),
    ("network", frozenset({"Name", "Driver", "IPAM"})),
    ("volume", frozenset({"Name", "Driver", "Mountpoint"})),
)
"""Kinds by fields that each of them has, and no other together."""
_PARTS = {"container": ("HostConfig", "Config")}
"""Fields that have fields themselves."""


@dataclasses.dataclass
class Object:
    """An object.  kind: container, pod, network, volume, image.  file: where it was given."""

    kind: str
    shown: Shown
    file: str = ""

    @property
    def name(self) -> str:
        """Its name; Docker writes a slash before a container's."""
        name = self.shown.get("Name") or self.shown.get("name") or ""
        return str(name).lstrip("/")

    @property
    def id(self) -> str:
        """Its id, without the name of a digest."""
        found = self.shown.get("Id") or self.shown.get("id") or self.shown.get("ID") or ""
        return str(found).partition(":")[2] or str(found)


class Objects:
    """All that was given.  volumes: of the app, by name.  readings: of command lines."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.all: list[Object] = []
        self.volumes: dict[str, Volume] = {}
        self.readings: list[LineReading] = []
        self._gives: list[Given] = []

    def add(self, file: str, text: str) -> None:
        """The objects of a text: JSON objects, or lists of them, one after another."""
        for data in self._documents(file, text):
            for shown in data if isinstance(data, list) else [data]:
                kind = _kind_of(shown)
                if kind is None:
                    self.report.give("", file).refused(
                        "it is no inspect output of a container, pod, network, volume or image",
                        "Give the output of podman inspect or docker inspect.",
                    )
                elif not any(known.shown == shown for known in self.all):
                    self.all.append(Object(kind, shown, file))

    def _documents(self, file: str, text: str) -> t.Iterator[t.Any]:
        if has_marks(text) or "\0" in text:
            self.report.give("", file).refused("it holds a character that no unit can hold")
            return
        decoder = json.JSONDecoder()
        position = 0
        while position < len(text):
            rest = len(text[position:]) - len(text[position:].lstrip())
            position += rest
            if position >= len(text):
                return
            try:
                data, position = decoder.raw_decode(text, position)
            except (ValueError, RecursionError) as error:
                line = text.count("\n", 0, position) + 1
                self.report.give("", file, line).refused(f"it is not JSON: {_reason(error)}")
                return
            yield data

    def give(self, path: str, file: str) -> Given:
        """Enters a thing in the report."""
        given = self.report.give(path, file)
        self._gives.append(given)
        return given

    def guard(self, read: t.Callable[[], T], given: Given | None = None) -> T | None:
        """What a function reads; None where a value has not the form that engines write: what it
        has entered until then, or the given thing, is refused.
        """
        start = len(self._gives)
        try:
            return read()
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            for entered in [*self._gives[start:], *([given] if given else [])]:
                if not entered.is_settled or entered is given:
                    entered.refused(
                        "the value has another form than Podman and Docker write",
                        "Give the inspect output as it is.",
                    )
            return None

    def of_kind(self, kind: str) -> list[Object]:
        """The objects of a kind."""
        return [found for found in self.all if found.kind == kind]

    def find(self, kind: str, name: str) -> Object | None:
        """An object by its name, its id, or the beginning of that."""
        name = name.partition(":")[2] if name.startswith("sha256:") else name
        for found in self.of_kind(kind):
            if name and (name == found.name or (len(name) >= 12 and found.id.startswith(name))):
                return found
        return None

    def volume(self, name: str, given: Given) -> Volume:
        """A volume of the app that keeps its name in Podman."""
        return self.volumes.setdefault(name, Volume(name, given, name))

    def image_of(self, container: Object) -> Object | None:
        """The image of a container, by its id, or by its name."""
        by_id = self.find("image", str(container.shown.get("Image") or ""))
        if by_id is not None:
            return by_id
        name = container.shown.get("ImageName") or container.shown.get("Config", {}).get("Image")
        return next(
            (
                image
                for image in self.of_kind("image")
                if name
                in [*(image.shown.get("RepoTags") or ()), *(image.shown.get("RepoDigests") or ())]
            ),
            None,
        )

    def pod_of_infra(self, name: str) -> Object | None:
        """The pod whose infra container has a name or id."""
        for pod in self.of_kind("pod"):
            infra = str(pod.shown.get("InfraContainerID") or "")
            names = [
                str(member.get("Name"))
                for member in pod.shown.get("Containers") or ()
                if isinstance(member, dict) and member.get("Id") == infra
            ]
            if name and (name in names or (len(name) >= 12 and infra.startswith(name))):
                return pod
        return None


def is_inspect(text: str) -> bool:
    """Whether a text looks like inspect output: a list, or an object with other values than texts
    (which the JSON of podman generate systemd has).
    """
    if text.lstrip()[:1] not in ("[", "{") or text.lstrip().startswith("[Unit]"):
        return False
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, list) or any(not isinstance(part, str) for part in data.values())


def _kind_of(shown: t.Any) -> str | None:
    if not isinstance(shown, dict):
        return None
    kind = next((kind for kind, fields in _KINDS if fields <= set(shown)), None)
    parts = [shown[key] for key in _PARTS.get(kind or "", ())]
    return kind if all(isinstance(part, dict) for part in parts) else None


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, ValueError) else "it is nested too deeply"
