# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Devices of a service, and the graphics cards that it reserves."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose import values
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.dispatch import Handlers
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.reading import (
    UnfitError,
    convert,
    items,
    mapping,
    pairs,
    refusing,
    taken,
    text,
    texts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.service import Service
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.table import Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.taking import Branch
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Option
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

_DEVICE: t.Final = "--device"
_MOST_CARDS: t.Final = 64
_NVIDIA: t.Final = "nvidia.com/gpu"
_VENDORS: t.Final = {"": _NVIDIA, "nvidia": _NVIDIA}
_CARDS: t.Final = frozenset({"gpu", "nvidia", "compute", "utility", "graphics", "video", "all"})


def _read_devices(service: Service, branch: Branch, _row: Row) -> None:
    for item in items(branch):
        with refusing(item):
            service.options.append(_device(item))


def _device(item: Branch) -> Option:
    if not item.is_mapping:
        line = text(item)
        if len(line.split(":")) > 3 or not line:
            raise UnfitError(item, f"{line!r} is no device", "Write SOURCE[:TARGET[:rwm]].")
        return Option(_DEVICE, line, item.take())
    fields = mapping(item)
    source, target, access = (taken(fields, key) for key in ("source", "target", "permissions"))
    if not source:
        raise UnfitError(item, "it has no source")
    if access and not set(access) <= set("rwm"):
        raise UnfitError(fields["permissions"], f"{access!r} has others than r, w and m")
    if access and not target:
        target = source
    return Option(_DEVICE, ":".join(filter(None, [source, target, access])), item.head())


def _read_cards(service: Service, branch: Branch, _row: Row) -> None:
    if not branch.is_list:
        if text(branch) != "all":
            raise UnfitError(branch, f"{text(branch)!r} is not all", "Write all, or a list.")
        _add_cards(service, branch.take(), _NVIDIA, ["all"])
        return
    for item in branch.each():
        with refusing(item):
            _read_request(service, item)


def _read_request(service: Service, item: Branch) -> None:
    fields = mapping(item)
    abilities = _abilities(fields)
    driver = taken(fields, "driver")
    if abilities and not abilities & _CARDS:
        raise UnfitError(
            item, f"CDI knows no device by {', '.join(sorted(abilities))}", "Give devices."
        )
    if "options" in fields:
        for _key, value in pairs(fields["options"]):
            value.given.dropped("CDI has no options")
    vendor = _VENDORS.get(driver, driver if "/" in driver else f"{driver}.com/gpu")
    _add_cards(service, item.head(), vendor, _names(item, fields))


def _abilities(fields: t.Mapping[str, Branch]) -> set[str]:
    """The capabilities that are asked for; each may be a list itself."""
    found: set[str] = set()
    branch = fields.get("capabilities")
    if branch:
        for item in items(branch):
            found |= {text(part) for part in item.each()} if item.is_list else {text(item)}
        branch.take().exact()
    return found


def _names(item: Branch, fields: t.Mapping[str, Branch]) -> list[str]:
    count, ids = fields.get("count"), fields.get("device_ids")
    if count and ids:
        raise UnfitError(item, "it has count and device_ids", "Give one of them.")
    if ids:
        found = [value.value for value in texts(ids)]
        for value in texts(ids):
            value.given.exact()
        return found
    if count is None or text(count) in ("all", "-1"):
        if count:
            count.take().exact()
        return ["all"]
    number = convert(count, values.to_int)
    if not 0 < number <= _MOST_CARDS:
        raise UnfitError(count, f"{number} is none of 1 to {_MOST_CARDS}", "Write all.")
    count.take().exact()
    return [str(index) for index in range(number)]


def _add_cards(service: Service, given: Given, vendor: str, names: list[str]) -> None:
    if vendor == _NVIDIA:
        all_of_them = names == ["all"]
        value = "all" if all_of_them else f"device={','.join(names)}"
        service.options.append(Option("--gpus", value, given))
        return
    given.approximated(
        "Podman gives GPUs by their CDI names",
        f"The host needs a CDI specification of {vendor}.",
        "gpu",
    )
    service.options += [Option(_DEVICE, f"{vendor}={name}", given) for name in names]


DEVICES: t.Final[Handlers[Service]] = {"devices": _read_devices, "gpus": _read_cards}
"""Handlers by their names in the table."""
