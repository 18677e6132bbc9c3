"""The tests' own reading of generated services, against what systemd 257 was seen to do."""

from __future__ import annotations

import pytest

from tests.unit.support.argv import SystemdError, expand, read_service, split_command


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"a  b\tc ", [b"a", b"b", b"c"]),
        (b"", []),
        (b'a "b c" \'d e\' f"g h"i', [b"a", b"b c", b"d e", b"fg hi"]),
        (b'a "" b', [b"a", b"", b"b"]),
        (rb'"\"" "\\" \'', [b'"', b"\\", b"'"]),
        (rb'"\n\t\r\s\a\b\f\v"', [b"\n\t\r \a\b\f\v"]),
        (rb"\x41\102\u00e9\U0001f600", ["AB\u00e9😀".encode()]),
        (rb'"a\x80b"', [b"a\x80b"]),
        (b'";" a; \\x3b', [b";", b"a;", b";"]),
        ("a\u2028b\u0085".encode(), ["a\u2028b\u0085".encode()]),
    ],
)
def test_split(line: bytes, words: list[bytes]) -> None:
    assert split_command(line) == words


@pytest.mark.parametrize(
    "line",
    [b'"a', b"'a", rb"\d", rb"\x4", rb"\x00", b"a\\", b"a ; b", b"a ;", rb"a \; b", rb"\777"],
)
def test_split_refuses(line: bytes) -> None:
    with pytest.raises(SystemdError):
        split_command(line)


@pytest.mark.parametrize(
    ("word", "arrives"),
    [
        (b"%%", b"%"),
        (b"%%%%n", b"%%n"),
        (b"$$", b"$"),
        (b"$$HOME $${HOME}", b"$HOME ${HOME}"),
        (b"a$b", b"a$b"),
        (b"a$", b"a$"),
        (b"a$$$$b", b"a$$b"),
    ],
)
def test_expand(word: bytes, arrives: bytes) -> None:
    assert expand(word) == arrives


@pytest.mark.parametrize(
    "word", [b"%n", b"%", b"a%", b"%5", b"$HOME", b"$", b"a${HOME}", b"$$${A}"]
)
def test_expand_refuses(word: bytes) -> None:
    with pytest.raises(SystemdError):
        expand(word)


def test_lines() -> None:
    text = b"[X-Container]\nA=B\n[Service]\n# c\n ;c\n K = a \\\n  b\rL=1\n[Unit]\r\nM=2\x00N=3"
    assert read_service(text) == [
        ("Service", "K", b"a  b"),
        ("Service", "L", b"1"),
        ("Unit", "M", b"2"),
        ("Unit", "N", b"3"),
    ]


@pytest.mark.parametrize(
    "text", [b"[X-A]\nA=\xff", b"[X-A]\nA=\xef\xbf\xbf", b"[Unit]\nA", b"A=1", b"[Unit\nA=1"]
)
def test_lines_refuses(text: bytes) -> None:
    with pytest.raises(SystemdError):
        read_service(text)
