"""Our own rules, applied before the host's generator is asked."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.judge import judge_mounts
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    NEWEST,
    version_text,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import (
    Place,
    check_mounts,
    check_podman,
    check_units,
    parse_units,
)
from tests.unit.support.together import together

UNITS = "/etc/containers/systemd"
PLACE = Place(f"{UNITS}/app", UNITS, "/root", frozenset({"other.network", "w@.volume"}))
HOME_UNITS = "/home/svc/.config/containers/systemd"
USER_PLACE = Place(f"{HOME_UNITS}/app", HOME_UNITS, "/home/svc", frozenset())
WEB = "[Container]\nImage=localhost/a:1\n"


def _check(
    texts: t.Mapping[str, str], version: tuple[int, int] = NEWEST, place: Place = PLACE
) -> list[QuadletError]:
    units, errors = parse_units(texts)
    assert errors == []
    faults = judge_mounts(units, place.ground).faults
    return [*check_units(units, version, place), *check_mounts(faults)]


def _one(errors: t.Sequence[QuadletError]) -> QuadletError:
    assert len(errors) == 1, [str(error) for error in errors]
    return errors[0]


FINE = {
    "container": {"web.container": WEB},
    "systemd's keys": {
        "web.container": WEB + "[Service]\nRestart=always\n[Unit]\nAfter=x.service\n"
    },
    "foreign section": {"web.container": WEB + "[X-Other]\nAny=thing\n"},
    "reference in the app": {
        "web.container": WEB + "Network=n.network\n",
        "n.network": "[Network]\n",
    },
    "reference outside": {"web.container": WEB + "Network=other.network\n"},
    "object by name": {"web.container": WEB + "Network=n\nVolume=v:/d\n"},
    "template reference": {"web.container": WEB + "Volume=w@.volume:/d\n"},
    "drop-in": {"web.container": WEB, "web.container.d/x.conf": "[Container]\nLabel=a=b\n"},
    "drop-in without the section": {
        "web.container": WEB,
        "web.container.d/x.conf": "[Service]\nRestart=no\n",
    },
    "drop-in's reference": {
        "web.container": WEB,
        "n.network": "[Network]\n",
        "web.container.d/x.conf": "[Container]\nNetwork=n.network\n",
    },
    "read-only mount": {"web.container": WEB + "Volume=./conf:/conf:ro\n"},
    "mount elsewhere": {"web.container": WEB + "Volume=/srv/data:/data\n"},
    "mount of a directory with a similar name": {
        "web.container": WEB + f"Volume={UNITS}-old:/data\n"
    },
    "read-only Mount": {"web.container": WEB + "Mount=type=bind,source=./c,destination=/c,ro\n"},
    "image mounted by a path's name": {
        "web.container": WEB + "Mount=type=image,source=./i,destination=/c\n"
    },
    "Quadlet section": {"web.container": WEB + "[Quadlet]\nDefaultDependencies=false\n"},
    **{f"least .{k.suffix}": {f"x.{k.suffix}": f"[{k.section}]\n"} for k in KINDS.values()},
}


@pytest.mark.parametrize("texts", FINE.values(), ids=FINE)
def test_nothing_to_say(texts: dict[str, str]) -> None:
    assert _check(texts) == []


# Keys

UNKNOWN = {
    "a typo": (
        "[Container]\nImgae=a\n",
        "web.container:2 [Container] Imgae",
        "Did you mean Image?",
    ),
    "wrong case": (
        "[Container]\nimage=a\n",
        "web.container:2 [Container] image",
        "Did you mean Image?",
    ),
    "plural": (
        "[Container]\nPublishPorts=1\n",
        "web.container:2 [Container] PublishPorts",
        "Did you mean PublishPort?",
    ),
    "Compose's name": (
        "[Container]\nEnvironments=A=1\n",
        "web.container:2 [Container] Environments",
        "Did you mean Environment?",
    ),
    "another section's key": (
        "[Container]\nImageTag=a\n",
        "web.container:2 [Container] ImageTag",
        "",
    ),
    "a pod's key": (
        "[Container]\nExitPolicy=stop\n",
        "web.container:2 [Container] ExitPolicy",
        "It is a key of [Pod].",
    ),
    "systemd's key": (
        "[Container]\nRestart=always\n",
        "web.container:2 [Container] Restart",
        "[Service]",
    ),
    "nonsense": ("[Container]\nQqqqq=1\n", "web.container:2 [Container] Qqqqq", "Remove it"),
    "in a drop-in's section of Quadlet": (
        "[Container]\n[Quadlet]\nNope=1\n",
        "web.container:3 [Quadlet] Nope",
        "Remove it",
    ),
}


@pytest.mark.parametrize(("text", "where", "remedy"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_key(text: str, where: str, remedy: str) -> None:
    error = _one(_check({"web.container": text}))
    assert "unknown key" in error.what
    assert error.where == where
    assert remedy in (error.remedy or "")


def test_unknown_key_in_a_drop_in_names_the_drop_in() -> None:
    texts = {"web.container": WEB, "web.container.d/x.conf": "[Container]\nLable=a=b\n"}
    error = _one(_check(texts))
    assert error.where == "web.container.d/x.conf:2 [Container] Lable"
    assert error.remedy == "Did you mean Label?"


def test_every_unknown_key_is_named() -> None:
    errors = _check({"web.container": "[Container]\nAa=1\nBb=1\n", "db.volume": "[Volume]\nCc=1\n"})
    assert [error.where for error in errors] == [
        "web.container:2 [Container] Aa",
        "web.container:3 [Container] Bb",
        "db.volume:2 [Volume] Cc",
    ]


def test_a_newer_podman_may_know_more_keys() -> None:
    newer = (NEWEST[0], NEWEST[1] + 1)
    assert _check({"web.container": WEB + "BrandNew=1\n"}, newer) == []


@pytest.mark.parametrize(
    ("line", "version", "needed"),
    [
        ("Memory=1g", (5, 4), "5.5"),
        ("HttpProxy=false", (5, 6), "5.7"),
        ("AppArmor=x", (5, 7), "5.8"),
        ("ImageVolume=bind", (6, 0), "6.1"),
        ("AddHost=a:1.1.1.1", (4, 9), "5.3"),
        ("Entrypoint=/a", (4, 9), "5.0"),
        ("RunInit=true", (4, 7), None),
        ("Memory=1g", (5, 5), None),
        ("Memory=1g", (6, 0), None),
    ],
)
def test_too_new_key(line: str, version: tuple[int, int], needed: str | None) -> None:
    errors = _check({"web.container": WEB + line + "\n"}, version)
    if needed is None:
        assert errors == []
        return
    error = _one(errors)
    key = line.partition("=")[0]
    found = version_text(version)
    assert error.what == f"{key} came with Podman {needed}, the host has {found}"
    assert error.where == f"web.container:3 [Container] {key}"
    assert "PodmanArgs" in (error.remedy or "")


def test_the_quadlet_section_is_a_foreign_one_before_it_came() -> None:
    texts = {"web.container": WEB + "[Quadlet]\nDefaultDependencies=false\n"}
    assert "5.3" in _one(_check(texts, (5, 2))).what
    assert _check(texts, (5, 3)) == []


# Kinds and drop-ins


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_kinds_since(kind: t.Any) -> None:
    texts = {f"x.{kind.suffix}": f"[{kind.section}]\n"}
    assert _check(texts, kind.since) == []
    before = (kind.since[0], kind.since[1] - 1) if kind.since[1] else (kind.since[0] - 1, 9)
    error = _one(_check(texts, before))
    assert error.what == (
        f".{kind.suffix} units came with Podman {version_text(kind.since)}, "
        f"the host has {version_text(before)}"
    )
    assert error.where == f"x.{kind.suffix}"


def test_drop_ins_since_5_0() -> None:
    texts = {"web.container": WEB, "web.container.d/x.conf": "[Service]\nRestart=no\n"}
    error = _one(_check(texts, (4, 9)))
    assert error.what == "drop-ins came with Podman 5.0, the host has 4.9"
    assert error.where == "web.container.d/x.conf"
    assert _check(texts, (5, 0)) == []


MADE_OF_NOTHING = ("volume", "network", "pod")
"""Kinds of which every generator makes a service from an empty file."""


@together("kind", KINDS.values(), ids=KINDS)
@together("text", ["", "[Unit]\nDescription=a\n"], ids=["empty", "unit"])
def test_a_unit_has_its_section(kind: t.Any, text: str) -> None:
    errors = _check({f"x.{kind.suffix}": text})
    if kind.suffix in MADE_OF_NOTHING:
        assert errors == []
        return
    error = _one(errors)
    assert error.what == f"the unit has no [{kind.section}] section"
    assert f"[{kind.section}]" in (error.remedy or "")


@pytest.mark.parametrize("text", ["", "# only this\n"], ids=["empty", "comment"])
def test_an_empty_unit_has_no_section(text: str) -> None:
    assert "no [Container] section" in _one(_check({"x.container": text})).what


# References


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("Network=nf.network", "nf.network"),
        ("Network=nf.network:ip=10.0.0.1", "nf.network"),
        ("Volume=nf.volume:/d", "nf.volume"),
        ("Mount=type=volume,source=nf.volume,destination=/d", "nf.volume"),
        ("Pod=nf.pod", "nf.pod"),
        ("Network=nf.container", "nf.container"),
    ],
)
def test_missing_reference(line: str, unit: str) -> None:
    error = _one(_check({"web.container": WEB + line + "\n"}))
    assert error.what == f"{unit} does not exist in this scope"
    assert error.where == f"web.container:3 [Container] {line.partition('=')[0]}"
    assert f"Declare {unit}" in (error.remedy or "")


@pytest.mark.parametrize("suffix", ["image", "build"])
def test_missing_image(suffix: str) -> None:
    error = _one(_check({"web.container": f"[Container]\nImage=nf.{suffix}\n"}))
    assert error.what == f"nf.{suffix} does not exist in this scope"


# Writable mounts

_MOUNTS = {
    "relative": ("Volume=./data:/data", PLACE),
    "the app's directory": ("Volume=.:/data", PLACE),
    "options without ro": ("Volume=./data:/data:z", PLACE),
    "rw": ("Volume=./data:/data:rw", PLACE),
    "one up": ("Volume=../data:/data", PLACE),
    "absolute": (f"Volume={UNITS}/app/data:/data", PLACE),
    "absolute, another app": (f"Volume={UNITS}/other:/data", PLACE),
    "absolute, the unit directory": (f"Volume={UNITS}:/data", PLACE),
    "absolute, roundabout": ("Volume=/etc/x/../containers/systemd:/data", PLACE),
    "absolute with a slash at the end": (f"Volume={UNITS}/:/data", PLACE),
    "Mount": ("Mount=type=bind,source=./data,destination=/data", PLACE),
    "Mount, short names": ("Mount=type=bind,src=./data,dst=/data", PLACE),
    "Mount, ro=false": ("Mount=type=bind,source=./data,destination=/data,ro=false", PLACE),
    "Mount, absolute": (f"Mount=type=bind,source={UNITS}/app,destination=/data", PLACE),
    "Mount, quoted": ('Mount="type=bind,source=./a b,destination=/data"', PLACE),
    "Mount, glob": ("Mount=type=glob,source=./*,destination=/data", PLACE),
    "home": ("Volume=%h/.config/containers/systemd/app/d:/data", USER_PLACE),
    "Mount, home": (
        "Mount=type=bind,source=%h/.config/containers/systemd,destination=/data",
        USER_PLACE,
    ),
    "relative in a home": ("Volume=./data:/data", USER_PLACE),
}


@pytest.mark.parametrize(("line", "place"), _MOUNTS.values(), ids=_MOUNTS)
def test_writable_mount(line: str, place: Place) -> None:
    error = _one(_check({"web.container": WEB + line + "\n"}, place=place))
    assert error.what.endswith(f"lets a container write into {place.unit_dir}")
    assert error.where == f"web.container:3 [Container] {line.partition('=')[0]}"
    assert ":ro" in (error.remedy or "")


def test_writable_mount_of_a_pod_and_in_a_drop_in() -> None:
    texts = {
        "p.pod": "[Pod]\nVolume=./a:/a\n",
        "p.pod.d/x.conf": "[Pod]\nVolume=./b:/b\n",
    }
    assert [error.where for error in _check(texts)] == [
        "p.pod:2 [Pod] Volume",
        "p.pod.d/x.conf:2 [Pod] Volume",
    ]


@pytest.mark.parametrize(
    "line", ["Volume=%h/data:/data", "Volume=/home/svc/data:/data", "Volume=data.vol:/data"]
)
def test_mounts_of_a_home_are_fine(line: str) -> None:
    assert _check({"web.container": WEB + line + "\n"}, place=USER_PLACE) == []


# Podman, parsing


@pytest.mark.parametrize(
    ("version", "found", "what"),
    [
        (None, "podman: not found", "Podman was not found on the host (podman: not found)"),
        ((4, 6), "4.6.2", "the host has Podman 4.6.2; quadlet.fleet needs 4.7 or newer"),
        ((3, 4), "3.4.4", "the host has Podman 3.4.4; quadlet.fleet needs 4.7 or newer"),
    ],
)
def test_podman_refused(version: tuple[int, int] | None, found: str, what: str) -> None:
    with pytest.raises(QuadletError) as caught:
        check_podman(version, found)
    assert caught.value.what == what
    assert caught.value.remedy


@pytest.mark.parametrize("version", [(4, 7), (4, 9), (5, 0), (6, 1), (7, 0)])
def test_podman(version: tuple[int, int]) -> None:
    assert check_podman(version, "") == version


def test_what_can_not_be_parsed_is_told_and_the_rest_goes_on() -> None:
    units, errors = parse_units({"a.container": "x\n", "b.container": WEB, "c.pod": "[Pod]\ny\n"})
    assert set(units) == {"b.container"}
    assert [error.where for error in errors] == ["a.container:1", "c.pod:2"]
