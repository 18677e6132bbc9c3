# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several apps in one call: which waits for which, what is told, and what is sent twice."""

from __future__ import annotations

import itertools
import os
import pathlib
import signal
import time
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import parse_content
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.many import (
    failure_message,
    find_duplicates,
    join_rows,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.ordering import (
    Footprint,
    make_footprint,
    one_by_one,
    order_apps,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.references import (
    FIRST,
    OF_OBJECTS,
    THEN,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    SECTIONS,
    SYSTEMD_KEYS,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS
from ansible_collections.quadlet.fleet.plugins.module_utils._host import installed_units as glance
from ansible_collections.quadlet.fleet.plugins.module_utils._host import tasks
from ansible_collections.quadlet.fleet.plugins.module_utils._module import apps as _apps
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.many import (
    Item,
    call_for_all,
    read_items,
)

C = "[Container]\nImage=x.io/a:1\n"

# What the first app has, what the second one has, and whether the second one waits.
ORDER: dict[str, tuple[dict[str, t.Any], dict[str, t.Any], bool]] = {
    "strangers": ({"a.container": C}, {"b.container": C}, False),
    "a unit": (
        {"net.network": "[Network]\n"},
        {"b.container": f"{C}Network=net.network:ip=1\n"},
        True,
    ),
    "the other way": (
        {"a.container": f"{C}Network=n.network\n"},
        {"n.network": "[Network]\n"},
        True,
    ),
    "sections": (
        {"data.volume": {"Volume": {}}},
        {"b.container": {"Container": {"Image": "x", "Volume": "data.volume:/d"}}},
        True,
    ),
    "a mount": (
        {"data.volume": "[Volume]\n"},
        {"b.container": f"{C}Mount=type=volume,source=data.volume,target=/d\n"},
        True,
    ),
    "a service": (
        {"a.container": C},
        {"b.container": f"[Unit]\nAfter=x.service a.service\n{C}"},
        True,
    ),
    "a service of a kind": (
        {"n.network": "[Network]\n"},
        {"b.container": f"[Unit]\nRequires=n-network.service\n{C}"},
        True,
    ),
    "a service with a name": (
        {"a.container": f"{C}ServiceName=front\n"},
        {"b.container": f"[Unit]\nAfter=front.service\n{C}"},
        True,
    ),
    "part of a name": (
        {"a.container": C},
        {"b.container": f"[Unit]\nAfter=xa.service\n{C}"},
        False,
    ),
    "a template": (
        {"w@.container": C},
        {"b.container": f"[Unit]\nAfter=w@3.service\n{C}"},
        True,
    ),
    "an instance": (
        {"w@.container": C, "w@1.container": {"template": "w@.container"}},
        {"b.container": f"[Unit]\nAfter=w@1.service\n{C}"},
        True,
    ),
    "a companion": (
        {"a.container": C, "t.timer": "[Timer]\nUnit=a.service\n"},
        {"b.container": f"[Unit]\nAfter=t.timer\n{C}"},
        True,
    ),
    "a container's name": (
        {"a.container": f"{C}ContainerName=db\n"},
        {"b.container": f"{C}Environment=URL=postgres://db:5432/x\n"},
        True,
    ),
    "a container's default name": (
        {"a.container": C},
        {"b.container": f"{C}Network=container:systemd-a\n"},
        True,
    ),
    "a network's name": (
        {"a.network": "[Network]\nNetworkName=backend\n"},
        {"b.container": f"{C}Network=backend\n"},
        True,
    ),
    "an image that is built": (
        {"a.build": "[Build]\nImageTag=localhost/own:1\nSetWorkingDirectory=unit\n"},
        {"b.container": "[Container]\nImage=localhost/own:1\n"},
        True,
    ),
    "several units in one text": (
        {"x.quadlets": f"# FileName=a\n{C}---\n# FileName=n\n[Network]\n"},
        {"b.container": f"{C}Network=n.network\n"},
        True,
    ),
    "a drop-in": (
        {"a.container": C, "a.container.d/1.conf": "[Container]\nContainerName=db\n"},
        {"b.container": C, "b.container.d/1.conf": "[Container]\nNetwork=container:db\n"},
        True,
    ),
    "a directory": (
        {"a.container": C},
        {"b.container": f"{C}Volume=/etc/containers/systemd/one/conf:/c:ro\n"},
        True,
    ),
    "the directory beside it": (
        {"a.container": C},
        {"b.container": f"{C}Volume=../one:/c:ro\n"},
        True,
    ),
    "a port": (
        {"a.container": f"{C}PublishPort=8080:80\n"},
        {"b.container": f"{C}PublishPort=127.0.0.1:8080:90/tcp\n"},
        True,
    ),
    "ports inside": (
        {"a.container": f"{C}PublishPort=8080:80\n"},
        {"b.container": f"{C}PublishPort=8081:80\n"},
        False,
    ),
}


def find_waits(apps: t.Sequence[Footprint | None]) -> list[dict[int, str]]:
    """For each app those that it must wait for, with the reason."""
    return order_apps(apps).waits


def _footprint(
    name: str,
    units: t.Mapping[str, t.Any] | None,
    files: t.Mapping[str, t.Any] | None = None,
    *,
    manager: str = "0",
    adopt: bool = False,
    installed: t.Mapping[str, str] | None = None,
) -> t.Any:
    content = parse_content(name, units, files)
    return make_footprint(manager, name, content, adopt=adopt, installed=installed or {})


@pytest.mark.parametrize(("one", "two", "waits"), ORDER.values(), ids=ORDER)
def test_what_mentions_another_waits(
    one: dict[str, t.Any], two: dict[str, t.Any], waits: bool
) -> None:
    apps = [_footprint("one", one), _footprint("two", two)]
    reader = 0 if two == ORDER["the other way"][1] else 1
    in_order, reverse = find_waits(apps), find_waits(apps[::-1])
    reasons = [reason for row in in_order for reason in row.values()]
    assert len(reasons) == waits
    if waits and "refers to" in reasons[0]:
        # What is referred to comes first, wherever it is in the list.
        assert [list(row) for row in in_order] == [
            [1 - reader] if n == reader else [] for n in (0, 1)
        ]
        assert [list(row) for row in reverse] == [[reader] if n != reader else [] for n in (0, 1)]
        assert reverse[1 - reader][reader] == reasons[0]
    else:
        assert [list(row) for row in reverse] == [[], [0] if waits else []]


REASONS: dict[str, str] = {
    "a unit": "two refers to net.network of one",
    "a service with a name": "two refers to front.service of one",
    "an image that is built": "two refers to image localhost/own:1 of one",
    "a container's name": "two mentions db of one",
    "a directory": "two mentions the directory of one",
    "a port": "two mentions port 8080 of one",
}


@pytest.mark.parametrize(("case", "reason"), REASONS.items(), ids=REASONS)
def test_the_reason_of_a_wait(case: str, reason: str) -> None:
    one, two, _waits = ORDER[case]
    assert find_waits([_footprint("one", one), _footprint("two", two)])[1] == {0: reason}


def test_the_reason_of_a_wait_whatever_is_in_the_apps() -> None:
    plain, unknown = _footprint("one", {"a.container": C}), _footprint("two", None)
    assert "two adopts units, or keeps" in find_waits([plain, unknown])[1][0]
    assert "two adopts units, or keeps" in find_waits([unknown, plain])[1][0]
    assert find_waits([plain, _footprint("one", {"b.container": C})])[1] == {
        0: "both are called one"
    }


def test_another_manager_is_not_waited_for() -> None:
    one, two, _waits = ORDER["a unit"]
    assert find_waits([_footprint("one", one), _footprint("two", two, manager="1000")]) == [{}, {}]


def test_files_count_too() -> None:
    conf = {"nginx.conf": "proxy_pass http://shop-api:8000;"}
    api = {"a.container": f"{C}ContainerName=shop-api\n"}
    assert find_waits([_footprint("one", api), _footprint("two", {"b.container": C}, conf)])[1]


def test_what_an_app_gives_up_is_there_for_the_next() -> None:
    apps = [
        _footprint("one", {"a.container": C}, installed={"a.container": C, "moved.container": C}),
        _footprint("two", {"moved.container": C}),
        _footprint("three", {"c.container": C}),
    ]
    assert [list(earlier) for earlier in find_waits(apps)] == [[], [0], []]
    assert find_waits(apps[::-1])[1] == {2: "two takes moved.container over from one"}


SYSTEMD_UNITS = {
    "Unit": "b.container", "Install": "b.container", "Service": "b.container",
    "Timer": "b.timer", "Path": "b.path", "Socket": "b.socket",
}  # fmt: skip
BY_KEY = [
    *((SYSTEMD_UNITS[s], s, key, "a.service", True) for s, keys in FIRST.items() for key in keys),
    *((SYSTEMD_UNITS[s], s, key, "a.service", False) for s, keys in THEN.items() for key in keys),
    *((SYSTEMD_UNITS[s], s, key, "g.target", key != "Before" or None) for s, keys in THEN.items()
      for key in keys),
    *((f"b.{suffix}", kind.section, row.name, f"a.{ref}", True)
      for suffix, kind in KINDS.items() for row in SECTIONS[kind.section].values()
      for ref in row.refs),
]  # fmt: skip
OWNER = {
    **{
        f"a.{suffix}": f"[{kind.section}]\nServiceName=s{suffix}\n"
        for suffix, kind in KINDS.items()
    },
    "a.container": C,
    "g.target": "[Unit]\n",
}


@pytest.mark.parametrize(("unit", "section", "key", "name", "owner_first"), BY_KEY)
def test_each_key_that_can_name_a_unit_of_another_app(
    unit: str, section: str, key: str, name: str, owner_first: bool | None
) -> None:
    """Wherever the two are in the list, whatever is continued, quoted or in a drop-in."""
    value = f"type=volume,source={name},target=/d" if key == "Mount" else name
    before = True if owner_first is None else owner_first  # Before= a group: it comes first too
    plain = {unit: f"[{section}]\n{key}={value}\n"}
    continued = {unit: f"[{section}]\n  {key} = \\\n# why\n   {value}\n"}
    drop_in = {unit: f"[{section}]\n", f"{unit}.d/1.conf": f"[{section}]\n{key}={value}\n"}
    for form in (plain, continued, drop_in):
        owner, reader = _footprint("owner", OWNER), _footprint("reader", form)
        for apps in ([owner, reader], [reader, owner]):
            waits = find_waits(apps)
            late = apps.index(reader if before else owner)
            assert [list(row) for row in waits] == [
                [1 - late] if number == late else [] for number in (0, 1)
            ], form


def test_all_keys_of_quadlet_that_name_units_are_known() -> None:
    rows = {row.name for keys in SECTIONS.values() for row in keys.values() if row.refs}
    assert rows == {*OF_OBJECTS}
    known = {key for keys in (*FIRST.values(), *THEN.values()) for key in keys}
    no_units = {"Description", "Documentation", "StartLimitBurst", "StartLimitIntervalSec",
                "RequiresMountsFor", "Alias", "DefaultInstance", "Conflicts"}  # fmt: skip
    assert {*SYSTEMD_KEYS["Unit"], *SYSTEMD_KEYS["Install"]} - known == no_units


def _after(name: str, *services: str) -> t.Any:
    return _footprint(name, {f"{name}.container": f"[Unit]\nAfter={' '.join(services)}\n{C}"})


def test_a_chain_is_sorted_from_any_order() -> None:
    chain = [_after("c", "b.service"), _after("b", "a.service"), _after("a", "x.service")]
    for apps in itertools.permutations(chain):
        done: list[str] = []
        waits = one_by_one(find_waits(apps), "parallel is 1")
        for _app in apps:
            number = next(n for n, app in enumerate(apps)
                          if app.name not in done
                          and all(apps[other].name in done for other in waits[n]))  # fmt: skip
            done.append(apps[number].name)
        assert done == ["a", "b", "c"]


def test_a_circle_keeps_the_order_of_the_list_and_is_told() -> None:
    apps = [_after("c", "b.service"), _after("b", "c.service"), _after("a", "c.service")]
    order = order_apps([*apps[1:], apps[0]])
    assert [sorted(row) for row in order.waits] == [[], [2], [0]], "a waits for c, c for b"
    [warning] = order.warnings
    assert warning.startswith("apps b, c need each other (b refers to c.service of c; c refers to")
    assert "in the order of the list" in warning
    three = order_apps(
        [_after("a", "b.service"), _after("b", "c.service"), _after("c", "a.service")]
    )
    assert [sorted(row) for row in three.waits] == [[], [0], [0, 1]]
    assert len(three.warnings) == 1


def test_one_whose_content_is_unknown_stays_between() -> None:
    """It keeps its place as far as references leave it one."""
    waits = find_waits([_after("a", "b.service"), _footprint("x", None), _after("b", "y.service")])
    assert 2 in waits[0]
    assert sorted(range(3), key=lambda number: len(waits[number])) == [1, 2, 0]


def test_some_stay_in_order_with_all_of_their_manager() -> None:
    apps = [
        _footprint("a", {"a.container": C}),
        _footprint("b", None),
        _footprint("c", {"c.container": C}),
        _footprint("u", {"u.container": C}, manager="1000"),
        _footprint("d", {"d.container": C}, adopt=True),
        None,
        _footprint("e", {"e.container": C}),
        _footprint("c", {"f.container": C}),
    ]
    assert [sorted(one) for one in find_waits(apps)] == [
        [],
        [0],
        [1],
        [],
        [0, 1, 2],
        [],
        [1, 4],
        [1, 2, 4],
    ]


def test_twins() -> None:
    places = [("a", "0", "s"), ("b", "0", "s"), ("a", "1", "home"), ("a", "0", "s")]
    assert find_duplicates(places) == [(0, 3)]
    assert find_duplicates([("a", "1", "home"), ("a", "1", "admin")]) == []


def _row(name: str, *, user: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    return {"name": name, "user": user, "failed": "msg" in more, "changed": False, **more}


def test_what_failed_stands_in_the_first_line() -> None:
    error = "units c.container: 'Foo' is no key. Write Bar."
    rows = [
        _row("a"),
        _row("b", user="alice", msg="app b: web.service did not start: no\n  x.service: no"),
        _row("c", msg=error),
    ]
    lines = failure_message(rows).split("\n")
    assert lines == [
        f"2 of 3 apps failed: b (user alice): web.service did not start: no; c: {error}",
        "",
        "b (user alice): web.service did not start: no",
        "  x.service: no",
    ]
    assert failure_message(rows[:1]) == ""


def test_warnings_and_diffs_stand_beside_the_apps() -> None:
    rows = [
        _row("a", changed=True, warnings=["x"], diff=[{"before": "1"}], generation=3),
        _row("b", user="u", warnings=["y", "z"], diff=[{"before": "2"}]),
    ]
    found = join_rows(rows)
    assert found["changed"] is True
    assert found["warnings"] == ["a: x", "b (user u): y", "b (user u): z"]
    assert found["diff"] == [{"before": "1"}, {"before": "2"}]
    assert [sorted(row) for row in found["apps"]] == [
        ["changed", "failed", "generation", "name", "user"],
        ["changed", "failed", "name", "user"],
    ]


WRONG: dict[str, tuple[list[dict[str, t.Any]], str]] = {
    "no name": ([{"units": {}}], "apps[0]: missing required arguments: name"),
    "unknown": ([{"name": "a"}, {"name": "b", "unit": {}}], "apps[1] (b): unknown option unit. Su"),
    "type": ([{"name": "a", "units": [1]}], "apps[0] (a): argument 'units' is of type"),
    "choice": ([{"name": "a", "state": "up"}], "value of state must be one of: started"),
    "below": ([{"name": "a", "gate": {"stabel": 1}}], "unknown option gate.stabel"),
    "twins": (
        [{"name": "a"}, {"name": "a", "user": "root"}],
        "apps[0] and apps[1]: app a",
    ),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="the system scope needs root")
@pytest.mark.parametrize(("items", "words"), WRONG.values(), ids=WRONG)
def test_items_are_checked_as_those_of_app(items: list[dict[str, t.Any]], words: str) -> None:
    with pytest.raises(QuadletError) as caught:
        _apps.run_apps(items, 4, check=True)
    assert words in str(caught.value)


def test_less_than_one_at_once_is_refused() -> None:
    with pytest.raises(QuadletError, match="parallel"):
        _apps.run_apps([], 0, check=True)


def test_nobodys_default_is_changed() -> None:
    """A default that is a mapping is filled in by a validation."""
    for _run in range(2):
        with pytest.raises(QuadletError) as caught:
            _apps.run_apps([{"name": "a", "user": "no-such-user"}], 1, check=False)
        assert "1 of 1 apps failed: a (user no-such-user): user: the host has no user" in str(
            caught.value
        )


@pytest.mark.parametrize("parallel", [1, 2])
def test_check_mode_goes_on_without_the_user(parallel: int) -> None:
    items = [{"name": name, "user": "no-such-user"} for name in ("a", "b")]
    content = {"web.container": "[Container]\nImage=registry.test/a:1\n"}
    found = _apps.run_apps([{**item, "units": content} for item in items], parallel, check=True)
    assert found["changed"]
    assert [row["failed"] for row in found["apps"]] == [False, False]
    assert all(
        f"{name} (user no-such-user): user: the host has no user" in " ".join(found["warnings"])
        for name in ("a", "b")
    )


def test_check_mode_refuses_what_no_host_would_take() -> None:
    item = {"name": "a", "user": "no-such-user", "units": {"web.container": "[Container\n"}}
    with pytest.raises(QuadletError, match=r"web\.container"):
        _apps.run_apps([item], 1, check=True)


def test_a_glance_reads_units_alone(tmp_path: pathlib.Path) -> None:
    for path in ("one/a.container", "one/a.container.d/1.conf", "one/conf/x", "one/note.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    os.mkfifo(tmp_path / "one/p.container")
    (tmp_path / "one/l.container").symlink_to("nowhere")
    found = glance.read_units(str(tmp_path), ["one", "none"])
    assert found == {
        "one": {
            "a.container": "one/a.container",
            "a.container.d/1.conf": "one/a.container.d/1.conf",
        },
        "none": {},
    }


def _never(_number: int, _answers: t.Mapping[int, tasks.Answer]) -> None:
    return None


def _run(
    pieces: t.Sequence[tasks.Task], waits: t.Sequence[t.Collection[int]], parallel: int = 4
) -> list[tasks.Answer]:
    return tasks.run_tasks(pieces, waits, parallel, _never)


def _refuse() -> dict[str, t.Any]:
    raise QuadletError("no", where="there", remedy="do", data={"n": 1})


def _break() -> dict[str, t.Any]:
    return {"x": 1 // 0}


def _die() -> dict[str, t.Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def _who() -> dict[str, t.Any]:
    return {"pid": os.getpid(), "fds": sorted(map(int, os.listdir("/proc/self/fd")))}


@pytest.mark.parametrize("parallel", [1, 2, 5])
def test_answers_come_in_the_given_order(parallel: int) -> None:
    big = "x" * 3_000_000
    tasks = [lambda: {"big": big}, _refuse, _break, lambda: {"last": [1]}]
    big_one, refused, broken, last = _run(tasks, [()] * 4, parallel)
    assert big_one.result == {"big": big}
    assert refused.error
    assert refused.error.to_dict() == {
        "what": "no", "where": "there", "remedy": "do", "topic": None, "rule": None, "phase": None,
        "data": {"n": 1},
    }  # fmt: skip
    assert "unexpected ZeroDivisionError" in str(broken.error)
    assert last.result == {"last": [1]}
    assert all(answer.seconds >= 0 for answer in (big_one, last))


def test_each_has_a_process_without_ours() -> None:
    with open("/dev/null") as _ours:
        found = [answer.result or {} for answer in _run([_who] * 3, [()] * 3)]
    assert len({os.getpid(), *(one["pid"] for one in found)}) == 4
    # The standard ones, the answer's pipe, and the directory that is being listed.
    assert [one["fds"] for one in found] == [[0, 1, 2, 3, 4]] * 3
    assert _run([_who], [()])[0].result == {**_who()}, "one alone needs no process"


def test_a_death_is_its_own() -> None:
    dead, well = _run([_die, lambda: {"well": True}], [(), ()])
    assert "its process ended by signal 9" in str(dead.error)
    assert well.result == {"well": True}


def test_what_waits_begins_after(tmp_path: pathlib.Path) -> None:
    def first() -> dict[str, t.Any]:
        time.sleep(0.3)
        (tmp_path / "done").touch()
        return {}

    def second() -> dict[str, t.Any]:
        return {"after": (tmp_path / "done").exists()}

    assert _run([first, second], [(), (0,)])[1].result == {"after": True}
    # Also where the first one fails.
    assert _run([_die, second, _refuse, second], [(), (0,), (), (2,)])[3].result


def test_no_more_at_once_than_asked_for(tmp_path: pathlib.Path) -> None:
    def task() -> dict[str, t.Any]:
        mine = tmp_path / str(os.getpid())
        mine.touch()
        time.sleep(0.1)
        count = len(list(tmp_path.iterdir()))
        mine.unlink()
        return {"count": count}

    found = [answer.result or {} for answer in _run([task] * 6, [()] * 6, 2)]
    assert max(one["count"] for one in found) <= 2


def test_what_is_not_to_run_has_its_answer() -> None:
    given = tasks.Answer(None, QuadletError("not now"))

    def instead(number: int, answers: t.Mapping[int, tasks.Answer]) -> tasks.Answer | None:
        return given if number and answers[0].error else None

    for parallel in (1, 3):
        found = tasks.run_tasks([_refuse, _die, _who], [(), (0,), (0,)], parallel, instead)
        assert found[1:] == [given, given]


def _gone(pid: int) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_no_child_outlives_its_parent(tmp_path: pathlib.Path) -> None:
    def task() -> dict[str, t.Any]:
        (tmp_path / str(os.getpid())).touch()
        time.sleep(600)
        return {}

    parent = os.fork()
    if parent == 0:
        _run([task] * 3, [()] * 3)
        os._exit(0)
    end = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 3 and time.monotonic() < end:
        time.sleep(0.05)
    children = [int(path.name) for path in tmp_path.iterdir()]
    assert len(children) == 3
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    while not all(map(_gone, children)) and time.monotonic() < end:
        time.sleep(0.05)
    assert all(map(_gone, children))


class _Action:
    """What read_items uses of an action plugin."""

    _task = types.SimpleNamespace(async_val=0)


def test_what_is_confidential_goes_apart_and_defaults_count() -> None:
    secret = {"pw": "hunter2"}
    items, others = read_items(
        t.cast(t.Any, _Action()),
        {
            "apps": [{"name": "a", "secrets": secret, "authfile": "x"}, {"name": "b", "user": "u"}],
            "user": "svc",
            "parallel": 2,
        },
        {},
    )
    assert others == {"parallel": 2}
    assert [item.shown for item in items] == [
        {"name": "a", "user": "svc"},
        {"name": "b", "user": "u"},
    ]
    assert [item.hidden for item in items] == [{"secrets": secret, "authfile": "x"}, {}]
    joined = _apps.join_items([item.shown for item in items], [item.hidden for item in items])
    assert joined == [item.args for item in items]


@pytest.mark.parametrize(
    ("apps", "words"),
    [
        ("a,b", "list of mappings"),
        (["a"], "list of mappings"),
        ([{"name": "a", "secrets": "pw=1"}], r"apps\[0\] \(a\): secrets"),
        ([{"name": "a", "files": "x"}], r"apps\[0\] \(a\): files: it is a mapping"),
        ([{"name": "a"}, {"name": "b", "archives": ["x"]}], r"apps\[1\] \(b\): archives"),
    ],
)
def test_what_the_controller_refuses(apps: t.Any, words: str) -> None:
    with pytest.raises(AnsibleActionFail, match=words):
        read_items(t.cast(t.Any, _Action()), {"apps": apps}, {})


class _Archives:
    """What has been sent."""

    def __init__(self) -> None:
        self.items: list[dict[str, t.Any]] = [{"src": "x.tar"}]

    def send(self, wanted: t.Any) -> bool:
        """As Archives does."""
        for number in wanted or ():
            self.items[number] = {**self.items[number], "path": "/tmp/x"}
        return bool(wanted)


def _answer(*rows: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {"apps": list(rows), "changed": any(row["changed"] for row in rows), **more}


def test_apps_that_ask_for_an_archive_are_called_again_with_those_that_wait() -> None:
    items = [
        Item({"name": "a"}, None),
        Item({"name": "b", "secrets": {"s": "1"}}, t.cast(t.Any, _Archives())),
        Item({"name": "c"}, None),
    ]
    answers = [
        _answer(
            _row("a", changed=True),
            _row("b", msg="the controller has not sent x", send_archives=[0]),
            _row("c", msg="it waits", postponed=True),
            failed=True,
            warnings=["a: w"],
            msg="2 of 3 apps failed",
            diff=[1],
        ),
        _answer(_row("b", changed=True), _row("c", msg="no"), warnings=["b: w"], failed=True),
    ]
    calls: list[t.Any] = []

    def call(*given: t.Any) -> dict[str, t.Any]:
        calls.append(given)
        return answers[len(calls) - 1]

    found = call_for_all(items, call)
    assert calls[1] == (
        [{"name": "b", "archives": [{"src": "x.tar", "path": "/tmp/x"}]}, {"name": "c"}],
        [{"secrets": {"s": "1"}}, {}],
    )
    assert [row["name"] for row in found["apps"]] == ["a", "b", "c"]
    assert found["changed"] is True
    assert found["msg"] == "1 of 3 apps failed: c: no"
    assert found["warnings"] == ["a: w", "b: w"]
    assert found["diff"] == [1]


def test_a_call_that_did_not_work_is_returned_as_it_is() -> None:
    crash = {"failed": True, "msg": "crash"}
    assert call_for_all([Item({"name": "a"}, None)], lambda *_given: crash) is crash
