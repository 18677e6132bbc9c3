# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What a service is made from: its unit, drop-ins and files, as digests.

Whether a service must restart is decided by comparing these with what it was last
started with, never by what this run happened to write.
"""

from __future__ import annotations

import bisect
import re
import types
import typing as t

from ..content import Blob, digest, text_of
from ..effective import _texts_of, parse_leniently
from ..quadlet.kinds import by_folder, drop_in_dirs, is_unit, kind_of, unit_of
from ..quadlet.refs import PathRef, path_refs
from ..state.manifest import Parts


class Inputs(t.NamedTuple):
    """Digests by path.  restart: a change asks for a restart.  reload: for a reload.
    pinned: why a reload, which is asked for, would not do; by path.
    """

    restart: Parts
    reload: Parts
    pinned: t.Mapping[str, str] = types.MappingProxyType({})


def loaded_digest(content: t.Mapping[str, Blob], foreign: t.Mapping[str, str]) -> str:
    """One digest of all that the generator reads for an app, foreign drop-ins too."""
    lines = [
        f"{path} {digest(blob.data)}" for path, blob in sorted(content.items()) if is_unit(path)
    ]
    lines += [f"{path} {sha}" for path, sha in sorted(foreign.items())]
    return digest("\n".join(lines).encode())


class AppInputs:
    """An app as it will be, looked at once for all its services.

    foreign: digests of drop-ins that the app does not own, by path; those in a directory
    that applies to a unit count.
    """

    def __init__(
        self,
        content: t.Mapping[str, Blob],
        foreign: t.Mapping[str, str],
        *,
        app_dir: str,
        home: str,
    ) -> None:
        self._content = content
        self._app_dir = app_dir
        self._home = home
        self._digests = {path: digest(blob.data) for path, blob in content.items()}
        self._drop_ins = by_folder(path for path in content if "/" in path and is_unit(path))
        self._foreign = by_folder(foreign)
        self._foreign_digests = foreign
        watched = [
            path for path, blob in content.items() if blob.on_change != "none" and not is_unit(path)
        ]
        self._watched = sorted(f"{app_dir}/{path}" for path in watched)
        self._unusual = [path for path in self._watched if not _USUAL.fullmatch(path)]
        self._mention = re.compile(re.escape(f"{app_dir}/") + _NAME_CHARACTERS + "+")

    def of(self, unit: str) -> Inputs:
        """The inputs of one unit's service.

        A file can be reloaded only where it is seen through a mounted directory: a file mounted
        by itself stays the old one, and an environment file is read at a start alone.
        """
        dirs = drop_in_dirs(unit)
        own = _texts_of(unit, self._content)
        own += [path for folder in dirs for path in self._drop_ins.get(folder, ())]
        restart = {path: self._digests[path] for path in own}
        for folder in dirs:
            restart.update((p, self._foreign_digests[p]) for p in self._foreign.get(folder, ()))
        reload: Parts = {}
        pinned: dict[str, str] = {}
        stays = self._used_files([ref for path in own for ref in self._refs(path)])
        for file in self._mentioned(own):
            stays.setdefault(file, "")
        for file in sorted(stays):
            path = file[len(self._app_dir) + 1 :]
            wanted = self._content[path].on_change == "reload"
            (reload if wanted and not stays[file] else restart)[path] = self._digests[path]
            if wanted and stays[file]:
                pinned[path] = stays[file]
        return Inputs(restart, reload, pinned)

    def _refs(self, path: str) -> list[PathRef]:
        kind = kind_of(unit_of(path))
        unit = parse_leniently(path, self._content[path])
        if kind is None or unit is None:
            return []
        # The generator makes relative paths absolute against the unit, a drop-in's too.
        return path_refs(unit, kind.section, unit_dir=self._app_dir, home=self._home)

    def _used_files(self, refs: t.Iterable[PathRef]) -> dict[str, str]:
        """Files that are named, or mounted with their directory; why a change is not seen live."""
        stays: dict[str, str] = {}
        for ref in refs:
            for file in self._covered(ref.path):
                alone = _BY_ITSELF if ref.path == file else ""
                stays[file] = stays.get(file) or (alone if ref.mount else _AT_A_START)
        return stays

    def _covered(self, path: str) -> t.Iterator[str]:
        folder = path.rstrip("/") + "/"
        if self._is_watched(path):
            yield path
        for file in self._watched[bisect.bisect_left(self._watched, folder) :]:
            if not file.startswith(folder):
                break
            yield file

    def _is_watched(self, file: str) -> bool:
        place = bisect.bisect_left(self._watched, file)
        return self._watched[place : place + 1] == [file]

    def _mentioned(self, own: t.Iterable[str]) -> t.Iterator[str]:
        """Files whose path stands in a unit's text wherever."""
        for path in own:
            text = text_of(self._content[path])
            if self._app_dir not in text:
                continue
            yield from filter(self._is_watched, self._mention.findall(text))
            for file in self._unusual:
                if re.search(f"{re.escape(file)}(?!{_NAME_CHARACTERS})", text):
                    yield file


_BY_ITSELF = "is mounted by itself, so a reload would not show it"
_AT_A_START = "is read at a start alone, so a reload would not do"
_NAME_CHARACTERS = r"[A-Za-z0-9_./-]"
_USUAL = re.compile(f"{_NAME_CHARACTERS}+")
