"""Assembles the sources of the site: the Markdown pages, with the menu of docs/README.md.

Usage: assemble.py FOLDER
"""

from __future__ import annotations

import pathlib
import re
import shutil
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = {"README.md": "about.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
"""The site's name of pages beside docs/."""
_LINK = re.compile(r"(\]\()([^()\s#]+)((?:#[^()\s]*)?\))")
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| \[[^\]]+\]\(([\w-]+)\.md\)", re.MULTILINE)


def _names() -> dict[pathlib.Path, str]:
    """By page of the repository, its name on the site."""
    found = {page: page.name for page in sorted((ROOT / "docs").glob("*.md"))}
    found[ROOT / "docs/README.md"] = "index.md"
    found.update({ROOT / page: name for page, name in SITE.items()})
    return found


def _relink(text: str, page: pathlib.Path, names: dict[pathlib.Path, str], home: str) -> str:
    """Links between pages lead to the site's, those to other files to the repository's home."""

    def replace(match: re.Match[str]) -> str:
        begin, link, end = match.groups()
        if "://" in link:
            return match.group()
        target = (page.parent / link).resolve()
        if target in names:
            return f"{begin}{names[target]}{end}"
        if target.parent == ROOT / "docs/pictures":
            return f"{begin}pictures/{target.name}{end}"
        return f"{begin}{home}/{target.relative_to(ROOT)}{end}"

    return _LINK.sub(replace, text)


def _tree(caption: str, pages: list[str]) -> str:
    lines = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"


def _index(text: str) -> str:
    """docs/README.md, whose sections are those of the menu."""
    parts = [text]
    for heading, body in _SECTION.findall(text):
        pages = _ROW.findall(body)
        if heading == "Reference":
            pages.insert(0, "collections/index")
        if heading == "Inside":
            pages += [name.removesuffix(".md") for name in SITE.values()]
        parts.append(_tree(heading, pages))
    return "".join(parts)


def assemble(folder: pathlib.Path) -> None:
    """Writes the sources into a folder that is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    names = _names()
    for page, name in names.items():
        text = _relink(page.read_text(encoding="utf-8"), page, names, galaxy["repository"])
        text = _index(text) if name == "index.md" else text
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs/pictures", folder / "pictures")
    shutil.copy(ROOT / "tests/site/conf.py", folder)


if __name__ == "__main__":
    assemble(pathlib.Path(sys.argv[1]))
