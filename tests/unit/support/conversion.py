"""Conversions as they are asked for, and what the real generators make of many of them at once."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import tempfile
import typing as t

from ansible_collections.quadlet.fleet.plugins.filter import from_compose, from_run
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from tests.unit.support.argv import Assignment, SystemdError, expand, read_service, split_command
from tests.unit.support.generators import Generator

Result = dict[str, t.Any]

_compose = from_compose.FilterModule().filters()["from_compose"]
_run = from_run.FilterModule().filters()["from_run"]
_SPECIFIER = re.compile(rb"(?<!%)%([tNniIhU])")


class RefusedError(Exception):
    """A conversion was refused; the message has all causes."""


def convert_compose(text: t.Any, **options: t.Any) -> Result:
    """What from_compose makes of a text; RefusedError: it is refused."""
    return _call(_compose, "from_compose", text, options)


def convert_run(text: t.Any, **options: t.Any) -> Result:
    """What from_run makes of a text; RefusedError: it is refused."""
    return _call(_run, "from_run", text, options)


def _call(
    function: t.Callable[..., Result], name: str, text: t.Any, options: dict[str, t.Any]
) -> Result:
    try:
        return function(text, **options)
    except Exception as error:
        if not str(error).startswith(f"{name}: "):
            raise
        raise RefusedError(str(error)) from error


def unit_texts(result: Result) -> dict[str, str]:
    """The texts of an app's units."""
    return {
        name: unit if isinstance(unit, str) else render_unit(name, unit)
        for name, unit in result["units"].items()
    }


def service_names(result: Result) -> list[str]:
    """The services that are made of an app's units."""
    parts = [name.rpartition(".") for name in result["units"]]
    return [
        f"{stem}.service" if kind in ("container", "kube") else f"{stem}-{kind}.service"
        for stem, _dot, kind in parts
    ]


@dataclasses.dataclass
class Service:
    """A service that a generator made."""

    name: str
    lines: list[Assignment]

    def command(self) -> list[str]:
        """The words of the podman command that it is for; %t stays as it is."""
        key = next((one for one in self.lines if one.key == "ExecStart"), None)
        assert key is not None, f"{self.name} has no ExecStart"
        kept = _SPECIFIER.sub(rb"%%\1", key.value)
        return [self._expand(word) for word in split_command(kept)]

    def _expand(self, word: bytes) -> str:
        """A word as the process gets it, with the service's own variables."""
        for one in self.lines:
            name, _equals, value = one.value.partition(b"=")
            if one.key == "Environment" and word == b"${%s}" % name:
                return value.decode()
        return expand(word).decode()

    def has(self, section: str, line: str) -> bool:
        """Whether it has a line; * in it stands for anything."""
        key, _equals, value = line.partition("=")
        pattern = ".*".join(map(re.escape, value.split("*"))) if "=" in line else ".*"
        return any(
            one.section == section
            and one.key == key
            and re.fullmatch(pattern, one.value.decode(), re.DOTALL)
            for one in self.lines
        )


def make_services(
    generator: Generator, apps: t.Iterable[t.Mapping[str, str]], *, user: bool = False
) -> tuple[dict[str, Service], list[str]]:
    """(services by name, complaints) of the texts of many apps, in one call of a generator."""
    texts: dict[str, str] = {}
    for units in apps:
        assert not texts.keys() & units.keys(), "two apps have a unit of one name"
        texts.update(units)
    with tempfile.TemporaryDirectory() as folder:
        made = generator.make(texts, pathlib.Path(folder), user=user)
    place = str(pathlib.Path(folder, "units")).encode()
    services, complaints = {}, made.err.splitlines()
    for name, data in made.services.items():
        try:
            services[name] = Service(name, read_service(data.replace(place, b"/units")))
        except SystemdError as error:
            complaints.append(f"{name}: {error}")
    return services, complaints
