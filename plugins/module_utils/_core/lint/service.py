# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Lint rules for a unit's service: its start, its end, and its dependencies."""

from __future__ import annotations

import re
import typing as t

from ..quadlet.kinds import KINDS, companion_of, is_template, kind_of, unit_of
from ..quadlet.splitting import TRUE
from ..quadlet.unitfile import UnitText
from .text import find_operator
from .values import FALSE, not_among
from .view import Hit, Hits, Line, Merged, Units, is_open, service_stem, words_of

_LINKS = ("WantedBy", "RequiredBy", "UpheldBy")
_PULLS = ("Requires", "Wants", "BindsTo", "Upholds", "Requisite")
_HARD = ("Requires", "BindsTo", "Requisite")
_SYSTEM_TARGETS = frozenset(
    f"{name}.target"
    for name in ("multi-user", "graphical", "network-online", "network", "remote-fs", "local-fs")
)
_EVENTS = ("success", "failure", "abnormal", "abort", "watchdog")
_ONE_SHOTS = frozenset(("volume", "network", "image", "build", "artifact"))
"""Kinds whose services the generator makes with Type=oneshot."""

_SERVICE_WORDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Restart": ("bad-choice", ("no", "always", *(f"on-{event}" for event in _EVENTS))),
    "Type": ("bad-service-type", ("notify", "oneshot")),
    "KillMode": ("bad-service-type", ("mixed", "control-group")),
}
"""Words of [Service], and the rule that refuses others."""


def service_words(unit: Merged) -> Hits:
    """Finds words in [Service] that Podman or systemd do not accept."""
    for key, (rule, words) in _SERVICE_WORDS.items():
        for line in unit.all("Service", key):
            if line.value in words:
                continue
            if rule == "bad-service-type" and unit.kind.suffix in ("container", "kube"):
                noun = "service Type" if key == "Type" else key
                yield Hit(rule, line, f"invalid {noun} {line.value!r}: {' or '.join(words)}")
            elif rule == "bad-choice":
                yield Hit(rule, line, not_among(line.value, key, words))
    for line in unit.all("Service", "User", "Group", "DynamicUser"):
        yield Hit("service-user", line, f"{line.entry.key} in [Service] is not supported")
    restart = unit.last("Service", "Restart")
    ends = unit.is_job or unit.kind.suffix in _ONE_SHOTS
    if ends and restart and restart.value in ("always", "on-success"):
        yield Hit("restart-job", restart, f"a job can't have Restart={restart.value}")
    if unit.kind.suffix == "container" and not (restart or unit.is_job or unit.own("Pod")):
        yield Hit("missing-restart", unit.name, "the container stays down when it ends")


_COMMANDS = ("ExecCondition", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStopPost")
_PATHS = (
    *(("Unit", key) for key in ("RequiresMountsFor", "WantsMountsFor")),
    *(("Service", key) for key in ("EnvironmentFile", "WorkingDirectory", "ReadWritePaths")),
    *(("Unit", f"{verb}Path{word}") for verb in ("Condition", "Assert")
      for word in ("Exists", "IsDirectory", "IsMountPoint", "IsReadWrite")),
)  # fmt: skip
_SPANS = ("RestartSec", "TimeoutSec", "TimeoutStartSec", "TimeoutStopSec", "RuntimeMaxSec")
_SPAN = re.compile(r"infinity|(?:\d+(?:\.\d+)?\s*[a-zA-Zµμ]*\s*)+")


def service_values(unit: Merged) -> Hits:
    """Checks values of systemd's own sections that are often written as a shell would read them."""
    own = unit.last("Service", "ExecStart")
    if own and unit.kind.suffix in ("container", "kube", "pod") and not unit.is_job:
        yield Hit("second-exec-start", own, "the generator adds an ExecStart= of its own")
    for line in unit.all("Service", *_COMMANDS):
        message = find_operator(words_of(line.value.lstrip("-@:+!")))
        if message:
            yield Hit("shell-in-exec", line, message)
    for section, key in _PATHS:
        for line in unit.all(section, key):
            word = line.value.lstrip("-!|")
            if word.startswith("~/"):
                yield Hit("tilde-path", line, f"nobody expands the ~ in {line.value!r}")
    for line in unit.all("Service", *_SPANS):
        if not (_SPAN.fullmatch(line.value) or is_open(line.value)):
            message = f"{line.value!r} is no duration"
            yield Hit("bad-duration", line, message, "Write a number with a unit, such as 30s.")


_CHECK_KEYS = ("HealthInterval", "HealthRetries", "HealthStartPeriod", "HealthTimeout")
_STARTUP_KEYS = tuple(
    f"HealthStartup{word}" for word in ("Interval", "Retries", "Success", "Timeout")
)


def health(unit: Merged) -> Hits:
    """Finds settings of health checks without a command."""
    args = {word.partition("=")[0] for _line, words in unit.podman_args for word in words}
    checked = unit.value("Container", "HealthCmd") or "--health-cmd" in args
    notify = unit.last("Container", "Notify")
    if notify and notify.value == "healthy" and checked in ("", False, "none"):
        yield Hit("healthy-without-check", notify, "there is no HealthCmd to become healthy by")
    for line in () if checked else unit.own(*_CHECK_KEYS, "HealthStartupCmd"):
        yield _idle(line, "HealthCmd")
    startup = unit.value("Container", "HealthStartupCmd") or "--health-startup-cmd" in args
    for line in () if startup else unit.own(*_STARTUP_KEYS):
        yield _idle(line, "HealthStartupCmd")


def _idle(line: Line, command: str) -> Hit:
    return Hit("health-without-command", line, f"{line.entry.key} does nothing without {command}")


_UNITS_OF_TIME = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("ms", "msec"), 0.001),
}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)\s*")


def _seconds(text: str) -> float | None:
    """The seconds of a time span of systemd; None if it is infinite or malformed."""
    if not re.fullmatch(rf"(?:{_TIME.pattern})+", text):
        return None
    parts = [(float(number), _UNITS_OF_TIME.get(unit)) for number, unit in _TIME.findall(text)]
    return sum(number * (unit or 0.0) for number, unit in parts)


def stop_timeout(unit: Merged) -> Hits:
    """Finds containers that systemd kills while Podman still waits for them."""
    line = unit.last(unit.kind.section, "StopTimeout")
    if line is None or not line.value.isdigit():
        return
    given = unit.value("Service", "TimeoutStopSec") or unit.value("Service", "TimeoutSec")
    limit = _seconds(given or "90")
    if limit and int(line.value) >= limit:
        yield Hit("stop-timeout", line, f"systemd waits {limit:g} s, Podman {line.value} s")


def install(unit: Merged) -> Hits:
    """Checks [Install] as the generator reads it."""
    for line in unit.all("Install", "Also"):
        yield Hit("install-also", line, "Also= is ignored")
    links = unit.all("Install", *_LINKS)
    targets = [(line, word) for line in links for word in words_of(line.value)]
    for line, word in targets:
        if kind_of(word):
            yield Hit("install-quadlet-name", line, f"{word} is no unit of systemd")
    if unit.app.context.rootless:
        wrong = [(line, word) for line, word in targets if word in _SYSTEM_TARGETS]
        if wrong and len(wrong) == len(targets):
            yield Hit("system-target", wrong[0][0], f"a user's manager has no {wrong[0][1]}")
        for line in unit.all("Unit", "After", *_PULLS):
            for word in _SYSTEM_TARGETS.intersection(words_of(line.value)):
                yield Hit("system-dependency", line, f"a user's manager has no {word}")
    lonely = is_template(unit.name) and links and not unit.value("Install", "DefaultInstance")
    if lonely and not _instances(unit):
        yield Hit("template-install", links[0], "[Install] of a template without DefaultInstance")


def _instances(unit: Merged) -> list[str]:
    stem, _at, suffix = unit.name.partition("@")
    same = (name for name in unit.app.visible if name.startswith(f"{stem}@") and name != unit.name)
    return [name for name in same if name.endswith(suffix)]


def dependencies(unit: Merged) -> Hits:
    """Checks dependencies in [Unit] on other units of the app."""
    app = unit.app
    waits = {word for line in unit.all("Unit", "After", "Before") for word in words_of(line.value)}
    for line in unit.all("Unit", "After", "Before", *_PULLS):
        for word in words_of(line.value):
            other = app.by_service.get(word)
            if other is None:
                yield from _wrong_name(app, line, word)
            elif line.entry.key in _HARD:
                if waits.isdisjoint((other.name, other.service)) and not _before(other, unit):
                    yield Hit("requires-without-after", line, f"{word} is not waited for")
                if other.is_job and not _remains(other):
                    yield Hit("required-job", line, f"{word} reads inactive once its work is done")


def _before(first: Merged, second: Merged) -> bool:
    named = {word for line in first.all("Unit", "Before") for word in words_of(line.value)}
    return not named.isdisjoint((second.name, second.service))


def _remains(unit: Merged) -> bool:
    return unit.value("Service", "RemainAfterExit").lower() in TRUE


def _wrong_name(app: Units, line: Line, word: str) -> Hits:
    stem, _dot, suffix = word.rpartition(".")
    if suffix != "service" or "@" in stem or "%" in stem:
        return
    guesses = (f"{base}.{kind}" for kind in KINDS for base in (stem, stem.removesuffix(f"-{kind}")))
    meant = next((app.units[name] for name in guesses if name in app.units), None)
    if meant and not any(_makes(name, word) for name in app.visible):
        message = f"{meant.name} makes {meant.service}, not {word}"
        yield Hit("wrong-service-name", line, message, f"Write {meant.service}.")


def _makes(name: str, service: str) -> bool:
    kind = kind_of(name)
    stem = name.rpartition(".")[0]
    return kind is not None and f"{service_stem(stem, kind)}.service" == service


def boot(app: Units) -> Hits:
    """Finds services that nothing starts at boot."""
    starts = [unit.name for unit in app.units.values() if unit.all("Install", *_LINKS)]
    starts += _triggered(app)
    reached = _closure(app, starts)
    for unit in app.units.values():
        quiet = unit.is_job or is_template(unit.name) or _says_no(unit)
        if unit.kind.runs and unit.name not in reached and not quiet:
            yield Hit("no-install", unit.name, f"nothing starts {unit.service} after a reboot")


def lonely_jobs(app: Units) -> Hits:
    """Finds jobs that nothing of the app starts."""
    named = {word for path in app.texts for word in _named_by(app.texts[path])}
    named |= {app.units[name].service for name in _triggered(app)}
    for unit in app.units.values():
        lonely = unit.is_job and unit.kind.runs and not is_template(unit.name)
        starts = unit.all("Install", *_LINKS) or unit.own("Pod") or unit.service in named
        if lonely and not (starts or _says_no(unit)):
            yield Hit("lonely-job", unit.name, f"nothing of the app starts {unit.service}")


def _named_by(text: UnitText) -> list[str]:
    keys = (*_PULLS, "OnSuccess", "OnFailure")
    return [
        f"{stem}.service" if kind_of(word) else word
        for key in keys
        for value in text.values("Unit", key)
        for word in value.split()
        for stem in [word.rpartition(".")[0]]
    ]


def _says_no(unit: Merged) -> bool:
    """Whether its [Install] was emptied on purpose."""
    return any(("Install", key) in unit.by_key for key in _LINKS)


def _triggered(app: Units) -> t.Iterator[str]:
    """Units that native units of the app start: a timer, a socket, a path, a target."""
    for path, text in app.texts.items():
        name = unit_of(path)
        row = companion_of(name)
        if row and row.trigger_key:
            named = text.value(row.section, row.trigger_key)
            unit = app.by_service.get(named or f"{name.rpartition('.')[0]}.service")
            if unit:
                yield unit.name
        elif kind_of(name) is None:
            wanted = (value for key in _PULLS for value in text.values("Unit", key))
            words = " ".join(wanted).split()
            yield from (app.by_service[word].name for word in words if word in app.by_service)


def _closure(app: Units, starts: t.Iterable[str]) -> set[str]:
    """The units that these start, with their dependencies and the members of their pods."""
    members: dict[str, list[str]] = {}
    for member in app.units.values():
        pod = member.value("Container", "Pod")
        if pod and member.value("Container", "StartWithPod").lower() not in FALSE:
            members.setdefault(pod, []).append(member.name)
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        unit = app.units.get(name)
        if unit is None or name in reached:
            continue
        reached.add(name)
        words = [w for line in unit.all("Unit", *_PULLS) for w in words_of(line.value)]
        words += [line.value.partition(":")[0] for line in unit.own("Pod", "Network")]
        waiting += [app.by_service[word].name for word in words if word in app.by_service]
        waiting += members.get(name, ())
    return reached


SERVICE_RULES = (service_words, service_values, health, stop_timeout, install, dependencies)
APP_RULES = (boot, lonely_jobs)
