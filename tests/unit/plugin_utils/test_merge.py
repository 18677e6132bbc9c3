# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apps of several variables become one list, in the order of the variables' names."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import re
import subprocess
import typing as t

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.layers import (
    find_overridden,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.merge import (
    Layer,
    merge_apps,
)

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = os.environ.get("QUADLET_TEST_ANSIBLE_BIN", "")
"""Another Ansible to test with, by the directory of its commands."""

A, B = {"name": "a"}, {"name": "b"}

MERGED: dict[str, tuple[list[list[t.Any]], list[t.Any]]] = {
    "nothing": ([[], []], []),
    "one": ([[A, B]], [A, B]),
    "others follow": ([[B], [A]], [B, A]),
    "first appearance": ([[A, B], [{"name": "c"}, B, A]], [A, B, {"name": "c"}]),
    "replaced": (
        [[{**A, "state": "started", "recreate": ["x"]}], [{**A, "recreate": ["y"]}]],
        [{**A, "state": "started", "recreate": ["y"]}],
    ),
    "an option by key": (
        [[{**A, "gate": {"stable": 1}}], [{**A, "gate": {"timeout": 5}}]],
        [{**A, "gate": {"stable": 1, "timeout": 5}}],
    ),
    "units by key": (
        [
            [{**A, "units": {"x": "1", "y": {"Container": {"Image": "i"}}}}],
            [{**A, "units": {"y": {"Container": {"Pull": "never"}}, "z": "3"}}],
        ],
        [
            {
                **A,
                "units": {"x": "1", "y": {"Container": {"Image": "i", "Pull": "never"}}, "z": "3"},
            }
        ],
    ),
    "files and secrets by key": (
        [
            [{**A, "files": {"f": "1", "g": "2"}, "secrets": {"s": "1"}}],
            [{**A, "files": {"g": {"content": "3"}}, "secrets": {"t": "2"}}],
        ],
        [{**A, "files": {"f": "1", "g": {"content": "3"}}, "secrets": {"s": "1", "t": "2"}}],
    ),
    "null takes a key away": (
        [[{**A, "units": {"x": "1", "y": "2"}}], [{**A, "units": {"x": None}}]],
        [{**A, "units": {"y": "2"}}],
    ),
    "null takes an option away": (
        [[{**A, "units": {"x": "1"}, "state": "present"}], [{**A, "units": None, "state": None}]],
        [A],
    ),
    "null in the first place": ([[{**A, "units": {"x": None}}]], [{**A, "units": {}}]),
    "a user is added": ([[A], [{**A, "user": "u"}]], [{**A, "user": "u"}]),
    "a user is known": (
        [[{**A, "user": "u"}], [{**A, "state": "present"}]],
        [{**A, "user": "u", "state": "present"}],
    ),
    "other users": (
        [[{**A, "user": "u"}], [{**A, "user": "v"}]],
        [{**A, "user": "u"}, {**A, "user": "v"}],
    ),
    "the one of that user": (
        [[{**A, "user": "u"}, {**A, "user": "v"}], [{**A, "user": "v", "state": "absent"}]],
        [{**A, "user": "u"}, {**A, "user": "v", "state": "absent"}],
    ),
    "the one without a user": (
        [[A, {**A, "user": "u"}], [{**A, "state": "absent"}]],
        [{**A, "state": "absent"}, {**A, "user": "u"}],
    ),
    "uid as text": (
        [[{**A, "user": 5}], [{**A, "user": "5", "pull": "never"}]],
        [{**A, "user": "5", "pull": "never"}],
    ),
    "twins in one place stay, for the module to refuse": ([[A, A]], [A, A]),
}


@pytest.mark.parametrize(("layers", "expected"), MERGED.values(), ids=MERGED)
def test_merge(layers: list[list[t.Any]], expected: list[t.Any]) -> None:
    given = json.dumps(layers)
    assert merge_apps([Layer(f"place {n}", one) for n, one in enumerate(layers)]) == expected
    assert json.dumps(layers) == given, "what was given is as it was"


REFUSED: dict[str, tuple[list[t.Any], str]] = {
    "no list": ([[A], "a"], "place 1: it is a list of apps, not text"),
    "no mapping": ([["a"]], "place 0: item 1 is no mapping with a name"),
    "no name": ([[A, {"user": "u"}]], "place 0: item 2 is no mapping with a name"),
    "which one": (
        [[{**A, "user": "u"}, {**A, "user": "v"}], [A]],
        "place 1: it is not said which app 'a' is meant: there is one of user u and user v",
    ),
}


@pytest.mark.parametrize(("layers", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(layers: list[t.Any], words: str) -> None:
    with pytest.raises(QuadletError) as caught:
        merge_apps([Layer(f"place {n}", one) for n, one in enumerate(layers)])
    assert words in str(caught.value)


FILES = {
    "inventory/hosts.yml": """
all:
  vars:
    quadlet_deploy_apps: [{name: base, state: present}, {name: everywhere, pull: never}]
  hosts: {alone: }
  children:
    web:
      vars:
        quadlet_deploy_apps__2_web_inline: [{name: inline-web}, {name: base, state: stopped}]
      children: {canary: }
      hosts: {two: }
    canary:
      hosts: {one: }
    zone:
      hosts: {one: , two: }
""",
    "inventory/group_vars/all.yml": """
port: 80
quadlet_deploy_apps__1:
  - name: everywhere
    units: {a.container: "Port={{ port }} {{ inventory_hostname }}", b.container: "B"}
    secrets: {pw: "{{ password }}"}
""",
    "inventory/group_vars/web/apps.yml": """
web_apps: [{name: everywhere, units: {b.container: web}, restart: never}, {name: shop}]
quadlet_deploy_apps__2_web: "{{ web_apps }}"
""",
    "inventory/group_vars/zone.yml": """
quadlet_deploy_apps__4_zone: [{name: everywhere, restart: auto, generations: 2}]
quadlet_deploy_appsx: [{name: another-variable}]
""",
    "inventory/group_vars/canary.yml": """
quadlet_deploy_apps__3_canary: [{name: everywhere, units: {c.container: canary}, generations: 3}]
""",
    "inventory/host_vars/one.yml": """
port: 8080
quadlet_deploy_apps__9_host: [{name: shop, user: u}, {name: everywhere, units: {b.container: null}}]
""",
    "play/group_vars/canary.yml": """
quadlet_deploy_apps__5_canary: [{name: beside-playbook}, {name: everywhere, generations: 4}]
""",
    "play/host_vars/bad.yml": "quadlet_deploy_apps__shop: {name: x}\n",
    "bad.yml": "all: {hosts: {bad: }}\n",
    "twice/hosts.yml": "all: {hosts: {alone: }, children: {web: {hosts: {two: }}}}\n",
    "twice/group_vars/all.yml": "port: 1\nquadlet_deploy_apps: [{name: monitor}]\n",
    "twice/group_vars/web.json": '{"quadlet_deploy_apps": [{"name": "shop"}]}',
    "password": "open sesame",
    "ansible.cfg": "",
    "none.yml": "all: {hosts: {alone: }}\n",
}
EVERYWHERE = {"name": "everywhere", "pull": "never", "secrets": {"pw": "hunter2"}}
EXPECTED = {
    "alone": [
        {"name": "base", "state": "present"},
        {**EVERYWHERE, "units": {"a.container": "Port=80 alone", "b.container": "B"}},
    ],
    "one": [
        {"name": "base", "state": "stopped"},
        {
            **EVERYWHERE,
            "units": {"a.container": "Port=8080 one", "c.container": "canary"},
            "restart": "auto",
            "generations": 4,
        },
        {"name": "shop", "user": "u"},
        {"name": "inline-web"},
        {"name": "beside-playbook"},
    ],
    "two": [
        {"name": "base", "state": "stopped"},
        {
            **EVERYWHERE,
            "units": {"a.container": "Port=80 two", "b.container": "web"},
            "restart": "auto",
            "generations": 2,
        },
        {"name": "shop"},
        {"name": "inline-web"},
    ],
}
SHOW = "{{ inventory_hostname }}={{ lookup('quadlet.fleet.deploy_apps') | to_json | b64encode }}="
LITERAL = [{"name": "literal"}]


class _Project:
    """A directory with inventories, which ansible-playbook reads."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        secret = (
            VaultLib([("default", VaultSecret(FILES["password"].encode()))])
            .encrypt("hunter2")
            .decode()
        )
        held = "".join(f"  {line}\n" for line in secret.splitlines())
        with (folder / "inventory/group_vars/all.yml").open("a") as stream:
            stream.write(f"password: !vault |\n{held}")

    def run(self, command: str, *arguments: str, status: int = 0) -> str:
        """What a command of Ansible prints, its errors behind the rest."""
        done = subprocess.run(
            [
                os.path.join(BIN, command),
                *arguments,
                "--vault-password-file",
                str(self.folder / "password"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
                "ANSIBLE_HOME": str(self.folder / "home"),
                "ANSIBLE_NOCOLOR": "1",
            },
        )
        assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
        return f"{done.stdout}\n{done.stderr}"

    def play(
        self,
        inventory: str,
        *arguments: str,
        plays: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
        status: int = 0,
    ) -> str:
        """What ansible-playbook prints on plays that show the lookup's value, by their names."""
        rows = []
        for name, play in (plays or {"plain": {}}).items():
            message = f"{name}/{SHOW}"
            show = {"ansible.builtin.debug": {"msg": message}, **play.get("with", {})}
            keys = {key: value for key, value in play.items() if key not in ("with", "before")}
            tasks = [*play.get("before", []), show]
            rows.append({"hosts": "all", "gather_facts": False, "tasks": tasks, **keys})
        path = self.folder / "play" / "site.yml"
        path.write_text(json.dumps(rows))
        return self.run("ansible-playbook", "-i", inventory, str(path), *arguments, status=status)


def _shown(text: str) -> dict[str, dict[str, t.Any]]:
    """The lookup's value by the names of plays and hosts."""
    found: dict[str, dict[str, t.Any]] = {}
    rows = re.findall(r"\b([a-z_]+)/([a-z]+)=([A-Za-z0-9+/=]+?)=\"?$", text, re.MULTILINE)
    for play, host, value in rows:
        found.setdefault(play, {})[host] = json.loads(base64.b64decode(value))
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> _Project:
    """One project for all tests."""
    return _Project(tmp_path_factory.mktemp("inventories"))


PLAYS: dict[str, dict[str, t.Any]] = {
    "plain": {},
    "more": {"vars": {"quadlet_deploy_apps__8": [{"name": "base", "generations": 7}]}},
    "play": {"vars": {"quadlet_deploy_apps": LITERAL}},
    "task": {"with": {"vars": {"quadlet_deploy_apps": LITERAL}}},
    # The last: it holds for those behind it too.
    "set_fact": {"before": [{"ansible.builtin.set_fact": {"quadlet_deploy_apps": LITERAL}}]},
}


@pytest.fixture(scope="module")
def played(project: _Project) -> str:
    """What is printed of all of them."""
    return project.play("inventory", plays=PLAYS)


def test_variables_of_groups_and_hosts_are_merged_by_their_names(played: str) -> None:
    assert _shown(played)["plain"] == EXPECTED


def _literal() -> list[dict[str, t.Any]]:
    rest = [{k: v for k, v in app.items() if k != "pull"} for app in EXPECTED["alone"][1:]]
    return [*LITERAL, *rest]


@pytest.mark.parametrize("name", ["play", "task", "set_fact"])
def test_each_variable_has_the_value_that_ansible_gives_it(played: str, name: str) -> None:
    assert _shown(played)[name]["alone"] == _literal()


def test_an_extra_variable_too(project: _Project) -> None:
    extra = json.dumps({"quadlet_deploy_apps": LITERAL})
    assert _shown(project.play("inventory", "-e", extra))["plain"]["alone"] == _literal()


def test_a_variable_of_the_play_is_merged_too(played: str) -> None:
    first = _shown(played)["more"]["alone"][0]
    assert first == {"name": "base", "state": "present", "generations": 7}


def test_where_nothing_is_given(project: _Project) -> None:
    assert _shown(project.play("none.yml"))["plain"] == {"alone": []}


def test_an_error_names_the_variable(project: _Project) -> None:
    said = " ".join(project.play("bad.yml", status=2).split())
    assert "quadlet_deploy_apps__shop: it is a list of apps, not a mapping" in said


def test_files_that_override_each_other_are_a_warning(project: _Project, played: str) -> None:
    printed = project.play("twice")
    said = "".join(printed.split())  # lines are wrapped anywhere
    folder = project.folder / "twice/group_vars"
    words = f"quadlet_deploy_appsissetin{folder}/all.ymland{folder}/web.json"
    assert said.count(words) == 1
    assert _shown(printed)["plain"] == {"alone": [{"name": "monitor"}], "two": [{"name": "shop"}]}
    assert "is set in" not in played


TEXTS = {
    "quadlet_deploy_apps:\n": True,
    "x: 1\nquadlet_deploy_apps: []\n": True,
    "'quadlet_deploy_apps' : []": True,
    '{\n "quadlet_deploy_apps": []}': True,
    "# quadlet_deploy_apps: []": False,
    "x:\n  quadlet_deploy_apps: []": False,
    "quadlet_deploy_apps__x: []": False,
    "my_quadlet_deploy_apps: []": False,
    "x: '{{ quadlet_deploy_apps }}'": False,
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_file_that_sets_the_variable(text: str, tmp_path: pathlib.Path) -> None:
    first, other = tmp_path / "all.yml", tmp_path / "web.yml"
    first.write_text("quadlet_deploy_apps: []\n")
    other.write_text(text)
    files = {"all": [str(first)], "web": [str(other)]}
    variables = {"playbook_dir": str(tmp_path), "group_names": ["web"], "inventory_hostname": "h"}
    found = find_overridden(_Files(files), variables)
    assert found == ([str(first), str(other)] if TEXTS[text] else [])


def test_a_file_that_is_found_by_two_ways_counts_once(tmp_path: pathlib.Path) -> None:
    text = tmp_path / "all.yml"
    text.write_text("quadlet_deploy_apps: []\n")
    (tmp_path / "link.yml").symlink_to(text)
    files = _Files({"all": [str(text)], "web": [str(tmp_path / "link.yml")]})
    variables = {"playbook_dir": str(tmp_path), "inventory_dir": str(tmp_path)}
    assert find_overridden(files, {**variables, "group_names": ["web"]}) == []


class _Files(t.NamedTuple):
    """A loader that knows the files of each group."""

    files: dict[str, list[str]]

    def find_vars_files(self, path: str, name: str) -> list[str]:
        """Those of one group."""
        return self.files.get(name, []) if path.endswith("group_vars") else []
