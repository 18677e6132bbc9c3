# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner of the role pull: its decisions, and its checks of real repositories' commits."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import types
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._content import pack

FILES = pathlib.Path(__file__).resolve().parents[3] / "roles/pull/files"


@pytest.fixture(scope="module")
def runner() -> t.Iterator[types.SimpleNamespace]:
    """Its files, as they import each other on a host."""
    sys.path.insert(0, str(FILES))
    import decide
    import pull

    yield types.SimpleNamespace(decide=decide, pull=pull)
    sys.path.remove(str(FILES))


@pytest.mark.parametrize(
    ("result", "commit", "setup", "age", "every", "due"),
    [
        ("ok", "a", "s", 10, 60, False),
        ("ok", "a", "s", 60, 60, True),
        ("ok", "a", "s", 0, 0, True),
        ("ok", "b", "s", 10, 60, True),
        ("ok", "a", "other", 10, 60, True),
        ("failed", "a", "s", 10, 60, True),
        ("refused", "a", "s", 10, 60, True),
        ("ok", "a", "s", -10, 60, True),
        ("", "", "", 10, 60, True),
    ],
    ids=["same", "late", "always", "commit", "setup", "failed", "refused", "clock", "first"],
)
def test_when_it_runs(
    runner: t.Any, result: str, commit: str, setup: str, age: float, every: float, due: bool
) -> None:
    last = runner.decide.Status(
        result=result, commit=commit, setup=setup, converged_at=1000.0 - age
    )
    assert runner.decide.is_due(last, "a", "s", 1000.0, every) is due


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("ssh-ed25519 AAAA a@example.org\n", '* namespaces="git" ssh-ed25519 AAAA a@example.org\n'),
        ("ecdsa-sha2-nistp256 AAAA", '* namespaces="git" ecdsa-sha2-nistp256 AAAA\n'),
        ("sk-ssh-ed25519@openssh.com AAAA", '* namespaces="git" sk-ssh-ed25519@openssh.com AAAA\n'),
        ("dev@example.org ssh-ed25519 AAAA", "dev@example.org ssh-ed25519 AAAA\n"),
        ('a,b valid-before="20300101" ssh-rsa AAAA', 'a,b valid-before="20300101" ssh-rsa AAAA\n'),
        ("# who\n\na ssh-rsa A\nb ssh-rsa B\n", "a ssh-rsa A\nb ssh-rsa B\n"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n", ""),
        ("\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n", ""),
    ],
)  # fmt: skip
def test_allowed_signers(runner: t.Any, given: str, text: str) -> None:
    assert runner.decide.allowed_signers([given]) == text


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("main", ["refs/heads/main", "refs/tags/main"]),
        ("v1.2", ["refs/heads/v1.2", "refs/tags/v1.2"]),
        ("0a" * 20, ["0a" * 20]),
        ("0a" * 32, ["0a" * 32]),
        ("0a0a0a0", ["refs/heads/0a0a0a0", "refs/tags/0a0a0a0"]),
    ],
)
def test_what_a_version_may_mean(runner: t.Any, version: str, found: list[str]) -> None:
    assert runner.decide.candidates(version) == found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@git.example.org/a.git", "https://git.example.org/a.git"),
        ("https://token@git.example.org/a.git: 403", "https://git.example.org/a.git: 403"),
        ("ssh://git@git.example.org/a.git", "ssh://git@git.example.org/a.git"),
        ("ssh://git:secret@git.example.org/a.git", "ssh://git@git.example.org/a.git"),
        ("git@git.example.org:a.git", "git@git.example.org:a.git"),
        ("/srv/a.git", "/srv/a.git"),
    ],
)
def test_no_password_is_told(runner: t.Any, text: str, shown: str) -> None:
    assert runner.decide.without_password(text) == shown


RECAP = "web1                       : ok=2    changed={}    unreachable=0    failed=1   skipped=0"


@pytest.mark.parametrize(
    ("out", "errors", "cause", "changed"),
    [
        (['fatal: [w]: FAILED! => {"msg": "no"}', RECAP.format(0)], [], "no", False),
        (['fatal: [w]: FAILED! => {"msg": "no", "stderr": "why\\n"}'], [], "no\nwhy", False),
        (['fatal: [w]: UNREACHABLE! => {"msg": "away"}'], [], "away", False),
        (['failed: [w] (item=1) => {"msg": "no"}',
          'fatal: [w]: FAILED! => {"msg": "One or more items failed", "results": []}'],
         [], "no", False),
        (['fatal: [w]: FAILED! => {"msg": "first"}', 'fatal: [w]: FAILED! => {"msg": "ignored"}',
          "...ignoring"], [], "first", False),
        (['fatal: [w -> x]: FAILED! => {"msg": "no"}'], ["[ERROR]: Task failed: no"], "no", False),
        (['fatal: [w]: FAILED! => {"censored": "hidden"}'], [], "hidden", False),
        (["ok: [w]", RECAP.format(3)], [], "it said nothing", True),
        ([], ["[WARNING]: w", "ERROR! the field 'hosts' is", "required", "", "more"],
         "the field 'hosts' is required", False),
        ([], ["[ERROR]: No such playbook"], "No such playbook", False),
        (["localhost | FAILED! => {", '    "changed": false,', '    "msg": "disk full"', "}"], [],
         '"disk full"'.strip('"'), False),
        ([], ["Killed"], "Killed", False),
        (['fatal: [w]: FAILED! => {"msg": "https://t@git.example.org"}'], [],
         "https://git.example.org", False),
    ],
)  # fmt: skip
def test_the_cause(
    runner: t.Any, out: list[str], errors: list[str], cause: str, changed: bool
) -> None:
    output = runner.decide.Output()
    for line in out:
        output.feed(line + "\n")
    for line in errors:
        output.feed_error(line + "\n")
    assert (output.cause(), output.changed) == (cause, changed)


def test_the_archive_of_the_collection(tmp_path: pathlib.Path) -> None:
    """The same bytes at each run, no caches, and what a run imports."""
    top = FILES.parents[2]
    assert pack.pack_collection(top) == pack.pack_collection(top)
    pack.main(str(top), str(tmp_path / "new/a.tar.gz"))
    names = run(["tar", "-tzf", str(tmp_path / "new/a.tar.gz")]).splitlines()
    for name in ("plugins/modules/app.py", "roles/deploy/tasks/main.yml", "playbooks/site.yml"):
        assert name in names
    assert not [name for name in names if ".pyc" in name or name.startswith(("tests", ".git"))]


def run(words: t.Sequence[str]) -> str:
    """A command that must not fail; what it printed."""
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


class Repository:
    """A repository with commits that different keys have signed, and a runner's directory."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.clone, self.top = folder, folder / "clone", folder / "pull"
        self.top.mkdir()
        self.clone.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "dev")
        self.git("config", "user.email", "dev@example.org")
        for name in ("good", "bad"):
            self._make_keys(name)

    def _make_keys(self, name: str) -> None:
        key, home = str(self.folder / name), self.folder / f"g-{name}"
        home.mkdir(mode=0o700)
        gpg = ["gpg", "--homedir", str(home), "--batch", "--passphrase", ""]
        mail = f"{name}@example.org"
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
        run([*gpg, "--quick-generate-key", mail, "ed25519", "sign"])
        shown = run([*gpg, "--armor", "--export", mail])
        (self.folder / f"{name}.asc").write_text(shown, encoding="utf-8")

    def git(self, *words: str, **environment: str) -> str:
        """Runs git in the clone."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.clone,
            env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, signer: str) -> str:
        """A commit that is signed by `ssh good` and the like, or not at all."""
        kind, _space, name = signer.partition(" ")
        ssh = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={self.folder / name}"]
        pgp = ["-c", f"user.signingkey={name}@example.org"]
        words = {"": [], "ssh": ssh, "pgp": pgp}[kind]
        sign = ["--gpg-sign"] if kind else []
        home = {"GNUPGHOME": str(self.folder / f"g-{name}")} if kind == "pgp" else {}
        self.git(*words, "commit", "-q", "--allow-empty", "-m", f"by {signer}", *sign, **home)
        return self.git("rev-parse", "HEAD")

    def key(self, name: str) -> str:
        """A public key: good.pub, good.asc and the like."""
        return (self.folder / name).read_text(encoding="utf-8")

    def configure(self, **options: t.Any) -> None:
        """Writes config.json; ansible-pull is a command that notes that it was called."""
        called = self.folder / "called"
        called.write_text(
            f'#!/bin/sh\necho "$@" >>{self.folder}/calls\n{options.pop("then", "")}\n'
        )
        called.chmod(0o755)
        config = {
            "url": str(self.clone), "version": "main", "playbook": "site.yml",
            "inventory": "inventory.yml", "name": "web1", "ansible_pull": str(called), "keys": [],
            "ssh_key": "", "known_hosts": "", "vault_password": "", "extra_vars": {}, "converge": 0,
        }  # fmt: skip
        (self.top / "config.json").write_text(json.dumps({**config, **options}), encoding="utf-8")

    def run(self, runner: t.Any) -> dict[str, t.Any]:
        """One run of pull.py in a process of its own; the record."""
        for name in ("decide.py", "pull.py"):
            (self.top / name).write_bytes((FILES / name).read_bytes())
        done = subprocess.run(
            [sys.executable, str(self.top / "pull.py")], capture_output=True, text=True, check=False
        )
        record: dict[str, t.Any] = json.loads((self.folder / "pull.json").read_text())
        assert done.returncode == runner.pull.EXIT[record["result"]], done.stderr
        assert not (self.top / "run").exists()
        return record

    def calls(self) -> int:
        """How often ansible-pull was called."""
        path = self.folder / "calls"
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture(scope="module")
def repository(tmp_path_factory: t.Any) -> t.Iterator[Repository]:
    """One for all tests: keys take a while."""
    one = Repository(tmp_path_factory.mktemp("pull"))
    yield one
    for name in ("good", "bad"):
        run(["gpgconf", "--homedir", str(one.folder / f"g-{name}"), "--kill", "gpg-agent"])


@pytest.mark.parametrize(
    ("signer", "keys", "result"),
    [
        ("", [], "ok"),
        ("ssh bad", [], "ok"),
        ("", ["good.pub"], "refused"),
        ("ssh good", ["good.pub"], "ok"),
        ("ssh bad", ["good.pub"], "refused"),
        ("ssh bad", ["good.pub", "bad.pub"], "ok"),
        ("ssh good", ["good.asc"], "refused"),
        ("pgp good", ["good.asc"], "ok"),
        ("pgp bad", ["good.asc"], "refused"),
        ("pgp bad", ["good.asc", "bad.asc"], "ok"),
        ("pgp good", ["good.pub"], "refused"),
        ("pgp good", ["good.pub", "good.asc"], "ok"),
        ("ssh good", ["good.pub", "good.asc"], "ok"),
        ("", ["good.pub", "good.asc"], "refused"),
    ],
)
def test_signatures(
    runner: t.Any, repository: Repository, signer: str, keys: list[str], result: str
) -> None:
    commit = repository.commit(signer)
    repository.configure(keys=[repository.key(name) for name in keys])
    before = repository.calls()
    record = repository.run(runner)
    assert (record["result"], record["wanted"]) == (result, commit), record["message"]
    assert repository.calls() == before + (result == "ok")
    assert (record["commit"] == commit) is (result == "ok")
    if result == "refused":
        assert f"commit {commit} is not signed by a key of quadlet_pull_keys" in record["message"]


@pytest.mark.parametrize("key", ["rubbish", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nno key\n"])
def test_keys_that_are_none(runner: t.Any, repository: Repository, key: str) -> None:
    repository.commit("ssh good")
    repository.configure(keys=[key])
    before = repository.calls()
    assert repository.run(runner)["result"] == "refused"
    assert repository.calls() == before


def test_what_goes_wrong_is_recorded(runner: t.Any, repository: Repository) -> None:
    good = repository.commit("")
    repository.configure()
    assert repository.run(runner)["commit"] == good
    bad = repository.commit("")
    failed = """echo 'fatal: [web1]: FAILED! => {"msg": "web.service did not start"}'; exit 2"""
    repository.configure(then=failed)
    record = repository.run(runner)
    assert (record["result"], record["commit"], record["wanted"]) == ("failed", good, bad)
    assert record["message"] == f"ansible-pull of {bad[:12]}: web.service did not start"
    for options, message in (
        ({"url": "/nowhere"}, "git can't fetch /nowhere: fatal: '/nowhere' does not appear"),
        ({"version": "gone"}, "has no branch, tag or full commit id gone"),
        ({"version": "-q"}, "has no branch, tag or full commit id -q"),
        ({"ansible_pull": "/nowhere/ansible-pull"}, "FileNotFoundError"),
        ({"unknown": 1}, "TypeError"),
    ):
        repository.configure(**options)
        record = repository.run(runner)
        assert record["result"] == "failed"
        assert message in record["message"]
        assert record["commit"] == good
    repository.configure()
    assert repository.run(runner)["commit"] == bad


def test_a_run_that_was_killed_is_no_hindrance(runner: t.Any, repository: Repository) -> None:
    repository.commit("")
    repository.configure()
    repository.run(runner)
    (repository.top / "run/old").mkdir(parents=True)
    (repository.top / "repo.git/packed-refs.lock").touch()
    (repository.top / "repo.git/refs/heads/main.lock").touch()
    (repository.folder / "pull.new").touch()
    (repository.folder / "pull.json").write_text("{")
    commit = repository.commit("")
    record = repository.run(runner)
    assert (record["result"], record["commit"]) == ("ok", commit), record["message"]
