# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The states of services and apps, and the metrics of a host."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.state import failure_log
from ansible_collections.quadlet.fleet.plugins.module_utils._core.status import metrics, words
from ansible_collections.quadlet.fleet.plugins.module_utils._core.status.metrics import make_metrics
from tests.unit.support.documentation import read_block
from tests.unit.support.fleets import (
    HOSTILE,
    app,
    failure,
    generation,
    hostile_fleet,
    info,
    large_fleet,
    service,
    troubled_fleet,
)

_LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
LINE = re.compile(rf"(quadlet_[a-z_]+)(\{{{_LABEL}(?:,{_LABEL})*\}})? (-?[0-9.e+]+)")


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "up"),
        ({"health": "healthy"}, "up"),
        ({"health": "unhealthy"}, "unhealthy"),
        ({"health": "starting"}, "starting"),
        ({"active": "activating", "sub": "start"}, "starting"),
        ({"active": "activating", "sub": "auto-restart"}, "failed"),
        ({"active": "activating", "sub": "auto-restart-queued"}, "failed"),
        ({"active": "reloading", "sub": "reload"}, "up"),
        ({"active": "failed", "sub": "failed"}, "failed"),
        ({"active": "failed", "sub": "failed", "job": True, "waits": True}, "failed"),
        ({"active": "inactive", "sub": "dead"}, "down"),
        ({"active": "inactive", "sub": "dead", "waits": True}, "idle"),
        ({"active": "inactive", "sub": "dead", "job": True}, "idle"),
        ({"active": "inactive", "sub": "dead", "once": True}, "idle"),
        ({"active": "inactive", "sub": "dead", "stopped": True}, "idle"),
        ({"active": "failed", "sub": "failed", "stopped": True}, "failed"),
        ({"stopped": True}, "up"),
        ({"active": "deactivating", "sub": "stop-sigterm"}, "idle"),
    ],
)  # fmt: skip
def test_the_state_of_a_service(fields: dict[str, t.Any], state: str) -> None:
    assert words.service_state(service("web.container", **fields)) == state


@pytest.mark.parametrize(
    ("states", "state"),
    [([], "idle"), (["up", "idle"], "up"), (["idle"], "idle"), (["up", "down", "failed"], "failed"),
     (["up", "unhealthy", "starting"], "unhealthy")],
)  # fmt: skip
def test_the_state_of_an_app_is_its_worst(states: list[str], state: str) -> None:
    assert words.app_state(states) == state


def test_an_app_whose_first_deployment_failed() -> None:
    told = info(
        app("wiki"), failures=[failure("wiki"), failure("shop"), failure("old", open=False)]
    )
    assert [row["name"] for row in words.lost_apps(told)] == ["shop"]
    many = info(failures=[failure(f"a{n}") for n in range(1000)])
    assert len(words.lost_apps(many)) == words.MOST_LOST
    assert make_metrics(many, 1.0).count("\n") < 20 * words.MOST_LOST


def _samples(text: str) -> dict[tuple[str, str], float]:
    found = {}
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match, line
            found[match[1], match[2] or ""] = float(match[3])
    return found


def test_the_metrics_of_a_host() -> None:
    web = service("web.container", health="unhealthy", restarts=3)
    pull = {"user": None, "result": "failed", "ended_at": "2026-01-31T12:00:09Z"}
    told = info(
        app(services={"web.service": web}, drift=["a", "b"]),
        failures=[failure(), failure("first", user="svc", location="home")],
        pull=[pull],
    )
    found = _samples(make_metrics(told, 1769860800.5))
    shop = '{app="shop",user="root",location="system"}'
    first = '{app="first",user="svc",location="home"}'
    assert found["quadlet_status_timestamp_seconds", ""] == 1769860800.5
    assert found["quadlet_app_up", shop] == 0
    assert found["quadlet_app_drift_findings", shop] == 2
    assert found["quadlet_app_deployed_timestamp_seconds", shop] == 1767355200
    assert found["quadlet_app_last_run_failed", shop] == 1
    assert found["quadlet_app_last_run_failed", first] == 1
    assert found["quadlet_app_generation", first] == 0
    assert found["quadlet_app_services", f'{shop[:-1]},state="unhealthy"}}'] == 1
    assert found["quadlet_service_restarts", f'{shop[:-1]},service="web.service"}}'] == 3
    assert found["quadlet_service_healthy", f'{shop[:-1]},service="web.service"}}'] == 0
    assert found["quadlet_pull_last_run_failed", '{user="root"}'] == 1


def test_a_host_that_cannot_be_read_has_metrics() -> None:
    found = _samples(make_metrics(None, 1.0, {"host": "h"}))
    assert found == {
        ("quadlet_status_timestamp_seconds", '{host="h"}'): 1,
        ("quadlet_status_readable", '{host="h"}'): 0,
    }


def test_every_text_of_metrics_is_well_formed() -> None:
    for fleet in (troubled_fleet(), hostile_fleet(), large_fleet(2, 20)):
        for host, told in fleet.items():
            text = make_metrics(told if "apps" in told else None, 1.0, {"host": host})
            assert text.endswith("\n# EOF\n")
            keys = [
                line.rpartition(" ")[0] for line in text.split("\n") if not line.startswith("#")
            ]
            assert len(set(keys)) == len(keys), "a sample is there twice"
            assert _samples(text)
            families = re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE)
            assert len(set(families)) == len(families)
            assert not re.search(r"_(total|count|sum|bucket|info)( |\{)", text)


def test_labels_hold_names_alone() -> None:
    """What services write has no end of values, and may hold secrets."""
    text = make_metrics(hostile_fleet()[HOSTILE[0]], 1.0)
    labels = set(re.findall(r'[{,]([a-z_]+)="', text))
    assert labels == {"app", "user", "location", "state", "service"}
    assert "exit 98" not in make_metrics(troubled_fleet()["edge2"], 1.0)


def test_the_number_of_series_is_bounded() -> None:
    many = {f"s{n}.service": service("w.container") for n in range(3 * metrics.MOST_SERVICES)}
    text = make_metrics(info(app(services=many), app("b", services=many)), 1.0)
    assert text.count("quadlet_service_up{") == metrics.MOST_SERVICES
    labels = 'app="b",user="root",location="system",state="up"'
    assert f"quadlet_app_services{{{labels}}} 3000" in text


DOWN = {"active": "inactive", "sub": "dead"}


@pytest.mark.parametrize(
    ("services", "generation_number", "up"),
    [
        ({}, 3, 1),  # templates alone, whose instances a person starts
        ({}, 0, 0),
        ({"a.service": service("a.container")}, 3, 1),
        ({"a.service": service("a.container", **DOWN)}, 3, 0),
        ({"a.service": service("a.container", **DOWN, stopped=True)}, 3, 1),
    ],
)
def test_page_and_metrics_agree_on_what_is_up(
    services: dict[str, t.Any], generation_number: int, up: int
) -> None:
    row = app(services=services, generation=generation_number)
    found = _samples(make_metrics(info(row), 1.0))
    assert found["quadlet_app_up", '{app="shop",user="root",location="system"}'] == up
    states = {words.service_state(one) for one in services.values()}
    assert (words.app_state(states) in ("up", "idle")) is bool(up or not generation_number)


def test_an_app_of_both_locations_is_two_apps() -> None:
    """The first deployment in one failed, that in the other went well."""
    here = {"user": "svc", "location": "admin"}
    told = info(app(**here), failures=[failure(user="svc", location="home")])
    text = make_metrics(told, 1.0)
    lines = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len({*lines}) == len(lines)
    assert len(words.lost_apps(told)) == 1


@pytest.mark.parametrize(
    ("unread", "generation_number"),
    [
        ({"app": "shop", "user": None, "location": "system"}, None),
        ({"app": None, "user": None, "location": "system"}, None),
        ({"app": None, "user": None, "location": None}, None),
        ({"app": "wiki", "user": None, "location": "system"}, 0),
        ({"app": "shop", "user": "svc", "location": "home"}, 0),
    ],
)
def test_what_cannot_be_read_is_not_called_absent(
    unread: dict[str, t.Any], generation_number: int | None
) -> None:
    told = info(failures=[failure()], errors=[{**unread, "msg": "damaged"}])
    assert [row["generation"] for row in words.lost_apps(told)] == [generation_number]
    found = _samples(make_metrics(told, 1.0))
    shop = '{app="shop",user="root",location="system"}'
    assert found["quadlet_app_last_run_failed", shop] == 1
    known = generation_number is not None
    names = ("quadlet_app_up", "quadlet_app_generation", "quadlet_app_drift_findings")
    assert [(name, shop) in found for name in names] == [known] * 3


RESULT = {
    "msg": "app shop: web.service did not start: why\n  more",
    "rolled_back": True,
    "attempt": {"generation": 4, "services": {}},
    "failures": [{**failure()["failures"][0], "restarts": 1, "health_log": None, "job": "failed"}],
}


def test_the_log_of_a_failed_run() -> None:
    entry = failure_log.make_entry(RESULT, "2026-01-31T12:00:00Z")
    assert entry == {
        "ended_at": "2026-01-31T12:00:00Z",
        "result": "restored",
        "generation": 4,
        "message": "app shop: web.service did not start: why",
        "failures": failure()["failures"],
    }
    assert failure_log.parse(failure_log.dump([entry])) == [entry]
    assert failure_log.make_entry({"msg": "units: it is refused"}, "") is None
    documented = set(read_block("info", "RETURN")["failures"]["contains"])
    assert documented == {*entry, "open", "app", "user", "location"}


@pytest.mark.parametrize(
    "text",
    [None, "", "{", "[]", "{}", '{"format": 2, "entries": []}', '{"format": 1, "entries": 7}',
     '{"format": 1, "entries": [{}]}',
     '{"format": 1, "entries": [{"ended_at": 1, "failures": [1]}]}',
     "[" * 10000],
)  # fmt: skip
def test_a_log_that_a_user_has_damaged_is_empty(text: str | None) -> None:
    assert failure_log.parse(text) == []


def test_a_log_is_small_whoever_wrote_it() -> None:
    huge = {**failure()["failures"][0], "reason": "x" * 9**4, "journal": ["y" * 9**4] * 50}
    entry = {"ended_at": "z" * 9**5, "failures": [huge] * 30, "generation": True, "result": "?"}
    entries = failure_log.parse(failure_log.dump([entry] * 6))
    assert len(entries) == failure_log.KEPT
    assert len(str(entries)) < 6_000_000
    assert (entries[0]["generation"], entries[0]["result"]) == (None, "failed")


def test_the_generation_that_is_deployed() -> None:
    assert words.current_generation(app(generations=[generation(1), generation(2)])) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-31T12:00:00Z", 1769860800),
        ("1969-12-31T23:59:59Z", -1),
        ("9999-12-31T23:59:59Z", 253402300799),
        *dict.fromkeys(
            ("never", "", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-30T00:00:00Z",
             "0000-01-01T00:00:00Z", "2026-01-31T24:00:01Z", "2026-01-31T12:60:00Z",
             "2026-01-31T12:00:60Z", "2026-01-31T12:00:00", "2026-01-31T12:00:0\u0967Z"), 0
        ).items(),
    ],
)  # fmt: skip
def test_the_seconds_of_a_time(text: str, seconds: int) -> None:
    assert words.seconds_of(text) == seconds
