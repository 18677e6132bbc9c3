"""Pages of docs/ that are made from tables are up to date."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import pathlib
import types

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def _load() -> types.ModuleType:
    loader = importlib.machinery.SourceFileLoader(
        "generate_docs", str(ROOT / "tests/generate-docs")
    )
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


PAGES = _load().PAGES


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_what_its_table_says(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text == PAGES[path](), f"{path} is old: run tests/generate-docs"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_linked(path: str) -> None:
    assert f"({pathlib.Path(path).name})" in (ROOT / "docs/README.md").read_text(encoding="utf-8")
