"""A small Podman: images, secrets, volumes, networks and containers of one storage.

It proves nothing about Podman: each answer has the form of one that was recorded on a host
(test_fake.py compares them).
"""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import typing as t

from tests.unit.engine.support.clock import START

if t.TYPE_CHECKING:
    from tests.unit.engine.support.unit_file import UnitFile

HEALTHY_AFTER = 1.0


def make_id(text: str, length: int = 64) -> str:
    """An id that always is the same for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


@dataclasses.dataclass
class Container:
    """A container that runs."""

    name: str
    service: str
    image: str
    image_id: str
    made: float
    health: bool
    networks: tuple[str, ...]
    volumes: tuple[str, ...]
    words: tuple[str, ...]
    seen: str


@dataclasses.dataclass
class Storage:
    """registry: names that can be pulled, with their ids.  images: ids by name.  nameless: ids."""

    registry: dict[str, str] = dataclasses.field(default_factory=dict)
    images: dict[str, str] = dataclasses.field(default_factory=dict)
    nameless: set[str] = dataclasses.field(default_factory=set)
    secrets: dict[str, tuple[str, bytes]] = dataclasses.field(default_factory=dict)
    networks: dict[str, float] = dataclasses.field(default_factory=dict)
    volumes: dict[str, float] = dataclasses.field(default_factory=dict)
    containers: dict[str, Container] = dataclasses.field(default_factory=dict)
    made_by: dict[tuple[str, str], tuple[str, ...]] = dataclasses.field(default_factory=dict)
    made: int = 0


class Podman:
    """What services run, by the words of their ExecStart."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def start(self, unit: UnitFile, now: float) -> tuple[int, str]:
        """The exit status of what a service begins with, and what it printed."""
        words = unit.start
        if words[1:3] in (("network", "create"), ("volume", "create")):
            objects = self.storage.networks if words[1] == "network" else self.storage.volumes
            if words[-1] not in objects:
                objects[words[-1]] = now
                self.storage.made_by[words[1], words[-1]] = words
            return 0, words[-1]
        return self._run(unit, now)

    def _run(self, unit: UnitFile, now: float) -> tuple[int, str]:
        storage, words = self.storage, unit.start
        image = next(word for word in words if word.startswith("registry.test"))
        networks = tuple(_values(words, "--network"))
        volumes = tuple(v.partition(":")[0] for v in _values(words, "-v") if v[0] != "/")
        for secret in _values(words, "--secret"):
            name = secret.partition(",")[0]
            if name not in storage.secrets:
                return 125, f'Error: no secret with name or id "{name}": no such secret'
        for network in networks:
            if network not in storage.networks:
                return 125, f"Error: unable to find network with name or ID {network}"
        if image not in storage.images:
            if image not in storage.registry:
                return 125, f"Error: {image}: image not known"
            storage.images[image] = storage.registry[image]
        for volume in volumes:
            storage.volumes.setdefault(volume, now)
        name = _values(words, "--name")[0]
        storage.containers[name] = Container(
            name,
            unit.name,
            image,
            storage.images[image],
            now,
            "--health-cmd" in words,
            networks,
            volumes,
            words,
            _digest_of([v.partition(":")[0] for v in _values(words, "-v") if v[0] == "/"]),
        )
        storage.made += 1
        return 0, make_id(f"container {storage.made}")

    def stop(self, unit: UnitFile | None, name: str) -> None:
        """The end of a service's container."""
        for key, one in list(self.storage.containers.items()):
            if one.service == name:
                del self.storage.containers[key]
        del unit

    def ends(self, unit: UnitFile) -> int | None:
        """The exit status with which a container ends right after its start, None if it stays."""
        script = unit.start[-1] if unit.start else ""
        return int(script.partition(" ")[2]) if script.startswith("exit ") else None


def _values(words: t.Sequence[str], option: str) -> list[str]:
    return [words[n + 1] for n, word in enumerate(words[:-1]) if word == option]


def _digest_of(folders: t.Sequence[str]) -> str:
    """A digest of what a container finds in directories of the host when it starts."""
    found = [
        (str(path.relative_to(folder)), path.read_bytes())
        for folder in folders
        for path in sorted(pathlib.Path(folder).rglob("*"))
        if path.is_file()
    ]
    return make_id(repr(found))


def status_of(one: Container, passed: float) -> str:
    """What podman ps says of how it is."""
    seconds = int(passed - one.made)
    up = f"Up {seconds} second{'s' if seconds != 1 else ''}" if seconds else _YOUNG
    health = "healthy" if passed - one.made >= HEALTHY_AFTER else "starting"
    return f"{up} ({health})" if one.health else up


_YOUNG = "Up Less than a second"


def to_row(one: Container, passed: float, template: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A container as `podman ps --format json` shows it."""
    return {
        **template,
        "Id": make_id(f"{one.name} {one.made}"),
        "Image": one.image,
        "ImageID": one.image_id,
        "Labels": {"PODMAN_SYSTEMD_UNIT": one.service},
        "Names": [one.name],
        "Networks": list(one.networks),
        "Mounts": ["/data" for _volume in one.volumes],
        "Command": list(one.words[-2:]),
        "Status": status_of(one, passed),
        "StartedAt": int(START + one.made),
        "Created": int(START + one.made),
    }
