"""Tables of command lines: each line, and in what its command differs behind the conversion.

Behind a line: `+ words` and `- words` of the command, `~ OUTCOME PATH`, `! TEXT` of a refusal, and
`@ KEY=JSON`, an option of the conversion.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import pathlib
import re
import shlex
import typing as t

from tests.unit.support.podman_words import Meaning, fragment_of, meaning_of

LINES = pathlib.Path(__file__).resolve().parents[1] / "run_lines"
NOT_OF_A_UNIT = ("--restart", "--name", "--pod")


@dataclasses.dataclass
class Line:
    """A line of a table."""

    place: str
    text: str = ""
    more: list[str] = dataclasses.field(default_factory=list)
    less: list[str] = dataclasses.field(default_factory=list)
    outcomes: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    refusals: list[str] = dataclasses.field(default_factory=list)
    options: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    def words(self) -> list[str]:
        """Its words; variables and ~ as its option env says."""
        env = self.options.get("env", {})
        whole = self.text.replace("\\\n", " ")
        text = re.sub(
            r"(?<![\\'])\$\{?([A-Z]+)\}?", lambda m: env.get(m.group(1), m.group()), whole
        )
        text = re.sub(r"`\s*#[^`\n]*`", "", text)  # a comment, which prints nothing
        words = shlex.split(text, comments=True)
        return words[1:] if words[0] == "sudo" else words

    def expected(self) -> Meaning:
        """What the command asks for; without what a unit has other means for."""
        words = [word for word in self.words() if word != "container"]
        meaning = +meaning_of(words)
        for word in list(meaning):
            if word.split("=")[0] in NOT_OF_A_UNIT or word.startswith("secret "):
                del meaning[word]
            elif word.startswith("image="):
                meaning[f"image={complete(word[6:])}"] = meaning.pop(word)
        less, more = fragment_of(self.less), fragment_of(self.more)
        assert not less - meaning, f"{self.place}: not in the line: {sorted(less - meaning)}"
        return meaning - less + more


def complete(image: str) -> str:
    """An image's name as Docker reads it."""
    if image.startswith("/"):
        return image
    first, slash, _rest = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def read_lines(path: pathlib.Path) -> list[Line]:
    """The lines of a table."""
    found: list[Line] = []
    blocks = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
    for number, block in enumerate(blocks, 1):
        line = Line(f"{path.stem}:{number}")
        for text in block.splitlines():
            match = re.match(r"([-+~!@]) (\S.*)", text)
            if match:
                _add(line, *match.groups())
            elif not text.startswith("# "):
                line.text += ("\n" if line.text else "") + text
        if line.text.strip():
            found.append(line)
    return found


def _add(line: Line, mark: str, text: str) -> None:
    if mark in "+-":
        (line.more if mark == "+" else line.less).extend(shlex.split(text))
    elif mark == "~":
        outcome, _blank, path = text.partition(" ")
        line.outcomes.append((outcome, path))
    elif mark == "!":
        line.refusals.append(text)
    else:
        key, _equals, value = text.partition("=")
        line.options[key] = json.loads(value)


def without_own(meaning: Meaning) -> Meaning:
    """A generated command's meaning without what the tables do not speak of."""
    return collections.Counter(
        {
            word: number
            for word, number in meaning.items()
            if word.split("=")[0] not in NOT_OF_A_UNIT and not word.startswith("secret ")
        }
    )
