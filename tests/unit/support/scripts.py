"""What Ansible sends to a host for one call of a module, with its arguments in it.

Run as a program it reads both as JSON and writes the script: in a process of its own, for
Ansible's loader of plugins.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

from tests.unit.support.generators import ROOT

Engine = t.Literal["sent", "named", "none"]
"""What the action plugin of a module of this collection would add to the arguments."""


def make_script(module: str, arguments: t.Mapping[str, t.Any], engine: Engine = "sent") -> bytes:
    """The script, with the engine in it; it needs nothing but Python."""
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg")},
        input=json.dumps([module, arguments, engine]).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout


def _make(module: str, arguments: dict[str, t.Any], engine: Engine) -> bytes:
    from ansible.executor import module_common
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader, module_loader
    from ansible.template import Templar

    init_plugin_loader()
    if engine != "none":
        arguments = {**arguments, **_name_engine(send=engine == "sent")}
    made: t.Any = module_common.modify_module(
        module_name=module,
        module_path=module_loader.find_plugin_with_context(module).plugin_resolved_path,
        module_args=arguments,
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": "/usr/bin/python3"},
        module_compression="ZIP_DEFLATED",
    )
    script: bytes = made[0] if isinstance(made, tuple) else made.b_module_data  # before 2.19
    return script


def _name_engine(*, send: bool) -> dict[str, t.Any]:
    from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine import sources

    named = {"digest": sources.digest()}
    return {"_engine": {**named, "content": sources.content()} if send else named}


if __name__ == "__main__":
    sys.stdout.buffer.write(_make(*json.load(sys.stdin)))
