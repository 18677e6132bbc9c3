"""Playbooks, run by the real ansible-playbook, and what their tasks returned."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import typing as t

from . import kept

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "tests" / "integration" / "plugins"
SERVER = pathlib.Path(__file__).with_name("playbook_server.py")


@dataclasses.dataclass(frozen=True)
class TaskResult:
    """What one task returned on one host."""

    task: str
    host: str
    kind: str
    data: dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of ansible-playbook."""

    status: int
    output: str
    results: tuple[TaskResult, ...]

    def only(self) -> dict[str, t.Any]:
        """What the single task of the run returned."""
        assert len(self.results) == 1, self.output
        assert self.results[0].kind != "unreachable", self.output
        return self.results[0].data

    def named(self, task: str) -> dict[str, t.Any]:
        """What the task of this name returned."""
        found = [result.data for result in self.results if result.task.endswith(task)]
        assert len(found) == 1, self.output
        return found[0]


class Playbooks:
    """Runs plays against one inventory; everything it writes is in its own folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[str] | None = None
        self._number = 0
        self.direct = True
        """Whether a single task for a single host may do without a strategy around it, and all
        without a Python that is started for each task.
        """

    @property
    def environment(self) -> dict[str, str]:
        """Settings of every run, on top of the checkout's ansible.cfg."""
        return {
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self._folder / "cp"),
            "ANSIBLE_LOCAL_TEMP": str(self._folder / "local"),
            "ANSIBLE_HOME": str(self._folder / "home"),
            "ANSIBLE_RETRY_FILES_ENABLED": "false",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_DEPRECATION_WARNINGS": "true",
        }

    def run(
        self,
        plays: t.Sequence[t.Mapping[str, t.Any]],
        inventory: pathlib.Path,
        *,
        arguments: t.Sequence[str] = (),
        environment: t.Mapping[str, str] | None = None,
        folder: pathlib.Path | None = None,
        direct: bool = False,
    ) -> Run:
        """The plays as a playbook; in folder, so that files beside it are found.

        direct: it is a single task for a single host; see playbook_server.py.
        """
        self._number += 1
        stem = self._folder / f"run-{self._number}"
        playbook = (folder or self._folder) / f"run-{self._number}.yml"
        playbook.write_text(json.dumps(list(map(_read, plays))), encoding="utf-8")
        record, output = stem.with_suffix(".jsonl"), stem.with_suffix(".log")
        request = {
            "argv": ["ansible-playbook", "-i", str(inventory), *arguments, str(playbook)],
            "env": {**self._python, **(environment or {}), "RECORD_FILE": str(record)},
            "cwd": str(ROOT),
            "output": str(output),
            "direct": direct and self.direct,
        }
        status = self._ask(request)
        rows = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        return Run(
            status,
            output.read_text(encoding="utf-8", errors="replace"),
            tuple(_result(json.loads(row)) for row in rows),
        )

    @property
    def _python(self) -> dict[str, str]:
        return {kept.VARIABLE: kept.PATH} if self.direct else {}

    def _ask(self, request: t.Mapping[str, t.Any]) -> int:
        server = self._started()
        assert server.stdin
        assert server.stdout
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        assert answer, "the playbook server has ended"
        return int(json.loads(answer))

    def _started(self) -> subprocess.Popen[str]:
        if self._server is None:
            for name in ("cp", "local", "home"):
                (self._folder / name).mkdir(exist_ok=True)
            self._server = subprocess.Popen(
                [sys.executable, str(SERVER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **self.environment},
                cwd=ROOT,
            )
        return self._server

    def close(self) -> None:
        """Ends the server."""
        if self._server is not None:
            assert self._server.stdin
            assert self._server.stdout
            self._server.stdin.close()
            self._server.wait(timeout=30)
            self._server.stdout.close()


def _read(part: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A play, block or task whose result is read: a failed one returns data only to its readers."""
    lists = [
        key for key in ("tasks", "block", "rescue", "always") if isinstance(part.get(key), list)
    ]
    inner = {key: list(map(_read, part[key])) for key in lists}
    ours = any(key.startswith("quadlet.fleet.") for key in part)
    return {**({"register": "returned"} if ours else {}), **part, **inner}


def _result(row: t.Mapping[str, t.Any]) -> TaskResult:
    data = {**row["result"], "failed": row["kind"] != "ok"}
    return TaskResult(row["task"], row["host"], row["kind"], data)
