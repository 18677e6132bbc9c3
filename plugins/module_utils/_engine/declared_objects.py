# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What units declare of networks and volumes, with what the host knows of it.

The host is asked only where a command has variables or specifiers that depend on it.
"""

from __future__ import annotations

import typing as t

from .._core.content import text_of
from .._core.effective import whole_text
from .._core.mounts.facts import Facts, Ground
from .._core.objects.create_command import CreateCommand
from .._core.objects.declared import (
    declared_object,
    environment_files,
    parse_loaded,
    wants_environment,
    wants_host,
)
from .._core.quadlet.kinds import is_unit
from .._host import mounts
from .._host.scope import Scope
from .._host.specifiers import read_specifiers
from .._host.systemd import Manager
from .validate_mounts import read_environment

if t.TYPE_CHECKING:
    from .._core.content import Blob
    from .._core.quadlet.unitfile import UnitText
    from .._core.state.manifest import ServiceRecord

_LONGEST = 1024 * 1024


class Units(t.NamedTuple):
    """An app's units and files, and the services of which systemd has loaded what they declare."""

    content: t.Mapping[str, Blob]
    loaded: frozenset[str] = frozenset()


def declare_objects(
    scope: Scope, app: str, services: t.Mapping[str, ServiceRecord], units: Units
) -> dict[str, CreateCommand | None]:
    """The command of each service as systemd expands it, as far as that is known."""
    texts = {
        name: [text for text in whole_text(record.unit, units.content) if text]
        for name, record in services.items()
        if record.unit in units.content
    }
    ground = _read_ground(scope, app, services, texts, units.content)
    declared = {
        name: declared_object(name, record.creates, ground, texts.get(name, ()))
        for name, record in services.items()
    }
    open_ones = [n for n, command in declared.items() if command is None or command.unclear]
    asked = [name for name in open_ones if name in units.loaded]
    if asked:
        manager = Manager(scope.manager, system=scope.is_system)
        for name, shown in manager.read_commands(asked).items():
            creates, own = services[name].creates, texts.get(name, ())
            loaded = parse_loaded(shown)
            declared[name] = declared_object(name, creates, ground, own, loaded)
    return declared


def _read_ground(
    scope: Scope,
    app: str,
    services: t.Mapping[str, ServiceRecord],
    texts: t.Mapping[str, t.Sequence[UnitText]],
    content: t.Mapping[str, Blob],
) -> Ground:
    """The place of the app, with what the commands need to know of the host."""
    owner = scope.manager
    facts, words = Facts(owner.name, owner.uid), [w for r in services.values() for w in r.creates]
    ground = Ground(scope.app_dir(app), scope.unit_dir, owner.home, frozenset(), facts)
    if wants_host(words):
        ground = _with(ground, specifiers=read_specifiers(owner.gid))
    if wants_environment(words):
        files = {path: blob for path, blob in content.items() if not is_unit(path)}
        own = {path: text_of(blob) for path, blob in files.items() if len(blob.data) < _LONGEST}
        paths = [p for name, rows in texts.items() for p in environment_files(rows, name, ground)]
        outside = sorted({path for path in paths if not path.startswith(f"{ground.app_dir}/")})
        found = owner.call(mounts.read_texts, outside) if outside else {}
        environment = read_environment(scope)
        ground = _with(ground, texts={**own, **found}, environment=environment)
    return ground


def _with(ground: Ground, **more: t.Any) -> Ground:
    return ground._replace(facts=ground.facts._replace(**more))
