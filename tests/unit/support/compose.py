"""Compose files for tests: a text is read, and what became of everything is at hand."""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.beside import Kind
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Causes
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.node import Node
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.options import Project
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.read import (
    ReadOptions,
    read_project,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.template import Expanded
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.text import parse_documents
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Container, Model
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Report


class FakeFiles:
    """Files by path; a path that is a directory of one of them is a directory."""

    def __init__(self, contents: t.Mapping[str, str | bytes]) -> None:
        self._contents = {
            path: data.encode() if isinstance(data, str) else data
            for path, data in contents.items()
        }

    def kind(self, path: str) -> Kind:
        """What is there."""
        found = posixpath.normpath(path)
        if found in self._contents:
            return "file"
        prefix = "" if found == "." else f"{found}/"
        return "directory" if any(name.startswith(prefix) for name in self._contents) else ""

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        found = posixpath.normpath(path)
        if found not in self._contents:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self._contents[found]

    def below(self, path: str, limit: int) -> list[str]:
        """The files below a directory."""
        found = posixpath.normpath(path)
        prefix = "" if found == "." else f"{found}/"
        names = [name for name in self._contents if name.startswith(prefix)]
        return [name.removeprefix(prefix) for name in names][: limit + 1]

    def mode(self, path: str) -> str:
        """The mode of any file."""
        self.read(path)
        return "0644"

    def source(self, path: str) -> str:
        """The path on the controller."""
        return f"/base/{posixpath.normpath(path)}"


@dataclasses.dataclass
class Read:
    """What came of a text."""

    model: Model
    report: Report
    root: Node

    def container(self, name: str = "web") -> Container:
        """The container of a name."""
        return next(one for one in self.model.containers if one.name == name)

    def options(self, name: str = "web") -> list[str]:
        """The options of a container, as NAME VALUE or NAME."""
        return [
            " ".join(filter(None, [option.name, option.value]))
            for option in self.container(name).options
        ]

    def remarks(self) -> dict[str, list[str]]:
        """The outcomes of remarks that have a reason, or are no exact ones, by path."""
        found: dict[str, list[str]] = {}
        for given in all_given(self.report):
            for remark in given.remarks:
                if remark.reason or remark.outcome:
                    found.setdefault(given.path, []).append(remark.outcome.name.lower())
        return found


def all_given(report: Report) -> list[Given]:
    """Everything that was entered into a report."""
    return list(report._all)


def read(
    text: str,
    files: t.Mapping[str, str | bytes] | None = None,
    env: t.Mapping[str, str] | None = None,
    names: t.Literal["service", "compose"] = "service",
) -> Read:
    """Reads a text as the project blog, which has been loaded."""
    causes = Causes()
    documents = parse_documents(text, "c.yml", causes)
    causes.raise_any()
    root = documents[0] if documents else Node({}, "c.yml", 1)
    return read_tree(root, files, env, names)


def read_tree(
    root: Node,
    files: t.Mapping[str, str | bytes] | None = None,
    env: t.Mapping[str, str] | None = None,
    names: t.Literal["service", "compose"] = "service",
) -> Read:
    """Reads a tree, as read() does a text."""
    variables = {name: Expanded(value) for name, value in (env or {}).items()}
    project = Project("blog", root, ("c.yml",), (), (), variables)
    report = Report()
    options = ReadOptions(names, FakeFiles(files) if files is not None else None)
    return Read(read_project(project, report, options), report, root)


def read_service(keys: str, **more: t.Any) -> Read:
    """Reads a service web that has an image and some keys, each line by itself."""
    lines = "\n".join(f"    {line}" for line in keys.strip("\n").split("\n"))
    rest = more.pop("rest", "")
    return read(f"services:\n  web:\n    image: x\n{lines}\n{rest}", **more)
