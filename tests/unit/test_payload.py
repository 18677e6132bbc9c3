"""What is sent to a host stays small."""

from __future__ import annotations

from tests.unit.support.payload import make_payload, sizes

LIMIT = 200 * 1024
"""It was 150 before a run could be undone and secrets, archives and drift were part of it."""


def test_an_app_call_is_small() -> None:
    ours, _theirs = sizes(make_payload())
    assert 0 < ours < LIMIT
