"""What runs outside of Quadlet is found, by the one whose it is; looking changes nothing."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.integration.support.apps import App, Result, container
from tests.integration.support.hosts import IMAGE, differences

COMPOSE = f"""services:
  web:
    image: {IMAGE}
    command: sleep 1d
    stop_grace_period: 0s
    env_file: web.env
    environment: {{GIVEN: "${{GIVEN}}", EVIL: "{{{{ lookup('pipe', 'touch /root/evil') }}}}"}}
    volumes: ["./site.conf:/site.conf:ro", "data:/data"]
volumes: {{data: {{}}}}
"""
WRITES = "echo x >/anonymous/f; mkdir /state; echo y >/state/f; echo z >/run/z; sleep 1d"


def _seed(app: App) -> str:
    """A container, one of a generated unit, a project, and traps; the project's directory."""
    scope, name = app.scope, app.name
    home = {"root": "/root"}.get(scope.owner, f"/home/{scope.owner}")
    top = f"{home}/{name}"
    labels = {
        "project": name,
        "service": "web",
        "project.working_dir": top,
        "project.config_files": "compose.yaml",
    }
    shown = " ".join(f"--label com.docker.compose.{key}={value}" for key, value in labels.items())
    run = f"podman run -d --stop-timeout 0 {{}} {IMAGE} "
    files = {
        "compose.yaml": COMPOSE,
        "web.env": "A=1\n",
        ".env": "GIVEN=given\n",
        "site.conf": "site\n",
    }
    scope.host.ssh(f"mkdir -p {top}; chown {scope.owner}: {top}")
    for path, text in files.items():
        scope.host.write(f"{top}/{path}", text, owner=scope.owner)
    scope.ssh(f"mkdir -p {scope.systemd_dir}")
    scope.ssh(
        "sh -c '"
        + " && ".join(
            [
                run.format(f"--name {name}-plain -v /anonymous -e PW=secret") + f'sh -c "{WRITES}"',
                run.format(f"--name {name}-web-1 {shown}") + "sleep 1d",
                f"podman create --name {name}-unit -v {name}:/data {IMAGE} sleep 1d",
                f"cd {scope.systemd_dir}",
                f"podman generate systemd --files --new --name {name}-unit 2>/dev/null",
                f"podman rm {name}-unit",
                f"mkfifo {name}-fifo.service {top}/compose.override.yaml",
                f"ln -s /etc/shadow {name}-shadow.service",
            ]
        )
        + "'"
    )
    return top


def _clean(app: App, top: str) -> None:
    name = app.name
    app.scope.ssh(
        f"sh -c 'podman rm -fv -t 0 {name}-plain {name}-web-1; podman volume rm -f {name}'"
    )
    app.host.ssh(f"rm -rf {top} {app.scope.systemd_dir}/*{name}*")


def _apps(app: App, result: Result) -> dict[str, dict[str, t.Any]]:
    return {row["name"]: row for row in result["apps"] if row["name"].startswith(app.name)}


@pytest.mark.scope("alice")
def test_what_runs_outside_of_quadlet(app: App) -> None:
    """A container, a unit and a project are found, which can be deployed; a service of Quadlet's
    is not.
    """
    app.deployed({"quadlet": container()})
    top = _seed(app)
    try:
        before = app.host.look()
        user = app.scope.options.get("user", "root")
        result = app.scope.call("discover", user=user).ok()
        preview = app.scope.call("discover", ["--check"], user=user).ok()
        assert differences(before, app.host.look()) == []
    finally:
        _clean(app, top)
    assert not result.changed
    apps = _apps(app, result)
    assert _apps(app, preview) == apps
    owner = app.scope.options.get("user")
    kinds = {name.removeprefix(f"{app.name}-"): row["source"] for name, row in apps.items()}
    assert kinds == {app.name: "compose", "unit": "systemd", "plain": "inspect"}
    assert all(row["app"] and row["user"] == owner for row in apps.values())
    containers = {row["name"]: row for row in result["containers"]}
    assert f"systemd-{app.name}-quadlet" not in containers
    plain = containers[f"{app.name}-plain"]
    assert plain["changed_files"] == [{"path": "/state/f", "change": "added"}]
    assert [(v["target"], v["anonymous"], v["bytes"]) for v in plain["volumes"]] == [
        ("/anonymous", True, 2)
    ]
    assert len(apps[f"{app.name}-plain"]["lost"]) == 2
    web = apps[app.name]["app"]["units"]["web.container"]["Container"]
    assert web["Environment"]["GIVEN"] == "given"
    assert web["Environment"]["A"] == "1"
    assert web["Environment"]["EVIL"].startswith("{{ lookup(")
    assert apps[app.name]["app"]["files"]["site.conf"]["content"] == "site\n"
    assert "root:" not in json.dumps(result)
    _deploy(app, apps[app.name]["app"])


def _deploy(app: App, found: dict[str, t.Any]) -> None:
    """The app of a project, in the place of its containers."""
    name = {"name": f"{app.name}-project"}
    given = {**found, **name, "gate": {"stable": 0}}
    try:
        assert app.scope.call("app", **given).ok().changed
        assert not app.scope.call("app", **given).ok().changed
        assert app.scope.inside("systemd-web", "cat /site.conf; echo $A") == "site\n1"
    finally:
        app.scope.call("app", **name, state="absent").ok()
        app.scope.ssh(f"podman volume rm -f {app.name}_data")
