# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller makes for a call of a module, and what it costs to make and to load it.

Run as a program it makes one archive: a process of its own, for Ansible's loader of plugins.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHOLE = """#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quadlet.fleet.plugins.module_utils._module import app, options
"""
"""A module that has the engine in each of its calls, as module app had before it was kept."""
LOAD_WHOLE = """
import sys, time
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import ansible.module_utils.basic
start = time.process_time()
from ansible_collections.quadlet.fleet.plugins.module_utils._module import app
print((time.process_time() - start) * 1000)
"""


class Made(t.NamedTuple):
    """An archive, and the milliseconds of CPU that it took to make."""

    milliseconds: float
    payload: bytes


def make(name: str, path: str = "") -> Made:
    """For a module by its name, or one in a file."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, name, path],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg")},
        stdout=subprocess.PIPE,
        check=True,
    )
    milliseconds, payload = json.loads(done.stdout)
    return Made(milliseconds, base64.b64decode(payload))


def make_whole() -> Made:
    """With the engine in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "whole.py")
        path.write_text(WHOLE, encoding="utf-8")
        return make("whole", str(path))


def load_whole_milliseconds(payload: bytes) -> float:
    """CPU of a module's import of its work from the archive, compiled anew as in each call."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "payload.zip")
        archive.write_bytes(payload)
        command = [sys.executable, "-c", LOAD_WHOLE, str(archive)]
        return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def _main(name: str, path: str) -> None:
    from ansible.executor import module_common
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader, module_loader
    from ansible.template import Templar

    init_plugin_loader()
    path = path or module_loader.find_plugin_with_context(name).plugin_resolved_path
    templar = Templar(loader=DataLoader())
    start = time.process_time()
    script = module_common.modify_module(
        module_name=name,
        module_path=path,
        module_args={},
        templar=templar,
        task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
        module_compression="ZIP_DEFLATED",
    ).b_module_data
    taken = (time.process_time() - start) * 1000
    found = max(re.findall(rb"[A-Za-z0-9+/=]{1000,}", script), key=len)
    print(json.dumps([taken, found.decode()]))


if __name__ == "__main__":
    _main(*sys.argv[1:])
