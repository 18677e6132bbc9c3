"""The fake answers in the forms that hosts have answered in, and runs as hosts have run.

It proves nothing about systemd or Podman; what it is used for stands on these forms.
"""

from __future__ import annotations

import typing as t

import pytest

from tests.unit.engine.support import releases
from tests.unit.engine.support.host import Host
from tests.unit.engine.support.recorded import SCOPES, Row, forms, forms_of, read_rows

STEPS: dict[str, t.Callable[[], releases.Params]] = {
    "first": lambda: releases.release(1),
    "unchanged": lambda: releases.release(1),
    "crashing": releases.crashing,
    "looping": releases.looping,
    "unwell": releases.unwell,
    "update": lambda: releases.release(2),
    "rollback": releases.rolled_back,
    "absent": releases.absent,
}
"""The runs that were recorded, in turn, by the names that they have there."""


@pytest.mark.parametrize("kind", SCOPES)
def test_answers_have_recorded_forms(kind: str, make_host: t.Callable[[str], Host]) -> None:
    host, known = make_host(kind), forms()
    answered: list[Row] = []
    for params in STEPS.values():
        host.run(params())
        answered += host.commands
    unknown = {form for row in answered for form in forms_of(row)} - known
    assert len(answered) > 150
    assert unknown == set()


@pytest.mark.parametrize("kind", SCOPES)
def test_runs_ask_what_they_ask_on_hosts(kind: str, make_host: t.Callable[[str], Host]) -> None:
    host = make_host(kind)
    asked = set()
    for params in STEPS.values():
        host.run(params())
        asked |= {row.argv[:2] for row in host.commands}
    recorded = {row.argv[:2] for row in read_rows(kind)}
    assert asked <= recorded
    assert {("podman", "secret"), ("podman", "network")} <= asked


@pytest.mark.parametrize(
    "row",
    [
        Row(("podman", "ps"), 0, '[{"Names": "web"}]\n', ""),
        Row(("podman", "secret", "rm", "--", "none"), 0, "", "Error: something new\n"),
        Row(
            ("busctl",),
            0,
            '{"data":[[["a.service","","loaded","active","odd","","",0,"",""]]]}',
            "",
        ),
    ],
)
def test_a_form_that_no_host_answered_in_is_seen(row: Row) -> None:
    assert not set(forms_of(row)) <= forms()
