"""Every fault at every effect of a scenario, and what has to hold behind each."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from tests.unit.engine.support import releases
from tests.unit.engine.support.effects import (
    DIES,
    DIES_LATE,
    FAILS,
    FAILS_LATE,
    HANGS,
    HANGS_LATE,
    Effect,
    Fault,
)
from tests.unit.engine.support.host import Ended, Host, Saved
from tests.unit.engine.support.look import NOBODYS, Look, kept, look, problems_of, without_folders

Params = t.Mapping[str, t.Any]
_LATE = {FAILS_LATE, HANGS_LATE}
_FORGETTING = ("call read_app", "call read_generations", "podman secret rm")
"""Where an undo removes the secrets that it has made."""
_AT_JOBS = (FAILS, HANGS, DIES, DIES_LATE)


class Scenario(t.NamedTuple):
    """A run, what was deployed before it, and the run behind it that has to bring all in order.

    passes: whether it does without a fault.  or_else: a release that fails, deployed behind a run
    that died: it has to lead back to what was before that.
    """

    name: str
    before: tuple[Params, ...]
    params: Params
    then: Params
    passes: bool = True
    or_else: Params | None = None


ONE, TWO = releases.release(1), releases.release(2)
SCENARIOS = (
    Scenario("first", (), ONE, ONE),
    Scenario("update", (ONE,), TWO, TWO, or_else=releases.crashing()),
    Scenario("rollback", (ONE, TWO), releases.rolled_back(), releases.rolled_back()),
    Scenario("crashing", (ONE,), releases.crashing(), ONE, False, releases.unwell()),
    Scenario("unwell", (ONE,), releases.unwell(), ONE, False, releases.crashing()),
    Scenario("absent", (ONE,), releases.absent(), releases.absent()),
)


class Case(t.NamedTuple):
    """One fault.  at_job: its number is that of a job."""

    kind: str
    number: int
    name: str
    at_job: bool = False

    def __str__(self) -> str:
        return f"{self.kind}: {'job' if self.at_job else 'effect'} {self.number}, {self.name}"


@dataclasses.dataclass
class Count:
    """What was tried.  same: kills that leave a host as another kill does."""

    effects: int = 0
    jobs: int = 0
    cases: int = 0
    same: int = 0
    kinds: dict[str, int] = dataclasses.field(default_factory=dict)


class Table:
    """A scenario on one host, as it is without a fault and with each."""

    def __init__(self, host: Host, scenario: Scenario) -> None:
        self.host, self.scenario, self.count = host, scenario, Count()
        for params in scenario.before:
            ended = host.run(params)
            assert ended.result, ended.error
        host.rest()
        self.start: Saved = host.save()
        self.before: Look = look(host)
        self.cases = self._find_cases()
        self.wanted = self._run_through()
        self._converged: dict[str, list[str]] = {}

    def _run_through(self) -> Look:
        """What the host is to be in the end."""
        self.host.load(self.start)
        ended = self.host.run(self.scenario.then)
        assert ended.result, ended.error
        return look(self.host)

    def _find_cases(self) -> list[Case]:
        """Each fault that the run without one has a place for."""
        host, states = self.host, dict[tuple[int, bool], str]()
        host.effects.watch = lambda n, after: states.update({(n, after): host.state_digest()})
        try:
            ended = host.run(self.scenario.params)
        finally:
            host.effects.watch = None
        assert bool(ended.result) is self.scenario.passes, ended.error
        effects, jobs = list(host.effects.done), list(host.jobs)
        self.count.effects, self.count.jobs = len(effects), len(jobs)
        cases = list(self._cases_of(effects, states))
        for number, name in enumerate(jobs):
            cases += [Case(kind, number, name, at_job=True) for kind in _AT_JOBS]
        for case in cases:
            self.count.kinds[case.kind] = self.count.kinds.get(case.kind, 0) + 1
        self.count.cases = len(cases)
        return cases

    def _cases_of(
        self, effects: t.Sequence[Effect], states: t.Mapping[tuple[int, bool], str]
    ) -> t.Iterator[Case]:
        seen: set[str] = set()
        for number, effect in enumerate(effects):
            before, after = states[number, False], states.get((number, True), "")
            for kind in effect.kinds:
                if kind in (DIES, DIES_LATE):
                    state = before if kind == DIES else after
                    if not state or state in seen:
                        self.count.same += 1
                        continue
                    seen.add(state)
                elif kind in _LATE and before == after:
                    continue  # nothing was done that could have been done
                yield Case(kind, number, effect.name)

    # One case

    def try_case(self, case: Case) -> list[str]:
        """What is wrong behind a fault; nothing, if all is as it has to be."""
        self.host.load(self.start)
        if case.at_job:
            ended = self.host.run(self.scenario.params, job=(case.number, case.kind))
        else:
            ended = self.host.run(self.scenario.params, Fault(case.number, case.kind))
        if not self.host.effects.hit:
            return ["the fault did not happen"]
        found = self._judge(ended, case)
        if case.at_job and case.kind == HANGS:
            self.host.rest()  # it hangs no longer when the next run comes
        digest = self.host.state_digest()
        if digest not in self._converged:
            saved = self.host.save()
            self._converged[digest] = self._converge(no_folders=case.name.startswith("rmdir"))
            if ended.died and self.scenario.or_else:
                self.host.load(saved)
                self._converged[digest] += self._lead_back(self.scenario.or_else)
        return found + self._converged[digest]

    def _judge(self, ended: Ended, case: Case) -> list[str]:
        """What a run that did not die says beside what it left."""
        if ended.died:
            return []
        if ended.result:
            found = problems_of(look(self.host), self.wanted, strict=False)
            return [f"it says that it succeeded, but {one}" for one in found]
        data = getattr(ended.error, "data", {})
        if data.get("rolled_back", True):
            found = self.before.differences(self._but_told(look(self.host), data, case))
            return [f"it says that all is as before, but {one}: {ended.error}" for one in found]
        if self.scenario.passes:
            return [f"a single fault, and the undo did not succeed: {ended.error}"]
        now = self._but_told(look(self.host), data, case)
        if (
            case.at_job
        ):  # of an undo's own start or stop: its service is what it could not bring back
            now = now._replace(up=self.before.up, running=self.before.running)
        found = self.before.differences(now)
        return [f"the rest was not undone: {one}: {ended.error}" for one in found]

    def _but_told(self, now: Look, data: t.Mapping[str, t.Any], case: Case) -> Look:
        """The host without what an undo could not remove: a network, which it warns of; a secret,
        which goes with the next run that makes any.
        """
        told = "\n".join(data.get("warnings", []))
        networks = {n for n in now.networks if n in self.before.networks or n not in told}
        now = now._replace(networks=frozenset(networks))
        if case.name.startswith(_FORGETTING):
            now = now._replace(secrets=now.secrets & self.before.secrets)
        return now

    def _converge(self, *, no_folders: bool) -> list[str]:
        ended = self.host.run(self.scenario.then)
        if not ended.result:
            return [f"the next run failed: {ended.error!r}"]
        self.host.rest()
        now, wanted = look(self.host), self.wanted
        if no_folders:
            now, wanted = without_folders(now), without_folders(wanted)
        found = problems_of(now, wanted)
        found = [one for one in found if NOBODYS not in one] or self._spare_secrets(found)
        spare = {*now.images} - {*wanted.images}
        found += [f"the image {one} is left" for one in sorted(spare)]
        found += ["images are still noted"] if now.noted else []
        again = self.host.run(self.scenario.then)
        if not again.result:
            found.append(f"the run after that failed: {again.error!r}")
        elif again.result["changed"]:
            found.append(f"the run after that changes: {json.dumps(again.result['plan'])}")
        return [f"after the next run {one}" for one in found]

    def _spare_secrets(self, found: list[str]) -> list[str]:
        """Of a run that died or could not undo, a secret stays until a run makes another."""
        if not found:
            return []
        saved = self.host.save()
        ended = self.host.run({**TWO, "secrets": {"token": "another"}})
        left = look(self.host)
        self.host.load(saved)
        return [] if ended.result and not any(NOBODYS in p for p in kept(left)) else found

    def _lead_back(self, params: Params) -> list[str]:
        """A failing release behind a run that died leads back to what was before that run, or to
        its own release where that counted already.
        """
        now = look(self.host).manifest
        counts = bool(now.get("loaded")) and now["files"] == self.wanted.manifest["files"]
        before = self.wanted if counts else self.before
        ended = self.host.run(params)
        if ended.result or not getattr(ended.error, "data", {}).get("rolled_back"):
            return [f"a failing run behind it does not undo: {ended.error!r}"]
        found = before.differences(look(self.host))
        return [f"undone by a failing run behind it, {one}" for one in found]
