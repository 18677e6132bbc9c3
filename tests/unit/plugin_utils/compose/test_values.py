"""Values as Compose reads them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values

READ: list[tuple[t.Callable[[t.Any], t.Any], dict[t.Any, t.Any]]] = [
    (values.to_text, {"a": "a", 2: "2", 1.5: "1.5", 3.0: "3", True: "true", None: ""}),
    (values.to_bool, {"yes": True, "Off": False, True: True, "1": True, 0: False, "t": True}),
    (values.to_int, {"12": 12, -1: -1, " 3 ": 3, "+4": 4}),
    (values.to_number, {"0.5": "0.5", ".5": ".5", 2: "2", -1: "-1"}),
    (
        values.to_bytes,
        {"64m": 67108864, "1.5gb": 1610612736, "2GiB": 2147483648, "1 kb": 1024, "7": 7, 7: 7}
        | {"-1": -1, "3b": 3, "1t": 1099511627776},
    ),
    (values.to_size, {"64m": "64m", "1G": "1G", "1gb": "1073741824", 5: "5", "1.5k": "1536"}),
    (
        values.to_seconds,
        {"1m30s": 90.0, "2h": 7200.0, "500ms": 0.5, "1.5s": 1.5, "0": 0.0, "1d": 86400.0}
        | {"1w": 604800.0, "100us": 0.0001, "-5s": -5.0, "1h2m3.5s": 3723.5},
    ),
    (values.to_mode, {"0440": "0440", "440": "0440", "0o755": "0755", 288: "0440", "1777": "1777"}),
]

REFUSED: list[tuple[t.Callable[[t.Any], t.Any], tuple[t.Any, ...]]] = [
    (values.to_bool, ("maybe", "", 2)),
    (values.to_int, ("1.5", "", "x", 1.5, True)),
    (values.to_number, ("", "x", "1.2.3")),
    (values.to_bytes, ("", "m", "5 x", "1..5m", "5mm")),
    (values.to_seconds, ("", "5", "5x", "s", "1m 30s", "1s5")),
    (values.to_mode, ("", "9", "0999", -1, 4096, "77777", True, 1.5)),
]

WORDS: dict[str, tuple[tuple[str, ...], str]] = {
    "": ((), ""),
    "  a   b\tc\n d ": (("a", "b", "c", "d"), ""),
    "a 'b c' \"d e\"": (("a", "b c", "d e"), ""),
    "a '' \"\"": (("a", "", ""), ""),
    r"a\ b 'c\d' \"e": (("a b", r"c\d", '"e'), ""),
    r'"a\nb\tc\"d\xe"': (('a\nb\tc"dxe',), ""),
    "a=b'c d'e": (("a=bc de",), ""),
    "sh -c 'a && b'": (("sh", "-c", "a && b"), ""),
    "a && b": (("a",), "&& b"),
    "a; b": (("a",), "; b"),
    "a | b": (("a",), "| b"),
    "a 2>x": (("a",), ">x"),
    "a b>x": (("a", "b"), ">x"),
    "echo $(date +x) y": (("echo", "$(date +x)", "y"), ""),
    "echo `date +x` y": (("echo", "`date +x`", "y"), ""),
    "a $HOME ${B}": (("a", "$HOME", "${B}"), ""),
    "a # b": (("a", "#", "b"), ""),
    "a * ?": (("a", "*", "?"), ""),
}


def test_values_are_read() -> None:
    wrong = [
        (parse.__name__, value, parse(value))
        for parse, rows in READ
        for value, expected in rows.items()
        if parse(value) != expected
    ]
    assert wrong == []


@pytest.mark.parametrize(("parse", "given"), REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_values_are_refused(parse: t.Callable[[t.Any], t.Any], given: tuple[t.Any, ...]) -> None:
    for value in given:
        with pytest.raises(ValueError, match=r"is no"):
            parse(value)


def test_words_are_split_as_compose_does() -> None:
    assert {text: values.split_words(text) for text in WORDS} == WORDS


@pytest.mark.parametrize("text", ["'a", '"a', "a \\", "`a", "$(a", "a(b)", "(a)", "a )", "f()"])
def test_words_that_compose_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"open quote|parenthesis"):
        values.split_words(text)
