# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Looks through a part of the model."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given


def given_within(part: object) -> t.Iterator[Given]:
    """Every thing of the report that a part of the model has."""
    if isinstance(part, Given):
        yield part
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from given_within(getattr(part, field.name))
    elif isinstance(part, (list, tuple)):
        for item in part:
            yield from given_within(item)
    elif isinstance(part, dict):
        for item in part.values():
            yield from given_within(item)
