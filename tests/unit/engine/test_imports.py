"""What an undo needs is loaded before the first write: nothing is missing when all else fails."""

from __future__ import annotations

import json
import os
import pathlib
import pickle
import subprocess
import sys
import typing as t

import pytest

from tests.unit.engine.support import releases
from tests.unit.engine.support.effects import FAILS, Fault
from tests.unit.engine.support.host import Host
from tests.unit.engine.support.look import look
from tests.unit.support.generators import ROOT


def run_blocked(host: Host, params: releases.Params, fault: Fault | None) -> dict[str, t.Any]:
    """A run in a fresh process that can import nothing from its first write on."""
    given = (str(host.top), host.kind, host.binary, host.save(), params, fault)
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.engine.support.blocked"],
        input=pickle.dumps(given),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/.cache/collections"},
        cwd=ROOT,
        check=True,
    )
    saved = pathlib.Path(f"{host.top}.pickle")
    host.load(pickle.loads(saved.read_bytes()))
    saved.unlink()
    report: dict[str, t.Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize(
    ("params", "effect"),
    [
        pytest.param(releases.crashing(), "", id="the release fails"),
        pytest.param(releases.release(2), "call commit", id="its files can't be put in place"),
        pytest.param(releases.release(2), "systemctl daemon-reload", id="it can't be loaded"),
    ],
)
def test_an_undo_imports_nothing(
    params: releases.Params, effect: str, make_host: t.Callable[[str], Host]
) -> None:
    host = make_host("system")
    assert host.run(releases.release(1)).result
    host.rest()
    saved, before = host.save(), look(host)
    host.run(params)
    names = [one.name for one in host.effects.done]
    fault = Fault(names.index(effect), FAILS) if effect else None
    host.load(saved)
    report = run_blocked(host, params, fault)
    assert report["blocked"]
    assert report["hit"] == (effect or None)
    assert not report["result"]
    assert before.differences(look(host)) == []
    assert report["rolled_back"], report


def test_an_unchanged_run_does_not_load_the_undo(make_host: t.Callable[[str], Host]) -> None:
    host = make_host("system")
    assert host.run(releases.release(1)).result
    code = (
        "import pickle, sys, pathlib\n"
        "from tests.unit.engine.support.host import Host\n"
        "top, kind, binary, saved, params = pickle.load(sys.stdin.buffer)\n"
        "host = Host(pathlib.Path(top), kind, binary)\n"
        "host.load(saved)\n"
        "print(host.run(params).result['changed'], *sorted(sys.modules), sep='\\n')\n"
    )
    given = (str(host.top), host.kind, host.binary, host.save(), releases.release(1))
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(given),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/.cache/collections"},
        cwd=ROOT,
        check=True,
    )
    changed, *modules = done.stdout.decode().split("\n")
    assert changed == "False"
    loaded = {name.rpartition("._engine.")[2] for name in modules if "._engine." in name}
    assert "reconcile" in loaded
    assert loaded & {"apply", "rollback", "transaction", "start"} == set()
