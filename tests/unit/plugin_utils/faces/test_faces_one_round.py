# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All causes at once: what can't be loaded hides nothing of what can't be read, nor the reverse.

The product: each kind of cause of the loader that leaves a tree, with each kind of the readers
and the writer.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    COMPOSE,
    parse_arguments,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import (
    RefusedError,
    convert_texts,
)
from tests.unit.support.compose import FakeFiles


@dataclasses.dataclass(frozen=True)
class Fault:
    """A fault.  services, top: what is added to a file.  cause: what is told of it.  over: a second
    text.  files: beside the file.  given: arguments.  absent: it is that something is not there.
    """

    cause: str
    services: str = ""
    top: str = ""
    over: str = ""
    files: dict[str, str] = dataclasses.field(default_factory=dict)
    given: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    absent: bool = False


LOADING: t.Final = {
    "unset": Fault("the variable NONE has no value", "a: {image: '${NONE}'}"),
    "unset port": Fault("the variable P has no value", "a: {image: x, ports: ['${P}:80']}"),
    "unset source": Fault("the variable D has no value", "a: {image: x, volumes: ['${D}:/d']}"),
    "unset source of a mapping": Fault(
        "the variable D has no value",
        "a: {image: x, volumes: [{type: volume, source: '${D}', target: /d}]}",
    ),
    "unset flag": Fault("the variable R has no value", "a: {image: x, read_only: '${R}'}"),
    "unset need": Fault("the variable N has no value", "a: {image: x, depends_on: ['${N}']}"),
    "required": Fault("the variable NONE has no value: say it", "a: {image: '${NONE:?say it}'}"),
    "required, the others empty": Fault(
        "the variable NONE has no value", "a: {image: '${NONE:?}'}", given={"unset": "empty"}
    ),
    "no name": Fault("the project has no name", given={"name": "", "base": ""}),
    "wrong name": Fault("which is no name of a project", given={"name": "A b"}),
    "key twice": Fault("the key stands twice", "a: {image: x, image: y}"),
    "key that is no text": Fault("the key 1 is no text", "a: {image: x, environment: {1: b}}"),
    "tag": Fault("the tag !foo means nothing", "a: {image: !foo x}"),
    "merge": Fault("<< takes a mapping", "a: {<<: 5, image: x}"),
    "alias": Fault("no anchor &none", "a: {image: x, hostname: *none }"),
    "template": Fault("no closing brace", "a: {image: x, hostname: '${A'}"),
    "template of a port": Fault("no name of a variable", "a: {image: x, ports: ['${}:80']}"),
    "type": Fault(
        "neither true nor false", "a: {image: x, read_only: '${R}'}", given={"env": {"R": "so"}}
    ),
    "service that is none": Fault("a service is a mapping", "a: 5"),
    "need of one that is none": Fault(
        "a service is a mapping", "a: 5\n  b: {image: x, depends_on: [a]}"
    ),
    "section that is none": Fault(
        "it has no names", "a: {image: x, configs: [conf]}", "configs: [conf]"
    ),
    "extends a missing file": Fault(
        "can't read no.yml", "a: {extends: {file: no.yml, service: x}}"
    ),
    "extends a file outside": Fault(
        "../o.yml is not below", "a: {extends: {file: ../o.yml, service: x}}"
    ),
    "extends no service": Fault("there is no service x", "a: {extends: {service: x}}"),
    "extends itself": Fault("services extend each other", "a: {extends: a}"),
    "extends what is no YAML": Fault(
        "no YAML", "a: {extends: {file: bad.yml, service: x}}", files={"bad.yml": "a: [\n"}
    ),
    "extends an unset file": Fault(
        "the variable F has no value", "a: {extends: {file: '${F}', service: x}}"
    ),
    "includes a missing file": Fault(
        "can't read no.yml", "a: {image: x, depends_on: [there], networks: [n]}",
        "include: [no.yml]",
    ),
    "includes nothing": Fault(
        "there is nothing in it.yml", top="include: [it.yml]", files={"it.yml": "#"}
    ),
    "includes itself": Fault("files include each other", top="include: [c.yml]"),
    "includes another of a name": Fault(
        "has another service of this name", "a: {image: x}", "include: [i.yml]",
        files={"i.yml": "services: {a: {image: y}}"},
    ),
    "merge of kinds": Fault(
        "can't be merged over", "a: {image: x, ports: ['80']}",
        over="services: {a: {ports: 5}}",
    ),
    "no YAML in the second": Fault(
        "no YAML", "a: {image: x, depends_on: [there]}", over="services: {there: {image: x"
    ),
    "no mapping in the second": Fault("not a mapping", "a: {image: x}", over="[a]"),
    "profile": Fault(
        "is only in the profiles p",
        "a: {image: x, depends_on: [b]}\n  b: {image: x, profiles: [p]}",
    ),
    "no such service": Fault("there is no service b", "a: {image: x, depends_on: [b]}"),
    "no such network": Fault("there is no service b", "a: {image: x, network_mode: 'service:b'}"),
    "missing env file": Fault("can't read no.env", given={"env_files": ["no.env"]}),
    "wrong env file": Fault("env:1", files={".env": "a b=1\n"}),
}  # fmt: skip

READING: t.Final = {
    "unknown key": Fault("there is no such key", "z: {image: x, nonsense: 1}"),
    "unknown key at the top": Fault("there is no such key", top="nonsense: 1"),
    "another system's": Fault(
        "managed service account", "z: {image: x, credential_spec: {file: f}}"
    ),
    "provider that is needed": Fault(
        "external program", "y: {provider: {type: t}}\n  z: {image: x, depends_on: [y]}"
    ),
    "port": Fault("'x' is no port", "z: {image: x, ports: [x]}"),
    "number for a text": Fault("it is no text", "z: {image: x, hostname: 5}"),
    "restart": Fault("is no policy", "z: {image: x, restart: z}"),
    "size": Fault("'z' is no size", "z: {image: x, mem_limit: z}"),
    "volume": Fault("vol is not declared", "z: {image: x, volumes: ['vol:/v']}", absent=True),
    "network": Fault("n is not declared", "z: {image: x, networks: [n]}", absent=True),
    "secret": Fault("s is not declared", "z: {image: x, secrets: [s]}", absent=True),
    "config": Fault("c is not declared", "z: {image: x, configs: [c]}", absent=True),
    "no image": Fault("it has neither image nor build", "z: {hostname: x}", absent=True),
    "modes": Fault(
        "there are networks as well", "z: {image: x, network_mode: host, networks: [default]}"
    ),
    "circle": Fault(
        "none could start first",
        "y: {image: x, depends_on: [z]}\n  z: {image: x, depends_on: [y]}",
    ),
    "driver": Fault(
        "no network driver 'd'", "z: {image: x, networks: [m]}", "networks: {m: {driver: d}}"
    ),
    "volume driver": Fault(
        "no volume driver d", "z: {image: x, volumes: ['vol2:/u']}", "volumes: {vol2: {driver: d}}"
    ),
    "no command": Fault("drop the image's command", "z: {image: x, command: []}"),
    "limits": Fault("2 containers can't publish", "z: {image: x, scale: 2, ports: ['80:80']}"),
    "names": Fault("can't have one name", "z: {image: x, scale: 2, container_name: c}"),
}  # fmt: skip


def _causes(*faults: Fault) -> list[str]:
    """What is told of a project with faults."""
    lines = [fault.services for fault in faults if fault.services] or ["ok: {image: x}"]
    top = [fault.top for fault in faults if fault.top]
    text = "\n".join(["services:", *(f"  {line}" for line in lines), *top, ""])
    over = [(f"{n}.yml", fault.over) for n, fault in enumerate(faults) if fault.over]
    given: dict[str, t.Any] = {"name": "shop", "base": "/srv/shop"}
    files = FakeFiles({name: text for fault in faults for name, text in fault.files.items()})
    for fault in faults:
        given.update(fault.given)
    values = parse_arguments(COMPOSE, given)
    with pytest.raises(RefusedError) as raised:
        convert_texts(COMPOSE, [("c.yml", text), *over], values, files=files)
    return list(raised.value.causes)


def _bare(cause: str) -> str:
    """Without lines, which differ."""
    return re.sub(r"\b(yml):\d+", r"\1", cause)


def test_each_alone_has_one_cause() -> None:
    wrong = {
        name: causes
        for name, fault in {**LOADING, **READING}.items()
        if len(causes := _causes(fault)) != (2 if name == "circle" else 1)
        or fault.cause not in causes[0]
    }
    assert wrong == {}


GAPS: t.Final = frozenset(
    name
    for name in LOADING
    if name.startswith(("extends", "includes", "merge of", "no YAML", "service that", "section"))
    and name != "includes another of a name"
) | {"need of one that is none", "no mapping in the second"}
"""Of these a part of the project is missing, which may have what is not there."""


def test_both_of_a_pair_are_told() -> None:
    wrong = []
    alone = {name: list(map(_bare, _causes(fault))) for name, fault in READING.items()}
    for loading, first in LOADING.items():
        told = list(map(_bare, _causes(first)))
        for reading, second in READING.items():
            expected = {*told, *(() if second.absent and loading in GAPS else alone[reading])}
            found = set(map(_bare, _causes(first, second)))
            if found != expected:
                wrong.append((loading, reading, found ^ expected))
    assert wrong == []


def test_they_are_in_the_order_of_files_and_lines() -> None:
    text = """services:
  a: {image: x, ports: [z]}
  b: {image: '${NONE}'}
  c: {image: x, nonsense: 1}
"""
    values = parse_arguments(COMPOSE, {"base": ""})
    over = "services:\n  b: {hostname: '${OTHER}'}\n  c: {restart: z}\n"
    with pytest.raises(RefusedError) as raised:
        convert_texts(COMPOSE, [("b.yml", text), ("a.yml", over)], values)
    places = [cause.split(": ")[0] for cause in raised.value.causes]
    assert places == ["b.yml:1", "b.yml:2", "b.yml:3", "b.yml:4", "a.yml:2", "a.yml:3"]


def test_a_wrong_part_is_no_refusal_twice() -> None:
    report = Report(["c.yml"])
    report.refuse_at("services.a", "c.yml", 2, "first", "")
    report.give("services.a", "c.yml", 2).refused("again")
    report.give("services.a.image", "c.yml", 2).refused("another")
    assert report.refusals() == ["c.yml:2: services.a: first", "c.yml:2: services.a.image: another"]
