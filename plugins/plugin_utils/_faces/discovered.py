# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What was discovered on a host, as the apps that it becomes."""

from __future__ import annotations

import dataclasses
import json
import posixpath
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.beside import Kind
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    Given,
    parse_arguments,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import (
    RefusedError,
    convert_texts,
    only_app,
)

Row = dict[str, t.Any]


class HostFiles:
    """Files of a host, as far as they were read: a conversion's files beside a Compose file."""

    def __init__(self, base: str, texts: t.Mapping[str, str]) -> None:
        self._base = base
        self._texts = texts

    def source(self, path: str) -> str:
        """Its path on the host: the app gets its text instead."""
        self.read(path)
        return self._whole(path)

    def mode(self, path: str) -> str:
        """A script is executed: what else a file on the host is like was not read."""
        return "0755" if self.read(path).startswith(b"#!") else "0644"

    def kind(self, path: str) -> Kind:
        """What is there, as far as it is known."""
        whole = self._whole(path)
        if whole in self._texts:
            return "file"
        return "directory" if any(p.startswith(f"{whole}/") for p in self._texts) else ""

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        text = self._texts.get(self._whole(path))
        if text is None:
            raise FileNotFoundError(2, "it is not among the files that were read", path)
        return text.encode()

    def below(self, path: str, limit: int) -> list[str]:
        """The files below a directory that were read: others there are not known."""
        top = f"{self._whole(path)}/"
        return sorted(p[len(top) :] for p in self._texts if p.startswith(top))[: limit + 1]

    def _whole(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self._base, path))


@dataclasses.dataclass
class Source:
    """A way to convert a group.  texts: with their files; more: for the reader.
    host_texts: of files by their paths on the host.
    """

    kind: str
    texts: list[tuple[str, str]]
    given: Given = dataclasses.field(default_factory=dict)
    more: Row = dataclasses.field(default_factory=dict)
    host_texts: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Group:
    """Containers that become an app.  sources: ways to convert them, the best first."""

    name: str
    user: str | None
    engine: str | None
    containers: list[Row]
    sources: list[Source]
    notes: list[str] = dataclasses.field(default_factory=list)


def find_apps(result: Row, target: str | None) -> list[Row]:
    """The apps of what the module has found."""
    return [_convert(group, target) for group in find_groups(result)]


def find_groups(result: Row) -> list[Group]:
    """Compose projects, units that belong together, pods, and containers; each container once."""
    taken: set[tuple[t.Any, ...]] = set()
    groups: list[Group] = []
    for make in (_projects, _units, _pods, _singles):
        for group in make(result, taken):
            taken.update(_key(row) for row in group.containers)
            groups.append(group)
    return groups


def _key(row: Row) -> tuple[t.Any, ...]:
    return (row["user"], row["engine"], row["name"])


def _place(row: Row) -> tuple[t.Any, ...]:
    return (row["user"], row["engine"])


def _inspected(result: Row, containers: t.Sequence[Row], pod: str = "") -> Source:
    """What inspect says of containers, and of all that they use."""
    place = _place(containers[0])
    rows = [row["inspect"] for row in containers]
    used = {
        "pods": {pod},
        "networks": {name for row in rows for name in _networks(row)},
        "volumes": {volume["name"] for row in containers for volume in row["volumes"]},
        "images": {str(row.get("Image")).rpartition(":")[2] for row in rows},
    }
    for kind, names in used.items():
        found = [row for row in result[kind] if _place(row) == place and row["name"] in names]
        rows += [row["inspect"] for row in found]
    return Source("inspect", [("inspect.json", json.dumps(rows))])


def _networks(shown: Row) -> t.Iterable[str]:
    return (shown.get("NetworkSettings") or {}).get("Networks") or ()


def _projects(result: Row, taken: t.Container[t.Any]) -> t.Iterator[Group]:
    for project in result["projects"]:
        names = {name for names in project["containers"].values() for name in names}
        containers = [
            row
            for row in result["containers"]
            if _place(row) == _place(project) and row["name"] in names and _key(row) not in taken
        ]
        if not containers:
            continue
        group = Group(project["name"], project["user"], project["engine"], containers, [])
        group.notes += [f"{path}: {why}" for path, why in project["missing"].items()]
        files = [path for path in project["files"] if path in project["texts"]]
        if files and files == project["files"]:
            group.sources.append(_compose(project, files))
        elif not project["files"]:
            group.notes.append("its labels name no Compose file")
        group.sources.append(_inspected(result, containers))
        yield group


def _compose(project: Row, files: t.Sequence[str]) -> Source:
    texts, directory = project["texts"], project["directory"]

    given: Given = {"base": directory}
    if project["env_files"]:
        given["env_files"] = project["env_files"]
    return Source(
        "compose",
        [(path, texts[path]) for path in files],
        given,
        {"files": HostFiles(directory, texts)},
        texts,
    )


def _units(result: Row, taken: t.Container[t.Any]) -> t.Iterator[Group]:
    for units in _together(result["units"]):
        names = {unit["name"] for unit in units}
        started = {name for unit in units for name in unit["names"]}
        containers = [
            row
            for row in result["containers"]
            if row["user"] == units[0]["user"]
            and row["engine"] == "podman"
            and (row["unit"] in names or started & {row["name"], row["id"], row["pod"]})
            and _key(row) not in taken
        ]
        name = min(names, key=lambda n: (not n.startswith("pod-"), n)).rpartition(".")[0]
        for prefix in ("pod-", "container-"):
            name = name.removeprefix(prefix)
        texts = [(unit["path"], unit["text"]) for unit in units]
        engine = "podman" if containers else None
        group = Group(name, units[0]["user"], engine, containers, [])
        inspected = _inspected(result, containers) if containers else None
        more = {"inspected": inspected.texts} if inspected else {}
        group.sources.append(Source("systemd", texts, {}, more))
        group.sources += [inspected] if inspected else []
        yield group


def _together(units: t.Iterable[Row]) -> list[list[Row]]:
    """Units of a scope that name each other."""
    groups: list[list[Row]] = []
    for unit in units:
        linked = [group for group in groups if any(_linked(unit, other) for other in group)]
        groups = [group for group in groups if group not in linked]
        groups.append([unit, *(other for group in linked for other in group)])
    return [sorted(group, key=lambda unit: str(unit["name"])) for group in groups]


def _linked(one: Row, other: Row) -> bool:
    if one["user"] != other["user"]:
        return False
    return one["name"] in other["needs"] or other["name"] in one["needs"]


def _pods(result: Row, taken: t.Container[t.Any]) -> t.Iterator[Group]:
    for pod in result["pods"]:
        containers = [
            row
            for row in result["containers"]
            if _place(row) == _place(pod) and row["pod"] == pod["name"] and _key(row) not in taken
        ]
        if containers:
            source = _inspected(result, containers, pod["name"])
            yield Group(pod["name"], pod["user"], pod["engine"], containers, [source])


def _singles(result: Row, taken: t.Container[t.Any]) -> t.Iterator[Group]:
    for row in result["containers"]:
        if _key(row) not in taken:
            source = _inspected(result, [row])
            yield Group(row["name"], row["user"], row["engine"], [row], [source])


def _convert(group: Group, target: str | None) -> Row:
    user = target if target is not None else group.user
    row: Row = {
        "name": group.name,
        "user": group.user,
        "engine": group.engine,
        "source": None,
        "containers": [container["name"] for container in group.containers],
        "app": None,
        "report": [],
        "variables": [],
        "refused": list(group.notes),
        "lost": [
            f"{container['name']}: {text}"
            for container in group.containers
            for text in container["lost"]
        ],
    }
    for source in group.sources:
        scope = "system" if user in (None, "root") else "user"
        values = parse_arguments(source.kind, {**source.given, "scope": scope})
        values["name"] = group.name
        try:
            app = convert_texts(source.kind, source.texts, values, **source.more)
        except RefusedError as error:
            row["refused"] += [f"{source.kind}: {cause}" for cause in error.causes]
        except QuadletError as error:
            row["refused"].append(f"{source.kind}: {error}")
        else:
            options = only_app(_with_texts(app, source))
            if scope == "user":
                options["user"] = user
            report = {"report": app["report"], "variables": app["variables"]}
            return {**row, "name": app["name"], "source": source.kind, "app": options, **report}
    return row


def _with_texts(app: Row, source: Source) -> Row:
    """The app with the texts of files of the host."""
    texts = source.host_texts
    files = {
        path: {**{k: v for k, v in file.items() if k != "src"}, "content": texts[file["src"]]}
        if file.get("src") in texts
        else file
        for path, file in app["files"].items()
    }
    return {**app, "files": files}
