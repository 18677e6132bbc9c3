"""Sources of bind mounts: every way to name one, and everything that may bring it."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts, Ground
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.kube import (
    BLOCK,
    CHARACTER,
    SOCKET,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.sources import (
    Source,
    find_sources,
    missing_of,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.survey import Survey
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import parse_units
from tests.unit.support.together import together

HOME = "/home/svc"
GROUND = Ground(
    f"{HOME}/.config/containers/systemd/app",
    f"{HOME}/.config/containers/systemd",
    HOME,
    frozenset({"w@1.container"}),
    Facts("svc", 1000, frozenset(), environment={}),
)
WEB = "[Container]\nImage=a\n"


def _find(texts: t.Mapping[str, str], **more: t.Any) -> list[Source]:
    units, errors = parse_units(texts)
    assert errors == []
    mounts = {path: unit for path, unit in units.items() if path.endswith("mount")}
    given: dict[str, t.Any] = {"files": (), "directories": (), "mounts": mounts, **more}
    return find_sources(Survey.of(units, GROUND), **given)


NEEDED: dict[str, tuple[str, str]] = {
    "volume": ("web.container", f"{WEB}Volume=/srv/x:/x"),
    "read-only": ("web.container", f"{WEB}Volume=/srv/x:/x:ro"),
    "overlay": ("web.container", f"{WEB}Volume=/srv/x:/x:O"),
    "slashes": ("web.container", f"{WEB}Volume=//srv/./y/../x/:/x"),
    "mount": ("web.container", f"{WEB}Mount=type=bind,source=/srv/x,target=/x"),
    "mount, src": ("web.container", f"{WEB}Mount=type=bind,src=/srv/x,dst=/x,ro=true"),
    "arguments": ("web.container", f"{WEB}PodmanArgs=-v /srv/x:/x"),
    "arguments, long": ("web.container", f"{WEB}PodmanArgs=--volume=/srv/x:/x"),
    "arguments, mount": ("web.container", f"{WEB}PodmanArgs=--mount type=bind,src=/srv/x,dst=/x"),
    "pod": ("web.pod", "[Pod]\nVolume=/srv/x:/x"),
    "build": ("web.build", "[Build]\nImageTag=a\nVolume=/srv/x:/x"),
    "variable": ("web.container", f"{WEB}Volume=${{D}}/x:/x\n[Service]\nEnvironment=D=/srv"),
    "device": ("d.volume", "[Volume]\nDevice=/srv/x\nType=none\nOptions=bind"),
    "device, by its type": ("d.volume", "[Volume]\nDevice=/srv/x\nType=bind"),
    "device, flags": ("d.volume", "[Volume]\nOptions=ro,rbind\nDevice=/srv/x\nType=none"),
    "device, arguments": ("d.volume", "[Volume]\nPodmanArgs=--opt device=/srv/x -o o=bind"),
    "companion": ("web.service", "[Service]\nExecStart=/usr/bin/podman run -v /srv/x:/x a"),
}
OTHERS: dict[str, str] = {
    "named": "Volume=x:/x",
    "unit": "Volume=x.volume:/x",
    "anonymous": "Volume=/x",
    "volume mount": "Mount=type=volume,source=x,target=/x",
    "tmpfs": "Mount=type=tmpfs,target=/x",
    "glob": "Mount=type=glob,source=/srv/x*,target=/x",
    "image": "Mount=type=image,source=/srv/x,target=/x",
    "not known": "Volume=/srv/%i:/x",
    "host's": "Volume=/srv/%b:/x",
}
HOME_PATHS = {"%h/x": f"{HOME}/x", "./x": f"{GROUND.app_dir}/x", "%E/x": f"{HOME}/.config/x"}


@pytest.mark.parametrize("name", NEEDED)
def test_ways_to_need_a_path(name: str) -> None:
    path, text = NEEDED[name]
    found = _find({path: f"{text}\n"})
    assert {row.path for row in found} == {"/srv/x"}
    assert {row.unit for row in found} == {path}
    assert {bool(row.doubt) for row in found} == {name == "companion"}
    drop_in = _find({"web.container": WEB, "web.container.d/a.conf": text + "\n"})
    assert path != "web.container" or {row.line[0] for row in drop_in} == {"web.container.d/a.conf"}


@pytest.mark.parametrize(
    "lines",
    [
        "Device=/dev/vdb\nType=ext4",
        "Device=nas:/x\nType=nfs\nOptions=addr=nas",
        "Device=tmpfs\nType=tmpfs\nOptions=size=1m",
        "Device=/srv/x",
        "",
    ],
)
def test_devices_that_are_no_bind(lines: str) -> None:
    assert _find({"d.volume": f"[Volume]\n{lines}\n"}) == []


@pytest.mark.parametrize("name", OTHERS)
def test_what_needs_no_path(name: str) -> None:
    assert _find({"web@.container": f"{WEB}{OTHERS[name]}\n"}) == []


@pytest.mark.parametrize("spelled", HOME_PATHS)
def test_specifiers_and_relative_paths(spelled: str) -> None:
    (row,) = _find({"web.container": f"{WEB}Volume={spelled}:/x:ro\n"})
    assert row.path == HOME_PATHS[spelled]


BROUGHT: dict[str, dict[str, t.Any]] = {
    "directory": {"directories": ["/srv/x"]},
    "directory below": {"directories": ["/srv/x/deep"]},
}
NOT_BROUGHT: dict[str, dict[str, t.Any]] = {
    "directory above": {"directories": ["/srv"]},
    "directory beside": {"directories": ["/srv/xy"]},
    "file of another path": {"files": ["srv/x"]},
}


@pytest.mark.parametrize(("name", "way"), list(itertools.product(BROUGHT, NEEDED)))
def test_what_the_run_makes(name: str, way: str) -> None:
    path, text = NEEDED[way]
    assert _find({path: f"{text}\n"}, **BROUGHT[name]) == []


@pytest.mark.parametrize("name", NOT_BROUGHT)
def test_what_does_not_bring_it(name: str) -> None:
    (row,) = _find({"web.container": f"{WEB}Volume=/srv/x:/x\n"}, **NOT_BROUGHT[name])
    assert not row.doubt


@pytest.mark.parametrize("files", [["conf"], ["conf/a"], ["conf/a/b", "x"]])
def test_files_of_the_app(files: list[str]) -> None:
    text = f"{WEB}Volume=./conf:/x:ro\n"
    assert _find({"web.container": text}, files=files) == []
    assert len(_find({"web.container": text}, files=["config", "x/conf"])) == 1


DOUBTS: dict[str, tuple[dict[str, str], str]] = {
    "socket": ({"web.container": f"{WEB}Volume=%t/podman/podman.sock:/s\n"}, "while the host runs"),
    "device": ({"web.container": f"{WEB}Volume=/dev/bus:/s\n"}, "while the host runs"),
    "storage": (
        {"web.container": f"{WEB}Volume=/var/lib/containers/storage/volumes/a/_data:/s\n"},
        "Podman makes it",
    ),
    "mount unit": (
        {
            "web.container": f"{WEB}Volume=/mnt/d/x:/x\n",
            "mnt-d.mount": "[Mount]\nWhat=/dev/x\nWhere=/mnt/d\n",
        },
        "a mount unit",
    ),
    "another container": (
        {
            "web.container": f"{WEB}Volume=/srv/d/x:/x\n",
            "db.container": f"{WEB}Volume=/srv/d:/d\n",
        },
        "another unit",
    ),
    "command": (
        {"web.container": f"{WEB}Volume=/srv/x:/x\n[Service]\nExecStartPre=/bin/mkdir -p /srv/x\n"},
        "a command",
    ),
    "script": (
        {
            "web.container": f"{WEB}Volume=/srv/x:/x\n",
            "prep.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'mkdir -p /srv/x'\n",
        },
        "a command",
    ),
    "unknown command": (
        {"web.container": f"{WEB}Volume=/srv/x:/x\n[Service]\nExecStartPre=/usr/bin/prepare\n"},
        "commands of the unit",
    ),
    "below a directory of systemd": (
        {"web.container": f"{WEB}Volume=%S/app/x:/x\n[Service]\nStateDirectory=app\n"},
        "another unit",
    ),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_what_may_bring_it_in_time(name: str) -> None:
    texts, words = DOUBTS[name]
    doubts = [row.doubt for row in _find(texts) if row.unit == "web.container"]
    assert doubts
    assert words in doubts[0]
    assert len(doubts) == 1 or "directory of systemd" in name


@pytest.mark.parametrize(
    ("key", "specifier"),
    [
        ("StateDirectory", "S"),
        ("CacheDirectory", "C"),
        ("LogsDirectory", "L"),
        ("RuntimeDirectory", "t"),
    ],
)
def test_what_systemd_makes(key: str, specifier: str) -> None:
    text = f"{WEB}Volume=%{specifier}/app:/x\n"
    assert _find({"web.container": f"{text}[Service]\n{key}=app\n"}) == []
    found = _find({"web.container": text})
    assert len(found) == (2 if specifier in "SL" else 1)
    wrong = {row.place: "is missing" for row in found}
    assert [row.path for row, _why in missing_of(found, wrong)] == [found[0].path]
    left = dict(list(wrong.items())[1:])
    assert list(missing_of(found, left)) == [], "one of the two is enough"


TYPES: dict[str | None, tuple[str, str] | None] = {
    None: ("/srv/x", ""),
    "": ("/srv/x", ""),
    "Directory": ("/srv/x", ""),
    "File": ("/srv/x", ""),
    "Socket": ("/srv/x", SOCKET),
    "BlockDevice": ("/srv/x", BLOCK),
    "CharDevice": ("/srv/x", CHARACTER),
    "FileOrCreate": ("/srv", ""),
    "DirectoryOrCreate": None,
    "Other": None,
}
"""What each type of hostPath needs, and of which kind; Podman refuses other types itself."""

PODS = {
    "Pod": ("Pod", "spec"),
    "Deployment": ("Deployment", "spec.template.spec"),
    "DaemonSet": ("DaemonSet", "spec.template.spec"),
    "Job": ("Job", "spec.template.spec"),
    "behind another document": ("Pod", "spec"),
}
NO_PODS = {"PersistentVolume": ("PersistentVolume", "spec"), "Service": ("Service", "spec")}


def _find_in_yaml(text: str, **more: t.Any) -> list[Source]:
    units, _errors = parse_units({"web.kube": "[Kube]\nYaml=pod.yml\n"})
    facts = GROUND.facts._replace(files=frozenset({"pod.yml"}), texts={"pod.yml": text})
    given: dict[str, t.Any] = {"files": ["pod.yml"], "directories": (), "mounts": {}, **more}
    return find_sources(Survey.of(units, GROUND._replace(facts=facts)), **given)


def _yaml(kind: str, place: str, volumes: str) -> str:
    text = "".join(f"{'  ' * n}{key}:\n" for n, key in enumerate(place.split(".")))
    indent = "  " * len(place.split("."))
    lines = "".join(f"{indent}{line}\n" for line in volumes.splitlines())
    return f"apiVersion: v1\nkind: {kind}\n{text}{lines}"


def _volume(kind: str | None, mounts: str, *, flow: bool) -> str:
    shown = "" if kind is None else f", type: {kind or chr(39) * 2}"
    volume = f"- {{name: v, hostPath: {{path: /srv/x{shown}}}}}"
    if not flow:
        more = "" if kind is None else f"\n    type: {kind or chr(39) * 2}"
        volume = f"- name: v\n  hostPath:\n    path: /srv/x{more}"
    return f"{mounts}volumes:\n{volume}\n"


MOUNTS = {
    "mounted": "containers:\n- volumeMounts:\n  - {name: v, mountPath: /x}\n",
    "read-only": "containers:\n- volumeMounts:\n  - {name: v, mountPath: /x, readOnly: true}\n",
    "mounted by none": "",
    "twice": "containers:\n- volumeMounts: [{name: v, mountPath: /x}, {name: v, mountPath: /y}]\n",
}


@together("kind", TYPES)
@together("pod", [*PODS, *NO_PODS])
@together("mounts", MOUNTS)
@together("flow", [False, True])
def test_sources_in_yaml(kind: str | None, pod: str, mounts: str, flow: bool) -> None:
    name, place = {**PODS, **NO_PODS}[pod]
    text = _yaml(name, place, _volume(kind, MOUNTS[mounts], flow=flow))
    if pod == "behind another document":
        text = f"kind: ConfigMap\ndata:\n  hostPath: x\n---\n{text}"
    found = _find_in_yaml(text)
    wanted = TYPES[kind] if pod in PODS else None
    assert [row.place for row in found] == ([wanted] if wanted else []), text
    assert all(row.line[1].key == "Yaml" and row.unit == "web.kube" for row in found)
    if wanted:
        assert _find_in_yaml(text, directories=[f"{wanted[0]}/below"]) == []


def test_a_socket_that_comes_while_the_host_runs() -> None:
    text = _yaml("Pod", "spec", _volume("Socket", "", flow=True)).replace("/srv/x", "/run/x.sock")
    (row,) = _find_in_yaml(text)
    assert "while the host runs" in row.doubt


@pytest.mark.parametrize("path", ["data", "''", "[a]", "{a: b}", "null"])
def test_what_is_no_absolute_path(path: str) -> None:
    text = _yaml("Pod", "spec", _volume(None, "", flow=True)).replace("/srv/x", path)
    assert _find_in_yaml(text) == []
