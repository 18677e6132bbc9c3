"""What a service is made from, so what its restart is decided by."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import (
    LINK,
    Blob,
    digest,
    text_of,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.effective import (
    changed_keys,
    declared_image,
    has_health_check,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import (
    AppInputs,
    Inputs,
    loaded_digest,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    drop_in_dirs,
    is_template,
    is_unit,
    kind_of,
    split_drop_in,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit

DIR = "/etc/containers/systemd/app"
UNITS = "/etc/containers/systemd"
HOME = "/home/svc"


def _content(units: t.Mapping[str, str], **files: t.Any) -> dict[str, Blob]:
    """units, and a.env, conf/a.txt, … with the marks that are given by C(path=on_change)."""
    content = {path: Blob(text.encode()) for path, text in units.items()}
    for path in ("a.env", "b.env", "conf/a.txt", "conf/sub/b.txt", "other.txt", "k.yml", "m.yml"):
        content[path] = Blob(path.encode(), 0o644, files.get(path, "restart"))
    return content


def _inputs(
    lines: str,
    *,
    unit: str = "web.container",
    more: t.Mapping[str, str] | None = None,
    foreign: t.Mapping[str, str] | None = None,
    on_change: t.Mapping[str, str] | None = None,
) -> Inputs:
    section = {"container": "Container", "kube": "Kube", "build": "Build", "pod": "Pod"}
    head = f"[{section[unit.rpartition('.')[2]]}]\n"
    content = _content({unit: f"{head}{lines}\n", **(more or {})}, **(on_change or {}))
    return AppInputs(content, foreign or {}, app_dir=DIR, home=HOME).of(unit)


def _others(parts: t.Iterable[str], unit: str = "web.container") -> set[str]:
    """Everything but the unit itself."""
    return set(parts) - {unit}


USED = {
    "nothing": ("web.container", "Image=a", set()),
    "environment": ("web.container", "EnvironmentFile=a.env", {"a.env"}),
    "environment, dot": ("web.container", "EnvironmentFile=./a.env", {"a.env"}),
    "environment, absolute": ("web.container", f"EnvironmentFile={DIR}/a.env", {"a.env"}),
    "environment, two": ("web.container", "EnvironmentFile=a.env b.env", {"a.env", "b.env"}),
    "environment, elsewhere": ("web.container", "EnvironmentFile=/srv/a.env", set()),
    "directory": ("web.container", "Volume=./conf:/c:ro", {"conf/a.txt", "conf/sub/b.txt"}),
    "directory with a slash": (
        "web.container",
        "Volume=./conf/:/c:ro",
        {"conf/a.txt", "conf/sub/b.txt"},
    ),
    "directory, absolute": (
        "web.container",
        f"Volume={DIR}/conf:/c:ro",
        {"conf/a.txt", "conf/sub/b.txt"},
    ),
    "directory, Mount": (
        "web.container",
        "Mount=type=bind,source=./conf,dst=/c,ro",
        {"conf/a.txt", "conf/sub/b.txt"},
    ),
    "directory inside": ("web.container", "Volume=./conf/sub:/c:ro", {"conf/sub/b.txt"}),
    "directory that begins alike": ("web.container", "Volume=./con:/c:ro", set()),
    "file": ("web.container", "Volume=./conf/a.txt:/a:ro", {"conf/a.txt"}),
    "file, Mount": (
        "web.container",
        "Mount=type=bind,source=./conf/a.txt,dst=/c,ro",
        {"conf/a.txt"},
    ),
    "the whole directory": (
        "web.container",
        "Volume=.:/c:ro",
        {"a.env", "b.env", "conf/a.txt", "conf/sub/b.txt", "other.txt", "k.yml", "m.yml"},
    ),
    "the unit directory": (
        "web.container",
        f"Volume={UNITS}:/c:ro",
        {"a.env", "b.env", "conf/a.txt", "conf/sub/b.txt", "other.txt", "k.yml", "m.yml"},
    ),
    "mentioned": ("web.container", f"PodmanArgs=--env-file {DIR}/a.env", {"a.env"}),
    "mentioned by a longer name": (
        "web.container",
        f"PodmanArgs=--env-file {DIR}/a.env.old",
        set(),
    ),
    "mentioned in a comment of its own": ("web.container", "# other.txt", set()),
    "named volume like a file": ("web.container", "Volume=conf:/c", set()),
    "kube": ("k.kube", "Yaml=k.yml", {"k.yml"}),
    "kube and config map": ("k.kube", "Yaml=k.yml\nConfigMap=m.yml", {"k.yml", "m.yml"}),
    "kube, absolute": ("k.kube", f"Yaml={DIR}/k.yml", {"k.yml"}),
    "build here": (
        "b.build",
        "SetWorkingDirectory=unit",
        {"a.env", "b.env", "conf/a.txt", "conf/sub/b.txt", "other.txt", "k.yml", "m.yml"},
    ),
    "build in a directory": (
        "b.build",
        "SetWorkingDirectory=./conf",
        {"conf/a.txt", "conf/sub/b.txt"},
    ),
    "build from a file": ("b.build", "File=./other.txt", {"other.txt"}),
    "pod's volume": ("p.pod", "Volume=./conf/sub:/c:ro", {"conf/sub/b.txt"}),
}


@pytest.mark.parametrize(("unit", "lines", "files"), USED.values(), ids=USED)
def test_files_that_count(unit: str, lines: str, files: set[str]) -> None:
    found = _inputs(lines, unit=unit)
    assert _others(found.restart, unit) == files
    assert found.restart[unit]
    assert found.reload == {}


def test_digests_are_those_of_the_bytes() -> None:
    found = _inputs("EnvironmentFile=a.env")
    assert found.restart == {
        "web.container": digest(b"[Container]\nEnvironmentFile=a.env\n"),
        "a.env": digest(b"a.env"),
    }


# What a change asks for

ON_CHANGE = {
    "restart": ("Volume=./conf:/c:ro", "restart", True, False),
    "reload of a directory": ("Volume=./conf:/c:ro", "reload", False, True),
    "reload of a file alone": ("Volume=./conf/a.txt:/a:ro", "reload", True, False),
    "reload of a file alone, Mount": (
        "Mount=type=bind,source=./conf/a.txt,dst=/a,ro", "reload", True, False,
    ),
    "reload of a file alone and in its directory": (
        "Volume=./conf:/c:ro\nVolume=./conf/a.txt:/a:ro", "reload", True, False,
    ),
    "reload of a mention": (f"PodmanArgs=--x {DIR}/conf/a.txt", "reload", False, True),
    "none": ("Volume=./conf:/c:ro", "none", False, False),
    "none, mentioned": (f"PodmanArgs=--x {DIR}/conf/a.txt", "none", False, False),
    "reload, not used": ("Image=a", "reload", False, False),
}  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "on_change", "restarts", "reloads"), ON_CHANGE.values(), ids=ON_CHANGE
)
def test_on_change(lines: str, on_change: str, restarts: bool, reloads: bool) -> None:
    found = _inputs(lines, on_change={"conf/a.txt": on_change})
    assert ("conf/a.txt" in found.restart) is restarts
    assert ("conf/a.txt" in found.reload) is reloads


def test_an_environment_file_is_read_at_a_start_alone() -> None:
    found = _inputs("EnvironmentFile=a.env", on_change={"a.env": "reload"})
    assert "a.env" in found.restart


# Drop-ins


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("web.container.d/10-x.conf", True),
        ("db.container.d/x.conf", False),
        ("web.pod.d/x.conf", False),
        ("web-.container.d/x.conf", False),
    ],
)
def test_drop_ins_of_the_app(path: str, counts: bool) -> None:
    found = _inputs("Image=a", more={path: "[Container]\nLabel=a=b\n"})
    assert (path in found.restart) is counts


@pytest.mark.parametrize(
    ("unit", "folder", "counts"),
    [
        ("web.container", "web.container.d", True),
        ("web.container", "container.d", True),
        ("web.container", "pod.d", False),
        ("web.container", "we.container.d", False),
        ("a-b-c.container", "a-b-c.container.d", True),
        ("a-b-c.container", "a-b-.container.d", True),
        ("a-b-c.container", "a-.container.d", True),
        ("a-b-c.container", "a-b.container.d", False),
        ("a-b-c.container", "a.container.d", False),
        ("w@1.container", "w@1.container.d", True),
        ("w@1.container", "w@.container.d", True),
        ("w@1.container", "w@2.container.d", False),
        ("w@1.container", "w.container.d", False),
        ("k.kube", "kube.d", True),
    ],
)
def test_foreign_drop_ins(unit: str, folder: str, counts: bool) -> None:
    path = f"{UNITS}/{folder}/x.conf"
    found = _inputs("Image=a", unit=unit, foreign={path: "sha"})
    assert found.restart.get(path) == ("sha" if counts else None)


def test_files_of_a_drop_in_count() -> None:
    more = {"web.container.d/x.conf": "[Container]\nEnvironmentFile=a.env\n"}
    assert "a.env" in _inputs("Image=a", more=more).restart


def test_another_unit_s_files_do_not_count() -> None:
    more = {"db.container": "[Container]\nEnvironmentFile=b.env\n"}
    assert _others(_inputs("EnvironmentFile=a.env", more=more).restart) == {"a.env"}


# What the generator reads


def test_loaded_is_units_and_drop_ins() -> None:
    units = {"a.container": Blob(b"x"), "a.container.d/x.conf": Blob(b"y")}
    base = loaded_digest(units, {})
    assert loaded_digest(dict(reversed(units.items())), {}) == base
    assert loaded_digest({**units, "a.env": Blob(b"z")}, {}) == base
    assert loaded_digest({**units, "a.container": Blob(b"x", 0o600)}, {}) == base
    assert loaded_digest({**units, "a.container": Blob(b"z")}, {}) != base
    assert loaded_digest({**units, "a.container.d/x.conf": Blob(b"z")}, {}) != base
    assert loaded_digest({**units, "b.pod": Blob(b"z")}, {}) != base
    assert loaded_digest(units, {"/x/container.d/y.conf": "1"}) != base


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("a.container", True),
        ("w@1.container", True),
        ("a.container.d/x.conf", True),
        ("container.d/x.conf", False),
        ("a.container.d/x", False),
        ("a.d/x.conf", False),
        ("a.service", True),
        ("a.service.d/x.conf", True),
        ("sub/a.service", False),
        ("service.d/x.conf", False),
        ("a.swap", False),
        ("a.mount", True),
        ("a.env", False),
        ("sub/a.container", False),
        ("sub/a.container.d/x.conf", False),
        (".container", False),
        ("container", False),
    ],
)
def test_is_unit(path: str, unit: bool) -> None:
    assert is_unit(path) is unit


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("Image=a\n", "Image=b\n", ["Image"]),
        ("Image=a\n", "# c\nImage=a\n", []),
        ("Image=a\n", "Image =  a\n", []),
        ("Image=a\n", "Image=a\nExec=b\n", ["Exec"]),
        ("Image=a\nExec=b\n", "Image=a\n", ["Exec"]),
        ("DNS=1\nDNS=2\n", "DNS=2\nDNS=1\n", ["DNS"]),
        ("Image=a\nExec=b\n", "Exec=b\nImage=a\n", []),
        ("Image=a\nExec=b\n", "Exec=c\nImage=d\n", ["Exec", "Image"]),
        ("Image=a\n", "Image=a\n[Service]\nRestart=no\n", ["Restart"]),
    ],
)
def test_changed_keys(old: str, new: str, keys: list[str]) -> None:
    head = "[Container]\n"
    assert changed_keys(parse_unit("a", head + old), parse_unit("a", head + new)) == keys


def test_text_keeps_bytes_that_are_none() -> None:
    assert text_of(Blob(b"\xff")).encode("utf-8", "surrogateescape") == b"\xff"


# Names


@pytest.mark.parametrize(
    ("unit", "dirs"),
    [
        ("a.container", ["a.container.d", "container.d"]),
        (
            "a-b-c.volume",
            ["a-b-c.volume.d", "a-b-.volume.d", "a-.volume.d", "volume.d"],
        ),
        ("w@.container", ["w@.container.d", "container.d"]),
        ("w@1.container", ["w@1.container.d", "w@.container.d", "container.d"]),
    ],
)
def test_drop_in_dirs(unit: str, dirs: list[str]) -> None:
    assert drop_in_dirs(unit) == dirs


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a.container.d/x.conf", ("a.container", "x.conf")),
        ("container.d/x.conf", ("container", "x.conf")),
        ("a.container/x.conf", None),
        ("a.container.d/x", None),
        ("x/a.container.d/x.conf", None),
        ("a.container", None),
        ("", None),
    ],
)
def test_split_drop_in(path: str, parts: tuple[str, str] | None) -> None:
    assert split_drop_in(path) == parts


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.container", "container"),
        ("a.b.pod", "pod"),
        ("a@.kube", "kube"),
        ("a.Container", None),
        (".container", None),
        ("container", None),
        ("a.service", None),
        ("a.container.bak", None),
        ("", None),
    ],
)
def test_kind_of(name: str, suffix: str | None) -> None:
    kind = kind_of(name)
    assert (kind.suffix if kind else None) == suffix


@pytest.mark.parametrize(
    ("name", "template"), [("w@.container", True), ("w@1.container", False), ("w.pod", False)]
)
def test_is_template(name: str, template: bool) -> None:
    assert is_template(name) is template


TEMPLATE = Blob(b"[Container]\nImage=i\nEnvironmentFile=a.env\n")
INSTANCES = {
    "w@.container": TEMPLATE,
    "w@.container.d/all.conf": Blob(b"[Container]\n"),
    "w@a.container": Blob(b"w@.container", LINK),
    "w@a.container.d/own.conf": Blob(b"[Container]\n"),
    "w@b.container": Blob(b"[Container]\nImage=own\n"),
    "a.env": Blob(b"A=1\n"),
}


@pytest.mark.parametrize(
    ("unit", "paths", "image"),
    [
        (
            "w@a.container",
            {
                "w@a.container",
                "w@.container",
                "w@.container.d/all.conf",
                "w@a.container.d/own.conf",
                "a.env",
            },
            "i",
        ),
        ("w@b.container", {"w@b.container", "w@.container.d/all.conf"}, "own"),
        ("w@.container", {"w@.container", "w@.container.d/all.conf", "a.env"}, "i"),
    ],
)
def test_an_instance_depends_on_its_template(unit: str, paths: set[str], image: str) -> None:
    found = AppInputs(INSTANCES, {}, app_dir=DIR, home=HOME).of(unit)
    assert set(found.restart) == paths
    assert declared_image(unit, INSTANCES) == image


def test_a_companion_depends_on_its_drop_ins_and_what_it_mentions() -> None:
    content = {
        "a.service": Blob(f"[Service]\nExecStart={DIR}/run.sh\n".encode()),
        "a.service.d/x.conf": Blob(b"[Service]\n"),
        "a.timer": Blob(b"[Timer]\n"),
        "run.sh": Blob(b"#!/bin/sh\n"),
        "other": Blob(b"x"),
    }
    found = AppInputs(content, {}, app_dir=DIR, home=HOME).of("a.service")
    assert set(found.restart) == {"a.service", "a.service.d/x.conf", "run.sh"}
    assert declared_image("a.service", content) is None


def _unit(*lines: str) -> Blob:
    return Blob("\n".join(["[Container]", "Image=i", *lines, ""]).encode())


CHECKED = _unit("HealthCmd=true")
HEALTH: dict[str, tuple[dict[str, Blob], bool]] = {
    "none": ({"w.container": _unit()}, False),
    "a check": ({"w.container": CHECKED}, True),
    "switched off": ({"w.container": _unit("HealthCmd=none")}, False),
    "empty": ({"w.container": _unit("HealthCmd=true", "HealthCmd=")}, False),
    "no timer": ({"w.container": _unit("HealthCmd=true", "HealthInterval=disable")}, False),
    "of a drop-in": ({"w.container": _unit(), "w.container.d/a.conf": CHECKED}, True),
    "a drop-in undoes it": (
        {"w.container": CHECKED, "w.container.d/a.conf": _unit("HealthCmd=none")},
        False,
    ),
    "a drop-in resets it": (
        {"w.container": CHECKED, "w.container.d/a.conf": _unit("HealthCmd=")},
        False,
    ),
    "the last drop-in counts": (
        {
            "w.container": CHECKED,
            "w.container.d/b.conf": CHECKED,
            "w.container.d/a.conf": _unit("HealthCmd=none"),
        },
        True,
    ),
    "the nearest of one name counts": (
        {
            "w@1.container": Blob(b"w@.container", LINK),
            "w@.container": CHECKED,
            "w@.container.d/a.conf": CHECKED,
            "w@1.container.d/a.conf": _unit("HealthCmd=none"),
        },
        False,
    ),
    "of a template": (
        {"w@1.container": Blob(b"w@.container", LINK), "w@.container": CHECKED},
        True,
    ),
    "another unit's drop-in": ({"w.container": _unit(), "x.container.d/a.conf": CHECKED}, False),
    "not readable": ({"w.container": Blob(b"nonsense")}, False),
    "no such unit": ({"x.container": CHECKED}, False),
}


@pytest.mark.parametrize(("content", "checked"), HEALTH.values(), ids=HEALTH)
def test_has_health_check(content: dict[str, Blob], checked: bool) -> None:
    unit = next((u for u in ("w@1.container", "w.container") if u in content), "w.container")
    assert has_health_check(unit, content) is checked
