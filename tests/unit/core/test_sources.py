"""Sources of bind mounts: every way to name one, and everything that may bring it."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts, Ground
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.sources import (
    Source,
    find_sources,
    missing_of,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.survey import Survey
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import parse_units

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
    wrong = {row.path: "is missing" for row in found}
    assert [row.path for row, _why in missing_of(found, wrong)] == [found[0].path]
    left = dict(list(wrong.items())[1:])
    assert list(missing_of(found, left)) == [], "one of the two is enough"
