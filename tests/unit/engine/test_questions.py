"""A change of one unit asks systemd and Podman no more than it has to."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.state.generation import (
    Generation,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._engine import cleanup
from tests.unit.engine.support import releases
from tests.unit.engine.support.host import Host

MakeHost = t.Callable[[str], Host]


def _lines(host: Host, *words: str) -> list[str]:
    """Commands of the last run with these words."""
    lines = (" ".join(row.argv) for row in host.commands)
    return [line for line in lines if all(word in f" {line} " for word in words)]


def _update(host: Host, number: int) -> None:
    ended = host.run({**releases.release(1, f"Label=number={number}"), "generations": 2})
    assert ended.result, ended.error
    host.rest()


def test_a_service_that_restarts_is_not_started_too(make_host: MakeHost) -> None:
    host = make_host("system")
    _update(host, 1)
    _update(host, 2)
    assert len(_lines(host, " systemctl restart ", " shop-web.service ")) == 1
    assert _lines(host, " systemctl start ") == []


def test_images_that_others_need_are_not_looked_for(make_host: MakeHost) -> None:
    host = make_host("system")
    for number in range(1, 5):
        _update(host, number)
    assert _lines(host, " podman images ") == []
    names = list(host.podman.images)
    assert any(name.startswith("localhost/quadlet.fleet:shop.") for name in names), names


def _generation(number: int, *idents: str, brought: tuple[str, ...] = ()) -> Generation:
    images = {f"registry.test/i{n}:1": (ident, "") for n, ident in enumerate(idents)}
    return Generation("shop", number, 0.0, "root", (), {}, images=images, brought=brought)


@pytest.mark.parametrize(
    ("dropped", "left", "wanted"),
    [
        (_generation(1, "a"), [_generation(2, "a")], False),
        (_generation(1, "a"), [_generation(2, "b")], True),
        (_generation(1, "a", "b"), [_generation(2, "b"), _generation(3, "a")], False),
        (_generation(1, "a"), [_generation(2, "a"), _generation(3, "b")], False),
        (_generation(1, "a", brought=("registry.test/x:1",)), [_generation(2, "a")], True),
        (_generation(1, "a", brought=("registry.test/i0:1",)), [_generation(2, "a")], False),
        (_generation(1), [_generation(2, "a")], False),
        (_generation(1, "a"), [], True),
    ],
)
def test_who_may_have_images_for_itself(
    dropped: Generation, left: list[Generation], wanted: bool
) -> None:
    assert cleanup._needs_more(dropped, left) is wanted
