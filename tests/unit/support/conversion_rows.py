"""Tables of conversions: what is given, and what the documentation says that it means.

A row begins with a title, `# TITLE`, or behind an empty line.  Its lines are Compose: keys of the
service web, below `---` keys of the top level; or a whole file, that has `services:`.  Behind them:

    > words      options of the command that runs it; name=, image=, context= stand for arguments
    $ words      the words behind the image
    = [S] K=V    a line of the generated service; * stands for anything
    =! [S] K     no such line
    [web]        the lines below are about this service, NAME-network, NAME-volume or NAME-build;
                 [-web]: there is none
    ~ OUTCOME P  what the report says of path P: an outcome, !OUTCOME, or any
    ! TEXT       it is refused, and TEXT is in a cause
    % PATH       this directory is made; %! PATH: it is not
    @ K=JSON     an option of the conversion; @ base: files of base/ are beside it
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import shlex
import typing as t

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "compose_corpus"
BASE = CORPUS / "base"
_MARK = re.compile(r"([>$~!@%]!?|=!?) (.+)|\[(\S+)\]$")


@dataclasses.dataclass
class Part:
    """What is said of one service."""

    words: list[str] = dataclasses.field(default_factory=list)
    command: list[str] | None = None
    lines: list[tuple[bool, str, str]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Row:
    """A row of a table.  place: its table and line."""

    place: str
    title: str = ""
    text: list[str] = dataclasses.field(default_factory=list)
    parts: dict[str, Part] = dataclasses.field(default_factory=dict)
    outcomes: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    refusals: list[str] = dataclasses.field(default_factory=list)
    directories: list[tuple[bool, str]] = dataclasses.field(default_factory=list)
    options: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole file."""
        return any(line.startswith("services:") for line in self.text)

    @property
    def compose(self) -> str:
        """The Compose file."""
        if self.is_whole:
            return "\n".join([*self.text, ""])
        cut = self.text.index("---") if "---" in self.text else len(self.text)
        service, top = self.text[:cut], self.text[cut + 1 :]
        if not any(re.match(r"(image|build|provider|extends):", line) for line in service):
            service = ["image: docker.io/library/busybox:1", *service]
        return "\n".join(["services:", "  web:", *(f"    {line}" for line in service), *top, ""])


def read_rows(path: pathlib.Path) -> list[Row]:
    """The rows of a table."""
    rows: list[Row] = []
    row = Row("")
    part = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        starts = line.startswith("# ") or not row.place
        if starts and line.strip():
            row, part = Row(f"{path.stem}:{number}"), ""
            rows.append(row)
        if line.startswith("# "):
            row.title = line[2:]
            continue
        match = _MARK.match(line)
        if not match:
            if line.strip() or (row.text and not row.parts):
                row.text.append(line)
        elif match.group(3):
            part = match.group(3).strip('"')
            row.parts.setdefault(part, Part())
        else:
            _add(row, part or "web", match.group(1), match.group(2))
    for row in rows:
        while row.text and not row.text[-1]:
            row.text.pop()
    return rows


def _add(row: Row, name: str, mark: str, text: str) -> None:
    if mark == "!":
        row.refusals.append(text)
    elif mark == "~":
        outcome, _blank, path = text.partition(" ")
        row.outcomes.append((outcome, path))
    elif mark[0] == "%":
        row.directories.append((mark == "%", text))
    elif mark == "@":
        key, _equals, value = text.partition("=")
        row.options[key] = str(BASE) if key == "base" else json.loads(value)
    else:
        part = row.parts.setdefault(name, Part())
        if mark == ">":
            part.words += words_of(text)
        elif mark == "$":
            part.command = words_of(text)
        else:
            section, _bracket, line = text[1:].partition("] ")
            part.lines.append((mark == "=", section, line))


def words_of(text: str) -> list[str]:
    """The words of a line for a shell, with $'…' for what has line breaks; a list of JSON that is
    not quoted stands as it is.
    """
    found: list[str] = []
    for token in re.findall(r"""\$'(?:\\.|[^'\\])*'|(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+""", text):
        if token.startswith("$'"):
            found.append(
                re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), token[2:-1])
            )
        elif re.match(r"--[\w-]+=\[", token):
            found.append(token)
        else:
            found += shlex.split(token, posix=True)
    return found
