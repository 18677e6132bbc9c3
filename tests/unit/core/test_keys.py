"""The table of keys against itself, and against the real generators."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    NEWEST,
    SECTIONS,
    Key,
    Reads,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from tests.unit.support.generators import Generator
from tests.unit.support.together import together

ROWS = [(section, key) for section, rows in SECTIONS.items() for key in rows.values()]
MINIMAL = {
    "Container": "Image=localhost/a:1\n",
    "Pod": "",
    "Kube": "Yaml=/k.yml\n",
    "Network": "",
    "Volume": "",
    "Image": "Image=localhost/a:1\n",
    "Build": "ImageTag=localhost/b\nSetWorkingDirectory=/b\n",
    "Artifact": "Artifact=localhost/r:1\n",
}
VALUES = {"ExposeHostPort": "80", "Image": "localhost/a:1", "Pod": "given.pod"}
SUFFIXES = {kind.section: kind.suffix for kind in KINDS.values()}
QUADLET_SINCE = (5, 3)


@together(("section", "key"), ROWS, ids=[f"{s}.{k.name}" for s, k in ROWS])
def test_row_is_sound(section: str, key: Key) -> None:
    assert SECTIONS[section][key.name] is key
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", key.name)
    assert (4, 4) <= key.since <= NEWEST
    assert isinstance(key.reads, Reads)
    kind = KINDS.get(SUFFIXES.get(section, ""))
    assert section == "Quadlet" or (kind is not None and key.since >= kind.since)


@pytest.mark.parametrize("section", SECTIONS)
def test_rows_are_in_order_and_once(section: str) -> None:
    names = list(SECTIONS[section])
    assert names == sorted(names)
    folded = [name.lower() for name in names]
    assert len(set(folded)) == len(folded)


def test_every_kind_has_its_section() -> None:
    assert {kind.section for kind in KINDS.values()} | {"Quadlet"} == set(SECTIONS)


def _unit(section: str, key: str) -> tuple[str, str]:
    """(file name, text) of the least unit that has this key."""
    kind = "Container" if section == "Quadlet" else section
    line = f"{key}={VALUES.get(key, '1')}\n"
    text = f"[{kind}]\n{MINIMAL[kind]}"
    text += f"[Quadlet]\n{line}" if section == "Quadlet" else line
    return f"{section.lower()}-{key.lower()}.{SUFFIXES[kind]}", text


def _refused(generator: Generator, texts: dict[str, str], folder: pathlib.Path) -> set[str]:
    """Names of the units of which the generator says that they have an unsupported key."""
    err = generator.read(texts, folder).err
    return set(re.findall(r'converting "(.+?)": unsupported key', err))


def test_generators_take_each_key_since_its_release(
    generator: Generator, tmp_path: pathlib.Path
) -> None:
    units = {(section, key.name): _unit(section, key.name) for section, key in ROWS}
    texts = dict(units.values())
    assert len(texts) == len(ROWS)
    refused = _refused(generator, texts, tmp_path)
    wanted = {
        units[section, key.name][0]
        for section, key in ROWS
        if key.since > generator.version
        and _since(section) <= generator.version  # an older one does not read the file at all
    }
    assert refused == wanted


def _since(section: str) -> tuple[int, int]:
    return QUADLET_SINCE if section == "Quadlet" else KINDS[SUFFIXES[section]].since


def test_generators_refuse_what_no_row_has(generator: Generator, tmp_path: pathlib.Path) -> None:
    units = [_unit(section, "NoSuchKey") for section in SECTIONS]
    read = {
        name
        for section, (name, _text) in zip(SECTIONS, units)
        if _since(section) <= generator.version
    }
    assert _refused(generator, dict(units), tmp_path) == read


def test_generators_know_the_kinds(generator: Generator, tmp_path: pathlib.Path) -> None:
    texts = {f"x.{SUFFIXES[s]}": f"[{s}]\n{text}" for s, text in MINIMAL.items()}
    texts["y.kube"] = texts.pop("x.kube")  # x.container has its service name
    said = generator.read(texts, tmp_path)
    services = set(re.findall(r"(?m)^---(.+)\.service---$", said.out))
    assert services == {
        f"{'y' if kind.suffix == 'kube' else 'x'}{kind.service_suffix}"
        for kind in KINDS.values()
        if kind.since <= generator.version
    }
