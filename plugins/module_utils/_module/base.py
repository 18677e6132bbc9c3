# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Where a module meets Ansible: the only place that exits, fails and warns.

All that leaves a module passes _leave(), which masks it.
"""

from __future__ import annotations

import contextlib
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._core.errors import HELD_UP, NOT_READY, QuadletError
from .._host.owner import from_os_error, to_quadlet_error

_ECHOED = ("name", "user", "location", "state", "app")

Result = dict[str, t.Any]


def run_module(
    module: AnsibleModule,
    work: t.Callable[[], Result],
    unready: t.Callable[[QuadletError], Result] | None = None,
    keep: t.Callable[[Result], None] | None = None,
) -> t.NoReturn:
    """Ends the module with what `work` returns, or with the sentence of its error.

    unready: the result in check mode where the host lacks what an earlier task would have made.
    keep: keeps the result of a run that has failed, as it leaves the host.
    Of the parameters only a few are echoed: texts of units and files would double the way
    back for nothing.  No exception is being handled at the end: Ansible would show it unmasked.
    """
    work = with_unready(work, unready if module.check_mode else None)
    token = getattr(module, "_engine", {}).get("progress")  # somebody watches
    if token:
        from .._host.progress_file import telling

        work = telling(token, module.no_log_values, work)
    error, result = _do(work)
    echo = {key: module.params[key] for key in _ECHOED if key in module.params}
    echoed = {**result, "invocation": {"module_args": echo}}
    _leave(module, echoed, failed=error, keep=None if module.check_mode else keep)


def with_unready(
    work: t.Callable[[], Result], unready: t.Callable[[QuadletError], Result] | None
) -> t.Callable[[], Result]:
    """The work, with another result where the host is not ready for it."""

    def attempt() -> Result:
        try:
            return work()
        except QuadletError as error:
            if unready is None or NOT_READY not in error.data:
                raise
            return unready(error)

    return attempt


def _do(work: t.Callable[[], Result]) -> tuple[bool, Result]:
    """(whether it failed, its result)."""
    try:
        return False, work()
    except QuadletError as error:
        return True, {**error.data, "msg": str(error)}
    except OSError as error:
        return True, {"msg": str(from_os_error(error))}
    except Exception as error:  # a bug
        return True, {"msg": str(to_quadlet_error(error)), "exception": traceback.format_exc()}


def _leave(
    module: AnsibleModule,
    result: Result,
    *,
    failed: bool,
    keep: t.Callable[[Result], None] | None = None,
) -> t.NoReturn:
    """The one exit."""
    for mark in (HELD_UP, NOT_READY):
        result.pop(mark, None)
    if not module._diff:
        result.pop("diff", None)
    authfiles = _authfiles(module.params)
    whole = {str(authfile).strip() for authfile in authfiles}
    given = [text for text in module.no_log_values if text.strip() not in whole]
    given += _logins(authfiles)
    try:
        from .._engine.masked import masked

        shown = masked(result, given, failed=failed)
    except Exception as error:  # whatever it was: what may hold a secret does not leave
        shown = _left_out(error, failed=failed)
    if failed and keep:
        with contextlib.suppress(Exception):  # it is no part of the run
            keep(shown)
    for text in shown.pop("warnings", ()):
        module.warn(text)
    if failed:
        module.fail_json(**shown)
    module.exit_json(**shown)


def _left_out(error: Exception, *, failed: bool) -> Result:
    how = "failed" if failed else "succeeded"
    place = traceback.extract_tb(error.__traceback__)[-1]
    return {
        "changed": not failed,
        "msg": f"The run {how}, and what it says is left out: it could not be searched for "
        f"secrets ({type(error).__name__} in {place.name}, line {place.lineno}). Look on "
        "the host: journalctl -b [left-out]",
        "invocation": {},
    }


def _authfiles(params: t.Mapping[str, t.Any]) -> list[t.Any]:
    items = [params, *(params.get("_confidential") or ())]
    found = [item.get("authfile") for item in items if isinstance(item, dict)]
    return [authfile for authfile in found if authfile]


def _logins(authfiles: t.Sequence[t.Any]) -> list[str]:
    """What is secret in an authfile: the logins of each registry, and not the registries' names."""
    if not authfiles:
        return []
    from .._core.secrets.masking import find_logins

    return [text for authfile in authfiles for text in find_logins(authfile)]


def mask_secrets(module: AnsibleModule, *given: dict[str, t.Any] | None) -> None:
    """Has Ansible mask the values of options, and not every `1` or `text` that is in them."""
    if not any(given):
        return
    from .._core.secrets.masking import given_texts

    pairs = [given_texts(secrets) for secrets in given if secrets]
    theirs, ours = (set[str]().union(*texts) for texts in zip(*pairs))
    module.no_log_values = (set(module.no_log_values) - theirs) | ours
