"""Directories of bind mounts: what is declared, what is there, and what a run does about it."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App, parse_app
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.directories_option import (
    Directory,
    parse_directories,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.subordinate_ids import (
    Granted,
    Range,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.directories import (
    read_folders,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.directories import (
    LINK,
    Actor,
    Seen,
    decide_directories,
    expand_home,
    make_actor,
    make_ground,
    resolve_ids,
    to_host,
    to_inside,
    with_directories,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.directory import Change
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan
from tests.unit.support.together import together

ROOT = Actor("root", 0, 0)
RANGES = (Range("1001", 500000, 10), Range("svc", 100000, 65536))
SVC = make_actor("svc", 1001, 1002, Granted(RANGES, RANGES))
NONE = make_actor(
    "svc", 1001, 1002, Granted((), (), ("/etc/subuid has no row, and getsubids svc tells none",))
)
HOMES = {"root": "/root", "svc": "/home/svc"}
UNITS = {
    "root": "/etc/containers/systemd",
    "svc": "/home/svc/.config/containers/systemd",
}


def _find(option: str, name: str) -> int | None:
    return {"owner": {"app": 7}, "group": {"app": 8}}[option].get(name)


def _decide(actor: Actor, row: Directory, look: Seen) -> Change | None:
    ground = make_ground(f"{UNITS[actor.name]}/app", UNITS[actor.name], HOMES[actor.name], actor)
    ids, errors = resolve_ids([row], actor, _find)
    changes = decide_directories([row], ids, {row.path: look}, actor, ground, errors)
    assert len(changes) <= 1
    return changes[0] if changes else None


def _there(actor: Actor, **more: t.Any) -> Seen:
    given = {"mode": 0o755, "uid": actor.uid, "gid": actor.gid, **more}
    return Seen("/srv/x", **given)


# Where it lies, by what is there.
PLACES: dict[str, tuple[dict[str, t.Any], str]] = {
    "right": ({}, ""),
    "missing": ({"missing": ("/srv/x",)}, "make"),
    "parent missing": ({"missing": ("/srv/a", "/srv/a/x")}, "make"),
    "another mode": ({"mode": 0o700}, "mode"),
    "another owner": ({"uid": 100004, "gid": 100004}, "owner"),
    "of somebody else": ({"uid": 33, "gid": 33}, "owner, not by a user"),
    "mounted, right": ({"mounted": True}, ""),
    "mounted, another mode": ({"mode": 0o700, "mounted": True}, "something is mounted on it"),
    "file": ({"obstacle": "a file", "place": "/srv/x"}, "/srv/x is a file"),
    "file above": ({"obstacle": "a file", "place": "/srv"}, "/srv is a file"),
    "link": ({"obstacle": LINK, "place": "/srv/x"}, f"/srv/x is {LINK}"),
    "closed parent": (
        {"missing": ("/srv/x",), "writable": False, "uid": 33, "gid": 33},
        "not by a user, can't make it",
    ),
    "parent of a subordinate id": (
        {"missing": ("/srv/x",), "writable": False, "uid": 100004, "gid": 100004},
        "make, inside",
    ),
}
DECLARED = {
    "nothing": Directory("/srv/x"),
    "mode": Directory("/srv/x", 0o755),
    "owner": Directory("/srv/x", None, "0", "0"),
    "all": Directory("/srv/x", 0o755, "0", "0"),
}


@together("actor", [ROOT, SVC], ids=["system", "user"])
@together("place", PLACES)
@together("declared", DECLARED)
def test_what_a_run_does(actor: Actor, place: str, declared: str) -> None:
    more, wanted = PLACES[place]
    row, look = DECLARED[declared], _there(actor, **more)
    if place == "parent of a subordinate id" and actor.is_root:
        look = look._replace(writable=True)
    if place == "closed parent" and actor.is_root:
        wanted = "user root can't make it"
    elif wanted == "not by a user, can't make it":
        wanted = "user svc can't make it"
    checks_mode, checks_owner = row.mode is not None, row.owner is not None
    if wanted == "owner, not by a user":
        wanted = "owner" if actor.is_root or not checks_owner else "user svc can't change it"
    if "mode" in place and not checks_mode:
        wanted = ""
    if wanted == "owner" and not checks_owner:
        wanted = ""
    if wanted and wanted.partition(",")[0] not in ("make", "mode", "owner"):
        with pytest.raises(QuadletError, match="directories /srv/x") as caught:
            _decide(actor, row, look)
        assert wanted in str(caught.value)
        return
    change = _decide(actor, row, look)
    if not wanted:
        assert change is None
        return
    assert change
    assert (change.mode, change.uid, change.gid) == (0o755, actor.uid, actor.gid)
    assert change.made == look.missing
    assert (change.before is None) is wanted.startswith("make")
    foreign = place in ("another owner", "parent of a subordinate id")
    assert change.inside is (foreign and not actor.is_root)
    plan = with_directories(Plan(), (change,))
    assert [step.action for step in plan.steps] == ["directory"]
    assert not plan.empty
    if change.before:
        again = Seen("/srv/x", mode=change.mode, uid=change.uid, gid=change.gid)
        assert _decide(actor, row, again) is None


@pytest.mark.parametrize("actor", [ROOT, SVC], ids=["system", "user"])
def test_directories_of_units_and_of_our_state_are_refused(actor: Actor) -> None:
    """All that the judgement on mounts knows, what is below, and what is above."""
    unit_dir, home = UNITS[actor.name], HOMES[actor.name]
    ground = make_ground(f"{unit_dir}/app", unit_dir, home, actor)
    folders = read_folders(ground)
    assert len(folders) > 50
    paths = {*folders, *(f"{folder}/below" for folder in folders), f"{unit_dir}/app/data"}
    paths |= {home, f"{home}/.config", "/etc" if actor.is_root else home}
    for path in sorted(paths):
        for real in (path, "/srv/harmless"):  # by its name, and by where a link leads
            row = Directory("/srv/x" if real == path else path)
            look = Seen(path if real == path else real, missing=(path,))
            with pytest.raises(QuadletError, match="from which the host starts programs"):
                _decide(actor, row, look)


def test_ids_of_a_user_namespace() -> None:
    """As `podman unshare cat /proc/self/uid_map` shows them."""
    assert SVC.uids == ((0, 1001, 1), (1, 100000, 65536), (65537, 500000, 10))
    assert SVC.gids[0] == (0, 1002, 1)
    pairs = {0: 1001, 1: 100000, 999: 100998, 65536: 165535, 65537: 500000, 65546: 500009}
    for inside, host in pairs.items():
        assert to_host(inside, SVC.uids) == host
        assert to_inside(host, SVC.uids) == inside
    assert to_host(65547, SVC.uids) is None
    assert to_inside(0, SVC.uids) is None
    assert (to_host(5, ROOT.uids), to_inside(5, ROOT.uids)) == (5, 5)
    assert SVC.owns(1001, 100000)
    assert not SVC.owns(1001, 33)


@pytest.mark.parametrize("path", ["/proc/x", "/sys", "/sys/fs/x"])
def test_what_is_the_kernels(path: str) -> None:
    with pytest.raises(QuadletError, match="is the kernel's"):
        _decide(ROOT, Directory(path), Seen(path, missing=(path,)))


def test_owners() -> None:
    made = Seen("/srv/x", missing=("/srv/x",))
    named = Directory("/srv/x", 0o2770, "app", "app")
    change = _decide(ROOT, named, made)
    assert change
    assert (change.mode, change.uid, change.gid) == (0o2770, 7, 8)
    change = _decide(SVC, Directory("/srv/x", None, "999"), made)
    assert change
    assert (change.uid, change.gid, change.inside) == (100998, 1002, True)
    for actor, row, words in (
        (ROOT, Directory("/srv/x", None, "none"), "the host has no owner 'none'"),
        (SVC, named, "is a name, which says nothing in a user's scope"),
        (SVC, Directory("/srv/x", None, None, "70000"), "is beyond the ids of user svc"),
        (NONE, Directory("/srv/x", None, "1"), "they end at 0; /etc/subuid has no row, and get"),
    ):
        with pytest.raises(QuadletError, match=words):
            _decide(actor, row, made)


def test_parents_that_are_declared_are_made_once() -> None:
    ground = make_ground("/u/app", "/u", "/root", ROOT)
    rows = [Directory("/srv/a", 0o700), Directory("/srv/a/b")]
    seen = {
        "/srv/a": Seen("/srv/a", missing=("/srv/a",)),
        "/srv/a/b": Seen("/srv/a/b", missing=("/srv/a", "/srv/a/b")),
    }
    ids, errors = resolve_ids(rows, ROOT, _find)
    changes = decide_directories(rows, ids, seen, ROOT, ground, errors)
    assert [change.made for change in changes] == [("/srv/a",), ("/srv/a/b",)]
    assert [change.diff()["before"] for change in changes] == ["", ""]
    assert "mode 0700, owner 0, group 0" in changes[0].diff()["after"]


GOOD: dict[str, tuple[t.Any, Directory]] = {
    "/srv/x": ({}, Directory("/srv/x")),
    "//srv/./x//": (None, Directory("/srv/x")),
    "~/x": ({"mode": "0750"}, Directory("~/x", 0o750)),
    "%h/x/": ({"mode": 0o750}, Directory("~/x", 0o750)),
    "/srv/with blank": ({"mode": "2775"}, Directory("/srv/with blank", 0o2775)),
    "/srv/y": ({"owner": 0, "group": "12"}, Directory("/srv/y", None, "0", "12")),
    "/srv/z": ({"owner": "www-data"}, Directory("/srv/z", None, "www-data")),
}
BAD: dict[str, tuple[str, t.Any]] = {
    "relative": ("./x", {}),
    "name": ("x", {}),
    "above": ("../x", {}),
    "dots": ("/srv/../etc", {}),
    "empty": ("", {}),
    "other home": ("~bob/x", {}),
    "specifier": ("/srv/%n", {}),
    "state": ("%S/x", {}),
    "variable": ("/srv/$HOME", {}),
    "line": ("/srv/a\nb", {}),
    "nul": ("/srv/a\0b", {}),
    "text": ("/srv/x", "0750"),
    "list": ("/srv/x", ["0750"]),
    "option": ("/srv/x", {"modes": "0750"}),
    "mode": ("/srv/x", {"mode": "rwx"}),
    "mode without quotes": ("/srv/x", {"mode": 750}),
    "large mode": ("/srv/x", {"mode": "17777"}),
    "negative mode": ("/srv/x", {"mode": -1}),
    "true mode": ("/srv/x", {"mode": True}),
    "fraction": ("/srv/x", {"mode": 7.5}),
    "negative owner": ("/srv/x", {"owner": -1}),
    "true owner": ("/srv/x", {"owner": True}),
    "large owner": ("/srv/x", {"owner": 1 << 32}),
    "no group": ("/srv/x", {"group": ""}),
    "option as owner": ("/srv/x", {"owner": "--reference=/x"}),
    "pair": ("/srv/x", {"owner": "1:2"}),
    "other digits": ("/srv/x", {"owner": "\u0663"}),
}


@pytest.mark.parametrize("path", GOOD)
def test_what_is_declared(path: str) -> None:
    options, row = GOOD[path]
    assert parse_directories({path: options}, "started") == (row,)
    assert parse_directories({path: options}, "absent") == ()


@together("name", BAD)
@together("state", ["started", "absent"])
def test_what_can_not_be_declared(name: str, state: str) -> None:
    path, options = BAD[name]
    with pytest.raises(QuadletError) as caught:
        parse_directories({path: options}, state)
    assert f"directories {path}" in str(caught.value)


def test_one_path_in_two_ways() -> None:
    with pytest.raises(QuadletError, match="is declared twice"):
        parse_directories({"/srv/x": {}, "/srv//x": {}}, "started")
    rows = parse_directories({"~/x": {}, "/home/svc/x": {}}, "started")
    with pytest.raises(QuadletError, match="is declared twice"):
        expand_home(rows, "/home/svc")
    assert [row.path for row in expand_home(rows, "/root")] == ["/home/svc/x", "/root/x"]


def test_all_errors_at_once() -> None:
    with pytest.raises(QuadletError, match="2 errors"):
        parse_app(
            {"name": "a", "state": "started", "directories": {"./x": {}, "/x": {"mode": "9"}}}
        )
    for state, given in itertools.product(("present", "stopped", "rolled_back"), ({}, None)):
        app = parse_app({"name": "a", "state": state, "directories": given})
        assert app == App("a", state=state)
