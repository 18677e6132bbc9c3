# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Asking a running app: over HTTP, by a connection, with a command."""

from __future__ import annotations

import http.client
import socket
import typing as t
import urllib.error
import urllib.request

from .._core.gate.probes import Probe, host_and_port, judge_command, judge_http
from .owner import Owner

_PATIENCE = 5.0
_MOST = 1 << 20


def ask(probe: Probe, owner: Owner, prefix: t.Sequence[str]) -> str | None:
    """Why the probe does not pass now, or None.  prefix: what runs a command where it belongs."""
    return _ASK[probe.kind](probe, owner, prefix)


def _ask_http(probe: Probe, _owner: Owner, _prefix: t.Sequence[str]) -> str | None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(probe.target, timeout=_PATIENCE) as answer:
            status, body = answer.status, answer.read(_MOST)
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read(_MOST)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"it does not answer: {getattr(error, 'reason', None) or error}"
    return judge_http(probe, status, body.decode("utf-8", "replace"))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirection is an answer; where it leads is another's."""

    def redirect_request(self, *_args: t.Any, **_kwargs: t.Any) -> None:
        """None: it is not followed."""
        return


def _ask_tcp(probe: Probe, _owner: Owner, _prefix: t.Sequence[str]) -> str | None:
    try:
        socket.create_connection(host_and_port(probe.target), timeout=_PATIENCE).close()
    except OSError as error:
        return f"it can't be reached: {error}"
    return None


def _ask_command(probe: Probe, owner: Owner, prefix: t.Sequence[str]) -> str | None:
    ran = owner.run([*prefix, *probe.target], timeout=30.0)
    return judge_command(probe, ran.status, ran.out, ran.err)


_Ask = t.Callable[[Probe, Owner, t.Sequence[str]], "str | None"]
_ASK: dict[str, _Ask] = {
    "http": _ask_http,
    "tcp": _ask_tcp,
    "command": _ask_command,
}
