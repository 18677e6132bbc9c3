"""What Ansible sends to a host for one call of the modules app and apps."""

from __future__ import annotations

import base64
import io
import re
import zipfile

from tests.unit.support.scripts import make_script

ARGUMENTS = {"name": "a", "units": {"a.container": "[Container]\nImage=x.io/a:1\n"}}


def make_payload(module: str = "app") -> bytes:
    """The archive with the module, its module_utils and Ansible's own."""
    arguments = {"apps": [ARGUMENTS]} if module == "apps" else ARGUMENTS
    script = make_script(f"quadlet.fleet.{module}", arguments, "none")
    return base64.b64decode(max(re.findall(rb"[A-Za-z0-9+/=]{1000,}", script), key=len))


def sizes(payload: bytes) -> tuple[int, int]:
    """Compressed bytes of this collection's files, and of all others."""
    rows = zipfile.ZipFile(io.BytesIO(payload)).infolist()
    ours = sum(row.compress_size for row in rows if "/quadlet/fleet/" in row.filename)
    return ours, sum(row.compress_size for row in rows) - ours
