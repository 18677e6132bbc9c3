"""The playbook quadlet.fleet.lint, run for real: three formats, and a verdict."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest
import yaml

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import RULES
from ansible_collections.quadlet.fleet.plugins.module_utils._module.options import LINT_RUN
from tests.unit.support.share import pick

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"
GOOD = (
    "[Container]\nImage=docker.io/library/a:1\nNetwork=net.network\nVolume=./conf:/conf:ro\n"
    "[Service]\nRestart=always\n[Install]\nWantedBy=default.target\n"
)
FILES = {
    "shop/web.container": GOOD,
    "shop/conf/a.conf": "a\n",
    "shop/web.container.d/10-x.conf": "[Container]\nReadOnly=y\n",
    "shop/db.container": "[Container]\nImgae=a\n",
    "shop/api.container.j2": "[Container]\nImage={{ nowhere }}\n",
    "nets/net.network": "[Network]\n",
    "nets/tool.image.j2": "[Image]\n# lint: ignore short-image-name\nImage={{ tool }}\n",
    "notes.md": "# no unit\n",
}
SHOWN = [
    "nets/tool.image.j2:3:moving-tag",
    "shop/api.container.j2:1:skipped-template",
    "shop/db.container:1:missing-key",
    "shop/db.container:1:missing-restart",
    "shop/db.container:1:no-install",
    "shop/db.container:2:unknown-key",
    "shop/web.container.d/10-x.conf:2:bad-boolean",
]


@pytest.fixture
def src(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory with two apps."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def _run(folder: pathlib.Path, **variables: t.Any) -> tuple[int, str]:
    given = json.dumps({"src": ".", "tool": "tool", **variables})
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        "PWD": str(folder),
    }
    ran = subprocess.run(
        [PLAYBOOK, "quadlet.fleet.lint", "-e", given],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


def _findings(out: str) -> list[str]:
    lines = re.findall(r"^([^ \n]+:\d+:[a-z-]+):.+$", out, re.MULTILINE)
    return sorted(lines)


def test_text_is_one_line_each_and_errors_fail(src: pathlib.Path) -> None:
    status, out = _run(src)
    assert _findings(out) == SHOWN
    assert status == 2
    assert "5 files of 2 apps: 3 errors, 2 warnings, 2 notes; 1 template skipped" in out
    assert "remedy" not in out


@pytest.mark.parametrize(
    ("variables", "status"),
    [
        ({"level": "warning"}, 2),
        ({"level": "warning", "ignore": ["moving-tag"]}, 0),
        ({}, 0),
        ({"level": "note", "ignore": ["moving-tag"]}, 2),
    ][:: pick(long=1, usual=1, fast=2)],
)
def test_warnings_pass_unless_the_level_says_otherwise(
    src: pathlib.Path, variables: dict[str, t.Any], status: int
) -> None:
    (src / "shop/db.container").unlink()
    ignore = ["web.container:bad-boolean", *variables.get("ignore", [])]
    assert _run(src, **{**variables, "ignore": ignore})[0] == status


def test_json(src: pathlib.Path) -> None:
    _run(src, format="json", output="found.json")
    found = json.loads((src / "found.json").read_text())
    places = sorted(f"{f['path']}:{f['line'] or 1}:{f['rule']}" for f in found)
    assert places == SHOWN
    keys = {"rule", "level", "path", "line", "section", "key", "message", "remedy"}
    assert all(set(f) == keys for f in found)


def test_sarif(src: pathlib.Path) -> None:
    _run(src, format="sarif", output="found.sarif")
    log = json.loads((src / "found.sarif").read_text())
    assert log["version"] == "2.1.0"
    assert "2.1.0" in log["$schema"]
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
    places = []
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        line = place["region"]["startLine"]
        places.append(f"{place['artifactLocation']['uri']}:{line}:{result['ruleId']}")
    assert sorted(places) == SHOWN


def test_podman_rootless_and_others(src: pathlib.Path) -> None:
    (src / "nets/net.network").unlink()
    web = GOOD.replace("[Service]", "Memory=1g\nPublishPort=80:80\n[Service]")
    (src / "shop/web.container").write_text(web)
    out = _run(src)[1]
    assert "shop/web.container:3:missing-unit" in _findings(out)
    out = _run(src, others=["net.network"], podman="5.4", rootless=True)[1]
    assert {"shop/web.container:5:too-new", "shop/web.container:6:rootless-port"} <= set(
        _findings(out)
    )
    assert "shop/web.container:3:missing-unit" not in _findings(out)


def test_several_units_in_one_file(src: pathlib.Path) -> None:
    (src / "all.quadlets").write_text(
        f"# FileName=one\n{GOOD}---\n# FileName=two\n[Volume]\nUser=root\n"
    )
    (src / "shop/odd.quadlets").write_text("[Volume]\n")
    found = _findings(_run(src)[1])
    assert {"all.quadlets:13:bad-integer", "shop/odd.quadlets:1:syntax"} <= set(found)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"src": "nowhere"}, "nowhere"),
        ({"src": "notes.md"}, "it is not a directory"),
        ({"ignore": ["moving-tags"]}, "Did you mean moving-tag?"),
        ({"podman": "new"}, "'new' is no release of Podman"),
        ({"format": "xml"}, "xml"),
    ][:: pick(long=1, usual=1, fast=5)],
)
def test_what_it_can_not_do_is_said(
    src: pathlib.Path, variables: dict[str, t.Any], message: str
) -> None:
    status, out = _run(src, **variables)
    assert status == 2
    assert message in out
    assert "Traceback" not in out


def test_the_options_are_documented_as_they_are() -> None:
    text = (ROOT / "plugins/modules/lint.py").read_text()
    documentation = text.partition('DOCUMENTATION = r"""')[2].partition('"""')[0]
    options = yaml.safe_load(documentation)["options"]
    plain = {
        name: {key: value for key, value in option.items() if key != "description"}
        for name, option in options.items()
    }
    assert plain == LINT_RUN
