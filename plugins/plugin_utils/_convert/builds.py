# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Units of images that the app builds."""

from __future__ import annotations

import posixpath
import re

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quoting import literal
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Build, Value
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.option import write_option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.sources import below_data
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import local_name
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_URL = re.compile(r"[a-z][a-z0-9+.-]*://.*|[^/@]+@[^/:]+:.*|github\.com/.*")
_SINCE = (5, 2)


def write_build(writing: Writing, build: Build) -> None:
    """A .build unit."""
    if writing.options.podman < _SINCE:
        build.given.refused(
            "Podman before 5.2 has no units that build images",
            "Build the image elsewhere, and name it.",
            "build",
        )
    unit = writing.unit(build.name, "build")
    build.given.write(unit.name, "[Build]")
    _write_tags(unit, build)
    context = _write_context(writing, unit, build)
    if build.file is not None:
        _write_file(unit, build, build.file, context)
    for name, item in build.arguments.items():
        if item.value is None:
            unit.args(["--build-arg", name], item.given)
        else:
            unit.pair("BuildArg", name, item.value, item.given)
    for name, label in build.labels.items():
        unit.pair("Label", name, label.value, label.given)
    for option in build.options:
        write_option(unit, option)
    for need in build.needs:
        for key in ("Requires", "After"):
            unit.line("Unit", key, writing.unit(need.value, "build").service, need.given)


def _write_tags(unit: Unit, build: Build) -> None:
    tags = [*([build.tag] if build.tag else []), *build.tags]
    for tag in tags or [Value(build.name, build.given)]:
        unit.put("ImageTag", local_name(tag.value), tag.given)


def _write_context(writing: Writing, unit: Unit, build: Build) -> str:
    """The key; the directory as syntax, '' for a URL."""
    if build.context is None:
        if build.file is not None and build.file_in_files:
            unit.put("SetWorkingDirectory", "unit", build.given)
        return "."
    path, given = build.context.value, build.context.given
    if _URL.fullmatch(path):
        unit.put("SetWorkingDirectory", path, given)
        return ""
    if build.in_files:
        syntax = f"./{literal(posixpath.normpath(path))}".removesuffix("/.")
    elif path.startswith("/"):
        syntax = literal(path)
    elif path.startswith("~/"):
        syntax = f"%h/{literal(path[2:])}"
    else:
        syntax = below_data(writing, path)
        given.moved(
            f"the directory has to be there as {syntax}",
            "Put it there before the app is deployed, or among the app's files.",
            "build",
        )
    unit.put_syntax("SetWorkingDirectory", syntax, given)
    return syntax


def _write_file(unit: Unit, build: Build, file: Value[str], context: str) -> None:
    """Docker's Dockerfile is one of the context, Podman's one of the working directory."""
    path = posixpath.normpath(file.value)
    if build.file_in_files:
        if context.startswith(("/", "%")) or not context:
            file.given.refused(
                "a Dockerfile of the app's files needs a context among them",
                "Put the Dockerfile into the context, or give the context with the app's files.",
                "build",
            )
        unit.put("File", f"./{path}", file.given)
    elif path.startswith("/") or not context:
        unit.put("File", path, file.given)
    else:
        unit.put_syntax("File", f"{context}/{literal(path)}", file.given)
