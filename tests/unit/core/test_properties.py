"""Whatever value is given as data arrives byte for byte, or is refused with a reason.

./test --long takes ten times as many values, ./test --fast a tenth.
"""

from __future__ import annotations

import os
import pathlib
import tempfile
import time
import typing as t

import pytest
from hypothesis import Phase, given, settings

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet import quoting
from tests.unit.support import arrival
from tests.unit.support.arrival import Judge, refused
from tests.unit.support.forms import (
    FORMS,
    Form,
    expected_refusals,
)
from tests.unit.support.generators import RELEASES, find_generator
from tests.unit.support.hostile import ALONE, LARGE, batches
from tests.unit.support.share import FAST, pick
from tests.unit.support.tally import TALLY, Tally

REQUIRED = pick(long=20_000, usual=1_000, fast=100)
BATCH = 32
"""How many values of one form are in a unit at most, so that they meet."""


@pytest.fixture(scope="module")
def judges() -> t.Iterator[list[Judge]]:
    """One for each release's generator."""
    # Tens of thousands of small files: in memory where there is such a place.
    memory = pathlib.Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    with tempfile.TemporaryDirectory(dir=memory if usable else None) as folder:
        yield [
            Judge(find_generator(release), pathlib.Path(folder, release), list(FORMS.values()))
            for release in RELEASES
        ]


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Tally:
    """What the closing section reports."""
    return request.config.stash.setdefault(TALLY, Tally())


def judge(batch: t.Sequence[str], judges: t.Sequence[Judge], tally: Tally) -> None:
    """Every value of a batch in every form arrives, or is refused for the right reason."""
    written = {form.name: _writable(form, batch, tally) for form in FORMS.values()}
    for one in judges:
        found = one.differences(written)
        tally.differences += len(found)
        assert found == []
        for form in one.forms:
            tally.arrive(one.generator.release, form.name, len(written[form.name]))
    tally.values.update(*written.values())


def _writable(form: Form, batch: t.Sequence[str], tally: Tally) -> list[str]:
    """The values that a form takes; that it refuses the others, and why, is checked."""
    found = []
    for value in batch:
        if form.means(value):
            tally.left_out[form.name] += 1
            continue
        reason = check_refusal(form, value)
        if reason:
            tally.refuse(form.name, reason)
        else:
            found.append(value)
    return found


def check_refusal(form: Form, value: str) -> str | None:
    """The phrase of the table with which a value is refused in a form; None: it is not."""
    error, phrases = refused(form, value), expected_refusals(form, value)
    given = f"{form.name} {value!r:.200}"
    if error is None:
        assert phrases == [], f"{given}: not refused"
        return None
    assert error.where == f"a.{form.unit} [{form.section}] {form.key}", given
    found = [phrase for phrase in phrases if phrase in error.what]
    assert found, f"{given}: refused with {error.what!r}, and not with any of {phrases}"
    return found[0]


def test_each_value_of_the_lists(judges: list[Judge], tally: Tally) -> None:
    start = time.monotonic()
    for first in range(0, len(ALONE), BATCH):
        judge(ALONE[first : first + BATCH], judges, tally)
    tally.seconds += time.monotonic() - start


@pytest.mark.parametrize("name", [*LARGE][:: pick(long=1, usual=1, fast=3)])
def test_values_of_64_kib(judges: list[Judge], tally: Tally, name: str) -> None:
    """Of each release; with ./test --fast of one in turn."""
    start = time.monotonic()
    turn = [*LARGE].index(name) % len(judges)
    judge([LARGE[name]], judges[turn : turn + 1] if FAST else judges, tally)
    tally.seconds += time.monotonic() - start


def test_generated_values(judges: list[Judge], tally: Tally) -> None:
    start = time.monotonic()

    # In the same order at every run, so that a failure is not one of chance.
    @settings(
        max_examples=REQUIRED // 13,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
    )
    @given(batches(BATCH))
    def check(batch: list[str]) -> None:
        judge(batch, judges, tally)

    check()
    tally.seconds += time.monotonic() - start
    assert len(tally.values) >= REQUIRED, "fewer values were compared than the test promises"
    assert [one.generator.release for one in judges] == list(RELEASES)
    assert _passed_over(judges, tally) == []


def _passed_over(judges: t.Sequence[Judge], tally: Tally) -> list[tuple[str, str, int]]:
    """Generators and forms in which fewer values arrived than refusals can explain."""
    counts = [
        (one.generator.release, form.name, tally.arrived[one.generator.release][form.name])
        for one in judges
        for form in one.forms
    ]
    return [row for row in counts if row[2] < REQUIRED // 4]


MUTANTS = {
    "nothing is doubled for systemd": ("literal", lambda text: text, "Environment", "%n"),
    "words are not quoted": ("word", lambda text: text, "Label", "a b"),
    "backslashes stay": ("word", lambda text: f'"{text}"', "Exec", "a\\nb"),
    "items are not quoted": ("strv_word", lambda text: text, "Sysctl", "a b"),
    "lines are not checked": ("line", lambda text: text, "Volume: last part", "\nPull=never"),
    "lists are plain words": ("json_command", " ".join, "HealthCmd", "a b"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_careless_encoder_is_noticed(
    judges: list[Judge], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    function, careless, form, value = MUTANTS[name]
    assert not any(one.differences({form: ["plain"]}) for one in judges)
    monkeypatch.setattr(quoting, function, careless)
    monkeypatch.setattr(arrival, "render_once", arrival.render)
    assert all(one.differences({form: [value]}) for one in judges)


def _check_alone(form: Form, value: str, judges: t.Sequence[Judge]) -> None:
    if check_refusal(form, value) is None:
        assert [one.differences({form.name: [value]}) for one in judges] == [[]] * len(judges)
