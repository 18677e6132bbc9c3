"""Whole applications, and files of the shapes of public ones, become apps that hold.

Every value is in the report; three releases' generators take the units without a word, in both
scopes; lint finds nothing that the report does not tell.
"""

from __future__ import annotations

import functools
import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import (
    Finding,
    lint_texts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from tests.unit.core.test_lint import PLACE
from tests.unit.support.compose_leaves import leaves_of, uncovered
from tests.unit.support.compose_shapes import make_file
from tests.unit.support.conversion import Result, convert_compose, make_services, unit_texts
from tests.unit.support.conversion_rows import BASE, CORPUS
from tests.unit.support.generators import Generator
from tests.unit.support.share import pick

APPS = sorted(path.parent for path in (CORPUS / "apps").glob("*/compose.yml"))
SHAPES = pick(long=2_000, usual=150, fast=30)
SCOPES = ("system", "user")


@functools.cache
def apps(scope: str) -> dict[str, tuple[str, Result]]:
    """The text and the conversion of each application."""
    return {path.name: _convert_app(path, scope) for path in APPS}


def _convert_app(path: pathlib.Path, scope: str) -> tuple[str, Result]:
    text = (path / "compose.yml").read_text(encoding="utf-8")
    options = {"base": str(path), "scope": scope, "names": "compose", "report": "all"}
    if "name:" not in text and "COMPOSE_PROJECT_NAME" not in _dotenv(path):
        options["name"] = path.name
    if path.name in ("arr", "n8n"):
        options["profiles"] = ["*"]
    return text, convert_compose(text, **options)


def _dotenv(path: pathlib.Path) -> str:
    file = path / ".env"
    return file.read_text(encoding="utf-8") if file.exists() else ""


@functools.cache
def shapes(scope: str) -> dict[str, tuple[str, Result]]:
    """The text and the conversion of each file that is made."""
    found = {}
    for seed in range(SHAPES):
        text = make_file(seed)
        options = {"name": f"s{seed}", "base": str(BASE), "names": "compose", "report": "all"}
        found[f"s{seed}"] = text, convert_compose(text, scope=scope, **options)
    return found


KINDS = {"apps": apps, "shapes": shapes}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_value_is_in_the_report(kind: str, scope: str) -> None:
    lost = {
        name: missing
        for name, (text, result) in KINDS[kind](scope).items()
        if (missing := uncovered(leaves_of(text), result["report"]))
    }
    assert not lost


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("kind", KINDS)
def test_generators_take_the_units_without_a_word(
    kind: str, scope: str, generator: Generator
) -> None:
    made = KINDS[kind](scope)
    texts = [unit_texts(result) for _text, result in made.values()]
    services, complaints = make_services(generator, texts, user=scope == "user")
    assert complaints == []
    assert len(services) == sum(len(units) for units in texts)
    for service in services.values():
        service.command()


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("kind", KINDS)
def test_lint_finds_what_the_report_tells(kind: str, scope: str) -> None:
    found = []
    for name, (_text, result) in KINDS[kind](scope).items():
        files = {path: int(file["mode"], 8) for path, file in result["files"].items()}
        context = Context(PLACE, version=(5, 4), rootless=scope == "user", files=files)
        findings = lint_texts(unit_texts(result), context)
        told = functools.partial(_is_told, result["report"])
        found += [f"{name}: {finding}" for finding in findings if not told(finding)]
    assert not found, "\n".join(found)


def _is_told(report: t.Sequence[dict[str, t.Any]], finding: Finding) -> bool:
    place = f"{finding.path}:{finding.key}"
    said = f"{finding.rule}: {finding.path}"
    return any(
        said in item["reason"] or (item["outcome"] != "exact" and place in item["wrote"])
        for item in report
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_file_gives_the_same_units(kind: str) -> None:
    first = {name: unit_texts(result) for name, (_text, result) in KINDS[kind]("system").items()}
    KINDS[kind].cache_clear()
    again = {name: unit_texts(result) for name, (_text, result) in KINDS[kind]("system").items()}
    assert first == again
