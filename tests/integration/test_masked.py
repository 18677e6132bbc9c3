"""A container prints its secrets and crashes: what Ansible says has no byte of them."""

from __future__ import annotations

import json
import posixpath
import shlex
import typing as t

import pytest

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import IMAGE
from tests.integration.support.playbooks import Playbooks, Run
from tests.unit.support.leaks import find_leaks

OLDER = "0lder-kn1tted/of the first release?"
OWN = "cr0chet-\"quoted\" 'twice' $HOME %i \\n"
FOREIGN = (
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nb3BlbnNzaC1rZXktdjE=\n-----END-----\n"
)
SAY = r"""
for file in /run/secrets/*; do
    echo "$(cat $file) $(base64 $file | tr -d '\n') $(od -An -v -tx1 $file | tr -d '\n')"
    echo "$(sed 's/["\\$]/\\&/g' $file) $(sed 's/./&\x1b[31m/g' $file)" >&2
    { printf 'admin:'; cat $file; } | base64
done
cat /run/secrets/* | tr -d '\n' | sed 's/%/%25/g; s/ /%20/g; s/"/%22/g; s/\//%2F/g'
"""
RUN = (
    "trap 'exit 0' TERM; until test -e /flags/crash; do sleep 0.2 & wait; done; sh /x/say; exit 3\n"
)
CHECK = "! test -e /flags/sick || { sh /x/say; exit 1; }\n"
FILES = {"x/say": SAY, "x/run": RUN, "x/check": CHECK}


def _units(app: App, *lines: str) -> dict[str, str]:
    unit = container(
        "Secret=pw",
        f"Secret={app.name}-foreign",
        "Volume=./x:/x:ro",
        f"Volume=/srv/{app.name}:/flags:ro",
        "HealthCmd=sh /x/check",
        "HealthInterval=1s",
        "HealthRetries=1",
        *lines,
        exec_="sh /x/run",
    )
    assert IMAGE in unit
    return app.units({"web": unit})


def _tasks(app: App) -> t.Iterator[dict[str, t.Any]]:
    scope = app.scope.options
    gate = {"stable": 1.2, "timeout": 8, "healthy": "never"}
    probe = {"command": ["sh", "/x/say"], "container": app.unit("web"), "body": "never"}
    whole = {"name": app.name, "gate": gate, **scope}
    kept = {"on_failure": "keep"}
    changed = _units(app, "Label=a=b")
    calls: dict[str, tuple[str, dict[str, t.Any]]] = {
        "a probe": (
            "app",
            {
                **whole,
                "state": "restarted",
                "gate": {**gate, "probes": [{**probe, "retries": 0}]},
            },
        ),
        "touch crash": ("", {}),
        "gate": ("gate", {"apps": [{"name": app.name}], **scope}),
        "restarted": ("app", {**whole, "state": "restarted"}),
        "nothing pruned": (
            "app",
            {**whole, "units": changed, "prune": False, **kept},
        ),
        "rolled back": ("app", {**whole, "state": "rolled_back", "generation": 1, **kept}),
        "unit": (
            "unit",
            {
                "name": app.unit("web"),
                "app": app.name,
                "content": changed[app.unit("web")],
                "gate": gate,
                **kept,
                **scope,
            },
        ),
        "apps": ("apps", {"apps": [{**whole, "state": "restarted", **kept}]}),
        "touch sick": ("", {}),
        "health": ("app", {**whole, "state": "restarted", "gate": {"timeout": 8}, **kept}),
        "info": ("info", {"apps": [app.name], **scope}),
        "stopped": ("app", {**whole, "state": "stopped"}),
    }
    for name, (module, options) in calls.items():
        folder = f"/srv/{app.name}"
        task = {f"quadlet.fleet.{module}": options}
        if not module:
            line = f"rm -f {folder}/*; {name.replace(' ', f' {folder}/')}; sleep 1.5"
            yield {"name": name, "ansible.builtin.raw": line}
            continue
        yield {"name": name, **task, "ignore_errors": True}


def test_what_a_container_prints_is_told_nowhere(app: App, playbooks: Playbooks) -> None:
    """None of these runs was given a value: each is in the store of the scope alone."""
    app.host.ssh(f"install -d -m 0755 /srv/{app.name}")
    foreign = f"podman secret create {app.name}-foreign -"
    app.scope.ssh(f"sh -c {shlex.quote(f'printf %s {shlex.quote(FOREIGN)} | {foreign}')}")
    try:
        for value in (OLDER, OWN):
            app.run(
                units=_units(app, f"Label=release={len(value)}"),
                files=FILES,
                secrets={"pw": {"__ansible_unsafe": value}},
            ).ok()
        run = playbooks.run(
            [{"hosts": "all", "gather_facts": False, "tasks": list(_tasks(app))}],
            app.host.inventory,
            arguments=["-vvv", "--diff"],
        )
        _check(run, app)
        journal = app.host.ssh("journalctl -b -o cat --no-pager | tail -n 400")
        assert "cr0chet" in journal
        assert "0lder-kn1tted" in journal
    finally:
        app.scope.host.try_ssh(app.scope.command(f"podman secret rm {app.name}-foreign"))
        app.run(state="absent")
        app.host.ssh(f"rm -rf /srv/{app.name}")


def _check(run: Run, app: App) -> None:
    results = {result.task: result.data for result in run.results}
    assert len(results) == 12, run.output
    failed = {name for name, data in results.items() if data["failed"]}
    assert failed == set(results) - {"touch sick", "touch crash", "info", "stopped"}, run.output
    for name in failed:
        told = json.dumps(results[name])
        assert "********" in told, (name, told)
        assert app.name in results[name]["msg"]
    whole = run.output + "".join(
        json.dumps(data, ensure_ascii=escaped)
        for data in results.values()
        for escaped in (True, False)
    )
    assert find_leaks(whole, [OLDER, OWN, FOREIGN]) == []


DRIVER = """
[secrets]
driver = "shell"
[secrets.opts]
list = "ls {folder}"
lookup = "exit 7"
store = "cat >{folder}/$SECRET_ID"
delete = "rm {folder}/$SECRET_ID"
"""


@pytest.mark.scope("alice")
def test_what_can_not_be_masked_stays_on_the_host(app: App) -> None:
    """A store whose driver shows nothing: the lines are withheld, and the way to them is told."""
    conf = f"{posixpath.dirname(app.scope.unit_dir)}/containers.conf.d"
    folder = f"/srv/{app.name}"
    app.host.ssh(f"install -d -m 0777 {folder}")
    app.host.write(f"{conf}/nothing.conf", DRIVER.format(folder=folder), owner=app.scope.owner)
    app.scope.ssh(f"sh -c 'printf cr0chet-of-nobody | podman secret create {app.name}-pw -'")
    printing = container(exec_="sh -c 'echo cr0chet-of-nobody; exit 3'")
    try:
        message = app.deploy({"a": printing}, gate={"stable": 2, "timeout": 8}).refused()
    finally:
        app.host.try_ssh(app.scope.command(f"podman secret rm {app.name}-pw"))
        app.host.ssh(f"rm -rf {conf}/nothing.conf {folder}")
    assert "cr0chet-of" not in message
    assert "(withheld)" in message
    assert "inspect --showsecret ended with status" in message
    ways = {"system": "-u SERVICE", "alice": "--user-unit=SERVICE, as user alice"}
    assert f"journalctl -b {ways[app.scope.name]}" in message
