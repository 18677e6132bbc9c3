# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Programs of the host.

Not by AnsibleModule.run_command: the engine has no module object, a program may run as another
user, and none may take longer than its time.
"""

from __future__ import annotations

import subprocess
import typing as t


class Process(subprocess.Popen[bytes]):
    """A program that runs."""


def run_program(
    argv: t.Sequence[str], *, env: t.Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Runs a program to its end, without input; TimeoutExpired: it was killed."""
    pipe = subprocess.PIPE
    with Process(
        argv, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=env, cwd="/"
    ) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err)
