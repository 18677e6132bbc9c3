"""The leaves of a Compose file, read with PyYAML and without the collection's own loader."""

from __future__ import annotations

import re
import typing as t

import yaml


class _Loader(yaml.SafeLoader):
    """Takes tags of Compose."""


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> t.Any:
    if suffix == "reset":
        return None
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _tagged)


def load(text: str) -> t.Any:
    """A Compose file as PyYAML reads it."""
    return yaml.load(text, _Loader)


def leaves_of(text: str) -> list[str]:
    """The paths of all values: services.web.ports[0]; an empty mapping or list is one."""
    return list(_leaves(load(text), ""))


def paths_of(value: t.Any) -> set[str]:
    """The paths of all keys, each with * for any of its names too: services.*.ports."""
    if isinstance(value, list):
        below = {path for item in value for path in paths_of(item)}
        return {f"[]{path}" if path.startswith("[") else f"[].{path}" for path in below}
    found: set[str] = set()
    for key, item in value.items() if isinstance(value, dict) else ():
        below = paths_of(item)
        for name in (str(key), "*"):
            found.add(name)
            found |= {name + (path if path.startswith("[") else f".{path}") for path in below}
    return found


def _leaves(value: t.Any, path: str) -> t.Iterator[str]:
    parts: list[tuple[str, t.Any]] = []
    if isinstance(value, dict):
        parts = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    if not parts:
        yield path
    for name, item in parts:
        yield from _leaves(item, name)


def uncovered(leaves: t.Iterable[str], report: t.Sequence[dict[str, t.Any]]) -> list[str]:
    """The leaves that no item of a report is about: none is theirs, above them, or below them.

    The name of a service tells nothing of its keys, unless it has been left out.
    """
    told = {_steps(item["path"]) for item in report if item["path"]}
    above = {steps[:length] for steps in told for length in range(1, len(steps))}
    heads = {steps for steps in told if len(steps) == 2 and steps in above}
    return [leaf for leaf in leaves if not _is_covered(_steps(leaf), told - heads, above)]


def _is_covered(
    steps: tuple[str, ...], told: set[tuple[str, ...]], above: set[tuple[str, ...]]
) -> bool:
    return steps in above or any(steps[:n] in told for n in range(1, len(steps) + 1))


def _steps(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\[\d+\]|[^.\[]+", path))
