"""A service that somebody started with another text is started again, however that was put back."""

from __future__ import annotations

import os
import typing as t

import pytest

from tests.integration.support.apps import App, container
from tests.integration.test_changes import CONFIG_MAP, KUBE

MORE = "[Container]\nEnvironment=EDITED=1\n"

WAYS = {
    "mv": ("mv F F.kept && cp F.kept F", "mv F.kept F"),
    "cp -p": ("cp -p F S", "cp -p S F"),
    "rsync -t": ("cp -p F S", "cp -p S F.part && mv F.part F"),
    "tar": ("tar -C / -cPf S F", "tar -xPf S"),
    "touch": ("cp -p F S", "cat S >F && touch -r S F"),
}
"""What is done before the edit of a file F, with room for a copy at S, and behind the start."""


class Edit(t.NamedTuple):
    """The file that is edited, and how."""

    path: str
    text: str


EDITS = {
    "unit": Edit("NAME-unit.container", MORE),
    "drop": Edit("NAME-drop.container.d/10-more.conf", MORE),
    "foreign": Edit("../NAME-foreign.container.d/x.conf", MORE),
    "environ": Edit("settings.env", "EDITED=1\n"),
    "mounted": Edit("one.conf", "EDITED\n"),
    "kube": Edit("pod.yaml", "# EDITED\n"),
    "map": Edit("map.yaml", "  EDITED: yes\n"),
    "pod-pod": Edit("NAME-pod.pod", "[Pod]\nPodmanArgs=--label EDITED=1\n"),
    "loaded": Edit("NAME-loaded.container", MORE),
}
"""By the service that reads it; the last one is put back before the start, without a reload."""


def _content(app: App) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    tail = "[Service]\nTimeoutStopSec=20\n\n[Install]\nWantedBy=default.target\n"
    units = {
        "unit": container(),
        "drop": container(),
        "drop.container.d/10-more.conf": "[Container]\nEnvironment=B=1\n",
        "foreign": container(),
        "came": container("Environment=X=%n,$$,'a b' Y=%t\nLabel=a=1 b=2 c=3"),
        "environ": container("EnvironmentFile=./settings.env"),
        "mounted": container("Volume=./one.conf:/one.conf:ro"),
        "kube.kube": f"[Kube]\nYaml=./pod.yaml\n\n{tail}",
        "map.kube": f"[Kube]\nYaml=./other.yaml\nConfigMap=./map.yaml\n\n{tail}",
        "pod.pod": f"[Pod]\n{tail}",
        "member": container(f"Pod={app.unit('pod', 'pod')}"),
        "native.service": f"[Service]\nExecStart=/bin/sleep infinity\n{tail}",
        "loaded": container(),
        "same": container("Label=a=1 b=2 c=3", "Environment=X=%n"),
    }
    files = {
        "settings.env": "C=1\n",
        "one.conf": "one\n",
        "pod.yaml": KUBE.replace("NAME", app.name).split("      envFrom")[0],
        "other.yaml": KUBE.replace("NAME", f"{app.name}-other"),
        "map.yaml": CONFIG_MAP,
    }
    return units, files


def _edit(app: App, ways: t.Mapping[str, str]) -> str:
    """The shell lines of a person who edits everything, restarts, and puts it back."""
    begin, put_back = [], {}
    for stem, edit in EDITS.items():
        path = edit.path.replace("SYSTEMD", app.scope.systemd_dir).replace("NAME", app.name)
        path = path if path.startswith("/") else app.path(path)
        before, after = (
            line.replace("F", path).replace("S", f"/tmp/{app.name}-{stem}.kept")
            for line in WAYS[ways[stem]]
        )
        begin.append(
            f"{before}; printf %b '{edit.text.encode('unicode_escape').decode()}' >>{path}"
        )
        put_back[stem] = after
    folder = f"{app.scope.unit_dir}/{app.unit('came')}.d"
    services = " ".join(map(app.service, (*EDITS, "came", "same")))
    manager = f"systemctl {app.scope.flags}"
    early = put_back.pop("loaded")
    lines = [
        *begin,
        f"mkdir {folder}; printf '{MORE.encode('unicode_escape').decode()}' >{folder}/x.conf",
        f"{manager} daemon-reload",
        early,
        f"{manager} restart {services}",
        *put_back.values(),
        f"rm -r {folder}",
        f"{manager} daemon-reload",
    ]
    return "set -e\n" + "\n".join(lines) + "\n"


class Round(t.NamedTuple):
    """What is done before a start and behind it, who is started, and who has to be again."""

    before: str
    behind: str
    started: tuple[str, ...]
    expected: tuple[str, ...] = ()


LATER = {
    "nothing changes": Round("", "", ("same", "kube", "native")),
    "a drop-in of systemd's own": Round(
        "mkdir -p OWN/NAME-same.service.d; echo '[Unit]' >OWN/NAME-same.service.d/x.conf",
        "rm -r OWN/NAME-same.service.d",
        ("same",),
        ("same",),
    ),
    "the app's directory is another one": Round(
        "mv DIR DIR.away; cp -a DIR.away DIR; echo EDITED=1 >>DIR/settings.env",
        "rm -r DIR; mv DIR.away DIR",
        ("same", "kube", "environ"),
        ("kube", "environ"),
    ),
    "a drop-in of a pod of YAML": Round(
        "mkdir DIR/../NAME-kube.kube.d; echo '[Kube]' >DIR/../NAME-kube.kube.d/x.conf",
        "rm -r DIR/../NAME-kube.kube.d",
        ("same", "kube"),
        ("kube",),
    ),
    "a service of systemd's own": Round(
        "cp -p OWN/NAME-native.service DIR/../kept; echo '#' >>OWN/NAME-native.service",
        "cp -p DIR/../kept OWN/NAME-native.service; rm DIR/../kept",
        ("native",),
        ("native",),
    ),
}
"""By what comes and goes.  systemd loads its units behind each step."""
TOLD = {"nothing changes", "a drop-in of a pod of YAML"}
"""Rounds in which the drift is read, too."""


def _check_later(app: App, units: dict[str, t.Any], files: dict[str, t.Any]) -> None:
    places = {"DIR": app.path(), "OWN": app.scope.systemd_dir, "NAME": app.name}
    manager = f"systemctl {app.scope.flags}"
    load = f"{manager} daemon-reload"
    for what, row in LATER.items():
        restart = f"{manager} restart {' '.join(map(app.service, row.started))}"
        text = f"set -e\n{row.before}\n{load}\n{restart}\n{row.behind}\n{load}\n"
        for word, place in places.items():
            text = text.replace(word, place)
        app.host.write(f"/tmp/{app.name}.sh", text, owner=app.scope.owner)
        app.scope.ssh(f"sh /tmp/{app.name}.sh")
        if what in TOLD:
            drift = app.scope.call("info", apps=[app.name]).ok()["apps"][0]["drift"]
            stale = [f"{app.service(stem)} was started with other files" for stem in row.expected]
            assert [line.split(" than ")[0] for line in drift] == stale
        result = app.deployed(units, files)
        restarted = {name for name, action in result.actions.items() if action == "restart"}
        assert restarted == {*map(app.service, row.expected)}, (what, result["plan"])


ROUNDS = len(WAYS) if os.environ.get("QUADLET_TEST_LONG") else 1


@pytest.mark.scope("alice")
def test_a_text_that_was_put_back_is_started(app: App) -> None:
    units, files = _content(app)
    host, scope = app.host, app.scope
    folder = f"{scope.unit_dir}/{app.unit('foreign')}.d"
    scope.ssh(f"mkdir -p {folder}")
    host.write(f"{folder}/x.conf", "[Container]\nEnvironment=D=1\n", owner=scope.owner)
    app.deployed(units, files)
    expected = {*map(app.service, (*EDITS, "came")), app.service("member")}
    for number in range(ROUNDS):
        names = [*WAYS]
        ways = {stem: names[(n + number) % len(names)] for n, stem in enumerate(EDITS)}
        host.write(f"/tmp/{app.name}.sh", _edit(app, ways), owner=scope.owner)
        scope.ssh(f"sh /tmp/{app.name}.sh")
        result = app.deployed(units, files)
        restarted = {name for name, action in result.actions.items() if action == "restart"}
        assert restarted == expected, (ways, result["plan"])
        for stem in ("unit", "drop", "foreign", "came", "environ", "loaded"):
            assert "EDITED" not in app.inside(stem, "env")
        assert not app.deployed(units, files).changed
    _check_later(app, units, files)
    scope.ssh(f"rm -rf {folder}")
