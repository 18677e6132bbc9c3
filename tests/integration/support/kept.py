"""A Python that keeps running on a host of the session, for tasks of playbook_server.py.

kept_server.py is what runs there, kept_python.py what Ansible starts in place of Python.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import pathlib
import shlex
import tarfile
import typing as t

from . import kept_python

_HERE = pathlib.Path(__file__).parent
_PLACE = "/usr/lib/quadlet-fleet-tests"
VARIABLE = "KEPT_PYTHON"
"""Of the environment of ansible-playbook: what a host's modules are to be run by."""
PATH = f"{_PLACE}/kept_python.py"
INTERPRETER = f"{{{{ lookup('ansible.builtin.env', '{VARIABLE}', default='/usr/bin/python3') }}}}"
"""For the inventory of a host that has it."""
_MODULES = (
    "ansible.module_utils.basic",  # with most of what it and the collection take from Python
    "ansible.module_utils._internal._ansiballz._loader",
    *("base64", "concurrent.futures.thread", "difflib", "zipfile"),
)


class Reached(t.Protocol):
    """The host."""

    def ssh(self, command: str, *, text: str | None = None) -> str:
        """Runs a shell line as root; what it printed."""


def install(host: Reached) -> None:
    """Puts it on the host and starts it."""
    server = [f"{_PLACE}/kept_server.py", kept_python.DOOR, *_MODULES]
    host.ssh(
        f"mkdir -p {_PLACE} && base64 -d | tar xz -C {_PLACE}"
        f" && setsid --fork python3 {shlex.join(server)} </dev/null >{_PLACE}/log 2>&1",
        text=base64.b64encode(_pack()).decode(),
    )


def _pack() -> bytes:
    spec = importlib.util.find_spec("ansible")
    assert spec
    assert spec.origin
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as archive:
        archive.addfile(tarfile.TarInfo("ansible/__init__.py"))
        utils = pathlib.Path(spec.origin).parent / "module_utils"
        archive.add(utils, "ansible/module_utils", filter=_leave_out_bytecode)
        for name, first in (("kept_python", "#!/usr/bin/python3 -IS\n"), ("kept_server", "")):
            text = (first + (_HERE / f"{name}.py").read_text(encoding="utf-8")).encode()
            entry = tarfile.TarInfo(f"{name}.py")
            entry.size, entry.mode = len(text), 0o755
            archive.addfile(entry, io.BytesIO(text))
    return stream.getvalue()


def _leave_out_bytecode(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if entry.name.endswith("__pycache__") else entry
