"""Models that are written, and the podman commands that the generators make of them."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import (
    Finding,
    lint_texts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import Place
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Model,
    Options,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.option import FLAGS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.rules import RULES
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.write import write_app
from tests.unit.support.argv import expand, read_service, split_command
from tests.unit.support.generators import Generator

UNITS = "/etc/containers/systemd"
PLACE = Place(f"{UNITS}/app", UNITS, "/root", frozenset())
IMAGE = "docker.io/library/i:1"
_FLAGS = FLAGS | {"--rm", "--replace", "-d", "--detach"}

T = t.TypeVar("T")


class Giver:
    """Makes things that were given, each under a path of its own."""

    def __init__(self) -> None:
        self.report = Report()
        self.count = 0

    def __call__(self, path: str = "") -> Given:
        self.count += 1
        return self.report.give(path or f"g{self.count}")

    def value(self, value: T) -> Value[T]:
        """A value that was given."""
        return Value(value, self())

    def container(self, name: str = "web", **parts: t.Any) -> Container:
        """A container with an image."""
        parts.setdefault("image", self.value(IMAGE))
        return Container(name, self(), **parts)


@dataclasses.dataclass
class Converted:
    """A model that was written: the app, its units' texts, and the report's items."""

    app: dict[str, t.Any]
    texts: dict[str, str]
    items: list[dict[str, t.Any]]
    refusals: list[str]


def convert(model: Model, give: Giver, options: Options | None = None) -> Converted:
    """Writes a model."""
    app = write_app(model, give.report, options or Options())
    texts = rendered(app)
    return Converted(app, texts, told(give.report), give.report.refusals())


def told(report: Report) -> list[dict[str, t.Any]]:
    """All items of a report; each rule is one of the table."""
    items = report.items(everything=True)
    assert {item["rule"] for item in items} <= {"", *RULES}
    return items


def rendered(app: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The texts of an app's units."""
    return {name: render_unit(name, sections) for name, sections in app["units"].items()}


def lint(converted: Converted, scope: str = "system") -> list[Finding]:
    """What lint finds in the units."""
    files = {path: int(file["mode"], 8) for path, file in converted.app["files"].items()}
    context = Context(PLACE, (5, 4), scope == "user", files)
    return lint_texts(converted.texts, context)


def commands(generator: Generator, texts: t.Mapping[str, str], folder: pathlib.Path) -> Commands:
    """What a generator makes of units."""
    made = generator.make(texts, folder)
    found = {}
    for name, data in made.services.items():
        lines = read_service(data)
        starts = [line for line in lines if line.key in ("ExecStart", "ExecStartPre")]
        podman = [line for line in starts if b"podman" in line.value.split(b" ")[0]]
        if podman:
            words = [_expand(word) for word in split_command(podman[-1].value)]
            found[name] = Command(words, [(a.section, a.key, a.value.decode()) for a in lines])
    return Commands(found, made.err)


class Command(t.NamedTuple):
    """A service's podman command, and all of its lines."""

    words: list[str]
    lines: list[tuple[str, str, str]]


class Commands(t.NamedTuple):
    """Commands by service, and what the generator said."""

    by_service: dict[str, Command]
    said: str


def _expand(word: bytes) -> str:
    """Specifiers of paths stay as they are; all else is expanded."""
    if b"%" in word.replace(b"%%", b""):
        return word.decode()
    return expand(word).decode()


def split_options(words: t.Sequence[str], image: str = IMAGE) -> tuple[list[str], list[str]]:
    """The options as `--name=value` in no order, and the words behind the image.

    Those in front of podman's verb are called `global--name`.
    """
    verb = next(place for place, word in enumerate(words) if word in ("run", "create", "build"))
    ahead = ["global" + option for option in _join(words[1:verb])]
    end = words.index(image) if image in words else len(words)
    return [*ahead, *_join(words[verb + 1 : end])], list(words[end + 1 :])


def _join(words: t.Sequence[str]) -> list[str]:
    joined: list[str] = []
    queue = collections.deque(words)
    while queue:
        word = queue.popleft()
        if "=" in word or word in _FLAGS or not word.startswith("-") or not queue:
            joined.append(word)
        else:
            value = queue.popleft()
            joined.append(f"{'--volume' if word == '-v' else word}={value}")
    return joined
