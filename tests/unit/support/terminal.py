"""A terminal as far as Ansible and the progress callback use one: what is on it, line by line."""

from __future__ import annotations

import os
import re

_PART = re.compile(r"\x1b\[([\d;]*)([A-Za-z])|([^\x1b\n\r]+)|([\n\r])")


class Terminal:
    """Lines from the first on, those that have scrolled away too.  reflows: whether lines that are
    too long are broken anew when its width changes; otherwise they are cut.
    """

    def __init__(self, width: int = 80, height: int = 24, *, reflows: bool = True) -> None:
        self.width, self.height, self._reflows = width, height, reflows
        self.lines = [""]
        self.row, self.column = 0, 0

    @property
    def size(self) -> os.terminal_size:
        """Its size now."""
        return os.terminal_size((self.width, self.height))

    def write(self, data: bytes) -> None:
        """What a process writes to it."""
        text, at = data.decode(), 0
        while at < len(text):
            part = _PART.match(text, at)
            assert part, repr(text[at : at + 9])
            at = part.end()
            number, command, shown, control = part.groups()
            if command:
                self._command(command, number)
            elif shown:
                for char in shown:
                    self._put(char)
            elif control == "\n":
                self._next_line()
            else:
                self.column = 0

    def _command(self, command: str, number: str) -> None:
        if command == "A":
            top = max(0, len(self.lines) - self.height)
            self.row = max(top, self.row - int(number or 1))
        elif command == "K":
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif command == "J":
            assert not number
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        else:
            assert command == "m"

    def _put(self, char: str) -> None:
        if self.column >= self.width:
            self._next_line()
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
        self.column += 1

    def _next_line(self) -> None:
        """A line's end; the terminal's driver adds the return."""
        self.row, self.column = self.row + 1, 0
        if self.row == len(self.lines):
            self.lines.append("")

    def resize(self, width: int) -> None:
        """Another width; the cursor stays on its line."""
        self.width = width
        if self._reflows:
            broken = [
                [line[at : at + width] for at in range(0, len(line), width)] or [""]
                for line in self.lines
            ]
            self.row = sum(map(len, broken[: self.row + 1])) - 1
            self.lines = [piece for pieces in broken for piece in pieces]

    @property
    def shown(self) -> list[str]:
        """Its lines but for empty ones at the end."""
        lines = [line.rstrip() for line in self.lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines
