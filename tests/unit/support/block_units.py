"""Units on pages: read as a deployment reads them, and by Podman's generator."""

from __future__ import annotations

import pathlib
import re
import tempfile
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import parse_content
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import lint_texts
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import SECTIONS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import kind_of
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import Place
from tests.unit.support.generators import RELEASES, find_generator

_DIRECTORY = "/etc/containers/systemd"
_GIVEN = {"missing-unit"}
"""Rules that a part of an app breaks: the page shows no more of it."""


def check_units(units: t.Mapping[str, t.Any]) -> str:
    """Units of an app, by name: AssertionError if a deployment would refuse them."""
    content = parse_content("page", units, None) or {}
    texts = {path: blob.data.decode() for path, blob in content.items() if blob.mode != LINK}
    place = Place(f"{_DIRECTORY}/page", _DIRECTORY, "/root", frozenset(content))
    errors = [f for f in lint_texts(texts, Context(place)) if f.level == "error"]
    assert [str(f) for f in errors if f.rule not in _GIVEN] == []
    _ask_generator(texts)
    return "read by the generator"


_MISSING = re.compile(r"requested Quadlet (?:unit|source) (\S+)\.(\w+) was not found")


def _ask_generator(texts: t.Mapping[str, str]) -> None:
    """It has to make services of them; units that the page does not show are there."""
    ours = {path: text for path, text in texts.items() if kind_of(path.partition("/")[0])}
    said = _read(ours)
    while missing := dict.fromkeys(_MISSING.findall(said)):
        ours.update({f"{stem}.{suffix}": f"[{suffix.title()}]\n" for stem, suffix in missing})
        said = _read(ours)
    assert "errors" not in said, said


def _read(texts: t.Mapping[str, str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return find_generator(RELEASES[-1]).read(texts, pathlib.Path(folder)).err


_KINDS = {"Build", "Container", "Image", "Kube", "Network", "Pod", "Volume"}
_OF_SYSTEMD = {
    "Automount", "Install", "Mount", "Path", "Service", "Slice", "Socket", "Timer", "Unit",
}  # fmt: skip


def check_unit_text(name: str, text: str) -> str:
    """A unit, or some of its lines; without a name its sections tell the kind."""
    if re.match(r"\w+=", text):
        known = {key for section in SECTIONS.values() for key in section}
        unknown = {line.partition("=")[0] for line in text.splitlines()} - known
        assert not unknown, unknown
        return "keys looked up"
    parsed = parse_unit(name or "page", text)
    assert set(parsed.sections) <= {*SECTIONS, *_OF_SYSTEMD}, parsed.sections
    kinds = sorted(_KINDS & set(parsed.sections))
    base = name.rpartition("/")[2].removesuffix(".j2")
    if kinds and "Image=" in text and ".d/" not in name:
        return check_units({base if kind_of(base) else f"page.{kinds[0].lower()}": text})
    return "parsed"
