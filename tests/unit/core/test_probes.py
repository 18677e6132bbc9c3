"""Probes: what can be asked, when it is asked again, and which answers count."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.options import (
    Gate,
    parse_gate,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.probes import (
    Probe,
    host_and_port,
    judge_command,
    judge_http,
    pauses,
)

URL = "http://localhost:8080/health"

PARSED: dict[str, tuple[dict[str, t.Any], Probe]] = {
    "http": ({"http": URL}, Probe("http", URL)),
    "https": ({"http": "https://[::1]/"}, Probe("http", "https://[::1]/")),
    "status and body": (
        {"http": URL, "status": [200, 204], "body": "^ok"},
        Probe("http", URL, status=(200, 204), body="^ok"),
    ),
    "tcp": ({"tcp": "localhost:5432"}, Probe("tcp", "localhost:5432")),
    "tcp, IPv6": ({"tcp": "[::1]:5432"}, Probe("tcp", "[::1]:5432")),
    "command": ({"command": ["true"]}, Probe("command", ("true",))),
    "in a container": (
        {"command": ["pg_isready", "-q"], "container": "db.container"},
        Probe("command", ("pg_isready", "-q"), container="db.container"),
    ),
    "tries": (
        {"tcp": "a:1", "retries": 0, "interval": 0.5},
        Probe("tcp", "a:1", retries=0, interval=0.5),
    ),
    "nulls are not given": ({"tcp": "a:1", "http": None, "status": []}, Probe("tcp", "a:1")),
}

REFUSED: dict[str, tuple[dict[str, t.Any], str]] = {
    "nothing": ({}, "none of http, tcp, command"),
    "two": ({"http": URL, "tcp": "a:1"}, "it has http and tcp"),
    "no URL": ({"http": "localhost"}, "no http or https URL"),
    "another scheme": ({"http": "file:///etc/passwd"}, "no http or https URL"),
    "no port": ({"tcp": "localhost"}, "no HOST:PORT"),
    "port 0": ({"tcp": "localhost:0"}, "no HOST:PORT"),
    "port too big": ({"tcp": "localhost:65536"}, "no HOST:PORT"),
    "empty command": ({"command": [""]}, "at least one word"),
    "a status of tcp": ({"tcp": "a:1", "status": [200]}, "status is nothing for tcp"),
    "a container of http": ({"http": URL, "container": "a.container"}, "container is nothing for"),
    "a body of tcp": ({"tcp": "a:1", "body": "x"}, "body is nothing for tcp"),
    "bad pattern": ({"http": URL, "body": "("}, "no regular expression"),
    "negative interval": ({"tcp": "a:1", "interval": -1.0}, "no number of seconds"),
    "negative retries": ({"tcp": "a:1", "retries": -1}, "-1 retries"),
}


@pytest.mark.parametrize(("given", "probe"), PARSED.values(), ids=PARSED)
def test_parses(given: dict[str, t.Any], probe: Probe) -> None:
    assert parse_gate({"probes": [given]}) == Gate(probes=(probe,))


@pytest.mark.parametrize(("given", "what"), REFUSED.values(), ids=REFUSED)
def test_refuses(given: dict[str, t.Any], what: str) -> None:
    with pytest.raises(QuadletError, match="number 2") as caught:
        parse_gate({"probes": [{"tcp": "a:1"}, given]})
    assert what in caught.value.what


def test_names() -> None:
    assert Probe("http", URL).name == f"http {URL}"
    assert Probe("command", ("a", "b"), "c.container").name == "command a b in c.container"


@pytest.mark.parametrize(
    ("address", "parts"), [("localhost:80", ("localhost", 80)), ("[::1]:80", ("::1", 80))]
)
def test_addresses(address: str, parts: tuple[str, int]) -> None:
    assert host_and_port(address) == parts


def test_pauses_grow_up_to_ten_seconds() -> None:
    found = list(pauses(Probe("tcp", "a:1", retries=20)))
    assert found[:3] == [1.0, 1.5, 2.25]
    assert found[-1] == 10.0
    assert len(found) == 20
    assert all(first <= second for first, second in itertools.pairwise(found))


def test_a_long_interval_stays() -> None:
    assert set(pauses(Probe("tcp", "a:1", retries=3, interval=60.0))) == {60.0}


@pytest.mark.parametrize(
    ("probe", "status", "body", "reason"),
    [
        (Probe("http", URL), 200, "", None),
        (Probe("http", URL), 302, "", None),
        (Probe("http", URL), 404, "", "it answered with status 404"),
        (Probe("http", URL), 500, "", "it answered with status 500"),
        (Probe("http", URL, status=(404,)), 404, "", None),
        (Probe("http", URL, status=(200, 204)), 302, "", "status 302, not 200 or 204"),
        (Probe("http", URL, body="version 2"), 200, "this is version 2.1", None),
        (Probe("http", URL, body="version 2"), 200, "version 1", "does not match 'version 2'"),
    ],
)
def test_http(probe: Probe, status: int, body: str, reason: str | None) -> None:
    found = judge_http(probe, status, body)
    assert (found is None) if reason is None else (found and reason in found)


@pytest.mark.parametrize(
    ("probe", "status", "out", "err", "reason"),
    [
        (Probe("command", ("a",)), 0, "", "", None),
        (Probe("command", ("a",)), 1, "", "", "it ended with status 1"),
        (Probe("command", ("a",)), 1, "said\nlast", "", "status 1: last"),
        (Probe("command", ("a",)), 1, "said", "complaint", "status 1: complaint"),
        (Probe("command", ("a",), body="PONG"), 0, "PONG\n", "", None),
        (Probe("command", ("a",), body="PONG"), 0, "no", "", "does not match 'PONG'"),
    ],
)
def test_command(probe: Probe, status: int, out: str, err: str, reason: str | None) -> None:
    found = judge_command(probe, status, out, err)
    assert (found is None) if reason is None else (found and reason in found)
