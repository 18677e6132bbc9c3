# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The generator's dry run over a scope as it will be; every function runs as its user.

The units and drop-ins of the whole scope are copied, the app's replaced by the new ones,
and the host's own generator reads the copy.  Paths in its messages are the real ones.
"""

from __future__ import annotations

import os
import tempfile
import typing as t
from subprocess import TimeoutExpired

from .._core.content import LINK, Wire
from .._core.errors import QuadletError
from .._core.quadlet.kinds import kind_of
from .files import remove_tree
from .process import run_program
from .reading import NotRegularError, read_bytes
from .unit_search import walk_units

_TIMEOUT = 30.0


def judge(
    generator: t.Sequence[str],
    search: t.Sequence[str],
    apps: t.Mapping[str, Wire],
    without: t.Sequence[str],
) -> dict[str, t.Any]:
    """The dry run over the scope with these units and drop-ins, by the directory of their app.

    without: paths that will be gone.  Returns status, out and err.
    """
    stage = tempfile.mkdtemp(prefix="quadlet.fleet-")
    try:
        tops = []
        for number, top in enumerate(search):
            copy = f"{stage}/{number}"
            os.mkdir(copy)
            tops.append((copy, top))
            _copy_units(top, copy, frozenset(without))
            for app_dir, units in apps.items():
                if os.path.dirname(app_dir) == top:
                    _write_units(f"{copy}/{os.path.basename(app_dir)}", units)
        ran = run_generator(generator, [copy for copy, _top in tops])
        for copy, top in tops:
            ran = {
                **ran,
                "out": ran["out"].replace(copy, top),
                "err": ran["err"].replace(copy, top),
            }
        return ran
    finally:
        remove_tree(stage)


def verify(flags: t.Sequence[str], companions: Wire) -> str:
    """The messages of systemd-analyze about companions, named by path; '' without the command.

    It reads the copy alone: this run may remove an installed drop-in.
    """
    return _verify(flags, companions, "")


def verify_with_drop_ins(flags: t.Sequence[str], services: Wire) -> str:
    """The same about services, with the drop-ins that the host has for them."""
    return _verify(flags, services, ":")  # systemd looks where it always does, too


def _verify(flags: t.Sequence[str], units: Wire, more: str) -> str:
    stage = tempfile.mkdtemp(prefix="quadlet.fleet-")
    environment = {"XDG_RUNTIME_DIR": stage, **os.environ, "SYSTEMD_UNIT_PATH": f"{stage}{more}"}
    try:
        _write_units(stage, units)
        names = [f"{stage}/{path}" for path in units if "/" not in path]
        done = run_program(
            ["systemd-analyze", *flags, "verify", "--man=no", *names],
            timeout=_TIMEOUT,
            env={**environment, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"},
        )
        return done.stderr.decode("utf-8", "surrogateescape").replace(f"{stage}/", "")
    except (FileNotFoundError, TimeoutExpired):
        return ""
    finally:
        remove_tree(stage)


def _copy_units(top: str, copy: str, without: frozenset[str]) -> None:
    for relative in walk_units(top):
        source, target = f"{top}/{relative}", f"{copy}/{relative}"
        if source in without:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        link = os.readlink(source) if os.path.islink(source) else ""
        if "/" not in link and (kind_of(link) or link.endswith(".conf")):  # it is copied too
            os.symlink(link, target)
            continue
        try:
            _write(target, read_bytes(source))
        except OSError:
            # The generator can't read it either: its message is kept.
            os.symlink("/nonexistent", target)
        except NotRegularError as error:
            raise QuadletError(
                f"{error.what}, and Podman's generator would wait for it, or read it without an "
                "end, at each reload",
                where=source,
                remedy="Remove it.",
                topic="no-plain-file",
            ) from None


def _write_units(folder: str, units: Wire) -> None:
    for path, (text, mode) in units.items():
        target = f"{folder}/{path}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.lexists(target):
            os.unlink(target)
        if mode == LINK:
            os.symlink(text, target)
            continue
        _write(target, text.encode("utf-8", "surrogateescape"))


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as stream:
        stream.write(data)


def run_generator(generator: t.Sequence[str], dirs: t.Sequence[str] | None) -> dict[str, t.Any]:
    """A dry run over these directories, or over the installed ones."""
    environment = {k: v for k, v in os.environ.items() if k in ("HOME", "XDG_RUNTIME_DIR", "PATH")}
    if dirs is not None:
        environment["QUADLET_UNIT_DIRS"] = ":".join(dirs)
    try:
        done = run_program([*generator, "-dryrun"], timeout=_TIMEOUT, env=environment)
    except TimeoutExpired:
        raise QuadletError(
            f"the Quadlet generator did not end within {_TIMEOUT:g} s",
            where=generator[0],
            remedy="Podman 4.6 to 5.3 hang on a backslash at a line's end before an empty line: "
            "look for one in the scope's unit files.",
            topic="generator-time",
        ) from None
    out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
    return {"status": done.returncode, "out": out, "err": err}
