# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The module object of every module that works on a host: it has its work done by the engine."""

from __future__ import annotations

import importlib
import typing as t

from ansible.module_utils.basic import AnsibleModule

from .kept_engine import (
    MISSING,
    OPTION,
    PACKAGE,
    compile_engine,
    find_folder,
    install,
    read_engine,
    unpack,
)


class EngineModule(AnsibleModule):
    """An AnsibleModule that is told which engine it needs: no option, so that none has to be
    documented, echoed, logged or masked.
    """

    def _load_params(self) -> None:
        AnsibleModule._load_params(self)
        self._engine: dict[str, str] = self.params.pop(OPTION, None) or {}

    def run(self, name: str) -> None:
        """Ends with the work of `_module/NAME.py`, as its `run` does it."""
        digest, content = self._engine.get("digest"), self._engine.get("content")
        if digest is None:
            self.fail_json(
                msg="The module was run without its action plugin, which tells it what it needs. "
                f"Write a task that calls quadlet.fleet.{name} by this name. [no-action-plugin]"
            )
        folder = find_folder()
        codes = read_engine(folder, digest)
        if codes is not None:
            install(codes)
        elif content is not None:
            self._receive(folder, digest, content)
        else:
            self.no_log_values = set()  # nothing of what was given is in the answer
            self.exit_json(changed=False, invocation={}, **{OPTION: MISSING})
        _load(name).run(self)

    def _receive(self, folder: str, digest: str, content: str) -> None:
        """Takes the engine that was sent, and keeps it unless nothing may be written."""
        try:
            codes = compile_engine(unpack(content, digest))
        except ValueError as error:
            self.fail_json(
                msg=f"The engine of quadlet.fleet arrived damaged: {error} [damaged-engine]"
            )
        install(codes)
        if not self.check_mode:
            _load("keep_engine").keep(folder, digest, codes)


def _load(name: str) -> t.Any:
    """A module of the engine; by a name that Ansible does not see, and so does not pack."""
    return importlib.import_module(f"{PACKAGE}._module.{name}")
