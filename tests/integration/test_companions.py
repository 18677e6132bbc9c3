"""Timers, sockets, targets and paths of systemd's own, installed with an app."""

from __future__ import annotations

import pytest

from tests.integration.support.apps import App, Scope, container, next_port
from tests.integration.support.hosts import IMAGE, Host, differences

JOB = f"[Container]\nImage={IMAGE}\nExec=sh -c 'echo done by hand'\n\n[Service]\nType=oneshot\n"
TIMER = "[Timer]\nOnCalendar=*-01-01\n\n[Install]\nWantedBy=timers.target\n"
BACKUP = {"backup.container": JOB, "backup.timer": TIMER}


TARGET = "[Unit]\nDescription=%s\n\n[Install]\nWantedBy=default.target\n"
PYTHON = "registry.test:5000/python:1"
# A web server on the socket that systemd hands over.
SERVER = (
    "python3 -c \"import socket, http.server as h; s = h.HTTPServer(('', 0), "
    "h.SimpleHTTPRequestHandler, bind_and_activate=False); "
    's.socket = socket.socket(fileno=3); s.serve_forever()"'
)
LISTENING = f"[Container]\nImage={PYTHON}\nExec={SERVER}\nNetwork=none\nStopTimeout=1\n"


def _socket(*ports: int) -> str:
    lines = "".join(f"ListenStream=127.0.0.1:{port}\n" for port in ports)
    return f"[Socket]\n{lines}\n[Install]\nWantedBy=sockets.target\n"


def _is(app: App, verb: str, name: str) -> str:
    line = f"systemctl {app.scope.flags} is-{verb} {app.name}-{name}"
    return app.host.try_ssh(app.scope.command(line)).stdout.strip()


def _answers(app: App, port: int) -> bool:
    return app.host.try_ssh(f"curl -sf --max-time 20 http://127.0.0.1:{port}/").returncode == 0


def _leftovers(app: App) -> str:
    found = f"find {app.scope.systemd_dir} -name '{app.name}-*' -o -name '.quadlet*'"
    return app.host.try_ssh(found).stdout.strip()


@pytest.mark.scope("system")
def test_a_timer_for_a_one_shot_container(app: App) -> None:
    timer, service = f"{app.name}-backup.timer", app.service("backup")
    foreseen = app.deploy(BACKUP, arguments=["--check"]).ok()
    assert _leftovers(app) == ""
    result = app.deployed(BACKUP)
    assert foreseen["plan"] == result["plan"]
    assert result.actions == {timer: "start", service: "write"}
    assert _is(app, "active", "backup.timer") == "active"
    assert _is(app, "enabled", "backup.timer") == "enabled"
    assert app.ids("backup") == {"backup": ""}, "the timer starts it, not the run"
    assert result["services"][timer]["active"] == "active"
    stat = app.host.ssh(f"stat -c '%U %a' {app.companion('backup.timer')}")
    assert stat.split() == [app.scope.owner, "644"]
    assert app.scope.show(service, "TriggeredBy") == timer
    assert f"{app.scope.systemd_dir}/timers.target.wants/{timer}" in _leftovers(app)

    before = app.host.look()
    again = app.deployed(BACKUP)
    assert differences(before, app.host.look()) == []
    assert not again.changed
    assert again["plan"] == []


@pytest.mark.scope("system")
def test_what_a_timer_started_stays_as_it_is(app: App) -> None:
    timer = "[Timer]\nOnActiveSec=500ms\nAccuracySec=100ms\n\n[Install]\nWantedBy=timers.target\n"
    job = JOB.replace("echo done by hand", "sleep 4")
    app.deployed({"backup.container": job, "backup.timer": timer})
    app.host.wait(
        app.scope.command(
            f"systemctl {app.scope.flags} show -pActiveState --value "
            f"{app.service('backup')} | grep activating"
        )
    )
    before = app.ids("backup")
    assert before != {"backup": ""}
    assert not app.deployed({"backup.container": job, "backup.timer": timer}).changed
    changed = {"backup.container": job.replace("sleep 4", "sleep 5"), "backup.timer": timer}
    result = app.deployed(changed)
    assert result.actions == {app.service("backup"): "write"}
    assert app.ids("backup") == before, "a job that runs is not interrupted"
    assert not app.deployed(changed).changed


@pytest.mark.scope("system")
def test_a_changed_timer_is_restarted(app: App) -> None:
    timer = f"{app.name}-backup.timer"
    app.deployed(BACKUP)
    result = app.deployed({**BACKUP, "backup.timer": TIMER.replace("01-01", "02-02")})
    assert result.actions == {timer: "restart"}
    assert "changed (OnCalendar)" in result.reasons(timer)
    assert "-02-02" in app.scope.show(timer, "NextElapseUSecRealtime")
    assert app.ids("backup") == {"backup": ""}


@pytest.mark.scope("alice")
def test_a_drop_in_of_a_timer(app: App) -> None:
    timer = f"{app.name}-backup.timer"
    with_it = {**BACKUP, "backup.timer.d/10-x.conf": "[Timer]\nOnCalendar=*-03-03\n"}
    app.deployed(BACKUP)
    result = app.deployed(with_it)
    assert result.actions == {timer: "restart"}
    assert "03-03" in app.scope.show(timer, "TimersCalendar")
    assert not app.deployed(with_it).changed
    assert app.deployed(BACKUP).actions[timer] == "restart"
    assert "03-03" not in app.scope.show(timer, "TimersCalendar")
    assert not app.host.exists(app.companion("backup.timer.d"))


@pytest.mark.scope("alice")
def test_one_that_someone_disabled_is_enabled_again(app: App) -> None:
    timer = f"{app.name}-backup.timer"
    app.deployed(BACKUP)
    app.scope.systemctl(f"disable {timer}")
    shown = app.scope.call("info", apps=[app.name]).ok()["apps"][0]
    assert f"{timer} is disabled" in shown["drift"]
    assert shown["services"][timer]["active"] == "active"
    assert {timer, app.unit("backup")} <= set(shown["units"])
    foreseen = app.deploy(BACKUP, arguments=["--check"]).ok()
    assert _is(app, "enabled", "backup.timer") == "disabled"
    result = app.deployed(BACKUP)
    assert foreseen["plan"] == result["plan"]
    assert result.actions == {timer: "enable"}
    assert result.reasons(timer) == "is disabled"
    assert _is(app, "enabled", "backup.timer") == "enabled"
    assert not app.deployed(BACKUP).changed

    app.scope.systemctl(f"disable --now {timer}")
    result = app.deployed(BACKUP)
    assert result.actions == {timer: "start"}
    assert result.reasons(timer) == "is not running; is disabled"
    assert _is(app, "enabled", "backup.timer") == "enabled"


@pytest.mark.scope("system")
def test_without_install_it_is_disabled_and_still_runs(app: App) -> None:
    app.deployed(BACKUP)
    bare = {**BACKUP, "backup.timer": TIMER.partition("[Install]")[0]}
    app.deployed(bare)
    assert _is(app, "enabled", "backup.timer") == "static"
    assert _is(app, "active", "backup.timer") == "active"
    assert "wants" not in _leftovers(app)
    assert not app.deployed(bare).changed


@pytest.mark.scope("system")
def test_a_moved_install_moves_its_link(app: App) -> None:
    app.deployed(BACKUP, state="present")
    moved = {**BACKUP, "backup.timer": TIMER.replace("timers.target", "default.target")}
    result = app.deployed(moved, state="present")
    assert result.actions == {f"{app.name}-backup.timer": "enable"}
    assert "default.target.wants" in _leftovers(app)
    assert "timers.target.wants" not in _leftovers(app)


@pytest.mark.scope("system")
def test_stopped_stops_a_timer_and_keeps_it_enabled(app: App) -> None:
    app.deployed(BACKUP)
    result = app.deployed(BACKUP, state="stopped")
    assert result.actions == {f"{app.name}-backup.timer": "stop"}
    assert _is(app, "active", "backup.timer") == "inactive"
    assert _is(app, "enabled", "backup.timer") == "enabled"
    assert not app.deployed(BACKUP, state="stopped").changed
    assert app.run().ok().actions == {f"{app.name}-backup.timer": "start"}


@pytest.mark.scope("system")
def test_pruned_and_absent(app: App) -> None:
    app.deployed({**BACKUP, "all.target": TARGET % "all", "low.slice": "[Slice]\nCPUWeight=10\n"})
    timer = f"{app.name}-backup.timer"
    result = app.deployed({"backup.container": JOB + "\n[Install]\nWantedBy=default.target\n"})
    assert result.actions[timer] == "remove"
    assert _leftovers(app) == ""
    assert app.scope.states(timer) == {timer: "not-found inactive"}

    app.deployed(BACKUP)
    assert app.run(state="absent").ok().actions[timer] == "remove"
    assert _leftovers(app) == ""
    assert app.scope.states(timer) == {timer: "not-found inactive"}
    assert f"{app.name}-" not in app.scope.systemctl("list-units --failed --plain --no-legend")


@pytest.mark.scope("alice")
def test_the_link_of_a_timer_goes_even_if_its_file_is_gone(app: App) -> None:
    app.deployed(BACKUP)
    app.host.ssh(f"rm {app.companion('backup.timer')}")
    app.run(state="absent").ok()
    assert _leftovers(app) == ""


@pytest.mark.scope("system")
def test_a_container_that_a_connection_starts(app: App) -> None:
    port, other = next_port(), next_port()
    units = {"web": LISTENING, "web.socket": _socket(port)}
    app.scope.ssh(f"podman image exists {PYTHON} || podman pull -q {PYTHON}")
    app.deployed(units)
    assert _is(app, "active", "web.socket") == "active"
    assert app.ids("web") == {"web": ""}
    assert _answers(app, port)
    before = app.ids("web")
    assert app.runs("web")
    assert not app.deployed(units).changed, "what runs was started with what is installed"

    moved = {**units, "web.socket": _socket(other)}
    result = app.deployed(moved)
    assert result.actions == {f"{app.name}-web.socket": "restart", app.service("web"): "restart"}
    assert result.reasons(app.service("web")) == f"follows {app.name}-web.socket"
    assert app.ids("web") != before
    assert _answers(app, other)
    assert not _answers(app, port)

    before = app.ids("web")
    changed = {**moved, "web": LISTENING + "Environment=A=1\n"}
    assert app.deployed(changed).actions == {app.service("web"): "restart"}
    assert _answers(app, other)
    app.scope.systemctl(f"stop {app.name}-web.socket {app.service('web')}")
    changed["web"] += "Environment=B=1\n"
    result = app.deployed(changed)
    assert result.actions == {f"{app.name}-web.socket": "start", app.service("web"): "write"}
    assert app.states("web") == {"web": "loaded inactive"}
    assert _answers(app, other)
    assert not app.deployed(changed).changed


@pytest.mark.scope("alice")
def test_a_socket_for_a_container_that_runs_already(app: App) -> None:
    port = next_port()
    app.deployed({"web": container()})
    app.scope.ssh(f"podman image exists {PYTHON} || podman pull -q {PYTHON}")
    result = app.deployed({"web": LISTENING, "web.socket": _socket(port)})
    assert result.actions == {
        f"{app.name}-web.socket": "start",
        app.service("web"): "restart",
    }
    assert _answers(app, port)


@pytest.mark.scope("alice")
def test_a_target_of_the_app(app: App) -> None:
    target = f"{app.name}-all.target"
    web = container(more=f"\n[Unit]\nPartOf={target}\n").replace("default.target", target)
    units = {"web": web, "db": container(), "all.target": TARGET % "one"}
    app.deployed(units)
    assert app.scope.states(target) == {target: "loaded active"}
    before = app.ids("web", "db")
    app.scope.systemctl(f"stop {target} {app.service('web')}")
    assert app.states("web", "db") == {"web": "loaded inactive", "db": "loaded active"}
    app.scope.systemctl(f"start {target}")
    assert app.runs("web")

    before = app.ids("web", "db")
    result = app.deployed({**units, "all.target": TARGET % "two"})
    assert result.actions == {target: "start"}
    assert app.ids("web", "db") == before, "no process depends on a target's text"
    assert not app.deployed({**units, "all.target": TARGET % "two"}).changed
    assert set(app.run(state="stopped").ok().actions.values()) == {"stop"}
    assert app.scope.states(target) == {target: "loaded inactive"}


@pytest.mark.scope("alice")
def test_a_path_unit(app: App) -> None:
    flag = f"/tmp/{app.name}-flag"
    path = f"[Path]\nPathChanged={flag}\n\n[Install]\nWantedBy=default.target\n"
    app.deployed({"job.container": JOB, "job.path": path})
    assert app.ids("job") == {"job": ""}
    app.host.ssh(f"touch {flag}")
    app.host.wait(
        app.scope.command(
            f"journalctl {app.scope.flags or '-q'} -t {app.name}-job -b | grep 'done by hand'"
        )
    )
    app.host.ssh(f"rm {flag}")
    assert not app.deployed({"job.container": JOB, "job.path": path}).changed


@pytest.mark.scope("system")
def test_a_slice_and_a_helper(app: App) -> None:
    helper = "[Service]\nType=oneshot\nExecStart=/bin/true\n"
    name = f"{app.name}-low.slice"
    web = container(more=f"\n[Service]\nSlice={name}\n[Unit]\nWants={app.name}-prepare.service\n")
    units = {"web": web, "low.slice": "[Slice]\nCPUWeight=10\n", "prepare.service": helper}
    result = app.deployed(units)
    assert result.actions[app.service("web")] == "start"
    assert result.actions[name] == "write"
    assert name in app.scope.show(app.service("web"), "ControlGroup")
    assert app.scope.show(app.service("prepare"), "Result") == "success"
    assert not app.deployed(units).changed
    before = app.ids("web")
    units["low.slice"] = "[Slice]\nCPUWeight=20\n"
    assert app.deployed(units).actions == {name: "write"}
    assert app.ids("web") == before
    assert app.scope.show(name, "CPUWeight") == "20"


@pytest.mark.scope("system")
def test_the_unit_module_puts_a_timer_to_its_job(app: App) -> None:
    scope, timer = app.scope, app.unit("backup", "timer")
    scope.call("unit", name=app.unit("backup"), app=app.name, content=JOB, state="present").ok()
    added = scope.call(
        "unit",
        name=timer,
        app=app.name,
        sections={"Timer": {"OnCalendar": "daily"}, "Install": {"WantedBy": "timers.target"}},
    ).ok()
    assert added.actions == {timer: "start"}
    assert app.ids("backup") == {"backup": ""}
    assert scope.call("unit", name=timer, app=app.name, state="absent").ok().changed
    assert _leftovers(app) == ""
    assert app.host.exists(app.path(app.unit("backup")))


@pytest.mark.scope("alice")
def test_a_file_that_is_there_is_adopted_only_if_asked(app: App) -> None:
    path = app.companion("backup.timer")
    app.host.write(path, TIMER.replace("01-01", "04-04"), owner=app.scope.owner)
    app.scope.systemctl("daemon-reload")
    app.scope.systemctl(f"enable {app.name}-backup.timer")
    message = app.deploy(BACKUP).refused()
    assert path in message
    assert "adopt: true" in message
    assert "04-04" in app.host.read(path)

    app.deployed(BACKUP, adopt=True)
    assert "-01-01" in app.scope.show(f"{app.name}-backup.timer", "NextElapseUSecRealtime")
    assert not app.deployed(BACKUP).changed


@pytest.mark.scope("alice")
def test_names_that_something_else_has(app: App) -> None:
    scope = app.scope
    other = scope.app(f"{app.name}-other")
    other.options = app.options
    units = {f"{app.name}-{n}": text for n, text in BACKUP.items()}
    try:
        scope.call("app", name=other.name, units=units).ok()
        taken = {**app.units({"x": container()}), f"{app.name}-backup.timer": TIMER}
        message = scope.call("app", name=app.name, units=taken).refused()
        assert f"is a unit of app '{other.name}'" in message
        clash = f"{app.name}-backup.service"
        message = scope.call(
            "app", name=app.name, units={clash: "[Service]\nExecStart=/bin/true\n"}
        ).refused()
        assert f"both make the service '{clash}'" in message
    finally:
        scope.call("app", name=other.name, state="absent").ok()

    message = app.deploy({"web": container(), "web.service": "[Service]\nExecStart=/bin/true\n"})
    assert "both make the service" in message.refused()
    vendor = "systemd-tmpfiles-clean.timer"
    message = scope.call("app", name=app.name, units={vendor: TIMER}).refused()
    assert f"{vendor} exists already: /usr/lib/systemd/" in message
    assert _leftovers(app) == ""


@pytest.mark.scope("system")
def test_what_systemd_can_not_read_is_told_before_anything_is_written(app: App) -> None:
    bad = {**BACKUP, "backup.timer": TIMER.replace("*-01-01", "sometimes")}
    message = app.deploy(bad, arguments=["--check"]).refused()
    assert f"{app.name}-backup.timer:2" in message
    assert "Failed to parse calendar specification" in message
    assert app.deploy(bad).refused() == message
    assert _leftovers(app) == ""
    odd = {**BACKUP, "backup.timer": TIMER.replace("[Timer]", "[Timer]\nOnCalender=daily")}
    assert "Unknown key" in app.deployed(odd).warned


@pytest.mark.scope("alice")
def test_what_systemd_does_not_load_is_told(app: App) -> None:
    """A drop-in that someone adds: only systemd itself notices, at the reload."""
    app.deployed(BACKUP)
    drop_in = f"{app.companion('backup.timer')}.d/zz.conf"
    app.host.write(drop_in, "[Timer]\nOnCalendar=\n", owner=app.scope.owner)
    changed = {**BACKUP, "backup.container": JOB + "TimeoutStopSec=7\n"}
    message = app.deploy(changed).refused()
    assert f"{app.name}-backup.timer: bad-setting" in message
    assert "Timer unit lacks value setting" in message
    app.host.ssh(f"rm -r {drop_in.rpartition('/')[0]}")
    app.deployed(changed)
    assert _is(app, "active", "backup.timer") == "active"


@pytest.mark.scope("system")
def test_validate_tells_their_services(app: App) -> None:
    units = app.units({**BACKUP, "all.target": f"[Unit]\nRequires={app.service('backup')}\n"})
    found = app.scope.call("validate", name=app.name, units=units).ok()
    assert found["services"][f"{app.name}-backup.timer"]["unit"] == f"{app.name}-backup.timer"
    assert found["services"][f"{app.name}-all.target"]["needs"] == [app.service("backup")]
    assert _leftovers(app) == ""


@pytest.mark.parametrize(
    ("units", "what"),
    [
        ({"web.service.d/x.conf": "[Service]\n"}, "web.container.d/x.conf"),
        ({"web.timer": "[Unit]\n"}, "no [Timer] section"),
        ({"web.timer": "[Timer]\n[Container]\n"}, "[Container] is no section of a .timer unit"),
        ({"web@.timer": TIMER}, "a template is neither enabled nor started"),
    ],
    ids=["drop-in", "no section", "foreign section", "template"],
)
@pytest.mark.scope("alice", system=["foreign section", "template"])
def test_refused_before_anything_is_written(app: App, units: dict[str, str], what: str) -> None:
    assert what in app.deploy({"web": container(), **units}).refused()
    assert _leftovers(app) == ""
    assert not app.host.exists(app.path())


def test_at_location_admin_they_are_refused(alice: Scope) -> None:
    app = alice.app()
    message = app.deploy(BACKUP, location="admin").refused()
    assert "/etc/systemd/user is read for every user" in message
    assert "location: home" in message
    assert not app.host.exists(f"/etc/systemd/user/{app.name}-backup.timer")


def test_a_new_user_has_no_directory_for_them_yet(host: Host, bob: Scope) -> None:
    app = bob.app()
    try:
        units = {"tick.timer": TIMER, "tick.service": "[Service]\nExecStart=/bin/true\n"}
        bad = {**units, "tick.timer": TIMER.replace("*-01-01", "sometimes")}
        assert "Failed to parse calendar specification" in app.deploy(bad).refused()
        result = app.deployed(units)
        assert result.actions[f"{app.name}-tick.timer"] == "start"
        assert host.ssh("stat -c '%U %a' /home/bob/.config/systemd/user") == "bob 755"
        assert _is(app, "enabled", "tick.timer") == "enabled"
        assert not app.deployed(units).changed
    finally:
        app.run(state="absent")
    assert _leftovers(app) == ""
