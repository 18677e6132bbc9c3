"""Hostile values through a real systemd: a stub in Podman's place gets them byte for byte.

The unit tests read the generated services by rules that we have written down; here systemd does.
"""

from __future__ import annotations

import itertools
import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from tests.integration.support import stub
from tests.integration.support.hosts import Host
from tests.unit.support.arrival import compare_words, parse, plain, refused, service_name
from tests.unit.support.forms import FORMS, Form
from tests.unit.support.generators import RELEASES, find_generator
from tests.unit.support.hostile import ALONE, LARGE, draw

REQUIRED = 500
BATCH = 72
# A pod's and a kube's service wait for processes that a stub does not have; ReloadCmd is no
# part of a start.  Their arguments go the way of the others.
TRIED = [
    form
    for form in FORMS.values()
    if form.section not in ("Pod", "Kube") and form.key != "ReloadCmd"
]
RUN = ("ExecStartPre", "ExecStart", "ExecStop", "ExecStopPost")
"""Commands of a service that starts and ends, in the order in which systemd runs them."""


class Sent(t.NamedTuple):
    """A service on the host: the release that made it, and what was put into it."""

    release: str
    form: Form
    values: list[str]


def _batches() -> list[list[str]]:
    values = list(dict.fromkeys([*ALONE, *draw(500)]))
    parts = [values[first : first + BATCH] for first in range(0, len(values), BATCH)]
    return [*parts, [LARGE["of the grammar"]]]


def _plan() -> dict[str, Sent]:
    """Every form with every batch, by the service's stem; the generators take turns."""
    found = {}
    releases = itertools.cycle(RELEASES)
    for form, batch in itertools.product(TRIED, _batches()):
        release = next(each for each in releases if form.since <= _version(each))
        values = [value for value in batch if _arrives(form, value)]
        if values:
            found[f"{stub.PREFIX}{len(found)}"] = Sent(release, form, values)
    return found


def _arrives(form: Form, value: str) -> bool:
    return not (form.means(value) or refused(form, value))


def _version(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def _text(stem: str, sent: Sent) -> str:
    """A unit that ends by itself, and tells the stub who runs it."""
    service = {"Environment": f"RECORD={stem}"}
    if sent.form.section == "Container":
        service["Type"] = "oneshot"
    sections = {**sent.form.sections(sent.values), "Service": service}
    return render_unit(f"{stem}.{sent.form.unit}", sections)


def _make(plan: t.Mapping[str, Sent], folder: pathlib.Path) -> dict[str, bytes]:
    """The services as each release's generator makes them, with the stub in them."""
    found: dict[str, bytes] = {}
    for release in RELEASES:
        texts = {
            f"{stem}.{sent.form.unit}": _text(stem, sent)
            for stem, sent in plan.items()
            if sent.release == release
        }
        made = find_generator(release).make(texts, folder / release, stub.STUB)
        assert len(made.services) == len(texts), made.err[-2000:]
        found.update(made.services)
    return found


def _commands(name: str, data: bytes) -> list[list[bytes]]:
    """What a start and the end of it run, without the program's name."""
    unit = name.removesuffix(".service").encode()
    ordered = sorted(parse(data).commands, key=lambda command: RUN.index(command[0]))
    return [
        [word.replace(b"%t", b"/run").replace(b"%N", unit) for word in words[1:]]
        for _key, words in ordered
    ]


@pytest.fixture
def recording(host: Host) -> t.Iterator[Host]:
    """A host that is as it was when the test ends."""
    yield host
    stub.remove(host)


def test_values_through_a_real_systemd(recording: Host, tmp_path: pathlib.Path) -> None:
    plan = _plan()
    plain_plan = {s: sent._replace(values=plain(len(sent.values))) for s, sent in plan.items()}
    models = _make(plain_plan, tmp_path)
    stub.install(recording, _make(plan, tmp_path))
    said = stub.start(recording)
    runs = stub.read(recording)
    differences = []
    for stem, sent in plan.items():
        name = service_name(sent.form, stem)
        wanted, got = _commands(name, models[name]), runs.get(stem, [])
        reasons = [
            compare_words(sent.form, sent.values, words, model, bytes)
            for words, model in zip(got, wanted)
        ]
        if len(got) != len(wanted) or any(reasons):
            where = f"{sent.release} {sent.form.name} {sent.values!r:.200}"
            differences.append(f"{where}: {len(got)} of {len(wanted)} runs: {reasons}")
    assert differences == [], "\n".join([*differences[:5], said[-600:]])
    assert len({value for sent in plan.values() for value in sent.values}) >= REQUIRED
    assert {sent.release for sent in plan.values()} == set(RELEASES)
    assert {sent.form.name for sent in plan.values()} == {form.name for form in TRIED}
