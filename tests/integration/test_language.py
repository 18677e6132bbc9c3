"""Keys and values on a host whose Podman is older than they are, and several units in one text."""

from __future__ import annotations

import pathlib

from tests.integration.support.apps import App, container

NEWER = ("HttpProxy=no", "Retry=4")
OPTIONS = "--http-proxy=false --retry 4"


def _command(app: App) -> str:
    """The command that made the container, as Podman tells it."""
    name = f"systemd-{app.name}-web"
    return app.scope.ssh(
        f"podman inspect --format '{{{{join .Config.CreateCommand \" \"}}}}' {name}"
    )


def test_a_newer_key_is_an_error_that_names_both_releases(either: App) -> None:
    message = either.deploy({"web": container(*NEWER)}).refused()
    assert "HttpProxy came with Podman 5.7, the host has 5.4." in message
    assert "Retry came with Podman 5.5, the host has 5.4." in message
    assert "compat: args, which writes PodmanArgs=--retry" in message
    assert not either.host.exists(either.path())


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


def test_one_unit_and_validate_take_the_option_too(either: App) -> None:
    name = either.unit("web")
    scope = either.scope
    said = scope.call("validate", name=either.name, units={name: container(*NEWER)})
    assert "came with Podman" in said.refused()
    valid = scope.call(
        "validate", name=either.name, units={name: container(*NEWER)}, compat="args"
    ).ok()
    assert list(valid["services"]) == [either.service("web")]
    scope.call(
        "unit",
        name=name,
        app=either.name,
        content=container(*NEWER),
        compat="args",
        gate={"stable": 0},
    ).ok()
    assert OPTIONS in _command(either)


def test_what_has_no_option_is_refused_all_the_same(either: App) -> None:
    message = either.deploy({"web": container("ReloadCmd=true")}, compat="args").refused()
    assert "ReloadCmd came with Podman 5.5" in message


def test_what_this_release_misreads_is_refused(either: App) -> None:
    lines = ('HealthCmd=sh -c "true"', "Environment=BARE")
    other = {
        "other": container(more="\n[Unit]\nAfter=APP-web.container\n".replace("APP", either.name))
    }
    message = either.deploy({"web": container(*lines), **other}).refused()
    for words in (
        "take away every double quote at the ends",
        "a name without '=' is dropped",
        f"Write {either.service('web')}.",
    ):
        assert words in message, message
    assert not either.host.exists(either.path())


def test_several_units_in_one_text(either: App, tmp_path: pathlib.Path) -> None:
    text = f"# FileName={either.name}-web\n{container(f'Network={either.name}-n.network')}"
    text += f"---\n# FileName={either.name}-n\n[Network]\n"
    bundle = f"{either.name}.quadlets"
    either.run(units={bundle: text}).ok()
    assert either.runs("web")
    assert either.host.ssh(f"ls {either.path()}").split() == [
        either.unit("n", "network"),
        either.unit("web"),
    ]
    (tmp_path / bundle).write_text(text, encoding="utf-8")
    assert not either.run(src=str(tmp_path)).ok().changed
