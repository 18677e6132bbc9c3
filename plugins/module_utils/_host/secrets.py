# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Secrets in the storage of an owner's Podman; values pass through pipes only."""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t

from .._core.errors import NOT_READY, QuadletError
from .._core.secrets.secret import find_id, parse_names
from .child import ASK
from .owner import Owner
from .reading import open_synced, read_start

# In hexadecimal, since JSON has no bytes: inspect's own replaces what is not UTF-8.
_LISTED = '{{.ID}} {{printf "%x" .Name}}'
_SHOWN = '{{printf "%x" .SecretData}}'
_DATED = f"{_SHOWN} {{{{.CreatedAt.UnixNano}}}} {{{{.UpdatedAt.UnixNano}}}}"
_TRIES = 3
_SPARE = 4 * 1024 * 1024
KEY_SIZE = 32


def require_runtime_dir(owner: Owner) -> None:
    """Refuses a user that nobody has logged in and who does not linger.

    Podman without a runtime directory takes one in /tmp, writes that into its database, and
    keeps to it when the user has a manager: from then on /tmp's cleaning breaks containers.
    """
    if owner.uid and not os.path.isdir(owner.runtime_dir):
        raise QuadletError(
            f"user {owner.name} has no {owner.runtime_dir}, which Podman needs",
            where="user",
            remedy="Turn linger on first (quadlet.fleet.linger).",
            data={NOT_READY: True},
            topic="no-runtime-dir",
        )


def require_space(owner: Owner) -> None:
    """Refuses a file system that is nearly full.

    Podman's file driver writes all secrets of a scope into one file, over the old one: if
    the file system fills up meanwhile, every secret is lost.
    """
    ran = owner.run(["podman", "info", "--format", "{{.Store.GraphRoot}}"])
    if ran.status != 0:
        raise ran.error("podman info failed")
    path = f"{ran.out.strip()}/secrets"
    if owner.call(_free, path) < _SPARE:
        raise QuadletError(
            "less than 4 MiB are free, and Podman loses all secrets where it can't write them",
            where=path,
            remedy="Free some space on that file system; nothing was changed.",
            topic="no-space",
        )


def _free(path: str) -> int:
    usage = os.statvfs(path)
    return usage.f_bavail * usage.f_frsize


def look_up(owner: Owner, name: str) -> str | None:
    """The id of the secret of that name."""
    return find_id(_podman(owner, "ls", "--noheading", "--format", _LISTED), name)


def read_names(owner: Owner) -> list[str]:
    """Names of all secrets in the owner's storage."""
    return parse_names(_podman(owner, "ls", "--noheading", "--format", _LISTED))


def read(owner: Owner, secret_id: str) -> bytes:
    """The secret's value."""
    out = _podman(owner, "inspect", "--showsecret", "--format", _SHOWN, "--", secret_id)
    return bytes.fromhex(out)


class Store(t.NamedTuple):
    """The values of all secrets.  ids: of those that are there.  replaced_at: when one of them last
    got another value under its name (seconds since the epoch), 0 if none has.
    """

    values: list[bytes]
    ids: frozenset[str]
    replaced_at: float


def read_store(owner: Owner) -> Store:
    """All secrets in the owner's store; QuadletError if they can't be read."""
    require_runtime_dir(owner)
    for _try in range(_TRIES):
        listed = owner.run(
            ["podman", "secret", "ls", "--noheading", "--format", _LISTED], timeout=ASK
        )
        if listed.status != 0:
            raise QuadletError(
                f"podman secret ls failed: {listed.err.strip()}", topic="podman-failed"
            )
        ids = [line.split()[0] for line in listed.out.splitlines() if line.strip()]
        if not ids:
            return Store([], frozenset(), 0.0)
        shown = ["podman", "secret", "inspect", "--showsecret", "--format", _DATED, "--", *ids]
        ran = owner.run(shown, timeout=ASK)
        if ran.status == 0:
            return _parse_store(ran.out, ids)
        if "no such secret" not in ran.err:  # one that another run has removed since
            break
    # Its message is left out: a driver of somebody's own may have put anything into it.
    raise QuadletError(
        f"podman secret inspect --showsecret ended with status {ran.status}", topic="podman-failed"
    )


def _parse_store(out: str, ids: list[str]) -> Store:
    rows = [line.split(" ") for line in out.splitlines()]
    try:
        values = [bytes.fromhex(value) for value, _created, _updated in rows]
        times = [(int(created), int(updated)) for _value, created, updated in rows]
    except ValueError:
        values, times = [], []
    if len(values) != len(ids):
        raise QuadletError(
            f"podman secret inspect shows {len(values)} of {len(ids)} values", topic="podman-failed"
        )
    replaced = [end for begin, end in times if end - begin > _AT_ONCE]
    return Store(values, frozenset(ids), max(replaced, default=0) / 1e9)


_AT_ONCE = 1_000_000_000


def uses_unknown(owner: Owner, ids: t.Container[str]) -> bool:
    """Whether a container that is there was created with a secret that is not in the store."""
    listed = owner.run(["podman", "ps", "--all", "--quiet"], timeout=ASK)
    names = listed.out.split()
    if listed.status != 0 or not names:
        return listed.status != 0
    shown = ["podman", "container", "inspect", "--format", _USED, "--", *names]
    ran = owner.run(shown, timeout=ASK)
    return ran.status != 0 or any(ident not in ids for ident in ran.out.split())


_USED = "{{range .Config.Secrets}}{{.ID}} {{end}}"


def store(owner: Owner, name: str, value: bytes, *, replace: bool = False) -> None:
    """Creates the secret; Podman's replacement removes the old one first."""
    flags = ["--replace"] if replace else []
    _podman(owner, "create", *flags, "--", name, "-", given=value)


def remove(owner: Owner, secret_id: str) -> None:
    """Removes the secret, whether a container uses it or not."""
    _podman(owner, "rm", "--", secret_id)


def _podman(owner: Owner, verb: str, *words: str, given: bytes | None = None) -> str:
    ran = owner.run(["podman", "secret", verb, *words], given=given)
    if ran.status != 0:
        raise ran._replace(out="").error(f"podman secret {verb} failed")
    return ran.out


def read_key(state_dir: str) -> str:
    """The scope's key for stored names, in hexadecimal; "" before the first secret.

    Runs as the owner of the directory, as keep_key() does.
    """
    path = _key_path(state_dir)
    try:
        key = read_start(path, KEY_SIZE + 1)
    except FileNotFoundError:
        return ""
    if len(key) != KEY_SIZE:
        raise QuadletError(
            f"the key has not {KEY_SIZE} bytes",
            where=path,
            remedy="Remove it: the next run makes one, and restarts what uses secrets once.",
            topic="secret-key",
        )
    return key.hex()


def keep_key(state_dir: str, key: str) -> None:
    """Writes a new key, whole or not at all; QuadletError if there is a key already."""
    path = _key_path(state_dir)
    os.makedirs(state_dir, exist_ok=True)
    descriptor, waiting = tempfile.mkstemp(prefix=".secret.key.", dir=state_dir)  # 0600, O_EXCL
    try:
        with open(descriptor, "wb") as stream:
            stream.write(bytes.fromhex(key))
            stream.flush()
            os.fsync(descriptor)
        os.link(waiting, path)  # unlike a rename it replaces nothing
    except FileExistsError:
        raise QuadletError(
            "another run has made the key meanwhile",
            where=path,
            remedy="Run again.",
            topic="secret-key",
        ) from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(waiting)
    folder = open_synced(state_dir)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _key_path(state_dir: str) -> str:
    return f"{state_dir}/secret.key"
