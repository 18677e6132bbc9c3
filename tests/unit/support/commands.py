"""The commands of generated services, as words."""

from __future__ import annotations

import collections
import re

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.splitting import (
    split_words,
)

_COMMANDS = re.compile(r"(?m)^(Exec\w+)=(.*)$")
_SERVICES = re.compile(r"(?ms)^---(.+?\.service)---$(.*?)(?=^---.+---$|\Z)")

Commands = dict[str, collections.Counter[str]]


def read_commands(out: str) -> dict[str, Commands]:
    """By service and key of [Service]: how often each word stands in its commands.

    Since 5.3 the generator writes options in random order, so words are counted.
    """
    return {
        name: {
            key: collections.Counter(
                word
                for found, text in _COMMANDS.findall(block)
                if found == key
                for word in split_words(text)
            )
            for key in dict(_COMMANDS.findall(block))
        }
        for name, block in _SERVICES.findall(out)
    }


def read_settings(out: str) -> dict[str, collections.Counter[str]]:
    """By service: the lines that systemd reads, but for its commands."""
    return {
        name: collections.Counter(
            line
            for section in re.split(r"(?m)^(?=\[)", block)
            if section.startswith(("[Unit]", "[Service]", "[Install]"))
            for line in section.split("\n")
            if line.strip() and not line.startswith(("Exec", "#", ";"))
        )
        for name, block in _SERVICES.findall(out)
    }
