# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Sizes as people write them.

As Ansible's human_to_bytes reads them, which a module of ansible-core 2.16 does not bring along
where only the engine asks for it.
"""

from __future__ import annotations

import re

from ..errors import QuadletError

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
_LETTERS = "BKMGTPEZY"


def parse_size(option: str, text: str) -> int:
    """Bytes of `10G`, `10 GB`, `1.5t` or `4096`: each letter is 1024 times the one before."""
    match = _SIZE.fullmatch(text)
    number, unit = match.groups() if match else ("", "?")
    unit = unit.upper() or "B"
    power = _LETTERS.find(unit[0])
    if power < 0 or unit[1:] not in ("", "B", "BYTE", "BYTES", "IB"):
        raise QuadletError(
            f"{text!r} is no size",
            where=option,
            remedy="Write a size like 10G.",
            topic="option-value",
        )
    return round(float(number) * (1 << 10 * power))
