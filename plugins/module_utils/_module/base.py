# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Where a module meets Ansible: the only place that exits, fails and warns."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._core.errors import HELD_UP, QuadletError
from .._host.owner import from_os_error

_ECHOED = ("name", "user", "location", "state", "app")


def run_module(module: AnsibleModule, work: t.Callable[[], dict[str, t.Any]]) -> t.NoReturn:
    """Ends the module with what `work` returns, or with the sentence of its QuadletError.

    Of the parameters only a few are echoed: texts of units and files would double the way
    back for nothing.
    """
    echo = {key: module.params[key] for key in _ECHOED if key in module.params}
    invocation = {"module_args": echo}
    try:
        try:
            result = work()
        except OSError as error:
            raise from_os_error(error) from error
    except QuadletError as error:
        module.fail_json(msg=str(error), invocation=invocation, **_presented(module, error.data))
    module.exit_json(invocation=invocation, **_presented(module, result))


def mask_secrets(module: AnsibleModule, *given: dict[str, t.Any] | None) -> None:
    """Has Ansible mask the values of options, and not every `1` or `text` that is in them."""
    if not any(given):
        return
    from .._core.secrets.masking import given_texts

    pairs = [given_texts(secrets) for secrets in given if secrets]
    theirs, ours = (set[str]().union(*texts) for texts in zip(*pairs))
    module.no_log_values = (set(module.no_log_values) - theirs) | ours


def _presented(module: AnsibleModule, result: dict[str, t.Any]) -> dict[str, t.Any]:
    for text in result.get("warnings", []):
        module.warn(text)
    shown = {key: value for key, value in result.items() if key not in ("warnings", HELD_UP)}
    if not module._diff:
        shown.pop("diff", None)
    return shown
