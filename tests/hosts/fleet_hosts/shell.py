# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs other programs; every failure becomes a HostsError with the program's last lines."""

from __future__ import annotations

import os
import subprocess
import typing as t

from .errors import HostsError

# Errors are parsed and shown by us: never in the developer's language.
_PLAIN = {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def run(
    argv: t.Sequence[str],
    *,
    what: str,
    remedy: str = "",
    env: t.Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> str:
    """Run argv and return its standard output; what and remedy describe its failure."""
    try:
        done = subprocess.run(
            argv,
            env={**os.environ, **_PLAIN, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise HostsError(
            f"{what} (no command {argv[0]} here)", remedy or f"install {argv[0]}"
        ) from error
    if done.returncode:
        raise HostsError(
            f"{what} (exit status {done.returncode})", _tail(done.stderr or done.stdout, remedy)
        )
    return done.stdout


def succeeds(argv: t.Sequence[str]) -> bool:
    """Whether argv can be run and exits 0; its output is dropped."""
    try:
        return (
            subprocess.run(
                argv, stdin=subprocess.DEVNULL, capture_output=True, check=False
            ).returncode
            == 0
        )
    except FileNotFoundError:
        return False


def _tail(output: str, remedy: str, lines: int = 6) -> str:
    text = " | ".join(line.strip() for line in output.strip().splitlines()[-lines:])
    return f"{remedy} [{text}]" if remedy and text else remedy or text
