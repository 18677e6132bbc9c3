# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Plans a rollout: the order of hosts, batches, and waves within a disruption budget."""

from __future__ import annotations

import dataclasses
import random
import re
import typing as t

POLICIES = ("revert_batch", "revert_all", "stop")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


class RolloutError(ValueError):
    """An invalid setting: variable, value, remedy."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """The variables `quadlet_rollout_*`, checked.

    batches: numbers, percentages or names of groups.  max_failures: of a batch;
    max_failures_total: of the rollout.  budget: by group, how many of its hosts may be down at
    once.  approval: numbers of batches that wait for an approval; approved: the last approved one.
    """

    batches: tuple[int | str, ...] = ()
    canary: str = ""
    order: str = "inventory"
    max_failures: int | str = 0
    max_failures_total: int | str | None = None
    budget: t.Mapping[str, int | str] = dataclasses.field(default_factory=dict)
    on_failure: str = "revert_batch"
    approval: tuple[int, ...] | t.Literal[True] = ()
    approved: int = 0


class Host(t.NamedTuple):
    """A host of the play.  sort: the value that `order` names."""

    name: str
    groups: tuple[str, ...] = ()
    sort: t.Any = None


class Batch(t.NamedTuple):
    """number: from 1.  name: for the report.  hosts: in order."""

    number: int
    name: str
    hosts: tuple[str, ...]


def count_of(value: int | str, whole: int, where: str, least: int = 0) -> int:
    """A number, or a percentage of a whole rounded down, not below `least`."""
    percent = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if percent:
        return max(least, int(whole * float(percent.group(1)) / 100))
    if isinstance(value, int) or (isinstance(value, str) and value.strip().isdigit()):
        return max(least, int(value))
    raise RolloutError(
        f"{where}: {value!r} is neither a number nor a percentage such as 10% [rollout-setting]"
    )


def parse_settings(given: t.Mapping[str, t.Any]) -> Settings:
    """Parses the values of `quadlet_rollout_NAME`, by NAME."""
    batches = given.get("batches") or ()
    settings = Settings(
        batches=tuple(batches if isinstance(batches, (list, tuple)) else [batches]),
        canary=given.get("canary") or "",
        order=given.get("order") or "inventory",
        max_failures=_or(given.get("max_failures"), 0),
        max_failures_total=_or(given.get("max_failures_total"), None),
        budget=dict(given.get("budget") or {}),
        on_failure=given.get("on_failure") or "revert_batch",
        approval=_parse_approval(given.get("approval")),
        approved=_number_of(given.get("approved") or 0, "quadlet_rollout_approved"),
    )
    if settings.on_failure not in POLICIES:
        raise RolloutError(
            f"quadlet_rollout_on_failure: {settings.on_failure!r} is none of "
            f"{', '.join(POLICIES)} [rollout-setting]"
        )
    for group, number in settings.budget.items():
        if count_of(number, 100, f"quadlet_rollout_budget, {group}", least=0) == 0:
            raise RolloutError(
                f"quadlet_rollout_budget, {group}: with {number!r} no host could ever be updated "
                "[rollout-budget]"
            )
    for name in ("max_failures", "max_failures_total"):
        count_of(_or(getattr(settings, name), 0), 100, f"quadlet_rollout_{name}")
    return settings


def _parse_approval(given: t.Any) -> tuple[int, ...] | t.Literal[True]:
    """The numbers of batches; with -e NAME=VALUE all comes as text."""
    words = given.split(",") if isinstance(given, str) else given
    if not isinstance(words, (list, tuple)):
        words = [words]
    texts = [str(word).strip() for word in words if word not in (None, False, "")]
    if [text.lower() for text in texts] in (["true"], ["yes"]):
        return True
    if [text.lower() for text in texts] in (["false"], ["no"]):
        return ()
    return tuple(_number_of(text, "quadlet_rollout_approval") for text in texts)


def _number_of(value: t.Any, where: str) -> int:
    text = str(value).strip()
    if text.isdecimal() and text.isascii():
        return int(text)
    raise RolloutError(
        f"{where}: {value!r} is no number of a batch; the first is 1 [rollout-setting]"
    )


def _or(value: t.Any, default: t.Any) -> t.Any:
    return default if value in (None, "") else value


def sort_hosts(hosts: t.Sequence[Host], order: str, seed: str) -> list[Host]:
    """Sorts hosts by the setting; a random order is the same for the same seed."""
    if order == "inventory":
        return list(hosts)
    if order == "reverse_inventory":
        return list(reversed(hosts))
    if order == "random":
        mixed = sorted(hosts, key=lambda host: host.name)
        random.Random(seed).shuffle(mixed)
        return mixed
    lost = [host.name for host in hosts if host.sort is None]
    if lost:
        raise RolloutError(
            f"quadlet_rollout_order: {order!r} is no variable of {', '.join(lost[:3])}; name one "
            "that every host has, or inventory, reverse_inventory or random [rollout-setting]"
        )
    numbers = all(isinstance(host.sort, (int, float)) for host in hosts)
    return sorted(hosts, key=lambda host: host.sort if numbers else str(host.sort))


def make_batches(hosts: t.Sequence[Host], settings: Settings) -> list[Batch]:
    """Divides sorted hosts into batches; the rest is the last batch."""
    left, made = list(hosts), []
    steps: list[int | str] = [*([settings.canary] if settings.canary else []), *settings.batches]
    for step in steps:
        chosen = _choose(step, left, hosts)
        left = [host for host in left if host not in chosen]
        made.append((_name(step, settings), chosen))
    made.append(("the rest" if steps else "all", left))
    filled = [(name, chosen) for name, chosen in made if chosen]
    return [
        Batch(number, name, tuple(host.name for host in chosen))
        for number, (name, chosen) in enumerate(filled, 1)
    ]


def _choose(step: int | str, left: t.Sequence[Host], hosts: t.Sequence[Host]) -> list[Host]:
    is_group = isinstance(step, str) and not (_PERCENT.fullmatch(step.strip()) or step.isdigit())
    if not is_group:
        return list(left[: count_of(step, len(hosts), "quadlet_rollout_batches", least=1)])
    return [host for host in left if step in host.groups or step == host.name]


def _name(step: int | str, settings: Settings) -> str:
    return f"canary {step}" if step == settings.canary else str(step)


def check_groups(settings: Settings, known: t.Container[str]) -> None:
    """Refuses groups in batches, canary or budget that the inventory does not have."""
    named = {"quadlet_rollout_canary": settings.canary} if settings.canary else {}
    for step in settings.batches:
        if isinstance(step, str) and not (_PERCENT.fullmatch(step.strip()) or step.isdigit()):
            named[f"quadlet_rollout_batches, {step}"] = step
    named.update({f"quadlet_rollout_budget, {group}": group for group in settings.budget})
    for where, name in named.items():
        if name not in known:
            raise RolloutError(
                f"{where}: the inventory has no group (or host) {name!r} [rollout-group]"
            )


def make_waves(
    hosts: t.Sequence[Host],
    budget: t.Mapping[str, int | str],
    sizes: t.Mapping[str, int],
    down: t.Mapping[str, int],
) -> list[list[str]]:
    """Divides hosts into waves within the remaining budget of each group.

    sizes: number of hosts by group.  down: number of hosts that are down already, by group.
    """
    room = {
        group: count_of(number, sizes.get(group, 0), "quadlet_rollout_budget", least=1)
        - down.get(group, 0)
        for group, number in budget.items()
    }
    used_up = sorted(
        group for group, free in room.items() if free < 1 and any(group in h.groups for h in hosts)
    )
    if used_up:
        raise RolloutError(
            f"the budget of group {used_up[0]} is used up: {down[used_up[0]]} of its hosts "
            "are down [rollout-budget]"
        )
    waves: list[list[Host]] = []
    for host in hosts:
        bound = [group for group in room if group in host.groups]
        for wave in waves:
            if all(sum(group in h.groups for h in wave) < room[group] for group in bound):
                wave.append(host)
                break
        else:
            waves.append([host])
    return [[host.name for host in wave] for wave in waves]
