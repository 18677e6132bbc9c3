# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""An app's content as it lies on the controller, gathered for one transfer."""

from __future__ import annotations

import base64
import os
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.release import __version__

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.source_paths import (
    IGNORED,
    UNIT,
    source_part,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import (
    QuadletError,
    shape,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    is_quadlet,
    template_of,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.modes import read_mode
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure

TEMPLATE = ".j2"
_OLD = tuple(int(part) for part in __version__.split(".")[:2]) < (2, 19)
_AS_TEXT: dict[str, bool] = {"convert_data": False} if _OLD else {}
"""Before ansible-core 2.19 a template that reads like JSON became data; now it is text."""


def gather_content(
    action: ActionBase, args: dict[str, t.Any], task_vars: dict[str, t.Any]
) -> dict[str, t.Any]:
    """The module's arguments with `src` read into `units` and `files`.

    What the task itself names under `units` and `files` lies over what `src` holds (overlay).
    """
    args = dict(args)
    src = args.pop("src", None)
    units, files = args.get("units"), args.get("files")
    for option, value in (("units", units), ("files", files)):
        if value is not None and not isinstance(value, dict):
            raise action_failure(
                f"{option}: it is a mapping of paths, not {shape(value)} [option-value]"
            )
    if files is not None:
        args["files"] = {
            p: _with_content(action, p, value, task_vars) for p, value in files.items()
        }
    if src is not None:
        found_units, found_files = _read_directory(action, str(src), task_vars)
        args["units"] = _over_src("units", found_units, units or {}, str(src))
        args["files"] = _over_src("files", found_files, args.get("files") or {}, str(src))
    return args


def _over_src(
    option: str, found: dict[str, t.Any], given: dict[str, t.Any], src: str
) -> dict[str, t.Any]:
    """What is given for an option over what a directory holds."""
    if not given:
        return found
    from ansible_collections.quadlet.fleet.plugins.plugin_utils._content import overlay

    try:
        if option == "units":
            found = overlay.split_for(found, given)
        merged = overlay.Overlay(f"over src {src!r}").merge({option: found}, {option: given})
        return dict(overlay.settle(merged)[option])
    except QuadletError as error:
        raise action_failure(str(error)) from None


def _with_content(
    action: ActionBase, path: str, value: t.Any, task_vars: dict[str, t.Any]
) -> t.Any:
    if not isinstance(value, dict) or "src" not in value:
        return value
    if "content" in value:
        raise action_failure(f"files {path}: content and src exclude each other [options-exclude]")
    source = find_source(action, str(value["src"]))
    more = {key: item for key, item in value.items() if key != "src"}
    return {**read_file(action, source, task_vars), **more}


def find_source(action: ActionBase, src: str) -> str:
    """The path on the controller, searched for as Ansible does."""
    try:
        found: str = action._find_needle("files", os.path.expanduser(src))
    except AnsibleError as error:
        raise action_failure(f"{error.message} [no-source]") from None
    return found


def _read_directory(
    action: ActionBase, src: str, task_vars: dict[str, t.Any]
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    top = find_source(action, src)
    if not os.path.isdir(top):
        raise action_failure(f"src {src!r}: it is not a directory [no-source]")
    units: dict[str, t.Any] = {}
    files: dict[str, t.Any] = {}
    for folder, dirs, names in os.walk(top):
        dirs[:] = sorted(name for name in dirs if name != ".git")
        for name in sorted(names):
            source = os.path.join(folder, name)
            path = os.path.relpath(source, top).removesuffix(TEMPLATE)
            part = _part(path, src)
            if part == IGNORED:
                continue
            if path in units or path in files:
                raise action_failure(
                    f"src {src!r}: {path} is there twice, with and without {TEMPLATE} "
                    "[declared-twice]"
                )
            template = template_of(path) if is_quadlet(path) else None
            if template and _leads_to(source, template):
                units[path] = {"template": template}
                continue
            value = read_file(action, source, task_vars, path.count("/"))
            if part == UNIT and value["encoding"] == "text":
                units[path] = value["content"]
            else:
                files[path] = value
    return units, files


def _part(path: str, src: str) -> str:
    try:
        return source_part(path)
    except QuadletError as error:
        raise action_failure(f"src {src!r}: {error}") from None


def _leads_to(source: str, template: str) -> bool:
    """Whether a file is a link to the template beside it, which makes it an instance."""
    return os.path.islink(source) and os.readlink(source).removesuffix(TEMPLATE) == template


def read_file(
    action: ActionBase, source: str, task_vars: dict[str, t.Any], depth: int = 0
) -> dict[str, t.Any]:
    """A file's content, decrypted and rendered, as text where it is text.

    depth: see read_mode().
    """
    real = action._loader.get_real_file(source, decrypt=True)
    try:
        with open(real, "rb") as stream:
            data = stream.read()
    finally:
        action._loader.cleanup_tmp_file(real)
    mode = f"{read_mode(source, depth):04o}"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return {"content": base64.b64encode(data).decode(), "encoding": "base64", "mode": mode}
    if source.endswith(TEMPLATE):
        text = _render(action, source, task_vars)
    return {"content": text, "encoding": "text", "mode": mode}


def _render(action: ActionBase, source: str, task_vars: dict[str, t.Any]) -> str:
    """A template as Ansible's own lookup renders it, with its search path and variables."""
    lookup = lookup_loader.get(
        "ansible.builtin.template", loader=action._loader, templar=action._templar
    )
    return str(lookup.run([source], variables=task_vars, **_AS_TEXT)[0])
