"""Fixtures of the unit tests: the real generators."""

from __future__ import annotations

import functools

import pytest

from tests.unit.support.generators import RELEASES, Generator, find_generator

_find = functools.cache(find_generator)


@pytest.fixture(params=RELEASES)
def generator(request: pytest.FixtureRequest) -> Generator:
    """The generator of each release in turn; never skipped."""
    return _find(request.param)
