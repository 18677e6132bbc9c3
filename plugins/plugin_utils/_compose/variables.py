# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Variables, labels and names of a service, from the Compose file and from files beside it."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import Handlers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dotenv import (
    Assignment,
    DotenvError,
    parse_dotenv,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    Reading,
    UnfitError,
    mapping,
    pairs,
    refusing,
    taken,
    taken_flag,
    text,
    text_pairs,
    text_value,
    texts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import EnvFile, Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import Expanded
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Value


def _read_environment(service: Service, branch: Branch, _row: Row) -> None:
    env = service.reading.project.env
    for name, value in pairs(branch):
        passed_on = value.value is None and name in env
        service.container.environment[name] = (
            Value(env[name].text, value.given) if passed_on else value
        )


def _read_env_files(service: Service, branch: Branch, _row: Row) -> None:
    for item in branch.each() if branch.is_list else [branch]:
        with refusing(item):
            file = _read_env_file(service, item)
            if file:
                service.env_files.append(file)


def _read_env_file(service: Service, item: Branch) -> EnvFile | None:
    reading = service.reading
    path, required, is_raw = text_or_path(item)
    given = item.head() if item.is_mapping else item.take()
    content = read_text(reading, item, path, required)
    if content is None:
        given.exact("the file is not there, and not required")
        return None
    if is_raw:
        variables = _parse_raw(content)
    else:
        variables = parse_variables(reading, item, path, content, _known_to(service))
    if not variables:
        given.exact("the file has no variables")
        return None
    return EnvFile(given, variables)


def text_or_path(item: Branch) -> tuple[str, bool, bool]:
    """Path, whether it is required, and whether it is raw; of a string or a mapping."""
    if not item.is_mapping:
        return text(item), True, False
    fields = mapping(item)
    path, form = taken(fields, "path"), taken(fields, "format")
    if not path:
        raise UnfitError(item, "it has no path")
    if form not in ("", "raw"):
        raise UnfitError(fields["format"], f"{form!r} is no format", "Write raw, or nothing.")
    return path, taken_flag(fields, "required", True), form == "raw"


def read_text(reading: Reading, by: Branch, path: str, required: bool = True) -> str | None:
    """The text of a file beside the Compose file; None: it is not there, and not required."""
    files = reading.options.files
    if files is None:
        raise UnfitError(
            by, f"{path} is a file, and no directory is given", "Give base, the project's one."
        )
    try:
        if not required and not files.kind(path):
            return None
        content = files.read(path).decode("utf-8-sig")
    except OSError as error:
        remedy = f"Put {path} beside the Compose file."
        raise UnfitError(by, f"can't read {path}: {error.strerror or error}", remedy) from None
    except UnicodeDecodeError:
        raise UnfitError(by, f"{path} is no text in UTF-8") from None
    if path not in reading.model.sources:
        reading.model.sources.append(path)
    return content


class _Known(t.NamedTuple):
    """Variables that values of a file may use, besides the project's and its own."""

    own: dict[str, Expanded]
    earlier: dict[str, Expanded]


def _known_to(service: Service) -> _Known:
    """The variables of a service's key environment, and those of its earlier files."""
    node = service.branch.node.children.get("environment")
    items = [item.text.partition("=")[::2] for item in node.items] if node else []
    items += [(name, child.text) for name, child in node.children.items()] if node else []
    earlier = [pair for file in service.env_files for pair in file.variables.items()]
    return _Known(
        {name: Expanded(value) for name, value in items if value},
        {name: Expanded(value) for name, value in earlier if value is not None},
    )


def parse_variables(
    reading: Reading, by: Branch, path: str, content: str, known: _Known | None = None
) -> dict[str, str | None]:
    """The variables of a file in Compose's grammar."""
    own, earlier = known or ({}, {})

    def look(name: str) -> Expanded | None:
        return reading.project.env.get(name) or own.get(name)

    try:
        found = parse_dotenv(content, look, lambda _name: "", earlier)
    except DotenvError as error:
        raise UnfitError(by, f"{path}:{error.line}: {error}", "Write NAME=VALUE.") from None
    _judge_unset(reading, by, path, found)
    return {name: one.value.text if one.value else None for name, one in found.items()}


def _judge_unset(
    reading: Reading, by: Branch, path: str, found: t.Mapping[str, Assignment]
) -> None:
    """Refuses variables without a value in values of a file, or tells of them."""
    gaps = [
        (item.line, unset.name)
        for item in found.values()
        for unset in (item.value.unset if item.value else ())
    ]
    if gaps and reading.project.unset != "empty":
        places = ", ".join(f"{name} (line {line})" for line, name in gaps)
        what = f"in {path}, variables have no value: {places}"
        remedy = "Give them in env, put the value into single quotes, or set unset to empty."
        raise UnfitError(by, what, remedy)
    for line, name in gaps:
        given = reading.report.give(name, path, line)
        given.approximated("the variable has no value: it is an empty text, as in Compose")


def _parse_raw(content: str) -> dict[str, str | None]:
    """The variables of a file whose values are taken as they are."""
    variables: dict[str, str | None] = {}
    for line in content.splitlines():
        bare = line.lstrip()
        if bare and not bare.startswith("#"):
            name, equals, value = bare.partition("=")
            variables[name] = value if equals else None
    return variables


def settle_environment(service: Service) -> None:
    """The variables of files, the later ones before the earlier; those of the key win."""
    own = service.container.environment
    merged: dict[str, Value[str | None]] = {}
    for file in service.env_files:
        for name, value in file.variables.items():
            merged[name] = Value(value, file.given)
    service.container.environment = {**merged, **own}
    used = {id(value.given) for value in service.container.environment.values()}
    for file in service.env_files:
        if id(file.given) not in used:
            file.given.exact("each of its variables is given elsewhere, too")


def _read_labels(service: Service, branch: Branch, _row: Row) -> None:
    service.container.labels = {**service.container.labels, **text_pairs(branch)}


def _read_label_files(service: Service, branch: Branch, _row: Row) -> None:
    for value, item in zip(texts(branch), branch.each() or [branch]):
        with refusing(item):
            content = read_text(service.reading, item, value.value) or ""
            labels = parse_variables(service.reading, item, value.value, content)
            for name, label in labels.items():
                service.file_labels[name] = Value(label or "", value.given)
            value.given.exact("its labels are written")


def settle_labels(service: Service) -> None:
    """The labels of files; those of the key win."""
    service.container.labels = {**service.file_labels, **service.container.labels}


def _read_annotations(service: Service, branch: Branch, _row: Row) -> None:
    service.container.annotations.update(text_pairs(branch))


def _read_container_name(service: Service, branch: Branch, _row: Row) -> None:
    service.container.container_name = text_value(branch)


def _read_image(service: Service, branch: Branch, _row: Row) -> None:
    if not text(branch).strip():
        raise UnfitError(branch, "it is empty")
    service.image = Value(text(branch).strip(), branch.take())


ENVIRONMENT: t.Final[Handlers[Service]] = {
    "environment": _read_environment,
    "env_file": _read_env_files,
    "labels": _read_labels,
    "label_file": _read_label_files,
    "annotations": _read_annotations,
    "container_name": _read_container_name,
    "image": _read_image,
}
"""Handlers by their names in the table."""
