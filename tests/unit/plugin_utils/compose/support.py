"""Loads projects of Compose from texts, with files in memory."""

from __future__ import annotations

import errno
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.load import (
    LoadError,
    LoadOptions,
    Project,
    load_project,
)

BASE = "/srv/blog"


def reader(files: t.Mapping[str, str | bytes]) -> t.Callable[[str], bytes]:
    """A function that reads files of a mapping by their paths."""

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        content = files[path]
        return content if isinstance(content, bytes) else content.encode()

    return read


def load(
    *texts: str, files: t.Mapping[str, str | bytes] | None = None, **options: t.Any
) -> Project:
    """Loads texts named 1.yml, 2.yml ... ; files: by their paths from the base."""
    there = files or {}
    options.setdefault("base", BASE)
    named = [(f"{index}.yml", text) for index, text in enumerate(texts, 1)]
    return load_project(named, LoadOptions(read=reader(there), **options))


def data(*texts: str, **options: t.Any) -> dict[str, t.Any]:
    """The plain data of what load() loads."""
    loaded = load(*texts, **options).root.to_data()
    assert isinstance(loaded, dict)
    return loaded


def causes(*texts: str, **options: t.Any) -> list[str]:
    """The causes why they can't be loaded; [] if they can."""
    try:
        load(*texts, **options)
    except LoadError as error:
        return list(error.causes)
    return []


def service(text: str) -> str:
    """A file with one service, web; text: its keys."""
    lines = "".join(f"    {line}\n" for line in text.strip("\n").splitlines())
    return f"services:\n  web:\n{lines}"


def web(*texts: str, **options: t.Any) -> dict[str, t.Any]:
    """What service web is made of; each text: its keys in a file."""
    loaded = data(*(service(text) for text in texts), **options)["services"]["web"]
    assert isinstance(loaded, dict)
    return loaded
