"""The table of kinds, held against what the generators make of units."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    KINDS,
    by_folder,
    drop_ins_of,
    kind_of,
    object_name,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import (
    Service,
    parse_verdict,
)
from tests.unit.support.generators import RELEASES
from tests.unit.support.recorded import read_recorded, read_texts


def _services(release: str) -> dict[str, Service]:
    said = read_recorded(release, "good")
    return {service.unit: service for service in parse_verdict(said.out, said.err).services}


@pytest.mark.parametrize("release", RELEASES)
def test_names_of_objects(release: str) -> None:
    """The default where no key says otherwise; of a template Podman fills in more."""
    texts = {p: parse_unit(p, text) for p, text in read_texts("good").items() if kind_of(p)}
    seen = set()
    for unit, service in _services(release).items():
        kind = kind_of(unit)
        assert kind
        if not kind.object_name or "@" in unit:
            continue
        names = {*service.objects, service.makes}
        given = texts[unit].value(kind.section, kind.name_key)
        renamed = texts[unit].value(kind.section, "ServiceName")
        if not renamed or "%N" not in kind.object_name:
            assert (given or object_name(unit)).replace("%%", "%") in names, unit
            seen.add((kind.suffix, bool(given)))
    assert seen >= {(suffix, given) for suffix in ("pod", "volume", "network") for given in (0, 1)}
    assert ("container", False) in seen


@pytest.mark.parametrize("release", RELEASES)
def test_names_of_services(release: str) -> None:
    for unit, service in _services(release).items():
        kind = kind_of(unit)
        assert kind
        if unit != "db.container":  # ServiceName=sql
            stem = unit.rpartition(".")[0]
            assert service.name == f"{stem}{kind.service_suffix}.service"


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_service_needs_starts_before_it(release: str) -> None:
    services = _services(release)
    units = {service.name: unit for unit, service in services.items()}
    pairs = {
        (units[need].rpartition(".")[2], unit.rpartition(".")[2])
        for unit, service in services.items()
        for need in service.needs
        if need in units
    }
    assert {("network", "container"), ("pod", "container"), ("image", "volume")} <= pairs
    for first, second in pairs:
        assert first == second or KINDS[first].order < KINDS[second].order, (first, second)


@pytest.mark.parametrize(
    ("unit", "paths", "ordered"),
    [
        ("web.container", [], []),
        (
            "web.container",
            ["web.container.d/20.conf", "web.container.d/10.conf", "db.container.d/5.conf"],
            ["web.container.d/10.conf", "web.container.d/20.conf"],
        ),
        (
            "a-b.container",
            ["/etc/container.d/30.conf", "a-.container.d/10.conf", "a-.container.d/20.conf"],
            ["a-.container.d/10.conf", "a-.container.d/20.conf", "/etc/container.d/30.conf"],
        ),
        (
            "a-b.container",
            ["container.d/10.conf", "a-.container.d/10.conf", "a-b.container.d/10.conf"],
            ["a-b.container.d/10.conf"],
        ),
        (
            "w@1.container",
            ["w@.container.d/10.conf", "w@.container.d/20.conf", "w@1.container.d/20.conf"],
            ["w@.container.d/10.conf", "w@1.container.d/20.conf"],
        ),
    ],
)
def test_drop_ins_in_the_order_that_they_count(
    unit: str, paths: list[str], ordered: list[str]
) -> None:
    assert drop_ins_of(unit, by_folder(paths)) == ordered
