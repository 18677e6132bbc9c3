"""Keys and values on a host whose Podman is older than they are, and several units in one text."""

from __future__ import annotations

import pathlib

import pytest

from tests.integration.support.apps import App, container

NEWER = ("HttpProxy=no", "Retry=4")
OPTIONS = "--http-proxy=false --retry 4"


def _command(app: App) -> str:
    """The command that made the container, as Podman tells it."""
    name = f"systemd-{app.name}-web"
    return app.scope.ssh(
        f"podman inspect --format '{{{{join .Config.CreateCommand \" \"}}}}' {name}"
    )


@pytest.mark.scope("alice")
def test_a_newer_key_is_an_error_that_names_both_releases(app: App) -> None:
    message = app.deploy({"web": container(*NEWER)}).refused()
    assert "HttpProxy came with Podman 5.7, the host has 5.4." in message
    assert "Retry came with Podman 5.5, the host has 5.4." in message
    assert "compat: args, which writes PodmanArgs=--retry" in message
    assert not app.host.exists(app.path())


@pytest.mark.scope("system")
def test_a_newer_key_as_the_option_that_it_stands_for(app: App) -> None:
    texts = {"web": container(*NEWER)}
    first = app.deployed(texts, compat="args")
    assert first.actions == {app.service("web"): "start"}
    assert OPTIONS in _command(app)
    installed = app.host.read(app.path(app.unit("web")))
    assert "PodmanArgs=--http-proxy=false\nPodmanArgs=--retry 4\n" in installed
    assert not app.deployed(texts, compat="args").changed
    changed = app.deployed({"web": container("HttpProxy=no", "Retry=5")}, compat="args")
    assert "(PodmanArgs)" in changed.reasons(app.service("web"))


@pytest.mark.scope("system")
def test_one_unit_and_validate_take_the_option_too(app: App) -> None:
    name = app.unit("web")
    scope = app.scope
    said = scope.call("validate", name=app.name, units={name: container(*NEWER)})
    assert "came with Podman" in said.refused()
    valid = scope.call(
        "validate", name=app.name, units={name: container(*NEWER)}, compat="args"
    ).ok()
    assert list(valid["services"]) == [app.service("web")]
    scope.call(
        "unit",
        name=name,
        app=app.name,
        content=container(*NEWER),
        compat="args",
        gate={"stable": 0},
    ).ok()
    assert OPTIONS in _command(app)


@pytest.mark.scope("alice")
def test_what_has_no_option_is_refused_all_the_same(app: App) -> None:
    message = app.deploy({"web": container("ReloadCmd=true")}, compat="args").refused()
    assert "ReloadCmd came with Podman 5.5" in message


@pytest.mark.scope("system")
def test_what_this_release_misreads_is_refused(app: App) -> None:
    lines = ('HealthCmd=sh -c "true"', "Environment=BARE")
    other = {
        "other": container(more="\n[Unit]\nAfter=APP-web.container\n".replace("APP", app.name))
    }
    message = app.deploy({"web": container(*lines), **other}).refused()
    for words in (
        "take away every double quote at the ends",
        "a name without '=' is dropped",
        f"Write {app.service('web')}.",
    ):
        assert words in message, message
    assert not app.host.exists(app.path())


@pytest.mark.scope("alice")
def test_several_units_in_one_text(app: App, tmp_path: pathlib.Path) -> None:
    text = f"# FileName={app.name}-web\n{container(f'Network={app.name}-n.network')}"
    text += f"---\n# FileName={app.name}-n\n[Network]\n"
    bundle = f"{app.name}.quadlets"
    app.run(units={bundle: text}).ok()
    assert app.runs("web")
    assert app.host.ssh(f"ls {app.path()}").split() == [
        app.unit("n", "network"),
        app.unit("web"),
    ]
    (tmp_path / bundle).write_text(text, encoding="utf-8")
    assert not app.run(src=str(tmp_path)).ok().changed
