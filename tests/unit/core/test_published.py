"""A hundred units as people publish them: lint errs on none, finds every mistake, and the real
generators agree about what they refuse.

The units are in tests/unit/published, by scope and app.  mistakes.tsv there has the place and the
rule of each mistake; line 0 is the whole file.
"""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import (
    Finding,
    lint_texts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import RULES
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import NEWEST
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    is_quadlet,
    is_unit,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import Place
from tests.unit.support.generators import ROOT, Generator

TOP = ROOT / "tests/unit/published"
HOMES = {"system": "/root", "user": "/home/ann"}
UNIT_DIRS = {
    "system": "/etc/containers/systemd",
    "user": "/home/ann/.config/containers/systemd",
}
APPS = sorted(path for scope in HOMES for path in (TOP / scope).iterdir())

At = tuple[str, int]
"""A file below TOP, and a line; 0: all of it."""


def _read_mistakes() -> dict[At, set[str]]:
    found: dict[At, set[str]] = {}
    for row in (TOP / "mistakes.tsv").read_text(encoding="utf-8").splitlines():
        path, line, rule = row.split("\t")
        found.setdefault((path, int(line)), set()).add(rule)
    return found


MISTAKES = _read_mistakes()
MISTAKEN = {path for path, _line in MISTAKES}
DATED = {
    ("system/home/broker.container", 10): "too-new",
    ("system/bad-job/dry.container", 4): "too-new",
    ("user/feeds/reader.container", 3): "untranslated-dependency",
    ("user/feeds/reader.container", 4): "untranslated-dependency",
}
"""What is right today and is not with Podman 5.4."""


def _texts(app: pathlib.Path) -> dict[str, str]:
    files = sorted(path for path in app.rglob("*") if path.is_file())
    return {str(path.relative_to(app)): path.read_text(encoding="utf-8") for path in files}


def _lint(app: pathlib.Path, version: tuple[int, ...] = NEWEST) -> dict[At, list[Finding]]:
    scope, texts = app.parent.name, _texts(app)
    units = {path: text for path, text in texts.items() if is_unit(path)}
    unit_dir = UNIT_DIRS[scope]
    context = Context(
        Place(f"{unit_dir}/{app.name}", unit_dir, HOMES[scope], frozenset()),
        version=version,
        rootless=scope == "user",
        files={path: 0o644 for path in texts if path not in units},
    )
    found: dict[At, list[Finding]] = {}
    for one in lint_texts(units, context):
        at = (f"{scope}/{app.name}/{one.path}", one.line or 0)
        found.setdefault(at, []).append(one)
    return found


def _names() -> list[str]:
    return [f"{app.relative_to(TOP)}/{path}" for app in APPS for path in _texts(app)]


def test_it_is_a_set_of_a_hundred_units_with_mistakes_of_many_kinds() -> None:
    units = [name for name in _names() if is_quadlet(name.rpartition("/")[2])]
    assert len(units) >= 100
    assert {path for path, _line in MISTAKES} <= set(units)
    assert len(MISTAKEN) >= 25
    assert len(units) - len(MISTAKEN) >= 65
    assert len(set[str]().union(*MISTAKES.values())) >= 35


@pytest.mark.parametrize("app", APPS, ids=[str(app.relative_to(TOP)) for app in APPS])
def test_every_mistake_is_found_where_it_is_and_no_other(app: pathlib.Path) -> None:
    found = _lint(app)
    errors = {(at, one.rule) for at, rows in found.items() for one in rows if one.level == "error"}
    wanted = {
        (at, rule)
        for at, rules in MISTAKES.items()
        for rule in rules
        if at[0].startswith(f"{app.relative_to(TOP)}/")
    }
    assert errors <= wanted
    assert wanted <= {(at, one.rule) for at, rows in found.items() for one in rows}


@pytest.mark.parametrize("scope", HOMES)
def test_the_generators_refuse_what_lint_refuses(
    scope: str, generator: Generator, tmp_path: pathlib.Path
) -> None:
    texts = {
        f"{app.name}/{path}": text
        for app in APPS
        if app.parent.name == scope
        for path, text in _texts(app).items()
    }
    said = generator.read(texts, tmp_path)
    made = {line for line in said.out.splitlines() if line.startswith("---")}
    assert len(made) > 20
    refused = {
        f"{scope}/{name}"
        for name in texts
        if is_quadlet(name.rpartition("/")[2]) and not _is_made(name, said.out)
    }
    errors: dict[str, set[str]] = {}
    for app in (TOP / scope).iterdir():
        for (path, _line), rows in _lint(app, generator.version).items():
            rules = {one.rule for one in rows if one.level == "error"}
            errors.setdefault(path, set()).update(rules)
    assert refused == {path for path, rules in errors.items() if rules & REFUSED}
    assert {path for path, rules in errors.items() if rules} - MISTAKEN <= {at[0] for at in DATED}


REFUSED = {rule.id for rule in RULES.values() if rule.refusal} - {
    "writable-mount",  # by us alone
    "untranslated-dependency",  # systemd ignores what these releases did not translate
    "bare-name",  # Podman drops the word
}
"""Refusals of lint that are the generators', too."""


def _is_made(name: str, out: str) -> bool:
    """Whether a dry run has a service of the unit."""
    return f"\nSourcePath=/etc/containers/systemd/app/{name}\n" in out


def test_what_older_releases_lack_is_found() -> None:
    apps = {TOP / path.rpartition("/")[0] for path, _line in DATED}
    found = {at: rows for app in apps for at, rows in _lint(app, (5, 4)).items()}
    newest = {at: rows for app in apps for at, rows in _lint(app).items()}
    for at, rule in DATED.items():
        assert rule in {one.rule for one in found[at]}
        assert rule not in {one.rule for one in t.cast("list[Finding]", newest.get(at, []))}
