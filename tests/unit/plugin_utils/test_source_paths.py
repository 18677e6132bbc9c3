# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tree with every kind of path: what a deployment takes, lint takes, and no other."""

from __future__ import annotations

import itertools
import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.connection import ConnectionBase
from ansible.template import Templar

from ansible_collections.quadlet.fleet.plugins.action.lint import _lint
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import parse_content
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.source_paths import (
    source_part,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    COMPANIONS,
    KINDS,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.action import ContentAction
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import gather_content
from ansible_collections.quadlet.fleet.plugins.plugin_utils._lint.sources import read_sources

BASE = {
    "web.container": "[Container]\nImage=docker.io/library/a:1\n[Service]\nRestart=always\n"
    "[Install]\nWantedBy=default.target\n"
}
TEXTS = {
    **{suffix: f"[{kind.section}]\n" for suffix, kind in KINDS.items()},
    **{suffix: f"[{row.section or 'Unit'}]\n" for suffix, row in COMPANIONS.items()},
}
TEXTS |= {
    "container": BASE["web.container"],
    "image": "[Image]\nImage=docker.io/library/a:1\n",
    "build": "[Build]\nImageTag=localhost/a:1\nSetWorkingDirectory=https://e.example/a.git\n",
    "artifact": "[Artifact]\nArtifact=quay.io/a/b:1\n",
    "kube": "[Kube]\nYaml=/srv/a.yaml\n",
    "mount": "[Mount]\nWhat=tmpfs\nWhere=/n\n",
    "automount": "[Automount]\nWhere=/n\n",
    "quadlets": "# FileName=x\n[Volume]\n",
}
REFUSED, TAKEN, IGNORED = "refused", "taken", "ignored"
DIRECTORIES = ("", "sub/", "sub/deep/")
SUFFIXES = (*TEXTS,)


def _expected(folder: str, suffix: str) -> str:
    """What the documented rule says of a unit in a directory: companions are files there."""
    return REFUSED if folder and (suffix in KINDS or suffix == "quadlets") else TAKEN


CASES: dict[str, tuple[str, str]] = {
    f"{folder}n.{suffix}": (_expected(folder, suffix), TEXTS[suffix])
    for folder, suffix in itertools.product(DIRECTORIES, SUFFIXES)
}
CASES |= {
    "web.container.d/10.conf": (TAKEN, "[Container]\nReadOnly=true\n"),
    "web.container.d/10.conf.example": (IGNORED, "?"),
    "web.container.d/README": (IGNORED, "?"),
    "web.container.d/README.md": (IGNORED, "?"),
    "web.container.d/deep/10.conf": (IGNORED, "?"),
    "web.container.d/n.container": (IGNORED, "?"),
    "web.container.d/.conf.swp": (IGNORED, "?"),
    "web.container.d/10.conf.j2.orig": (IGNORED, "?"),
    "web.timer.d/README": (IGNORED, "?"),
    "container.d/README": (IGNORED, "?"),
    "other.container.d/10.conf": (REFUSED, "[Container]\nReadOnly=true\n"),
    "web-.container.d/10.conf": (REFUSED, "[Container]\nReadOnly=true\n"),
    "container.d/10.conf": (REFUSED, "[Container]\nReadOnly=true\n"),
    "timer.d/10.conf": (REFUSED, "[Timer]\nOnCalendar=daily\n"),
    "web.service.d/10.conf": (REFUSED, "[Service]\nRestart=no\n"),
    "sub/web.container.d/10.conf": (REFUSED, "[Container]\nReadOnly=true\n"),
    "sub/container.d/10.conf": (REFUSED, "[Container]\nReadOnly=true\n"),
    "sub/web.container.d/README": (IGNORED, "?"),
    "sub/web.timer.d/10.conf": (TAKEN, "?"),
    "conf/nginx.conf": (TAKEN, "?"),
    "conf.d/a.conf": (TAKEN, "?"),
    "README": (TAKEN, "?"),
    ".env": (TAKEN, "A=1\n"),
    ".fleet.d/x": (REFUSED, "?"),
    "n.container/x": (REFUSED, "?"),
    "a b.container": (REFUSED, TEXTS["container"]),
    ".n.container": (REFUSED, TEXTS["container"]),
    "n.container.bak": (TAKEN, "?"),
    "n.container~": (TAKEN, "?"),
    "web.container.j2": (REFUSED, TEXTS["container"]),
    "n.volume.j2": (TAKEN, "[Volume]\n"),
    "web.container.d/10.conf.j2": (TAKEN, "[Container]\nReadOnly=true\n"),
    "web.container.d/x.example.j2": (IGNORED, "{{ nowhere }}"),
    "conf/page.j2": (TAKEN, "?"),
}


@pytest.fixture
def action(tmp_path: pathlib.Path) -> ContentAction:
    """An action plugin of a task in that directory."""
    loader = DataLoader()
    loader.set_basedir(str(tmp_path))
    return ContentAction(
        Task(), t.cast(ConnectionBase, None), PlayContext(), loader, Templar(loader), None
    )


def _fill(top: pathlib.Path, texts: t.Mapping[str, str]) -> None:
    for path, text in texts.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)


def _deploy(action: ContentAction, top: pathlib.Path, path: str) -> str:
    """What a deployment of a directory makes of a path in it."""
    bare = path.removesuffix(".j2")
    try:
        args = gather_content(action, {"src": str(top)}, {})
        content = parse_content("app", args["units"], args["files"]) or {}
    except (AnsibleActionFail, QuadletError):
        return REFUSED
    return TAKEN if {bare, "x.volume"} & {*content} else IGNORED


def _lint_errors(action: ContentAction, top: pathlib.Path) -> list[str]:
    sources = read_sources(action, str(top), {})
    args = {"podman": None, "ignore": [], "rootless": False, "others": []}
    return [str(finding) for finding in _lint(sources, args) if finding.level == "error"]


@pytest.mark.parametrize(("path", "case"), CASES.items(), ids=CASES)
def test_lint_and_deployments_agree(
    action: ContentAction, tmp_path: pathlib.Path, path: str, case: tuple[str, str]
) -> None:
    expected, text = case
    _fill(tmp_path, {**BASE, path: text})
    assert _deploy(action, tmp_path, path) == expected
    errors = _lint_errors(action, tmp_path)
    assert bool(errors) == (expected == REFUSED), errors
    assert all(path.removesuffix(".j2").split("/")[-1] in error for error in errors), "it is named"


def test_a_tree_of_apps_has_none_within_another(
    action: ContentAction, tmp_path: pathlib.Path
) -> None:
    _fill(tmp_path, {"one/web.container": TEXTS["container"], "two/a/n.volume": "[Volume]\n"})
    assert _lint_errors(action, tmp_path) == []
    _fill(tmp_path, {"two/n.network": "[Network]\n"})
    [error] = _lint_errors(action, tmp_path)
    assert "two/a/n.volume" in error
    assert "(nested-unit)" in error


def test_what_is_ignored_is_not_even_rendered(
    action: ContentAction, tmp_path: pathlib.Path
) -> None:
    _fill(tmp_path, {**BASE, "web.container.d/x.conf.example.j2": "{{ nowhere }}"})
    args = gather_content(action, {"src": str(tmp_path)}, {})
    assert set(args["units"]) == {"web.container"}
    assert args["files"] == {}


@pytest.mark.parametrize("path", ["sub/n.container", "sub/n.quadlets", "a/b/n.pod.d/1.conf"])
def test_the_error_of_a_unit_in_a_subdirectory(path: str) -> None:
    with pytest.raises(QuadletError) as caught:
        source_part(path)
    assert str(caught.value).startswith(f"{path}: it is a unit in a subdirectory of an app")
    assert "move it up" in str(caught.value)
