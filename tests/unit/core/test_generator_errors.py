"""Which messages of the generator refuse an app, and which only warn."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import (
    Complaint,
    Service,
    Verdict,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator_errors import (
    find_without_service,
    weigh_errors,
)

DIR = "/q/app"
TEXTS = {"web.container": "[Container]\nImage=a\nNetwork=front.network\nBad=1\n"}
UNITS = {path: parse_unit(path, text) for path, text in TEXTS.items()}
BROKEN = "was broken before and still is: no Image key"

CASES: dict[str, tuple[str, list[str], list[str], list[str]]] = {
    "a unit of the app by path": (f"{DIR}/web.container", [], ["web.container"], []),
    "a unit of the app by name": ("web.container", [], ["web.container"], []),
    "one of the app that was broken before": (
        f"{DIR}/web.container",
        ["web.container"],
        ["web.container"],
        [],
    ),
    "a drop-in in the app": (
        f"{DIR}/web.container.d/a.conf",
        ["a.conf"],
        ["web.container.d/a.conf"],
        [],
    ),
    "one that the app refers to": ("/q/front.network", ["front.network"], ["/q/front.network"], []),
    "one that was fine before": ("/q/db.container", [], ["/q/db.container"], []),
    "one that was broken before": (
        "/q/db.container",
        ["db.container"],
        [],
        [f"/q/db.container {BROKEN}"],
    ),
    "one of an app whose name begins alike": (
        f"{DIR}2/db.container",
        ["db.container"],
        [],
        [f"{DIR}2/db.container {BROKEN}"],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_errors_and_warnings(case: tuple[str, list[str], list[str], list[str]]) -> None:
    unit, broken_before, places, expected = case
    verdict = Verdict((), (Complaint(unit, "no Image key"),), ())
    errors, warnings = weigh_errors(verdict, UNITS, DIR, broken_before)
    assert [error.where for error in errors] == places
    assert all("no Image key" in error.what for error in errors)
    assert warnings == expected


def test_the_line_is_that_of_the_app_s_unit() -> None:
    text = "unsupported key 'Bad' in group 'Container' in web.container"
    verdict = Verdict((), (Complaint(f"{DIR}/web.container", text),), ())
    errors, _warnings = weigh_errors(verdict, UNITS, DIR, ())
    assert [error.where for error in errors] == ["web.container:4"]


def test_warnings_of_the_app_s_units_alone() -> None:
    verdict = Verdict((), (), ("web.container: odd", "db.container: odd"))
    assert weigh_errors(verdict, UNITS, DIR, ()) == ([], ["web.container: odd"])


@pytest.mark.parametrize(
    ("made", "missing"),
    [
        (["web.container", "job.container"], []),
        (["web.container"], ["job.container"]),
        ([], ["web.container", "job.container"]),
    ],
)
def test_units_without_a_service(made: list[str], missing: list[str]) -> None:
    units = ["web.container", "job.container", "web.container.d/a.conf", "job.timer"]
    services = [Service("", f"{DIR}/{unit}", (), (), False, (), False, "") for unit in made]
    assert [error.where for error in find_without_service(units, services)] == missing


def test_a_unit_of_another_app_that_needs_what_is_removed() -> None:
    text = "requested Quadlet unit n.network was not found"
    verdict = Verdict((), (Complaint("b-web.container", text),), ())
    removed, apps = {"n.network": "the network systemd-n"}, {"b-web.container": "b"}
    errors, warnings = weigh_errors(verdict, UNITS, DIR, (), removed, apps)
    assert warnings == []
    (error,) = errors
    assert error.where == "b-web.container of app b"
    assert error.what == ("it uses n.network (the network systemd-n), which this run would remove")
    assert "Change or remove app b first, or keep n.network." in (error.remedy or "")
    (other,), _none = weigh_errors(verdict, UNITS, DIR, (), {"m.network": ""}, apps)
    assert "the Quadlet generator refuses it" in other.what
