"""A fleet that serves one app, rootful on some hosts and rootless on others."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import time
import typing as t

from .apps import Result
from .hosts import IMAGE, Host
from .playbooks import ROOT, Playbooks, Run

PORT = 8080
ROLLOUT = [{"ansible.builtin.import_playbook": "quadlet.fleet.rollout"}]
ROLLBACK = [{"ansible.builtin.import_playbook": "quadlet.fleet.rollback"}]
STATUS = [
    {
        "ansible.builtin.import_playbook": "quadlet.fleet.status",
        "vars": {
            "quadlet_status_dest": "{{ status_dest | default('') }}",
            "quadlet_status_formats": ["page", "data", "metrics"],
        },
    }
]

_SERVE = "mkdir /www && echo {{ release }} > /www/index.html && exec httpd -f -p 80 -h /www"
_WEB = f"""[Unit]
Description=Release {{{{ release }}}}
[Container]
Image={IMAGE}
PublishPort={PORT}:80
Exec={{{{ 'false' if broken else 'sh -c "{_SERVE.replace("{{ release }}", "' ~ release ~ '")}"' }}}}
StopTimeout=1
[Service]
Restart=on-failure
[Install]
WantedBy=default.target
"""
BROKEN = "{{ release == 'bad' and inventory_hostname in broken_on }}"


def _variables(host: Host, user: str | None) -> dict[str, t.Any]:
    data = json.loads(host.inventory.read_text(encoding="utf-8"))["all"]
    shop = {"name": "shop", "units": {"web.container": _WEB}, "gate": {"stable": 4}}
    return {
        **data["vars"],
        "ansible_host": host.address,
        "quadlet_deploy_apps": [{**shop, **({"user": user} if user else {})}],
    }


class Shops:
    """The hosts in order, the first half of each kind rootful.  They have a group of their own."""

    def __init__(self, hosts: t.Sequence[Host], playbooks: Playbooks, folder: pathlib.Path) -> None:
        self.hosts = list(hosts)
        self.names = [host.name for host in hosts]
        self.users = {host.name: "alice" if n % 2 else None for n, host in enumerate(hosts)}
        self._playbooks = playbooks
        self.inventory = folder / "shops.json"
        self._folder = folder
        everyone = {h.name: _variables(h, self.users[h.name]) for h in hosts}
        shared = {"release": "1", "broken": BROKEN, "broken_on": []}
        groups = {
            "rootful": {"hosts": {n: {} for n in self.names if not self.users[n]}},
            "rootless": {"hosts": {n: {} for n in self.names if self.users[n]}},
        }
        data = {"all": {"hosts": everyone, "vars": shared, "children": groups}}
        self.inventory.write_text(json.dumps(data), encoding="utf-8")

    def run(
        self,
        release: str,
        *arguments: str,
        plays: t.Sequence[t.Mapping[str, t.Any]] = (),
        **settings: t.Any,
    ) -> Run:
        """One run of a playbook.  settings: quadlet_rollout_*, and broken_on."""
        return self._playbooks.run(
            plays or ROLLOUT,
            self.inventory,
            arguments=[*self._extra(release, settings), *arguments],
        )

    def deployed(self) -> list[dict[str, t.Any]]:
        """The app on each host, as module info tells it, and the host's name."""
        task = {"quadlet.fleet.info": {"apps": ["shop"]}}
        play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
        rows = self._playbooks.run([play], self.inventory).results
        return [{**app, "host": row.host} for row in rows for app in row.data["apps"]]

    def _extra(self, release: str, settings: t.Mapping[str, t.Any]) -> list[str]:
        named = {k if k == "broken_on" else f"quadlet_rollout_{k}": v for k, v in settings.items()}
        return ["-e", json.dumps({"release": release, **named})]

    def kill_at(self, line: str, times: int, release: str, **settings: t.Any) -> str:
        """A run whose controller is killed once a line has come so many times; its output."""
        playbook, output = self._folder / "killed.yml", self._folder / "killed.log"
        playbook.write_text(json.dumps(ROLLOUT), encoding="utf-8")
        words = ["-i", str(self.inventory), *self._extra(release, settings), str(playbook)]
        with output.open("wb") as stream:
            process = subprocess.Popen(
                ["ansible-playbook", *words],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._playbooks.environment, "RECORD_FILE": os.devnull},
                cwd=ROOT,
                start_new_session=True,
            )
            while output.read_text(errors="replace").count(line) < times:
                assert process.poll() is None, output.read_text(errors="replace")
                time.sleep(0.1)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return output.read_text(errors="replace")

    def pages(self) -> dict[str, str]:
        """What each host serves."""
        return {host.name: host.fetch(PORT) for host in self.hosts}

    def is_active(self, host: Host) -> bool:
        """Whether the manager of the app says so."""
        return host.try_ssh(f"{self._systemctl(host)} is-active web.service").returncode == 0

    def _systemctl(self, host: Host) -> str:
        if not self.users[host.name]:
            return "systemctl"
        return "runuser -u alice -- env --chdir=/ XDG_RUNTIME_DIR=/run/user/1000 systemctl --user"

    def restarts_since(self, host: Host, since: float) -> list[tuple[float, float]]:
        """When systemd stopped and started the service: from each stop to the last start before
        the next stop, in seconds since the epoch.
        """
        field = "USER_UNIT" if self.users[host.name] else "UNIT"
        text = host.ssh(
            f"journalctl --sync; journalctl -o json --since @{since:.0f} {field}=web.service"
        )
        found: list[tuple[float, float]] = []
        for row in map(json.loads, text.splitlines()):
            at = int(row["__REALTIME_TIMESTAMP"]) / 1e6
            if row.get("MESSAGE_ID") == _STOPPING:
                found.append((at, at))
            elif row.get("MESSAGE_ID") in (_STARTED, _FAILED) and found:
                found[-1] = (found[-1][0], at)
        return found

    def generations(self) -> dict[str, int]:
        """The number of what is deployed on each host, by the record."""
        found = {}
        for host in self.hosts:
            home = "/home/alice/.local/state" if self.users[host.name] else "/var/lib"
            found[host.name] = json.loads(host.read(f"{home}/quadlet.fleet/apps/shop.json"))[
                "generation"
            ]
        return found


_STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
_STARTED = "39f53479d3a045ac8e11786248231fbf"
_FAILED = "d9b373ed55a64feb8242e02dbe79a49c"
"""Of systemd's message catalog."""


def results(run: Run) -> dict[str, str]:
    """What became of each host, by the table in the end."""
    return {row["host"]: row["result"] for row in report(run)["rows"]}


def report(run: Run) -> Result:
    """The end of a rollout as data."""
    found = [result.data["summary"] for result in run.results if "summary" in result.data]
    assert len(found) == 1, run.output
    return Result(found[0])
