"""The pages "coming from …": what they show as a report and as a unit is what comes out."""

from __future__ import annotations

import pathlib
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import parse_arguments
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import convert_texts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.discovered import HostFiles
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.report import as_text

ROOT = pathlib.Path(__file__).resolve().parents[2]
_BASE = "/shop"
_BESIDE = {f"{_BASE}/.env": "DB_PASSWORD=hunter2\n", f"{_BASE}/site.conf": "server {}\n"}


class Example(t.NamedTuple):
    """A page's example.  language: of the block with the source; unit: the one that is shown."""

    kind: str
    language: str
    file: str
    unit: str
    given: dict[str, t.Any]


EXAMPLES: dict[str, Example] = {
    "from-compose.md": Example(
        "compose", "yaml", "shop/compose.yaml", "web.container", {"name": "shop", "base": _BASE}
    ),
    "from-run.md": Example(
        "run",
        "sh",
        "cloud.txt",
        "cloud.container",
        {"env": {"HOME": "/home/alice"}, "scope": "user"},
    ),
    "from-generate-systemd.md": Example(
        "systemd", "systemd", "container-web.service", "web.container", {}
    ),
}


def block(text: str, language: str) -> str:
    """The first block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found, language
    return found.group(1)


def convert_example(page: str) -> dict[str, t.Any]:
    """The app of a page's example."""
    example = EXAMPLES[page]
    source = block((ROOT / "docs" / page).read_text(encoding="utf-8"), example.language)
    values = parse_arguments(example.kind, example.given)
    more = {"files": HostFiles(_BASE, _BESIDE)} if example.kind == "compose" else {}
    return convert_texts(example.kind, [(example.file, source)], values, **more)


def coming_page(page: str) -> str:
    """The page with the present outputs."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    app, unit = convert_example(page), EXAMPLES[page].unit
    outputs = {"ini": render_unit(unit, app["units"][unit]), "text": as_text(app["report"])}
    for language, output in outputs.items():
        if f"```{language}\n" in text:
            text = text.replace(block(text, language), output, 1)
    return text
