"""What a unit refers to: other units, and paths."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.refs import (
    path_refs,
    unit_refs,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit

DIR = "/etc/containers/systemd/app"
HOME = "/home/svc"

UNITS = {
    "image": ("Container", "Image=a.image", ["a.image"]),
    "built image": ("Container", "Image=a.build", ["a.build"]),
    "image by name": ("Container", "Image=localhost/a:1", []),
    "image by name with a suffix in it": ("Container", "Image=localhost/a.image:1", []),
    "pod": ("Container", "Pod=a.pod", ["a.pod"]),
    "network": ("Container", "Network=a.network", ["a.network"]),
    "network with options": ("Container", "Network=a.network:ip=10.0.0.2", ["a.network"]),
    "network of a container": ("Container", "Network=a.container", ["a.container"]),
    "network by name": ("Container", "Network=host", []),
    "two networks": (
        "Container",
        "Network=a.network\nNetwork=b.network",
        ["a.network", "b.network"],
    ),
    "volume": ("Container", "Volume=a.volume:/d", ["a.volume"]),
    "volume with options": ("Container", "Volume=a.volume:/d:ro,z", ["a.volume"]),
    "volume by name": ("Container", "Volume=a:/d", []),
    "volume of a directory with a suffix": ("Container", "Volume=./a.volume:/d", []),
    "volume of an absolute path": ("Container", "Volume=/x/a.volume:/d", []),
    "volume of a specifier": ("Container", "Volume=%p.volume:/d", []),
    "anonymous volume": ("Container", "Volume=/d", []),
    "template": ("Container", "Volume=a@.volume:/d", ["a@.volume"]),
    "mount of a volume": (
        "Container",
        "Mount=type=volume,source=a.volume,destination=/d",
        ["a.volume"],
    ),
    "mount, short name": ("Container", "Mount=type=volume,src=a.volume,dst=/d", ["a.volume"]),
    "mount, quoted": (
        "Container",
        'Mount="type=volume,source=a.volume,destination=/d d"',
        ["a.volume"],
    ),
    "mount of an image": (
        "Container",
        "Mount=type=image,source=a.image,destination=/d",
        ["a.image"],
    ),
    "mount without source": ("Container", "Mount=type=tmpfs,destination=/d", []),
    "two mounts in a line": (
        "Container",
        "Mount=type=volume,source=a.volume,dst=/a type=volume,source=b.volume,dst=/b",
        ["a.volume", "b.volume"],
    ),
    "other key": ("Container", "Label=x=a.volume", []),
    "podman's own arguments": ("Container", "PodmanArgs=--volume a.volume:/d", []),
    "empty": ("Container", "Volume=", []),
    "pod's network and volume": (
        "Pod",
        "Network=a.network\nVolume=b.volume:/d",
        ["a.network", "b.volume"],
    ),
    "kube's network": ("Kube", "Network=a.network", ["a.network"]),
    "build's network and volume": (
        "Build",
        "Network=a.network\nVolume=b.volume:/d",
        ["a.network", "b.volume"],
    ),
    "volume's image": ("Volume", "Driver=image\nImage=a.image", ["a.image"]),
}


@pytest.mark.parametrize(("section", "lines", "units"), UNITS.values(), ids=UNITS)
def test_unit_refs(section: str, lines: str, units: list[str]) -> None:
    unit = parse_unit("u", f"[{section}]\n{lines}\n")
    assert [ref.unit for ref in unit_refs(unit, section)] == units


def test_unit_refs_tell_the_line() -> None:
    unit = parse_unit("u", "[Container]\nImage=x\nNetwork=a.network\n")
    assert [(ref.entry.key, ref.entry.line) for ref in unit_refs(unit, "Container")] == [
        ("Network", 3)
    ]


@pytest.mark.parametrize("section", ["Unit", "X-Container", "Pod"])
def test_only_the_unit_s_own_section_counts(section: str) -> None:
    unit = parse_unit("u", f"[{section}]\nNetwork=a.network\nVolume=./a:/b\n")
    assert unit_refs(unit, "Container") == []
    assert path_refs(unit, "Container", unit_dir=DIR, home=HOME) == []


# (section, line, [(path, mount, writable)])
PATHS = {
    "relative": ("Container", "Volume=./a:/b", [(f"{DIR}/a", True, True)]),
    "the directory itself": ("Container", "Volume=.:/b", [(DIR, True, True)]),
    "one up": ("Container", "Volume=../x:/b", [("/etc/containers/systemd/x", True, True)]),
    "read only": ("Container", "Volume=./a:/b:ro", [(f"{DIR}/a", True, False)]),
    "read only among options": ("Container", "Volume=./a:/b:z,ro", [(f"{DIR}/a", True, False)]),
    "ro in the path": ("Container", "Volume=./ro:/ro", [(f"{DIR}/ro", True, True)]),
    "read-write": ("Container", "Volume=./a:/b:rw", [(f"{DIR}/a", True, True)]),
    "absolute": ("Container", "Volume=/a/../b:/b", [("/b", True, True)]),
    "home": ("Container", "Volume=%h/a:/b:ro", [(f"{HOME}/a", True, False)]),
    "a literal per cent and h": ("Container", "Volume=/a/%%home:/b", [("/a/%home", True, True)]),
    "other specifier": ("Container", "Volume=%t/a:/b", []),
    "named volume": ("Container", "Volume=a:/b", []),
    "anonymous": ("Container", "Volume=/b", [("/b", True, True)]),
    "hidden": ("Container", "Volume=.a:/b:ro", [(f"{DIR}/.a", True, False)]),
    "environment": ("Container", "EnvironmentFile=a.env", [(f"{DIR}/a.env", False, False)]),
    "environment, absolute": ("Container", "EnvironmentFile=/a.env", [("/a.env", False, False)]),
    "environment, two": (
        "Container",
        "EnvironmentFile=a b",
        [(f"{DIR}/a", False, False), (f"{DIR}/b", False, False)],
    ),
    "environment, quoted": ("Container", 'EnvironmentFile="a b"', [(f"{DIR}/a b", False, False)]),
    "environment, home": ("Container", "EnvironmentFile=%h/a", [(f"{HOME}/a", False, False)]),
    "environment, specifier": ("Container", "EnvironmentFile=%t/a", []),
    "mount": ("Container", "Mount=type=bind,source=./a,destination=/b", [(f"{DIR}/a", True, True)]),
    "mount, src": ("Container", "Mount=type=bind,src=./a,dst=/b", [(f"{DIR}/a", True, True)]),
    "mount, absolute": (
        "Container",
        "Mount=type=bind,source=/a,destination=/b",
        [("/a", True, True)],
    ),
    "mount, home": (
        "Container",
        "Mount=type=bind,source=%h/a,destination=/b",
        [(f"{HOME}/a", True, True)],
    ),
    "mount, ro": (
        "Container",
        "Mount=type=bind,source=./a,destination=/b,ro",
        [(f"{DIR}/a", True, False)],
    ),
    "mount, readonly": (
        "Container",
        "Mount=type=bind,source=./a,destination=/b,readonly",
        [(f"{DIR}/a", True, False)],
    ),
    "mount, ro=true": (
        "Container",
        "Mount=type=bind,source=./a,destination=/b,ro=true",
        [(f"{DIR}/a", True, False)],
    ),
    "mount, readonly=1": (
        "Container",
        "Mount=type=bind,source=./a,destination=/b,readonly=1",
        [(f"{DIR}/a", True, False)],
    ),
    "mount, ro=false": (
        "Container",
        "Mount=type=bind,source=./a,destination=/b,ro=false",
        [(f"{DIR}/a", True, True)],
    ),
    "mount, rw": (
        "Container",
        "Mount=type=bind,source=./a,destination=/b,rw",
        [(f"{DIR}/a", True, True)],
    ),
    "mount, order of options": (
        "Container",
        "Mount=ro,source=./a,type=bind,destination=/b",
        [(f"{DIR}/a", True, False)],
    ),
    "mount, quoted": (
        "Container",
        'Mount="type=bind,source=./a b,destination=/b"',
        [(f"{DIR}/a b", True, True)],
    ),
    "mount, glob": (
        "Container",
        "Mount=type=glob,source=./a*,destination=/b",
        [(f"{DIR}/a*", True, True)],
    ),
    "mount of a volume": ("Container", "Mount=type=volume,source=a,destination=/b", []),
    "mount of tmpfs": ("Container", "Mount=type=tmpfs,destination=/b", []),
    "pod's volume": ("Pod", "Volume=./a:/b", [(f"{DIR}/a", True, True)]),
    "kube": ("Kube", "Yaml=a.yml", [(f"{DIR}/a.yml", False, False)]),
    "kube, config maps": (
        "Kube",
        "ConfigMap=a.yml b.yml",
        [(f"{DIR}/a.yml", False, False), (f"{DIR}/b.yml", False, False)],
    ),
    "build here": ("Build", "SetWorkingDirectory=unit", [(DIR, False, False)]),
    "build in a directory": ("Build", "SetWorkingDirectory=./b", [(f"{DIR}/b", False, False)]),
    "build from a web address": ("Build", "SetWorkingDirectory=https://a.example/b.git", []),
    "build from a file": (
        "Build",
        "File=./b/Containerfile",
        [(f"{DIR}/b/Containerfile", False, False)],
    ),
    "build, ignored": ("Build", "IgnoreFile=./i", [(f"{DIR}/i", False, False)]),
    "build's volume": ("Build", "Volume=./a:/b:ro", [(f"{DIR}/a", True, False)]),
    "other key": ("Container", "Label=a=./b", []),
}


@pytest.mark.parametrize(("section", "line", "paths"), PATHS.values(), ids=PATHS)
def test_path_refs(section: str, line: str, paths: list[tuple[str, bool, bool]]) -> None:
    unit = parse_unit("u", f"[{section}]\n{line}\n")
    found = path_refs(unit, section, unit_dir=DIR, home=HOME)
    assert [(ref.path, ref.mount, ref.writable) for ref in found] == paths


def test_every_kind_can_be_referred_to() -> None:
    lines = "".join(f"Network=x.{suffix}\n" for suffix in KINDS)
    unit = parse_unit("u", f"[Container]\n{lines}")
    assert [ref.unit for ref in unit_refs(unit, "Container")] == [f"x.{s}" for s in KINDS]
