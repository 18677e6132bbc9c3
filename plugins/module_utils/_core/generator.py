# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the Quadlet generator's dry run says: services on stdout, messages on stderr."""

from __future__ import annotations

import re
import typing as t

from .errors import QuadletError
from .kinds import is_template
from .quoting import split_words
from .unitfile import UnitText

_PREFIX = re.compile(r"^quadlet-generator\[\d+\]: ")
_BLOCK = re.compile(r"---(.+)---")
_LOAD_ERROR = re.compile(r'^(?:error loading|Error loading) ["\'](.+?)["\'],? (?:ignoring: )?(.*)$')
_CONVERT_ERROR = re.compile(
    r'^(?:converting|Error converting) ["\'](.+?)["\'][:,] (?:ignoring: )?(.*)$'
)
_QUIET = re.compile(
    r"^(Loading source unit file |processing encountered some errors"
    r"|No files (to parse|parsed) from )"
)
_NEEDS = ("Requires", "BindsTo", "Requisite")


class Service(t.NamedTuple):
    """One generated service.  source: the unit's path.  needs: services without which it
    is stopped; follows: those and PartOf=.  once: it ends by itself and then reads inactive.
    objects: names of containers and pods that its command takes with C(--replace).
    makes: the volume or network that it makes, and leaves when it goes, or ''.
    """

    name: str
    source: str
    needs: tuple[str, ...]
    follows: tuple[str, ...]
    once: bool
    objects: tuple[str, ...]
    can_reload: bool
    makes: str

    @property
    def unit(self) -> str:
        """The unit file's name."""
        return self.source.rpartition("/")[2]

    @property
    def template(self) -> bool:
        """Whether it is a template, which has no state of its own."""
        return is_template(self.name)


class Complaint(t.NamedTuple):
    """An error message of the generator: the path or name of a unit, and the text."""

    unit: str
    text: str


class Verdict(t.NamedTuple):
    """What a dry run said."""

    services: tuple[Service, ...]
    errors: tuple[Complaint, ...]
    warnings: tuple[str, ...]


def parse_verdict(stdout: str, stderr: str) -> Verdict:
    """Services, errors and warnings of a dry run, of any Podman from 4.7 on."""
    errors: list[Complaint] = []
    warnings: list[str] = []
    for line in stderr.split("\n"):  # and at no other "line end" of Unicode
        text = _PREFIX.sub("", line)
        for pattern in (_LOAD_ERROR, _CONVERT_ERROR):
            match = pattern.match(text)
            if match:
                errors.append(Complaint(match.group(1), match.group(2)))
                break
        else:
            if text.strip() and not _QUIET.match(text):
                warnings.append(text)
    return Verdict(tuple(_parse_services(stdout)), tuple(errors), tuple(warnings))


def _parse_services(stdout: str) -> t.Iterator[Service]:
    name = ""
    lines: list[str] = []
    for line in [*stdout.split("\n"), "------"]:
        block = _BLOCK.fullmatch(line)
        if block or line == "------":
            if name:
                yield _parse_service(name, lines)
            name, lines = block.group(1) if block else "", []
        else:
            lines.append(line)


def _parse_service(name: str, lines: t.Sequence[str]) -> Service:
    values: dict[tuple[str, str], list[str]] = {}
    section = ""
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if equals:
            values.setdefault((section, key), []).append(value)

    def words(*keys: str) -> tuple[str, ...]:
        found = [
            word for key in keys for text in values.get(("Unit", key), []) for word in text.split()
        ]
        return tuple(dict.fromkeys(found))

    def last(key: str, default: str) -> str:
        return values.get(("Service", key), [default])[-1].lower()

    commands = values.get(("Service", "ExecStart"), []) + values.get(
        ("Service", "ExecStartPre"), []
    )
    return Service(
        name=name,
        source=values.get(("Unit", "SourcePath"), [""])[-1],
        needs=words(*_NEEDS),
        follows=words(*_NEEDS, "PartOf"),
        once=last("Type", "") == "oneshot"
        and last("RemainAfterExit", "no") not in ("yes", "true", "1", "on"),
        objects=tuple(n for text in commands for n in _object_names(name, text)),
        can_reload=("Service", "ExecReload") in values,
        makes=next(filter(None, (_made(name, text) for text in commands)), ""),
    )


def _object_names(service: str, text: str) -> list[str]:
    """The C(--name) and C(--infra-name) of a C(podman run) or C(podman pod create) command."""
    words = split_words(text)
    if not {"run", "create"} & set(words[1:6]) or {"volume", "network"} & set(words[1:6]):
        return []
    names = [b for a, b in zip(words, words[1:]) if a in ("--name", "--infra-name")]
    names += [w.partition("=")[2] for w in words if w.startswith(("--name=", "--infra-name="))]
    return [_expand(service, name) for name in names]


def _made(service: str, text: str) -> str:
    """What C(podman volume create) or C(podman network create) makes: its last word."""
    words = split_words(text)
    makes = {"volume", "network"} & set(words[1:6]) and "create" in words[1:6]
    return _expand(service, words[-1]) if makes else ""


def _expand(service: str, text: str) -> str:
    """The specifiers that name the unit; others stay."""
    stem = service.removesuffix(".service")
    prefix, _at, instance = stem.partition("@")
    table = {
        "%N": stem,
        "%n": service,
        "%p": prefix,
        "%P": prefix,
        "%i": instance,
        "%I": instance,
        "%%": "%",
    }
    return re.sub(r"%.", lambda m: table.get(m.group(0), m.group(0)), text)


_REMEDIES = (
    ("no Image or Rootfs key", "Add Image= to [Container]."),
    ("no Image key", "Add Image=."),
    ("keys conflict", "Keep one of the two."),
    ("unsupported key", "Remove the key, or use a Podman that knows it."),
    ("was not found", "Declare the unit in the app, or name the object without a Quadlet suffix."),
    ("does not exist", "Declare the unit in the app."),
    ("no Yaml key", "Add Yaml= with the kube file to [Kube]."),
    ("no ImageTag key", "Add ImageTag= to [Build]."),
    ("invalid service Type", "Use Type=notify or Type=oneshot, or leave it out."),
    ("invalid KillMode", "Use KillMode=mixed or control-group, or leave it out."),
    ("Group set without User", "Set User= too."),
    ("permission denied", "Make the file readable for the scope's user."),
)


def to_error(complaint: Complaint, unit: UnitText | None, *, where: str) -> QuadletError:
    """The generator's message with the line of the key that it names, and what to do."""
    line = ""
    match = re.search(r"(?:key '(\S+?)'|source (\S+)|unit (\S+)|image (\S+))", complaint.text)
    if unit and match:
        wanted = next(group for group in match.groups() if group)
        hits = [e.line for e in unit.entries if e.key == wanted or wanted in e.value]
        line = f":{hits[0]}" if hits else ""
    numbered = re.search(r"contains line (\d+)", complaint.text)
    if numbered:
        line = f":{numbered.group(1)}"
    remedy = next((text for key, text in _REMEDIES if key in complaint.text), None)
    return QuadletError(
        f"the Quadlet generator refuses it: {complaint.text}",
        where=f"{where}{line}",
        remedy=remedy or "See podman-systemd.unit(5).",
    )
