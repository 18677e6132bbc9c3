# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Secrets and configs: what is declared, and how a service uses it."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.binds import add_file, kind_of
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import Handlers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.objects import read_external
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    AbsentError,
    Reading,
    UnfitError,
    convert,
    items,
    mapping,
    refusing,
    taken,
    text,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row, row_of
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.variables import read_text
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    File,
    Mount,
    SecretUse,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

_NAME: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_IN_RUN: t.Final = "/run/secrets/"


@dataclasses.dataclass
class _Use:
    """A use of a secret or a config, in either form."""

    name: str
    given: Given
    branch: Branch
    options: dict[str, str] = dataclasses.field(default_factory=dict)


def _read_uses(branch: Branch) -> t.Iterator[_Use]:
    for item in items(branch):
        with refusing(item):
            yield _read_use(item)


def _read_use(item: Branch) -> _Use:
    if not item.is_mapping:
        return _Use(text(item), item.take(), item)
    fields = mapping(item)
    use = _Use(taken(fields, "source"), item.head(), item)
    if not use.name:
        raise UnfitError(item, "it has no source")
    for key in ("target", "uid", "gid"):
        if key in fields:
            use.options[key] = taken(fields, key)
    if "mode" in fields:
        use.options["mode"] = convert(fields["mode"], values.to_mode)
        fields["mode"].take().exact()
    return use


def _read_secrets(service: Service, branch: Branch, _row: Row) -> None:
    for use in _read_uses(branch):
        with refusing(use.branch):
            stored = use_secret(service.reading, use.name, use.branch)
            target = use.options.get("target", "") or use.name
            use.options["target"] = target.removeprefix(_IN_RUN)
            secret = SecretUse(stored, use.given, options=use.options)
            service.container.secrets.append(secret)


def use_secret(reading: Reading, name: str, by: Branch) -> str:
    """The name in the store of a secret, declared at its first use."""
    if name not in reading.secrets:
        branch = reading.declared("secrets", name)
        if branch is None:
            raise AbsentError(by, f"the secret {name} is not declared", "Declare it in secrets.")
        if not _NAME.fullmatch(name):
            raise UnfitError(by, f"{name!r} is no valid name of a secret")
        reading.secrets[name] = _declare_secret(reading, name, branch)
    return reading.secrets[name]


def _declare_secret(reading: Reading, name: str, branch: Branch) -> str:
    fields = mapping(branch)
    external = read_external(branch)
    if external is not None:
        return taken(fields, "name") or external or name
    _settle_rest(branch, ("file", "environment", "name", "external"))
    if "name" in fields:
        fields["name"].take().exact("the app's secrets have names of their own")
    reading.model.secrets[name] = _value(reading, name, branch, fields)
    return name


def _settle_rest(branch: Branch, known: tuple[str, ...]) -> None:
    """The keys of which nothing is written."""
    for key, part in branch.items():
        row = row_of(part.trail)
        if row is None or key in known or part.is_taken:
            continue
        if row.handler == "refuse":
            part.take().refused(row.text, row.remedy)
        else:
            part.take().exact(row.text)


def _value(
    reading: Reading, name: str, branch: Branch, fields: t.Mapping[str, Branch]
) -> str | None:
    """A secret's value; None: it has to be given."""
    sources = [key for key in ("file", "environment") if key in fields]
    if len(sources) != 1:
        raise UnfitError(branch, "it needs a file or an environment variable, and one of them")
    source = fields[sources[0]]
    named = text(source)
    given, env = source.take(), reading.project.env
    if sources == ["environment"] and named in env:
        given.moved("the value of the variable is a secret of the app")
        return env[named].text
    if sources == ["file"] and kind_of(reading, named) == "file":
        given.moved("the content of the file is a secret of the app")
        return read_text(reading, source, named)
    what = f"the file {named} is" if sources == ["file"] else f"the variable {named} is"
    given.moved(f"{what} not there: the secret's value has to be given", _give(name))
    reading.model.variables.append(
        {"name": name, "secret": name, "where": given.place, "default": None}
    )
    return None


def _give(name: str) -> str:
    return f"Give secrets: {{{name}: …}} with the app."


def _read_configs(service: Service, branch: Branch, _row: Row) -> None:
    for use in _read_uses(branch):
        with refusing(use.branch):
            _use_config(service, use)


def _use_config(service: Service, use: _Use) -> None:
    reading = service.reading
    branch = reading.declared("configs", use.name)
    if branch is None:
        what = f"the config {use.name} is not declared"
        raise AbsentError(use.branch, what, "Declare it in configs.")
    if not _NAME.fullmatch(use.name):
        raise UnfitError(use.branch, f"{use.name!r} is no valid name of a file")
    target = use.options.get("target", "") or f"/{use.name}"
    if not target.startswith("/"):
        target = f"/{target}"
    if use.options.get("uid") or use.options.get("gid"):
        _config_as_secret(service, use, target)
        return
    mode = use.options.get("mode", "0444")
    path = f"configs/{use.name}" + ("" if mode == "0444" else f".{mode}")
    _make_config(reading, branch, path, mode)
    mount = Mount("bind", f"./{path}", target, use.given, {"ro": None}, in_files=True)
    service.container.mounts.append(mount)


def _config_as_secret(service: Service, use: _Use, target: str) -> None:
    """A file with an owner of its own: only secrets have one."""
    reading, name = service.reading, f"config-{use.name}"
    branch = t.cast("Branch", reading.declared("configs", use.name))
    if name not in reading.model.secrets:
        file = _config_content(reading, branch)
        content = file.content
        if file.source:
            content = read_text(reading, branch, file.source) or ""
        reading.model.secrets[name] = content
    use.given.moved("with an owner of its own it is a secret", rule="config")
    options = {**use.options, "target": target}
    service.container.secrets.append(SecretUse(name, use.given, options=options))


def _make_config(reading: Reading, branch: Branch, path: str, mode: str) -> None:
    if path in reading.model.files:
        return
    file = _config_content(reading, branch)
    if file.source:
        add_file(reading, branch, file.source, path)
    else:
        reading.model.files[path] = dataclasses.replace(file)
    reading.model.files[path].mode = mode
    branch.head().moved(f"it is the file {path} of the app", rule="config")


def _config_content(reading: Reading, branch: Branch) -> File:
    """The text of a config, or a file that has one; read at its first use."""
    if branch.path not in reading.configs:
        reading.configs[branch.path] = _read_config(reading, branch)
    return reading.configs[branch.path]


def _read_config(reading: Reading, branch: Branch) -> File:
    fields = mapping(branch)
    if read_external(branch) is not None:
        branch.head().refused("Podman has no configs", "Give the text in a file.")
        return File()
    _settle_rest(branch, ("file", "environment", "content"))
    sources = [key for key in ("file", "environment", "content") if key in fields]
    if len(sources) != 1:
        raise UnfitError(branch, "it needs one of file, environment and content")
    source = fields[sources[0]]
    named = text(source)
    if sources == ["content"]:
        source.take().exact("the text is a file of the app")
        return File(named)
    if sources == ["environment"]:
        if named not in reading.project.env:
            raise UnfitError(source, f"the variable {named} has no value", "Give it in env.")
        source.take().exact("the value is a file of the app")
        return File(reading.project.env[named].text)
    if kind_of(reading, named) != "file":
        remedy = f"Put {named} beside the Compose file, and give base."
        raise UnfitError(source, f"{named} is no file", remedy)
    source.take().exact("a file of the app")
    return File(source=named)


SECRETS: t.Final[Handlers[Service]] = {"secrets": _read_secrets, "configs": _read_configs}
"""Handlers by their names in the table."""
