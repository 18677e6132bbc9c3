# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Commands of podman and docker in a unit: what they do, and to which container."""

from __future__ import annotations

import dataclasses
import re
import typing as t

# fmt: off
_GLOBALS_WITH_VALUE = frozenset({
    "--cdi-spec-dir", "--cgroup-manager", "--config", "--conmon", "--connection", "-c",
    "--context", "--events-backend", "--hooks-dir", "--host", "-H", "--identity", "--imagestore",
    "--log-level", "-l", "--module", "--namespace", "--network-cmd-path", "--network-config-dir",
    "--out", "--root", "--runroot", "--runtime", "--runtime-flag", "--ssh", "--storage-driver",
    "--storage-opt", "--tls-ca", "--tls-cert", "--tls-key", "--tlscacert", "--tlscert", "--tlskey",
    "--tmpdir", "--url", "--volumepath",
})
# fmt: on
"""Options in front of the command that take a value."""

_ENGINES = frozenset({"podman", "docker"})
_GROUPS = frozenset({"container", "pod", "kube", "play", "image", "network", "volume", "compose"})
_PREFIXES = "-@:+!|"
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
ID_OPTIONS: t.Final = frozenset(
    {"--cidfile", "--conmon-pidfile", "--pidfile", "--pod-id-file", "--infra-conmon-pidfile"}
)
"""Options that name a file for ids of processes and containers."""


@dataclasses.dataclass(frozen=True)
class Command:
    """A command.  engine: podman, docker, or '' for another program.  verb: such as `run` or
    `pod create`.  words: behind the verb.  program: all words.  prefix: characters of systemd's.
    """

    program: tuple[str, ...]
    engine: str = ""
    options: tuple[str, ...] = ()
    verb: str = ""
    words: tuple[str, ...] = ()
    prefix: str = ""
    environment: tuple[str, ...] = ()

    @property
    def is_launch(self) -> bool:
        """Whether it makes a container and runs it."""
        return self.verb in ("run", "container run")

    @property
    def is_start(self) -> bool:
        """Whether it starts a container that is there."""
        return self.verb in ("start", "container start")


def split_prefix(line: str) -> tuple[str, str]:
    """The characters of systemd's in front of a command, and the command."""
    rest = line.lstrip(_PREFIXES)
    return line[: len(line) - len(rest)], rest


def parse_command(words: t.Sequence[str], prefix: str = "") -> Command:
    """What a command does."""
    program = tuple(words)
    rest = list(words)
    if "@" in prefix and len(rest) > 1:
        del rest[1]
    environment: list[str] = []
    if rest and rest[0].rpartition("/")[2] == "env":
        del rest[0]
        while rest and _ASSIGNMENT.fullmatch(rest[0]):
            environment.append(rest.pop(0))
    engine = rest[0].rpartition("/")[2] if rest else ""
    if engine not in _ENGINES:
        return Command(program, prefix=prefix)
    options, rest = _take_globals(rest[1:])
    verb = rest.pop(0) if rest else ""
    if verb in _GROUPS and rest:
        verb = f"{verb} {rest.pop(0)}"
    return Command(program, engine, tuple(options), verb, tuple(rest), prefix, tuple(environment))


def _take_globals(words: list[str]) -> tuple[list[str], list[str]]:
    """The options in front of the command, and the rest."""
    position = 0
    while position < len(words) and words[position].startswith("-"):
        position += 2 if words[position] in _GLOBALS_WITH_VALUE else 1
    return words[:position], words[position:]


def option_values(words: t.Sequence[str], names: t.Collection[str]) -> list[str]:
    """The values of some long options, as `--name VALUE` or `--name=VALUE`."""
    values = []
    for word, following in zip(words, [*words[1:], ""]):
        name, equals, value = word.partition("=")
        if name in names:
            values.append(value if equals else following)
    return values


class Ending(t.NamedTuple):
    """A command that stops or removes containers.  targets: names, ids, files with ids.
    timeout: seconds, None where none is told.
    """

    verb: str
    targets: tuple[str, ...]
    timeout: float | None


_TIMES = frozenset({"-t", "--time", "--timeout"})
_SECONDS = re.compile(r"[0-9]{1,9}")
_FILES = frozenset({"--cidfile", "--pod-id-file"})
_ENDING_FLAGS = re.compile(r"-[fivl]+|--(?:force|ignore|volumes|log)(?:=true)?")
_ENDINGS = frozenset(
    f"{group}{verb}"
    for group in ("", "container ", "pod ")
    for verb in ("stop", "rm", "kill", "remove")
)


def parse_ending(command: Command) -> Ending | None:
    """The command as one that ends containers; None if it does another thing, or more."""
    if not command.engine or command.verb not in _ENDINGS:
        return None
    targets: list[str] = []
    timeout: float | None = None
    words = list(command.words)
    while words:
        name, value = _next_option(words)
        if name in _FILES or not name:
            targets += [value] if value else []
        elif name in _TIMES and _SECONDS.fullmatch(value):
            timeout = float(value)
        elif not _ENDING_FLAGS.fullmatch(name) or name in _TIMES:
            return None
    return Ending(command.verb, tuple(targets), timeout)


def _next_option(words: list[str]) -> tuple[str, str]:
    """Takes an option with its value from the words; ('', word) for a word that is no option."""
    word = words.pop(0)
    if not word.startswith("-"):
        return "", word
    if re.fullmatch(r"-t\d+", word):
        return "-t", word[2:]
    name, equals, value = word.partition("=")
    if name in _TIMES or name in _FILES:
        return name, value if equals else (words.pop(0) if words else "")
    return word, ""


_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_SHELL_ENDING = re.compile(
    r"\s*\S*(?:podman|docker) (?P<verb>stop|rm|kill)(?: -t (?P<time>\d+)|(?: -\w+)*)? "
    r"\"?\$\(\s*(?:/usr)?(?:/bin/)?cat (?P<file>[^\s()]+)\s*\)\"?\s*(?:&&|;|$)"
)


def shell_script(command: Command) -> str:
    """The script of `sh -c SCRIPT`; '' for another command."""
    words = command.program
    if len(words) != 3 or words[0].rpartition("/")[2] not in _SHELLS or words[1] != "-c":
        return ""
    return words[2]


def parse_shell_ending(command: Command) -> Ending | None:
    """`sh -c "podman stop $(cat FILE) && podman rm $(cat FILE)"`."""
    script = shell_script(command)
    found = list(_SHELL_ENDING.finditer(script))
    if not found or "".join(match.group() for match in found) != script:
        return None
    times = [float(match["time"]) for match in found if match["time"]]
    files = tuple(match["file"] for match in found)
    return Ending("stop", files, times[0] if times else None)


def removed_files(command: Command) -> tuple[str, ...]:
    """The files that a plain `rm -f FILE …` removes; () for another command."""
    words = command.program
    if not words or words[0].rpartition("/")[2] != "rm":
        return ()
    return tuple(word for word in words[1:] if not word.startswith("-"))
