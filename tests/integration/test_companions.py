"""Timers, sockets, targets and paths of systemd's own, installed with an app."""

from __future__ import annotations

import pytest

from tests.integration.support.apps import WEB, App, Result, Scope, container, next_port
from tests.integration.support.hosts import IMAGE, differences

JOB = f"[Container]\nImage={IMAGE}\nExec=sh -c 'echo done by hand'\n\n[Service]\nType=oneshot\n"
TIMER = "[Timer]\nOnCalendar=*-01-01\n\n[Install]\nWantedBy=timers.target\n"
BACKUP = {"backup.container": JOB, "backup.timer": TIMER}


def _socket(port: int, more: str = "") -> str:
    return (
        f"[Socket]\nListenStream=127.0.0.1:{port}\n{more}\n[Install]\nWantedBy=sockets.target\n"
    )


# What a socket hands over is passed on to a web server in a container of the same app.
def _proxied(app: App, port: int, inner: int) -> dict[str, str]:
    service = app.service("web")
    return {
        "web": container(f"PublishPort=127.0.0.1:{inner}:8080", exec_=WEB).partition("[Install]")[0],
        "front.socket": _socket(port),
        "front.service": f"[Unit]\nRequires={service}\nAfter={service}\n\n"
        f"[Service]\nExecStart=/usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:{inner}\n",
    }


def _is(app: App, verb: str, name: str) -> str:
    line = f"systemctl {app.scope.flags} is-{verb} {app.name}-{name}"
    return app.host.try_ssh(app.scope.command(line)).stdout.strip()


def test_a_timer_for_a_one_shot_container(app: App) -> None:
    result = app.deployed(BACKUP)
    timer, service = f"{app.name}-backup.timer", app.service("backup")
    assert result.actions == {timer: "start", f"{app.name}-backup.container": "write"}, result
    assert _is(app, "active", "backup.timer") == "active"
    assert _is(app, "enabled", "backup.timer") == "enabled"
    assert app.states("backup") == {"backup": "loaded inactive"}
    assert app.ids("backup") == {"backup": ""}
    assert result["services"][timer]["active"] == "active"
    owner, mode = app.host.ssh(f"stat -c '%U %a' {app.companion('backup.timer')}").split()
    assert (owner, mode) == (app.scope.owner, "644")
    assert app.scope.show(service, "TriggeredBy") == timer
    assert app.host.exists(f"{app.scope.systemd_dir}/timers.target.wants/{timer}")
    assert app.host.try_ssh(f"ls -A {app.scope.systemd_dir} | grep quadlet.fleet").stdout == ""
