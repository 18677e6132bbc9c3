"""The grammar of dotenv files: text, variables; as Compose reads them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dotenv import (
    DotenvError,
    parse_dotenv,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import Expanded
from tests.unit.plugin_utils.compose.support import causes, service
from tests.unit.support.compose import read_service

# Sources: Docker's "Environment file syntax", and what Compose does beyond it.
ORACLE: tuple[tuple[str, dict[str, str]], ...] = (
    # plain
    ("A=b", {"A": "b"}),
    ("A=b\nC=d\n", {"A": "b", "C": "d"}),
    ("A=", {"A": ""}),
    ("A=\nB=c", {"A": "", "B": "c"}),
    ("A =b", {"A": "b"}),
    ("A= b", {"A": "b"}),
    ("A = b ", {"A": "b"}),
    ("  A=b", {"A": "b"}),
    ("\tA=b", {"A": "b"}),
    ("A=b c", {"A": "b c"}),
    ("A=b=c", {"A": "b=c"}),
    ("A==", {"A": "="}),
    ("A=b\nA=c", {"A": "c"}),
    ("a.b-c_1[0]=x", {"a.b-c_1[0]": "x"}),
    ("É=x", {"É": "x"}),
    ("1A=x", {"1A": "x"}),
    # as in YAML
    ("A: b", {"A": "b"}),
    ("A: b: c=d", {"A": "b: c=d"}),
    ("A=b:c", {"A": "b:c"}),
    ("A:b", {"A": "b"}),
    # export
    ("export A=b", {"A": "b"}),
    ("export\tA=b", {"A": "b"}),
    ("  export   A = b", {"A": "b"}),
    ("exportA=b", {"exportA": "b"}),
    ("export_A=b", {"export_A": "b"}),
    ("export.A=b", {"export.A": "b"}),
    ("export=b", {"export": "b"}),
    ("export A='export b'", {"A": "export b"}),
    # lines that say nothing
    ("", {}),
    ("\n\n \t\n", {}),
    ("\r\n", {}),
    ("# A=b", {}),
    ("  # A=b\nC=d", {"C": "d"}),
    ("#", {}),
    # comments behind a value
    ("A=b # c", {"A": "b"}),
    ("A=b #c", {"A": "b"}),
    ("A=b #", {"A": "b"}),
    ("A=b# c", {"A": "b# c"}),
    ("A=b#c", {"A": "b#c"}),
    ("A=b\t# c", {"A": "b\t# c"}),
    ("A=#c", {"A": "#c"}),
    ("A='b' # c", {"A": "b"}),
    ('A="b" # c', {"A": "b"}),
    ('A="b"# c', {"A": "b"}),
    ('A="b # c"', {"A": "b # c"}),
    ("A='b # c'\nD=e", {"A": "b # c", "D": "e"}),
    # quotes
    ("A='b'", {"A": "b"}),
    ('A="b"', {"A": "b"}),
    ("A=''", {"A": ""}),
    ('A=""', {"A": ""}),
    ("A=' b '", {"A": " b "}),
    ("A: 'b'", {"A": "b"}),
    ("A='b\"c'", {"A": 'b"c'}),
    ('A="b\'c"', {"A": "b'c"}),
    ("A=b'c'", {"A": "b'c'"}),
    ('A=b"c"', {"A": 'b"c"'}),
    ("A='b\\'c'", {"A": "b'c"}),
    ('A="b\\"c"', {"A": 'b"c'}),
    ('A="{\\"b\\": \\"c\\"}"', {"A": '{"b": "c"}'}),
    ('A="b\\\\"', {"A": "b\\"}),
    ("A='b\\\\'", {"A": "b\\\\"}),
    ('A="b"\nC="d"', {"A": "b", "C": "d"}),
    ('A="b" C="d"', {"A": "b", "C": "d"}),
    # several lines
    ("A='b\nc'", {"A": "b\nc"}),
    ('A="b\nc\n"\nD=e', {"A": "b\nc\n", "D": "e"}),
    ('A="b\nC=d"', {"A": "b\nC=d"}),
    # escapes
    ('A="b\\nc"', {"A": "b\nc"}),
    ('A="\\a\\b\\f\\n\\r\\t\\v"', {"A": "\a\b\f\n\r\t\v"}),
    ("A='b\\nc'", {"A": "b\\nc"}),
    ("A=b\\nc", {"A": "b\\nc"}),
    ('A="\\0123"', {"A": "S"}),
    ('A="\\012"', {"A": "\\012"}),
    ('A="\\x07\\u12e4\\c\\ "', {"A": "\\x07\\u12e4\\c\\ "}),
    ('A="b\\\\nc"', {"A": "b\\nc"}),
    # variables
    ("A=b\nC=$A", {"A": "b", "C": "b"}),
    ("A=b\nC=${A}d", {"A": "b", "C": "bd"}),
    ('A=b\nC="$A d"', {"A": "b", "C": "b d"}),
    ("A=b\nC='$A'", {"A": "b", "C": "$A"}),
    ("C=$A\nA=b", {"C": "", "A": "b"}),
    ("C=$GIVEN", {"C": "given"}),
    ("GIVEN=own\nC=$GIVEN", {"GIVEN": "own", "C": "given"}),
    ("C=${NO:-d}", {"C": "d"}),
    ("C=${NO-${GIVEN}}", {"C": "given"}),
    ("C=${GIVEN:+e}", {"C": "e"}),
    ('C="${NO:-a b}"', {"C": "a b"}),
    ("C=$$A", {"C": "$A"}),
    ('C="\\$A"', {"C": "$A"}),
    ('C="\\${A}"', {"C": "${A}"}),
    ("C='\\$A'", {"C": "\\$A"}),
    ("C=pa$5word$", {"C": "pa$5word$"}),
    ("A=b # $(", {"A": "b"}),
    # handed on
    ("GIVEN", {"GIVEN": "given"}),
    ("GIVEN\nA=b", {"GIVEN": "given", "A": "b"}),
    ("NO\nA=b", {"A": "b"}),
    ("export GIVEN\n", {"GIVEN": "given"}),
    # other systems
    ("\ufeffA=b", {"A": "b"}),
    ("A=b\r\nC=d\r\n", {"A": "b", "C": "d"}),
    ("A='b'\r\nC=d\r\n", {"A": "b", "C": "d"}),
    ("A=b # c\r\nC=d", {"A": "b", "C": "d"}),
    ("A=\r\nC=d", {"A": "", "C": "d"}),
)


def _parse(text: str) -> dict[str, str]:
    given = {"GIVEN": Expanded("given")}
    found = parse_dotenv(text, given.get, lambda _name: "")
    return {name: item.value.text for name, item in found.items() if item.value is not None}


def test_oracle() -> None:
    wrong = []
    for text, expected in ORACLE:
        found: t.Any
        try:
            found = _parse(text)
        except DotenvError as error:
            found = str(error)
        if found != expected:
            wrong.append((text, found, expected))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("A=b\nlol$wut", 2, "'lol$wut' has no name of a variable"),
        ("A B=c", 1, "'A B=c' has no name of a variable"),
        ("\n\nA B", 3, "'A B' has no name"),
        ("A=b\n=c", 2, "'=c' has no name"),
        ("<<<<<<< HEAD", 1, "has no name"),
        ("A='b\nc\nD=\"e", 1, "no quote ends the value"),
        ('A="b\\"', 1, "no quote ends the value"),
        ("A='", 1, "no quote ends"),
        ("A='b\"", 1, "no quote ends"),
        ("A=b\nC=${", 2, "no name of a variable behind '${'"),
        ('\nA="x\ny"\nC=${D', 4, "no closing brace"),
        ("A=" + "x" * (128 * 1024 + 1), 1, "more than 131072 characters"),
    ],
    ids=range(12),
)
def test_what_is_no_dotenv_file_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(DotenvError) as raised:
        _parse(text)
    assert raised.value.line == line
    assert what in str(raised.value)


def test_values_that_double_each_other_have_an_end() -> None:
    lines = ["A0=" + "x" * 1000] + [f"A{n}=$A{n - 1}$A{n - 1}" for n in range(1, 60)]
    with pytest.raises(DotenvError, match="more than 131072 characters"):
        _parse("\n".join(lines))


def test_an_env_file_that_is_none_is_a_cause_with_its_line() -> None:
    assert causes(service("image: a"), files={".env": "A=b\n;c\n"}) == [
        ".env:2: ';c' has no name of a variable. Write NAME=VALUE."
    ]
    assert causes(service("image: a"), files={".env": b"A=\xff"}) == [
        ".env:1: this is no text in UTF-8. Convert it, or name another file."
    ]


def _environment(keys: str, **files: str) -> dict[str, str | None]:
    read = read_service(keys, files=files, env={"GIVEN": "given"})
    assert read.report.refusals() == []
    return {name: value.value for name, value in read.container().environment.items()}


def test_an_env_file_of_a_service_knows_what_is_given_the_service_and_earlier_files() -> None:
    first, second = "A=1\nB=$GIVEN", "A=2\nC=$A$B$GIVEN$OWN"
    own = "environment: {OWN: own, PASSED: }"
    for keys in (f"env_file: [one, two]\n{own}", f"{own}\nenv_file: [one, two]"):
        assert _environment(keys, one=first, two=second) == {
            "A": "2",
            "B": "given",
            "C": "2givengivenown",
            "OWN": "own",
            "PASSED": None,
        }
    listed = "environment: [OWN=own, A=x]\nenv_file: one"
    assert _environment(listed, one="A=1\nB=$A$OWN") == {"A": "x", "B": "xown", "OWN": "own"}


def test_an_env_file_of_a_service_whose_variables_have_no_value_is_refused() -> None:
    files = {"one": "A=pa$word\n\nB='pa$word'\nC=${D}$E"}
    (refusal,) = read_service("env_file: one", files=files).report.refusals()
    assert refusal == (
        "c.yml:4: services.web.env_file: in one, variables have no value: word (line 1),"
        " D (line 4), E (line 4). Give them in env, put the value into single quotes, or set unset"
        " to empty."
    )
