"""Sent to a host: plants a FIFO at each path that a module opens in a user's tree.

Arguments: a folder with a script for each call of a module (`NAME.py`, made by Ansible with its
arguments); the user; "all", or "once" to plant at each path for the first call that opens it and
for those that change nothing; the trees that are as they were before each run.  The list of paths
is made from a run, by an audit hook that the module's children inherit.  Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import time
import typing as t

LIMIT = 60
READING = ("info", "users")
TRACER = """
import os, runpy, sys
log, script = sys.argv[1:3]
inside = False

def note(path):
    global inside
    if not inside and isinstance(path, str):
        inside = True
        try:
            with open(log, "a") as stream:
                stream.write(path + "\\n")
        finally:
            inside = False

sys.addaudithook(lambda event, args: note(args[0]) if event == "open" else None)
stat = os.stat
os.stat = lambda path, *args, **more: (note(path), stat(path, *args, **more))[1]
sys.argv = [script]
runpy.run_path(script, run_name="__main__")
"""
"""Looks count too: what is not there is not opened."""


def run(argv: list[str]) -> tuple[dict[str, t.Any], float]:
    """The answer of a module, and its seconds."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LIMIT + 5,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"failed": True, "msg": "no end"}, time.monotonic() - began
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    answer = json.loads(lines[-1]) if lines else {"msg": done.stdout[-500:] + done.stderr[-2000:]}
    return answer, time.monotonic() - began


def trace(script: pathlib.Path, log: pathlib.Path, tops: tuple[str, ...]) -> list[str]:
    """The paths in the user's tree that a run opens or looks at, but for directories."""
    log.write_text("")
    log.chmod(0o666)
    run([sys.executable, "-c", TRACER, str(log), str(script)])
    paths = {os.path.normpath(line) for line in log.read_text().splitlines()}
    return sorted(p for p in paths if p.startswith(tops) and not os.path.isdir(p))


class Trees:
    """The user's directories as they were."""

    def __init__(self, tops: list[str], place: pathlib.Path) -> None:
        self._pairs = [(top, str(place / f"kept{number}")) for number, top in enumerate(tops)]
        for top, kept in self._pairs:
            subprocess.run(["cp", "-a", top, kept], check=True)

    def restore(self) -> None:
        """All files, with their owners and times."""
        for top, kept in self._pairs:
            shutil.rmtree(top)
            subprocess.run(["cp", "-a", kept, top], check=True)


def plant(path: str, user: pwd.struct_passwd) -> None:
    """What the user does."""
    if os.path.lexists(path):
        os.unlink(path)
    missing = []
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for folder in reversed(missing):
        os.mkdir(folder)
        os.chown(folder, user.pw_uid, user.pw_gid)
    os.mkfifo(path)
    os.chown(path, user.pw_uid, user.pw_gid)


def main() -> None:
    """All paths."""
    place, name, how, *tops = sys.argv[1:]
    folder, user = pathlib.Path(place), pwd.getpwnam(name)
    trees = Trees(tops, folder)
    inside = (f"{user.pw_dir}/", f"/run/user/{user.pw_uid}/quadlet")
    report: dict[str, t.Any] = {
        "runs": 0,
        "longest": 0.0,
        "named": 0,
        "wrong": [],
        "paths": {},
        "seconds": [],
    }
    tried: set[str] = set()
    for script in sorted(folder.glob("*.py")):
        trees.restore()
        traced = trace(script, folder / "log", inside)
        trees.restore()
        paths = [path for path in traced if not os.path.isdir(path)]
        report["paths"][script.stem] = paths
        for path in paths:
            alike = re.sub(r"\d+", "N", path)  # one generation is as any other
            if how == "once" and alike in tried and script.stem not in READING:
                continue
            tried.add(alike)
            trees.restore()
            plant(path, user)
            answer, seconds = run([sys.executable, str(script)])
            told = json.dumps([answer.get("msg"), answer.get("warnings"), answer.get("apps")])
            report["runs"] += 1
            report["seconds"].append([script.stem, path, round(seconds, 1), path in told])
            report["longest"] = max(report["longest"], round(seconds, 1))
            report["named"] += path in told
            if seconds > LIMIT or (answer.get("failed", True) and path not in told):
                if answer.get("failed") is None and "changed" in answer:
                    continue
                report["wrong"].append([script.stem, path, round(seconds, 1), told[:1500]])
            if os.path.lexists(path):
                os.unlink(path)
    trees.restore()
    print(json.dumps(report))


if __name__ == "__main__":
    main()
