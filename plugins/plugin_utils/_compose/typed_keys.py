# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The types that some keys of Compose have whatever their values are written as."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Scalar

Kind = t.Literal["int", "float", "bool"]

_TABLE: t.Final = """
services.*
    bool: init oom_kill_disable privileged read_only stdin_open tty
    int: cpu_count cpu_shares oom_score_adj pids_limit scale
    float: cpu_percent cpus
services.*.build
    bool: no_cache privileged pull
services.*.build.ulimits
    int: *
services.*.build.ulimits.*
    int: hard soft
services.*.depends_on.*
    bool: required restart
services.*.env_file.[]
    bool: required
services.*.deploy
    int: replicas
services.*.deploy.placement
    int: max_replicas_per_node
services.*.deploy.restart_policy
    int: max_attempts
services.*.deploy.rollback_config
    int: parallelism
    float: max_failure_ratio
services.*.deploy.update_config
    int: parallelism
    float: max_failure_ratio
services.*.deploy.resources.limits
    int: pids
services.*.healthcheck
    bool: disable
    int: retries
services.*.ports.[]
    int: target
services.*.ulimits
    int: *
services.*.ulimits.*
    int: hard soft
services.*.volumes.[]
    bool: read_only
services.*.volumes.[].bind
    bool: create_host_path
services.*.volumes.[].volume
    bool: nocopy
networks.*
    bool: attachable enable_ipv4 enable_ipv6 external internal
volumes.*
    bool: external
secrets.*
    bool: external
configs.*
    bool: external
"""


def _parse_table(text: str) -> dict[tuple[str, ...], Kind]:
    table: dict[tuple[str, ...], Kind] = {}
    parent: tuple[str, ...] = ()
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            parent = tuple(line.split("."))
            continue
        kind, names = line.strip().split(": ")
        table.update({(*parent, name): t.cast("Kind", kind) for name in names.split()})
    return table


_KINDS: t.Final = _parse_table(_TABLE)
_LAST: t.Final = frozenset(path[-1] for path in _KINDS)
_DEPTHS: t.Final = frozenset(len(path) for path in _KINDS)


def type_at(path: tuple[str, ...]) -> Kind | None:
    """The type of the key at a path; items of lists are []."""
    if len(path) not in _DEPTHS or not (path[-1] in _LAST or "ulimits" in path):
        return None
    named = (path[0], "*", *path[2:])
    candidates = [named, (*named[:-1], "*"), (*named[:-2], "*", named[-1])]
    return next((_KINDS[name] for name in candidates if name in _KINDS), None)


_INT: t.Final = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT: t.Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_BOOLEANS: t.Final = {
    **dict.fromkeys(("true", "y", "yes", "on"), True),
    **dict.fromkeys(("false", "n", "no", "off"), False),
}


def cast(text: str, kind: Kind) -> Scalar:
    """The value of a text as a type.  ValueError: it has none of that type."""
    if kind == "bool":
        if text.lower() not in _BOOLEANS:
            raise ValueError(f"{text!r} is neither true nor false")
        return _BOOLEANS[text.lower()]
    if kind == "int":
        if not _INT.fullmatch(text):
            raise ValueError(f"{text!r} is no whole number")
        return int(text)
    if not _FLOAT.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    return float(text)
