"""Role host and its modules: what a host lacks, and many users at once."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container, next_port
from tests.integration.support.hosts import Fleet, Host, differences, run_cli
from tests.integration.support.playbooks import ROOT, Playbooks, Run

CONVERGE = ROOT / "molecule/host/converge.yml"
LOCKED = "registry.test:5001"
MANY = 30


@pytest.fixture(scope="module")
def bare(fleet: Fleet) -> Host:
    """A host on which everything is still to be installed."""
    return fleet.bare("5.4")


def _apply(playbooks: Playbooks, host: Host, *arguments: str, **variables: t.Any) -> Run:
    role = {"ansible.builtin.include_role": {"name": "quadlet.fleet.host"}}
    given = {
        "quadlet_host_registries": [{"location": "registry.test:5000", "insecure": True}],
        **variables,
    }
    play = {"hosts": "all", "gather_facts": False, "vars": given, "tasks": [role]}
    return playbooks.run([play], host.inventory, arguments=arguments)


def _changed(run: Run) -> list[str]:
    return [result.task for result in run.results if result.data.get("changed")]


def _checks(result: Result) -> list[str]:
    return [finding["check"] for finding in result["findings"]]


def test_the_example_is_shorter_than_15_lines() -> None:
    assert len(CONVERGE.read_text(encoding="utf-8").splitlines()) < 15


def test_the_documentation_shows_that_example() -> None:
    example = CONVERGE.read_text(encoding="utf-8").partition("\n")[2]
    for page in ("README.md", "docs/host.md"):
        assert example in (ROOT / page).read_text(encoding="utf-8")


def _users() -> list[dict[str, t.Any]]:
    users: list[dict[str, t.Any]] = [{"name": f"svc{number}"} for number in range(1, MANY + 1)]
    users[0] |= {"auto_update": True, "groups": ["audio"], "shell": "/usr/sbin/nologin"}
    return users


MUCH: dict[str, t.Any] = {
    "quadlet_host_users": _users(),
    "quadlet_host_unprivileged_port_start": 80,
    "quadlet_host_journald": {"SystemMaxUse": "50M"},
    "quadlet_host_auto_update": True,
    "quadlet_host_auto_update_calendar": "Sun 03:00",
    "quadlet_host_ports": [80],
    "quadlet_host_storage": "/home/images",
}


@pytest.fixture(scope="module")
def first(bare: Host, playbooks: Playbooks) -> Run:
    """The run that made the bare host ready, with many users and settings."""
    run = _apply(playbooks, bare, **MUCH)
    assert run.status == 0, run.output
    return run


@pytest.fixture(scope="module")
def ready(bare: Host, first: Run) -> Host:
    """The same host after that run."""
    assert first.status == 0
    return bare


def test_check_mode_reports_on_a_bare_host(bare: Host, playbooks: Playbooks) -> None:
    if bare.try_ssh("command -v podman").returncode == 0:
        pytest.skip("this host was kept from a session before")
    etc = "find /etc -type f -exec md5sum {} + | sort -k2; dpkg-query --list | md5sum"
    before = bare.ssh(etc)
    svc = {"user": f"svc{MANY}"}
    unit = {"units": {"web.container": container(), "data.volume": "[Volume]\n"}}
    apps = [
        {"name": "web", **unit},
        {"name": "mine", **unit, **svc},
        {"name": "old", "state": "absent", **svc},
    ]
    modules: list[tuple[str, dict[str, t.Any]]] = [
        ("linger", svc),
        ("secret", {"name": "pw", "value": "open-sesame", **svc}),
        ("secret", {"name": "pw", "value": "open-sesame"}),
        ("app", {"name": "one", **unit, **svc}),
        ("unit", {"name": "two.container", "content": container(), **svc}),
        ("validate", {**unit, **svc}),
        ("reload", svc),
        ("reload", {}),
        ("info", svc),
        ("app", {"name": "later", "state": "restarted"}),
    ]
    tasks = [
        {"ansible.builtin.include_role": {"name": "quadlet.fleet.host"}},
        {"ansible.builtin.include_role": {"name": "quadlet.fleet.deploy"}},
        *({f"quadlet.fleet.{name}": options} for name, options in modules),
    ]
    given = {**MUCH, "quadlet_deploy_apps": apps}
    play = {"hosts": "all", "gather_facts": False, "vars": given, "tasks": tasks}
    report = playbooks.run([play], bare.inventory, arguments=["--check", "--diff"])
    assert report.status == 0, report.output
    assert "there is no Podman" in report.output
    assert f"there is no user svc{MANY}" in report.output
    assert bare.ssh(etc) == before

    deployed = next(one for one in report.results if one.task.endswith("Deploy apps"))
    web, mine, old = rows = [Result(row) for row in deployed.data["apps"]]
    assert [row.changed for row in rows] == [True, True, False]
    assert [step["reasons"] for row in (web, mine) for step in row["plan"]] == [["is new"]] * 4
    assert old["plan"] == []
    shown = [part["after_header"] for part in deployed.data["diff"]]
    assert f"~svc{MANY}/.config/containers/systemd/mine/web.container (mode 0644)" in shown
    said = " ".join(deployed.data["warnings"])
    assert "web: Podman was not found on the host" in said
    assert f"the host has no user 'svc{MANY}'. Check mode goes on" in said
    others = [Result(one.data) for one in report.results[-len(modules) :]]
    assert [one.changed for one in others] == [True] * 5 + [False, True, True, False, False]
    assert all("Check mode goes on" in " ".join(one["warnings"]) for one in others)


def test_many_users_come_in_one_run(first: Run, ready: Host, playbooks: Playbooks) -> None:
    assert len([one for one in first.results if one.task.endswith("Create users")]) == 1
    again = _apply(playbooks, ready, "--diff", **MUCH)
    assert again.status == 0, again.output
    assert _changed(again) == []

    rows = [line.split(":") for line in ready.read("/etc/subuid").split()]
    ranges = sorted((int(start), int(start) + int(size)) for _name, start, size in rows)
    assert len(ranges) == MANY
    assert all(end <= start for (_first, end), (start, _last) in zip(ranges, ranges[1:]))
    assert ready.read("/etc/subuid") == ready.read("/etc/subgid")
    assert len(ready.ssh("ls /var/lib/systemd/linger").split()) == MANY


def test_settings_count(ready: Host) -> None:
    assert ready.ssh("sysctl -n net.ipv4.ip_unprivileged_port_start") == "80"
    assert ready.ssh("podman info --format '{{.Store.GraphRoot}}'") == "/home/images"
    assert "Sun 03:00" in ready.ssh("systemctl cat podman-auto-update.timer")
    assert ready.ssh("systemctl is-active podman-auto-update.timer") == "active"
    as_first = "cd / && runuser -u svc1 -- env XDG_RUNTIME_DIR=/run/user/$(id -u svc1)"
    assert ready.ssh(f"{as_first} systemctl --user is-active podman-auto-update.timer") == "active"
    home = ready.ssh(f"{as_first} podman info --format '{{{{.Store.GraphRoot}}}}' 2>/dev/null")
    assert home == "/home/svc1/.local/share/containers/storage"
    assert "audio" in ready.ssh("id -nG svc1")


def test_storage_that_holds_data_is_not_left_behind(ready: Host, playbooks: Playbooks) -> None:
    ready.ssh("podman pull -q registry.test:5000/busybox:1")
    before = ready.read("/etc/containers/storage.conf")
    run = _apply(playbooks, ready, quadlet_host_storage="/home/other")
    assert run.status != 0
    assert "/home/images and holds data, asked for is /home/other" in run.output
    assert ready.name in run.output
    assert ready.read("/etc/containers/storage.conf") == before


def test_logins_and_cas_are_there_after_a_boot(ready: Host, playbooks: Playbooks) -> None:
    run_cli("registry", "up", "--auth")
    certificate = pathlib.Path(run_cli("registry", "ca").strip()).read_text(encoding="utf-8")
    login = {"registry": LOCKED, "username": "fleet", "password": "open-sesame-5001"}
    given: dict[str, t.Any] = {
        "quadlet_host_users": [{"name": "svc2", "logins": [login], "cas": {LOCKED: certificate}}],
        "quadlet_host_logins": [login],
        "quadlet_host_cas": {LOCKED: certificate},
        "quadlet_host_registries_reachable": [LOCKED],
    }
    run = _apply(playbooks, ready, "-vvv", "--diff", **given)
    assert run.status == 0, run.output
    assert login["password"] not in json.dumps([result.data for result in run.results])
    ready.disconnect()
    run_cli("reboot", ready.name)
    image = f"{LOCKED}/busybox:1"
    ready.ssh(f"podman pull -q {image}")
    ready.wait("test -S /run/user/$(id -u svc2)/bus")
    ready.ssh(
        "rm /etc/containers/certs.d/registry.test:5001/ca.crt; cd /; "
        f"runuser -u svc2 -- env XDG_RUNTIME_DIR=/run/user/$(id -u svc2) podman pull -q {image}"
    )
    for owner, home in (("root", "/root"), ("svc2", "/home/svc2")):
        shown = ready.ssh(f"stat -c '%a %U' {home}/.config/containers/auth.json")
        assert shown == f"600 {owner}"


def test_open_ports_of_nftables(ready: Host, playbooks: Playbooks) -> None:
    ready.ssh("systemctl enable -q --now nftables")
    look = {"facts": {"firewalld": False}}
    part = {"name": "quadlet.fleet.host", "tasks_from": "firewall"}

    def apply(ports: list[str]) -> list[str]:
        play = {
            "hosts": "all",
            "gather_facts": False,
            "vars": {"quadlet_host_look": look, "quadlet_host_firewall_ports": ports},
            "tasks": [{"ansible.builtin.include_role": part}],
        }
        run = playbooks.run([play], ready.inventory)
        assert run.status == 0, run.output
        return _changed(run)

    for ports in (["8080/tcp", "53/udp"], ["8443/tcp"]):
        assert apply(ports)
        assert not apply(ports)
        # What is loaded, and what a boot would load, are the same.
        for load in ("true", "nft flush ruleset && nft --file /etc/nftables.conf"):
            chain = ready.ssh(f"{load} && nft list chain inet filter input")
            assert chain.count(" accept comment ") == len(ports)
            for port in ports:
                number, protocol = port.split("/")
                assert f"{protocol} dport {number} accept" in chain


def test_each_thing_that_is_missing_is_named_with_its_remedy(system: Scope, host: Host) -> None:
    port = next_port()
    host.ssh(f"systemd-run -q --unit=taken python3 -m http.server {port}")
    host.wait(f"curl -sf http://127.0.0.1:{port}/ >/dev/null")
    look = host.look()
    wanted = {
        "users": ["alice", "norange", "nosuchuser"],
        "ports": [port],
        "registries": ["http://registry.test:5000", "nowhere.test"],
        "min_free": "900T",
        "podman": "99.0",
        "storage": "/srv/elsewhere",
    }
    result = system.call("preflight", **wanted)
    host.ssh("systemctl stop taken")
    message = result.refused()
    assert _checks(result) == [
        "podman", "user", "subids", "manager", "space", "storage", "ports", "registries",
    ]  # fmt: skip
    assert len(message.splitlines()) == len(result["findings"]) + 1
    assert message.startswith(f"host {host.name} is not ready")
    for fact in (
        f"Podman is {host.podman}",
        "99.0 is needed",
        "there is no user nosuchuser",
        "user norange has no range in /etc/subuid and /etc/subgid",
        "user norange does not linger",
        "are free for",
        f"port {port} is taken by python3",
        "nowhere.test is not to be reached",
    ):
        assert fact in message
    assert all(finding["remedy"] for finding in result["findings"])
    assert system.call("preflight", fail=False, **wanted).ok()["findings"]
    assert differences(look, host.look()) == []


def test_a_catatonit_that_is_missing(system: Scope, host: Host) -> None:
    """It is looked for where Podman looks, and a start that fails for lack of it names it."""
    app, conf = system.app(), "/etc/containers/containers.conf.d/catatonit.conf"
    pod = {"p.pod": "[Pod]\n", "in": container(f"Pod={app.name}-p.pod")}
    need = "the host has no catatonit, which pods and RunInit= need"
    host.ssh("mkdir -p /etc/containers/containers.conf.d && mv /usr/bin/catatonit /srv/catatonit")
    try:
        assert "catatonit (for pods and RunInit=)" in system.call("preflight").refused()
        for units in (pod, {"init": container("RunInit=true")}):
            assert need in app.deploy(units).refused()
        for line in (
            'helper_binaries_dir = ["/srv", {append=true}]',
            'init_path = "/srv/catatonit"',
        ):
            host.write(conf, f"[engine]\n{line}\n")
            assert system.call("preflight").ok()["findings"] == []
            app.deployed({"init": container("RunInit=true")})
            app.run(state="absent").ok()
    finally:
        host.ssh(f"rm -f {conf}; mv /srv/catatonit /usr/bin/catatonit")
        app.remove()


def test_a_podman_that_is_too_old(system: Scope, host: Host) -> None:
    """A program of that name says so: an old Podman can't be had here."""
    host.write("/usr/local/bin/podman", "#!/bin/sh\necho podman version 4.6.2\n", mode="0755")
    try:
        message = system.call("preflight").refused()
    finally:
        host.ssh("rm /usr/local/bin/podman")
    assert "Podman is 4.6.2, 4.7 is needed" in message


@pytest.mark.scope("alice")
def test_a_port_of_a_container_counts_as_free(app: App) -> None:
    port = next_port()
    web = container(f"PublishPort={port}:8080", exec_='sh -c "httpd -f -p 8080 & wait"')
    app.deployed({"web": web})
    assert app.scope.call("preflight", ports=[port]).ok()["findings"] == []


def test_wishes_that_can_t_be_met_change_nothing(system: Scope, host: Host) -> None:
    look = host.look()
    passwd = host.read("/etc/passwd")
    users = [
        {"name": "fresh", "groups": ["nosuchgroup"]},
        {"name": "alice", "uid": 4711},
        {"name": "other", "uid": 1001},
    ]
    message = system.call("users", users=users).refused()
    for fact in ("there is no group nosuchgroup", "alice: the user has uid 1000", "is user bob's"):
        assert fact in message
    assert host.read("/etc/passwd") == passwd
    assert differences(look, host.look()) == []
