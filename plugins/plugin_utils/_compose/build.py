# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Builds: a service's image that is made on the host."""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.binds import (
    MOST_FILES,
    add_file,
    inside,
    kind_of,
    list_files,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.build_parts import (
    URL,
    BuildScope,
    is_ignored,
    read_build_secrets,
    read_contexts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import (
    Handlers,
    dispatch,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.plain import OPTIONS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    AbsentError,
    UnfitError,
    convert,
    mapping,
    pairs,
    refusing,
    text,
    text_pairs,
    text_value,
    texts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Build,
    File,
    Option,
    Value,
)

_STAND_IN: t.Final = "localhost/none"
"""What stands for an image that is missing, which has been refused."""
_COPIES: t.Final = re.compile(
    r"^\s*(COPY|ADD)\s(?!.*--from=)|type=bind", re.MULTILINE | re.IGNORECASE
)


def _read_build(service: Service, branch: Branch, _row: Row) -> None:
    service.build_keys = branch
    is_long = branch.is_mapping
    build = Build(service.reading.stem(service.name), branch.head() if is_long else branch.take())
    service.build = build
    fields = mapping(branch) if is_long else {}
    scope = BuildScope(service.reading, branch, build.options, build, fields, service)
    if is_long:
        dispatch(scope, branch, _BUILD)
    context = fields.get("context") if is_long else branch
    with refusing(branch):
        _read_context(scope, context)
        _read_file(scope, service)
    if "args" in fields:
        with refusing(fields["args"]):
            _read_arguments(scope, fields["args"])
    if "labels" in fields:
        with refusing(fields["labels"]):
            build.labels.update(text_pairs(fields["labels"]))
    if "tags" in fields:
        with refusing(fields["tags"]):
            build.tags += texts(fields["tags"])
    for key, read in _IN_DIRECTORY.items():
        if key in fields:
            with refusing(fields[key]):
                read(scope, fields[key])


def _read_arguments(scope: BuildScope, branch: Branch) -> None:
    env = scope.reading.project.env
    for name, value in pairs(branch):
        found = env[name].text if value.value is None and name in env else value.value
        scope.build.arguments[name] = Value(found, value.given)


def _read_context(scope: BuildScope, branch: Branch | None) -> None:
    """Where the files of a build are: taken along, on the host, or at a URL."""
    build = scope.build
    name = text(branch) if branch else "."
    given = branch.take() if branch else build.given
    if URL.match(name) or name.startswith(("/", "~")):
        build.context = Value(name, given)
        return
    path = posixpath.normpath(name)
    files = list_files(scope.reading, path) if kind_of(scope.reading, path) == "directory" else []
    known = [file for file in files if not is_ignored(file)]
    if files and len(files) <= MOST_FILES:
        build.context, build.in_files = Value(f"./build/{build.name}", given), True
        for file in known:
            source = posixpath.join(path, file)
            add_file(scope.reading, branch or scope.branch, source, f"build/{build.name}/{file}")
        given.moved(f"{len(known)} files of the context are files of the app", rule="build")
        return
    if not files and _needs_no_context(scope.fields.get("dockerfile_inline")):
        given.exact("nothing is copied of it")
        return
    if files:
        what = f"the context has more than {MOST_FILES} files, which stay where they are"
    else:
        what = "the context is not beside the Compose file"
    build.context = Value(f"./{inside(path)}".removesuffix("/."), given)
    given.approximated(
        f"{what}: it has to be on the host before the start, below the app's data",
        "Build the image elsewhere, push it, and give its name.",
        "build",
    )


def _needs_no_context(inline: Branch | None) -> bool:
    """Whether a Dockerfile in the Compose file takes nothing of its context."""
    return inline is not None and not _COPIES.search(text(inline))


def _read_file(scope: BuildScope, service: Service) -> None:
    build, inline = scope.build, scope.fields.get("dockerfile_inline")
    file = scope.fields.get("dockerfile") or service.dockerfile
    if inline and file:
        raise UnfitError(inline, "there is a dockerfile as well", "Give one of them.")
    if inline:
        path = f"build/{build.name}.Dockerfile"
        scope.reading.model.files[path] = File(text(inline))
        build.file, build.file_in_files = Value(f"./{path}", inline.take()), True
        build.file.given.moved(f"it is the file {path} of the app", rule="build")
    elif file:
        build.file = text_value(file)


def _read_dockerfile(service: Service, branch: Branch, _row: Row) -> None:
    service.dockerfile = branch
    build = service.branch.get("build")
    if build is None:
        raise AbsentError(branch, "there is no build", "Give build.")
    if service.build and not service.build.file:
        service.build.file = text_value(branch)


def settle_image(service: Service) -> None:
    """The image: a name, or a build with that name."""
    container, build, image = service.container, service.build, service.image
    if build is None:
        container.image = image or Value(_STAND_IN, container.given)
        return
    default = f"localhost/{service.reading.project.name}-{service.name}"
    build.tag = image or Value(default, build.given)
    container.build = Value(build.name, build.given)
    service.reading.model.builds.append(build)


def _read_platforms(scope: BuildScope, branch: Branch, _row: Row) -> None:
    first, *rest = texts(branch)
    scope.options.append(Option("--platform", first.value, first.given))
    for other in rest:
        other.given.dropped("a unit builds one image", "Build images for others elsewhere.")


def _read_pull(scope: BuildScope, branch: Branch, _row: Row) -> None:
    if convert(branch, values.to_bool):
        scope.set("--pull", "always", branch)
    else:
        branch.take().exact("that is so without it")


def _read_ssh(scope: BuildScope, branch: Branch, _row: Row) -> None:
    if branch.is_mapping or branch.is_list:
        for name, value in pairs(branch):
            word = f"{name}={value.value}" if value.value else name
            scope.options.append(Option("--ssh", word, value.given))
    else:
        scope.set("--ssh", text(branch), branch)


def _read_caches(scope: BuildScope, branch: Branch, row: Row) -> None:
    for value in texts(branch):
        word = value.value
        if word.startswith("type=registry,ref="):
            word = word.removeprefix("type=registry,ref=").partition(",")[0]
        if "=" in word:
            value.given.dropped("only BuildKit has such a cache")
        else:
            scope.options.append(Option(row.argument, word, value.given))


_IN_DIRECTORY: t.Final[dict[str, t.Callable[[BuildScope, Branch], None]]] = {
    "additional_contexts": read_contexts,
    "secrets": read_build_secrets,
}
"""What is read once it is known where the build takes place."""

_BUILD: t.Final[Handlers[BuildScope]] = {
    **OPTIONS,
    "platforms": _read_platforms,
    "pull": _read_pull,
    "ssh": _read_ssh,
    "caches": _read_caches,
}

BUILD: t.Final[Handlers[Service]] = {"build": _read_build, "build_file": _read_dockerfile}
"""Handlers by their names in the table."""
