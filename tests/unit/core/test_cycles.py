"""Services that wait for each other in a circle."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.cycles import find_cycles
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import (
    Service,
    parse_verdict,
    to_service,
)
from tests.unit.support.generators import Generator

ORDER, NEEDS = "start after each other", "need each other"


def _service(name: str, **keys: str) -> Service:
    block = {("Unit", key): [value] for key, value in keys.items()}
    return to_service(
        f"{name}.service", {**block, ("Unit", "SourcePath"): [f"/x/{name}.container"]}
    )


CASES: dict[str, tuple[dict[str, dict[str, str]], list[str]]] = {
    "none": ({"a": {"After": "b.service", "Requires": "b.service"}, "b": {}}, []),
    "after": (
        {"a": {"After": "b.service"}, "b": {"After": "a.service"}},
        [f"{ORDER}: a.service → b.service → a.service (a.container, b.container)"],
    ),
    "before is after the other way round": (
        {"a": {"After": "b.service", "Before": "c.service"}, "b": {"After": "c.service"}, "c": {}},
        [f"{ORDER}: a.service → b.service → c.service → a.service"],
    ),
    "before": (
        {"a": {"Before": "b.service"}, "b": {"Before": "a.service"}},
        [f"{ORDER}: a.service → b.service → a.service"],
    ),
    "before and after of one pair agree": (
        {"a": {"Before": "b.service"}, "b": {"After": "a.service"}},
        [],
    ),
    "needs": (
        {"a": {"Requires": "b.service"}, "b": {"BindsTo": "a.service"}},
        [f"{NEEDS}: a.service → b.service → a.service"],
    ),
    "both": (
        {
            "a": {"Requires": "b.service", "After": "b.service"},
            "b": {"Requires": "a.service", "After": "a.service"},
        },
        [ORDER, NEEDS],
    ),
    "part of what needs it": (
        {"a": {"Requires": "b.service", "After": "b.service"}, "b": {"PartOf": "a.service"}},
        [],
    ),
    "needed and started later": (
        {"a": {"Requires": "b.service", "Before": "b.service"}, "b": {}},
        [],
    ),
    "wanted each by the other": (
        {"a": {"Wants": "b.service"}, "b": {"Wants": "a.service"}},
        [],
    ),
    "itself": ({"a": {"After": "a.service", "Requires": "a.service"}}, []),
    "outside": (
        {"a": {"After": "x.service network-online.target"}, "b": {"Before": "x.service"}},
        [],
    ),
    "an instance by its specifier": (
        {"w@1": {"After": "v@%i.service"}, "v@1": {"After": "w@1.service"}},
        [f"{ORDER}: v@1.service → w@1.service → v@1.service"],
    ),
    "templates": ({"w@": {"After": "v@.service"}, "v@": {"After": "w@.service"}}, []),
}


@pytest.mark.parametrize(("services", "told"), CASES.values(), ids=CASES)
def test_cycles(services: dict[str, dict[str, str]], told: list[str]) -> None:
    errors = find_cycles(_service(name, **keys) for name, keys in services.items())
    assert len(errors) == len(told)
    for error, text in zip(errors, told):
        assert text in error.what
        assert error.where
        assert error.remedy


UNITS: dict[str, tuple[dict[str, str], str]] = {
    "containers": (
        {
            "a.container": "[Unit]\nAfter=b.service\n[Container]\nImage=x.io/a:1\n",
            "b.container": "[Unit]\nAfter=a.service\n[Container]\nImage=x.io/a:1\n",
        },
        "a.service → b.service → a.service",
    ),
    "a network and its container": (
        {
            "n.network": "[Unit]\nAfter=a.service\n[Network]\n",
            "a.container": "[Container]\nImage=x.io/a:1\nNetwork=n.network\n",
        },
        "a.service → n-network.service → a.service",
    ),
    "a pod and its container": (
        {
            "p.pod": "[Unit]\nAfter=a.service\n[Pod]\n",
            "a.container": "[Container]\nImage=x.io/a:1\nPod=p.pod\n",
        },
        "a.service → p-pod.service → a.service",
    ),
    "no circle": (
        {
            "p.pod": "[Pod]\n",
            "a.container": "[Unit]\nAfter=b.service\n[Container]\nImage=x.io/a:1\nPod=p.pod\n",
            "b.container": "[Container]\nImage=x.io/a:1\nPod=p.pod\nVolume=v.volume:/x\n",
            "v.volume": "[Volume]\n",
        },
        "",
    ),
}


@pytest.mark.parametrize(("units", "circle"), UNITS.values(), ids=UNITS)
def test_what_generators_make(
    units: t.Mapping[str, str], circle: str, generator: Generator, tmp_path: pathlib.Path
) -> None:
    said = generator.read(units, tmp_path)
    verdict = parse_verdict(said.out, said.err)
    assert len(verdict.services) == len(units)
    errors = find_cycles(verdict.services)
    assert [circle in error.what for error in errors] == ([True] if circle else [])
