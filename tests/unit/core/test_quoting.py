"""Values as one line: each writer is its reader's inverse, or refuses."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet import quoting, splitting
from tests.unit.support.generators import Generator
from tests.unit.support.together import together
from tests.unit.support.values import HOSTILE

each_hostile = together("value", HOSTILE.values(), ids=HOSTILE)


@each_hostile
def test_word_comes_back(value: str) -> None:
    text = quoting.word(value)
    assert "\n" not in text
    assert splitting.split_words(text) == [value]
    assert splitting.split_words(f"a {text} b") == ["a", value, "b"]


@each_hostile
def test_command_comes_back(value: str) -> None:
    words = splitting.split_words(quoting.command(["a", value, "b"]))
    assert [word.replace("%%", "%").replace("$$", "$") for word in words] == ["a", value, "b"]


@each_hostile
def test_json_command_comes_back(value: str) -> None:
    text = quoting.json_command(["a", value])
    assert "\n" not in text
    assert json.loads(text.replace("%%", "%").replace("$$", "$")) == ["a", value]


@each_hostile
def test_strv_word_comes_back_or_is_refused(value: str) -> None:
    inexpressible = re.search(r"[\x00-\x1f\x7f]", value) or ('"' in value and "'" in value)
    if inexpressible:
        with pytest.raises(QuadletError):
            quoting.strv_word(value)
    else:
        assert _split_strv(quoting.strv_word(value)) == [value]


def _split_strv(text: str) -> list[str]:
    """The words of a line for LookupAllStrv: quotes group, a backslash is a backslash."""
    found = re.findall(r'"([^"]*)"|\'([^\']*)\'|([^ \t\n\r"\']+)', text)
    return ["".join(groups) for groups in found]


@pytest.mark.parametrize(
    ("value", "what"),
    [("", "empty"), (";", "lone ';'"), ("a\x00b", "NUL"), ("\x00", "NUL")],
    ids=["empty", "semicolon", "NUL", "only NUL"],
)
def test_word_refuses(value: str, what: str) -> None:
    with pytest.raises(QuadletError, match=what):
        quoting.word(value)
    with pytest.raises(QuadletError, match=what):
        quoting.command(["a", value])


@pytest.mark.parametrize("value", ["", "a\nb", "a\x00b", "\t", "a'b\"c", "\x7f"])
def test_strv_word_refuses(value: str) -> None:
    with pytest.raises(QuadletError):
        quoting.strv_word(value)


@pytest.mark.parametrize(
    "value",
    ["a", "", " a ", "%h $HOME", 'say "hi"', "a\\nb", "# a", "[a]", "\\\\ a", "50%", "ä", "a\tb"],
)
def test_line_is_left_as_it_is(value: str) -> None:
    assert quoting.line(value) == value


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("a\nb", "more than one line"),
        ("a\n", "more than one line"),
        ("\n", "more than one line"),
        ("a\rb", "more than one line"),
        ("a\x00b", "NUL byte"),
        ("a\\", "ends in a backslash"),
        ("a\\  ", "ends in a backslash"),
        ("\\", "ends in a backslash"),
        ("a\\\\", "ends in a backslash"),
    ],
)
def test_line_refuses(value: str, what: str) -> None:
    with pytest.raises(QuadletError, match=what):
        quoting.line(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("50%", "50%%"),
        ("%n", "%%n"),
        ("$X", "$$X"),
        ("${X}", "$${X}"),
        ("$%$", "$$%%$$"),
    ],
)
def test_literal(value: str, text: str) -> None:
    assert quoting.literal(value) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("   ", []),
        ("a", ["a"]),
        (" a  b\tc ", ["a", "b", "c"]),
        ('"a b" c', ["a b", "c"]),
        ("'a b' c", ["a b", "c"]),
        ("'a \"b' c", ['a "b', "c"]),
        ('"it\'s"', ["it's"]),
        ('a" b"c', ["a bc"]),
        (r"a\ b", ["a b"]),
        (r"\x20\x41", [" A"]),
        (r"\u00e9\U0001f600", ["é😀"]),
        (r"\n\t\r\s\\", ["\n\t\r \\"]),
        (r"\a\b\f\v", ["\a\b\f\v"]),
        (r"\101", ["A"]),
        (r'"a\"b"', ['a"b']),
        ("a\u00a0b c", ["a\u00a0b", "c"]),
        ("a\u2028b\u0085c\u3000d", ["a\u2028b\u0085c\u3000d"]),
        ("a\x0bb\x0cc\x1cd", ["a\x0bb\x0cc\x1cd"]),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert splitting.split_words(text) == words


def test_the_generators_split_the_same(generator: Generator, tmp_path: pathlib.Path) -> None:
    lines = {
        "blanks": "a  b\tc",
        "quotes": '"a b" \'c d\' "it\'s"',
        "escapes": r"a\x20b \u00e9 \t\n \101 \s",
        "no-break": "a\u00a0b c\u2028d e\u0085f",
    }
    texts = {
        f"n{number}.container": f"[Container]\nImage=localhost/a:1\nExec={line}\n"
        for number, line in enumerate(lines.values())
    }
    out = generator.read(texts, tmp_path).out
    found = dict(re.findall(r"(?s)---n(\d)\.service---.*?localhost/a:1 ([^\n]*)\n\n", out))
    assert {name: splitting.split_words(found[str(n)]) for n, name in enumerate(lines)} == {
        name: splitting.split_words(line) for name, line in lines.items()
    }
