# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Masks: a value is found however it is spelled, and little else is."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.secrets.masking import (
    MASK,
    find_logins,
    find_needles,
    given_texts,
    mask_texts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.secrets.private import (
    find_private,
)
from tests.unit.support.leaks import SPELLINGS, find_leaks
from tests.unit.support.together import together

VALUES = {
    "letters": "correcthorsebatterystaple",
    "a token": "ghp_9aZk3LmQ7rT2vX8yB4nC6dF1gH5jK0pW",
    "all quotes": "st1tch-\"quoted\" 'twice' $HOME %i \\n `id`",
    "beyond ASCII": "pässwörd-€uro-ключ-5",
    "with slashes": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==",
    "what looks escaped": "%41bc\\x41def\\u0041ghi&amp;jkl",
    "many lines": "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n",
    "blanks around": "  s3cr3t-with-blanks-around  \n",
    "a newline": "hunter2hunter2\n",
}


def mask(text: str, *values: bytes, exempt: t.Collection[str] = ()) -> str:
    """A text of several lines, as the lines of a journal are masked."""
    return "\n".join(mask_texts(text.split("\n"), find_needles(values, exempt)))


@together("value", VALUES.values(), ids=VALUES)
@together("spelled", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_of_every_value(spelled: t.Callable[[str], str], value: str) -> None:
    text = f"before {spelled(value)} behind"
    shown = mask(text, value.encode())
    assert find_leaks(shown, [value]) == []
    assert shown.startswith("before ")
    assert shown.endswith(" behind")
    assert MASK in shown


@together("value", ["hunter", "hunter2", "p@ss'w0", "Tr0ub4dor", "s3cr3t p w"])
@together("spelled", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_of_short_values(spelled: t.Callable[[str], str], value: str) -> None:
    shown = mask(f"before {spelled(value)} behind", value.encode())
    assert spelled(value) not in shown
    assert value not in shown
    assert MASK in shown


GREEK = ["πασχαλης", "ΠΑΣΧΑΛΗΣ", "κωδικος μας", "ςσΣ-ΣΣς-σςσ"]
"""A sigma in lower case is another one at the end of a word; no other letter depends on a place."""


@together("value", GREEK)
@together("cased", [str, str.upper, str.lower, str.title, str.swapcase])
@together("place", ["{}", "before {} behind", "a{}b", "a:{}.", "{}Σ", "İ {}"])
def test_every_case_of_a_sigma(place: str, cased: t.Callable[[str], str], value: str) -> None:
    text = place.format(cased(value))
    shown = mask(text, value.encode())
    assert MASK in shown, text
    assert cased(value) not in shown, text


@pytest.mark.parametrize(
    ("values", "text", "shown"),
    [
        pytest.param([b"hunter2"], "a hunter2b hunter2", "a ********b ********", id="anywhere"),
        pytest.param([b"hunter2\n"], "it is hunter2.", "it is ********.", id="newline"),
        pytest.param([b"abcd", b"abcdef"], "abcdef abcd", "******** ********", id="longest"),
        pytest.param([b"true"], "true, untrue\\ntrue", "********, untrue\\n********", id="a word"),
        pytest.param([b"abc"], "abc d\nabc", "abc d\n********", id="a line"),
        pytest.param([b"1"], "generation 1\n 1", "generation 1\n********", id="a digit"),
        pytest.param([b"first line\nlast\n{"], "third, first line", "third, ********", id="lines"),
        pytest.param([b"first line\nlast\n{"], "last\n{", "********\n{", id="short lines"),
        pytest.param([b"\xff\xfe123456"], "123456", "********", id="not UTF-8"),
        pytest.param(["pässwört".encode()], "pässwört", "********", id="UTF-8"),
        pytest.param([], "as it is", "as it is", id="nothing"),
        pytest.param([b"PW=hunter22\nPORT=5432"], "hunter22 5432", "******** 5432", id="env"),
        pytest.param([b"a: 'hunter22'\n"], "pw hunter22", "pw ********", id="YAML"),
        pytest.param([b'{"a": ["hunt\\ner22"]}'], "hunt\ner22", "********\n********", id="JSON"),
        pytest.param([b"host=db password=hunter22"], "hunter22@db", "********@db", id="DSN"),
        pytest.param([b"pg://u:hunter22@db/x"], "is hunter22", "is ********", id="URL"),
        pytest.param(
            [b"kind: Secret\ndata:\n  pw: " + base64.b64encode(b"hunt3r")],
            "pw hunt3r",
            "pw ********",
            id="a secret of Kubernetes",
        ),
        pytest.param([b"0123456789abcdefghij"], "x 89abcdefghij…", "x ********…", id="a piece"),
        pytest.param([b"0123456789abcdefghij"], "x '01234…'", "x '********…'", id="cut"),
        pytest.param([b"0123456789abcdefghij"], "…fghij y", "…******** y", id="cut before"),
        pytest.param([b"0123456789abcdefghij"], "x 01234 y", "x 01234 y", id="not cut"),
    ],
)
def test_rules(values: list[bytes], text: str, shown: str) -> None:
    assert mask(text, *values) == shown


KUBE = """apiVersion: v1
kind: Secret
metadata: {name: credentials-of-db}
data:
  pw: a3ViZS1zM2NyZXQ=
stringData: {other: pl4in-text}
---
kind: Pod
metadata: {name: web}
spec: {data: not-a-secret}
"""


def test_secrets_in_files() -> None:
    content = {
        "a.env": Blob(b"PW=hunter2hunter2", 0o600),
        "b.env": Blob(b"PW=open-to-all", 0o640),
        "pod.yml": Blob(KUBE.encode()),
        "w@a.container": Blob(b"w@.container", LINK),
        "x.container": Blob(b"[Container]\nSecret=x\n"),
    }
    private = list(find_private(content))
    assert len(private) == 2
    text = "hunter2hunter2 open-to-all kube-s3cret a3ViZS1zM2NyZXQ= pl4in-text web not-a-secret"
    shown = "******** open-to-all ******** ******** ******** web not-a-secret"
    assert mask(text, *private) == shown


def test_names_that_every_result_has_are_no_secret() -> None:
    assert mask("app shopping: shopping123 failed", b"shopping", b"shopping123") == (
        "app ********: ******** failed"
    )
    assert mask("shopping: shop1234", b"shopping", b"shop1234", exempt=["shopping"]) == (
        "shopping: ********"
    )


def test_neighbours_are_one_text_and_stay_apart() -> None:
    texts = ["one 0123456789", "abcdefghij two", "three"]
    shown = mask_texts(texts, find_needles([b"0123456789abcdefghij"]))
    assert shown == [f"one {MASK}", f"{MASK} two", "three"]
    assert mask_texts(["x", "hunter2", "", "y"], find_needles([b"hunter2"])) == [
        "x",
        MASK,
        "",
        "y",
    ]


def test_a_large_store_takes_no_minute() -> None:
    values = [f"{n * 7919:x}line of a large secret {n}\n".encode() * 2000 for n in range(8)]
    needles = find_needles(values)
    assert mask_texts(["lorem ipsum dolor " * 20] * 50, needles)[0].startswith("lorem")


def test_what_ansible_is_to_mask() -> None:
    theirs, ours = given_texts(
        {
            "a": "1",
            "b": {"value": "aHVudGVyMg==", "encoding": "base64"},
            "c": {"value": "hunter3", "encoding": "text"},
            "d": {"value": "%", "encoding": "base64"},
            "e": 12345,
        }
    )
    assert theirs == {"1", "aHVudGVyMg==", "base64", "hunter3", "text", "%", "12345"}
    assert ours == {"hunter2", "aHVudGVyMg==", "hunter3", "12345"}


@pytest.mark.parametrize(
    ("authfile", "found"),
    [
        (
            {"auths": {"r": {"auth": base64.b64encode(b"bob:hunter2").decode()}}},
            {"Ym9iOmh1bnRlcjI=", "bob:hunter2", "hunter2"},
        ),
        ({"auths": {"r": {"identitytoken": "t0ken"}, "s": {}}}, {"t0ken"}),
        ({"auths": {"r": {"auth": "%"}, "s": None}}, set()),
        ({"auths": []}, set()),
        ([], set()),
    ],
)
def test_logins(authfile: t.Any, found: set[str]) -> None:
    assert set(find_logins(json.dumps(authfile))) == found
    assert set(find_logins(authfile)) == found
    assert find_logins("{") == []
