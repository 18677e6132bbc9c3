# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the option that silences lint."""

from __future__ import annotations


class ModuleDocFragment:
    """Lint."""

    DOCUMENTATION = r"""
options:
  lint_ignore:
    description:
      - Lint rules that are not to be told. An item is the id of a rule, for the whole app, or
        C(UNIT:RULE), V(web.container:moving-tag) say, for one unit with its drop-ins.
      - "In a unit's text a comment C(# lint: ignore RULE) does the same for that unit."
      - What the generator would refuse anyway can't be silenced.
    type: list
    elements: str
    default: []
"""
