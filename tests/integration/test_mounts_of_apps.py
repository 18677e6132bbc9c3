"""Mounts as companions; the order of apps by their references; variables of the manager."""

from __future__ import annotations

import typing as t

from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.hosts import differences


def _mount(where: str, size: str) -> str:
    return f"[Mount]\nWhat=tmpfs\nWhere={where}\nType=tmpfs\nOptions=size={size}\n"


def _item(app: App, units: t.Mapping[str, str]) -> dict[str, t.Any]:
    return {"name": app.name, "gate": {"stable": 0}, "units": units}


def test_a_mount_from_first_to_last(system_app: App, alice: Scope) -> None:
    app, host = system_app, system_app.host
    where, web = f"/srv/{app.name}", app.service("web")
    mount = f"srv-{app.name}.mount"
    units = {
        app.unit("web"): container(f"Volume={where}:/data"),
        mount: _mount(where, "1m"),
    }
    first = app.scope.call("app", **_item(app, units)).ok()
    assert first.actions == {mount: "start", web: "start"}
    assert first["services"][mount]["active"] == "active"
    assert mount in app.scope.show(web, "Requires").split()
    assert host.ssh(f"stat -f -c %T {where}") == "tmpfs"
    before = host.look()
    assert not app.scope.call("app", **_item(app, units)).ok().changed
    assert differences(before, host.look()) == []

    changed = app.scope.call("app", **_item(app, {**units, mount: _mount(where, "2m")})).ok()
    assert changed.actions == {mount: "restart", web: "restart"}
    assert "size=2048k" in host.ssh(f"findmnt -n -o OPTIONS {where}")
    # A release that can't be mounted is undone: mounted and running as before.
    broken = _mount(where, "2m").replace("Type=tmpfs", "Type=nosuchfs")
    refused = app.scope.call("app", **_item(app, {**units, mount: broken}))
    assert mount in refused.refused()
    assert refused["rolled_back"] is True
    assert "size=2048k" in host.ssh(f"findmnt -n -o OPTIONS {where}")
    assert app.runs("web")

    wrong = app.scope.call("app", **_item(app, {"data.mount": _mount(where, "1m")})).refused()
    assert f"systemd takes it under the name {mount} alone" in wrong
    theirs = alice.call("app", name=app.name, units={mount: _mount(where, "1m")}).refused()
    assert "a user's manager can't start a .mount unit" in theirs
    gone = app.scope.call("app", name=app.name, state="absent").ok()
    assert gone.actions == {mount: "remove", web: "remove"}
    assert host.ssh(f"findmnt -n {where} || echo none") == "none"
    assert not host.exists(f"/etc/systemd/system/{mount}")


def test_apps_are_ordered_by_their_references(system: Scope) -> None:
    """The user of a network, and the member of a chain, stand first in the list."""
    net, web, front = system.app(), system.app(), system.app()
    after = f"\n[Unit]\nRequires={web.service('w')}\nAfter={web.service('w')}\n"
    items = [
        _item(front, front.units({"f": container(more=after)})),
        _item(web, web.units({"w": container(f"Network={net.unit('n', 'network')}")})),
        _item(net, net.units({"n.network": "[Network]\n"})),
    ]
    try:
        result = system.call("apps", apps=items).ok()
        rows = {row["name"]: Result(row) for row in result["apps"]}
        assert [row["name"] for row in result["apps"]] == [front.name, web.name, net.name]
        assert rows[net.name]["waited_for"] == []
        assert [row["app"] for row in rows[web.name]["waited_for"]] == [net.name]
        assert web.name in [row["app"] for row in rows[front.name]["waited_for"]]
        assert all((front.runs("f"), web.runs("w")))
        assert not system.call("apps", apps=items, parallel=1).ok().changed
    finally:
        for app in (front, web, net):
            app.remove()


def test_a_variable_of_the_manager(alice: Scope) -> None:
    app, folder = alice.app(), "/home/alice/.config/environment.d"
    units = {"web": container("Environment=A=${FLEET_TEST}", "Environment=B=${FLEET_NONE}")}
    try:
        alice.ssh(f"mkdir -p {folder}")
        alice.host.ssh(f"echo FLEET_TEST=1 >{folder}/fleet-test.conf")
        alice.systemctl("daemon-reload")
        result = app.deployed(units)
        found = [row["message"] for row in result["lint"] if row["rule"] == "unset-variable"]
        assert len(found) == 1
        assert "'FLEET_NONE', which neither [Service] nor the manager's environment" in found[0]
    finally:
        app.remove()
        alice.host.ssh(f"rm -f {folder}/fleet-test.conf")
        alice.systemctl("daemon-reload")
