# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what a run costs without a host: CPU for 500 units, bytes sent, time of import.

Prints a Markdown list and writes it with --output.  It never fails for being slow.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import statistics
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
from tests.unit.support.payload import make_payload, sizes

COUNT = 500
RUNS = 15
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


def import_milliseconds(payload: bytes) -> float:
    """How long it takes a module to load its work from the engine that is kept, verified."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "payload.zip")
        archive.write_bytes(payload)
        codes = kept_engine.compile_engine(sources.read_sources())
        keep_engine.keep(folder, sources.digest(), codes)
        command = [sys.executable, "-c", LOADED, str(archive), folder, sources.digest()]
        ran = [subprocess.run(command, stdout=subprocess.PIPE, check=True) for _run in range(RUNS)]
    return statistics.median(float(done.stdout) for done in ran)


def compile_milliseconds() -> float:
    """How long it takes once, where the engine has been sent."""
    start = time.process_time()
    kept_engine.compile_engine(
        kept_engine.unpack(kept_engine.pack(sources.read_sources()), sources.digest())
    )
    return (time.process_time() - start) * 1000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="also write the list to this file")
    options = parser.parse_args()
    decide_app()  # compiled patterns and caches are not the app's
    runs = [decide_app() for _run in range(RUNS)]
    steps = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    payload = make_payload()
    ours, theirs = sizes(payload)
    told = ", ".join(f"{name} {value * 1000:.0f}" for name, value in steps.items())
    text = (
        f"- {COUNT} units from sections to a plan: {sum(steps.values()):.2f} s of CPU"
        f" (milliseconds: {told})\n"
        f"- sent with each call of module app, compressed: {ours / 1024:.0f} KiB of this"
        f" collection, beside {theirs / 1024:.0f} KiB of Ansible's own\n"
        f"- sent once to each host: {len(sources.content()) / 1024:.0f} KiB; unpacked and compiled"
        f" there in {compile_milliseconds():.0f} ms of CPU\n"
        f"- its work loaded from what is kept: {import_milliseconds(payload):.0f} ms of CPU\n"
        f"- Python {platform.python_version()}, medians of {RUNS} runs\n"
    )
    print(text, end="")
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
