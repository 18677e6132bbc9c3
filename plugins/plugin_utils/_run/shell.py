# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Words of command lines, split as a shell splits them; what a shell would execute is a fault.

Variables come from a mapping; nothing else is expanded.  `$(pwd)`, `$(id -u)`, `$(id -g)`,
`$(whoami)` and `$(hostname)` are the variables PWD, UID, GID, USER and HOSTNAME.
"""

from __future__ import annotations

import bisect
import contextlib
import dataclasses
import re
import typing as t


@dataclasses.dataclass(frozen=True)
class Word:
    """A word and where it begins; line and column count from 1."""

    text: str
    line: int
    column: int


@dataclasses.dataclass(frozen=True)
class Fault:
    """What can't be read, and where.  missing: the variable that is not given."""

    what: str
    line: int
    column: int
    remedy: str = ""
    missing: str = ""


class Split(t.NamedTuple):
    """Lines of words, continued lines joined, and all faults."""

    lines: list[list[Word]]
    faults: list[Fault]


_COMMANDS = {
    "pwd": "PWD",
    "id -u": "UID",
    "id -g": "GID",
    "id -un": "USER",
    "whoami": "USER",
    "hostname": "HOSTNAME",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^{}$`]*))?\}")
_PLACEHOLDER = re.compile(r"<[A-Za-z][\w ./:@-]*>")
_BRACES = re.compile(r"\{([^{}\s]*)\}")
_PLAIN = re.compile(r"[\w./:@=,+-]+")
_QUOTED = re.compile(r'[^"\\$`]+')
_BLANKS = re.compile(r"[^\S\n]*")
_COMMENT = re.compile(r"[ \t]*#[^\n]*\n")
"""A line of comment among continued lines: a shell would end the command there."""
_CMD_VARIABLE = re.compile(r"%[A-Za-z_]\w*%")
_PROMPT = re.compile(
    r"[ \t]*(?:\[[\w.-]+@[^\]\n]*\][$#]|[\w.-]+@[\w.-]+(?:[: ][\w./~-]*)?[$#]|[\w./~-]*\$|%)"
    r"[ \t]+(?=(?:sudo |[A-Z_]+=\S* )*(?:docker|podman) )|[ \t]*\$[ \t]+"
)
"""What shells write in front of a line, as people copy it."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b",
            "e": "\x1b", "f": "\f", "v": "\v", "0": "\0"}  # fmt: skip
_OPERATORS = {
    "|": "a pipe",
    ";": "a second command",
    "&": "a second command, or one in the background",
    "<": "a redirection",
    ">": "a redirection",
    "(": "a subshell",
    ")": "a subshell",
}

MOST_FAULTS = 1000


class _TooManyError(Exception):
    """There are more faults than anybody reads."""


class _Reader:
    def __init__(self, text: str, variables: t.Mapping[str, str]) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.variables = variables
        self.at = 0
        self.lines: list[list[Word]] = [[]]
        self.faults: list[Fault] = []
        self.parts: list[str] | None = None
        self.start = 0
        self.begins = [0, *(match.end() for match in re.finditer("\n", self.text))]

    def fault(self, what: str, at: int, remedy: str = "", missing: str = "") -> None:
        if len(self.faults) >= MOST_FAULTS:
            raise _TooManyError
        self.faults.append(Fault(what, *self.place(at), remedy, missing))

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a character."""
        line = bisect.bisect_right(self.begins, at)
        return line, at - self.begins[line - 1] + 1

    def put(self, text: str) -> None:
        if self.parts is None:
            self.parts, self.start = [], self.at
        self.parts.append(text)

    def end_word(self) -> None:
        if self.parts is not None:
            self.lines[-1].append(Word("".join(self.parts), *self.place(self.start)))
        self.parts = None

    def end_line(self) -> None:
        self.end_word()
        if self.lines[-1]:
            self.lines.append([])

    def read(self) -> Split:
        self.skip_prompt()
        with contextlib.suppress(_TooManyError):
            self.read_all()
        self.end_line()
        return Split([line for line in self.lines if line], self.faults)

    def read_all(self) -> None:
        while self.at < len(self.text):
            self.plain(_PLAIN)
            char = self.text[self.at : self.at + 1]
            step = self.steps.get(char)
            if step:
                step(self)
            elif char in _OPERATORS:
                self.operator(char)
            elif char == "#" and self.parts is None:
                self.at = self.line_end()
            else:
                self.put(char)
                self.at += 1

    def plain(self, pattern: re.Pattern[str]) -> None:
        """Takes characters that mean themselves."""
        match = pattern.match(self.text, self.at)
        if match:
            self.put(match.group())
            self.at = match.end()

    def line_end(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def ends_line(self) -> bool:
        """Whether only blanks are between the next character and the end of the line."""
        end = self.blanks_end()
        return end >= len(self.text) or self.text[end] == "\n"

    def blanks_end(self) -> int:
        """Where the blanks behind the character end."""
        match = _BLANKS.match(self.text, min(self.at + 1, len(self.text)))
        return match.end() if match else self.at + 1

    def is_comment(self, at: int) -> bool:
        return self.text.startswith("#", at)

    def skip_prompt(self) -> None:
        match = _PROMPT.match(self.text, self.at)
        if match:
            self.at = match.end()

    def blank(self) -> None:
        self.end_word()
        self.at += 1

    def newline(self) -> None:
        self.end_line()
        self.at += 1
        self.skip_prompt()

    def backslash(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following in ("", "\n"):
            self.at += 2
            while comment := _COMMENT.match(self.text, self.at):
                self.at = comment.end()
        elif self.ends_line() or (following.isspace() and self.is_comment(self.blanks_end())):
            is_comment = not self.ends_line()
            self.fault(
                f"there {'is a comment' if is_comment else 'are blanks'} behind the backslash, "
                "so that it does not continue the line",
                self.at,
                "Put it on a line of its own." if is_comment else "Remove them.",
            )
            self.at = self.line_end() + 1
        else:
            self.put(following)
            self.at += 2

    def single(self) -> None:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.unclosed("'")
            return
        self.put(self.text[self.at + 1 : end])
        self.at = end + 1

    def unclosed(self, quote: str) -> None:
        self.fault(f"nothing closes the quote {quote}", self.at, "Close it.")
        self.at = len(self.text)

    def double(self) -> None:
        begin = self.at
        self.put("")
        self.at += 1
        while self.at < len(self.text):
            self.plain(_QUOTED)
            char = self.text[self.at : self.at + 1]
            following = self.text[self.at + 1 : self.at + 2]
            if char == '"':
                self.at += 1
                return
            if char == "\\" and following == "\n":
                self.at += 2
            elif char == "\\" and following and following in '$`"\\':
                self.put(following)
                self.at += 2
            elif char == "$":
                self.dollar()
            elif char == "`":
                self.backtick()
            else:
                self.put(char)
                self.at += 1
        self.at = begin
        self.unclosed('"')

    def dollar(self) -> None:
        begin, rest = self.at, self.text[self.at + 1 : self.at + 7]
        braced = _BRACED.match(self.text, self.at + 1)
        name = _NAME.match(self.text, self.at + 1)
        if braced:
            self.at = braced.end()
            self.variable(braced.group(1), begin, braced.group(2) or "", braced.group(3) or "")
        elif name:
            self.at = name.end()
            self.variable(name.group(), begin)
        elif rest.startswith("("):
            self.substitution(")", 2)
        elif rest.startswith("'"):
            self.ansi()
        elif rest.startswith('"'):
            self.at += 1
            self.double()
        elif rest[:1] and rest[0] in "{?$!@*#-0123456789":
            self.fault(f"${rest.split()[0]} is for a shell", begin, "Write the value.")
            self.at += 2
        else:
            self.put("$")
            self.at += 1

    def variable(
        self, name: str, begin: int, operator: str = "", other: str = "", shown: str = ""
    ) -> None:
        value = self.variables.get(name)
        is_set = value is not None and (value != "" or not operator.startswith(":"))
        if operator.endswith("+"):
            self.put(other if is_set else "")
        elif is_set:
            self.put(value or "")
        elif operator:
            self.put(other)
        elif value is not None:
            self.put("")
        else:
            self.put(shown or f"${name}")
            self.fault(f"{shown or '$' + name} is not given", begin, missing=name)

    def substitution(self, closing: str, skip: int) -> None:
        begin = self.at
        end = self.text.find(closing, begin + skip)
        command = " ".join(self.text[begin + skip : end].split()) if end >= 0 else ""
        if closing == "`" and command.startswith("#") and "\n" not in self.text[begin:end]:
            self.at = end + 1  # a comment, as in `#optional`, prints nothing
            return
        if command in _COMMANDS:
            self.at = end + 1
            self.variable(_COMMANDS[command], begin, shown=self.text[begin : end + 1])
            return
        shown = self.text[begin : end + 1] if end >= 0 else self.text[begin : begin + 20]
        self.put(shown)
        self.fault(f"{shown} would be executed by a shell", begin, "Write what it prints.")
        self.at = end + 1 if end >= 0 else len(self.text)

    def backtick(self) -> None:
        if self.ends_line():
            self.fault(
                "the line ends in PowerShell's backtick",
                self.at,
                "Continue lines with a backslash.",
            )
            self.end_word()
            self.at = self.line_end() + 1
        else:
            self.substitution("`", 1)

    def ansi(self) -> None:
        end = self.at + 2
        parts: list[str] = []
        while end < len(self.text) and self.text[end] != "'":
            char, following = self.text[end], self.text[end + 1 : end + 2]
            parts.append(_ESCAPES.get(following, f"\\{following}") if char == "\\" else char)
            end += 2 if char == "\\" else 1
        if end >= len(self.text):
            self.unclosed("'")
            return
        self.put("".join(parts))
        self.at = end + 1

    def caret(self) -> None:
        if self.ends_line():
            self.fault("the line ends in ^ of cmd.exe", self.at, "Continue lines with a backslash.")
            self.end_word()
            self.at = self.line_end() + 1
        else:
            self.put("^")
            self.at += 1

    def tilde(self) -> None:
        begin, following = self.at, self.text[self.at + 1 : self.at + 2]
        if self.is_path_start() and (not following or following in "/: \t\n"):
            self.at += 1
            self.variable("HOME", begin, shown="~")
        else:
            self.put("~")
            self.at += 1

    def is_path_start(self) -> bool:
        """Whether a shell, or whoever wrote the line, means a home directory by ~ here."""
        before = next((part for part in reversed(self.parts or ()) if part), "")
        return before[-1:] in ("", "=", ":", ",")

    def percent(self) -> None:
        match = _CMD_VARIABLE.match(self.text, self.at)
        if match:
            self.fault(f"{match.group()} is a variable of cmd.exe", self.at, "Write its value.")
        self.put("%")
        self.at += 1

    def brace(self) -> None:
        match = _BRACES.match(self.text, self.at)
        if match and ("," in match.group(1) or ".." in match.group(1)):
            self.fault(
                f"{match.group()} would be expanded by a shell", self.at, "Write the words out."
            )
        self.put("{")
        self.at += 1

    def operator(self, char: str) -> None:
        placeholder = _PLACEHOLDER.match(self.text, self.at)
        if placeholder:
            self.put(placeholder.group())
            self.at = placeholder.end()
            return
        double = self.text[self.at : self.at + 2]
        shown = double if double in ("&&", "||", ">>", "<<", ";;", "|&", "&>") else char
        self.fault(
            f"{shown} is {_OPERATORS[char]}, which only a shell can do",
            self.at,
            "Give the lines without it.",
        )
        self.end_line()
        self.at += len(shown)

    steps: t.ClassVar[dict[str, t.Callable[[_Reader], None]]] = {
        " ": blank,
        "\t": blank,
        "\n": newline,
        "\\": backslash,
        "'": single,
        '"': double,
        "$": dollar,
        "`": backtick,
        "^": caret,
        "~": tilde,
        "{": brace,
        "%": percent,
    }


def split_lines(text: str, variables: t.Mapping[str, str]) -> Split:
    """The lines of a text as words."""
    return _Reader(text, variables).read()
