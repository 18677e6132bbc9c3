"""What Ansible sends to a host for one call of a module."""

from __future__ import annotations

import base64
import io
import re
import typing as t
import zipfile

from ansible.executor import module_common
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar


def make_payload(module: str, arguments: dict[str, t.Any]) -> bytes:
    """The archive with the module, its module_utils and Ansible's own."""
    init_plugin_loader()
    found = module_loader.find_plugin_with_context(module).plugin_resolved_path
    script = module_common.modify_module(
        module_name=module,
        module_path=found,
        module_args=arguments,
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
        module_compression="ZIP_DEFLATED",
    ).b_module_data
    return base64.b64decode(max(re.findall(rb"[A-Za-z0-9+/=]{1000,}", script), key=len))


def sizes(payload: bytes) -> tuple[int, int]:
    """Compressed bytes of this collection's files, and of all others."""
    rows = zipfile.ZipFile(io.BytesIO(payload)).infolist()
    ours = sum(row.compress_size for row in rows if "/quadlet/fleet/" in row.filename)
    return ours, sum(row.compress_size for row in rows) - ours
