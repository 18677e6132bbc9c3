# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Generations: numbered deployed states of an app, kept for rollbacks."""

from __future__ import annotations

import dataclasses
import typing as t

from ..content import Blob
from ..errors import QuadletError
from . import records

if t.TYPE_CHECKING:
    from .manifest import Manifest


@dataclasses.dataclass(frozen=True)
class Generation:
    """files: [text with surrogates for bytes, mode, on_change] by path, as installed.
    secrets: stored names by declared names.  images: [id, digest] by name; brought: of these, the
    names that runs in this scope pulled or loaded.  gate: the option as given.  changes: the steps
    of the run, in words; made_by: the account that ran it; made_at: seconds since the epoch.
    passed: whether the gate passed.  rollout: the id of its rollout, or ''.
    on_demand: units that no run starts.
    """

    app: str
    number: int
    made_at: float
    made_by: str
    changes: tuple[str, ...]
    files: dict[str, tuple[str, int, str]]
    passed: bool = True
    secrets: dict[str, str] = dataclasses.field(default_factory=dict)
    images: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    brought: tuple[str, ...] = ()
    gate: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    rollout: str = ""
    on_demand: tuple[str, ...] = ()

    @property
    def content(self) -> dict[str, Blob]:
        """Its files in the form of an app's content."""
        return {
            path: Blob(text.encode("utf-8", "surrogateescape"), mode, on_change)
            for path, (text, mode, on_change) in self.files.items()
        }


def to_files(content: t.Mapping[str, Blob]) -> dict[str, tuple[str, int, str]]:
    """Files in the form of a generation."""
    return {
        path: (blob.data.decode("utf-8", "surrogateescape"), blob.mode, blob.on_change)
        for path, blob in content.items()
    }


def parse_generation(text: str, path: str) -> Generation:
    """Parses a generation; refuses a newer format than ours."""
    return records.parse(text, path, _build, "Name another generation, or deploy the app again.")


def _build(data: dict[str, t.Any]) -> Generation:
    data["files"] = {name: tuple(row) for name, row in data["files"].items()}
    data["images"] = {name: tuple(row) for name, row in data["images"].items()}
    for key in ("changes", "brought"):
        data[key] = tuple(data[key])
    data["on_demand"] = tuple(data.get("on_demand") or ())
    return Generation(**data)


def from_record(manifest: Manifest) -> Generation:
    """The deployed generation as far as the app's record knows it: its own file may be damaged."""
    return Generation(
        app=manifest.app,
        number=manifest.generation,
        made_at=manifest.written_at,
        made_by="",
        changes=(),
        files={},
        secrets=dict(manifest.secrets),
        images={name: (ident, "") for name, ident in manifest.images.items()},
        on_demand=manifest.on_demand,
    )


def damaged_warning(number: int, why: QuadletError) -> str:
    """The warning of a generation that can't be restored."""
    return f"generation {number} is left out: {why.where}: {why.what}"


def next_number(numbers: t.Iterable[int], deployed: int) -> int:
    """The number of a new generation: no number is used twice."""
    return max((*numbers, deployed)) + 1


def choose_target(
    app: str,
    passed: t.Mapping[int, bool],
    wanted: int | None,
    deployed: int,
    damaged: t.Collection[int] = (),
) -> int:
    """The generation to return to: the wanted number, or the newest that passed before the
    last deployed generation, so that a second run changes nothing.  passed: by number.
    damaged: numbers of unreadable generations.
    """
    before = [number for number, good in passed.items() if number < deployed and good]
    if wanted is None and before:
        return max(before)
    if wanted is not None and wanted in passed:
        return wanted
    numbers = [f"{n} (damaged)" if n in damaged else str(n) for n in sorted({*passed, *damaged})]
    kept = ", ".join(numbers) or "none"
    which = f"generation {wanted}" if wanted is not None else f"no generation before {deployed}"
    raise QuadletError(
        f"{which} is {'not ' if wanted is not None else ''}kept; there are: {kept}",
        where=f"app {app}",
        remedy="Name a generation that is kept, or deploy the app as it should be.",
        topic="no-generation",
    )


def to_prune(numbers: t.Collection[int], keep: int, needed: t.Collection[int]) -> list[int]:
    """Generations to remove: all beyond the newest `keep`, without those that are needed."""
    newest = sorted(numbers, reverse=True)[:keep]
    return [n for n in sorted(numbers) if n not in newest and n not in needed]


def secrets_of(generations: t.Iterable[Generation]) -> frozenset[str]:
    """Stored names of the secrets of generations."""
    return frozenset(name for generation in generations for name in generation.secrets.values())


def images_of(generations: t.Iterable[Generation]) -> dict[str, str]:
    """Ids by name of the images of generations; the newest generation decides."""
    ordered = sorted(generations, key=lambda generation: generation.number)
    return {name: row[0] for generation in ordered for name, row in generation.images.items()}


def ids_of(generations: t.Iterable[Generation]) -> set[str]:
    """Ids of all their images: a tag that has moved has another one in each of them."""
    return {row[0] for generation in generations for row in generation.images.values()}


def to_row(generation: Generation, current: int, made_at: str) -> dict[str, t.Any]:
    """A generation as info returns it."""
    return {
        "number": generation.number,
        "current": generation.number == current,
        "passed": generation.passed,
        "made_at": made_at,
        "made_by": generation.made_by,
        "rollout": generation.rollout or None,
        "changes": list(generation.changes),
        "images": {name: digest or ident for name, (ident, digest) in generation.images.items()},
        "secrets": sorted(generation.secrets),
    }
