# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Steps of an undo: none of them keeps the others from being done."""

from __future__ import annotations

import typing as t

from .._host.owner import to_quadlet_error

_T = t.TypeVar("_T")
_Else = t.TypeVar("_Else")


class Steps:
    """Does steps, and keeps what went wrong with them.

    troubles: what could not be done, in words.  warnings: what stays and does no harm.
    """

    def __init__(self) -> None:
        self.troubles: list[str] = []
        self.warnings: list[str] = []

    def do(
        self,
        what: str,
        step: t.Callable[[], _T],
        otherwise: _Else,
        *,
        tries: int = 2,
        harmless: bool = False,
    ) -> _T | _Else:
        """What a step returns, or `otherwise` where it does not end well in so many tries.

        what: what it does, for a person.  harmless: its failure leaves the app as it was.
        """
        for left in reversed(range(tries)):
            try:
                return step()
            except Exception as error:  # whatever it was, what follows is done
                if not left:
                    told = self.warnings if harmless else self.troubles
                    told.append(f"{what}: {to_quadlet_error(error)}")
        return otherwise
