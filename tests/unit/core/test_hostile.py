"""Rendered data through the real generators: what was given is what the command gets."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.splitting import (
    split_words,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import (
    parse_verdict,
)
from tests.unit.support.generators import RELEASES, Generator, Said, find_generator
from tests.unit.support.together import together
from tests.unit.support.values import HOSTILE

IMAGE = "localhost/a:1"


class Form(t.NamedTuple):
    """How a value is written, and where it is found among a command's words.

    option: the option before it, or '' for what stands behind the image.  arrives: what the
    option has as its argument.  refused: of values that can't be written so.
    """

    key: str
    written: t.Callable[[str], t.Any]
    option: str
    arrives: t.Callable[[str], str]
    refused: t.Callable[[str], bool] = lambda _value: False


def _has_control(value: str) -> bool:
    return bool(re.search(r"[\x00-\x1f\x7f]", value))


def _no_strv(value: str) -> bool:
    return _has_control(value) or ('"' in value and "'" in value)


def _no_part(value: str) -> bool:
    """A line is trimmed, a backslash at its end continues it, and a colon ends the part."""
    return bool(re.search(r"[\n\r:]|[\\ \t\x0b\x0c\x1c-\x1f\u0085\u00a0]$", value))


def _no_option(value: str) -> bool:
    return "," in value or '"' in value


def _json(*words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


FORMS = {
    "Environment": Form("Environment", lambda v: {"V": v}, "--env", lambda v: f"V={v}"),
    "Label": Form("Label", lambda v: {"l": v}, "--label", lambda v: f"l={v}"),
    "Label's name": Form(
        "Label", lambda v: {v: "x"}, "--label", lambda v: f"{v}=x", lambda v: "=" in v
    ),
    "Annotation": Form("Annotation", lambda v: {"a": v}, "--annotation", lambda v: f"a={v}"),
    "Exec": Form("Exec", lambda v: [v], "", lambda v: v),
    "PodmanArgs": Form("PodmanArgs", lambda v: [["--x", v]], "--x", lambda v: v),
    "Sysctl": Form("Sysctl", lambda v: {"s": v}, "--sysctl", lambda v: f"s={v}", _no_strv),
    "Volume": Form("Volume", lambda v: [["/s", v]], "-v", lambda v: f"/s:{v}", _no_part),
    "Secret": Form(
        "Secret", lambda v: [{"s": v}], "--secret", lambda v: f"s={v}", _no_option
    ),
    "HealthCmd": Form("HealthCmd", lambda v: [v, "b"], "--health-cmd", lambda v: _json(v, "b")),
    "Entrypoint": Form("Entrypoint", lambda v: [v], "--entrypoint", _json),
}  # fmt: skip
CASES = [(form, name) for form in FORMS for name in HOSTILE]


def _render(form: Form, value: str) -> str:
    sections = {"Container": {"Image": IMAGE, form.key: form.written(value)}}
    return render_unit("a.container", sections)


@pytest.fixture(scope="module", params=RELEASES)
def said(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """One dry run of a release over every case that can be written."""
    texts = {}
    for number, (form, name) in enumerate(CASES):
        value = HOSTILE[name]
        with contextlib.suppress(QuadletError):
            texts[f"n{number}.container"] = _render(FORMS[form], value)
    generator: Generator = find_generator(request.param)
    return generator.read(texts, tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def commands(said: Said) -> dict[str, list[str]]:
    """The words of each ExecStart, as systemd hands them to Podman."""
    found: dict[str, list[str]] = {}
    service = ""
    for line in said.out.split("\n"):
        heading = re.fullmatch(r"---(n\d+)\.service---", line)
        service = heading.group(1) if heading else service
        if line.startswith("ExecStart="):
            words = split_words(line.partition("=")[2])
            found[service] = [w.replace("%%", "%").replace("$$", "$") for w in words]
    return found


@together("name", HOSTILE)
def test_arrives_as_it_is(commands: dict[str, list[str]], name: str) -> None:
    value = HOSTILE[name]
    forms = {key: form for key, form in FORMS.items() if not form.refused(value)}
    assert {
        key: _argument(commands.get(f"n{CASES.index((key, name))}", ["refused"]), form.option)
        for key, form in forms.items()
    } == {key: form.arrives(value) for key, form in forms.items()}


REFUSED = [case for case in CASES if FORMS[case[0]].refused(HOSTILE[case[1]])]


@together(("form", "name"), REFUSED, ids=["-".join(case) for case in REFUSED])
def test_what_can_not_be_written_is_refused(form: str, name: str) -> None:
    with pytest.raises(QuadletError) as caught:
        _render(FORMS[form], HOSTILE[name])
    assert (caught.value.where or "").startswith(f"a.container [Container] {FORMS[form].key}")


def _argument(words: list[str], option: str) -> str:
    """What stands behind an option, in one word with it or not."""
    for word, after in zip(words, words[1:]):
        if word == (option or IMAGE):
            return after
        if option and word.startswith(f"{option}="):
            return word.partition("=")[2]
    return f"no {option} in {words}"


def test_no_value_adds_words(commands: dict[str, list[str]]) -> None:
    for number, (form, name) in enumerate(CASES):
        if f"n{number}" in commands:
            plain = commands[f"n{CASES.index((form, 'plain'))}"]
            assert len(commands[f"n{number}"]) == len(plain), (form, name)


def test_our_reading_finds_one_service_each(said: Said, commands: dict[str, list[str]]) -> None:
    verdict = parse_verdict(said.out, said.err)
    assert sorted(service.name for service in verdict.services) == sorted(
        f"{name}.service" for name in commands
    )
    assert [
        service
        for service in verdict.services
        if service.objects != (f"systemd-{service.name.removesuffix('.service')}",)
    ] == []
    assert verdict.errors == ()
    assert verdict.warnings == ()


def test_all_at_once(generator: Generator, tmp_path: pathlib.Path) -> None:
    environment = {f"V{number}": value for number, value in enumerate(HOSTILE.values())}
    sections = {
        "Container": {
            "Image": IMAGE,
            "Environment": environment,
            "Exec": list(HOSTILE.values()),
        }
    }
    out = generator.read({"a.container": render_unit("a.container", sections)}, tmp_path).out
    line = next(line for line in out.split("\n") if line.startswith("ExecStart="))
    words = [w.replace("%%", "%").replace("$$", "$") for w in split_words(line[10:])]
    assert words[words.index(IMAGE) + 1 :] == list(HOSTILE.values())
    given = [b for a, b in zip(words, words[1 : words.index(IMAGE)]) if a == "--env"]
    assert sorted(given) == sorted(f"{name}={value}" for name, value in environment.items())
