# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Keys that are options of podman, whatever they are given for."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import (
    Handler,
    Handlers,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    NOTHING,
    Scope,
    UnfitError,
    convert,
    items,
    mapping,
    pairs,
    refusing,
    scalar,
    text,
    texts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given


def _read_option(scope: Scope, branch: Branch, row: Row) -> None:
    value = text(branch)
    if value:
        scope.set(row.argument, value, branch)
    else:
        branch.take().exact("it is empty")


def _read_flag(scope: Scope, branch: Branch, row: Row) -> None:
    if convert(branch, values.to_bool):
        scope.set(row.argument, None, branch)
    else:
        branch.take().exact("that is so without it")


def _read_each(scope: Scope, branch: Branch, row: Row) -> None:
    for value in texts(branch):
        scope.options.append(_option(row, value.value, value.given))


def _read_pairs(scope: Scope, branch: Branch, row: Row) -> None:
    for key, value in pairs(branch):
        scope.options.append(_option(row, f"{key}={value.value or ''}", value.given))


def _option(row: Row, value: str, given: Given) -> Option:
    return Option(row.argument, value, given)


def _parsed(parse: t.Callable[[values.Data], object]) -> Handler[Scope]:
    def read(scope: Scope, branch: Branch, row: Row) -> None:
        scope.set(row.argument, str(convert(branch, parse)), branch)

    return read


def _to_micros(value: values.Data) -> int:
    """Microseconds, given as a number or as a duration."""
    try:
        return values.to_int(value)
    except ValueError:
        return round(values.to_seconds(value) * 1_000_000)


def _read_hosts(scope: Scope, branch: Branch, row: Row) -> None:
    if branch.is_mapping:
        for host, part in branch.items():
            if part.is_list and part.is_empty:
                part.take().exact(NOTHING)
            for item in part.each() if part.is_list else [part]:
                with refusing(item):
                    _add_host(scope, item, row, host, text(item))
        return
    for item in items(branch):
        with refusing(item):
            line = text(item)
            host, sign, addresses = line.partition("=" if "=" in line else ":")
            if not sign:
                raise UnfitError(item, f"{line!r} has no address", "Write HOST=ADDRESS.")
            _add_host(scope, item, row, host, addresses)


def _add_host(scope: Scope, item: Branch, row: Row, host: str, addresses: str) -> None:
    if not host or set(host) & set(":="):
        raise UnfitError(item, f"{host!r} is no name of a host")
    for address in addresses.split(","):
        bare = address.strip().removeprefix("[").removesuffix("]")
        scope.add(row.argument, f"{host}:{bare}", item)


def _read_rates(scope: Scope, branch: Branch, row: Row) -> None:
    key = "weight" if "weight" in row.argument else "rate"
    for item in items(branch):
        with refusing(item):
            fields = mapping(item)
            if set(fields) != {"path", key}:
                raise UnfitError(item, f"it needs path and {key}")
            limit = convert(fields[key], values.to_size if key == "rate" else values.to_int)
            scope.add(row.argument, f"{text(fields['path'])}:{limit}", item)


def _read_ulimits(scope: Scope, branch: Branch, row: Row) -> None:
    if not branch.is_mapping:
        raise UnfitError(branch, "it is no mapping")
    for name, part in branch.items():
        with refusing(part):
            scope.add(row.argument, f"{name}={_limits(part)}", part)


def _limits(part: Branch) -> str:
    if not part.is_mapping:
        return str(convert(part, values.to_int))
    fields = mapping(part)
    if set(fields) != {"soft", "hard"}:
        raise UnfitError(part, "it needs soft and hard")
    soft, hard = (convert(fields[key], values.to_int) for key in ("soft", "hard"))
    return str(soft) if soft == hard else f"{soft}:{hard}"


def _read_isolation(_scope: Scope, branch: Branch, row: Row) -> None:
    if scalar(branch) == "default":
        branch.take().exact("it is the default")
    else:
        raise UnfitError(branch, row.text, "Remove the key.")


OPTIONS: t.Final[Handlers[Scope]] = {
    "option": _read_option,
    "flag": _read_flag,
    "each": _read_each,
    "pairs": _read_pairs,
    "int": _parsed(values.to_int),
    "number": _parsed(values.to_number),
    "size": _parsed(values.to_size),
    "micros": _parsed(_to_micros),
    "hosts": _read_hosts,
    "rates": _read_rates,
    "ulimits": _read_ulimits,
    "isolation": _read_isolation,
}
"""Handlers by their names in the table."""
