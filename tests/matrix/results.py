"""What the runs of the matrix found: tests/matrix/results.json."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import fcntl
import hashlib
import json
import pathlib
import re
import subprocess
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests/matrix/results.json"
SHIPPED = ("plugins", "roles", "playbooks", "meta")
"""What a result is about: the code of the collection."""

Verdict = t.Literal["passed", "failed", "not run"]


@dataclasses.dataclass(frozen=True)
class Collection:
    """The collection that a row has run: version, digest of its code, and the commit of that."""

    version: str
    digest: str
    commit: str


@dataclasses.dataclass(frozen=True)
class Result:
    """Of one row; reason: why it failed or was not run, left_out: tests by the reason."""

    verdict: Verdict
    passed: int
    reason: str
    left_out: t.Mapping[str, int]
    versions: t.Mapping[str, str]
    seconds: int
    at: str
    collection: Collection


def load() -> dict[str, Result]:
    """By the row's name."""
    if not RESULTS.exists():
        return {}
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    return {
        name: Result(**{**row, "collection": Collection(**row["collection"])})
        for name, row in rows.items()
    }


def store(name: str, result: Result) -> None:
    """Puts a row's result in the place of the one before; two runs at once do not lose one."""
    with _locked():
        rows = {**load(), name: result}
        text = json.dumps({one: dataclasses.asdict(rows[one]) for one in sorted(rows)}, indent=1)
        RESULTS.write_text(text + "\n", encoding="utf-8")


@contextlib.contextmanager
def _locked() -> t.Iterator[None]:
    path = ROOT / ".cache/matrix.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def now() -> str:
    """The time of a run, UTC."""
    return f"{dt.datetime.now(dt.timezone.utc):%Y-%m-%d %H:%M}"


def read_collection() -> Collection:
    """The checkout's: its files as they are, and the last commit that changed one of them."""
    names = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *SHIPPED)
    digest = hashlib.sha256()
    for name in sorted(filter(None, names.split("\0"))):
        path = ROOT / name
        if path.is_file():
            digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    version = re.search(r"^version: *(\S+)", (ROOT / "galaxy.yml").read_text(), re.MULTILINE)
    assert version, "galaxy.yml has no version"
    commit = _git("log", "-1", "--format=%h", "--", *SHIPPED).strip()
    changed = "+" if _git("status", "--porcelain", "--", *SHIPPED).strip() else ""
    return Collection(version.group(1), digest.hexdigest()[:12], commit + changed)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout
