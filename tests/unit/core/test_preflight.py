"""What a host lacks: each check's rows, from facts to findings."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.preflight import (
    CHECKS,
    HELPERS,
    Facts,
    Helpers,
    Needs,
    Storage,
    User,
    find,
    holder_is_known,
    message,
    parse_graphroot,
    parse_helpers,
    parse_listeners,
    parse_os_release,
    registry_urls,
)

GIB = 2**30
FULL = (Storage("/var/lib/containers/storage", 5 * GIB, holds=True),)

ROWS: dict[str, tuple[Facts, Needs, str, str]] = {
    "no Podman": (
        Facts(podman=None, podman_said="podman: not found"),
        Needs(),
        "podman",
        "there is no Podman (podman: not found)",
    ),
    "too old": (Facts(podman=(4, 6, 1)), Needs(), "podman", "Podman is 4.6.1, 4.7 is needed"),
    "older than asked for": (
        Facts(podman=(5, 4, 2)),
        Needs(podman=(5, 6)),
        "podman",
        "Podman is 5.4.2, 5.6 is needed",
    ),
    "no generator": (Facts(generator=False), Needs(), "podman", "generator is not there"),
    "tools": (
        Facts(lacking=(("crun", "runc"), ("newuidmap",))),
        Needs(),
        "tools",
        "Podman needs crun or runc, newuidmap",
    ),
    "cgroup v1": (Facts(cgroup2=False), Needs(), "cgroup", "/sys/fs/cgroup is not cgroup v2"),
    "no systemd": (Facts(init="sleep"), Needs(), "systemd", "process 1 is sleep, not systemd"),
    "old systemd": (Facts(systemd=247), Needs(), "systemd", "systemd is 247, 248 is needed"),
    "old Python": (Facts(python=(3, 8, 2)), Needs(), "python", "Python 3.8.2 here, 3.9 is needed"),
    "no user": (
        Facts(users={"shop": User(exists=False)}),
        Needs(),
        "user",
        "there is no user shop",
    ),
    "no ranges": (
        Facts(users={"shop": User(missing_ranges=("/etc/subuid",))}),
        Needs(),
        "subids",
        "user shop has no range in /etc/subuid",
    ),
    "no linger": (
        Facts(users={"shop": User(lingers=False)}),
        Needs(),
        "manager",
        "user shop does not linger",
    ),
    "no manager": (
        Facts(users={"shop": User(manager=False)}),
        Needs(),
        "manager",
        "manager of user shop does not run",
    ),
    "no bus": (
        Facts(users={"shop": User(bus=False)}),
        Needs(),
        "manager",
        "manager of user shop has no bus",
    ),
    "no space": (
        Facts(storages=FULL),
        Needs(min_free=10 * GIB),
        "space",
        "5.0 GiB are free for /var/lib/containers/storage, 10.0 GiB are needed",
    ),
    "storage elsewhere": (
        Facts(storages=FULL),
        Needs(storage="/srv/images"),
        "storage",
        "is /var/lib/containers/storage and holds data, asked for is /srv/images",
    ),
    "port": (
        Facts(ports={8080: "nginx (pid 7)"}),
        Needs(),
        "ports",
        "port 8080 is taken by nginx (pid 7)",
    ),
    "registry": (
        Facts(registries={"r.example": "timed out"}),
        Needs(),
        "registries",
        "r.example is not to be reached: timed out",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_missing_thing_is_one_finding_with_a_remedy(
    row: tuple[Facts, Needs, str, str],
) -> None:
    facts, needs, check, fact = row
    found = find(facts, needs)
    assert [one.check for one in found] == [check]
    assert fact in found[0].what
    assert found[0].remedy.rstrip().endswith((".", ".service", "linger shop", "LAST shop"))


def test_every_check_has_a_row() -> None:
    assert {check for _facts, _needs, check, _fact in ROWS.values()} == set(CHECKS)


READY: dict[str, tuple[Facts, Needs]] = {
    "nothing asked": (Facts(), Needs()),
    "linger not asked": (Facts(users={"root": User(lingers=None, manager=False)}), Needs()),
    "newer": (Facts(podman=(6, 1, 1), systemd=259, python=(3, 14)), Needs()),
    "space": (Facts(storages=FULL), Needs(min_free=5 * GIB)),
    "the same storage": (Facts(storages=FULL), Needs(storage=FULL[0].path)),
    "an empty storage": (Facts(storages=(Storage("/a", GIB),)), Needs(storage="/b")),
}


@pytest.mark.parametrize("row", READY.values(), ids=READY)
def test_what_is_no_finding(row: tuple[Facts, Needs]) -> None:
    assert find(*row) == []


def test_all_findings_come_at_once_a_line_each() -> None:
    facts = Facts(cgroup2=False, podman=None, users={"a": User(exists=False)})
    found = find(facts, Needs())
    lines = message("web1", found).splitlines()
    assert lines[0] == "host web1 is not ready for Quadlets, 3 findings:"
    assert [line.split(":")[0] for line in lines[1:]] == ["- cgroup", "- podman", "- user"]


@pytest.mark.parametrize(
    ("program", "cgroups", "known"),
    [
        ("conmon", "", True),
        ("pasta.avx2", "", True),
        ("rootlessport", "", True),
        ("systemd", "", True),
        ("httpd", "0::/user.slice/x.service/libpod-payload-12", True),
        ("sshd", "0::/system.slice/ssh.service", False),
        ("", "", False),
    ],
)
def test_whose_port_counts_as_free(program: str, cgroups: str, known: bool) -> None:
    assert holder_is_known(program, cgroups) is known


LISTENERS = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2413 1
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2500 1
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 2600 1
"""


def test_listeners() -> None:
    assert parse_listeners(LISTENERS) == {22: {"2413"}, 8080: {"2500"}}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[storage]\ngraphroot = "/srv/a" # there\n', "/srv/a"),
        ("graphroot='/srv/b'", "/srv/b"),
        ('# graphroot = "/srv/c"\nrunroot = "/run/d"\n', None),
        ('graphroot = ""\n', None),
    ],
)
def test_graphroot(text: str, path: str | None) -> None:
    assert parse_graphroot(text) == path


def test_os_release() -> None:
    text = 'ID=debian\nVERSION_ID="13"\n# x\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'
    assert parse_os_release(text)["VERSION_ID"] == "13"


@pytest.mark.parametrize(
    ("registry", "urls"),
    [
        ("r.example:5000", ["https://r.example:5000/v2/"]),
        ("r.example/team", ["https://r.example/v2/"]),
        ("http://r.example", ["https://r.example/v2/", "http://r.example/v2/"]),
        ("docker.io", ["https://registry-1.docker.io/v2/"]),
    ],
)
def test_where_registries_are_asked(registry: str, urls: t.Sequence[str]) -> None:
    assert registry_urls(registry) == urls


HELPERS_SAID: dict[str, tuple[list[str], Helpers]] = {
    "nothing": ([], Helpers()),
    "comments": (['[engine]\n#helper_binaries_dir = ["/x"]\n# init_path = "/y"\n'], Helpers()),
    "another list": (
        ["[engine]\nhelper_binaries_dir = [\n  \"/x\",  # here\n  '/y',\n]\n"],
        Helpers(("/x", "/y")),
    ),
    "more": (
        ['[engine]\nhelper_binaries_dir=["/x", {append=true}]\n'],
        Helpers((*HELPERS, "/x")),
    ),
    "the later file": (
        ['init_path = "/a"\nhelper_binaries_dir = ["/x"]\n', "init_path = '/b'\n"],
        Helpers(("/x",), "/b"),
    ),
    "another key": (['no_init_path = "/a"\nhelper_binaries_dirs = ["/x"]\n'], Helpers()),
}


@pytest.mark.parametrize(("texts", "found"), HELPERS_SAID.values(), ids=HELPERS_SAID)
def test_where_podman_finds_programs(texts: list[str], found: Helpers) -> None:
    assert parse_helpers(texts) == found


def test_what_a_program_is_for() -> None:
    (finding,) = find(Facts(lacking=(("crun", "runc"), ("catatonit",))), Needs())
    assert finding.what == "Podman needs crun or runc, catatonit (for pods and RunInit=)"
