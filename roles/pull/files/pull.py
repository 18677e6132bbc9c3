# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-pull on a commit that may be run, and records how that went.

The role `pull` puts it beside its config.json.  Everything that a run needs is made anew in run/
at its start and removed at its end; what stays is a bare copy of the repository, in which nothing
is ever checked out, and the record, ../pull.json.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import typing as t

from decide import (
    LONGEST,
    Output,
    Status,
    allowed_signers,
    candidates,
    is_due,
    is_pgp,
    without_password,
)

EXIT = {"ok": 0, "failed": 1, "refused": 2}
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class EndedError(Exception):
    """The end of a run that is not a good one; result: failed or refused."""

    def __init__(self, message: str, result: str = "failed") -> None:
        super().__init__(message)
        self.result = result


@dataclasses.dataclass(frozen=True)
class Config:
    """config.json, as the role writes it."""

    url: str
    version: str
    playbook: str
    inventory: str
    name: str
    ansible_pull: str
    keys: list[str]
    ssh_key: str
    known_hosts: str
    vault_password: str
    extra_vars: dict[str, t.Any]
    converge: float


class Run:
    """One run: its directory, configuration and environment."""

    def __init__(self, top: pathlib.Path) -> None:
        self.repo = top / "repo.git"
        self.work = top / "run"
        self.checkout = self.work / "checkout"
        self.archive = top / "collection.tar.gz"
        text = (top / "config.json").read_bytes()
        self.config = Config(**json.loads(text))
        digest = hashlib.sha256(text)
        if self.archive.exists():
            digest.update(self.archive.read_bytes())
        self.setup = digest.hexdigest()[:16]

    def file(self, name: str, text: str) -> str:
        """Writes a file that lives as long as the run, for its owner alone; its path."""
        path = self.work / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(text)
        return str(path)

    def prepare(self) -> None:
        """Makes what git and ansible-pull need."""
        self.clear()
        self.work.mkdir(mode=0o700)
        os.environ.update(self.make_environment())
        if self.archive.exists():
            target = self.work / "collections/ansible_collections/quadlet/fleet"
            target.mkdir(parents=True)
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            with tarfile.open(self.archive) as packed:
                packed.extractall(target, **safe)  # made by the role, on the controller

    def clear(self) -> None:
        """Removes it, also what a run that was killed has left."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.work)

    def make_environment(self) -> dict[str, str]:
        """The environment of git and ansible-pull, where it is not what the service has."""
        account = pwd.getpwuid(os.getuid())
        home = os.environ.get("HOME", account.pw_dir)
        usual = f"{home}/.ansible/collections:/usr/share/ansible/collections"
        return {
            "HOME": home,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "GIT_CONFIG_GLOBAL": self.git_config(home),
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_SSH_COMMAND": self.ssh_command(),
            "GIT_TERMINAL_PROMPT": "0",
            "ANSIBLE_COLLECTIONS_PATH": f"{self.work}/collections:{usual}",
            "ANSIBLE_STDOUT_CALLBACK": "default",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_CALLBACK_FORMAT_PRETTY": "false",
            "ANSIBLE_DISPLAY_FAILED_STDERR": "false",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_RETRY_FILES_ENABLED": "false",
        }

    def git_config(self, home: str) -> str:
        """Git's settings: the account's own; a repository on this host may be another's."""
        path = self.config.url.partition("file://")[2] or self.config.url
        trusted = f'[safe]\n\tdirectory = "{path}"\n' if path.startswith("/") else ""
        own = [f'\tpath = "{home}/{name}"\n' for name in (".config/git/config", ".gitconfig")]
        return self.file("gitconfig", "".join(["[include]\n", *own, trusted]))

    def ssh_command(self) -> str:
        """How git calls ssh: nobody can be asked, and a host that is not known is refused."""
        words = ["ssh", "-o BatchMode=yes", "-o StrictHostKeyChecking=yes"]
        words += ["-o ConnectTimeout=30", "-o ServerAliveInterval=15"]
        if self.config.ssh_key:
            key = self.file("ssh_key", self.config.ssh_key.strip() + "\n")
            words += ["-o IdentitiesOnly=yes", f"-i '{key}'"]
        if self.config.known_hosts:
            known = self.file("known_hosts", self.config.known_hosts.strip() + "\n")
            words.append(f"-o UserKnownHostsFile='{known}'")
        return " ".join(words)

    def git(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs git on the copy of the repository."""
        return subprocess.run(
            ["git", f"--git-dir={self.repo}", *words],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def fetch(self) -> str:
        """Brings the copy of the repository up to date; the commit that is wanted."""
        for left in self.repo.rglob("*.lock"):  # by a run that was killed; we hold the lock
            left.unlink()
        made = self.git("init", "--quiet", "--bare")
        refs = [f"+refs/{kind}/*:refs/{kind}/*" for kind in ("heads", "tags")]
        # It ends when its command does, and a dead connection is given up.
        settings = ["gc.autoDetach=false", "maintenance.autoDetach=false"]
        settings += ["http.lowSpeedLimit=1", "http.lowSpeedTime=60"]
        options = [word for setting in settings for word in ("-c", setting)]
        command = ["fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules"]
        url = self.config.url
        done = made if made.returncode else self.git(*options, *command, "--", url, *refs)
        if done.returncode:
            raise EndedError(f"git can't fetch {url}: {done.stderr.strip()}")
        for name in candidates(self.config.version):
            found = self.git("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
            if not found.returncode:
                return found.stdout.strip()
        raise EndedError(
            f"{url} has no branch, tag or full commit id {self.config.version}. "
            "Push it, or change quadlet_pull_version"
        )

    def verify(self, commit: str) -> None:
        """Refuses a commit that none of the keys has signed, where there are keys."""
        keys = self.config.keys
        if not keys:
            return
        pgp = [key for key in keys if is_pgp(key)]
        home = f"{self.work}/gnupg"
        os.mkdir(home, 0o700)
        for number, key in enumerate(pgp):
            path = self.file(f"key-{number}.asc", key)
            command = ["gpg", "--homedir", home, "--batch", "--no-autostart", "--import", path]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise EndedError(f"gpg can't read a key: {done.stderr.strip()}", "refused")
        signers = self.file("allowed_signers", allowed_signers(keys))
        settings = {
            "gpg.openpgp.program": "gpg" if pgp else "false",
            "gpg.x509.program": "false",
            "gpg.ssh.allowedSignersFile": signers,
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        done = self.git(*options, "verify-commit", commit, GNUPGHOME=home)
        if done.returncode:
            why = done.stderr.strip().replace("\n", "; ") or "it has no signature"
            raise EndedError(
                f"commit {commit} is not signed by a key of quadlet_pull_keys, so nothing of it "
                f"was run: {why}",
                "refused",
            )

    def converge(self, commit: str, status: Status) -> None:
        """Has ansible-pull run the commit."""
        config = self.config
        words = [
            *(config.ansible_pull, "--url", str(self.repo), "--checkout", commit, "--full"),
            *("--directory", str(self.checkout), "--limit", config.name),
            # Not there yet: so that ansible-pull checks out by itself, and not by an inventory.
            *("--inventory", f"{self.checkout}/{config.inventory}"),
            *("--extra-vars", "ansible_connection=local"),
        ]
        if config.extra_vars:
            path = self.file("extra_vars.json", json.dumps(config.extra_vars))
            words += ["--extra-vars", f"@{path}"]
        if config.vault_password:
            words += ["--vault-password-file", self.file("vault", config.vault_password)]
        output = Output()
        # Two pipes: ansible-pull mixes the two streams of its own children within lines.
        with subprocess.Popen(
            [*words, config.playbook],
            cwd=self.work,  # not in the checkout: no ansible.cfg before it is wanted
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as running:
            assert running.stdout
            assert running.stderr
            errors = threading.Thread(target=show, args=(running.stderr, output.feed_error))
            errors.start()
            try:
                show(running.stdout, output.feed)
            except BaseException:
                running.terminate()
                raise
            finally:
                errors.join()
        status.changed = output.changed
        if running.returncode:
            raise EndedError(f"ansible-pull of {commit[:12]}: {output.cause()}")


def show(stream: t.Iterable[str], feed: t.Callable[[str], None]) -> None:
    """Prints what a stream brings, and has it looked at."""
    for line in stream:
        print(line, end="", flush=True)
        feed(line)


def read_status(path: pathlib.Path) -> Status:
    """The record of the run before; an empty one where there is none that can be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in dataclasses.fields(Status)}
        return Status(**{key: value for key, value in data.items() if key in known})
    except (OSError, ValueError, AttributeError):
        return Status()


def write_status(path: pathlib.Path, status: Status) -> None:
    """Replaces the record by one rename."""
    waiting = path.with_suffix(".new")
    with contextlib.suppress(FileNotFoundError):
        waiting.unlink()
    with open(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(dataclasses.asdict(status), stream, indent=1, sort_keys=True)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(waiting, path)


def attempt(run: Run, status: Status, last: Status) -> None:
    """One run, as far as it goes; notes in the record what it finds."""
    try:
        run.prepare()
        status.wanted = wanted = run.fetch()
        run.verify(wanted)
        if is_due(last, wanted, run.setup, time.time(), run.config.converge):
            run.converge(wanted, status)
            status.commit, status.setup, status.converged_at = wanted, run.setup, time.time()
    finally:
        run.clear()


def iso_now() -> str:
    """The time, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def tell(text: str) -> None:
    """Says how it went: to systemd, for `systemctl status`, and in the last line of the journal."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        line = text.replace("\n", " ")[:1000]
        name = f"\0{address[1:]}" if address.startswith("@") else address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sink:
            sink.sendto(f"STATUS={line}".encode(), name)
    print(f"quadlet-pull: {text}", flush=True)


def stop(number: int, _frame: t.Any) -> t.NoReturn:
    """The first signal ends the run in order: it is recorded."""
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise EndedError(f"it was stopped before its end ({signal.Signals(number).name})")


def record_run(top: pathlib.Path) -> Status:
    """One run and its record, whatever its end is."""
    path = top.with_suffix(".json")
    last = read_status(path)
    status = dataclasses.replace(last, format=Status.format, started_at=iso_now(), changed=False)
    try:
        run = Run(top)
        status.url, status.version = without_password(run.config.url), run.config.version
        attempt(run, status, last)
        status.result, status.message = "ok", ""
    except EndedError as end:
        status.result, status.message = end.result, without_password(str(end))[:LONGEST]
    except Exception as error:
        status.result, status.message = "failed", f"{type(error).__name__}: {error}"
    status.ended_at = iso_now()
    write_status(path, status)
    return status


def main(top: pathlib.Path) -> int:
    """One run, after any that is under way; the exit status."""
    with open(top / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for number in _SIGNALS:
            signal.signal(number, stop)
        status = record_run(top)
    done = f"commit {status.commit[:12]} of {status.version}"
    tell(f"{status.result}: {status.message or done}")
    return EXIT[status.result]


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(__file__).resolve().parent))
