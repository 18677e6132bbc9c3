"""Drop-ins of adopted units: which move, and which the app replaces."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.adopted import (
    Adopted,
    find_moves,
)

WEB = {"web.container": Adopted("/q/web.container", "")}
DROP_IN = "/q/web.container.d/a.conf"
MOVED = "/q/app/web.container.d/a.conf"

CASES: dict[str, tuple[dict[str, Adopted], list[str], list[str], dict[str, str], tuple[str, ...]]]
CASES = {
    "no unit is adopted": ({}, [DROP_IN], [], {}, ()),
    "no drop-ins": (WEB, [], [], {}, ()),
    "it moves with its unit": (WEB, [DROP_IN], ["web.container"], {DROP_IN: MOVED}, ()),
    "the app declares it": (WEB, [DROP_IN], ["web.container.d/a.conf"], {}, (DROP_IN,)),
    "the app declares another": (WEB, [DROP_IN], ["web.container.d/b.conf"], {DROP_IN: MOVED}, ()),
    "of all containers": (WEB, ["/q/container.d/a.conf"], [], {}, ()),
    "of another unit": (WEB, ["/q/db.container.d/a.conf"], [], {}, ()),
    "of the unit's name elsewhere": (WEB, ["/other/web.container.d/a.conf"], [], {}, ()),
    "from a directory of its own": (
        {"web.container": Adopted("/q/old/web.container", "")},
        ["/q/old/web.container.d/a.conf"],
        [],
        {"/q/old/web.container.d/a.conf": MOVED},
        (),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_moves(
    case: tuple[dict[str, Adopted], list[str], list[str], dict[str, str], tuple[str, ...]],
) -> None:
    adopted, drop_ins, desired, moves, replaced = case
    assert find_moves(adopted, drop_ins, desired, "/q/app") == (moves, replaced)
