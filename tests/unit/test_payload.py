"""What is sent to a host stays small."""

from __future__ import annotations

import pytest

from tests.unit.support.payload import make_payload, sizes

LIMIT = 200 * 1024
"""It was 150 before a run could be undone and secrets, archives and drift were part of it."""


@pytest.mark.parametrize("module", ["app", "apps"])
def test_a_call_is_small(module: str) -> None:
    ours, _theirs = sizes(make_payload(module))
    assert 0 < ours < LIMIT
