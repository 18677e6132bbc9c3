"""What Ansible sends to a host for one call of the app module.

Run as a program it prints that: in a process of its own, for Ansible's loader of plugins.
"""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import zipfile

from tests.unit.support.generators import ROOT

MODULE = "quadlet.fleet.app"
ARGUMENTS = {"name": "a", "units": {"a.container": "[Container]\nImage=x.io/a:1\n"}}


def make_payload() -> bytes:
    """The archive with the module, its module_utils and Ansible's own."""
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout


def sizes(payload: bytes) -> tuple[int, int]:
    """Compressed bytes of this collection's files, and of all others."""
    rows = zipfile.ZipFile(io.BytesIO(payload)).infolist()
    ours = sum(row.compress_size for row in rows if "/quadlet/fleet/" in row.filename)
    return ours, sum(row.compress_size for row in rows) - ours


def _make() -> bytes:
    from ansible.executor import module_common
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader, module_loader
    from ansible.template import Templar

    init_plugin_loader()
    script = module_common.modify_module(
        module_name=MODULE,
        module_path=module_loader.find_plugin_with_context(MODULE).plugin_resolved_path,
        module_args=ARGUMENTS,
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
        module_compression="ZIP_DEFLATED",
    ).b_module_data
    return base64.b64decode(max(re.findall(rb"[A-Za-z0-9+/=]{1000,}", script), key=len))


if __name__ == "__main__":
    sys.stdout.buffer.write(_make())
