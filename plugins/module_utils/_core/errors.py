# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The exception of this collection: what failed, where, and what to do."""

from __future__ import annotations

import typing as t

_TEXTS = ("where", "remedy", "topic", "rule", "phase")


class QuadletError(Exception):
    """A failure that a person can act on.

    what: the fact, with the value seen; of content, which may be secret, what it is (shape).
    where: unit, file:line, section or key.
    remedy: what to do about it.  topic: the id of its kind, by which docs/messages.md explains it;
    None where each part of the text has one.  rule: the id of the rule that it breaks, for errors
    in a unit's text, explained by docs/lint.md.  phase: the phase of the run that failed.
    data: return values for the module (JSON-able), such as "failures".
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        remedy: str | None = None,
        topic: str | None = None,
        rule: str | None = None,
        phase: str | None = None,
        data: dict[str, t.Any] | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy
        self.topic = topic
        self.rule = rule
        self.phase = phase
        self.data = dict(data or {})

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        text = f"{head.rstrip('.')}. {self.remedy}" if self.remedy else head
        ident = self.topic or self.rule
        return f"{text} [{ident}]" if ident else text

    def add(self, troubles: t.Iterable[str]) -> None:
        """Tells what could not be put back as well."""
        self.what = "\n".join([self.what, *(f"  not put back: {one}" for one in troubles)])

    def to_dict(self) -> dict[str, t.Any]:
        """The error as data, to be sent from an owner's process to ours."""
        texts = {name: getattr(self, name) for name in ("what", *_TEXTS)}
        return {**texts, "data": self.data}

    @classmethod
    def from_dict(cls, data: t.Mapping[str, t.Any]) -> QuadletError:
        """The error that to_dict() wrote; fields that are no texts are dropped."""
        values = data.get("data")
        return cls(
            str(data.get("what", "unknown failure")),
            data=values if isinstance(values, dict) else None,
            **{name: data[name] for name in _TEXTS if isinstance(data.get(name), str)},
        )


HELD_UP = "held_up"
"""In the data of an error: somebody has let the run wait for as long as it would."""
NOT_READY = "not_ready"
"""In the data of an error: the host lacks what an earlier task of the play may provide, such as the
user, Podman or an app.  Check mode goes on.
"""


def shape(value: t.Any) -> str:
    """What a value is, for errors about its form: quoted there, it would tell what a vault held."""
    return next((name for kind, name in _SHAPES if isinstance(value, kind)), "nothing")


_SHAPES: t.Final[tuple[tuple[t.Any, str], ...]] = (
    (str, "text"),
    (bool, "a boolean"),
    ((int, float), "a number"),
    (bytes, "bytes"),
    (t.Mapping, "a mapping"),
    ((list, tuple), "a list"),
)


def join_errors(errors: t.Sequence[QuadletError]) -> QuadletError:
    """Joins errors to one that lists them; a single error is returned unchanged."""
    if len(errors) == 1:
        return errors[0]
    lines = "".join(f"\n- {error}" for error in errors)
    return QuadletError(
        f"{len(errors)} errors, nothing on the host was changed:{lines}",
        data={"errors": [error.to_dict() for error in errors]},
        topic=None,
    )
