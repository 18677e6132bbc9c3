"""Podman commands of services, in one form of each, without what services have by themselves."""

from __future__ import annotations

import collections
import re
import typing as t

from tests.unit.support.argv import expand, read_service, split_command
from tests.unit.support.podman_words import Meaning, meaning_of

_OWN = re.compile(
    r"--(conmon-pidfile|infra-conmon-pidfile|pod-id-file|pod|restart|exit-policy)=.*"
    r"|--infra-name=(shop|bare)-infra|--quiet|--label=com\.docker\.compose\..*"
)
"""Options of Podman's services, and what a conversion leaves out by its rules."""
_FORMS = {
    "mount volume  /": "mount volume * /",
    "bind-propagation=": "",
    "secret source=": "secret ",
    "image=docker.io/library/": "image=",
}
_OTHER_FORMS = re.compile("|".join(map(re.escape, _FORMS)))


def words_of(text: str, key: str, service: str) -> list[list[str]]:
    """The words of the podman commands of a key, with the specifiers of the service."""
    values = {
        b"%": b"%%",
        b"n": service.encode(),
        b"N": service[:-8].encode(),
        b"t": b"/run",
        b"i": b"INSTANCE",
    }
    found = []
    for line in read_service(text.encode()):
        if line.key == key:
            plain = re.sub(rb"%(.)", lambda match: values[match.group(1)], line.value)
            found.append([expand(word).decode() for word in split_command(plain.lstrip(b"-"))])
    return [words for words in found if words[0].endswith("podman")]


def run_words(text: str, service: str) -> list[list[str]]:
    """The words of the commands that make a container or a pod."""
    commands = [*words_of(text, "ExecStartPre", service), *words_of(text, "ExecStart", service)]
    return [words for words in commands if words[1] == "run" or words[1:3] == ["pod", "create"]]


def plain_words(words: t.Sequence[str]) -> Meaning:
    """What a command asks for, without the options of a service, in one form of each."""
    seen = meaning_of(words)
    aliases = [w.partition("=")[2] for w in seen if w.startswith("--network-alias=")]
    networks = any(word.startswith("network ") for word in seen)
    plain: Meaning = collections.Counter()
    for given, count in seen.items():
        word = _OTHER_FORMS.sub(lambda match: _FORMS[match.group()], given)
        if networks and word.startswith("network "):
            name, _blank, options = word.removeprefix("network ").partition(" ")
            parts = [f"alias={alias}" for alias in aliases] + options.split(",")
            word = f"network {name} {','.join(sorted(filter(None, parts)))}".rstrip()
        if not _OWN.fullmatch(word) and not (networks and word.startswith("--network-alias")):
            plain[word] += count
    return plain
