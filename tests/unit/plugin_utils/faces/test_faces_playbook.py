"""The playbook quadlet.fleet.convert and its module, run for real."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import subprocess
import sys
import typing as t

import pytest
import yaml

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.rules import RULES

ROOT = pathlib.Path(__file__).resolve().parents[4]
PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"
COMPOSE = """services:
  web:
    image: nginx:1
    environment: {PW_TOKEN: "${TOKEN}", KEPT: "{{ lookup('pipe', 'touch evil') }}"}
    volumes: ["./conf:/conf:ro"]
    restart: always
"""
UNIT = "[Service]\nExecStart=/usr/bin/podman run --rm --name u docker.io/library/nginx:1\n"
SHOWN = [
    {"Id": "a" * 64, "Name": "/i", "Config": {"Image": "nginx:1"}, "HostConfig": {}, "State": {}}
]
FILES = {
    "shop/compose.yaml": COMPOSE,
    "shop/compose.override.yaml": "services: {web: {labels: {over: 'yes'}}}\n",
    "shop/.env": "TOKEN=hunter2\n",
    "shop/conf/a.conf": "a {{ x }}\n",
    "run.txt": "$ docker run -d --name r nginx:1\n",
    "units/container-u.service": UNIT,
    "i.json": json.dumps(SHOWN),
    "bad.yaml": "name: bad\nservices:\n  a: {image: x, nonsense: 1}\n  b: {image: y, other: 2}\n",
    "notes.txt": "nothing\n",
}


@pytest.fixture(scope="module")
def src(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with something of each kind."""
    folder = tmp_path_factory.mktemp("convert")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def _play(folder: pathlib.Path, *words: str) -> tuple[int, str]:
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        "PWD": str(folder),
    }
    ran = subprocess.run(
        [PLAYBOOK, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout


@pytest.fixture(scope="module")
def shown(src: pathlib.Path) -> tuple[int, str]:
    """A first conversion by the playbook."""
    return _play(src, "quadlet.fleet.convert", "-e", "src=shop dest=apps user=svc", "--diff")


def test_what_is_shown(shown: tuple[int, str]) -> None:
    status, out = shown
    assert status == 0, out
    assert "shop/compose.yaml:4:moved:services.web.environment.PW_TOKEN: it is the secret" in out
    assert "shop: 2 units; " in out
    steps = [line.strip() for line in out[out.index("Next:") :].splitlines() if "apps/" in line]
    assert steps == [
        "ansible-playbook quadlet.fleet.lint -e src=apps/shop",
        "write apps/values.yml with values of shop_pw_token",
        "ansible-vault encrypt apps/values.yml",
        "ansible-playbook -i INVENTORY apps/deploy.yml -e @apps/values.yml --check --diff",
        "ansible-playbook -i INVENTORY apps/deploy.yml -e @apps/values.yml",
    ]
    assert "+Image=docker.io/library/nginx:1" in out
    assert "hunter2" not in out
    assert "DEPRECATION" not in out


def test_what_is_written(shown: tuple[int, str], src: pathlib.Path) -> None:
    assert shown[0] == 0
    files = {
        str(path.relative_to(src / "apps")) for path in (src / "apps").rglob("*") if path.is_file()
    }
    assert files == {
        ".quadlet.fleet.json",
        "app.yml",
        "deploy.yml",
        "shop/conf/a.conf",
        "shop/shop_default.network",
        "shop/web.container",
    }
    unit = (src / "apps/shop/web.container").read_text()
    assert "Label=over=yes" in unit
    assert "KEPT={{ lookup('pipe', 'touch evil') }}" in unit
    text = (src / "apps/app.yml").read_text()
    assert "hunter2" not in text
    item = yaml.safe_load(text)["quadlet_deploy_apps__shop"][0]
    assert (item["user"], item["src"]) == ("svc", "shop/")
    assert not (src / "evil").exists()


def _tasks() -> dict[str, dict[str, t.Any]]:
    """Calls of the module by name, in their order."""
    shop = {"src": "shop", "dest": "more"}
    check = {"check_mode": True}
    cases: dict[str, dict[str, t.Any]] = {
        "preview": {**shop, **check},
        "first": {**shop, "format": "json", "output": "shop.json"},
        "again": shop,
        "values": {**shop, "values": True},
        "level": {**shop, "level": "approximated", "format": "sarif", "output": "shop.sarif"},
        "strict": {**shop, "strict": True},
        "refused": {"src": "bad.yaml", "dest": "bad", "format": "json", "output": "bad.json"},
        "run": {"src": "run.txt", "dest": "run"},
        "units": {"src": "units", "dest": "units-app"},
        "unit": {"src": "units/container-u.service", "dest": "units-app"},
        "inspect": {"src": "i.json", "dest": "inspect"},
        "nothing": {"src": "notes.txt", "dest": "x"},
        "told": {"src": "notes.txt", "dest": "x", "from": "compose"},
        "nowhere": {"src": "nowhere", "dest": "x"},
        "release": {**shop, "podman": "new"},
        "foreign": {"src": "run.txt", "dest": "foreign"},
    }
    return cases


@pytest.fixture(scope="module")
def results(src: pathlib.Path) -> dict[str, t.Any]:
    """What the module returned, of all cases."""
    (src / "foreign").mkdir()
    (src / "foreign/deploy.yml").write_text("mine\n")
    tasks: list[dict[str, t.Any]] = []
    for name, options in _tasks().items():
        given = {key: value for key, value in options.items() if key != "check_mode"}
        for key in ("src", "dest", "output"):
            if key in given:
                given[key] = str(src / given[key])
        task = {"quadlet.fleet.convert": given, "register": name, "ignore_errors": True}
        tasks.append({**task, "check_mode": options.get("check_mode", False)})
    tasks.append(
        {
            "ansible.builtin.copy": {
                "dest": str(src / "results.json"),
                "content": "{{ dict(names | zip(names | map('extract', vars))) | to_json }}",
            },
            "vars": {"names": list(_tasks())},
        }
    )
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (src / "all.yml").write_text(json.dumps([play]))
    status, out = _play(src, "all.yml")
    assert status == 0, out
    found: dict[str, t.Any] = json.loads((src / "results.json").read_text())
    return found


def test_a_second_time_nothing_changes(results: dict[str, t.Any], src: pathlib.Path) -> None:
    changed = {name: results[name]["changed"] for name in ("preview", "first", "again", "values")}
    assert changed == {"preview": True, "first": True, "again": False, "values": True}
    assert results["preview"]["files"] == results["first"]["files"]
    values = src / "more/values.yml"
    assert stat.S_IMODE(values.stat().st_mode) == 0o600
    assert yaml.safe_load(values.read_text()) == {"shop_pw_token": "hunter2"}
    assert "hunter2" not in json.dumps({name: results[name] for name in ("first", "values")})


def test_each_kind_is_recognized(results: dict[str, t.Any]) -> None:
    for name, unit in (("run", "r/r"), ("units", "u/u"), ("inspect", "i/i")):
        assert f"{unit}.container" in results[name]["files"], results[name]
        assert results[name]["passed"]
    assert not results["unit"]["changed"], "it is the same app"


@pytest.mark.usefixtures("results")
def test_reports(src: pathlib.Path) -> None:
    rows = json.loads((src / "shop.json").read_text())
    keys = {"path", "file", "line", "outcome", "wrote", "reason", "remedy", "rule"}
    assert rows
    assert all(set(row) == keys for row in rows)
    log = json.loads((src / "shop.sarif").read_text())
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == list(RULES)
    assert len(run["results"]) == len(rows)
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in ("error", "warning", "note")
        assert "ruleId" not in result or rules[result["ruleIndex"]] == result["ruleId"]
    refused = json.loads((src / "bad.json").read_text())
    causes = [row["line"] for row in refused if row["outcome"] == "refused"]
    assert causes == [3, 4]


def test_verdicts(results: dict[str, t.Any], src: pathlib.Path) -> None:
    assert not results["level"]["passed"]
    assert results["level"]["failed"]
    assert (src / "more/app.yml").exists()
    for name in ("strict", "refused"):
        assert results[name]["passed"] is False
        assert results[name]["failed"]
    message = results["refused"]["msg"]
    assert "bad.yaml can't be converted, for 2 causes" in message
    assert "nonsense" in message
    assert "other" in message
    assert not (src / "bad").exists()


def test_what_it_can_not_do_is_said(results: dict[str, t.Any], src: pathlib.Path) -> None:
    messages = {
        "nothing": "Say what it is: -e from=compose",
        "told": "notes.txt",
        "nowhere": "nowhere",
        "release": "it takes a release",
        "foreign": "deploy.yml would be replaced",
    }
    for name, words in messages.items():
        assert results[name]["failed"], name
        assert words in results[name]["msg"], results[name]["msg"]
        assert "Traceback" not in json.dumps(results[name])
    assert (src / "foreign/deploy.yml").read_text() == "mine\n"
