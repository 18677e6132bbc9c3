"""What info tells of an app that is not as it was deployed, in Podman's storage too."""

from __future__ import annotations

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import IMAGE


def _drift(app: App) -> list[str]:
    shown = app.scope.call("info", apps=[app.name], user=app.scope.options.get("user", "root")).ok()
    (row,) = shown["apps"]
    return list(row["drift"])


def test_an_image_that_moved_on_the_host(app: App) -> None:
    image = f"localhost/{app.name}:1"
    app.scope.ssh(f"podman pull -q {IMAGE}")
    app.scope.ssh(f"podman tag {IMAGE} {image}")
    app.deployed({"web": container().replace(IMAGE, image)})
    assert _drift(app) == []
    app.scope.ssh("podman pull -q registry.test:5000/nginx:1")
    app.scope.ssh(f"podman tag registry.test:5000/nginx:1 {image}")
    assert _drift(app) == [
        f"{app.service('web')} runs an older image than {image} is on the host now"
    ]
    app.scope.ssh(f"podman untag registry.test:5000/nginx:1 {image}")


def test_a_network_that_was_removed(app: App) -> None:
    app.deployed({"n.network": "[Network]\n", "web": container()})
    assert _drift(app) == []
    network = f"systemd-{app.name}-n"
    app.scope.ssh(f"podman network rm {network}")
    assert _drift(app) == [f"{app.name}-n-network.service is up, but its network {network} is gone"]
