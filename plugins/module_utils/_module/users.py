# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The users module: accounts, ranges, linger, logins, CAs and updates of many users in one call."""

from __future__ import annotations

import pwd
import typing as t

from .._core.errors import QuadletError
from .._core.host.accounts import (
    Step,
    Wanted,
    check_registry,
    grown,
    merge_logins,
    plan_accounts,
)
from .._core.host.subordinate_ids import Range
from .._host import accounts, linger
from .._host.clock import SYSTEM_CLOCK
from .._host.owner import Owner, own_process
from .._host.scope import resolve_scope
from .._host.stopping import stop_services
from .._host.systemd import Manager
from .base import run_module

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

_TIMER = "podman-auto-update.timer"
_SYSTEM_CERTS = "/etc/containers/certs.d"
_PRIVATE, _PUBLIC = 0o600, 0o644

Item = t.Mapping[str, t.Any]
Done = list[dict[str, str]]


def reconcile_users(items: t.Sequence[Item], *, check: bool) -> dict[str, t.Any]:
    """The module's result."""
    if own_process().uid:
        raise QuadletError(
            "only root can create users", remedy="Use become: true.", topic="wrong-user"
        )
    for item in items:
        for registry in item["cas"] or {}:
            check_registry(registry, item["name"])
    others = [item for item in items if item["name"] != "root"]
    host = accounts.read_accounts([item["name"] for item in others])
    plan = plan_accounts([_wanted(item) for item in others], host)
    done: Done = [{"user": step.user, "what": step.what} for step in plan]
    if not check:
        for step in plan:
            accounts.run_step(step)
    errors: list[QuadletError] = []
    done += _linger(others, errors, check=check)
    for item in items:
        try:
            done += _settle(item, check=check)
        except QuadletError as error:  # the others are settled all the same
            errors.append(error)
    warnings = [] if check else _migration(host.ranges, plan)
    result = {
        "changed": bool(done),
        "done": done,
        "users": _describe(items),
        "warnings": warnings,
        "diff": [{"prepared": "".join(f"+ {row['user']}: {row['what']}\n" for row in done)}],
    }
    if errors:
        text = "\n".join(f"- {error}" for error in errors)
        raise QuadletError(f"not all could be done:\n{text}", data=result, topic=None)
    return result


def _wanted(item: Item) -> Wanted:
    named = ("name", "uid", "home", "shell", "comment", "system", "subids")
    return Wanted(groups=tuple(item["groups"] or ()), **{key: item[key] for key in named})


def _owner(name: str) -> Owner | None:
    try:
        return Owner(pwd.getpwnam(name))
    except KeyError:
        return None


def _linger(items: t.Sequence[Item], errors: list[QuadletError], *, check: bool) -> Done:
    """Turns linger on and off; all managers start before the wait for the first, and all together
    have the time of one.  errors: why one of them does not answer is added.
    """
    changed = [item for item in items if item["linger"] != linger.is_lingering(item["name"])]
    if not check:
        for item in changed:
            linger.set_linger(item["name"], on=item["linger"])
        end = SYSTEM_CLOCK.monotonic() + linger.BUS_TIMEOUT
        for item in changed:
            if item["linger"]:
                scope, left = resolve_scope(item["name"]), end - SYSTEM_CLOCK.monotonic()
                try:
                    linger.ensure_manager(scope, Manager(scope.manager, system=False), max(1, left))
                except QuadletError as error:
                    errors.append(error)
    return [
        {"user": item["name"], "what": f"turn linger {'on' if item['linger'] else 'off'}"}
        for item in changed
    ]


def _settle(item: Item, *, check: bool) -> Done:
    """Settings in the user's own files, written as the user."""
    owner = _owner(item["name"])
    done: Done = []
    certs = _SYSTEM_CERTS
    if owner is None or owner.uid:
        certs = f"{owner.home if owner else ''}/.config/containers/certs.d"
    for registry, text in sorted((item["cas"] or {}).items()):
        path = f"{certs}/{registry}/ca.crt"
        if owner is None or owner.call(accounts.read_text, path) != text:
            done.append({"user": item["name"], "what": f"trust the CA of {registry}"})
            if owner and not check:
                owner.call(accounts.write_file, path, text, _PUBLIC)
    if item["logins"]:
        done += _log_in(item, owner, check=check)
    if item["auto_update"] is not None:
        done += _update(item, owner, check=check)
    return done


def _log_in(item: Item, owner: Owner | None, *, check: bool) -> Done:
    """Writes logins to a file that Podman also reads; its own file is lost at a reboot."""
    path = f"{owner.home if owner else ''}/.config/containers/auth.json"
    text = owner.call(accounts.read_text, path) if owner else ""
    merged = merge_logins(text, item["logins"], path)
    mode = owner.call(accounts.read_mode, path) if owner else None
    if merged is None and mode == _PRIVATE:
        return []
    if owner and not check:
        if merged is None:
            owner.call(accounts.set_mode, path, _PRIVATE)
        else:
            owner.call(accounts.write_file, path, merged, _PRIVATE)
    names = ", ".join(login["registry"] for login in item["logins"])
    return [{"user": item["name"], "what": f"log in to {names}"}]


def _update(item: Item, owner: Owner | None, *, check: bool) -> Done:
    """The timer that lets Podman update containers with AutoUpdate=."""
    on = item["auto_update"]
    manager = Manager(owner, system=owner.uid == 0) if owner else None
    if manager and (manager.read_enabled([_TIMER]).get(_TIMER) == "enabled") == on:
        return []
    if manager and not check:
        if on:
            manager.enable([_TIMER])
            manager.queue("start", [_TIMER])
        else:
            manager.disable([_TIMER])
            stop_services(manager, [_TIMER])
    return [{"user": item["name"], "what": f"turn automatic updates {'on' if on else 'off'}"}]


def _migration(before: t.Mapping[str, tuple[Range, ...]], plan: t.Sequence[Step]) -> list[str]:
    """Warnings about users with more ids: Podman's user namespace keeps its old ranges."""
    if not plan:
        return []
    return [
        f"user {name} has more subordinate ids now; Podman uses them after podman system migrate, "
        "run as that user, which stops the user's containers"
        for name in grown(before, accounts.read_ranges())
    ]


def _describe(items: t.Sequence[Item]) -> dict[str, dict[str, t.Any]]:
    owners = {item["name"]: _owner(item["name"]) for item in items}
    return {name: {"uid": o.uid, "home": o.home} for name, o in owners.items() if o}


def run(module: AnsibleModule) -> None:
    """Ends the module."""
    run_module(module, lambda: reconcile_users(module.params["users"], check=module.check_mode))
