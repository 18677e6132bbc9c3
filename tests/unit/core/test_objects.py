"""Networks and volumes that are there beside what units declare, as two Podmans have shown them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.podman_output import (
    parse_made_at,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.create_command import (
    FLAGS,
    CreateCommand,
    find_create,
    find_place,
    parse_create,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.declared import (
    declared_object,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.judge import (
    judge_object,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.model import (
    Difference,
    is_pool_matter,
)
from tests.unit.support import objects
from tests.unit.support.objects import GROUND, Case
from tests.unit.support.together import together

RECORDED = [
    pytest.param(release, kind, case, id=f"{release} {kind} {case.key}={case.one}")
    for release in objects.RELEASES
    for kind, case in objects.ALL
    if case.since <= tuple(map(int, release.split(".")))
]


@pytest.mark.parametrize("kind", objects.CASES)
def test_every_key_has_a_case(kind: str) -> None:
    assert {case.key for case in objects.CASES[kind]} == objects.KEYS[kind]


@together(("release", "kind", "case"), RECORDED)
def test_each_value_beside_each(release: str, kind: str, case: Case) -> None:
    """The same, another, a missing and an additional value: what differs is named with both."""
    for want, there, differs in objects.differing(case):
        command = objects.declared(release, kind, case, want)
        assert command is not None
        judged = judge_object(kind, command, objects.shown(release, kind, case, there))
        assert judged.there
        assert judged.made_at > 1.7e9
        found = {row.key for row in judged.differences or ()}
        assert (case.shown in found) is differs, (want, there, judged.differences)
        if not differs:
            assert judged.differences == (), (want, there)


def test_both_values_are_told() -> None:
    case = next(case for case in objects.NETWORK if case.key == "Subnet")
    for want, there, told in (
        (case.one, case.other, "Subnet: there '10.7.2.0/24', declared '10.7.1.0/24'"),
        (None, case.one, "Subnet: there '10.7.1.0/24', declared nothing"),
        (case.one, None, "Subnet: there '10.89.0.0/24', declared '10.7.1.0/24'"),
    ):
        command = objects.declared("5.4", "network", case, want)
        judged = judge_object("network", command, objects.shown("5.4", "network", case, there))
        assert told in map(str, judged.differences or ())


def test_a_password_is_not_told() -> None:
    row = Difference("Options", "user=a,password=b,rw", "user=a,pass=c,rw")
    assert str(row) == ("Options: there 'user=a,password=...,rw', declared 'user=a,pass=...,rw'")


@together("kind", objects.CASES)
@together("flag", sorted({*FLAGS["network"], *FLAGS["volume"]}))
def test_flags_are_read_in_both_spellings(kind: str, flag: str) -> None:
    takes = FLAGS[kind].get(flag)
    spellings = [[f"{flag}=x"]] if takes == "bool" else [[f"{flag}=x"], [flag, "x"]]
    for words in spellings:
        command = parse_create(["--log-level", "info", kind, "create", *words, "n"])
        options, unknown = ({flag: ("x",)}, ()) if takes else ({}, (flag,))
        place = ("--log-level", "info")
        assert command == CreateCommand(kind, "n", options, place, unknown)


def test_a_command_is_found_in_its_line() -> None:
    words = ["/usr/bin/podman", "--module", "m", "volume", "create", "--label", "a=volume create"]
    found = find_create([*words, "v"])
    assert found == (*words[1:], "v")
    assert find_place(found) == ("--module", "m")
    assert find_create(["/usr/bin/podman", "run", "x", "volume"]) == ()
    assert find_place(()) == ()
    assert parse_create(()) is None
    assert parse_create(("image", "create", "v")) is None


VOLUME: t.Final = {"Name": "v", "Driver": "local", "Options": {}, "Labels": {}}
NETWORK: t.Final = {
    "name": "n", "driver": "bridge", "network_interface": "podman7", "dns_enabled": True,
    "ipv6_enabled": False, "internal": False, "ipam_options": {"driver": "host-local"},
    "subnets": [{"subnet": "10.89.3.0/24", "gateway": "10.89.3.1"}],
}  # fmt: skip
TAKEN: t.Final[dict[str, tuple[list[str], dict[str, t.Any]]]] = {
    "the order of mount options": (
        ["volume", "create", "--opt", "o=rw,addr=h", "v"],
        {**VOLUME, "Options": {"o": "addr=h,rw"}},
    ),
    "owners that Podman reads out of them": (
        ["volume", "create", "--opt", "o=uid=5", "v"],
        {**VOLUME, "Options": {"o": "uid=5", "UID": "5"}, "UID": 5},
    ),
    **{
        f"{word}, which Podman reads out of them{' and leaves there' * left}": (
            ["volume", "create", "--opt=type=tmpfs", "--opt", f"o=nodev,{word}", "v"],
            {**VOLUME, "Options": {"type": "tmpfs", "o": "nodev" + f",{word}" * left, key: value}},
        )
        for word, key, value in (
            ("size=10m", "SIZE", "10m"), ("inodes=100", "INODES", "100"), ("gid=3", "GID", "3"),
            ("noquota", "NOQUOTA", "true"), ("timeout=5", "TIMEOUT", "5"), ("uid=3", "UID", "3"),
        )
        for left in (True, False)
    },
    "an owner that a container's user became": (
        ["volume", "create", "v"], {**VOLUME, "UID": 999, "GID": 99},
    ),
    "an image by its short name on docker.io": (
        ["volume", "create", "--driver", "image", "--opt", "image=docker.io/busybox", "v"],
        {**VOLUME, "Driver": "image", "Options": {"image": "docker.io/library/busybox:latest"}},
    ),
    "a specifier that systemd alone knows": (
        ["volume", "create", "--opt", "device=/srv/%H", "--label", "%m=1", "v"],
        {**VOLUME, "Options": {"device": "/srv/one"}, "Labels": {"abc": "1"}},
    ),
    "a specifier": (
        ["volume", "create", "--opt", "device=%h/%N/%%", "v"],
        {**VOLUME, "Options": {"device": "/root/s/%"}},
    ),
    "a variable": (
        ["volume", "create", "--opt", "device=${PLACE}/x", "v"],
        {**VOLUME, "Options": {"device": "/srv/x"}},
    ),
    "a subnet that Podman chose": (["network", "create", "n"], NETWORK),
    "both that Podman chose": (
        ["network", "create", "--ipv6", "n"],
        {**NETWORK, "ipv6_enabled": True, "subnets": [
            *NETWORK["subnets"], {"subnet": "fd12:3:4:5::/64", "gateway": "fd12:3:4:5::1"}]},
    ),
    "no gateway, inside": (
        ["network", "create", "--internal", "--disable-dns", "n"],
        {**NETWORK, "internal": True, "dns_enabled": False,
         "subnets": [{"subnet": "10.90.0.0/24"}]},
    ),
    "another spelling of addresses": (
        ["network", "create", "--dns=2001:DB8::0:1", "--subnet", "10.7.0.9/24", "n"],
        {**NETWORK, "network_dns_servers": ["2001:db8::1"], "subnets": [
            {"subnet": "10.7.0.0/24", "gateway": "10.7.0.1"}]},
    ),
    "the other order of subnets": (
        ["network", "create", "--subnet=fd07::/64", "--gateway=fd07::9",
         "--subnet=10.7.0.0/24", "n"],
        {**NETWORK, "ipv6_enabled": True, "subnets": [
            {"subnet": "10.7.0.0/24", "gateway": "10.7.0.1"},
            {"subnet": "fd07::/64", "gateway": "fd07::9"}]},
    ),
    "a kind of route that is the usual one": (
        ["network", "create", "--route=10.9.0.0/24,10.89.3.7,5", "n"],
        {**NETWORK, "routes": [{"destination": "10.9.0.0/24", "gateway": "10.89.3.7", "metric": 5,
                                "route_type": "unicast"}]},
    ),
    "a plugin's network": (
        ["network", "create", "--driver=mine", "n"],
        {"name": "n", "driver": "mine", "ipam_options": {"driver": "mine"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "shown"), TAKEN.values(), ids=TAKEN)
def test_taken(words: list[str], shown: dict[str, t.Any]) -> None:
    command = declared_object("s.service", words, GROUND)
    assert command is not None
    assert judge_object(words[0], command, shown).differences == ()


DIFFERS: t.Final[dict[str, tuple[list[str], dict[str, t.Any], str]]] = {
    "mount options that contradict": (
        ["volume", "create", "--opt", "o=ro,rw", "v"],
        {**VOLUME, "Options": {"o": "rw,ro"}},
        ["Options"],
    ),
    "a bind mount where none is declared": (
        ["volume", "create", "v"],
        {**VOLUME, "Options": {"type": "none", "device": "/srv", "o": "bind"}},
        ["Options", "Device", "Type"],
    ),
    "another size": (
        ["volume", "create", "--opt=o=size=5m", "v"],
        {**VOLUME, "Options": {"o": "size=10m", "SIZE": "10m"}},
        ["Options"],
    ),
    "a size that is not declared": (
        ["volume", "create", "v"], {**VOLUME, "Options": {"SIZE": "10m"}}, ["Options"],
    ),
    "a subnet made by hand": (
        ["network", "create", "n"],
        {**NETWORK, "subnets": [{"subnet": "192.168.7.0/24", "gateway": "192.168.7.1"}]},
        ["Subnet"],
    ),
    "a subnet too many": (
        ["network", "create", "--subnet=10.7.0.0/24", "n"],
        {**NETWORK, "subnets": [{"subnet": "10.7.0.0/24", "gateway": "10.7.0.1"},
                                {"subnet": "10.89.1.0/24", "gateway": "10.89.1.1"}]},
        ["Subnet"],
    ),
    "a gateway made by hand": (
        ["network", "create", "n"],
        {**NETWORK, "subnets": [{"subnet": "10.89.3.0/24", "gateway": "10.89.3.7"}]},
        ["Gateway of 10.89.3.0/24"],
    ),
    "a bridge by another name": (
        ["network", "create", "n"], {**NETWORK, "network_interface": "br0"}, ["InterfaceName"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "shown", "keys"), DIFFERS.values(), ids=DIFFERS)
def test_differs(words: list[str], shown: dict[str, t.Any], keys: list[str]) -> None:
    judged = judge_object(words[0], declared_object("s.service", words, GROUND), shown)
    assert [row.key for row in judged.differences or ()] == keys


def test_what_cannot_be_compared() -> None:
    for words in (
        [],
        ["volume", "create", "%H"],
        ["--root", "%H", "volume", "create", "v"],
    ):
        assert declared_object("s.service", words, GROUND) is None
    assert judge_object("volume", None, VOLUME).differences is None
    assert judge_object("volume", None, None).there is False


def test_only_an_undeclared_subnet_may_be_of_a_pool() -> None:
    assert is_pool_matter(Difference("Subnet", "192.168.7.0/24", None))
    assert not is_pool_matter(Difference("Subnet", "192.168.7.0/24", "10.7.0.0/24"))
    assert not is_pool_matter(Difference("Label a", "1", None))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-27T15:41:00.425212046Z", 1795794060.425212046),
        ("2026-11-27T16:41:00.5+01:00", 1795794060.5),
        ("2026-11-27T10:11:00-05:30", 1795794060.0),
        ("soon", 0.0),
    ],
)
def test_times(text: str, seconds: float) -> None:
    assert parse_made_at({"created": text}, "network") == pytest.approx(seconds)
