"""Rollouts over a fleet of real hosts: batches, budgets, failures, and the way back."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import time
import typing as t

import pytest

from tests.integration.support.hosts import Fleet, Host, differences
from tests.integration.support.playbooks import Playbooks
from tests.integration.support.shops import PORT, ROLLBACK, STATUS, Shops, report, results
from tests.integration.support.watched import OnTerminal, Watched, let_sudo, slow_registry
from tests.integration.support.watcher import Watcher

EIGHT = [("5.4", role) for role in "pqrs"] + [(v, role) for v in ("5.8", "6.1") for role in "pq"]
SLACK = 3.0
"""Seconds between systemd's word and what a client sees, on a busy machine."""


@pytest.fixture(scope="module")
def shops(fleet: Fleet, playbooks: Playbooks, work_folder: pathlib.Path) -> Shops:
    """Eight hosts that serve release 1."""
    found = Shops(fleet.get_all(EIGHT), playbooks, work_folder)
    _serve(found, "1")
    return found


def _serve(shops: Shops, release: str) -> None:
    """Has every host serve a release, in a rollout that is accepted, unless they do."""
    if all(map(shops.is_active, shops.hosts)) and set(shops.pages().values()) == {release}:
        return
    run = shops.run(release)
    assert run.status == 0, run.output
    assert set(shops.pages().values()) == {release}


def _down_only_by_itself(shops: Shops, watcher: Watcher, since: float) -> list[str]:
    """Requests that failed, and that a host's own restarts do not explain."""
    found = []
    for host in shops.hosts:
        failed = watcher.failed(host.name)
        restarts = shops.restarts_since(host, since) if failed else []
        found += [
            f"{host.name}: {one.at:.2f} {one.why}, restarts {restarts}"
            for one in failed
            if not any(start - SLACK <= one.at <= end + SLACK for start, end in restarts)
        ]
    return found


def test_a_release_that_breaks_takes_the_fleet_back(shops: Shops) -> None:
    _serve(shops, "1")
    names, since = shops.names, time.time()
    broken, settings = names[4:6], {"batches": [1, "25%", "50%"], "budget": {"all": 3}}
    with Watcher(shops.hosts, PORT) as watcher:
        run = shops.run("bad", broken_on=broken, on_failure="revert_all", **settings)
    assert run.status != 0
    assert set(shops.pages().values()) == {"1"}
    assert all(map(shops.is_active, shops.hosts))
    assert results(run) == {
        **dict.fromkeys(names[:4], "taken back"),
        **dict.fromkeys(broken, "restored"),
        **dict.fromkeys(names[6:], "untouched"),
    }
    assert report(run)["stopped"] == f"batch 3 has 2 failed hosts: {', '.join(broken)}"
    assert "web.service did not start" in report(run)["failed"][broken[0]]
    assert 1 <= watcher.most_down() <= 3
    # A restart between two requests is seen by none of them; hosts that were left alone never fail.
    assert not [name for name in names[6:] if watcher.failed(name)]
    assert _down_only_by_itself(shops, watcher, since) == []


def test_a_release_that_breaks_stops(shops: Shops) -> None:
    _serve(shops, "1")
    names, since, first = shops.names, time.time(), shops.generations()
    broken = names[3:5]
    with Watcher(shops.hosts, PORT) as watcher:
        run = shops.run("bad", broken_on=broken, on_failure="stop", batches=[1, "25%", "25%"])
    assert run.status != 0
    assert shops.pages() == dict.fromkeys(names, "1") | dict.fromkeys(names[:3], "bad")
    assert results(run) == {
        **dict.fromkeys(names[:3], "deployed"),
        **dict.fromkeys(broken, "restored"),
        **dict.fromkeys(names[5:], "untouched"),
    }
    assert watcher.most_down() <= 2
    assert _down_only_by_itself(shops, watcher, since) == []
    _goes_on_and_comes_back(shops, first)


def _goes_on_and_comes_back(shops: Shops, first: dict[str, int]) -> None:
    """The same release, mended: what was stopped is resumed; then all of it is taken back."""
    before = shops.generations()
    run = shops.run("bad", batches=[1, "25%", "25%"])
    assert run.status == 0, run.output
    assert report(run)["resumed"]
    expected = dict.fromkeys(shops.names, "deployed")
    assert results(run) == expected | dict.fromkeys(shops.names[:3], "deployed before")
    after = shops.generations()
    assert [name for name in shops.names if after[name] != before[name]] == shops.names[3:]
    run = shops.run("1", plays=ROLLBACK)
    assert run.status == 0, run.output
    assert set(results(run).values()) == {"returned"}
    assert set(shops.pages().values()) == {"1"}
    for app in shops.deployed():
        assert app["generation"] == first[app["host"]]
        assert app["rollout"] is None, "what it was taken back from is under way no more"
        assert app["drift"] == []


def test_a_controller_that_is_killed(shops: Shops) -> None:
    settings: dict[str, t.Any] = {"batches": [1, "50%"]}
    before = shops.generations()
    output = shops.kill_at("_rollout : Deploy apps", 2, "2", **settings)
    assert "PLAY RECAP" not in output
    run = shops.run("2", **settings)
    assert run.status == 0, run.output
    assert report(run)["resumed"]
    assert results(run)[shops.names[0]] == "deployed before"
    assert set(shops.pages().values()) == {"2"}
    newest = {host.name: max(_numbers(shops, host.name)) for host in shops.hosts}
    known = {name: max(before[name], *_before(shops, name)) for name in shops.names}
    assert newest == {name: number + 1 for name, number in known.items()}
    again = shops.run("2", **settings)
    assert again.status == 0, again.output
    assert set(results(again).values()) == {"unchanged"}


def _numbers(shops: Shops, name: str) -> list[int]:
    host = next(host for host in shops.hosts if host.name == name)
    home = "/home/alice/.local/state" if shops.users[name] else "/var/lib"
    listing = host.ssh(f"ls {home}/quadlet.fleet/generations/shop")
    return sorted(int(word.partition(".")[0]) for word in listing.split())


def _before(shops: Shops, name: str) -> list[int]:
    """Numbers of generations but the newest."""
    return _numbers(shops, name)[:-1] or [0]


def test_check_mode_plans_for_the_fleet(shops: Shops) -> None:
    before = {host.name: host.look() for host in shops.hosts[:2]}
    run = shops.run("3", "--check", "--diff", batches=[1, "50%"], canary="rootless")
    assert run.status == 0, run.output
    assert f"batch 1 (canary rootless): {', '.join(shops.names[1::2])}" in run.output
    assert "+Description=Release 3" in run.output
    assert set(results(run).values()) == {"planned"}
    after = {host.name: host.look() for host in shops.hosts[:2]}
    assert {n: differences(before[n], after[n]) for n in before} == {n: [] for n in before}


def test_approval_hooks_limit_and_tags(shops: Shops, work_folder: pathlib.Path) -> None:
    two, before = shops.hosts[:2], shops.pages()
    said = work_folder / "said.yml"
    said.write_text(
        "- ansible.builtin.shell: echo {{ quadlet_rollout_hook }} >> /srv/hooks\n", encoding="utf-8"
    )
    for host in two:
        host.ssh("rm -f /srv/hooks")
        unit = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo unit >> /srv/hooks'\n"
        host.write("/run/systemd/system/hook.service", unit)
    settings: dict[str, t.Any] = {
        "batches": [1],
        "approval": True,
        "bake": 1,
        "hooks": {
            "start": {"tasks": str(said)},
            "before": {"unit": "hook.service"},
            "after": {"tasks": str(said)},
            "end": {"tasks": str(said)},
        },
    }
    plays = [{"ansible.builtin.import_playbook": "quadlet.fleet.rollout", "tags": ["shop"]}]
    words = ["--limit", ",".join(host.name for host in two), "--tags", "shop"]
    run = shops.run("4", *words, plays=plays, **settings)
    assert run.status == 0, run.output
    assert results(run) == {two[0].name: "deployed", two[1].name: "waiting"}
    assert "quadlet_rollout_approved=2" in run.output
    assert two[0].read("/srv/hooks").split() == ["start", "unit", "after"]
    run = shops.run("4", *words, plays=plays, approved=2, **settings)
    assert run.status == 0, run.output
    assert results(run) == {two[0].name: "deployed before", two[1].name: "deployed"}
    assert two[0].read("/srv/hooks").split() == ["start", "unit", "after", "end"]
    assert two[1].read("/srv/hooks").split() == ["unit", "after"]
    assert shops.pages() == {**before, **dict.fromkeys((two[0].name, two[1].name), "4")}
    status = shops.run("4", plays=STATUS)
    assert status.output.count(report(run)["id"]) == 2
    named = shops.run("4", *words[:2], plays=ROLLBACK, id=report(run)["id"])
    assert named.status == 0, named.output
    assert shops.pages() == before


def test_a_gate_that_falls_later(shops: Shops) -> None:
    two, words = shops.hosts[:2], ["--limit", ",".join(shops.names[:2])]
    fall = "systemctl stop web.service"
    hooks = {"after": {"unit": "fall.service"}}
    two[0].write("/run/systemd/system/fall.service", f"[Service]\nType=oneshot\nExecStart={fall}\n")
    two[1].write("/run/systemd/system/fall.service", "[Service]\nType=oneshot\nExecStart=true\n")
    before = shops.pages()
    run = shops.run("5", *words, batches=[1], bake=1, hooks=hooks, on_failure="stop")
    assert run.status != 0
    assert results(run) == {two[0].name: "taken back", two[1].name: "untouched"}
    assert "web.service did not stay up" in report(run)["failed"][two[0].name]
    # The hook comes after the return, too, and the service is started again here by hand.
    two[0].ssh("systemctl start web.service")
    assert shops.pages() == before


def test_an_app_that_is_not_to_run_is_accepted_and_stays(shops: Shops) -> None:
    """Its rollout ends with that of the others, and the next one is one of its own."""
    two, names = shops.hosts[:2], shops.names[:2]
    words = ["--limit", ",".join(names)]
    unit = {"rest.container": "[Container]\nImage=registry.test:5000/busybox:1\n"}

    def rest(state: str) -> list[str]:
        apps = {"name": "rest", "units": unit, "state": state}
        return [*words, "-e", json.dumps({"quadlet_deploy_apps__rest": [apps]})]

    try:
        run = shops.run("rest", *rest("present"))
        assert run.status == 0, run.output
        first = report(run)["id"]
        task = {"quadlet.fleet.info": {"apps": ["rest"]}}
        play = {"hosts": names, "gather_facts": False, "tasks": [task]}
        told = [row.data["apps"][0] for row in shops.run("", plays=[play]).results]
        assert [app["rollout"]["under_way"] for app in told] == [False, False]
        assert [app["drift"] for app in told] == [[], []]
        run = shops.run("bad", *rest("present"), broken_on=[names[0]], on_failure="revert_all")
        assert results(run)[names[0]] in ("restored", "unchanged")
        assert report(run)["id"] != first
        assert not report(run)["resumed"]
        assert all(host.exists("/etc/containers/systemd/rest/rest.container") for host in two)
        told = [row.data["apps"][0] for row in shops.run("", plays=[play]).results]
        assert [app["generation"] for app in told] == [1, 1]
    finally:
        assert shops.run("rest", *rest("absent")).status == 0


def test_hosts_that_are_not_reached(shops: Shops) -> None:
    lost = shops.names[1]
    words = ["--limit", ",".join(shops.names[:3]), "-e", "ansible_ssh_retries=0"]
    gone = [{"hosts": lost, "gather_facts": False, "tasks": [
        {"ansible.builtin.set_fact": {"ansible_port": 1}}]}]  # fmt: skip
    plays = [*gone, {"ansible.builtin.import_playbook": "quadlet.fleet.rollout"}]
    run = shops.run("6", *words, plays=plays, max_failures=1)
    assert run.status != 0
    assert results(run)[lost] == "unreachable"
    assert results(run)[shops.names[0]] == results(run)[shops.names[2]] == "deployed"
    assert "Connection refused" in report(run)["failed"][lost]
    run = shops.run("7", *words, plays=plays)
    assert results(run)[lost] == "not taken back"
    assert results(run)[shops.names[0]] == "taken back"


def test_what_is_refused_is_not_begun(shops: Shops) -> None:
    before = shops.pages()
    run = shops.run("8\n[Container]\nNope=1", "--limit", ",".join(shops.names[:2]))
    assert run.status != 0
    assert set(results(run).values()) == {"refused"}
    assert "nothing was begun" in run.output
    assert shops.pages() == before


def test_the_status_of_the_fleet(shops: Shops, tmp_path: pathlib.Path) -> None:
    """One host is down, one has drift, one a service that failed, one a deployment that failed; and
    the host itself writes the same metrics as the controller.
    """
    _serve(shops, shops.pages()[shops.names[-1]])
    edited, down, crashed, refused = shops.hosts[0], shops.names[1], shops.hosts[2], shops.hosts[4]
    edited.ssh("echo '# by hand' >>/etc/containers/systemd/shop/web.container")
    crashed.write("/run/systemd/system/web.service.d/x.conf", "[Service]\nRestart=no\n")
    crashed.ssh("systemctl daemon-reload && systemctl kill --signal KILL web.service")
    crashed.wait("systemctl is-failed web.service")
    run = shops.run("bad", "--limit", refused.name, broken_on=[refused.name], on_failure="stop")
    assert results(run)[refused.name] == "restored"
    gone = [{"hosts": down, "gather_facts": False, "tasks": [
        {"ansible.builtin.set_fact": {"ansible_port": 1}}]}]  # fmt: skip
    role = [{"hosts": refused.name, "gather_facts": False, "roles": ["quadlet.fleet.status"]}]
    words = ["-e", f"status_dest={tmp_path}", "-e", "ansible_ssh_retries=0"]
    run = shops.run("1", *words, plays=[*role, *gone, *STATUS])
    told = json.loads((tmp_path / "status.json").read_text(encoding="utf-8"))
    hosts = {host["name"]: host for host in told["hosts"]}
    apps = {name: host["apps"][0] for name, host in hosts.items() if host["apps"]}
    assert told["summary"]["hosts"] == 8
    assert [name for name, host in hosts.items() if host["state"] != "ok"] == [down]
    assert "Connection refused" in hosts[down]["reason"]
    assert apps[edited.name]["drift"][0] == "web.container was edited"
    assert apps[refused.name]["last_run_failed"]
    assert apps[refused.name]["failures"][-1]["failures"][0]["service"] == "web.service"
    assert {apps[n]["state"] for n in shops.names[5:]} == {"up"}
    assert apps[crashed.name]["state"] == "failed"
    assert apps[crashed.name]["services"][0]["journal"]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert [name for name in shops.names if f'"{name}"' not in page] == []
    path = "/var/lib/prometheus/node-exporter/quadlet.prom"
    refused.wait(f"test -s {path}")
    own = refused.read(path)
    theirs = (tmp_path / f"metrics/quadlet-{refused.name}.prom").read_text(encoding="utf-8")
    assert 'quadlet_app_last_run_failed{app="shop",user="root",location="system"} 1' in own
    assert _samples(own, "") == _samples(theirs, refused.name)
    crashed.ssh("rm -r /run/systemd/system/web.service.d")
    crashed.ssh("systemctl daemon-reload; systemctl start web")


def _samples(text: str, host: str) -> set[str]:
    """Metrics without their time, without the label that the controller gives, and without what it
    alone knows.
    """
    label = f'host="{host}"'
    return {
        line.replace(f"{{{label}}}", "").replace(f"{label},", "")
        for line in text.splitlines()
        if not line.startswith("quadlet_status_timestamp") and "declared" not in line
    }


LONG = bool(os.environ.get("QUADLET_TEST_LONG"))
WAIT = 20 if LONG else 6
"""Seconds of a pull."""
GATE = 20 if LONG else 12
"""Seconds of a gate: on a slow machine its first line, of a few, tells still of the start."""
SILENT = 5.0
"""Seconds after which a host that waits has had a line."""


def _slow_run(shops: Shops, hosts: t.Sequence[Host], image: str, folder: pathlib.Path) -> list[str]:
    """The command that deploys, and removes again, by ssh as alice, who becomes root by sudo; on
    every second host without pipelining.
    """
    folder.mkdir()
    inventory, playbook = folder / "slow.json", folder / "slow.yml"
    data = json.loads(shops.inventory.read_text(encoding="utf-8"))["all"]["hosts"]
    alice = {"ansible_user": "alice", "ansible_become": True}
    rows = {
        host.name: {**data[host.name], **alice, "ansible_pipelining": bool(number % 2)}
        for number, host in enumerate(hosts)
    }
    inventory.write_text(json.dumps({"all": {"hosts": rows}}), encoding="utf-8")
    unit = f"[Container]\nImage={image}\nExec=sleep infinity\nStopSignal=SIGKILL\n"
    app = {"name": "slow", "units": {"slow.container": unit}, "gate": {"stable": GATE}}
    tasks = [
        {"name": "Deploy", "quadlet.fleet.apps": {"apps": [app]}},
        {"name": "Remove", "quadlet.fleet.app": {"name": "slow", "state": "absent"}},
    ]
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    return ["ansible-playbook", "-i", str(inventory), str(playbook)]


def _plain_lines_tell(run: Watched, names: t.Sequence[str], image: str) -> None:
    begun = next(at for at, line in run.lines if line.startswith("TASK [Deploy]"))
    for name in names:
        ended = next(at for at, line in run.lines if line == f"changed: [{name}]")
        own = [
            (at, line.partition(": slow: ")[2])
            for at, line in run.lines
            if at < ended
            and line.startswith("progress: ")
            and name in line.partition(": slow: ")[0]
        ]
        times = [begun, *(at for at, _line in own), ended]
        silences = [round(later - at, 1) for at, later in itertools.pairwise(times)]
        assert max(silences) <= SILENT, (name, silences, run.output)
        shown = [line for _at, line in own]
        assert [line for line in shown if line.endswith(f"0 of 1 images: {image}")], shown
        stable = f", stable time of {GATE} s: slow.service"
        assert [line for line in shown if line.startswith("gate ") and line.endswith(stable)], shown


def _terminal_shows(run: OnTerminal, names: t.Sequence[str]) -> None:
    for name in names:
        rows = [line for screen in run.screens for line in screen if line.startswith(f"{name} ")]
        for phase in ("pull", "gate"):
            assert [row for row in rows if f"  {phase} " in row], (name, rows)
        seconds = {int(row.split()[3]) for row in rows if "  pull " in row}
        assert len(seconds) >= WAIT - 4
    left = run.terminal.shown
    for line in ("PLAY [all] ***", *(f"changed: [{name}]" for name in names), "PLAY RECAP ***"):
        assert any(one.startswith(line) for one in left), left
    assert not [line for line in left if "  pull " in line or "  gate " in line]


def test_long_phases_are_not_silent(
    shops: Shops, playbooks: Playbooks, tmp_path: pathlib.Path
) -> None:
    """A pull and a gate that take their time: on three hosts into a pipe, and on three others on a
    terminal, at once.
    """
    hosts = shops.hosts[:6]
    for host in hosts:
        let_sudo(host)
    environment = {**playbooks.environment, "ANSIBLE_CALLBACKS_ENABLED": "quadlet.fleet.progress"}
    with slow_registry(hosts, WAIT) as registry:
        image = f"{registry}/nginx:1"
        plain = Watched(_slow_run(shops, hosts[:3], image, tmp_path / "a"), environment)
        drawn = OnTerminal(
            _slow_run(shops, hosts[3:], image, tmp_path / "b"), environment, width=70, height=20
        )
        assert (plain.wait(), drawn.wait()) == (0, 0), plain.output
    _plain_lines_tell(plain, [host.name for host in hosts[:3]], image)
    _terminal_shows(drawn, [host.name for host in hosts[3:]])
    assert [host.ssh("ls -A /run/quadlet.fleet.progress") for host in hosts] == [""] * len(hosts)
