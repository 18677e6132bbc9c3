"""Sent to a host: kills runs of a module at random moments, and looks what is left.

Arguments: a folder with one module for each release (`0.py`, `1.py`), made by Ansible with its
arguments; the app's directory; the file with texts by release and path; the manager's systemctl;
services of another app; how many kills; a seed; the state that services are in after a run, or
'' for any.  Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import typing as t


def run_module(path: pathlib.Path) -> dict[str, t.Any]:
    """A run to its end."""
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            found: dict[str, t.Any] = json.loads(line)
            return found
    return {"failed": True, "msg": f"no answer: {done.stdout[-500:]}{done.stderr[-2000:]}"}


def kill_module(path: pathlib.Path, after: float) -> bool:
    """A run that is killed, with all that it has begun itself; whether it still ran."""
    process = subprocess.Popen(
        [sys.executable, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return alive


def look(folder: pathlib.Path, texts: list[dict[str, str]]) -> list[str]:
    """What is neither of one release nor of the other, whole."""
    wrong = []
    for path in sorted({*texts[0], *texts[1]}):
        file = folder / path
        there = file.read_text() if file.exists() else None
        if there not in [release.get(path) for release in texts]:
            wrong.append(f"{path}: {there!r}")
    return wrong


def main() -> None:
    """All kills."""
    place, app_dir, texts_path, systemctl, others, count, seed, state = sys.argv[1:]
    folder, modules = pathlib.Path(app_dir), pathlib.Path(place)
    texts = json.loads(pathlib.Path(texts_path).read_text())
    rng = random.Random(seed)
    show = [*systemctl.split(), "show", "--value", "-pInvocationID,ActiveState", *others.split()]

    def bystanders() -> str:
        return subprocess.run(show, capture_output=True, text=True, check=True).stdout

    before, report = bystanders(), {"kills": 0, "late": 0, "carried": 0, "wrong": []}
    start = time.monotonic()
    run_module(modules / "1.py")
    longest = (time.monotonic() - start) * 1.05
    release = 0
    while report["kills"] < int(count):
        moment = rng.uniform(0.05, longest)
        if kill_module(modules / f"{release}.py", moment):
            report["kills"] += 1
        else:
            report["late"] += 1
        wrong = look(folder, texts)
        # Now and then the operator goes back instead.
        target = release if rng.random() < 0.7 else 1 - release
        after = run_module(modules / f"{target}.py")
        report["carried"] += "did not end" in json.dumps(after.get("warnings", []))
        if after.get("failed"):
            wrong.append(f"the next run failed: {after['msg'][:600]}")
        wrong += [f"after it {w}" for w in look(folder, [texts[target], texts[target]])]
        again = run_module(modules / f"{target}.py")
        if again.get("failed") or again.get("changed"):
            wrong.append(f"the run after it: {again.get('plan')} {again.get('msg')}")
        down = [n for n, s in again.get("services", {}).items() if state and s["active"] != state]
        wrong += [f"{name} is down" for name in down]
        left = [str(p) for p in folder.rglob("*") if ".fleet.d" in p.parts]
        wrong += [f"left over: {path}" for path in left]
        if bystanders() != before:
            wrong.append("another app was touched")
            before = bystanders()
        report["wrong"] += [f"at {moment:.3f} s, to release {release}: {w}" for w in wrong]
        release = 1 - target
    report["seconds"] = round(time.monotonic() - start, 1)
    report["longest"] = round(longest, 2)
    print(json.dumps(report))


main()
