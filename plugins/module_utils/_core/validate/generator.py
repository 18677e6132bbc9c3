# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Parses the dry run of the Quadlet generator: services on stdout, messages on stderr."""

from __future__ import annotations

import re
import typing as t

from ..errors import QuadletError
from ..objects.create_command import find_create
from ..quadlet.kinds import is_template
from ..quadlet.splitting import TRUE, split_words
from ..quadlet.unitfile import UnitText

_PREFIX = re.compile(r"^quadlet-generator\[\d+\]: ")
_BLOCK = re.compile(r"---(.+)---")
_LOAD_ERROR = re.compile(r'^(?:error loading|Error loading) ["\'](.+?)["\'],? (?:ignoring: )?(.*)$')
_CONVERT_ERROR = re.compile(
    r'^(?:converting|Error converting) ["\'](.+?)["\'][:,] (?:ignoring: )?(.*)$'
)
_QUIET = re.compile(
    r"^(Loading source (unit|drop-in) file |processing encountered some errors"
    r"|No files (to parse|parsed) from )"
)
_NEEDS = ("Requires", "BindsTo", "Requisite")
_PULLS = ("Wants", "Requires", "BindsTo", "Upholds")
_INSTALL = ("WantedBy", "RequiredBy", "UpheldBy", "Alias", "Also")

Block = t.Mapping[tuple[str, str], t.Sequence[str]]
"""A generated service's text: values by section and key."""


class Service(t.NamedTuple):
    """A generated service.  source: the unit's path.  needs: services without which it
    is stopped; follows: those and PartOf=.  once: it ends by itself and is inactive then.
    objects: names of containers and pods that its command takes with `--replace`.
    makes: the volume or network that it makes, or ''; creates: the command, without `podman`;
    deletes: whether its stop removes that again.
    installed: it is enabled, by [Install].  triggers: what a timer, socket or
    path unit starts.  after, before: what its start waits for, and what waits for it.
    excludes: what stops when it starts; stops: what stops with it.  paths: those whose mounts it
    needs (RequiresMountsFor=), without those that systemd expands.
    oneshot: it is done before it counts as started.  pulls: what starts with it.
    """

    name: str
    source: str
    needs: tuple[str, ...]
    follows: tuple[str, ...]
    once: bool
    objects: tuple[str, ...]
    can_reload: bool
    makes: str
    installed: bool = False
    triggers: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    oneshot: bool = False
    pulls: tuple[str, ...] = ()
    creates: tuple[str, ...] = ()
    deletes: bool = False

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
    """The result of a dry run.  printed: the texts of the services."""

    services: tuple[Service, ...]
    errors: tuple[Complaint, ...]
    warnings: tuple[str, ...]
    printed: str = ""

    def text_of(self, service: str) -> str:
        """The text of a service; of an instance that of its template."""
        base, at, _instance = service.rpartition(".")[0].partition("@")
        for name in (service, f"{base}@.service" if at else ""):
            head = f"---{name}---\n"
            if name and f"\n{head}" in f"\n{self.printed}":
                text = f"\n{self.printed}".split(f"\n{head}", 1)[1]
                return re.split(r"(?m)^---.*---$", text, maxsplit=1)[0]
        return ""


def parse_verdict(stdout: str, stderr: str) -> Verdict:
    """Services, errors and warnings of a dry run, of any Podman from 4.7 on."""
    errors: list[Complaint] = []
    warnings: list[str] = []
    for line in stderr.split("\n"):  # str.splitlines() would split at more characters
        text = _PREFIX.sub("", line)
        for pattern in (_LOAD_ERROR, _CONVERT_ERROR):
            match = pattern.match(text)
            if match:
                errors.append(Complaint(match.group(1), match.group(2)))
                break
        else:
            if text.strip() and not _QUIET.match(text):
                warnings.append(text)
    services = tuple(_services(list(_blocks(stdout))))
    return Verdict(services, tuple(errors), tuple(warnings), stdout)


def _services(blocks: t.Sequence[tuple[str, Block]]) -> t.Iterator[Service]:
    """All generated services, with the default instances of templates."""
    names = {name for name, _block in blocks}
    for name, block in blocks:
        service = to_service(name, block)
        yield service
        instance = (block.get(("Install", "DefaultInstance")) or [""])[-1]
        made = name.replace("@.", f"@{instance}.")
        if instance and service.template and service.installed and made not in names:
            yield to_service(made, block)


def _blocks(stdout: str) -> t.Iterator[tuple[str, Block]]:
    name = ""
    lines: list[str] = []
    for line in [*stdout.split("\n"), "------"]:
        block = _BLOCK.fullmatch(line)
        if block or line == "------":
            if name:
                yield name, _parse_block(lines)
            name, lines = block.group(1) if block else "", []
        else:
            lines.append(line)


def _parse_block(lines: t.Sequence[str]) -> Block:
    values: dict[tuple[str, str], list[str]] = {}
    section = ""
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if equals:
            values.setdefault((section, key), []).append(value)
    return values


def to_service(name: str, values: Block) -> Service:
    """A service from the values of its text."""

    def words(*keys: str, section: str = "Unit") -> tuple[str, ...]:
        texts = [text for key in keys for text in values.get((section, key), [])]
        return tuple(dict.fromkeys(word for text in texts for word in text.split()))

    def last(key: str, default: str) -> str:
        return values.get(("Service", key), [default])[-1].lower()

    oneshot = last("Type", "") == "oneshot"
    commands = [
        *values.get(("Service", "ExecStart"), ()),
        *values.get(("Service", "ExecStartPre"), ()),
    ]
    creates = next(filter(None, map(_creates, commands)), ())
    return Service(
        name=name,
        source=values.get(("Unit", "SourcePath"), [""])[-1],
        needs=words(*_NEEDS),
        follows=words(*_NEEDS, "PartOf"),
        once=oneshot and last("RemainAfterExit", "no") not in TRUE,
        objects=tuple(n for text in commands for n in _object_names(name, text)),
        can_reload=("Service", "ExecReload") in values,
        makes=_expand(name, creates[-1]) if creates else "",
        creates=creates,
        deletes=bool(creates) and any(map(_deletes, values.get(("Service", "ExecStopPost"), ()))),
        installed=any((values.get(("Install", key)) or [""])[-1] for key in _INSTALL),
        after=tuple(_expand(name, word) for word in words("After")),
        before=tuple(_expand(name, word) for word in words("Before")),
        paths=tuple(path for path in words("RequiresMountsFor") if "%" not in path),
        excludes=tuple(_expand(name, word) for word in words("Conflicts")),
        stops=tuple(
            _expand(name, word)
            for word in (*words("PropagatesStopTo"), *words("RequiredBy", section="Install"))
        ),
        oneshot=oneshot,
        pulls=tuple(_expand(name, word) for word in words(*_PULLS)),
    )


def _object_names(service: str, text: str) -> list[str]:
    """The names that `podman run` or `podman pod create` uses.

    The generator writes a container's name directly after `run`; after the image follows the
    container's own command, which may have another `--name`.
    """
    words = split_words(text)
    pod = _after(words, "pod", "create")
    if pod:
        return [_expand(service, name) for name in _options(pod, "--infra-name", "--name")]
    runs = [i for i, w in enumerate(words) if w == "run" and words[i + 1 : i + 2]]
    for index in runs:
        names = _options(words[index + 1 : index + 3], "--name")
        if names:
            return [_expand(service, names[0])]
    return []


def _creates(text: str) -> tuple[str, ...]:
    return find_create(split_words(text)) if " create" in text else ()


def _deletes(text: str) -> bool:
    return bool(_after(split_words(text), "network", "rm"))


def _after(words: t.Sequence[str], first: str, second: str) -> t.Sequence[str]:
    """The words after two adjacent words."""
    for index in range(len(words) - 1):
        if (words[index], words[index + 1]) == (first, second):
            return words[index + 2 :]
    return []


def _options(words: t.Sequence[str], *names: str) -> list[str]:
    """The values of long options, written as one word or as two."""
    values = [after for word, after in zip(words, words[1:]) if word in names]
    return values + [
        w.partition("=")[2] for w in words if w.partition("=")[0] in names and "=" in w
    ]


def _expand(service: str, text: str) -> str:
    """Expands the specifiers that name the unit; others stay."""
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
    ("unable to translate dependency", "Declare the unit in the app, or name its service."),
    ("no Yaml key", "Add Yaml= with the kube file to [Kube]."),
    ("no ImageTag key", "Add ImageTag= to [Build]."),
    ("invalid service Type", "Use Type=notify or Type=oneshot, or leave it out."),
    ("invalid KillMode", "Use KillMode=mixed or control-group, or leave it out."),
    ("Group set without User", "Set User= too."),
    ("permission denied", "Make the file readable for the scope's user."),
)


_NAMED = re.compile(
    r"unsupported key '(?P<key>\S+?)' in group '(?P<group>\S+?)'"
    r"|(?:source|unit|image|dependency for) (?P<unit>\S+)"
)


def to_error(complaint: Complaint, unit: UnitText | None, *, where: str) -> QuadletError:
    """The generator's message with the line that it is about, and a remedy."""
    line = _named_line(complaint.text, unit) if unit else None
    numbered = re.search(r"contains line (\d+)", complaint.text)
    if numbered:
        line = int(numbered.group(1))
    remedy = next((text for key, text in _REMEDIES if key in complaint.text), None)
    return QuadletError(
        f"the Quadlet generator refuses it: {complaint.text}",
        where=f"{where}:{line}" if line else where,
        remedy=remedy or "See podman-systemd.unit(5).",
        topic="generator-refuses",
    )


def _named_line(text: str, unit: UnitText) -> int | None:
    """The line of the key, or of the reference, that a message names."""
    match = _NAMED.search(text)
    if not match:
        return None
    key, group, name = match.group("key", "group", "unit")
    for entry in unit.entries:
        if key and (entry.section, entry.key) == (group, key):
            return entry.line
        if name and name in re.split(r"[\s:,=]", entry.value):
            return entry.line
    return None
