"""Whole runs of the engine: what each asks systemd and Podman to change, and what it leaves."""

from __future__ import annotations

import importlib
import pathlib
import typing as t

import pytest

from tests.unit.engine.support import releases
from tests.unit.engine.support.host import UTILS, Host
from tests.unit.engine.support.look import look, problems_of
from tests.unit.engine.support.recorded import SCOPES
from tests.unit.engine.support.table import SCENARIOS, Scenario

ONE, TWO = releases.release(1), releases.release(2)
OBJECTS = ["shop-back-network.service", "shop-data-volume.service"]
RUNNING = ["shop-db.service", "shop-web.service"]
UP = {
    "first": [*OBJECTS, *RUNNING, "shop-tick.timer"],
    "update": [*OBJECTS, *RUNNING, "shop-front-network.service"],
    "rollback": [*OBJECTS, *RUNNING, "shop-tick.timer"],
    "crashing": [*OBJECTS, *RUNNING, "shop-tick.timer"],
    "unwell": [*OBJECTS, *RUNNING, "shop-tick.timer"],
    "absent": [],
}
ACTS = {
    "first": "pull pull create reenable daemon-reload start tag tag",
    "update": "pull create stop reset-failed disable daemon-reload reset-failed restart start tag",
    "rollback": "stop reset-failed reenable daemon-reload reset-failed restart start",
    "crashing": "pull create stop reset-failed disable daemon-reload reset-failed restart start"
    " stop reset-failed reenable network-rm daemon-reload reset-failed reset-failed start rm",
    "unwell": "pull create stop reset-failed disable daemon-reload reset-failed restart start"
    " stop reset-failed reenable network-rm daemon-reload reset-failed reset-failed start rm",
    "absent": "stop reset-failed disable daemon-reload rm image-rm image-rm image-rm image-rm",
}
"""What each run has changed, in its order."""

_CHANGES: dict[tuple[str, ...], str] = {
    **{("systemctl", verb): verb for verb in ("start", "stop", "restart", "reload")},
    **{("systemctl", verb): verb for verb in ("reset-failed", "daemon-reload")},
    **{("systemctl", verb): verb for verb in ("disable", "reenable")},
    **{("podman", verb): verb for verb in ("pull", "tag")},
    **{("podman", "secret", verb): verb for verb in ("create", "rm")},
    ("podman", "network", "rm"): "network-rm",
    ("podman", "image", "rm"): "image-rm",
}


def acts_of(host: Host) -> list[str]:
    """The commands of the last run that change something."""
    found = []
    for row in host.commands:
        words = tuple(word for word in row.argv if word != "--user")
        heads = dict.fromkeys([words[:2], words[:3]])
        found += [_CHANGES[head] for head in heads if head in _CHANGES]
    return found


def prepared(host: Host, scenario: Scenario) -> Host:
    """The host with what is deployed before a scenario."""
    for params in scenario.before:
        assert host.run(params).result
    host.rest()
    return host


@pytest.mark.parametrize("kind", SCOPES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[one.name for one in SCENARIOS])
def test_a_run(kind: str, scenario: Scenario, make_host: t.Callable[[str], Host]) -> None:
    host = prepared(make_host(kind), scenario)
    before = look(host)
    ended = host.run(scenario.params)
    host.rest()
    after = look(host)
    assert bool(ended.result) is scenario.passes
    assert acts_of(host) == ACTS[scenario.name].split()
    assert after.up == frozenset(UP[scenario.name])
    assert problems_of(after, after) == []
    if ended.result:
        assert ended.result["changed"]
    else:
        assert getattr(ended.error, "data", {})["rolled_back"]
        assert before.differences(after) == []
    assert after.noted is not scenario.passes
    again = host.run(scenario.then)
    assert again.result
    assert not again.result["changed"]
    assert acts_of(host) == ([] if scenario.passes else ["image-rm"])
    assert not look(host).noted
    assert scenario.passes or look(host).images == before.images
    assert not list((host.top / "tmp").iterdir())
    assert [path.name for path in (host.top / "run").iterdir()] == ["bus"]


@pytest.mark.parametrize("kind", SCOPES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[one.name for one in SCENARIOS])
def test_check_mode_changes_nothing(
    kind: str, scenario: Scenario, make_host: t.Callable[[str], Host]
) -> None:
    host = prepared(make_host(kind), scenario)
    before = host.state_digest()
    foretold = host.run(scenario.params, check=True)
    assert foretold.result
    assert foretold.result["changed"]
    assert host.state_digest() == before
    assert acts_of(host) == []
    done = host.run(scenario.params)
    if done.result:
        plans = [
            [(step["unit"], step["service"], step["action"]) for step in one["plan"]]
            for one in (foretold.result, done.result)
        ]
        assert plans[0] == plans[1]


def test_what_hangs_takes_no_time(make_host: t.Callable[[str], Host]) -> None:
    host = make_host("system")
    host.podman.registry["registry.test:5000/slow:1"] = "1" * 64
    before = host.clock.passed
    ended = host.run(ONE, job=(3, "hangs"))
    assert not ended.result
    assert host.clock.passed - before > 59


@pytest.mark.parametrize("kind", SCOPES)
def test_how_often_podman_is_asked_for_objects(
    kind: str, make_host: t.Callable[[str], Host]
) -> None:
    """Once for each kind where a unit is new; not at all where nothing changed."""
    host = make_host(kind)
    host.run(releases.release(1))
    asked = [row.argv[1] for row in host.commands if row.argv[2:3] == ("inspect",)]
    # Images are pulled meanwhile, so the run looks at the host again.
    assert (asked.count("network"), asked.count("volume")) == (2, 2)
    host.run(releases.release(1))
    assert [row.argv for row in host.commands if row.argv[0] == "podman"] == []


@pytest.mark.parametrize("kind", SCOPES)
def test_a_good_run_ends_what_failed_before(kind: str, make_host: t.Callable[[str], Host]) -> None:
    """Also one that changes nothing; check mode ends nothing, and with the app the log goes."""
    host = make_host(kind)
    assert host.run(ONE).result
    host.rest()
    place = host.scope.state_dir
    name = str(ONE["name"])
    state, log = (importlib.import_module(f"{UTILS}._host.{n}") for n in ("state", "failure_log"))
    entry = {"ended_at": "2026-01-31T12:00:00Z", "failures": [{"reason": "why"}]}
    log.add_entry(place, name, entry)
    for check, is_open in ((True, True), (False, False), (False, False)):
        ended = host.run(ONE, check=check)
        assert ended.result
        assert not ended.result["changed"]
        rows = log.read_entries(place)[name]
        assert [(row["open"], row["failures"][0]["reason"]) for row in rows] == [(is_open, "why")]
    assert acts_of(host) == []
    log.add_entry(place, name, entry)
    assert len(log.read_entries(place)[name]) == 2
    assert host.run({**ONE, "state": "absent", "units": None, "files": None}).result
    assert log.read_entries(place) == {}
    assert not pathlib.Path(state.failures_path(place, name)).parent.exists()


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("lingers", [False, True])
def test_linger_is_on_before_images_are_looked_for(
    make_host: t.Callable[[str], Host], lingers: bool, check: bool
) -> None:
    """Also where the user's manager runs: without linger it ends soon after the user's logout."""
    host = make_host("user")
    host.lingers = lingers
    assert host.run(ONE, check=check).result
    asked = [tuple(row.argv[:2]) for row in host.commands]
    enabled = [n for n, words in enumerate(asked) if words == ("loginctl", "enable-linger")]
    assert bool(enabled) == (not lingers and not check), asked
    assert all(n < asked.index(("podman", "image")) for n in enabled[:1]), asked
