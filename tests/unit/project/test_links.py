# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links of the pages lead somewhere, and the index lists every page once."""

from __future__ import annotations

import pathlib
import re
import typing as t

from tests.unit.support.together import together

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCS = sorted((ROOT / "docs").glob("*.md"))
OURS = sorted(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md")
"""antsibull-changelog writes that one, with anchors of its own."""
PAGES = [*OURS, *DOCS, *sorted(ROOT.glob("roles/*/README.md"))]
INDEX = ROOT / "docs/README.md"
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^()\s]+)\)")


def _prose(page: pathlib.Path) -> str:
    """A page without its blocks of code."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^(?: {4}.*\n)+", "", text, flags=re.MULTILINE)


def _anchors(page: pathlib.Path) -> t.Iterator[str]:
    """The anchors that GitHub gives the headings of a page."""
    seen: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} +(.+?) *$", _prose(page), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = seen.get(slug, 0)
        seen[slug] = number + 1
        yield f"{slug}-{number}" if number else slug


def _problem(page: pathlib.Path, link: str) -> str | None:
    path, _hash, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return f"{link}: there is no {target.relative_to(ROOT)}"
    if anchor and (target.suffix != ".md" or anchor not in set(_anchors(target))):
        return f"{link}: it has no such heading"
    return None


@together("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: pathlib.Path) -> None:
    links = [link for link in LINK.findall(_prose(page)) if "://" not in link]
    assert [problem for link in links if (problem := _problem(page, link))] == []


def test_the_check_itself_finds_links() -> None:
    assert "rollback.md#the-fault-matrix" in {
        link.removeprefix("docs/") for link in LINK.findall(_prose(ROOT / "README.md"))
    }
    assert _problem(INDEX, "rollback.md#generations") is None
    assert _problem(INDEX, "rollback.md#no-such-heading")
    assert _problem(INDEX, "no-such-page.md")


def test_the_index_lists_every_page_once_with_a_line() -> None:
    rows = re.findall(r"^\| \[[^\]]+\]\((\S+)\) \| (.+) \|$", INDEX.read_text(), re.MULTILINE)
    assert sorted(link for link, _line in rows) == sorted(
        page.name for page in DOCS if page != INDEX
    )
    assert all(line.strip() for _link, line in rows)
    assert len(LINK.findall(_prose(INDEX))) == len(rows) + 1  # and CONTRIBUTING.md
