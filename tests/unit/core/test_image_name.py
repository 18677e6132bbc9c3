# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of images: one grammar for archives, drift, tags and lint."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.info.drift import (
    Storage,
    find_storage_drift,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.image_name import (
    ImageName,
    full_name,
    parse_image_name,
    stored_name,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.manifest import (
    ServiceRecord,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.conflicts import (
    Container,
)

NAMES = {
    "nginx": "docker.io/library/nginx:latest",
    "nginx:1": "docker.io/library/nginx:1",
    "library/nginx:1": "docker.io/library/nginx:1",
    "docker.io/nginx:1": "docker.io/library/nginx:1",
    "docker.io/library/nginx:1": "docker.io/library/nginx:1",
    "index.docker.io/nginx:1": "docker.io/library/nginx:1",
    "bitnami/redis": "docker.io/bitnami/redis:latest",
    "docker.io/bitnami/redis": "docker.io/bitnami/redis:latest",
    "reg.example/a/b": "reg.example/a/b:latest",
    "reg.example/nginx": "reg.example/nginx:latest",
    "reg:5000/a": "reg:5000/a:latest",
    "Reg/a": "Reg/a:latest",
    "localhost/a:1": "localhost/a:1",
    "localhost/a": "localhost/a:latest",
    "reg.example/a@sha256:00": "reg.example/a@sha256:00",
    "reg.example/a:1@sha256:00": "reg.example/a:1@sha256:00",
    "nginx@sha256:00": "docker.io/library/nginx@sha256:00",
}


@pytest.mark.parametrize(("name", "full"), NAMES.items())
def test_full_names(name: str, full: str) -> None:
    assert full_name(name) == full
    assert full_name(full) == full


@pytest.mark.parametrize("name", NAMES)
def test_parts_make_the_name_again(name: str) -> None:
    registry, path, tag, digest = parse_image_name(name)
    parts = [f"{registry}/" if registry else "", path, f":{tag}" if tag else ""]
    assert "".join([*parts, f"@{digest}" if digest else ""]) == name


def test_a_short_name_has_no_registry() -> None:
    assert parse_image_name("a/b:1") == ImageName("", "a/b", "1", "")
    assert not parse_image_name("a/b:1").is_full


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("docker.io/nginx:1", "docker.io/library/nginx:1"),
        ("registry:5000/a", "registry:5000/a:latest"),
        ("nginx", ""),
        ("library/nginx:1", ""),
        ("x.io/%i:1", ""),
        ("x.io/a:${TAG}", ""),
        ("", ""),
    ],
)
def test_names_as_the_storage_has_them(name: str, stored: str) -> None:
    assert stored_name(name) == stored


ALIASES = [name for name, full in NAMES.items() if full == "docker.io/library/nginx:1"]


@pytest.mark.parametrize("declared", ALIASES)
def test_another_spelling_of_a_name_is_no_drift(declared: str) -> None:
    full = full_name(declared)
    running = Container("systemd-web", "web.service", "", full, "1")
    storage = Storage(containers={"web.service": running}, images={full: "1"})
    services = {"web.service": ServiceRecord("web.container")}
    states = {"web.service": State(load="loaded", active="active", sub="running")}
    assert find_storage_drift(services, states, {"web.service": declared}, storage) == []
