# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Options of podman that a unit takes as a key, or as PodmanArgs=."""

from __future__ import annotations

import functools

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    SECTIONS,
    Key,
    Reads,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.splitting import TRUE
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.unit import Unit

# fmt: off
FLAGS = frozenset({
    "--disable-dns", "--env-host", "--force-rm", "--http-proxy", "--init", "--interactive",
    "--internal", "--ipv6", "--no-cache", "--no-healthcheck", "--no-hostname", "--no-hosts",
    "--oom-kill-disable", "--passwd", "--privileged", "--publish-all", "--quiet", "--read-only",
    "--read-only-tmpfs", "--rmi", "--squash", "--squash-all", "--tls-verify", "--tty",
    "--unsetenv-all",
})
# fmt: on
"""Options without a value of their own: `--init`, `--init=false`."""

_OFF = FLAGS - {"--http-proxy", "--passwd", "--read-only-tmpfs", "--tls-verify"}
"""Flags that are off by default."""


def write_option(unit: Unit, option: Option) -> None:
    """The key that the option is, or PodmanArgs=."""
    name, value = option.name, option.value
    row = key_of(unit.section, name, value or "")
    if row is None and name in _OFF and not is_true(value):
        option.given.exact("it is the default")
    elif row is None or not unit.key(row.name):
        unit.args(option_words(name, value), option.given)
    elif row.reads is Reads.BOOL:
        unit.put(row.name, "true" if is_true(value) else "false", option.given)
    elif row.reads is Reads.KEYVAL and value and value.partition("=")[0] and "=" in value:
        pair, _equals, text = value.partition("=")
        unit.pair(row.name, pair, text, option.given)
    elif value is None or row.reads is Reads.KEYVAL:
        unit.args(option_words(name, value), option.given)
    else:
        unit.put(row.name, value[len(row.option.partition("=")[2]) :], option.given)


def option_words(name: str, value: str | None) -> list[str]:
    """The option on podman's command line."""
    if value is None or (name in FLAGS and is_true(value)):
        return [name]
    return [f"{name}={value}"] if name in FLAGS or not value else [name, value]


def is_true(value: str | None) -> bool:
    """Whether a flag is set."""
    return value is None or value.lower() in (*TRUE, "t")


def key_of(section: str, option: str, value: str) -> Key | None:
    """The key that an option is, with such a value."""
    rows = _keys(section)
    row = rows.get(f"{option}={value.partition('=')[0]}=") if "=" in value else None
    return row or rows.get(option) or rows.get(f"{option}=")


@functools.cache
def _keys(section: str) -> dict[str, Key]:
    rows = SECTIONS[section].values()
    return {row.option: row for row in rows if row.option and not row.option.startswith("--label=")}
