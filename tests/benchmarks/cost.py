# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what a run costs without a host: CPU for 500 units, bytes sent, time of import.

Writes its part of results.json, and docs/benchmarks.md from it.  It never fails for being slow.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".cache" / "collections")]

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app import app as spec
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint import engine as lint
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint import view as lint_view
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts import judge
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan import inputs, plan
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan import model as world
from ansible_collections.quadlet.fleet.plugins.module_utils._core.state import manifest
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate import check
from ansible_collections.quadlet.fleet.plugins.module_utils._module import keep_engine, kept_engine
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine import sources
from tests.benchmarks.payload import load_whole_milliseconds, make, make_whole
from tests.benchmarks.record import Recorder, write_page
from tests.unit.support.payload import make_payload, sizes

COUNT = 500
RUNS = 15
CALLS = 5
APP_DIR = "/etc/containers/systemd/app"
PLACE = check.Place(APP_DIR, "/etc/containers/systemd", "/root", frozenset())
PODMAN = (5, 4, 2)


def sections(number: int) -> dict[str, t.Any]:
    """A unit of the size that people write."""
    return {
        "Unit": {"Description": f"unit {number}", "After": "network.target"},
        "Container": {
            "Image": "registry.example/app/web:1.2",
            "Environment": {f"KEY_{i}": f"value {i} with % and $" for i in range(8)},
            "Volume": [f"data{number % 10}.volume:/data", f"./conf/{number}.conf:/etc/app.conf:ro"],
            "Network": "net.network",
            "PublishPort": [f"{10000 + number}:80"],
            "Label": {"a": "b"},
            "HealthCmd": ["test", "-e", "/ready"],
            "Exec": ["serve", "--port", "80"],
        },
        "Service": {"Restart": "always", "TimeoutStartSec": 900},
        "Install": {"WantedBy": "multi-user.target"},
    }


def decide_app() -> dict[str, float]:
    """CPU seconds of each step from 500 declared units to a plan."""
    units: dict[str, t.Any] = {f"u{n}.container": sections(n) for n in range(COUNT - 11)}
    units.update(
        {f"data{n}.volume": {"Volume": {}} for n in range(10)}, **{"net.network": {"Network": {}}}
    )
    files = {f"conf/{n}.conf": f"x={n}\n" for n in range(COUNT - 11)}
    seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(name: str) -> t.Iterator[None]:
        start = time.process_time()
        yield
        seconds[name] = time.process_time() - start

    with timed("render"):
        content = spec.parse_content("app", units, files) or {}
    with timed("parse"):
        texts, errors = check.parse_units({p: inputs.text_of(content[p]) for p in units})
    with timed("check"):
        errors += check.check_units(texts, PODMAN, PLACE)
    with timed("mounts"):
        mounts = judge.judge_mounts(texts, PLACE.ground)
        errors += check.check_mounts(mounts.faults)
    with timed("lint"):
        modes = dict.fromkeys(files, 0o644)
        context = lint_view.Context(PLACE, PODMAN, False, modes, mounts=mounts)
        findings = lint.lint_units(texts, context)
    assert not errors, errors[0]
    assert not findings, findings[0]
    services = {name.replace(".", "-") + ".service": manifest.ServiceRecord(name) for name in units}
    with timed("plan"):
        sources = inputs.AppInputs(content, {}, app_dir=APP_DIR, home="/root")
        made = plan.make_plan(
            world.PlanInput(
                app=spec.App("app", content=content),
                desired=content,
                current={},
                manifest=manifest.Manifest("app"),
                loaded="",
                services=services,
                digests={name: sources.of(record.unit) for name, record in services.items()},
                states={},
            )
        )
    assert len(made.start) == COUNT
    return seconds


LOADED = """
import sys, time
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import ansible.module_utils.basic
start = time.process_time()
from ansible_collections.quadlet.fleet.plugins.module_utils._module import engine_module, options
engine_module.install(engine_module.read_engine(sys.argv[2], sys.argv[3]))
from ansible_collections.quadlet.fleet.plugins.module_utils._module import app
print((time.process_time() - start) * 1000)
"""


def import_milliseconds(payload: bytes) -> list[float]:
    """How long it takes a module to load its work from the engine that is kept, verified."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "payload.zip")
        archive.write_bytes(payload)
        codes = kept_engine.compile_engine(sources.read_sources())
        keep_engine.keep(folder, sources.digest(), codes)
        command = [sys.executable, "-c", LOADED, str(archive), folder, sources.digest()]
        ran = [subprocess.run(command, stdout=subprocess.PIPE, check=True) for _run in range(RUNS)]
    return [float(done.stdout) for done in ran]


def compile_milliseconds() -> float:
    """How long it takes once, where the engine has been sent."""
    start = time.process_time()
    kept_engine.compile_engine(
        kept_engine.unpack(kept_engine.pack(sources.read_sources()), sources.digest())
    )
    return (time.process_time() - start) * 1000


def _measure_calls(recorder: Recorder) -> None:
    """A call as it is, one that has the engine in it, and ping's: made, sent, loaded."""
    for _run in range(CALLS):
        whole = make_whole()
        recorder.add("made", 1, "whole", whole.milliseconds, "ms")
        recorder.add("made", 1, "kept", make("quadlet.fleet.app").milliseconds, "ms")
        recorder.add("made", 1, "ping", make("ansible.builtin.ping").milliseconds, "ms")
        recorder.add("loaded", 1, "whole", load_whole_milliseconds(whole.payload), "ms")
    payload = make_payload()
    recorder.extend("loaded", 1, "kept", import_milliseconds(payload), "ms")
    for way, archive in (("whole", whole.payload), ("kept", payload)):
        ours, theirs = sizes(archive)
        recorder.add("sent", 1, way, ours / 1024, "KiB")
        recorder.add("sent beside", 1, way, theirs / 1024, "KiB")


def run() -> None:
    """The whole part."""
    recorder = Recorder("cost", "kept")
    decide_app()  # compiled patterns and caches are not the app's
    runs = [decide_app() for _run in range(RUNS)]
    for name in runs[0]:
        recorder.extend("plan", COUNT, name, [one[name] * 1000 for one in runs], "ms")
    recorder.extend("plan", COUNT, "all", [sum(one.values()) * 1000 for one in runs], "ms")
    recorder.add("sent once", 1, "kept", len(sources.content()) / 1024, "KiB")
    compiled = [compile_milliseconds() for _run in range(CALLS)]
    recorder.extend("compiled once", 1, "kept", compiled, "ms")
    _measure_calls(recorder)
    recorder.save()


if __name__ == "__main__":
    run()
    write_page()
