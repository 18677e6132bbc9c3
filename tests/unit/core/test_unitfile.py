"""Reading unit text: as Podman's parser does, errors with the line."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.splitting import (
    split_words,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from tests.unit.support.generators import Generator

HEAD = "[Container]\nImage=localhost/a:1\n"

READ = {
    "one line": ("Exec=a b\n", ["a b"]),
    "no newline at the end": ("Exec=a", ["a"]),
    "blanks around": ("  Exec  =  a  \n", ["a"]),
    "tabs around": ("\tExec\t=\ta\t\n", ["a"]),
    "CRLF": ("Exec=a\r\nLabel=b=c\r\n", ["a"]),
    "equals signs in the value": ("Exec=a=b=c\n", ["a=b=c"]),
    "hash in the value": ("Exec=a #b\n", ["a #b"]),
    "semicolon in the value": ("Exec=a ;b\n", ["a ;b"]),
    "comment": ("# Exec=x\n; Exec=y\n  # Exec=z\nExec=a\n", ["a"]),
    "empty lines": ("\n\n  \nExec=a\n\n", ["a"]),
    "continued": ("Exec=a \\\nb\n", ["a b"]),
    "continued and indented": ("Exec=a \\\n    b\n", ["a b"]),
    "continued, nothing between": ("Exec=a\\\n  b\n", ["ab"]),
    "continued, blanks after the backslash": ("Exec=a \\  \nb\n", ["a b"]),
    "continued with CRLF": ("Exec=a \\\r\nb\r\n", ["a b"]),
    "continued twice": ("Exec=a \\\n b \\\n c\n", ["a b c"]),
    "comment in a continuation": ("Exec=a \\\n# no\n; nor this\n b\n", ["a b"]),
    "comment that ends in a backslash": ("# x \\\nExec=a\n", ["a"]),
    "backslash inside": ("Exec=a\\tb\n", ["a\\tb"]),
    "two assignments": ("Exec=a\nExec=b\n", ["a", "b"]),
    "reset": ("Exec=a\nExec=\nExec=b\n", ["b"]),
    "reset at the end": ("Exec=a\nExec=\n", []),
    "section twice": ("[Service]\nRestart=no\n[Container]\nExec=a\n", ["a"]),
    "other section": ("[X-Other]\nExec=b\n", []),
    "keys of other people's sections": ("Exec=a\n[X-Other]\nkey-1=b\n", ["a"]),
    "underscore in another section's key": ("Exec=a\n[X-Other]\nmy_key=b\n", ["a"]),
    "section with blanks inside": ("Exec=a\n[X Other]\nB=b\n", ["a"]),
    "not ASCII": ("Exec=größe 日本\n", ["größe 日本"]),
    "line separator is no new line": ("Exec=a\u2028Exec=b\n", ["a\u2028Exec=b"]),
    "form feed is no new line": ("Exec=a\x0cExec=b\n", ["a\x0cExec=b"]),
    "bytes of another encoding in a comment": ("# \udcff\ufffe\nExec=a\n", ["a"]),
}

REFUSED = {
    "no equals sign": (HEAD + "Exec\n", 3, "'Exec' is not a key=value pair"),
    "text before a section": ("Image=x\n", 1, "before the first section"),
    "text after comments and before a section": ("# c\n\nImage=x\n", 3, "before the first"),
    "text behind a heading": ("[Container] x\n", 1, "not a key=value pair"),
    "heading not closed": ("[Container\n", 1, "not a key=value pair"),
    "heading in a heading": ("[[Container]]\n", 1, "not a key=value pair"),
    "empty heading": ("[]\n", 1, ""),
    "tab in a heading": ("[Uni\tt]\n", 1, ""),
    "empty key": (HEAD + "=x\n", 3, "key"),
    "byte order mark": ("\ufeff" + HEAD, 1, "byte order mark"),
    "NUL": (HEAD + "Exec=a\x00b\n", 3, "NUL"),
    "NUL in a comment": (HEAD + "# a\x00b\n", 3, "NUL"),
    "carriage return inside": (HEAD + "Exec=a\rExec=b\n", 3, "carriage return"),
    "carriage return in a comment": (HEAD + "# a\r[Service]\n", 3, "carriage return"),
    "bytes of another encoding": (HEAD + "Exec=\udcff\n", 3, "not UTF-8"),
    "noncharacter": (HEAD + "Label=a=\ufffe\n", 3, "noncharacter"),
    "U+0080": (HEAD + "Label=a=\x80\n", 3, "U+0080"),
    "backslash before an empty line": (HEAD + "Exec=a \\\n\n", 3, "backslash"),
    "backslash before a blank line": (HEAD + "Exec=a \\\n   \nLabel=a=b\n", 3, "backslash"),
    "backslash at the end of the file": (HEAD + "Exec=a \\\n", 3, "backslash"),
    "backslash at the very end": (HEAD + "Exec=a \\", 3, "backslash"),
    "backslash, comment, end": (HEAD + "Exec=a \\\n# c\n", 3, "backslash"),
    "lone backslash": (HEAD + "\\\n\nExec=a\n", 3, "backslash"),
    "line number after a continuation": (HEAD + "Exec=a \\\n b\nbad\n", 5, "'bad'"),
    "line number with CRLF": ("[Container]\r\nbad\r\n", 2, "'bad'"),
}


@pytest.mark.parametrize(("text", "values"), READ.values(), ids=READ)
def test_reads(text: str, values: list[str]) -> None:
    assert parse_unit("a.container", HEAD + text).values("Container", "Exec") == values


@pytest.mark.parametrize(("text", "line", "what"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_the_line(text: str, line: int, what: str) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_unit("a.container", text)
    assert caught.value.where == f"a.container:{line}"
    assert what in caught.value.what


@pytest.mark.parametrize("text", [text for text, _values in READ.values()], ids=READ)
def test_the_generators_read_the_same(
    generator: Generator, tmp_path: pathlib.Path, text: str
) -> None:
    said = generator.read({"a.container": HEAD + text}, tmp_path)
    last = parse_unit("a.container", HEAD + text).value("Container", "Exec")
    command = re.search(r"(?m)^ExecStart=.* localhost/a:1 ?(.*)$", said.out)
    assert command, said.err
    assert _plain(command.group(1)) == _plain(last or "")


def _plain(line: str) -> list[str]:
    """Words with '?' for what Podman does not take for a blank."""
    return [re.sub(r"\s", "?", word) for word in split_words(re.sub(r"[^\S \t\r\n]", "?", line))]


# Podman makes a unit of these: without the key that it can't read, after a hang before 5.4, or
# one that systemd reads otherwise.
OURS = {
    *("NUL", "NUL in a comment", "carriage return inside", "carriage return in a comment"),
    *("bytes of another encoding", "noncharacter", "U+0080", "lone backslash"),
    *(name for name in REFUSED if name.startswith("backslash")),
}


@pytest.mark.parametrize(
    "text",
    [text for name, (text, _line, _what) in REFUSED.items() if name not in OURS],
    ids=[name for name in REFUSED if name not in OURS],
)
def test_the_generators_refuse_the_same(
    generator: Generator, tmp_path: pathlib.Path, text: str
) -> None:
    said = generator.read({"a.container": text}, tmp_path)
    assert "---a.service---" not in said.out


def test_sections_stand_once_in_order() -> None:
    unit = parse_unit("a.container", "[Unit]\n[Container]\nImage=a\n[Unit]\nAfter=b\n")
    assert unit.sections == ("Unit", "Container")
    assert [(e.section, e.key, e.value, e.line) for e in unit.entries] == [
        ("Container", "Image", "a", 3),
        ("Unit", "After", "b", 5),
    ]


def test_a_continued_line_has_the_number_of_its_first() -> None:
    unit = parse_unit("a.container", "[Container]\n\nExec=a \\\n b\nImage=c\n")
    assert [(entry.key, entry.line) for entry in unit.entries] == [("Exec", 3), ("Image", 5)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("Image=a\nImage=b\n", "b"), ("Image=a\nImage=\n", None), ("", None), ("Image=\n", None)],
    ids=["last", "unset", "missing", "empty"],
)
def test_value_is_the_last(text: str, value: str | None) -> None:
    assert parse_unit("a", f"[Container]\n{text}").value("Container", "Image") == value
