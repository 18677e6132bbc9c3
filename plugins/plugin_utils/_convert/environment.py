# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Variables, labels and secrets of a container."""

from __future__ import annotations

import re

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.safety import looks_secret
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.splitting import (
    split_words,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    SecretUse,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.sources import place_file
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.texts import slug
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.writing import Writing

_DOCKER_LABEL = "com.docker.compose."
_SIGNS = re.compile("[$%]")
"""In a unit they may stand for a value from elsewhere, in data they are themselves."""


def write_environment(writing: Writing, unit: Unit, container: Container) -> None:
    """Variables: as data, or as secrets where the name says so."""
    for name, item in container.environment.items():
        value, given = item.value, item.given
        if value is None:
            _pass_on(unit, container, name, given)
        elif writing.options.secrets == "auto" and looks_secret(name, _SIGNS.sub("_", value)):
            _hide(writing, unit, container, name, Value(value, given))
        else:
            unit.pair("Environment", name, value, given)
    for path in container.env_files:
        syntax = place_file(writing, path.value, path.given)
        unit.put_syntax("EnvironmentFile", syntax, path.given)
    for use in container.secrets:
        write_secret(unit, use)
    if container.engine == "docker":
        _tell_same_secrets(container)


def _tell_same_secrets(container: Container) -> None:
    """Podman keeps one file of a secret for a container: its last use says owner and mode."""
    uses = [use for use in container.secrets if use.kind == "mount"]
    last = {use.secret: use for use in uses}
    for use in uses:
        if _access(use) != _access(last[use.secret]):
            use.given.approximated(
                "it has the owner and the mode of the last use of the secret, since Podman has one "
                "file of a secret in a container",
                "Declare a second secret with the same value.",
            )


def _access(use: SecretUse) -> tuple[str, ...]:
    usual = {"uid": "0", "gid": "0", "mode": "0444"}
    return tuple(use.options.get(key, value) for key, value in usual.items())


def _pass_on(unit: Unit, container: Container, name: str, given: Given) -> None:
    """The variable of the service, which its unit may set."""
    unit.args(["--env", name], given)
    sets = [line.value for line in container.lines if line.key == "Environment"]
    if any(pair.startswith(f"{name}=") for value in sets for pair in split_words(value)):
        return
    given.approximated(
        "its value comes from the environment of the service's manager, not from a shell",
        "Give a value.",
        "passed-on-variable",
    )


def _hide(writing: Writing, unit: Unit, container: Container, name: str, item: Value[str]) -> None:
    """A value as a secret of the app; equal ones of several containers are one secret."""
    secret = slug(name)
    if writing.secrets.setdefault(secret, item.value) != item.value:
        secret = f"{slug(container.name)}-{secret}"
        while writing.secrets.setdefault(secret, item.value) != item.value:
            secret += "-2"
    options = {"source": secret, "type": "env", "target": name}
    unit.item("Secret", options, item.given)
    item.given.moved(
        f"it is the secret {secret} of the app, since units can be read by every user of a host",
        "Put its value into a vault.",
        "secret",
    )


def write_secret(unit: Unit, use: SecretUse) -> None:
    """A secret of the store, as a file or a variable."""
    options = {"source": use.secret, "type": use.kind, **use.options}
    if use.kind == "mount" and not use.options:
        options = {"source": use.secret}
    unit.item("Secret", options, use.given)


def write_labels(unit: Unit, container: Container) -> None:
    """Labels and annotations; Compose's own labels would tell of what is not there."""
    for name, item in container.labels.items():
        if name.startswith(_DOCKER_LABEL):
            item.given.dropped("it tells of a Compose project, which there is none", rule="label")
        else:
            unit.pair("Label", name, item.value, item.given)
    for name, item in container.annotations.items():
        unit.pair("Annotation", name, item.value, item.given)
