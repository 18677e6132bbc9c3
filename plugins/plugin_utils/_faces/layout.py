# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The directory that an app is written to: its content, its variables, a playbook."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.templates import Templates

PLAYBOOK, VARIABLES, VALUES = "deploy.yml", "app.yml", "values.yml"
TEMPLATE: t.Final = ".j2"
PRIVATE: t.Final = 0o600
_PUBLIC = 0o644

_PLAY = """---
# Deploys the app {name} to the hosts of an inventory.
- name: Deploy {name}
  hosts: all
  become: true
  gather_facts: false
  vars_files:
    - {variables}
  tasks:
    - name: Deploy {name}
      quadlet.fleet.apps:
        apps: "{{{{ {variable} }}}}"
"""


class Entry(t.NamedTuple):
    """A file to write.  content: its text, or bytes; source: a file to copy it from, else ''."""

    content: str | bytes
    mode: int = _PUBLIC
    source: str = ""


class Layout(t.NamedTuple):
    """The files by path.  variables: names of the values that have to be given."""

    files: dict[str, Entry]
    variables: tuple[str, ...]


def lay_out(app: t.Mapping[str, t.Any], user: str, *, values: bool) -> Layout:
    """The files of an app, as a conversion returns it.

    user: in whose scope it runs, '' for the system's.  values: whether the values of secrets are
    written too, in a file of their own.
    """
    name = str(app["name"])
    kept = [str(row["name"]) for row in app["variables"] if row.get("kept", True)]
    templates = Templates(kept)
    files = dict(_content(app, templates))
    secrets = {
        secret: next((kept_name for kept_name in kept if value == f"{{{{ {kept_name} }}}}"), "")
        or _identifier(f"{name}_{secret}")
        for secret, value in app["secrets"].items()
    }
    files[VARIABLES] = Entry(_variables(app, user, secrets, templates))
    variable = _variable(name)
    files[PLAYBOOK] = Entry(_PLAY.format(name=name, variables=VARIABLES, variable=variable))
    if values and (secrets or kept):
        known = {
            secrets[secret]: value
            for secret, value in app["secrets"].items()
            if value is not None and secrets[secret] not in kept
        }
        rows = {**dict.fromkeys((*kept, *secrets.values())), **known}
        files[VALUES] = Entry(f"---\n{templates.to_yaml(rows)}", PRIVATE)
    return Layout(files, tuple(dict.fromkeys((*kept, *secrets.values()))))


def _content(app: t.Mapping[str, t.Any], templates: Templates) -> t.Iterator[tuple[str, Entry]]:
    name = app["name"]
    for unit, content in app["units"].items():
        text = content if isinstance(content, str) else render_unit(unit, content)
        entry = Entry(templates.escape_unit(text), _PUBLIC)
        is_plain = not templates.is_template(text)
        yield (f"{name}/{unit}", Entry(text)) if is_plain else (f"{name}/{unit}{TEMPLATE}", entry)
    for path, file in app["files"].items():
        options = {"content": file} if isinstance(file, str) else file
        mode = int(str(options.get("mode") or "0644"), 8)
        if options.get("src"):
            if path.endswith(TEMPLATE):
                raise QuadletError(
                    f"a file that ends in {TEMPLATE} would be taken for a template",
                    where=path,
                    remedy="Give it another name on the host.",
                    topic="file-name",
                )
            yield f"{name}/{path}", Entry(b"", mode, str(options["src"]))
        else:
            yield _entry(f"{name}/{path}", str(options.get("content", "")), mode, templates)


def _entry(path: str, text: str, mode: int, templates: Templates) -> tuple[str, Entry]:
    """A file, or a template of it where it has placeholders, or looks like a template."""
    if templates.is_template(text) or path.endswith(TEMPLATE):
        return f"{path}{TEMPLATE}", Entry(templates.escape(text), mode)
    return path, Entry(text, mode)


def _variables(
    app: t.Mapping[str, t.Any], user: str, secrets: t.Mapping[str, str], templates: Templates
) -> str:
    name = str(app["name"])
    item: dict[str, t.Any] = {"name": name}
    if user:
        item["user"] = user
    item["src"] = f"{name}/"
    if app["directories"]:
        item["directories"] = app["directories"]
    if secrets:
        item["secrets"] = {secret: f"{{{{ {variable} }}}}" for secret, variable in secrets.items()}
    with_secrets = templates.with_names(secrets.values())
    lines = [f"# The app {name}, as the role quadlet.fleet.deploy and the playbook take it."]
    lines += [f"# {row['name']}: {_described(row)}" for row in app["variables"]]
    return "\n".join(["---", *lines, with_secrets.to_yaml({_variable(name): [item]})])


def _described(row: t.Mapping[str, t.Any]) -> str:
    places = ", ".join(map(str, row.get("places") or row.get("used") or ()))
    default = row.get("default")
    parts = ["to be given" if row.get("kept", True) else "was given or has a default"]
    parts += [f"default {default!r}"] if default is not None else []
    parts += [f"used in {places}"] if places else []
    return " ".join("; ".join(parts).split())


def _variable(name: str) -> str:
    return f"quadlet_deploy_apps__{_identifier(name)}"


def _identifier(text: str) -> str:
    """A text as the name of a variable."""
    return re.sub(r"\W", "_", text, flags=re.ASCII).lower()
