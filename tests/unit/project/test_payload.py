"""What is sent to a host stays small."""

from __future__ import annotations

import pytest

from tests.unit.support.payload import make_payload, sizes

LIMIT = 216 * 1024
"""Of which a run that changes nothing loads the half: that counts more than what is sent."""


@pytest.mark.parametrize("module", ["app", "apps"])
def test_a_call_is_small(module: str) -> None:
    ours, _theirs = sizes(make_payload(module))
    assert 0 < ours < LIMIT
