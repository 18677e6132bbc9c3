"""Instances of templates that can't be."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import template_of
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.instances import (
    check_instances,
)

TEMPLATE, INSTANCE = Blob(b"[Container]\n"), Blob(b"w@.container", LINK)


@pytest.mark.parametrize(
    ("content", "version", "what"),
    [
        ({"w@.container": TEMPLATE, "w@a.container": INSTANCE}, (5, 0), None),
        ({"w@.container": TEMPLATE}, (4, 9), None),
        ({"w@a.container": TEMPLATE}, (4, 9), None),
        (
            {"w@.container": TEMPLATE, "w@a.container": INSTANCE},
            (4, 9),
            "w@a.container: instances of templates came with Podman 5.0, the host has 4.9",
        ),
        ({"w@a.container": INSTANCE}, (5, 4), "its template w@.container is no unit of the app"),
        (
            {"w@.container": INSTANCE, "w@a.container": INSTANCE},
            (5, 4),
            "its template w@.container is no unit of the app",
        ),
    ],
)
def test_instances(content: dict[str, Blob], version: tuple[int, ...], what: str | None) -> None:
    errors = check_instances(content, version)
    assert bool(errors) is bool(what)
    assert (what or "") in "\n".join(map(str, errors))


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("w@a.container", "w@.container"),
        ("w@a.b.container", "w@.container"),
        ("w@a@b.container", "w@.container"),
        ("w@.container", None),
        ("w.container", None),
        ("@a.container", None),
    ],
)
def test_the_template_of_a_name(name: str, template: str | None) -> None:
    assert template_of(name) == template
