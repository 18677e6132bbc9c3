# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint rules for the text of a value: words, quotes, escapes, and what systemd expands."""

from __future__ import annotations

import re
import typing as t

from ..quadlet.keys import Key, Reads
from .view import Line, words_of

Test = t.Callable[[Line], t.Optional[str]]


class ValueRule(t.NamedTuple):
    """A rule for a value.  applies: to which keys.  test: the message, or None."""

    rule: str
    applies: t.Callable[[Key], bool]
    test: Test


_QUOTES = re.compile(r"[\"'\\]")
_GOOD_ESCAPES = re.compile(
    r"\\(?:[abfnrtvs\\\"']|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{3})"
)
_ESCAPE = re.compile(r"\\.?")
_EMPTY_WORD = re.compile(r"(?:^|[ \t])(?:\"\"|'')(?=[ \t]|$)")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_COMMENT = re.compile(r"[ \t]#(?:[ \t]|$)")
_BARE_JSON = re.compile(r"(?:^|[ \t])[A-Za-z_][\w.-]*=[{\[]\"")
_SPECIFIERS = frozenset("aAbBcCdDeEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY%")
_DATE = re.compile(r"\+%[A-Za-z]|%[YmdHMSjFT][-:/._T]?%[YmdHMS]")
_VARIABLE = re.compile(r"(\$\$)|\$\{([^}]*)\}|(?:^)\$([^{$].*)", re.DOTALL)
# fmt: off
_GIVEN_VARIABLES = frozenset({
    "MAINPID", "MANAGERPID", "INVOCATION_ID", "JOURNAL_STREAM", "NOTIFY_SOCKET", "LISTEN_FDS",
    "LISTEN_PID", "LISTEN_FDNAMES", "CREDENTIALS_DIRECTORY", "RUNTIME_DIRECTORY",
    "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY",
    "PODMAN_SYSTEMD_UNIT", "PATH", "LANG", "USER", "LOGNAME", "HOME", "SHELL",
    "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "SYSTEMD_EXEC_PID", "WATCHDOG_USEC",
})
# fmt: on
_SHELL_WORDS = frozenset(("&&", "||", "|", ">", ">>", "<", "2>", "2>&1", "&>", "&"))
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|a|z|k)?sh")


def _reads(*reads: Reads) -> t.Callable[[Key], bool]:
    return lambda key: key.reads in reads


_ESCAPED = _reads(Reads.ARGS, Reads.LAST_ARGS, Reads.KEYVAL)
_WORDS = _reads(Reads.ARGS, Reads.LAST_ARGS, Reads.KEYVAL, Reads.STRV)
_PAIRS = _reads(Reads.KEYVAL)


def _unbalanced_quote(line: Line) -> str | None:
    if not _QUOTES.search(line.value):
        return None
    rest = re.sub(r"\"[^\"]*\"|'[^']*'", "", line.value)
    quote = next((char for char in rest if char in "\"'"), None)
    return f"nothing closes the {quote} in {line.value!r}" if quote else None


def _bad_escape(line: Line) -> str | None:
    if "\\" not in line.value:
        return None
    escape = _ESCAPE.search(_GOOD_ESCAPES.sub("", line.value))
    return f"Podman does not know the escape '{escape.group()}'" if escape else None


def _empty_word(line: Line) -> str | None:
    if not _QUOTES.search(line.value) or not _EMPTY_WORD.search(line.value):
        return None
    outside = _QUOTED.sub(
        lambda match: match.group() if len(match.group()) == 2 else "x", line.value
    )
    match = _EMPTY_WORD.search(outside)
    return "an empty word ends the list, and it is lost with all that follows" if match else None


def _lone_semicolon(line: Line) -> str | None:
    if ";" not in line.value or ";" not in words_of(line.value):
        return None
    return "a word that is just ';' ends the command for systemd"


def _quoted_value(line: Line) -> str | None:
    value = line.value
    if value[0] in "\"'" and value[-1] == value[0] and len(value) > 1:
        return f"the quotes become part of the value {value}"
    return None


_NO_DATA = frozenset(("text", "pair", ""))


def _takes_no_comment(key: Key) -> bool:
    if key.reads in (Reads.KEYVAL, Reads.ARGS, Reads.STRV):
        return True
    return key.reads not in (Reads.LAST_ARGS, Reads.COMMAND) and key.value not in _NO_DATA


def _inline_comment(line: Line) -> str | None:
    if "#" not in line.value:
        return None
    comment = _COMMENT.search(_QUOTED.sub("x", line.value))
    return "what follows the # is part of the value" if comment else None


def _unquoted_pair(line: Line) -> str | None:
    if " " not in line.value and "\t" not in line.value:
        return None
    words = words_of(line.value)
    if "=" not in words[0] or "#" in words:
        return None
    bare = next((word for word in words[1:] if "=" not in word), None)
    return f"{bare!r} is a word of its own, and no part of the value before it" if bare else None


def _json_in_pair(line: Line) -> str | None:
    return "the quotes within the JSON are lost" if _BARE_JSON.search(line.value) else None


def _unknown_specifier(line: Line) -> str | None:
    if "%" not in line.value:
        return None
    after = line.value.replace("%%", "").split("%")[1:]
    odd = next((text[:1] for text in after if text[:1] not in _SPECIFIERS), None)
    return None if odd is None else f"%{odd} is no specifier of systemd"


def _date_format(line: Line) -> str | None:
    date = "%" in line.value and _DATE.search(line.value.replace("%%", ""))
    return f"systemd expands {date.group()!r} before the container sees it" if date else None


def _unset_variable(line: Line) -> str | None:
    if "$" not in line.value:
        return None
    whole = line.key is not None and not _WORDS(line.key)
    for word in [line.value] if whole else words_of(line.value):
        for _escaped, braced, bare in _VARIABLE.findall(word):
            name = braced or bare
            if name and not _is_set(name, line):
                return f"systemd looks for the variable {name!r}, which {_who_sets(line)} sets"
    return None


def _who_sets(line: Line) -> str:
    if line.unit.app.context.place.facts.environment is None:
        return "nothing in [Service], and at most the manager's own environment,"
    return "neither [Service] nor the manager's environment"


def _is_set(name: str, line: Line) -> bool:
    unit = line.unit
    if name in _GIVEN_VARIABLES or unit.all("Service", "EnvironmentFile", "PassEnvironment"):
        return True
    if name in (unit.app.context.place.facts.environment or {}):
        return True
    given = unit.all("Service", "Environment")
    return any(word.partition("=")[0] == name for part in given for word in words_of(part.value))


def _quoted_command(line: Line) -> str | None:
    words = words_of(line.value)
    if len(words) != 1 or line.value[0] not in "\"'" or " " not in words[0]:
        return None
    if words[0][0] in "/$":
        return None
    return f"{words[0]!r} is one word, so the program of that name is looked for"


def _shell_in_exec(line: Line) -> str | None:
    return find_operator(words_of(line.value))


def find_operator(words: t.Sequence[str]) -> str | None:
    """The message about an operator of the shell in a command that no shell runs."""
    if _SHELL.fullmatch(words[0] if words else ""):
        return None
    operator = next((word for word in words if word in _SHELL_WORDS), None)
    return f"{operator} is an argument here: no shell runs the command" if operator else None


TEXT_RULES = (
    ValueRule("unbalanced-quote", _reads(Reads.STRV), _unbalanced_quote),
    ValueRule("bad-escape", _ESCAPED, _bad_escape),
    ValueRule("empty-word", _WORDS, _empty_word),
    ValueRule("lone-semicolon", _reads(Reads.ARGS, Reads.LAST_ARGS), _lone_semicolon),
    ValueRule("quoted-value", _reads(Reads.ALL), _quoted_value),
    ValueRule("inline-comment", _takes_no_comment, _inline_comment),
    ValueRule("unquoted-pair", _PAIRS, _unquoted_pair),
    ValueRule("json-in-pair", _PAIRS, _json_in_pair),
    ValueRule("unknown-specifier", lambda key: key.expands, _unknown_specifier),
    ValueRule("date-format", lambda key: key.expands, _date_format),
    ValueRule("unset-variable", lambda key: key.expands, _unset_variable),
    ValueRule("quoted-command", lambda key: key.name == "Exec", _quoted_command),
    ValueRule("shell-in-exec", lambda key: key.name == "Exec", _shell_in_exec),
)
"""The rules for values, by how Podman reads the key."""
