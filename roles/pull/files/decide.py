# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pull.py decides: what a version may mean, whether to run, what the cause of a failure is."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

LONGEST = 4000
"""Characters of a cause that are recorded."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FAILED = re.compile(r"(?:fatal|failed): \[.*?\].*? => (\{.*)")
_RECAP = re.compile(r"\S+ +: ok=\d+ +changed=(\d+) ")
_SAID = re.compile(r' *"msg": "(.+)",?')
_ERROR = re.compile(r"(?:\[ERROR\]:|ERROR!) *(.+)")
_PUBLIC_KEY = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ ")
_PASSWORD = re.compile(r"(https?://)[^/@\s]+@|(//[^/:@\s]*):[^/@\s]*(?=@)")


@dataclasses.dataclass
class Status:
    """The record; see docs/pull.md."""

    format: int = 1
    url: str = ""
    version: str = ""
    commit: str = ""
    wanted: str = ""
    started_at: str = ""
    ended_at: str = ""
    converged_at: float = 0.0
    setup: str = ""
    result: str = ""
    message: str = ""
    changed: bool = False


def is_due(last: Status, wanted: str, setup: str, now: float, every: float) -> bool:
    """Whether ansible-pull has to run; last: the record of the run before."""
    same = (last.result, last.commit, last.setup) == ("ok", wanted, setup)
    return not same or not 0 <= now - last.converged_at < every


def allowed_signers(keys: t.Sequence[str]) -> str:
    """The text of a file of allowed signers: lines of such a file, and bare public keys."""
    lines = [
        line
        for key in keys
        if not is_pgp(key)
        for line in map(str.strip, key.splitlines())
        if line and not line.startswith("#")
    ]
    bare = '* namespaces="git" '
    return "".join((bare if _PUBLIC_KEY.match(line) else "") + line + "\n" for line in lines)


def is_pgp(key: str) -> bool:
    """Whether a key is an armored OpenPGP one."""
    return key.lstrip().startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")


def candidates(version: str) -> list[str]:
    """What a version may mean in the copy of the repository, the first that is there counts.

    No abbreviated commits: anybody who may push can make another one that begins like it.
    """
    if _COMMIT.fullmatch(version):
        return [version]
    return [f"refs/heads/{version}", f"refs/tags/{version}"]


def without_password(text: str) -> str:
    """A text whose URLs have no password or token."""
    return _PASSWORD.sub(r"\1\2", text)


class Output:
    """What matters in the lines that ansible-pull prints."""

    def __init__(self) -> None:
        self.changed = False
        self._task = self._before = ""
        self._error: list[str] = []
        self._in_error = False
        self._last = ""

    def feed(self, line: str) -> None:
        """Takes the next line of its output."""
        line = line.rstrip()
        failed, said, recap = (p.match(line) for p in (_FAILED, _SAID, _RECAP))
        if line == "...ignoring":
            self._task = self._before
        elif failed:
            self._before = self._task
            self._task = task_message(failed.group(1)) or self._task
        elif said:
            self._last = said.group(1)
        elif recap:
            self.changed = self.changed or recap.group(1) != "0"

    def feed_error(self, line: str) -> None:
        """Takes the next line of its errors: an error may be several, up to an empty one."""
        line = line.rstrip()
        error = _ERROR.match(line)
        if error:
            self._error = [error.group(1)]
        elif self._in_error and line:
            self._error.append(line)
        elif line:
            self._last = line
        self._in_error = bool(error) or (self._in_error and bool(line))

    def cause(self) -> str:
        """Why it failed, in words."""
        found = self._task or " ".join(self._error) or self._last or "it said nothing"
        return without_password(found)[:LONGEST]


def task_message(text: str) -> str:
    """The message of a failed task's result; '' for one that only counts the items of a loop."""
    try:
        result = json.loads(text)
    except ValueError:
        return text
    if "results" in result:
        return ""
    parts = [result.get("msg"), result.get("stderr") or result.get("module_stderr")]
    texts = [str(part).strip() for part in parts if part]
    return "\n".join(texts) or str(result.get("censored", text))
