"""Units of podman generate systemd and what the generators make of the converted ones: the same
podman commands, but for the options of Podman's own services.
"""

from __future__ import annotations

import collections
import functools
import json
import pathlib
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Options
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.write import write_app
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.read import read_generated
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import Objects
from tests.unit.support.containers import recorded
from tests.unit.support.conversion_words import plain_words, run_words, words_of
from tests.unit.support.generators import Generator
from tests.unit.support.older_units import POD, SHAPES, new_unit
from tests.unit.support.podman_words import Meaning, differences

_HEADER = re.compile(r"^# (\S+\.service)$", re.MULTILINE)
_WORDS = (
    ["registry.test:5000/busybox:1"],
    [
        "-e",
        "A=b c",
        "-e",
        "P=50% $x",
        "registry.test:5000/busybox:1",
        "sh",
        "-c",
        'echo "$HOME" %n',
    ],
    ["--hostname", "inner", "-p", "8080:80", "-v", "data:/data:z", "registry.test:5000/nginx:1"],
    [
        "-v",
        "/srv/a:/a:ro",
        "--label",
        "l={{.Name}} it's",
        "registry.test:5000/busybox:1",
        "-x",
        "\\",
    ],
    [
        "-dit",
        "--net=host",
        "--memory",
        "64m",
        "registry.test:5000/busybox:1",
        "cmd",
        "--detach=false",
    ],
    ["--restart=always", "--cap-add", "NET_ADMIN", "--tmpfs", "/t", "registry.test:5000/busybox:1"],
)


class Unit(t.NamedTuple):
    """Units that are converted together.  inspected: what they need beside themselves."""

    id: str
    texts: tuple[tuple[str, str], ...]
    inspected: tuple[t.Any, ...] = ()


def _older() -> t.Iterator[Unit]:
    for shape in SHAPES:
        for number, words in enumerate(_WORDS):
            name = f"c{number}-{shape.release.replace('.', '')}"
            unit = new_unit(shape, name, ["--name", name, *words])
            yield Unit(f"{shape.release} {number}", (unit,))
    yield Unit("pod 3.4.4", (("", POD),))


def _recorded() -> t.Iterator[Unit]:
    objects = (*recorded("inspect").values(), *recorded("pods").values())
    for key, text in recorded("units").items():
        yield Unit(key, (("", text),), () if "--new" in key else objects)


UNITS = [*_older(), *_recorded()]


@functools.cache
def converted(number: int) -> tuple[dict[str, str], list[dict[str, t.Any]]]:
    """(units, report) of a row of the table."""
    return convert(UNITS[number])


def convert(unit: Unit) -> tuple[dict[str, str], list[dict[str, t.Any]]]:
    """(units, report)."""
    report, options = Report(), Options(secrets="keep")
    objects = Objects(report)
    objects.add("inspect.json", json.dumps(unit.inspected))
    model = read_generated(unit.texts, report, options, inspected=objects)
    app = write_app(model, report, options)
    texts = {
        name: made if isinstance(made, str) else render_unit(name, made)
        for name, made in app["units"].items()
    }
    return texts, report.items()


def _asked(unit: Unit) -> dict[str, Meaning]:
    """What each original service asks for, by the name in Podman."""
    asked = {}
    for file, whole in unit.texts:
        for text in re.split(r"(?m)^(?=# \S+\.service$)", whole):
            header = _HEADER.search(text)
            if header:
                service = header.group(1) or file
                meaning = plain_words(_asked_words(unit, text, service))
                _add_stop_timeout(meaning, words_of(text, "ExecStop", service))
                asked[_name_of(meaning, service)] = meaning
    return asked


def _asked_words(unit: Unit, text: str, service: str) -> list[str]:
    start = words_of(text, "ExecStart", service)[0]
    pods = [words for words in words_of(text, "ExecStartPre", service) if words[1] == "pod"]
    if start[1] != "start":
        return pods[0] if pods else start
    for shown in unit.inspected:
        infra = shown.get("InfraContainerID", "none")
        members = [one["Name"] for one in shown.get("Containers", ()) if one["Id"] == infra]
        if start[2] in (infra, *members):
            return list(shown["CreateCommand"])
    shown = next(one for one in unit.inspected if start[2] in (one["Name"], one["Id"]))
    return list(shown["Config"]["CreateCommand"])


def _add_stop_timeout(meaning: Meaning, stops: t.Sequence[list[str]]) -> None:
    """A stop command with another time than a container's own ten seconds."""
    for words in stops:
        seconds = words[words.index("-t") + 1] if "-t" in words else "10"
        if seconds != "10" and not any("--stop-timeout" in word for word in meaning):
            meaning[f"--stop-timeout={seconds}"] += 1


def _name_of(meaning: Meaning, service: str) -> str:
    names = [w.partition("=")[2] for w in meaning if w.startswith(("--name=", "name="))]
    return names[0] if names else service


def _made(generator: Generator, texts: dict[str, str], folder: pathlib.Path) -> dict[str, Meaning]:
    """What each converted service asks for, by the name in Podman."""
    made = generator.make(texts, folder)
    assert "error" not in made.err.lower(), made.err
    found = {}
    for service, data in made.services.items():
        for words in run_words(data.decode(), service)[:1]:
            meaning = plain_words(words)
            found[_name_of(meaning, service)] = meaning
    return found


def _batches() -> list[list[int]]:
    """Units whose converted files have different names, so that one run takes many."""
    batches: list[tuple[set[str], list[int]]] = []
    for number in range(len(UNITS)):
        names = set(converted(number)[0])
        place = next((b for b in batches if not b[0] & names), None)
        if place is None:
            place = (set(), [])
            batches.append(place)
        place[0].update(names)
        place[1].append(number)
    return [units for _names, units in batches]


def test_the_table_has_sixty_units() -> None:
    assert len(UNITS) >= 60


def test_commands_are_the_same(generator: Generator, tmp_path: pathlib.Path) -> None:
    wrong = []
    count = 0
    for place, batch in enumerate(_batches()):
        texts: dict[str, str] = {}
        for number in batch:
            texts.update(converted(number)[0])
        made = _made(generator, texts, tmp_path / str(place))
        for unit in (UNITS[number] for number in batch):
            for name, asked in _asked(unit).items():
                count += 1
                there = made.get(name, made.get(f"systemd-{name[10:-8]}", collections.Counter()))
                if name.endswith(".service"):  # it has no name of its own
                    there = collections.Counter(
                        {w: n for w, n in there.items() if w[:6] != "--name"}
                    )
                missing, beside = differences(asked, there)
                if missing or beside:
                    wrong.append(f"{unit.id}: {name}: missing {missing}, beside {beside}")
    assert not wrong, "\n".join(wrong)
    assert count >= 60


def test_twice_gives_the_same_bytes() -> None:
    assert [unit.id for n, unit in enumerate(UNITS) if convert(unit) != converted(n)] == []


def test_nothing_is_lost_silently() -> None:
    lost = {
        (unit.id, row["path"], row["outcome"])
        for number, unit in enumerate(UNITS)
        for row in converted(number)[1]
        if row["outcome"] in ("dropped", "refused")
    }
    assert {(name, path) for name, path, _outcome in lost} == {("logs --new --name", "--label")}
