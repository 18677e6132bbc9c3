"""Names that an app would take from something else."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import State
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.conflicts import (
    Container,
    ForeignFile,
    container_conflicts,
    file_conflicts,
    find_masked,
    service_conflicts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import Service
from tests.unit.support.together import together

UNITS = "/etc/containers/systemd"
APP = f"{UNITS}/app"


def _service(name: str, source: str, *objects: str) -> Service:
    return Service(f"{name}.service", source, (), (), False, objects, False, "")


# Masks


@together("load", ["loaded", "not-found", "bad-setting", "masked"])
@together("moved", [(), ("a.service",)])
@together("reload", [False, True])
def test_a_masked_service_is_known_before(load: str, moved: tuple[str, ...], reload: bool) -> None:
    states = {"a.service": State(load=load), "other.service": State(load="masked")}
    errors = find_masked(["a.service", "b.service"], states, moved, reload=reload, user=True)
    expected = load == "masked" and (reload or bool(moved))
    assert [error.where for error in errors] == (["a.service"] if expected else [])
    for error in errors:
        assert "systemctl --user unmask a.service" in (error.remedy or "")


# Files


@pytest.mark.parametrize(
    ("other", "owner", "remedy"),
    [
        (ForeignFile("web.container", f"{UNITS}/web.container", None), "no app", "adopt: true"),
        (ForeignFile("web.container", f"{UNITS}/b/web.container", "b"), "app 'b'", "Rename one"),
    ],
    ids=["no app's", "another app's"],
)
def test_a_file_name_is_there_once(other: ForeignFile, owner: str, remedy: str) -> None:
    errors = file_conflicts(["web.container", "db.volume"], [other])
    assert [error.where for error in errors] == ["web.container"]
    assert other.path in errors[0].what
    assert f"owned by {owner}" in errors[0].what
    assert remedy in (errors[0].remedy or "")


@pytest.mark.parametrize("name", ["db.container", "web.pod", "Web.container", "web.container.d"])
def test_other_file_names_are_fine(name: str) -> None:
    assert file_conflicts(["web.container"], [ForeignFile(name, f"{UNITS}/{name}", None)]) == []


def test_every_file_conflict_is_told() -> None:
    others = [ForeignFile(name, f"/x/{name}", "x") for name in ("a.pod", "b.pod", "c.pod")]
    errors = file_conflicts(["c.pod", "a.pod"], others)
    assert [error.where for error in errors] == ["a.pod", "c.pod"]


# Services and what they make

SHARED = {
    "two units, one service": (
        [_service("web", f"{APP}/web.container"), _service("web", f"{APP}/web.kube")],
        "web.kube and web.container both make the service 'web.service'",
        "ServiceName",
    ),
    "a pod and a container": (
        [_service("x-pod", f"{APP}/x.pod"), _service("x-pod", f"{APP}/x-pod.container")],
        "x-pod.container and x.pod both make the service 'x-pod.service'",
        "ServiceName",
    ),
    "another app's service": (
        [_service("web", f"{APP}/web.container"), _service("web", f"{UNITS}/b/web.kube")],
        f"web.container and {UNITS}/b/web.kube both make the service 'web.service'",
        "ServiceName",
    ),
    "another app's service, found first": (
        [_service("web", f"{UNITS}/b/web.kube"), _service("web", f"{APP}/web.container")],
        f"web.container and {UNITS}/b/web.kube both make the service 'web.service'",
        "ServiceName",
    ),
    "one container name": (
        [_service("a", f"{APP}/a.container", "db"), _service("b", f"{APP}/b.container", "db")],
        "b.container and a.container both make the container or pod 'db'",
        "ContainerName",
    ),
    "a pod's and a container's name": (
        [_service("a-pod", f"{APP}/a.pod", "i", "x"), _service("b", f"{APP}/b.container", "x")],
        "b.container and a.pod both make the container or pod 'x'",
        "PodName",
    ),
    "an infra container's name": (
        [_service("a-pod", f"{APP}/a.pod", "i", "x"), _service("b", f"{APP}/b.container", "i")],
        "b.container and a.pod both make the container or pod 'i'",
        "ContainerName",
    ),
    "another app's container name": (
        [_service("z", f"{UNITS}/z.container", "db"), _service("a", f"{APP}/a.container", "db")],
        f"a.container and {UNITS}/z.container both make the container or pod 'db'",
        "ContainerName",
    ),
}


@pytest.mark.parametrize(("services", "what", "remedy"), SHARED.values(), ids=SHARED)
def test_shared_names(services: list[Service], what: str, remedy: str) -> None:
    errors = service_conflicts(services, (APP,))
    assert len(errors) == 1
    assert errors[0].what.startswith(what)
    assert remedy in (errors[0].remedy or "")


FINE = {
    "different names": [
        _service("a", f"{APP}/a.container", "x"),
        _service("b", f"{APP}/b.container", "y"),
    ],
    "a service called like a container": [
        _service("a", f"{APP}/a.container", "b.service"),
        _service("b", f"{APP}/b.container", "a"),
    ],
    "both elsewhere": [
        _service("a", f"{UNITS}/b/a.container", "x"),
        _service("a", f"{UNITS}/c/a.kube", "x"),
    ],
    "an app whose name begins alike": [
        _service("a", f"{APP}-2/a.container", "x"),
        _service("a", f"{APP}-2/a.kube", "x"),
    ],
    "one service, its pod and infra": [_service("a-pod", f"{APP}/a.pod", "i", "x")],
}


@pytest.mark.parametrize("services", FINE.values(), ids=FINE)
def test_no_shared_names(services: list[Service]) -> None:
    assert service_conflicts(services, (APP,)) == []


# Containers that Podman has

WEB = _service("web", f"{APP}/web.container", "systemd-web")
POD = _service("p-pod", f"{APP}/p.pod", "systemd-p-infra", "systemd-p")


@pytest.mark.parametrize(
    ("service", "container", "owner"),
    [
        (WEB, Container("systemd-web", "", ""), "made outside of Quadlet"),
        (WEB, Container("systemd-web", "old.service", ""), "of old.service"),
        (POD, Container("systemd-p", "", ""), "made outside of Quadlet"),
        (POD, Container("other-infra", "", "systemd-p"), "made outside of Quadlet"),
        (POD, Container("systemd-p-infra", "x-pod.service", "x"), "of x-pod.service"),
    ],
    ids=["by hand", "another service", "pod's name", "a pod by hand", "another pod's infra"],
)
def test_a_container_has_the_name(service: Service, container: Container, owner: str) -> None:
    errors = container_conflicts([service], [container])
    assert len(errors) == 1
    assert errors[0].where == service.unit
    assert f"a container {owner}" in errors[0].what
    assert "Remove that container" in (errors[0].remedy or "")


@pytest.mark.parametrize(
    ("service", "container"),
    [
        (WEB, Container("systemd-web", "web.service", "")),
        (WEB, Container("other", "", "")),
        (WEB, Container("", "", "")),
        (POD, Container("systemd-p-infra", "p-pod.service", "systemd-p")),
        (POD, Container("member", "member.service", "")),
    ],
    ids=["its own", "another", "nameless", "its own infra", "a container in the pod"],
)
def test_the_name_is_free(service: Service, container: Container) -> None:
    assert container_conflicts([service], [container]) == []
