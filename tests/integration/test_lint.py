"""Lint on a host: an error stops before anything is written, a warning is shown, both silenced."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import differences

WRONG = container("ReadOnly=y")
RISKY = container("Volume=/boot:/host/boot")


def _rules(result: t.Mapping[str, t.Any]) -> list[tuple[str, str]]:
    return [(finding["rule"], finding["level"]) for finding in result["lint"]]


@pytest.mark.scope("system")
def test_an_error_stops_before_anything_is_written(app: App) -> None:
    before = app.host.look()
    result = app.deploy({"web": WRONG})
    message = result.refused()
    assert f"{app.unit('web')}:4 [Container] ReadOnly: 'y' is no boolean" in message
    assert "Use true or false" in message
    assert ("bad-boolean", "error") in _rules(result)
    assert differences(before, app.host.look()) == []


@pytest.mark.scope("alice")
def test_a_warning_is_shown_and_returned(app: App) -> None:
    result = app.deployed({"web": RISKY})
    assert f"{app.unit('web')}:4 [Container] Volume: /boot is the host's own" in result.warned
    assert "(host-mount)" in result.warned
    assert ("host-mount", "warning") in _rules(result)
    assert ("missing-restart", "note") in _rules(result)
    assert "missing-restart" not in result.warned
    assert app.runs("web")

    again = app.deployed({"web": RISKY})
    assert not again.changed
    assert again["lint"] == []
    assert "host-mount" not in again.warned


@pytest.mark.scope("alice")
def test_a_comment_silences(app: App) -> None:
    web = container("ReadOnly=y", "Volume=/boot:/host/boot")
    result = app.deployed({"web": f"# lint: ignore host-mount bad-boolean\n{web}"})
    assert "host-mount" not in result.warned
    assert {"host-mount", "bad-boolean"}.isdisjoint(rule for rule, _level in _rules(result))


@pytest.mark.scope("alice")
def test_the_option_silences(app: App) -> None:
    units = {"web": RISKY, "db": WRONG}
    ignore = ["host-mount", f"{app.unit('db')}:bad-boolean"]
    result = app.deployed(units, lint_ignore=ignore)
    assert "host-mount" not in result.warned
    assert {"host-mount", "bad-boolean"}.isdisjoint(rule for rule, _level in _rules(result))
    assert "Did you mean host-mount?" in app.deploy(units, lint_ignore=["host-mounts"]).refused()


@pytest.mark.scope("alice")
def test_one_unit_is_not_held_up_by_another(app: App) -> None:
    app.deployed({"web": WRONG}, lint_ignore=["bad-boolean"])
    unit = {"name": app.unit("db"), "app": app.name}
    app.scope.call("unit", content=container(), **unit).ok()
    assert "'y' is no boolean" in app.scope.call("unit", content=WRONG, **unit).refused()


@pytest.mark.scope("alice")
def test_validate_returns_the_same(app: App) -> None:
    options = {"name": app.name, "units": app.units({"web": WRONG})}
    refused = app.scope.call("validate", **options)
    assert "'y' is no boolean" in refused.refused()
    assert ("bad-boolean", "error") in _rules(refused)
    assert [row["rule"] for row in refused["errors"]] == ["bad-boolean"]
    fine = app.scope.call("validate", lint_ignore=["bad-boolean"], **options).ok()
    assert ("missing-restart", "note") in _rules(fine)


@pytest.mark.scope("alice")
def test_what_is_installed_is_linted_and_not_failed(app: App) -> None:
    app.deployed({"web": WRONG}, lint_ignore=["bad-boolean"])
    result = app.scope.call("validate").ok()
    places = {(f["path"], f["line"], f["rule"]) for f in result["lint"]}
    assert (app.path(app.unit("web")), 4, "bad-boolean") in places
    ignored = app.scope.call("validate", lint_ignore=["bad-boolean"]).ok()
    assert "bad-boolean" not in {f["rule"] for f in ignored["lint"]}


def test_what_depends_on_the_scope(system: t.Any, alice: t.Any) -> None:
    web = container("PublishPort=127.0.0.1:81:81")
    for scope, told in ((system, False), (alice, True)):
        units = {"lint-web.container": web}
        result = scope.call("validate", name="lint", units=units).ok()
        assert (("rootless-port", "warning") in _rules(result)) is told
