"""Runs in a process of its own: a run in which nothing can be imported from its first write on.

Reads a pickle of (directory, kind of scope, generator, saved host, parameters, fault or None);
prints as JSON how the run ended, and what it would have imported.
"""

from __future__ import annotations

import importlib.abc
import json
import pathlib
import pickle
import sys
import typing as t

from tests.unit.engine.support.host import Host

FIRST_WRITE = "call stage"


class Blocker(importlib.abc.MetaPathFinder):
    """Refuses every module that is not loaded yet."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def find_spec(self, name: str, *_more: t.Any) -> None:
        """Raises: no other finder is asked."""
        self.refused.append(name)
        raise ImportError(f"{name} is not loaded")


def main() -> None:
    """The run."""
    top, kind, generator, saved, params, fault = pickle.load(sys.stdin.buffer)
    host, blocker = Host(pathlib.Path(top), kind, generator), Blocker()
    host.load(saved)

    def block(number: int, _after: bool) -> None:
        if host.effects.done[number].name == FIRST_WRITE and blocker not in sys.meta_path:
            sys.meta_path.insert(0, blocker)

    host.effects.watch = block
    ended = host.run(params, fault)
    blocked = blocker in sys.meta_path
    sys.meta_path.remove(blocker)
    with open(f"{top}.pickle", "wb") as stream:
        pickle.dump(host.save(), stream)
    report = {
        "blocked": blocked,
        "hit": host.effects.hit,
        "result": bool(ended.result),
        "error": repr(ended.error),
        "rolled_back": getattr(ended.error, "data", {}).get("rolled_back"),
        "refused": blocker.refused,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
