"""Role host: its table of distributions is whole, and its variables agree with the modules."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
import yaml

from tests.unit.support.documentation import read_block

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles/host"
CAPABILITIES = {
    "podman", "oci_runtime", "network", "firewall", "rootless_network", "user_namespaces", "init",
    "user_manager", "certificates",
}  # fmt: skip
MAY_BE_EMPTY = {("EL", "init")}
"""What a distribution has in another of the packages."""


def _read(name: str) -> t.Any:
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


VARS = _read("vars/main.yml")
TABLE = VARS["quadlet_host_distributions"]
ROWS = [(name, row) for name, rows in TABLE.items() for row in rows]
SPEC = _read("meta/argument_specs.yml")["argument_specs"]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{n} {r['since']}" for n, r in ROWS])
def test_a_row_has_every_capability_and_nothing_else(name: str, row: dict[str, t.Any]) -> None:
    assert set(row) == {"since", "packages"}
    assert set(row["packages"]) == CAPABILITIES
    for capability, packages in row["packages"].items():
        assert packages or (name, capability) in MAY_BE_EMPTY
        assert all(isinstance(package, str) and package for package in packages)
    everything = list(itertools.chain.from_iterable(row["packages"].values()))
    assert len(everything) == len(set(everything))


def _number(release: str) -> list[int]:
    return [int(part) for part in release.split(".")]


@pytest.mark.parametrize("rows", TABLE.values(), ids=TABLE)
def test_rows_are_in_order(rows: list[dict[str, t.Any]]) -> None:
    releases = [row["since"] for row in rows]
    assert all(isinstance(release, str) for release in releases)
    assert releases == sorted(releases, key=_number)


def test_every_distribution_is_reached_by_its_id() -> None:
    assert set(TABLE) == {"Debian", "Ubuntu", "Fedora", "EL"}
    assert set(VARS["quadlet_host_families"].values()) == set(TABLE)


CHOICES: dict[str, tuple[list[str], str, str, str]] = {
    # ids of os-release, release, a package that is in, one that is not; "" where none is chosen
    "Debian 13": (["debian"], "13", "passt", "slirp4netns"),
    "Debian testing": (["debian"], "", "passt", "slirp4netns"),
    "Debian 12": (["debian"], "12", "", ""),
    "Ubuntu 22.04": (["ubuntu", "debian"], "22.04", "", ""),
    "Ubuntu 24.04": (["ubuntu", "debian"], "24.04", "slirp4netns", "nftables"),
    "Ubuntu 26.04": (["ubuntu", "debian"], "26.04", "nftables", "slirp4netns"),
    "Mint": (["linuxmint", "ubuntu", "debian"], "22", "nftables", "shadow-utils"),
    "Fedora 42": (["fedora"], "42", "shadow-utils", "uidmap"),
    "Fedora 39": (["fedora"], "39", "", ""),
    "RHEL 9.3": (["rhel", "fedora"], "9.3", "", ""),
    "Rocky 9.10": (["rocky", "rhel", "centos", "fedora"], "9.10", "slirp4netns", "catatonit"),
    "CentOS Stream 9": (["centos", "rhel", "fedora"], "9", "slirp4netns", "catatonit"),
    "CentOS Stream 10": (["centos", "rhel", "fedora"], "10", "nftables", "slirp4netns"),
    "Alpine": (["alpine"], "3.22", "", ""),
}


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The packages for each choice, as the role's own variables find them."""
    folder = tmp_path_factory.mktemp("choices")
    looks = {
        name: {"facts": {"ids": ids, "version": release, "podman": ""}}
        for name, (ids, release, *_packages) in CHOICES.items()
    }
    guarded = "{{ quadlet_host_packages if quadlet_host_rows | length > 0 else [] }}"
    choose = {
        "ansible.builtin.set_fact": {
            "found": "{{ found | default({}) | combine({item: packages}) }}"
        },
        "vars": {"quadlet_host_look": "{{ looks[item] }}", "packages": guarded},
        "loop": list(looks),
    }
    answer = folder / "answer.json"
    write = {
        "ansible.builtin.copy": {
            "content": "{{ found | to_json }}",
            "dest": str(answer),
            "mode": "0600",
        }
    }
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars_files": [f"{ROLE}/{part}/main.yml" for part in ("defaults", "vars")],
        "vars": {"looks": looks, "ansible_python_interpreter": sys.executable},
        "tasks": [choose, write],
    }
    playbook = folder / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        ["ansible-playbook", "-i", "localhost,", str(playbook)],
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, list[str]] = json.loads(answer.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", CHOICES)
def test_the_row_that_counts(name: str, chosen: dict[str, list[str]]) -> None:
    _ids, _release, package, other = CHOICES[name]
    if not package:
        assert chosen[name] == []
        return
    assert package in chosen[name]
    assert "podman" in chosen[name]
    assert other not in chosen[name]


def test_every_default_is_described_with_its_value() -> None:
    options = SPEC["main"]["options"]
    defaults = _read("defaults/main.yml")
    assert set(defaults) <= set(options)
    for name, option in options.items():
        if "default" in option:
            assert defaults[name] == option["default"], name
    assert SPEC["preflight"]["options"] == options


def test_users_take_the_options_of_the_module() -> None:
    theirs = read_block("users", "DOCUMENTATION")["options"]["users"]["suboptions"]
    ours = SPEC["main"]["options"]["quadlet_host_users"]["options"]
    assert set(ours) == set(theirs)
    assert all(ours[name]["type"] == theirs[name]["type"] for name in ours)


def test_what_the_role_uses_is_described() -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROLE.rglob("*.yml")]
    for name in SPEC["main"]["options"]:
        assert sum(name in text for text in texts) > 1, name
