"""Every form in which a value is data, and when it is refused and why."""

from __future__ import annotations

import csv
import json
import re
import typing as t

from tests.unit.support.argv import NONCHARACTER

IMAGE = "localhost/a:1"
UNITS: dict[str, dict[str, t.Any]] = {
    "Container": {"Image": IMAGE, "ContainerName": "c"},
    "Pod": {"PodName": "p"},
    "Network": {"NetworkName": "n"},
    "Volume": {"VolumeName": "v"},
    "Kube": {"Yaml": "/k.yml"},
    "Build": {"ImageTag": IMAGE, "SetWorkingDirectory": "/b"},
    "Image": {"Image": IMAGE},
}
"""The least of each kind of unit."""

Read = tuple[bytes, ...]


def _as_it_is(word: bytes) -> Read:
    return (word,)


def _as_json(word: bytes) -> Read:
    """A word as Podman reads it where it takes a JSON list: `[...]` or `--option=[...]`."""
    option, bracket, rest = word.partition(b"[")
    if not bracket or not re.fullmatch(rb"(--[a-z-]+=)?", option):
        return (word,)
    return (option, *(item.encode() for item in json.loads(bracket + rest)))


def _as_csv(word: bytes) -> Read:
    """A word as Podman reads it where it takes a record of CSV."""
    (record,) = csv.reader([word.decode()], strict=True)
    return tuple(field.encode() for field in record)


def _nothing(_value: str) -> bool:
    return False


def _reference(value: str) -> bool:
    """A path beside the unit, or another unit."""
    return value.startswith(".") or value.endswith((".volume", ".image", ".build", ".artifact"))


class Form(t.NamedTuple):
    """A key and a shape.  section: whose key it is; written: values in that shape.

    grammar: which refusals it knows; read: a word as Podman reads it; since: the first Podman
    with the key; means: values with which Quadlet does something of its own, as documented.
    """

    name: str
    section: str
    grammar: str
    written: t.Callable[[t.Sequence[str]], t.Any]
    read: t.Callable[[bytes], Read] = _as_it_is
    since: tuple[int, int] = (0, 0)
    means: t.Callable[[str], bool] = _nothing

    @property
    def key(self) -> str:
        """The key."""
        return self.name.split(":")[0].split()[0].split(".")[-1]

    @property
    def unit(self) -> str:
        """A file name's suffix."""
        return self.section.lower()

    def sections(self, values: t.Sequence[str]) -> dict[str, dict[str, t.Any]]:
        """A unit with these values, as data."""
        return {self.section: {**UNITS[self.section], self.key: self.written(values)}}


def _mapping(values: t.Sequence[str]) -> dict[str, str]:
    return {f"N{number}": value for number, value in enumerate(values)}


def _names(values: t.Sequence[str]) -> dict[str, str]:
    return {value: f"v{number}" for number, value in enumerate(values)}


def _parts(*before: str, after: tuple[str, ...] = ()) -> t.Callable[[t.Sequence[str]], t.Any]:
    return lambda values: [[*before, value, *after] for value in values]


def _source(values: t.Sequence[str]) -> list[list[str]]:
    return [[f"/s{value}", "/t"] for value in values]


def _option(name: str, **before: str) -> t.Callable[[t.Sequence[str]], t.Any]:
    return lambda values: [{**before, name: value} for value in values]


def _mount_source(values: t.Sequence[str]) -> list[dict[str, str]]:
    return [{"type": "bind", "source": f"/s{value}", "target": "/t"} for value in values]


def _volume_name(values: t.Sequence[str]) -> list[dict[str, str]]:
    return [{"type": "volume", "source": value, "target": "/t"} for value in values]


def _option_name(values: t.Sequence[str]) -> list[dict[str, str]]:
    return [{value: "x"} for value in values]


def _in_one(values: t.Sequence[str]) -> list[list[str]]:
    return [["--x", *values]]


_EXISTING = [
    Form("Environment", "Container", "pair", _mapping),
    Form("Environment: names", "Container", "name", _names),
    Form("Label", "Container", "pair", _mapping),
    Form("Label: names", "Container", "name", _names),
    Form("Annotation", "Container", "pair", _mapping),
    Form("Exec", "Container", "words", list),
    Form("ReloadCmd", "Container", "words", list, since=(5, 5)),
    Form("PodmanArgs", "Container", "words", _parts("--x")),
    Form("PodmanArgs: in one item", "Container", "words", _in_one),
    Form("GlobalArgs", "Container", "words", _parts("--x")),
    Form("HealthCmd", "Container", "json", list, _as_json),
    Form("HealthStartupCmd", "Container", "json", list, _as_json),
    Form("Entrypoint", "Container", "json", list, _as_json),
    Form("Sysctl", "Container", "strv pair", _mapping),
    Form("Sysctl: names", "Container", "strv name", _names),
    Form("LogOpt", "Container", "strv pair", _mapping),
    Form("Volume: name", "Container", "name part", _parts(after=("/t",)), means=_reference),
    Form("Volume: source", "Container", "path part", _source),
    Form("Volume: target", "Container", "inner part", _parts("/s", after=("ro",))),
    Form("Volume: last part", "Container", "last part", _parts("/s", "/t")),
    Form("PublishPort", "Container", "only part", _parts()),
    Form("PublishPort: address", "Container", "first part", _parts(after=("80", "80"))),
    Form("GroupAdd", "Container", "only part", _parts()),
    Form("AddHost", "Container", "last part", _parts("name")),
    Form("Tmpfs", "Container", "last part", _parts("/t")),
    Form("Secret", "Container", "option", _option("source", type="env")),
    Form("Secret: option names", "Container", "option name", _option_name),
    Form("Mount", "Container", "csv option", _option("target", type="tmpfs"), _as_csv),
    Form("Mount: source", "Container", "csv option", _mount_source, _as_csv),
    Form("Mount: name", "Container", "csv source", _volume_name, _as_csv, means=_reference),
    Form("Pod.Label", "Pod", "pair", _mapping, since=(5, 6)),
    Form("Pod.PodmanArgs", "Pod", "words", _parts("--x")),
    Form("Pod.PublishPort", "Pod", "only part", _parts()),
    Form("Network.Options", "Network", "pair", _mapping),
    Form("Network.Label", "Network", "pair", _mapping),
    Form("Volume.Label", "Volume", "pair", _mapping),
    Form("Kube.PodmanArgs", "Kube", "words", _parts("--x")),
    Form("Build.Environment", "Build", "pair", _mapping),
    Form("Build.BuildArg", "Build", "pair", _mapping, since=(5, 7)),
    Form("Build.Secret", "Build", "option", _option("id")),
    Form("Image.PodmanArgs", "Image", "words", _parts("--x")),
]
FORMS = {form.name: form for form in _EXISTING}


class Refusal(t.NamedTuple):
    """In these grammars a value that is so has to be refused, with a reason that holds phrase."""

    phrase: str
    grammars: frozenset[str]
    when: t.Callable[[str], bool]


_CSV = frozenset({"csv option", "csv source"})
_PARTS = frozenset({"path part", "name part", "inner part", "first part", "last part", "only part"})
_STRV = frozenset({"strv pair", "strv name"})
_NAMES = frozenset({"name", "strv name", "option name"})
_OPTIONS = frozenset({"option", "option name", "csv option", "csv source"})
_WORDS = frozenset({"words", "pair", "name"}) | _OPTIONS
_ALL_BUT_JSON = _PARTS | _STRV | _WORDS
_ALL = _ALL_BUT_JSON | {"json"}
_ADDRESS = re.compile(r"\[[0-9A-Za-z:.%]*\]")
_BLANK = r"[\s\x1c-\x1f\x85\xa0]"
"""What Podman trims, and what Python's strip takes with it."""


def _has(pattern: str) -> t.Callable[[str], bool]:
    return lambda value: bool(re.search(pattern, value))


REFUSALS = (
    Refusal("an empty argument", frozenset({"words"}), lambda v: v == ""),
    Refusal("a lone ';'", frozenset({"words", "only part"}), lambda v: v == ";"),
    Refusal(
        "an empty part", frozenset({"only part", "name part", "inner part"}), lambda v: v == ""
    ),
    Refusal("an empty source", frozenset({"csv source"}), lambda v: v == ""),
    Refusal("NUL byte", _ALL, _has("\x00")),
    Refusal("not UTF-8", _ALL, _has("[\ud800-\udfff]")),
    Refusal("a noncharacter", _ALL_BUT_JSON, _has(NONCHARACTER.pattern)),
    Refusal("U+0080", _ALL_BUT_JSON, _has("\x80")),
    Refusal("can't be the name", _NAMES, lambda v: v == "" or "=" in v),
    Refusal("a control character", _STRV, _has(r"[\x00-\x1f\x7f]")),
    Refusal("both kinds of quotes", _STRV, lambda v: '"' in v and "'" in v),
    Refusal("a comma or a quote", _OPTIONS, _has('[,"]')),
    Refusal("a line break", _CSV, _has(r"[\n\r]")),
    Refusal("holds a colon", frozenset({"path part"}), lambda v: ":" in v),
    Refusal("holds a colon", _PARTS, lambda v: ":" in v and not _ADDRESS.fullmatch(v)),
    Refusal("more than one line", _PARTS, _has(r"[\n\r]")),
    Refusal(
        "in a blank", frozenset({"first part", "name part", "only part"}), _has(rf"\A{_BLANK}")
    ),
    Refusal("in a blank", frozenset({"last part", "only part"}), _has(rf"{_BLANK}\Z")),
    Refusal("in a backslash", frozenset({"last part", "only part"}), _has(r"\\\s*\Z")),
)


def expected_refusals(form: Form, value: str) -> list[str]:
    """Phrases of the reasons for which a value can't be written in a form; none: it can."""
    return [row.phrase for row in REFUSALS if form.grammar in row.grammars and row.when(value)]
