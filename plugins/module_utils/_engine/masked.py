# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What leaves a host: without the values of secrets, whoever has written them where.

The secrets are all of the store of each owner whose words are about to leave: a container can
have read no others.  They are read as that owner, and only where such a text leaves.
"""

from __future__ import annotations

import typing as t

from .._core.errors import QuadletError
from .._core.info.texts import list_texts, with_texts
from .._host import heard

if t.TYPE_CHECKING:
    from .._host.owner import Owner

Result = dict[str, t.Any]

WITHHELD = "(withheld)"
_SHORTEST_LINE = 4


def masked(result: Result, given: t.Collection[str], *, failed: bool) -> Result:
    """The result as it may leave.  given: values that the run was given; failed: it is an error."""
    texts = list_texts(result)
    owners = _owners(texts, failed=failed)
    private = heard.read_private()
    shown = private and result.get("diff")
    if not (owners or shown or (failed and (given or private))):
        return result
    from .._core.secrets.masking import find_lines, find_needles, mask_texts

    values, troubles = _read_all(owners)
    values += private
    values += [text.encode("utf-8", "surrogateescape") for text in given]
    texts = mask_texts(texts, find_needles(values, _names(result)))
    words = [
        line
        for one in heard.read_heard()
        if one.owner.uid in troubles
        for word in one.words
        for line in word.split("\n")
    ]
    if words:
        texts = mask_texts(texts, find_lines(words), WITHHELD)
    told: Result = with_texts(result, texts)
    return _with_remarks(told, owners, troubles) if words else told


def _owners(texts: t.Sequence[str], *, failed: bool) -> list[Owner]:
    """Whose secrets the texts may hold."""
    notes = heard.read_heard()
    if failed:
        said = [one.owner for one in notes if one.words or _holds(texts, one.texts)]
        return said or heard.read_owners()
    return [one.owner for one in notes if _holds(texts, [*one.words, *one.texts])]


def _holds(texts: t.Sequence[str], noted: t.Iterable[str]) -> bool:
    """Whether a line of what was heard is in the texts."""
    lines = {line.strip() for text in noted for line in text.split("\n")}
    lines = {line for line in lines if len(line) >= _SHORTEST_LINE}
    return bool(lines) and any(line in text for text in texts for line in lines)


def _read_all(owners: t.Iterable[Owner]) -> tuple[list[bytes], dict[int, str]]:
    """The values in the stores, and why one can't be read, by uid."""
    from .._host.secrets import read_store, uses_unknown

    begun = {one.owner.uid: one.begun for one in heard.read_heard()}
    values: list[bytes] = []
    troubles: dict[int, str] = {}
    for owner in owners:
        try:
            store = read_store(owner)
            values += store.values
            spoke = [at for at in begun.get(owner.uid, ()) if at < store.replaced_at]
            if any(spoke) or (spoke and uses_unknown(owner, store.ids)):
                troubles[owner.uid] = _REPLACED
        except QuadletError as error:
            troubles[owner.uid] = error.what
    return values, troubles


_REPLACED = (
    "one of them was replaced behind a container that was started with its older value "
    "(restart it, and this is over)"
)


def _names(result: Result) -> set[str]:
    """Names that stand in any result: they are no secret, whatever a secret's value is."""
    echo = result.get("invocation", {}).get("module_args", {})
    rows = [echo, *(row for row in result.get("apps") or () if isinstance(row, dict))]
    return {str(row[key]) for row in rows for key in ("name", "user") if row.get(key)}


def _with_remarks(
    result: Result, owners: t.Iterable[Owner], troubles: t.Mapping[int, str]
) -> Result:
    """Says why words are missing, and how they are read on the host."""
    remarks = [
        f"What services and probes of {'the system' if not owner.uid else f'user {owner.name}'} "
        f"said is left out, since it may hold secrets, and these could not be read to mask them: "
        f"{troubles[owner.uid]}. Read it on the host: {_command(owner)}"
        for owner in owners
        if owner.uid in troubles
    ]
    if "msg" in result:
        return {**result, "msg": "\n".join([result["msg"], *remarks])}
    return {**result, "warnings": [*result.get("warnings", ()), *remarks]}


def _command(owner: Owner) -> str:
    if not owner.uid:
        return "journalctl -b -u SERVICE"
    return f"journalctl -b --user-unit=SERVICE, as user {owner.name}"
