# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The option secrets: values by name."""

from __future__ import annotations

import typing as t

from ..errors import QuadletError
from ..secrets.secret import LONGEST_NAME, check_name, decode_value

_SUFFIX_SIZE = 14  # without the app's name


def parse_secrets(given: t.Mapping[str, t.Any], app: str) -> dict[str, bytes]:
    """Values by name, as the module's option has them; no error shows any part of a value."""
    values = {}
    for name, value in given.items():
        where = f"secrets {name}"
        options = dict(value) if isinstance(value, t.Mapping) else {"value": value}
        unknown = sorted(set(map(str, options)) - {"value", "encoding"})
        encoding = options.get("encoding", "text")
        try:
            if unknown or "value" not in options or encoding not in ("text", "base64"):
                raise QuadletError(
                    "it is neither text nor a mapping of value and encoding (text or base64)",
                    remedy="Write NAME: VALUE, or NAME: {value: …, encoding: base64}.",
                    topic="secret-value",
                )
            check_name(str(name))
            _check_length(str(name), app)
            values[str(name)] = decode_value(options["value"], encoding)
        except QuadletError as error:
            raise QuadletError(
                error.what, where=where, remedy=error.remedy, topic=error.topic
            ) from None
    return values


def _check_length(name: str, app: str) -> None:
    limit = LONGEST_NAME - _SUFFIX_SIZE - len(app)
    if len(name.encode("utf-8", "surrogateescape")) > limit:
        raise QuadletError(
            f"the name has more than {limit} bytes, so none are left for the app's name behind it",
            remedy="Give it a shorter name.",
            topic="secret-name",
        )
