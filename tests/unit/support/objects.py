"""Values of every key of [Network] and [Volume], and the objects that hosts have made with them.

To record anew, on a new host for each release:
    tests/hosts/hosts up record --podman 5.4
    PYTHONPATH=.cache/collections .cache/venv/bin/python -m tests.unit.support.objects record=5.4
    tests/hosts/hosts destroy record
"""

from __future__ import annotations

import functools
import itertools
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts, Ground
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.create_command import (
    CreateCommand,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.declared import (
    declared_object,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import SECTIONS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import (
    Service,
    parse_verdict,
)
from tests.unit.support.generators import ROOT, find_generator

FOLDER = ROOT / "tests/unit/recorded"
RELEASES = ("5.4", "6.1")
IMAGE = "registry.test:5000/busybox:1"
GROUND = Ground(
    "/etc/containers/systemd/a", "/etc/containers/systemd", "/root", frozenset(), Facts()
)
_ON = "Subnet=10.7.1.0/24"
_IMAGE = f"Driver=image\nImage={IMAGE}"


class Case(t.NamedTuple):
    """Two values of a key.  common: lines that it needs beside it.  shown: the name of the
    difference; '' where the key decides nothing of the object.  missing, additional: whether an
    object without the value, or with one that is not declared, is another than the declared.
    default: whether the other value is Podman's own.  bare: those lines can't be without the key.
    """

    key: str
    one: str
    other: str
    shown: str
    common: str = ""
    missing: bool = True
    additional: bool = True
    since: tuple[int, int] = (5, 4)
    default: bool = False
    bare: bool = False


NETWORK = (
    Case("ContainersConfModule", "/etc/a.conf", "/etc/b.conf", "", missing=False, additional=False),
    Case("DNS", "1.1.1.1", "9.9.9.9", "DNS"),
    Case("DisableDNS", "true", "false", "DisableDNS", default=True),
    Case("Driver", "macvlan", "ipvlan", "Driver", _ON),
    Case("Gateway", "10.7.1.9", "10.7.1.8", "Gateway of 10.7.1.0/24", _ON),
    Case("GlobalArgs", "--log-level=info", "--log-level=warn", "", missing=False, additional=False),
    Case("IPAMDriver", "none", "host-local", "IPAMDriver", default=True),
    Case("IPRange", "10.7.1.64/26", "10.7.1.70-10.7.1.80", "IPRange of 10.7.1.0/24", _ON),
    Case("IPv6", "true", "false", "IPv6", default=True),
    Case("InterfaceName", "brone", "brother", "InterfaceName", since=(5, 6)),
    Case("Internal", "true", "false", "Internal", default=True),
    Case("Label", "a=1", '"a=2 3"', "Label a"),
    Case("NetworkDeleteOnStop", "true", "false", "", missing=False, additional=False, since=(5, 5)),
    Case("NetworkName", "one", "other", "", missing=False, additional=False),
    Case("Options", "mtu=1400", "mtu=1300", "Options mtu"),
    Case("Options", "isolate=true", "isolate=strict", "Options isolate"),
    Case("Options", "com.docker.network.driver.mtu=1400", "mtu=1300", "Options mtu"),
    Case("Options", "parent=lo", "parent=base0", "InterfaceName", "Driver=macvlan"),
    Case(
        "PodmanArgs", "--route=10.9.0.0/24,10.7.1.7", "--route 10.9.0.0/24,10.7.1.7,5", "Route", _ON
    ),
    Case("PodmanArgs", "--interface-name brone", "--interface-name brother", "InterfaceName"),
    Case("PodmanArgs", "-o metric=5", "-o metric=6", "Options metric"),
    Case("ServiceName", "one", "other", "", missing=False, additional=False),
    Case("Subnet", "10.7.1.0/24", "10.7.2.0/24", "Subnet"),
    Case("Subnet", "10.7.1.9/24", "fd07::/64", "Subnet"),
)
VOLUME = (
    Case("ContainersConfModule", "/etc/a.conf", "/etc/b.conf", "", missing=False, additional=False),
    Case("Copy", "false", "true", "Copy", default=True),
    Case("Device", "/srv/one", "/srv/other", "Device", "Type=none\nOptions=bind", bare=True),
    Case("Driver", "image", "local", "Driver", f"Image={IMAGE}", default=True),
    Case("GID", "7", "8", "GID", additional=False, since=(6, 0)),
    Case("GlobalArgs", "--log-level=info", "--log-level=warn", "", missing=False, additional=False),
    Case("Group", "7", "8", "Options"),
    Case("Image", IMAGE, "registry.test:5000/nginx:1", "Image", "Driver=image", bare=True),
    Case("Label", "a=1", '"a=2 3"', "Label a"),
    Case("Options", "addr=10.0.0.1,rw", "addr=10.0.0.2,rw", "Options", "Type=nfs\nDevice=:/x"),
    Case("PodmanArgs", "--opt=size=10M", "--opt size=20M", "--opt size"),
    Case("PodmanArgs", "-l a=1", "--label=a=2", "Label a"),
    Case("ServiceName", "one", "other", "", missing=False, additional=False),
    Case("Type", "tmpfs", "ext4", "Type", "Device=/dev/vdx"),
    Case("UID", "7", "8", "UID", additional=False, since=(6, 0)),
    Case("User", "7", "8", "Options"),
    Case("VolumeName", "one", "other", "", missing=False, additional=False),
)
CASES = {"network": NETWORK, "volume": VOLUME}
ALL = [(kind, case) for kind, cases in CASES.items() for case in cases]
KEYS = {kind: frozenset(SECTIONS[kind.capitalize()]) for kind in CASES}


def unit_text(kind: str, case: Case, value: str | None) -> str:
    """A unit with a value of a key, or with what that key needs alone."""
    common = "" if case.bare and value is None else case.common
    lines = [f"[{kind.capitalize()}]", *common.splitlines()]
    return "\n".join([*lines, *([f"{case.key}={value}"] if value is not None else [])]) + "\n"


def values_of(case: Case) -> list[str | None]:
    """The values of a case, and none."""
    return [case.one, case.other, None]


@functools.cache
def made_by(release: str) -> dict[tuple[str, str], Service]:
    """The services that a release's generator makes of each unit, by kind and text."""
    generator = find_generator(release)
    texts = {
        (kind, unit_text(kind, case, value)): f"u{number}-{n}.{kind}"
        for number, (kind, case) in enumerate(ALL)
        for n, value in enumerate(values_of(case))
        if case.since <= generator.version
    }
    with tempfile.TemporaryDirectory() as folder:
        units = {name: text for (_kind, text), name in texts.items()}
        said = generator.read(units, pathlib.Path(folder))
    services = {one.unit: one for one in parse_verdict(said.out, said.err).services}
    return {key: services[name] for key, name in texts.items() if name in services}


def declared(release: str, kind: str, case: Case, value: str | None) -> CreateCommand | None:
    """The command that a release's generator makes of a value."""
    service = made_by(release)[kind, unit_text(kind, case, value)]
    return declared_object(service.name, service.creates, GROUND)


@functools.cache
def recorded(release: str) -> dict[str, t.Any]:
    """What Podman has shown of the objects, by kind and text; why it has made none, as a text."""
    text = (FOLDER / f"objects-{release}.json").read_text(encoding="ascii")
    found: dict[str, t.Any] = json.loads(text)
    return found


def shown(release: str, kind: str, case: Case, value: str | None) -> t.Any:
    """What Podman shows of an object that was made with a value."""
    return recorded(release)[unit_text(kind, case, value)]


_SETUP = (
    f"podman pull -q {IMAGE} registry.test:5000/nginx:1 && touch /etc/a.conf /etc/b.conf"
    " && ip link add name base0 type bridge"
)


def record(host: str, release: str) -> None:
    """Makes each object on a host, and writes what Podman shows of it."""
    made = made_by(release)
    script = [f"({_SETUP}) >&2"]
    for (kind, _text), service in made.items():
        words = [word.replace("%%", "%") for word in service.creates]
        made_name = f"recorded-{kind}"
        create = shlex.join(["podman", *words[:-1], made_name])
        script.append(f"{create} >/dev/null 2>/tmp/err || cat /tmp/err >&2")
        script.append(f"podman {kind} inspect {made_name} 2>/dev/null || true; echo ---")
        script.append(f"podman {kind} rm {made_name} >/dev/null 2>&1")
    argv = [str(ROOT / "tests/hosts/hosts"), "ssh", host, "--", "bash", "-s"]
    ran = subprocess.run(
        argv, input="\n".join(script), stdout=subprocess.PIPE, text=True, check=False
    )
    answers = ran.stdout.split("---\n")[:-1]
    rows = {
        text: next(iter(json.loads(answer)), None)
        for (_kind, text), answer in zip(made, answers, strict=True)
    }
    lost = [text for text, row in rows.items() if row is None]
    print(f"{release}: {len(rows)} objects; not made: {lost}")
    target = FOLDER / f"objects-{release}.json"
    target.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", encoding="ascii")


def differing(case: Case) -> t.Iterator[tuple[str | None, str | None, bool]]:
    """(declared value, value there, whether they differ) of a case: the whole product."""
    for want, there in itertools.product(values_of(case), repeat=2):
        usual = case.default and {want, there} == {case.other, None}
        if want == there or usual or not case.shown:
            yield want, there, False
        elif want is None or there is None:
            yield want, there, case.additional if want is None else case.missing
        else:
            yield want, there, True


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        record(*argument.split("=", 1))
