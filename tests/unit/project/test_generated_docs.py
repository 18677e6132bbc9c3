"""Documentation that is made from tables is up to date."""

from __future__ import annotations

import pathlib

import pytest

from tests.pages import PAGES

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("path", PAGES)
def test_a_file_is_what_its_table_says(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text == PAGES[path](), f"{path} is old: run tests/generate-docs"


@pytest.mark.parametrize(
    "path", [path for path in PAGES if path.startswith("docs/") and path.endswith(".md")]
)
def test_a_page_is_linked(path: str) -> None:
    assert f"({pathlib.Path(path).name})" in (ROOT / "docs/README.md").read_text(encoding="utf-8")
