"""Whether values arrived: a generated service beside the same one with plain values."""

from __future__ import annotations

import collections
import csv
import dataclasses
import functools
import pathlib
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from tests.unit.support.argv import SystemdError, expand, read_service, split_command
from tests.unit.support.forms import IMAGE, Form, Read
from tests.unit.support.generators import Generator

SERVICES = {"Container": "", "Kube": ""}
"""What a unit's service is called behind the unit's stem, where it is not -KIND."""

PLAIN = re.compile(rb"Plain(\d\d)")

DERIVED = frozenset({"SourcePath", "RequiresMountsFor"})
"""What Podman derives from paths: no arguments, and spelled as each release likes."""

PLACES = re.compile(rb"\A(?:#[^\n]*\n)+|(?<=\n)SourcePath=[^\n\\]*\n")
"""What names the generator and its folder, and makes the same text of two releases another one."""

Command = list[bytes]


def plain(count: int) -> list[str]:
    """So many values with nothing hostile in them."""
    return [f"Plain{number:02}" for number in range(count)]


def render(form: Form, values: tuple[str, ...]) -> str:
    """The text of a unit with values in a form."""
    return render_unit(f"a.{form.unit}", form.sections(list(values)))


render_once = functools.lru_cache(maxsize=256)(render)
"""The same, kept: the releases' judges ask in turn."""


def refused(form: Form, value: str) -> QuadletError | None:
    """Why a value can't be written in a form, if it can't."""
    try:
        render(form, (value,))
    except QuadletError as error:
        return error
    return None


class Service(t.NamedTuple):
    """A service: its commands as words that nothing is expanded in, and all else it says."""

    commands: list[tuple[str, Command]]
    rest: list[tuple[str, str, bytes]]


def service_name(form: Form, stem: str) -> str:
    """The file name of the service of a unit."""
    return f"{stem}{SERVICES.get(form.section, f'-{form.unit}')}.service"


def parse(data: bytes) -> Service:
    """A service's text as commands and all else."""
    return _parse(PLACES.sub(b"", data))


@functools.lru_cache(maxsize=256)  # two releases often write the same
def _parse(data: bytes) -> Service:
    commands, rest = [], []
    for section, key, value in read_service(data):
        if section == "Service" and key.startswith("Exec"):
            commands.append((key, split_command(value)))
        elif key not in DERIVED:
            rest.append((section, key, value))
    return Service(commands, rest)


@dataclasses.dataclass
class Judge:
    """Compares what one release's generator makes of hostile values with what it should be."""

    generator: Generator
    folder: pathlib.Path
    forms: t.Sequence[Form]
    patterns: dict[tuple[str, int], Service] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forms = [form for form in self.forms if form.since <= self.generator.version]

    def _add_patterns(self, wanted: t.Iterable[tuple[Form, int]]) -> None:
        """What the generator makes of so many plain values in a form."""
        units = {
            f"u{number}": (form, plain(count))
            for number, (form, count) in enumerate(wanted)
            if (form.name, count) not in self.patterns
        }
        if not units:
            return
        services, err = self._make(units)
        for stem, (form, values) in units.items():
            data = services.get(service_name(form, stem))
            assert data, f"{form.name}: no service of plain values: {err}"
            self.patterns[form.name, len(values)] = parse(data)

    def _make(self, units: t.Mapping[str, tuple[Form, list[str]]]) -> tuple[dict[str, bytes], str]:
        texts = {
            f"{stem}.{form.unit}": render_once(form, tuple(values))
            for stem, (form, values) in units.items()
        }
        return self.generator.make(texts, self.folder)

    def differences(self, given: t.Mapping[str, t.Sequence[str]]) -> list[str]:
        """What did not arrive of values by the names of forms, in words; none: all did."""
        units = {
            f"u{number}": (form, list(given[form.name]))
            for number, form in enumerate(self.forms)
            if given.get(form.name)
        }
        self._add_patterns((form, len(values)) for form, values in units.values())
        services, err = self._make(units)
        found = []
        for stem, (form, values) in units.items():
            reason = self._compare(form, values, services.get(service_name(form, stem)), err)
            if reason:
                found.append(f"{self.generator.release} {form.name} {values!r:.300}: {reason}")
        return found

    def _compare(
        self, form: Form, values: t.Sequence[str], data: bytes | None, err: str
    ) -> str | None:
        if data is None:
            return f"no service: {err[-300:]}"
        pattern = self.patterns[form.name, len(values)]
        try:
            service = parse(data)
            if service.rest != pattern.rest:
                return f"other lines than {pattern.rest} changed: {service.rest}"
            if [key for key, _words in service.commands] != [key for key, _w in pattern.commands]:
                return f"other commands: {service.commands}"
            for (_key, words), (_same, model) in zip(service.commands, pattern.commands):
                reason = compare_words(form, values, words, model)
                if reason:
                    return reason
        except (SystemdError, ValueError, csv.Error) as error:
            return f"{type(error).__name__}: {error}"
        return None


def fill(read: Read, values: t.Sequence[str]) -> Read:
    """The same with values in the places of plain ones."""
    return tuple(PLAIN.sub(lambda at: values[int(at.group(1))].encode(), part) for part in read)


def compare_words(
    form: Form,
    values: t.Sequence[str],
    words: Command,
    model: Command,
    expand_word: t.Callable[[bytes], bytes] = expand,
) -> str | None:
    """How a command differs from its model with the values in it; order counts from the image on.

    In front of it Podman's options have no order, but each value stands behind its own.
    """
    # What the generator itself has systemd expand, such as %t, stays unexpanded on both sides.
    fixed = {word for word in model if b"Plain" not in word}
    wanted = [form.read(word) if word in fixed else fill(form.read(word), values) for word in model]
    got = [form.read(word if word in fixed else expand_word(word)) for word in words]
    image = model.index(IMAGE.encode()) if IMAGE.encode() in model else 0
    if len(got) != len(wanted):
        return f"{len(got)} words, not {len(wanted)}: {words!r:.600}"
    if got[image:] != wanted[image:] and image:
        return f"{got[image:]!r:.300}, not {wanted[image:]!r:.300}"
    missing = collections.Counter(wanted) - collections.Counter(got)
    pairs = [
        (before, word)
        for before, word, original in zip(wanted, wanted[1:], model[1:])
        if b"Plain" in original
    ]
    missing_pairs = collections.Counter(pairs) - collections.Counter(zip(got, got[1:]))
    if missing or missing_pairs:
        lost = list(missing) or list(missing_pairs)
        return f"{lost!r:.300} did not arrive: {words!r:.600}"
    return None
