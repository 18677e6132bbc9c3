"""The module is killed at any moment: each file is whole, and the next run needs no help."""

from __future__ import annotations

import json
import os
import pathlib
import shlex

import pytest

from tests.integration.support.apps import App, Scope, container
from tests.unit.support.scripts import make_script

KILLS = 100 if os.environ.get("QUADLET_TEST_LONG") else 4
KILLER = pathlib.Path(__file__).parent / "support" / "killer.py"


def _release(app: App, number: int) -> tuple[dict[str, str], dict[str, str]]:
    """Six units and a file, all of them other than in the other release."""
    more = f"\n[Unit]\nDescription=release {number}\n"
    needs = f"{more}Requires={app.service('db')}\nAfter={app.service('db')}\n"
    units = app.units(
        {
            "web": container("Volume=./conf:/conf:ro", f"Network={app.name}-n.network", more=needs),
            "api": container(f"Network={app.name}-n.network", more=needs),
            "db": container(f"Volume={app.name}-d.volume:/data", more=more),
            "job": container(f"Environment=N={number}"),
            "n.network": f"[Network]\nLabel=a=b\n# {number}\n",
            "d.volume": f"[Volume]\n# {number}\n",
        }
    )
    if number:
        units |= app.units({"new": container()})
    return units, {"conf/a": f"{number}\n", **({"conf/b": "b\n"} if number else {})}


@pytest.mark.parametrize("rest", ["files", "all"])
@pytest.mark.scope("system")
def test_killed_at_random_moments(app: App, rest: str, scope: Scope) -> None:
    other = scope.app()
    try:
        other.deployed({"web": container()})
        _kill(app, other, rest)
    finally:
        other.remove()


def _kill(app: App, other: App, rest: str) -> None:
    host, place = app.host, f"/root/kills-{app.name}"
    host.ssh(f"mkdir -p {place}")
    texts = []
    for number in (0, 1):
        units, files = _release(app, number)
        texts.append({**units, **files})
        options = {
            "name": app.name,
            "units": units,
            "files": files,
            "gate": {"stable": 0.2},
            # Present: the moments between the writes, and nothing of the starts.
            "state": "present" if rest == "files" else "started",
            **app.scope.options,
        }
        script = make_script("quadlet.fleet.app", options).decode()
        host.ssh(f"cat >{place}/{number}.py", text=script)
    host.ssh(f"cat >{place}/texts.json", text=json.dumps(texts))
    host.ssh(f"cat >{place}/killer.py", text=KILLER.read_text(encoding="utf-8"))
    systemctl = app.scope.command(f"systemctl {app.scope.flags}")
    active = "" if rest == "files" else "active"
    words = [place, app.path(), f"{place}/texts.json", systemctl, other.service("web")]
    words += [str(KILLS), f"{app.scope.name}-{rest}", active]
    line = f"python3 {place}/killer.py {' '.join(map(shlex.quote, words))}"
    done = host.try_ssh(line, timeout=3600)
    host.ssh(f"rm -rf {place}")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    print(report)
    assert report["wrong"] == []
    assert report["kills"] >= KILLS
