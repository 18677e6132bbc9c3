"""The state files of a release: recorded on a host, and laid on one as that release left them.

Usage: python -m tests.integration.support.release_files VERSION
It writes tests/integration/releases/VERSION.json.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import threading
import typing as t

from .apps import App, container, system_scope
from .hosts import Fleet
from .playbooks import Playbooks

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "releases"
NAME = "kept"
WEB = container(
    "Volume=./conf:/conf:ro", "Volume=kept-data.volume:/data", "Network=kept-net.network"
)
UNITS = {
    "web": WEB,
    "data.volume": "[Volume]\n",
    "net.network": "[Network]\n",
    "job": "[Container]\nImage=registry.test:5000/busybox:1\nExec=true\n[Service]\nType=oneshot\n",
    "job.timer": "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
}
HANGS = "HealthCmd=false\nHealthInterval=1s\nHealthStartPeriod=5m\nNotify=healthy\n"
_KILL = (
    "for p in /proc/[0-9]*; do if ls -l $p/fd 2>/dev/null | grep -q fleet.kept.lock; "
    "then kill -9 ${p#/proc/}; fi; done"
)
_READ = """
import json, pathlib
state, units = map(pathlib.Path, {tops!r})
found = {{}}
for path in [*state.glob("*/kept*"), *state.glob("generations/kept/*"), *units.rglob("*"),
             *pathlib.Path("/etc/systemd/system").glob("kept-*")]:
    if path.is_file() and ".fleet.d" not in path.parts:
        found[str(path)] = [path.stat().st_mode & 0o7777, path.read_text()]
print(json.dumps(found))
"""
Files = dict[str, tuple[int, str]]


def read_files(app: App) -> Files:
    """Mode and text of each file of the app on its host."""
    script = _READ.format(tops=(app.scope.state_dir, app.path()))
    found = json.loads(app.host.ssh("python3 -", text=script))
    return {path: (mode, text) for path, (mode, text) in sorted(found.items())}


def lay_out(app: App, files: t.Mapping[str, t.Sequence[t.Any]]) -> None:
    """Writes them on its host."""
    script = (
        "import json, pathlib, sys\n"
        f"for path, (mode, text) in json.loads({json.dumps(dict(files))!r}).items():\n"
        "    path = pathlib.Path(path)\n"
        "    path.parent.mkdir(parents=True, exist_ok=True)\n"
        "    path.write_text(text)\n"
        "    path.chmod(mode)\n"
    )
    app.host.ssh("python3 -", text=script)


def record(app: App) -> dict[str, t.Any]:
    """Deploys twice, and then has a run die."""
    app.deployed(UNITS, {"conf/a.txt": "first\n"})
    app.deployed(UNITS, {"conf/a.txt": "second\n"})
    ended = read_files(app)

    def die() -> None:
        app.host.wait(f"systemctl is-active {app.service('web')} | grep -q activating", timeout=60)
        app.host.ssh(_KILL)

    killer = threading.Thread(target=die)
    killer.start()
    hanging = WEB.replace("[Container]\n", f"[Container]\n{HANGS}")
    assert app.deploy({**UNITS, "web": hanging}, {"conf/a.txt": "third\n"}).failed
    killer.join()
    died = {path: row for path, row in read_files(app).items() if "/intents/" in path}
    declared = {"units": app.units(UNITS), "files": {"conf/a.txt": "second\n"}}
    return {"declared": declared, "ended": ended, "died": died}


def main() -> None:
    """Records on a host of its own."""
    with tempfile.TemporaryDirectory(prefix="qf-") as folder:
        fleet, playbooks = Fleet(pathlib.Path(folder)), Playbooks(pathlib.Path(folder))
        try:
            app = system_scope(fleet.get(), playbooks).app(NAME)
            made = record(app)
            app.remove()
        finally:
            fleet.close()
            playbooks.close()
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{sys.argv[1]}.json"
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
