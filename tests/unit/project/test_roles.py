"""Roles as their users meet them: tags, the private role, a README each, plays without anchors."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import typing as t

import pytest
import yaml

from tests.unit.support.together import together

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
TASKS = sorted(
    path
    for part in ("roles/*/tasks", "roles/*/handlers", "playbooks", "molecule/**")
    for path in ROOT.glob(f"{part}/*.yml")
)

ALWAYS = [
    "Validating arguments against arg spec 'main' - Make a host ready for Quadlets",
    "Gather facts of the host",
    "Apply changed settings",
]
TAGGED = {
    "packages": [
        "Assert a known distribution",
        "Install packages on Debian and Ubuntu",
        "Install packages on Fedora and EL",
    ],
    "storage": ["Assert that no storage with data is left behind", "Configure storage"],
    "registries": ["Configure registries"],
    "sysctl": ["Allow unprivileged low ports"],
    "network": ["Ensure network-online.target is wanted", "Start network-online.target"],
    "journald": ["Configure the journal"],
    "auto_update": ["Configure the calendar of automatic updates", "Configure automatic updates"],
    "firewall": ["Configure the firewall"],
    "selinux": ["Configure SELinux"],
    "users": ["Create users"],
    "preflight": ["Check the host", "Check users who do not linger", "Report"],
}
"""Each tag of role host, and the tasks that have it."""


def _play(*arguments: str, play: t.Mapping[str, t.Any], folder: pathlib.Path) -> tuple[int, str]:
    path = folder / "play.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, **play}]))
    done = subprocess.run(
        ["ansible-playbook", "-i", "localhost,", str(path), *arguments],
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
    return done.returncode, done.stdout + done.stderr


def _listed(folder: pathlib.Path, *arguments: str) -> dict[str, list[str]]:
    """The tasks of role host that Ansible would run, each with its tags."""
    play = {"roles": ["quadlet.fleet.host"]}
    status, said = _play("--list-tasks", *arguments, play=play, folder=folder)
    assert status == 0, said
    rows = re.findall(r"quadlet\.fleet\.host : (.*?)\tTAGS: \[(.*)\]$", said, re.MULTILINE)
    return {name: tags.split(", ") if tags else [] for name, tags in rows}


def test_each_task_of_role_host_has_one_tag(tmp_path: pathlib.Path) -> None:
    expected = {name: ["always"] for name in ALWAYS}
    expected |= {name: [tag] for tag, names in TAGGED.items() for name in names}
    assert _listed(tmp_path) == expected


def test_tags_select_their_tasks(tmp_path: pathlib.Path) -> None:
    found = _listed(tmp_path, "--tags", "users,registries")
    assert set(found) == {*ALWAYS, *TAGGED["users"], *TAGGED["registries"]}


def test_tags_that_are_skipped_leave_the_others(tmp_path: pathlib.Path) -> None:
    skipped = ["packages", "firewall"]
    left = {name for tag, names in TAGGED.items() if tag not in skipped for name in names}
    assert set(_listed(tmp_path, "--skip-tags", ",".join(skipped))) == {*ALWAYS, *left}


def test_included_tasks_have_the_tag_of_their_include() -> None:
    included = {}
    for name in ("main", "settings"):
        for task in yaml.safe_load((ROOT / f"roles/host/tasks/{name}.yml").read_text()):
            include = task.get("ansible.builtin.include_tasks")
            if include:
                included[task["name"]] = (include["apply"]["tags"], task["tags"])
    assert len(included) == 5
    assert all(inner == outer for inner, outer in included.values())


def test_the_tags_are_documented() -> None:
    text = (ROOT / "docs/host.md").read_text(encoding="utf-8")
    section = text[text.index("### Tags") :].split("\n#", 1)[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(TAGGED)


def test_the_private_role_refuses_direct_use(tmp_path: pathlib.Path) -> None:
    play = {"roles": ["quadlet.fleet._rollout"], "connection": "local"}
    status, said = _play(play=play, folder=tmp_path)
    assert status != 0
    assert "Run ansible-playbook quadlet.fleet.rollout" in " ".join(said.split())


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_a_short_readme(role: str) -> None:
    text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# quadlet.fleet.{role}\n")
    assert len(text.splitlines()) <= 40
    assert f"ansible-doc -t role quadlet.fleet.{role}" in text
    links = re.findall(r"\]\((\S+?)(?:#\S+)?\)", text)
    assert any("../../docs/" in link for link in links)
    assert [link for link in links if not (ROOT / "roles" / role / link).exists()] == []
    assert "| variable" not in text


@together("path", TASKS, ids=[str(path.relative_to(ROOT)) for path in TASKS])
def test_plays_and_tasks_have_no_anchors(path: pathlib.Path) -> None:
    events = yaml.parse(path.read_text(encoding="utf-8"))
    assert [event.start_mark.line for event in events if getattr(event, "anchor", None)] == []


def _answer(name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"name": name, "user": None, **more}


GONE, BACK = _answer("new", generation=0), _answer("old", generation=3)
THERE = ("new", "old", "off", "files")
GATES: dict[str, tuple[str, list[dict[str, t.Any]] | None, list[str]]] = {
    "the way back has removed one": ("roll_back", [GONE, BACK], ["old", "off", "files"]),
    "the way back has removed it for one user": (
        "roll_back",
        [GONE, _answer("new", generation=2), BACK],
        [*THERE],
    ),
    "the way back has failed": ("roll_back", [_answer("new", failed=True), BACK], [*THERE]),
    "nothing is known": ("roll_back", None, [*THERE]),
    "a first deployment was undone": ("deploy", [GONE, BACK], [*THERE]),
}


def test_which_apps_a_rollout_accepts(tmp_path: pathlib.Path) -> None:
    """Those that are there, also where they are not to run; not one that the way back removed."""
    tasks, names = [], "quadlet_rollout_there | map(attribute='name') | join(' ')"
    for name, (action, answers, _expected) in GATES.items():
        known = {"quadlet_rollout_deployed": {"apps": answers}} if answers else {}
        tasks.append(
            {
                "name": name,
                "ansible.builtin.debug": {"msg": f"asked {{{{ {names} }}}}."},
                "vars": {"quadlet_rollout_action": action, **known},
            }
        )
    declared = [
        {"name": "new"},
        {"name": "old", "user": "u"},
        {"name": "off", "state": "stopped"},
        {"name": "files", "state": "present"},
        {"name": "gone", "state": "absent"},
    ]
    play = {"vars_files": [str(ROOT / "roles/_rollout/vars/main.yml")], "tasks": tasks}
    given = json.dumps({"quadlet_rollout_declared": declared})
    status, said = _play("-e", given, play=play, folder=tmp_path)
    assert status == 0, said
    asked = [line.split() for line in re.findall(r"asked (.*?)\.", said)]
    assert asked == [expected for _action, _answers, expected in GATES.values()]


ROWS = {
    "one of two": ([("api", "unchanged"), ("shop", "deployed")], ["shop"]),
    "one that broke": ([("api", "unchanged"), ("shop", "failed")], ["shop"]),
    "both": ([("api", "deployed before"), ("shop", "deployed")], ["api", "shop"]),
    "the host was lost": ([("-", "unreachable")], ["api", "shop"]),
}


def test_which_apps_the_way_back_touches(tmp_path: pathlib.Path) -> None:
    """Those of the rollout: of another one an accepted release stays."""
    shown = "{{ quadlet_rollout_returning | map(attribute='name') | join(' ') }}"
    tasks = []
    for name, (rows, _expected) in ROWS.items():
        found = [{"app": app, "result": result} for app, result in rows]
        state = {"id": "r1", "hosts": {"localhost": {"rows": found}}}
        task = {"name": name, "ansible.builtin.debug": {"msg": f"back {shown}."}}
        tasks.append({**task, "vars": {"quadlet_rollout_state": state}})
    play = {"vars_files": [str(ROOT / "roles/_rollout/vars/main.yml")], "tasks": tasks}
    given = json.dumps({"quadlet_rollout_declared": [{"name": "api"}, {"name": "shop"}]})
    status, said = _play("-e", given, play=play, folder=tmp_path)
    assert status == 0, said
    back = [line.split() for line in re.findall(r"back (.*?)\.", said)]
    assert back == [expected for _rows, expected in ROWS.values()]


def test_an_app_that_is_pinned_is_no_part_of_a_rollout(tmp_path: pathlib.Path) -> None:
    shown = "{{ quadlet_rollout_marked | map('to_json', sort_keys=true) | join(' ') }}"
    task = {"ansible.builtin.debug": {"msg": f"marked {shown}."}}
    play = {"vars_files": [str(ROOT / "roles/_rollout/vars/main.yml")], "tasks": [task]}
    pinned = {"name": "old", "state": "rolled_back", "generation": 3}
    given = {
        "quadlet_rollout_declared": [{"name": "a"}, pinned, {"name": "b", "state": "present"}],
        "quadlet_rollout_state": {"id": "r1"},
        "quadlet_rollout_action": "deploy",
    }
    status, said = _play("-e", json.dumps(given), play=play, folder=tmp_path)
    assert status == 0, said
    assert [json.loads(one) for one in re.findall(r"\{[^{}]*\}", said.partition("marked")[2])] == [
        {"name": "a", "rollout": "r1"},
        {"name": "b", "state": "present", "rollout": "r1"},
        pinned,
    ]


APPS = {
    "all are well": ([False, False], [False], False),
    "an app failed": ([False, True], [], True),
    "a removal failed": ([False], [False, True], True),
    "nothing undeclared was asked for": ([False], None, False),
}


def test_when_role_deploy_reports(tmp_path: pathlib.Path) -> None:
    role = yaml.safe_load((ROOT / "roles/deploy/tasks/main.yml").read_text(encoding="utf-8"))
    [when] = [task["when"] for task in role if task["name"] == "Report failed apps"]
    tasks = []
    for name, (apps, undeclared, _reports) in APPS.items():
        result: dict[str, t.Any] = {"apps": [{"failed": failed} for failed in apps]}
        if undeclared is not None:
            result["undeclared"] = [{"failed": failed} for failed in undeclared]
        task = {"name": name, "ansible.builtin.debug": {"msg": f"reports {{{{ {when} }}}}."}}
        tasks.append({**task, "vars": {"quadlet_deploy_result": result}})
    status, said = _play(play={"tasks": tasks}, folder=tmp_path)
    assert status == 0, said
    found = re.findall(r"reports (\w+)\.", said)
    assert found == [str(reports) for _apps, _undeclared, reports in APPS.values()]
