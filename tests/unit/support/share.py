"""How much of the largest tests a run takes."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("QUADLET_TEST_LONG"))
"""./test --long: all of everything."""

UNDER_ANSIBLE_TEST = "ansible_forked" in os.environ.get("PYTEST_PLUGINS", "")
"""ansible-test units, which hands no variable of ours on."""

INNER_LOOP = bool(os.environ.get("QUADLET_TEST_FAST"))
"""./test --fast."""

FAST = INNER_LOOP or UNDER_ANSIBLE_TEST
"""A sample of the largest tests: of what differs by no release of Ansible."""


def pick(*, long: int, usual: int, fast: int) -> int:
    """The number that this run takes."""
    return long if LONG else fast if FAST else usual
