# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Compose projects, as the labels of their containers tell of them."""

from __future__ import annotations

import dataclasses
import posixpath
import re
import typing as t

_PREFIXES = ("com.docker.compose.", "io.podman.compose.")
_WORD = re.compile(r"[^\s\"'\[\]{},:=|>&*#]+")
_LONGEST_WORD = 512
LARGEST_FILE: t.Final = 256 * 1024
MOST_FILES: t.Final = 200


@dataclasses.dataclass
class Project:
    """A project.  directory: its working directory.  files: paths of its Compose files, in their
    order.  env_files: of its variables.  services: names of containers by service.
    """

    name: str
    directory: str
    files: tuple[str, ...]
    env_files: tuple[str, ...] = ()
    services: dict[str, list[str]] = dataclasses.field(default_factory=dict)


def read_label(labels: t.Mapping[str, str], name: str) -> str:
    """A label of Compose's, such as project; podman-compose has its own beside Docker's."""
    return next((labels[p + name] for p in _PREFIXES if labels.get(p + name)), "")


def find_projects(containers: t.Mapping[str, t.Mapping[str, str]]) -> list[Project]:
    """The projects of containers, which are given as labels by name."""
    projects: dict[str, Project] = {}
    for container, labels in containers.items():
        name = read_label(labels, "project")
        if not name:
            continue
        directory = read_label(labels, "project.working_dir")
        if name not in projects:
            projects[name] = Project(
                name,
                directory,
                _paths(directory, read_label(labels, "project.config_files")),
                _paths(directory, read_label(labels, "project.environment_file")),
            )
        service = read_label(labels, "service") or container
        projects[name].services.setdefault(service, []).append(container)
    return list(projects.values())


def _paths(directory: str, text: str) -> tuple[str, ...]:
    """Paths that commas separate, from the directory on."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(posixpath.normpath(posixpath.join(directory, path)) for path in found)


def find_mentioned(directory: str, file: str, text: str) -> list[str]:
    """Paths below the directory that a Compose file may mean: its words, as paths from its place.

    Which of them are files is seen on the disk.  It reads no YAML, so that it can't miss a form.
    """
    top = posixpath.normpath(directory)
    places = dict.fromkeys([posixpath.dirname(file), top])
    words = dict.fromkeys(word for word in _WORD.findall(text) if len(word) <= _LONGEST_WORD)
    paths = dict.fromkeys(
        posixpath.normpath(posixpath.join(place, word)) for word in words for place in places
    )
    return [path for path in paths if path.startswith(f"{top.rstrip('/')}/")]
