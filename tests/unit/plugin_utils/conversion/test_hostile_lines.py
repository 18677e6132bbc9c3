"""Hostile command lines, units and inspect output: a clear refusal or an app, at once."""

from __future__ import annotations

import json
import resource
import time
import typing as t

from ansible_collections.quadlet.fleet.plugins.filter import (
    from_compose,
    from_inspect,
    from_run,
    from_systemd,
)
from tests.unit.support.share import pick

SECONDS, MEGABYTES, LONGEST_MESSAGE = 2.0, 200, 150_000
FILTERS: dict[str, t.Callable[..., t.Any]] = {
    **from_compose.FilterModule().filters(),
    **from_inspect.FilterModule().filters(),
    **from_run.FilterModule().filters(),
    **from_systemd.FilterModule().filters(),
}
PART = pick(long=1, usual=8, fast=120)
"""Large texts are so many times smaller."""
LINE = 240_000 // PART
WORD = 120_000 // PART
SIGNS = [
    *"$`\\\"'{<~%|;&>([.^#",
    "$A",
    "$(id)",
    "{a,",
    "<a",
    "%A%",
    "\\\n",
    "\\\n# x\n",
    "$'\\x'",
    "a=b ",
]
UNIT = (
    "[Service]\nExecStart=/usr/bin/podman run --cidfile=%t/%n.ctr-id --cgroups=no-conmon --rm "
    "--sdnotify=conmon --replace -d --name NAME -e A=VALUE a/b\nType=notify\n"
)


def _lines() -> t.Iterator[tuple[str, str]]:
    for sign in SIGNS:
        yield f"{sign!r} as an image", f"docker run {sign * (LINE // len(sign))} a/b"
        yield f"{sign!r} in quotes", f'docker run -e "A={sign * (WORD // len(sign))}" a/b'
    yield "ten megabytes", "docker run a/b\n" * 700_000
    yield "a long word", f"docker run -e A={'x' * 200_000} a/b"
    yield "unknown options", f"docker run {'--nosuchoption ' * (LINE // 16)} a/b"
    yield "one variable, often", f"docker run {'-e A=1 ' * (LINE // 8)} a/b"
    yield "variables", f"docker run {' '.join(f'-e A{n}=1' for n in range(LINE // 14))} a/b"
    yield "containers", "docker run a/b\n" * (LINE // 15)
    yield "variables in front", f"{'A=1 ' * (LINE // 4)} docker run a/b"
    yield "a list of lists", f"podman run --entrypoint '{'[' * WORD}' a/b"
    yield "options of a mount", f"docker run --mount '{'type=bind,' * (WORD // 10)}' a/b"
    number = "9" * 5_000
    yield "numbers", f"docker run --restart on-failure:{number} --stop-timeout {number} a/b"
    yield "numbers of a check", f"docker run --health-cmd x --health-retries {number} a/b"
    yield "times of a check", f"docker run --health-cmd x --health-interval {number}h a/b"
    yield "cards", f"docker run --gpus {number} a/b"
    yield "limits", f"docker run --ulimit nofile={number} a/b"
    yield "ports", f"docker run -p {number}:80 -p 1-65535:1-65535 a/b"
    yield "a null", "docker run a\0b"
    yield "half a character", "docker run -e A=\ud800 a/b"
    yield "files of others", "docker run --env-file /etc/shadow --label-file ../../etc/passwd a/b"


def _chain(keys: str, last: str, number: int = 1_100) -> str:
    services = [f"  s{n}: {{image: a/b, {keys % (n + 1)}}}\n" for n in range(number)]
    return "services:\n" + "".join(services) + f"  s{number}: {{image: a/b, {last}}}\n"


def _cases() -> t.Iterator[tuple[str, str, t.Any]]:
    for name, text in _lines():
        yield "from_run", name, text
    for value in ("x" * 900_000, "$" * WORD, "%" * WORD, '"' * WORD, "\\" * WORD, "\0"):
        unit = UNIT.replace("NAME", "x").replace("VALUE", value)
        yield "from_systemd", f"{len(value)} {value[0]!r}", {"container-x.service": unit}
    units = {f"container-{n}.service": UNIT.replace("NAME", f"x{n}") for n in range(2_000)}
    yield "from_systemd", "two thousand units", units
    for text in ("[" * 100_000, '{"a":' * 100_000, "[NaN]", "\0", "", "[" + "9" * 5_000 + "]"):
        yield "from_inspect", text[:8], text
    wrong = {"Id": "a" * 64, "Name": "x", "Config": {"Env": 1}, "HostConfig": {}, "State": []}
    yield "from_inspect", "other forms", json.dumps([wrong])
    yield "from_compose", "a chain of needs", _chain("depends_on: [s%d]", "init: true")
    yield "from_compose", "a chain of mounts", _chain("volumes_from: [s%d]", "volumes: [/x]")
    yield "from_compose", "a chain of networks", _chain('network_mode: "service:s%d"', "init: true")
    yield "from_compose", "a circle", _chain("depends_on: [s%d]", "depends_on: [s0]")
    yield "from_compose", "thousands of services", _chain("tty: false, scale: %d", "", 2_000)


def _outcome(kind: str, source: t.Any) -> str:
    """'' for an app, or the refusal."""
    try:
        FILTERS[kind](source, name="x")
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def test_it_ends_at_once_in_an_app_or_a_clear_refusal() -> None:
    wrong = []
    _outcome("from_run", "docker run a/b")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for kind, name, source in _cases():
        began = time.process_time()
        refusal = _outcome(kind, source)
        took = time.process_time() - began
        is_clear = not refusal or refusal.startswith(f"{kind}: ")
        if took > SECONDS or not is_clear or len(refusal) > LONGEST_MESSAGE:
            wrong.append((kind, name, round(took, 2), len(refusal), refusal[:200]))
    assert wrong == []
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (peak - before) // 1024 < MEGABYTES


def test_causes_are_told_in_short() -> None:
    refusal = _outcome("from_run", f"docker run -e A={'x' * 50_000} --restart {'y' * 50_000} a/b")
    assert "from_run: lines:1: --restart: yyy" in refusal
    assert len(refusal) < 2_000
    many = _outcome("from_run", "docker run | a\n" * 3_000)
    assert len(many.splitlines()) <= 1_001


def test_services_that_need_each_other_are_told() -> None:
    circle = _outcome("from_compose", _chain("depends_on: [s%d]", "depends_on: [s0]", 3))
    assert "s0 needs s1 needs s2 needs s3 needs s0: none could start first" in circle
