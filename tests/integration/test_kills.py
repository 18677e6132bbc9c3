"""The module is killed at any moment: each file is whole, and the next run needs no help."""

from __future__ import annotations

import json
import os
import shlex

import pytest

from tests.integration.support.apps import App, Scope, container
from tests.unit.support.scripts import make_script

KILLS = 100 if os.environ.get("QUADLET_TEST_LONG") else 6
KILLER = os.path.join(os.path.dirname(__file__), "support", "killer.py")


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
def test_killed_at_random_moments(app: App, rest: str, scope: Scope) -> None:
    other = scope.app()
    try:
        other.deployed({"web": container()})
        _kill(app, other, rest)
    finally:
        other.remove()


def _kill(app: App, other: App, rest: str) -> None:
    texts, host, place = [], app.host, f"/root/kills-{app.name}"
    app.host.ssh(f"mkdir -p {place}")
    for number in (0, 1):
        units, files = _release(app, number)
        texts.append({**units, **files})
        options = {
            "name": app.name,
            "units": units,
            "files": files,
            "gate": {"stable": 0.2},
            **app.scope.options,
            **state,
        }
        host.ssh(
            f"cat >{place}/{number}.py", text=make_script("quadlet.fleet.app", options).decode()
        )
    host.ssh(f"cat >{place}/texts.json", text=json.dumps(texts))
    with open(KILLER, encoding="utf-8") as stream:
        host.ssh(f"cat >{place}/killer.py", text=stream.read())
    seed = f"{app.scope.name}-{rest}"
    words = [place, app.path(), f"{place}/texts.json"]
    systemctl = app.scope.command(f"systemctl {app.scope.flags}")
    words += [
        systemctl,
        other.service("web"),
        str(KILLS),
        seed,
        "" if rest == "files" else "active",
    ]
    done = host.try_ssh(
        f"python3 {place}/killer.py {' '.join(map(shlex.quote, words))}", timeout=3600
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    print(report)
    assert report["wrong"] == []
    assert report["kills"] >= KILLS
