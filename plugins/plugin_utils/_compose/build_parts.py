# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Further contexts and secrets of a build.

Podman looks for their paths from the directory in which it builds: where that is one of the app's
files, so are they.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.binds import (
    MOST_FILES,
    add_file,
    inside,
    kind_of,
    list_files,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    AbsentError,
    Scope,
    UnfitError,
    items,
    mapping,
    pairs,
    refusing,
    text,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Link, Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Build,
    File,
    Option,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import (
    complete_image,
    local_name,
)

URL: t.Final = re.compile(r"(https?|git|ssh)://|git@|github\.com/")
_ELSEWHERE: t.Final = re.compile(r"(docker-image|https?|oci-layout):|[/~]")
_CONTEXT: t.Final = "--build-context"
_SERVICE: t.Final = "service:"


@dataclasses.dataclass
class BuildScope(Scope):
    """A build while it is read.  fields: the keys that nobody has read yet."""

    build: Build
    fields: dict[str, Branch]
    service: Service


def is_ignored(file: str) -> bool:
    """Whether it never belongs to a context that a unit builds."""
    return bool({".git", "node_modules", "__pycache__"} & set(file.split("/")))


def _is_among_files(build: Build) -> bool:
    """Whether it is built in a directory of the app's files."""
    return build.in_files or build.context is None


def _from_directory(build: Build, path: str) -> str:
    """A path of the app as the build finds it."""
    return posixpath.relpath(path, build.context.value if build.context else ".")


def read_contexts(scope: BuildScope, branch: Branch) -> None:
    """Contexts: images, URLs and paths of the host as they are; others are taken along."""
    for name, value in pairs(branch):
        context = value.value or ""
        if context.startswith(_SERVICE):
            target = context.removeprefix(_SERVICE)
            scope.service.contexts.append(Link(target, name, branch, value.given))
        elif _ELSEWHERE.match(context) or URL.match(context):
            scope.options.append(Option(_CONTEXT, f"{name}={context}", value.given))
        elif context.startswith("target:"):
            value.given.refused("only bake knows targets", "Give docker-image://NAME.")
        else:
            _read_directory(scope, branch, name, Value(context, value.given))


def _read_directory(scope: BuildScope, branch: Branch, name: str, context: Value[str]) -> None:
    build, path, given = scope.build, posixpath.normpath(context.value), context.given
    is_there = kind_of(scope.reading, path) == "directory"
    files = list_files(scope.reading, path) if is_there else []
    if 0 < len(files) <= MOST_FILES and _is_among_files(build):
        top = f"build-contexts/{build.name}/{re.sub(r'[^A-Za-z0-9_-]+', '-', name)}"
        known = [file for file in files if not is_ignored(file)]
        for file in known:
            add_file(scope.reading, branch, posixpath.join(path, file), f"{top}/{file}")
        given.moved(f"{len(known)} files of the context are files of the app", rule="build")
        found = _from_directory(build, top)
    elif not build.in_files and build.context and build.context.value.startswith("."):
        found = _from_directory(build, inside(path))
        given.approximated(
            "it has to be on the host before the start, below the app's data", "", "build"
        )
    else:
        given.refused(
            f"the context {context.value} is not beside the Compose file",
            "Put it there and give base, or give an absolute path of the host.",
        )
        return
    scope.options.append(Option(_CONTEXT, f"{name}={found}", given))


def resolve_contexts(service: Service, services: t.Mapping[str, Service]) -> None:
    """Contexts that are images of other services: built before, where they are built."""
    for context in service.contexts:
        other = services.get(context.service)
        build = service.build
        if build is None or other is None or not (other.build or other.image):
            context.given.absent(
                f"there is no image of a service {context.service}", "Correct the name."
            )
        elif other.build is None:
            image = other.image.value if other.image else ""
            _add_image(build, context, complete_image(image) or image)
        elif _needs_build(services, other, service.name, frozenset()):
            context.given.refused(
                f"{context.service} is built of an image of {service.name}", "End the circle."
            )
        else:
            build.needs.append(Value(other.build.name, context.given))
            tag = other.build.tag.value if other.build.tag else other.build.name
            _add_image(build, context, local_name(tag))


def _add_image(build: Build, context: Link, image: str) -> None:
    word = f"{context.alias}=docker-image://{image}"
    build.options.append(Option(_CONTEXT, word, context.given))


def _needs_build(
    services: t.Mapping[str, Service], service: Service, name: str, seen: frozenset[str]
) -> bool:
    """Whether a service's build needs that of another one, in the end."""
    if service.name == name:
        return True
    below = [services[one.service] for one in service.contexts if one.service in services]
    return service.name not in seen and any(
        _needs_build(services, other, name, seen | {service.name}) for other in below
    )


def read_build_secrets(scope: BuildScope, branch: Branch) -> None:
    """Secrets: a file of the host as it is; the value of another is a file of the app."""
    for item in items(branch):
        with refusing(item):
            _read_secret(scope, item)


def _read_secret(scope: BuildScope, item: Branch) -> None:
    fields = mapping(item) if item.is_mapping else {}
    name = text(fields["source"]) if "source" in fields else text(item)
    declared = scope.reading.declared("secrets", name)
    if declared is None:
        raise AbsentError(item, f"the secret {name} is not declared", "Declare it in secrets.")
    source = _source_of(scope, item, name, declared)
    for key, part in fields.items():
        if key in ("uid", "gid", "mode"):
            part.take().dropped("a build shows it as root's")
        else:
            part.take().exact()
    target = text(fields["target"]) if "target" in fields else name
    given = item.head() if item.is_mapping else item.take()
    if not source.startswith("/"):
        _tell_file(given, name)
    scope.options.append(Option("--secret", f"id={target},src={source}", given))


def _tell_file(given: Given, name: str) -> None:
    given.moved(
        f"its value is the file {_file_of(name)} of the app, which its owner alone can read",
        "Put its value into a vault.",
        "build",
    )


def _file_of(name: str) -> str:
    return f"build-secrets/{name}"


def _source_of(scope: BuildScope, item: Branch, name: str, declared: Branch) -> str:
    """Where the build finds the value: a path of the host, or one of the app's files."""
    file, variable = declared.get("file"), declared.get("environment")
    if file and text(file).startswith("/"):
        if not declared.is_taken and declared.is_whole:
            declared.take().exact("the file is read at the build")
        return text(file)
    if not _is_among_files(scope.build):
        remedy = "Declare it with the absolute path of a file of the host."
        raise UnfitError(item, f"no file of the host has the secret {name}", remedy)
    path = _file_of(name)
    if file and kind_of(scope.reading, text(file)) == "file":
        add_file(scope.reading, item, text(file), path)
        scope.reading.model.files[path].mode = "0600"
    elif variable and text(variable) in scope.reading.project.env:
        value = scope.reading.project.env[text(variable)].text
        scope.reading.model.files[path] = File(value, "0600")
    else:
        where = f"file {text(file)}" if file else f"variable {text(variable)}" if variable else ""
        what = f"the {where} is not there" if where else "it has no file and no variable"
        raise UnfitError(item, f"the secret {name}: {what}", "Put it there, or give it in env.")
    if declared.is_whole:
        declared.take().exact("it is a file of the app, for the build")
    return _from_directory(scope.build, path)
