# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a service is made from: its unit, drop-ins and files, as digests.

Whether a service must restart is decided by comparing these with what it was last
started with, never by what this run happened to write.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

from .errors import QuadletError
from .kinds import drop_in_dirs, is_unit, kind_of, split_drop_in
from .manifest import Parts
from .refs import PathRef, path_refs
from .spec import Blob
from .unitfile import UnitText, parse_unit


class Inputs(t.NamedTuple):
    """Digests by path.  restart: a change asks for a restart.  reload: for a reload."""

    restart: Parts
    reload: Parts


def digest(data: bytes) -> str:
    """The digest that manifests hold."""
    return hashlib.sha256(data).hexdigest()


def loaded_digest(content: t.Mapping[str, Blob], foreign: t.Mapping[str, str]) -> str:
    """One digest of all that the generator reads for an app, foreign drop-ins too."""
    lines = [
        f"{path} {digest(blob.data)}" for path, blob in sorted(content.items()) if is_unit(path)
    ]
    lines += [f"{path} {sha}" for path, sha in sorted(foreign.items())]
    return digest("\n".join(lines).encode())


def unit_inputs(
    unit: str,
    content: t.Mapping[str, Blob],
    foreign: t.Mapping[str, str],
    *,
    app_dir: str,
    home: str,
) -> Inputs:
    """The inputs of one unit's service.

    content: the app as it will be.  foreign: digests of drop-ins that the app does not
    own, by path; those in a directory that applies to the unit count.  A file can be
    reloaded only where it is seen through a mounted directory: a file mounted by itself stays
    the old one, and an environment file is read at a start alone.
    """
    dirs = drop_in_dirs(unit)
    own = _texts_of(unit, content) + [
        path for path in content if "/" in path and path.rpartition("/")[0] in dirs
    ]
    restart = {path: digest(content[path].data) for path in own if is_unit(path)}
    restart.update({path: sha for path, sha in foreign.items() if path.split("/")[-2] in dirs})
    reload: Parts = {}
    refs = [ref for path in own for ref in _refs(path, content[path], app_dir, home)]
    for path, blob in content.items():
        if is_unit(path) or blob.on_change == "none":
            continue
        hits = [ref for ref in refs if _covers(ref.path, f"{app_dir}/{path}")]
        if not hits and not _mentions(f"{app_dir}/{path}", own, content):
            continue
        live = all(ref.mount and ref.path != f"{app_dir}/{path}" for ref in hits)
        target = reload if blob.on_change == "reload" and live else restart
        target[path] = digest(blob.data)
    return Inputs(restart, reload)


def _texts_of(unit: str, content: t.Mapping[str, Blob]) -> list[str]:
    """A unit, and the template that it is a link to."""
    blob = content[unit]
    target = text_of(blob)
    return [unit, target] if blob.is_link and target in content else [unit]


def _refs(path: str, blob: Blob, app_dir: str, home: str) -> list[PathRef]:
    drop_in = split_drop_in(path)
    kind = kind_of(drop_in[0] if drop_in else path)
    if kind is None:
        return []
    unit = parse_leniently(path, blob)
    if unit is None:
        return []
    # The generator makes relative paths absolute against the unit, a drop-in's too.
    return path_refs(unit, kind.section, unit_dir=app_dir, home=home)


def parse_leniently(path: str, blob: Blob) -> UnitText | None:
    """An installed unit's text, or None where someone has made it unreadable."""
    try:
        return parse_unit(path, text_of(blob))
    except QuadletError:
        return None


def declared_image(unit: str, content: t.Mapping[str, Blob]) -> str | None:
    """What a unit's text says as `Image=`, if it says anything."""
    kind = kind_of(unit)
    if kind is None or unit not in content:
        return None
    path = _texts_of(unit, content)[-1]
    text = parse_leniently(path, content[path])
    return text.value(kind.section, "Image") if text else None


def text_of(blob: Blob) -> str:
    """A unit's text, or a link's target; bytes that are no UTF-8 survive."""
    return blob.data.decode("utf-8", "surrogateescape")


def _covers(path: str, file: str) -> bool:
    return file == path or file.startswith(path.rstrip("/") + "/")


def _mentions(file: str, own: t.Sequence[str], content: t.Mapping[str, Blob]) -> bool:
    whole = re.compile(re.escape(file.encode()) + rb"(?![\w./-])")
    return any(whole.search(content[path].data) for path in own)


def changed_keys(old: UnitText, new: UnitText) -> list[str]:
    """Keys whose values differ between two texts of a unit, in the new one's order."""

    def by_key(unit: UnitText) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for entry in unit.entries:
            found.setdefault((entry.section, entry.key), []).append(entry.value)
        return found

    before, after = by_key(old), by_key(new)
    return list(dict.fromkeys(k[1] for k in [*after, *before] if before.get(k) != after.get(k)))
