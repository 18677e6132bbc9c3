"""A git repository on a host, from which the host converges itself."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import subprocess
import typing as t

from .apps import Scope
from .hosts import IMAGE
from .playbooks import Playbooks, Run

NAME = "web1"
"""The host in the repository's inventory, where it has another name than in the controller's."""


def page_app(scope: Scope, page: str, *, broken: bool = False) -> dict[str, t.Any]:
    """An app that serves a page; a broken one ends at once."""
    command = "sh -c 'echo no such page; exit 3'" if broken else "httpd -f -p 80 -h /www"
    unit = (
        f"[Container]\nImage={IMAGE}\nExec={command}\nPublishPort={port(scope)}:80\n"
        "Volume=./www:/www:ro\nStopTimeout=1\n[Install]\nWantedBy=default.target\n"
    )
    return {
        "name": "pulled",
        "units": {"pulled-web.container": unit},
        "files": {"www/index.html": page},
        **scope.options,
    }


def port(scope: Scope) -> int:
    """Where the page is served."""
    return 18090 if scope.name == "system" else 18091


class Repository:
    """A bare repository of alice's on the host, and a clone here that pushes into it."""

    def __init__(self, scope: Scope, folder: pathlib.Path, name: str) -> None:
        self.scope, self.host = scope, scope.host
        self.clone = folder / name
        self.path = f"/home/alice/{name}.git"
        # By hand: the host has no git yet.
        made = f"mkdir -p {self.path}/objects {self.path}/refs && cd {self.path}"
        config = "printf '[core]\n\tbare = true\n' >config && echo ref: refs/heads/main >HEAD"
        self.host.ssh(f"rm -rf {self.path}; {made} && {config} && chown -R alice:alice .")
        self.clone.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, **environment: str) -> str:
        """Runs git in the clone."""
        variables = json.loads(self.host.inventory.read_text(encoding="utf-8"))["all"]["vars"]
        key, options = (
            variables["ansible_ssh_private_key_file"],
            variables["ansible_ssh_common_args"],
        )
        done = subprocess.run(
            ["git", "-c", "user.name=dev", "-c", "user.email=dev@example.org", *words],
            cwd=self.clone,
            env={
                **os.environ,
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_SSH_COMMAND": f"ssh -i {shlex.quote(key)} {options}",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def write(self, app: t.Mapping[str, t.Any], tasks: t.Sequence[t.Any] = ()) -> None:
        """The files of a release."""
        host = {"quadlet_deploy_apps": [app], "ansible_connection": "ssh"}
        inventory = {"all": {"hosts": {NAME: host, "another": {}}}}
        plays: list[dict[str, t.Any]] = [
            {"hosts": "all", "gather_facts": False, "tasks": list(tasks)},
            {"ansible.builtin.import_playbook": "quadlet.fleet.site"},
        ]
        (self.clone / "inventory.yml").write_text(json.dumps(inventory), encoding="utf-8")
        (self.clone / "site.yml").write_text(json.dumps(plays), encoding="utf-8")

    def push(
        self,
        app: t.Mapping[str, t.Any],
        tasks: t.Sequence[t.Any] = (),
        *,
        sign: t.Sequence[str] = (),
        **environment: str,
    ) -> str:
        """Commits a release and pushes it, by force; its commit."""
        self.write(app, tasks)
        self.git("add", "--all")
        commit = ["commit", "-q", "--allow-empty", "-m", "release"]
        self.git(*sign, *commit, *(["--gpg-sign"] if sign else []), **environment)
        self.publish("main")
        return self.git("rev-parse", "HEAD")

    def publish(self, *refs: str) -> None:
        """Pushes by force."""
        url = f"ssh://alice@{self.host.address}{self.path}"
        self.git("push", "-q", "--force", url, *refs)


class Pulling:
    """The role on a host, in one scope."""

    def __init__(self, scope: Scope, playbooks: Playbooks, url: str) -> None:
        self.scope, self.host, self.playbooks = scope, scope.host, playbooks
        self.top = scope.state_dir
        self.options: dict[str, t.Any] = {
            "quadlet_pull_url": url,
            "quadlet_pull_user": scope.options.get("user", ""),
            "quadlet_pull_inventory_name": NAME,
            "quadlet_pull_interval": "1d",
            "quadlet_pull_jitter": "0",
        }

    def apply(self, *arguments: str, **options: t.Any) -> Run:
        """Applies the role; options are its variables without their prefix."""
        given = {f"quadlet_pull_{key}": value for key, value in options.items()}
        role = {"role": "quadlet.fleet.pull", "vars": {**self.options, **given}}
        play = {"hosts": "all", "gather_facts": False, "roles": [role]}
        return self.playbooks.run([play], self.host.inventory, arguments=arguments)

    def set_up(self, **options: t.Any) -> None:
        """Applies it, which must not fail; the timer's first run is over."""
        run = self.apply(**options)
        assert run.status == 0, run.output
        self.scope.systemctl("stop quadlet-pull.timer quadlet-pull.service")

    def run(self) -> dict[str, t.Any]:
        """One run of the service, to its end; the record.

        systemd starts no service a sixth time within ten seconds, unless it is told to forget.
        """
        self.scope.try_systemctl("reset-failed quadlet-pull.service")
        self.host.try_ssh(
            self.scope.command(f"systemctl {self.scope.flags} start quadlet-pull.service"),
            timeout=300,
        )
        return self.record()

    def record(self) -> dict[str, t.Any]:
        """The record of the last run."""
        found: dict[str, t.Any] = json.loads(self.host.read(f"{self.top}/pull.json"))
        return found

    def info(self) -> dict[str, t.Any]:
        """What the module tells of it."""
        user = self.scope.options.get("user", "root")
        result = self.scope.call("info", user=user).ok()
        (row,) = result["pull"]
        return {**row, "warned": result.warned}

    def property(self, name: str, unit: str = "quadlet-pull.service") -> str:
        """A property of a unit."""
        return self.scope.systemctl(f"show --value --property={name} {unit}")
