"""Commands of networks and volumes with parts that systemd expands, and with unknown flags."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts, Ground
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.declared import (
    declared_object,
    environment_files,
    parse_loaded,
    wants_environment,
    wants_host,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.judge import judge_object
from ansible_collections.quadlet.fleet.plugins.module_utils._core.objects.model import Judged
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import (
    UnitText,
    parse_unit,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._host.specifiers import read_specifiers
from tests.unit.support.together import together

HOST = {"H": "one.test", "l": "one", "m": "abc", "b": "def", "v": "6.1", "G": "1000", "g": "svc"}
HOST |= {"o": "debian", "w": "13", "A": "", "B": "", "M": "", "W": ""}
VOLUME: t.Final = {"Name": "v", "Driver": "local", "Options": {}, "Labels": {}}


def _ground(*, rootless: bool, environment: dict[str, str] | None, **more: t.Any) -> Ground:
    facts = Facts("svc", 1000, environment=environment, **more)
    units = "/home/svc/.config/containers/systemd" if rootless else "/etc/containers/systemd"
    home = "/home/svc" if rootless else "/root"
    return Ground(f"{units}/app", units, home, frozenset(), facts)


def _unit(text: str) -> list[UnitText]:
    return [parse_unit("data.volume", f"[Volume]\n[Service]\n{text}\n")]


SURE = "nNpPjJyYhtuU%" + "".join(HOST)
"""Specifiers whose value is sure in both kinds of scope, once the host was asked."""
NOT_SURE = "asqd"
OF_USERS_MANAGER = "ECD"
OF_USERS_RELEASE = "SLTV"


@together("rootless", [False, True])
@together("asked", [False, True])
@together("letter", [*SURE, *NOT_SURE, *OF_USERS_MANAGER, *OF_USERS_RELEASE])
def test_specifiers_in_names_and_values(*, rootless: bool, asked: bool, letter: str) -> None:
    """What is sure is expanded; what is not makes a name one that can't be told, and a value one
    that is not compared, and named.
    """
    more = {"specifiers": HOST} if asked else {}
    environment: dict[str, str] | None = {} if asked else None
    ground = _ground(rootless=rootless, environment=environment, **more)
    words = ["volume", "create", "--label", f"a=%{letter}", "v"]
    command = declared_object("app-data-volume.service", words, ground)
    sure = letter in SURE and (asked or letter not in HOST)
    sure = sure or (letter in OF_USERS_MANAGER and (asked or not rootless))
    sure = sure or (letter in OF_USERS_RELEASE and not rootless)
    assert command
    assert command.unclear == (() if sure else (f"a=%{letter}",))
    there = {**VOLUME, "Labels": {"a": "other"}}
    judged = judge_object("volume", command, there)
    assert bool(judged.differences) is sure
    assert bool(judged.unclear) is not sure
    named = declared_object("s.service", ["volume", "create", f"x-%{letter}"], ground)
    assert (named is not None) is sure
    assert wants_host(words) is (letter in HOST)


ENVIRONMENTS: dict[str, tuple[str, str | None]] = {
    "set": ("Environment=X=one", "one"),
    "set, quoted": ('Environment="X=one" Y=two', "one"),
    "set by the file of the app": ("Environment=X=two\nEnvironmentFile=/u/app/own.env", "one"),
    "set by a file of the host": ("EnvironmentFile=-/etc/host.env", "one"),
    "set by a file without an absolute path": (
        "Environment=X=one\nEnvironmentFile=./own.env",
        "one",
    ),
    "with a specifier": ("Environment=X=%N", "app-data-volume"),
    "the manager's": ("Environment=Y=two", "managers"),
    "a file that can't be read": ("Environment=X=one\nEnvironmentFile=/etc/none.env", None),
    "passed": ("PassEnvironment=X", None),
    "unset": ("Environment=X=one\nUnsetEnvironment=X", None),
    "reset": ("Environment=X=one\nEnvironment=", None),
}
SPELLED = {"${X}": True, "a-${X}": True, "$X": True, "$$X": False}


@together("name", ENVIRONMENTS)
@together("spelled", SPELLED)
def test_variables(name: str, spelled: str) -> None:
    text, value = ENVIRONMENTS[name]
    facts = Facts(
        "root",
        0,
        frozenset({"own.env"}),
        {"own.env": "X=one\n", "/etc/host.env": "X='one'\n"},
        environment={"X": "managers"},
    )
    ground = Ground("/u/app", "/etc/containers/systemd", "/root", frozenset(), facts)
    words = ["volume", "create", "--label=a=b", spelled]
    assert wants_environment(words) is SPELLED[spelled]
    command = declared_object("app-data-volume.service", words, ground, _unit(text))
    if not SPELLED[spelled]:
        assert command
        assert command.name == "$X"
    elif value is None:
        assert command is None
    else:
        assert command
        assert command.name == spelled.replace("${X}", value).replace("$X", value)
    files = environment_files(_unit(text), "app-data-volume.service", ground)
    assert len(files) == text.count("EnvironmentFile") - text.count("=./")


@together("rootless", [False, True])
@together("name", ["INVOCATION_ID", "HOME", "USER"])
def test_variables_that_systemd_sets_itself(name: str, *, rootless: bool) -> None:
    ground = _ground(rootless=rootless, environment={"USER": "svc", "HOME": "/home/svc"})
    words = ["volume", "create", f"${{{name}}}"]
    known = declared_object("s.service", words, ground)
    assert (known is not None) is (rootless and name != "INVOCATION_ID")


LOADED = (
    "{ path=/usr/bin/podman ; argv[]=/usr/bin/podman %s ; ignore_errors=no ; start_time=[n/a] }"
)


@pytest.mark.parametrize(
    ("words", "loaded", "name", "label"),
    [
        (["--label", "a=%s", "v"], "--label a=/bin/sh v", "v", "/bin/sh"),
        (["--label", "a=%s%%", "%a-v"], "--label a=/bin/sh% x86-64-v", "x86-64-v", "/bin/sh%"),
        (["--label", "a=%s", "${X}"], "--label a=/bin/sh ${X}", "one", "/bin/sh"),
        (["--label", "a=%s", "v"], "--label b=/bin/sh v", "v", None),
        (["--label", "a=%s", "v"], "--label a=two words v", "v", None),
        (["--label", "a=%s", "v"], "", "v", None),
    ],
)
def test_what_systemd_has_loaded(
    words: list[str], loaded: str, name: str, label: str | None
) -> None:
    """Its specifiers count where it is the same command; else all is as without it."""
    shown = LOADED % f"volume create {loaded}"
    ground = _ground(rootless=True, environment={})
    words, units = ["volume", "create", *words], _unit("Environment=X=one")
    command = declared_object("s.service", words, ground, units, parse_loaded(shown))
    assert command
    assert command.name == name
    assert (command.unclear == ()) is (label is not None)
    assert label is None or command.pairs("--label") == {"a": label}


def test_what_is_no_loaded_command() -> None:
    assert parse_loaded("") == ""
    assert parse_loaded("ExecStart=") == ""


UNKNOWN = (["--new"], ["--new=x"], ["--new", "x"], ["-z"], ["-zx"], ["-z", "x"], ["$WORDS"], ["--"])
KNOWN: dict[str, tuple[list[str], dict[str, t.Any], list[str]]] = {
    "the same": (["--label", "a=1"], {"Labels": {"a": "1"}}, []),
    "another": (["--label", "a=1"], {"Labels": {"a": "2"}}, ["Label a"]),
    "a missing one": (["--label=a=1"], {}, ["Label a"]),
    "a short one": (["-l", "a=1"], {"Labels": {"a": "2"}}, ["Label a"]),
    "a short one, in one word": (["-la=1"], {"Labels": {"a": "2"}}, ["Label a"]),
    "a short one, with =": (["-l=a=1"], {"Labels": {"a": "2"}}, ["Label a"]),
    "none": ([], {}, []),
}


@together(
    ("unknown", "known", "first"), list(itertools.product(UNKNOWN, KNOWN, (False, True))), ids=str
)
def test_unknown_flags(unknown: list[str], known: str, *, first: bool) -> None:
    """Known ones are compared beside them; what they may have added is no difference."""
    words, there, keys = KNOWN[known]
    words = [*unknown, *words] if first else [*words, *unknown]
    ground = _ground(rootless=False, environment=None)
    command = declared_object("s.service", ["volume", "create", *words, "v"], ground)
    assert command
    assert command.name == "v"
    added = {"Labels": {**there.get("Labels", {}), "new": "1"}, "Options": {"new": "x"}}
    for shown in ({**VOLUME, **there}, {**VOLUME, **added}):
        judged = judge_object("volume", command, shown)
        if unknown == ["--"]:
            assert judged.unclear == ()
            continue
        assert [row.key for row in judged.differences or ()] == keys
        assert judged.unclear == (unknown[0].partition("=")[0],)


def test_a_password_in_what_was_not_compared() -> None:
    ground = _ground(rootless=False, environment=None)
    words = ["volume", "create", "--opt", "o=user=%s,password=x,rw", "v"]
    command = declared_object("s.service", words, ground)
    judged = judge_object("volume", command, {**VOLUME})
    assert judged == Judged(True, judged.made_at, (), ("o=user=%s,password=...,rw",))


def test_what_this_host_knows() -> None:
    found = read_specifiers(0)
    assert set(found) >= {"H", "l", "v", "G", "g"}
    assert found["g"] == "root"
    assert not any("\n" in value for value in found.values())
