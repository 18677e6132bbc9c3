# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Digests of all that a service is made from: its unit, drop-ins and files.

A service restarts if these differ from what it was last started with, whatever this run writes.
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
    """Digests by path.  restart: a change needs a restart.  reload: a change needs a reload.
    pinned: why a reload is not enough although it is declared, by path.
    """

    restart: Parts
    reload: Parts
    pinned: t.Mapping[str, str] = types.MappingProxyType({})


def loaded_digest(content: t.Mapping[str, Blob], foreign: t.Mapping[str, str]) -> str:
    """A digest of all that the generator reads for an app, with foreign drop-ins."""
    lines = [
        f"{path} {digest(blob.data)}" for path, blob in sorted(content.items()) if is_unit(path)
    ]
    lines += [f"{path} {sha}" for path, sha in sorted(foreign.items())]
    return digest("\n".join(lines).encode())


class AppInputs:
    """Computes the inputs of an app's services.

    foreign: digests by path of drop-ins that the app does not own; they count for the units that
    their directories apply to.
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
        """The inputs of a unit's service.

        Only files in a mounted directory can be reloaded: a file mounted by itself stays the old
        file, and an environment file is read only at a start.
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
        """Named files, and files of mounted directories, with why a reload can't show them."""
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
        """Files whose path is anywhere in a unit's text."""
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
