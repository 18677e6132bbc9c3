"""What is refused: with its place, all causes at once, and nothing raised."""

from __future__ import annotations

from tests.unit.plugin_utils.compose.cases.refused import FILES, KEYS
from tests.unit.support.compose import Read, read, read_service


def _finds(found: Read, path: str, reason: str) -> bool:
    return any(
        cause.partition(": ")[2].startswith(f"{path}: {reason}" if path else reason)
        for cause in found.report.refusals()
    )


def test_keys_of_a_service_are_refused() -> None:
    wrong = []
    for keys, path, reason in KEYS:
        found = read_service(keys)
        if not _finds(found, f"services.web.{path}", reason):
            wrong.append((keys, found.report.refusals()))
    assert wrong == []


def test_files_are_refused() -> None:
    wrong = []
    for text, path, reason in FILES:
        found = read(text)
        if not _finds(found, path, reason):
            wrong.append((text, found.report.refusals()))
    assert wrong == []


def test_all_causes_are_told_at_once() -> None:
    keys = """
foo: 1
ports: [x, y, '80']
restart: z
volumes: ['gone:/a', 'lost:/b']
healthcheck: {interval: 1, timeout: 2, test: []}
environment: {A: []}
"""
    causes = read_service(keys).report.refusals()
    assert [cause.split(": ")[1].removeprefix("services.web.") for cause in causes] == [
        "foo",
        "ports[0]",
        "ports[1]",
        "restart",
        "volumes[0]",
        "volumes[1]",
        "healthcheck.interval",
        "healthcheck.timeout",
        "environment.A",
    ]


def test_a_refusal_tells_file_and_line() -> None:
    assert (
        read_service("ports:\n- 80\n- x")
        .report.refusals()[0]
        .startswith("c.yml:6: services.web.ports[1]: 'x' is no port")
    )
