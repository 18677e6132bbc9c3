"""What Podman's commands printed on test hosts, as data."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.podman_output import (
    is_missing_object,
    parse_containers,
    parse_images,
    parse_made_at,
    parse_objects,
    parse_version,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.conflicts import (
    Container,
)
from tests.unit.support import recorded_podman as podman

on_each_release = pytest.mark.parametrize("release", podman.RELEASES)


def _said(release: str, command: str) -> str:
    said = podman.read_recorded(release, command)
    assert said.status == 0, said.err
    return said.out


def _by_name(text: str) -> dict[str, Container]:
    return {container.name: container for container in parse_containers(text)}


@on_each_release
def test_a_version(release: str) -> None:
    parsed = parse_version(_said(release, podman.VERSION))
    assert parsed
    numbers, text = parsed
    assert len(numbers) == 3
    assert text == ".".join(map(str, numbers))
    assert text.startswith(f"{release}.")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("podman version 4.9.4-rhel", ((4, 9, 4), "4.9.4")),
        ("podman version 5.0", ((5, 0, 0), "5.0")),
        ("podman version 6.1.0-dev", ((6, 1, 0), "6.1.0")),
        ("podman", None),
        ("", None),
    ],
)
def test_other_versions(text: str, version: tuple[tuple[int, ...], str] | None) -> None:
    assert parse_version(text) == version


@on_each_release
@pytest.mark.parametrize(
    ("name", "health", "service"),
    [
        ("shop-web", None, ""),
        ("plain", None, ""),
        ("healthy", "healthy", "healthy.service"),
        ("sick", "unhealthy", ""),
        ("fresh", "starting", ""),
        ("created", None, ""),
    ],
)
def test_containers(release: str, name: str, health: str | None, service: str) -> None:
    container = _by_name(_said(release, podman.PS))[name]
    assert (container.health, container.service, container.pod) == (health, service, "")
    assert container.image == podman.IMAGE
    assert len(container.image_id) == 64


@on_each_release
def test_the_infra_container_alone_stands_for_its_pod(release: str) -> None:
    pods = [c.pod for c in parse_containers(_said(release, podman.PS)) if c.pod]
    assert pods == ["shop"]


@on_each_release
@pytest.mark.parametrize("command", [podman.ON_NETWORK, podman.WITH_VOLUME])
def test_users_of_an_object(release: str, command: str) -> None:
    assert list(_by_name(_said(release, command))) == ["plain"]


@on_each_release
@pytest.mark.parametrize("command", [podman.ON_NO_NETWORK, podman.WITH_NO_VOLUME])
def test_no_users_of_a_missing_object(release: str, command: str) -> None:
    assert parse_containers(_said(release, command)) == []


@pytest.mark.parametrize("text", ["", "null", "[]"])
def test_no_containers(text: str) -> None:
    assert parse_containers(text) == []


@on_each_release
@pytest.mark.parametrize(
    ("kind", "command", "name"),
    [("network", podman.NETWORKS, "front"), ("volume", podman.VOLUMES, "data")],
)
def test_existing_objects_beside_a_missing_one(
    release: str, kind: str, command: str, name: str
) -> None:
    said = podman.read_recorded(release, command)
    assert said.status != 0
    assert is_missing_object(said.err)
    rows = parse_objects(said.out, kind)
    assert list(rows) == [name]
    assert parse_made_at(rows[name], kind) > 1_600_000_000


@pytest.mark.parametrize("text", ["", "null", "[]\n"])
def test_no_objects(text: str) -> None:
    assert parse_objects(text, "volume") == {}


@pytest.mark.parametrize("message", ["", "Error: permission denied"])
def test_another_error_says_nothing_of_an_object(message: str) -> None:
    assert not is_missing_object(message)


@on_each_release
def test_images(release: str) -> None:
    images = parse_images(_said(release, podman.IMAGES))
    repository = podman.IMAGE.rpartition(":")[0]
    digests = [name for name in images if name.startswith(f"{repository}@sha256:")]
    assert len(digests) == 1
    assert images[digests[0]] == images[podman.IMAGE]
    assert len(images[podman.IMAGE]) == 64


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '[{"Id": "a", "Names": null, "RepoDigests": null}]']
)
def test_no_images(text: str) -> None:
    assert parse_images(text) == {}
