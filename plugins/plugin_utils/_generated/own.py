# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The lines of a generated unit: Podman's own are left out, the user's own are kept.

One row for each key of which Podman writes lines, from the templates of podman generate systemd
1.9 to 6.1 (pkg/systemd/generate).  What a row does not know as Podman's is the user's.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quoting import word
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Line
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import restore
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.command import (
    Command,
    parse_command,
    parse_ending,
    parse_shell_ending,
    removed_files,
    split_prefix,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.systemd import (
    Names,
    Problem,
    expand_text,
    expand_words,
    split_commands,
    split_line,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.texts import Item, Service

_OWN = "Podman's own line: the generator writes what is needed"
_DESCRIPTION = re.compile(r"Podman (?:container |pod )?\S+\.service(?: for %I)?")
_MANUAL = "man:podman-generate-systemd(1)"
_NETWORK = frozenset({"network.target", "network-online.target"})
_DOCKER = frozenset({"docker.service", "docker.socket", "containerd.service"})
_STORAGE = re.compile(
    r"(?:%t|/run/user/\d+|/(?:var/)?run|/var/lib|.*/\.local/share)/containers(?:/storage)?"
)
_UNIT_VARIABLE = re.compile(r"PODMAN_SYSTEMD_UNIT=.*")
_MARGIN = 60
"""What Podman adds to a container's stop timeout."""
_STOP_TIMEOUT: t.Final = 10.0


@dataclasses.dataclass
class Subject:
    """What a unit's lines are about.  targets: names and ids of its container or pod; files:
    those for their ids.  renamed: new names of services by old ones; own: services of its pod.
    stop_timeout: of its container.  told: seconds that a stop command names,
    told_by that line.  name: of the container; engine: what ran it; pull: what pulls its image.
    in_user_scope: whether the app is for a user.
    """

    service: Service
    targets: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    renamed: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    own: frozenset[str] = frozenset()
    stop_timeout: float = _STOP_TIMEOUT
    told: float | None = None
    told_by: Given | None = None
    name: str = ""
    engine: str = "podman"
    pull: Given | None = None
    in_user_scope: bool = False

    @property
    def names(self) -> Names:
        """Of the unit."""
        return self.service.names

    def rename(self, name: str) -> str:
        """The name of a service as it will be; an instance follows its template."""
        if name in self.renamed:
            return self.renamed[name]
        prefix, at, instance = name.partition("@")
        template = self.renamed.get(f"{prefix}@.service") if at else None
        return (
            template.replace("@.", f"@{instance.removesuffix('.service')}.") if template else name
        )


def keep_lines(subject: Subject) -> list[Line]:
    """The lines of the user's own; every item of the service is settled, or in a line."""
    values: dict[int, str | None] = {}
    items = subject.service.items
    for item in sorted(items, key=lambda item: not item.key.startswith("Exec")):
        if item.section in _SECTIONS:
            values[id(item)] = _ROWS.get((item.section, item.key), _keep)(subject, item)
        else:
            item.given.exact("systemd reads no such section of a service")
    return [
        Line(item.section, item.key, value, item.given)
        for item in items
        for value in [values.get(id(item))]
        if value is not None
    ]


def _keep(subject: Subject, item: Item) -> str | None:
    if not item.value:
        item.given.exact("it is empty")
        return None
    return expand_text(item.value, subject.names)


def _leave(_subject: Subject, item: Item) -> str | None:
    item.given.exact(_OWN)
    return None


def _keep_description(subject: Subject, item: Item) -> str | None:
    if _DESCRIPTION.fullmatch(item.value):
        return _leave(subject, item)
    return _keep(subject, item)


def _keep_words(subject: Subject, item: Item, is_own: t.Callable[[str], bool]) -> str | None:
    """The words of a list without Podman's."""
    words = expand_text(item.value, subject.names).split()
    kept = [name for name in words if not is_own(name)]
    if not kept:
        return _leave(subject, item)
    return " ".join(kept)


def _keep_documentation(subject: Subject, item: Item) -> str | None:
    return _keep_words(subject, item, lambda name: name == _MANUAL)


def _keep_mounts_for(subject: Subject, item: Item) -> str | None:
    return _keep_words(subject, item, lambda name: bool(_STORAGE.fullmatch(name)))


def _keep_dependencies(subject: Subject, item: Item) -> str | None:
    own = _NETWORK | subject.own | (_DOCKER if subject.engine == "docker" else frozenset())
    kept = _keep_words(subject, item, lambda name: name in own)
    if kept is None:
        return None
    return " ".join(subject.rename(name) for name in kept.split())


def _keep_renamed(subject: Subject, item: Item) -> str | None:
    words = expand_text(item.value, subject.names).split()
    return " ".join(subject.rename(name) for name in words) or _leave(subject, item)


def _refuse_quadlet(_subject: Subject, item: Item) -> None:
    item.given.refused(
        "the service was made of another file, and is no unit of podman generate systemd",
        f"Take {item.value} itself.",
        "generated-unit",
    )


def _keep_environment(subject: Subject, item: Item) -> str | None:
    try:
        pairs = split_line(item.value)
    except Problem as problem:
        item.given.dropped(f"systemd ignores the line: {problem}")
        return None
    kept = [pair for pair in pairs if not _UNIT_VARIABLE.fullmatch(pair)]
    if not kept:
        return _leave(subject, item)
    if len(kept) == len(pairs):
        return _keep(subject, item)
    return " ".join(word(expand_text(pair, subject.names)) for pair in kept)


def _keep_type(subject: Subject, item: Item) -> str | None:
    if item.value in ("forking", "notify", "simple", "exec", "idle", "notify-reload"):
        return _leave(subject, item)
    if item.value == "oneshot":
        return "oneshot"
    item.given.dropped(f"a service of Podman's generator can't have Type={item.value}")
    return None


def _keep_kill_mode(subject: Subject, item: Item) -> str | None:
    if item.value in ("none", "mixed"):
        return _leave(subject, item)
    if item.value == "control-group":
        return item.value
    item.given.dropped(
        f"Podman's generator refuses KillMode={item.value}: it would leave processes behind"
    )
    return None


def _keep_stop_time(subject: Subject, item: Item) -> str | None:
    own = {str(int(_MARGIN + seconds)) for seconds in (subject.stop_timeout, subject.told or 0)}
    if item.value in own or (subject.told is None and item.value == f"{_MARGIN + 10}"):
        return _leave(subject, item)
    return _keep(subject, item)


def _keep_user(subject: Subject, item: Item) -> str | None:
    if subject.in_user_scope or item.value in ("root", "0"):
        item.given.exact("the service runs as the owner of the scope")
    else:
        item.given.refused(
            f"the unit runs as {item.value} in the system's scope, which a Quadlet can't",
            "Convert it for that user's scope (scope: user), and deploy it there.",
            "generated-unit",
        )
    return None


def _keep_command(subject: Subject, item: Item) -> str | None:
    """Commands beside the main one, but those that stop or remove what the generator does too."""
    prefix, text = split_prefix(item.value)
    try:
        lines = split_commands(text)
    except Problem as problem:
        item.given.dropped(f"systemd ignores the line: {problem}")
        return None
    commands = [parse_command(plain_words(words, subject.names)) for words in lines]
    if commands and all(_is_own_command(subject, item, command) for command in commands):
        return _leave(subject, item)
    if any(command.engine == "docker" for command in commands):
        return _replace_docker(subject, item, commands)
    value = f"{prefix}{expand_text(text, subject.names)}"
    for path in subject.files:
        by_file = re.compile(rf"--cidfile[= ]{re.escape(path)}")
        value = by_file.sub(subject.name or "systemd-%N", value).replace(path, "%t/%N.cid")
    return value


def _replace_docker(subject: Subject, item: Item, commands: t.Sequence[Command]) -> str | None:
    """A pull of the image in front of the start; no other command of docker's has an equal."""
    if all(command.verb in ("pull", "image pull") for command in commands):
        subject.pull = item.given
        item.given.approximated(
            "Podman pulls the image if there is a newer one, and starts without one, too",
            rule="generated-unit",
        )
    else:
        item.given.dropped(
            "it calls docker, which does not know the container any more",
            "Write the command for podman.",
            "generated-unit",
        )
    return None


def _is_own_command(subject: Subject, item: Item, command: Command) -> bool:
    """Whether it ends the unit's own container or pod, or removes the files of their ids."""
    files = removed_files(command)
    if files:
        return set(files) <= subject.files
    ending = parse_ending(command) or parse_shell_ending(command)
    if ending is None or not ending.targets:
        return False
    if not set(ending.targets) <= subject.targets | subject.files:
        return False
    if ending.timeout is not None and ending.verb.endswith("stop") and item.key == "ExecStop":
        subject.told, subject.told_by = ending.timeout, item.given
    return True


def plain_words(words: t.Sequence[str], names: Names) -> list[str]:
    """Words with what the unit's name gives, and other specifiers as they stand."""
    marked = expand_words(words, names, {}, literal=True)
    return [restore(text) for text in marked]


_SECTIONS = frozenset({"Unit", "Service", "Install"})
_Row = t.Callable[[Subject, Item], t.Optional[str]]
_DEPENDENCIES: t.Final = (
    "After",
    "Before",
    "BindsTo",
    "Conflicts",
    "OnFailure",
    "OnSuccess",
    "PartOf",
    "PropagatesReloadTo",
    "ReloadPropagatedFrom",
    "Requires",
    "Requisite",
    "StopPropagatedFrom",
    "Upholds",
    "Wants",
)

_ROWS: t.Final[dict[tuple[str, str], _Row]] = {
    ("Unit", "Description"): _keep_description,
    ("Unit", "Documentation"): _keep_documentation,
    ("Unit", "RequiresMountsFor"): _keep_mounts_for,
    ("Unit", "SourcePath"): _refuse_quadlet,
    **{("Unit", key): _keep_dependencies for key in _DEPENDENCIES},
    ("Service", "Delegate"): _leave,
    ("Service", "Environment"): _keep_environment,
    ("Service", "ExecStartPre"): _keep_command,
    ("Service", "ExecStop"): _keep_command,
    ("Service", "ExecStopPost"): _keep_command,
    ("Service", "ExecStartPost"): _keep_command,
    ("Service", "ExecReload"): _keep_command,
    ("Service", "Group"): _keep_user,
    ("Service", "KillMode"): _keep_kill_mode,
    ("Service", "NotifyAccess"): _leave,
    ("Service", "PIDFile"): _leave,
    ("Service", "TimeoutStopSec"): _keep_stop_time,
    ("Service", "Type"): _keep_type,
    ("Service", "User"): _keep_user,
    ("Install", "Also"): _keep_renamed,
    ("Install", "RequiredBy"): _keep_renamed,
    ("Install", "WantedBy"): _keep_renamed,
}
