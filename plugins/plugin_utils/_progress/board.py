# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What is known of the hosts at a moment, from what their tasks have told: data, and no clock."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.progress import (
    END,
    Event,
    clean,
    make_event,
)

Message = t.Mapping[str, t.Any]


@dataclasses.dataclass
class Stage:
    """Where an app is.  began: when it came there."""

    event: Event
    began: float


@dataclasses.dataclass
class Host:
    """A host whose task runs.  ended: apps that are through.  due: when its next line is; shown:
    whether it has had one.
    """

    name: str
    action: str
    began: float
    due: float = 0.0
    stages: dict[tuple[str, str], Stage] = dataclasses.field(default_factory=dict)
    ended: int = 0
    shown: bool = False


@dataclasses.dataclass
class Batch:
    """The hosts that are deployed to together.  all_hosts: of the play.  number, of: of a rollout,
    else 0; name: how its settings name it, a canary or a group say.
    """

    hosts: int = 0
    all_hosts: int = 0
    number: int = 0
    of: int = 0
    name: str = ""


class Board:
    """All of it.  every: seconds between two lines of a host."""

    def __init__(self, every: float) -> None:
        self.every = every
        self.hosts: dict[str, Host] = {}
        self.batch = Batch()
        self.batch_told = Batch()
        self._in_batches = True

    def take(self, message: Message, now: float) -> None:
        """What a task tells; anything else is left out."""
        name, kind = str(message.get("host", "")), message.get("kind")
        if kind == "begin":
            self._begin(name, message, now)
        elif kind == "event" and name in self.hosts:
            try:
                began = now - float(message.get("age", 0.0))
                self._place(self.hosts[name], Stage(make_event(message.get("event")), began))
            except (TypeError, ValueError):
                return

    def _begin(self, name: str, message: Message, now: float) -> None:
        action = clean(message.get("action", "")).rpartition(".")[2]
        known = self.hosts.get(name)
        if known:  # once more, with the engine or an archive, or another item of a loop
            known.ended = 0
            known.stages.clear()
            return
        self.hosts[name] = Host(printable(name), action, now, due=now + self.every)
        if self._in_batches and not self.batch.number:
            hosts, whole = message.get("batch"), message.get("of")
            if isinstance(hosts, int) and isinstance(whole, int):
                self.batch = Batch(hosts, whole)

    def _place(self, host: Host, stage: Stage) -> None:
        key = (stage.event.user, stage.event.app)
        if stage.event.phase == END:
            host.ended += bool(host.stages.pop(key, None))
            return
        host.stages[key] = stage

    def end(self, name: str) -> Host | None:
        """A task of a host is over; what was known of it."""
        return self.hosts.pop(name, None)

    def begin_play(self, *, in_batches: bool) -> None:
        """Another play, or another batch of one.

        in_batches: by `serial`.  Otherwise fewer hosts than the play began with are those that are
        left: Ansible goes on without hosts that failed.
        """
        self.batch = Batch()
        self._in_batches = in_batches

    def begin_batch(self, state: Message) -> None:
        """A batch of a rollout is under way; state: that of the rollout."""
        batch, batches = state.get("batch") or {}, state.get("batches") or []
        number, hosts = batch.get("number", 0), batch.get("hosts") or []
        if hosts and 0 < number <= len(batches):
            name = printable(str(batches[number - 1].get("name", "")))
            whole = sum(len(one.get("hosts") or []) for one in batches)
            self.batch = Batch(len(hosts), whole, number, len(batches), name)


def printable(text: str) -> str:
    """A name of the inventory as it can be shown."""
    return "".join(char if char.isprintable() else "?" for char in text)
