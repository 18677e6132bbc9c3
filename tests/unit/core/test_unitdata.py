"""Unit text as data and back: the form of the data, and what real generators make of both."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import SECTIONS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitdata import unit_data
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from tests.unit.support.commands import Commands, read_commands, read_settings
from tests.unit.support.generators import ROOT, Generator
from tests.unit.support.together import together

CORPUS = {
    path.name: path.read_bytes().decode() for path in sorted((ROOT / "tests/unit/corpus").iterdir())
}
# No file of a collection may have such line ends.
CORPUS["crlf.container"] = CORPUS["service-all.container"].replace("\n", "\r\n")

DATA: dict[str, tuple[str, dict[str, t.Any]]] = {
    "empty": ("# nothing\n", {}),
    "an empty section": ("[Volume]\n", {"Volume": {}}),
    "one value": ("[Container]\nImage=a\n", {"Container": {"Image": "a"}}),
    "the last of one value": ("[Container]\nImage=a\nImage=b\n", {"Container": {"Image": "b"}}),
    "one value unset": ("[Container]\nUser=1\nUser=\n", {"Container": {"User": ""}}),
    "a list of one": ("[Container]\nVolume=a:/b\n", {"Container": {"Volume": ["a:/b"]}}),
    "a list": ("[Container]\nLabel=a=b\nLabel=c\n", {"Container": {"Label": ["a=b", "c"]}}),
    "a reset": ("[Pod]\nDNS=a\nDNS=\nDNS=b\n", {"Pod": {"DNS": ["a", "", "b"]}}),
    "a reset alone": ("[Pod]\nDNS=\n", {"Pod": {"DNS": [""]}}),
    "systemd's key once": ("[Unit]\nAfter=a\n", {"Unit": {"After": "a"}}),
    "systemd's key twice": ("[Unit]\nAfter=a\nAfter=\n", {"Unit": {"After": ["a", ""]}}),
    "three times": ("[X-A]\nb=1\nb=2\nb=3\n", {"X-A": {"b": ["1", "2", "3"]}}),
    "a key that no table has": ("[Container]\nNew=1\nNew=2\n", {"Container": {"New": ["1", "2"]}}),
    "sections in order": ("[B]\nb=1\n[A]\na=1\n", {"B": {"b": "1"}, "A": {"a": "1"}}),
    "a section twice": (
        "[Container]\nImage=a\n[Unit]\nAfter=b\n[Container]\nPull=never\n",
        {"Container": {"Image": "a", "Pull": "never"}, "Unit": {"After": "b"}},
    ),
    "a continued line": ("[Container]\nExec=a \\\n # c\n  b\n", {"Container": {"Exec": "a b"}}),
}


@pytest.mark.parametrize(("text", "data"), DATA.values(), ids=DATA)
def test_data(text: str, data: dict[str, t.Any]) -> None:
    found = unit_data("a.container", text)
    assert found == data
    assert list(found) == list(data)


def test_errors_have_the_line() -> None:
    with pytest.raises(QuadletError) as caught:
        unit_data("a.container", "[Container]\nImage\n")
    assert caught.value.where == "a.container:2"


def test_the_corpus_covers_every_key_and_kind() -> None:
    assert len(CORPUS) >= 150
    assert {name.rpartition(".")[2] for name in CORPUS} == set(KINDS)
    units = [parse_unit(name, text, forgiving=True) for name, text in CORPUS.items()]
    used = {(entry.section, entry.key) for unit in units for entry in unit.entries if entry.value}
    assert {(section, key) for section, rows in SECTIONS.items() for key in rows} <= used


@together("name", CORPUS)
def test_data_of_the_text_of_data_is_the_same(name: str) -> None:
    data = unit_data(name, CORPUS[name])
    text = render_unit(name, data)
    assert unit_data(name, text) == data
    assert render_unit(name, unit_data(name, text)) == text


def _read(
    generator: Generator, texts: t.Mapping[str, str], folder: pathlib.Path
) -> tuple[dict[str, Commands], dict[str, t.Any], list[str]]:
    folder.mkdir()
    said = generator.read(texts, folder)
    messages = sorted(line for line in said.err.split("\n") if "Loading source" not in line)
    return read_commands(said.out), read_settings(said.out), messages


def test_generators_make_the_same_of_both(generator: Generator, tmp_path: pathlib.Path) -> None:
    again = {name: render_unit(name, unit_data(name, text)) for name, text in CORPUS.items()}
    wanted = _read(generator, CORPUS, tmp_path / "a")
    found = _read(generator, again, tmp_path / "b")
    assert found == wanted
    assert len(wanted[0]) == {"5.4": 143, "5.8": 168, "6.1": 171}[generator.release]
