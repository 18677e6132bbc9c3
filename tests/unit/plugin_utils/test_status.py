# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of a fleet: document, graph, table, page and files, from what the hosts told."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.plugin_utils._status import files
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.document import (
    find_reason,
    make_document,
    make_host,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.graph import (
    edges_of,
    place_nodes,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.pack import pack
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.page import render_page
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.text import summary_lines
from tests.unit.support.fleets import (
    HOSTILE,
    MADE_AT,
    app,
    failure,
    hostile_fleet,
    info,
    large_fleet,
    service,
    troubled_fleet,
)

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLAYBOOK = pathlib.Path(sys.executable).parent / "ansible-playbook"


@pytest.mark.parametrize(
    ("registered", "state", "reason"),
    [
        (None, "failed", "it was not asked: an earlier task of the play failed, or left it out"),
        ("text", "failed", "it was not asked: an earlier task of the play failed, or left it out"),
        ({"unreachable": True, "msg": "no route"}, "unreachable", "no route"),
        ({"unreachable": True}, "unreachable", "it could not be reached"),
        ({"failed": True, "msg": "no sudo"}, "failed", "no sudo"),
        ({"skipped": True}, "failed", "module info gave no answer"),
        ({"apps": []}, "ok", ""),
    ],
)
def test_why_a_host_is_no_good_one(registered: t.Any, state: str, reason: str) -> None:
    assert find_reason(registered) == (state, reason)
    host = make_host("h", registered)
    assert (host["state"], host["reason"], host["apps"]) == (state, reason, [])


def test_the_document_of_a_bad_day() -> None:
    document = make_document(troubled_fleet(), MADE_AT)
    assert document["summary"] == {
        "hosts": 8,
        "hosts_unreachable": 1,
        "hosts_failed": 1,
        "read_errors": 1,
        "pulls_failed": 1,
        "apps": 9,
        "apps_troubled": 3,
        "apps_drifted": 2,
        "runs_failed": 2,
        "services": 21,
        "states": {"absent": 1, "failed": 1, "starting": 1, "up": 6},
    }
    rows = {(h["name"], a["name"]): a for h in document["hosts"] for a in h["apps"]}
    assert rows["edge2", "shop"]["last_run_failed"]
    assert not rows["edge1", "shop"]["last_run_failed"]
    assert rows["core2", "queue"]["state"] == "absent"
    assert rows["core1", "shop"]["rollout_under_way"]
    assert rows["edge2", "shop"]["services"][0]["journal"][-1] == "exit 98"
    assert json.loads(json.dumps(document)) == document


def test_an_app_that_cannot_be_read_keeps_its_failed_run() -> None:
    unread = {"user": None, "location": "system", "app": "shop", "msg": "damaged"}
    document = make_document({"h": info(failures=[failure()], errors=[unread])}, MADE_AT)
    [row] = document["hosts"][0]["apps"]
    assert (row["state"], row["last_run_failed"], row["generation"]) == ("failed", True, None)
    assert document["summary"]["runs_failed"] == 1
    assert "all as they should be" not in summary_lines(document)[-1]


def test_the_document_is_as_documented() -> None:
    page = (ROOT / "docs/status.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)`", page.partition("## The document")[2], re.MULTILINE))
    document = make_document(troubled_fleet(), MADE_AT)
    host = document["hosts"][1]
    keys = {
        *document,
        *document["summary"],
        *host,
        *host["apps"][0],
        *host["apps"][0]["services"][0],
    }
    assert keys - told == set()


# Names, edges (what is needed, what needs it), and the layers.
LAYOUTS: dict[str, tuple[str, list[str], list[str]]] = {
    "nothing": ("", [], []),
    "alone": ("ab", [], ["ab"]),
    "a chain": ("cba", ["ab", "bc"], ["a", "b", "c"]),
    "a diamond": ("abcd", ["ab", "ac", "bd", "cd"], ["a", "bc", "d"]),
    "the longest way counts": ("abc", ["ac", "ab", "bc"], ["a", "b", "c"]),
    "fewer crossings": ("abcd", ["ad", "bc"], ["ab", "dc"]),
    "a circle": ("abc", ["ab", "bc", "ca"], ["b", "c", "a"]),
    "two circles": ("abcd", ["ab", "ba", "cd", "dc"], ["bd", "ac"]),
    "a circle with a tail": ("abc", ["ab", "ba", "bc"], ["b", "ac"]),
}


@pytest.mark.parametrize(("names", "edges", "layers"), LAYOUTS.values(), ids=LAYOUTS)
def test_the_layout_of_a_graph(names: str, edges: list[str], layers: list[str]) -> None:
    places = place_nodes([*names], [(edge[0], edge[1]) for edge in edges])
    rows: dict[int, dict[int, str]] = {}
    for name, (layer, place) in places.items():
        assert place not in rows.setdefault(layer, {}), "two are at one place"
        rows[layer][place] = name
    assert ["".join(rows[n][p] for p in sorted(rows[n])) for n in sorted(rows)] == layers


def test_a_deep_graph_needs_no_deep_stack() -> None:
    names = [str(number) for number in range(3000)]
    places = place_nodes(names[::-1], [*zip(names, names[1:])])
    assert places["2999"] == (2999, 0)


def test_edges_are_those_between_services_of_the_app() -> None:
    services = {
        "a": service("a.container", needs=["b", "b", "network-online.target", "a"]),
        "b": service("b.timer", triggers=["a", "c"]),
    }
    assert edges_of(services) == [("b", "a")]


def test_the_table_of_a_terminal() -> None:
    lines = summary_lines(make_document(troubled_fleet(), MADE_AT))
    assert lines[0].split() == [
        "host", "app", "generation", "rollout", "services", "state", "drift"
    ]  # fmt: skip
    text = "\n".join(" ".join(line.split()) for line in lines)
    assert "edge1 wiki 2 - 1 of 1 active up -" in text
    assert "edge2 shop 2 - 0 of 1 active failed, last run failed web.service has failed" in text
    assert "edge4 - - - - unreachable Failed to connect" in text
    assert "core3 - - - - failed sudo: a password is required\n" in text
    assert "core4 - - - - unreadable its directory is not bob's" in text
    assert "core1 shop (svc) 5 20260131T110000Z, under way 4 of 4 active up -" in text
    assert "core2: wiki is not in the inventory; it was deployed without a project" in text
    assert "core3: " not in text
    assert "core4 - - - - pull failed root: refused: its commit has no signature" in text
    assert lines[-1].startswith(
        "8 hosts, 9 apps, 1 unreachable, 1 not readable, 1 unreadable apps or scopes, 1 with a "
        "failed pull, 3 to look at"
    )
    well = summary_lines(make_document({"h": info(app()), "empty": info()}, MADE_AT))
    assert well[-1] == "2 hosts, 1 app, all as they should be"
    assert well[2].split() == ["empty", *"------"]


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({}, "2 of 2"),
        ({"active": "inactive", "sub": "dead"}, "1 of 2"),
        ({"active": "inactive", "job": True, "waits": False}, "1 of 1"),
        ({"active": "inactive", "job": False, "waits": True}, "1 of 1"),
        ({"active": "failed", "job": True, "waits": False}, "1 of 2"),
        ({"active": "activating", "sub": "start", "job": True, "waits": True}, "1 of 2"),
        ({"active": "active", "job": True, "waits": True}, "2 of 2"),
    ],
)
def test_jobs_that_are_done_do_not_count_as_down(fields: dict[str, t.Any], counted: str) -> None:
    job = service("job.container", **fields)
    told = info(app(services={"web.service": service("web.container"), "job.service": job}))
    assert f"{counted} active" in summary_lines(make_document({"h": told}, MADE_AT))[1]


def _unpack(packed: dict[str, t.Any]) -> t.Any:
    """As page.js does."""

    def read(value: t.Any) -> t.Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return packed["texts"][value]
        if isinstance(value, str):
            return json.loads(value)
        if isinstance(value, list):
            return [read(part) for part in value]
        ((shape, parts),) = value.items()
        return dict(zip(packed["shapes"][int(shape)], map(read, parts)))

    return read(packed["data"])


@pytest.mark.parametrize(
    "fleet", [troubled_fleet(), hostile_fleet(), {}], ids=["bad", "hostile", "none"]
)
def test_packed_data_is_the_document(fleet: dict[str, t.Any]) -> None:
    document = make_document(fleet, MADE_AT)
    assert _unpack(json.loads(json.dumps(pack(document)))) == document


def test_nothing_of_a_host_becomes_markup() -> None:
    page = render_page(make_document(hostile_fleet(), MADE_AT), files.read_parts())
    empty = render_page(make_document({}, MADE_AT), files.read_parts())
    assert re.findall(r"<[^ >]*", page) == re.findall(r"<[^ >]*", empty)
    data = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)[0]
    assert not set("<>&\u2028\u2029") & set(data)
    texts = json.loads(data)["texts"]
    assert {text.encode("utf-8", "replace").decode() for text in HOSTILE} <= set(texts)
    page.encode("utf-8")


def test_the_page_needs_nothing_else() -> None:
    page = render_page(make_document(troubled_fleet(), MADE_AT), files.read_parts())
    assert not re.search(r'(?:src|href)="(?!#|data:,")', page)
    assert "url(" not in page
    assert "@import" not in page
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r'\sstyle="|\son\w+="', page)
    script = files.read_parts().js
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(", script
    )


def test_a_page_of_a_large_fleet_is_small() -> None:
    document = make_document(large_fleet(100, 20), MADE_AT)
    page = render_page(document, files.read_parts())
    assert document["summary"]["services"] == 2_000
    assert len(page.encode()) < 1_000_000


@pytest.mark.parametrize("host", ["../../etc/cron.d/x", "/abs", "..", ".", "a b", "é", "x\ny"])
def test_a_host_names_a_file_of_metrics_and_nothing_else(host: str) -> None:
    path = files.metrics_path(host)
    assert re.fullmatch(r"metrics/quadlet-[\w.~%-]+\.prom", path)


def test_files_are_replaced_whole_and_keep_their_mode(tmp_path: pathlib.Path) -> None:
    page, prom = str(tmp_path / "d/index.html"), str(tmp_path / "d/h.prom")
    for path in (page, prom):
        files.write_file(path, "a")
    assert [os.stat(path).st_mode & 0o777 for path in (page, prom)] == [0o600, 0o644]
    os.chmod(page, 0o640)
    files.write_file(page, "b")
    assert os.stat(page).st_mode & 0o777 == 0o640
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == ["h.prom", "index.html"]


def _play(folder: pathlib.Path, *tasks: dict[str, t.Any]) -> str:
    told = {"a": info(app(), failures=[failure()]), "b": {"unreachable": True, "msg": "no route"}}
    hosts = {name: {"quadlet_status_info": result} for name, result in told.items()}
    play = {"hosts": "all", "gather_facts": False, "run_once": True, "tasks": tasks}
    (folder / "play.json").write_text(json.dumps([play]))
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    run = subprocess.run(
        [PLAYBOOK, "-i", "hosts.json", "play.json"],
        cwd=folder,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_module_writes_what_hosts_told(tmp_path: pathlib.Path) -> None:
    formats, dest, foretold = ["page", "data", "metrics"], tmp_path / "out", tmp_path / "check"
    said = _play(
        tmp_path,
        {"quadlet.fleet.status": {"dest": str(foretold), "formats": formats},
         "check_mode": True, "diff": True},
        {"quadlet.fleet.status": {"dest": str(dest), "formats": formats}},
        {"quadlet.fleet.status": {"hosts": ["b", "nowhere"]}},
    )  # fmt: skip
    assert "+quadlet_app_last_run_failed{host=" in said
    assert "changed=2" in said
    assert not foretold.exists()
    assert "2 hosts, 1 app, 1 unreachable, 1 to look at" in said
    assert "1 host, 0 apps, 1 unreachable" in said
    assert sorted(str(path.relative_to(dest)) for path in dest.rglob("*.*")) == [
        "index.html", "metrics/quadlet-a.prom", "metrics/quadlet-b.prom", "status.json"
    ]  # fmt: skip
    assert 'quadlet_status_readable{host="b"} 0' in (dest / "metrics/quadlet-b.prom").read_text()
    assert json.loads((dest / "status.json").read_text())["hosts"][1]["reason"] == "no route"
