# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Which items of a list are the same, so that a later one replaces an earlier one.

Sources: the Compose specification, "Merge", "Unique resources", and what Compose does beyond it.
"""

from __future__ import annotations

import posixpath
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node

Identify = t.Callable[[Node], str]
"""What tells an item apart; '' for one that can't be told, such as a mapping among texts."""


def _text(node: Node) -> str:
    return node.text


def _name_of_pair(node: Node) -> str:
    return node.text.split("=", 1)[0]


def _part(node: Node, key: str, default: str = "") -> str:
    """A part of a long form as text."""
    child = node.children.get(key)
    return default if child is None or child.value is None else child.text


def _path(node: Node) -> str:
    return _part(node, "path") if node.is_mapping else node.text


def _mount_target(node: Node) -> str:
    if node.is_mapping:
        return _normal(_part(node, "target"))
    source, _colon, rest = node.text.partition(":")
    return _normal(rest.partition(":")[0] or source)


def _tmpfs_target(node: Node) -> str:
    return _normal(node.text.partition(":")[0])


def _normal(path: str) -> str:
    return posixpath.normpath(path) if path else ""


def _device_target(node: Node) -> str:
    if node.is_mapping:
        return _part(node, "target") or _part(node, "source")
    source, _colon, rest = node.text.partition(":")
    return rest.partition(":")[0] or source


def _file_target(directory: str) -> Identify:
    def identify(node: Node) -> str:
        name = node.text
        if node.is_mapping:
            name = _part(node, "target") or _part(node, "source")
        return _normal(posixpath.join(directory, name)) if name else ""

    return identify


def _port(node: Node) -> str:
    """Address, published port, port, protocol."""
    if node.is_mapping:
        address, published = _part(node, "host_ip"), _part(node, "published")
        target, protocol = _part(node, "target"), _part(node, "protocol")
    else:
        ports, _slash, protocol = node.text.partition("/")
        head, _colon, target = ports.rpartition(":")
        address, _colon, published = head.rpartition(":")
    if not target:
        return ""
    return f"{address.strip('[]') or '0.0.0.0'}:{published}:{target}/{protocol or 'tcp'}"


def _subnet(node: Node) -> str:
    return _part(node, "subnet")


_TABLE: t.Final[dict[str, Identify]] = {
    "networks.*.ipam.config": _subnet,
    "services.*.blkio_config.device_read_bps": _path,
    "services.*.blkio_config.device_read_iops": _path,
    "services.*.blkio_config.device_write_bps": _path,
    "services.*.blkio_config.device_write_iops": _path,
    "services.*.blkio_config.weight_device": _path,
    "services.*.build.tags": _text,
    "services.*.cap_add": _text,
    "services.*.cap_drop": _text,
    "services.*.configs": _file_target("/"),
    "services.*.device_cgroup_rules": _text,
    "services.*.devices": _device_target,
    "services.*.dns": _text,
    "services.*.dns_opt": _text,
    "services.*.dns_search": _text,
    "services.*.env_file": _path,
    "services.*.expose": _text,
    "services.*.external_links": _text,
    "services.*.label_file": _text,
    "services.*.links": _text,
    "services.*.networks.*.aliases": _text,
    "services.*.networks.*.link_local_ips": _text,
    "services.*.ports": _port,
    "services.*.profiles": _text,
    "services.*.secrets": _file_target("/run/secrets"),
    "services.*.security_opt": _text,
    "services.*.tmpfs": _tmpfs_target,
    "services.*.volumes": _mount_target,
}
_PAIRS: t.Final = """
networks.*.labels volumes.*.labels secrets.*.labels configs.*.labels
services.*.annotations services.*.build.additional_contexts services.*.build.args
services.*.build.labels services.*.deploy.labels services.*.environment services.*.labels
services.*.sysctls
"""


def compile_pattern(pattern: str) -> tuple[str, ...]:
    """A pattern of a path as its parts."""
    return tuple(pattern.split("."))


def matching(path: tuple[str, ...]) -> t.Iterator[tuple[str, ...]]:
    """The patterns that a path can match: the second part is a name, and the fourth or last one
    may be.
    """
    if len(path) < 2:
        return
    named = (path[0], "*", *path[2:])
    yield named
    if len(path) > 3:
        yield (*named[:3], "*", *named[4:])


IS_PAIRS: t.Final = frozenset(compile_pattern(text) for text in _PAIRS.split())
_IDENTIFY: t.Final = {
    **{compile_pattern(pattern): identify for pattern, identify in _TABLE.items()},
    **dict.fromkeys(IS_PAIRS, _name_of_pair),
}
_LAST: t.Final = frozenset(pattern[-1] for pattern in _IDENTIFY)


def identity_at(path: tuple[str, ...]) -> Identify | None:
    """What tells the items of the list at a path apart; None: all of them are kept."""
    if not path or path[-1] not in _LAST:
        return None
    return next((_IDENTIFY[name] for name in matching(path) if name in _IDENTIFY), None)


def unify(items: t.Sequence[Node], identify: Identify) -> tuple[list[Node], list[Node]]:
    """The items without those that a later one replaces, which takes their place; and the
    replaced ones.
    """
    kept: dict[str, Node] = {}
    replaced = []
    for index, item in enumerate(items):
        name = identify(item) or f"[{index}]"
        if name in kept:
            replaced.append(kept[name])
        kept[name] = item
    return list(kept.values()), replaced
