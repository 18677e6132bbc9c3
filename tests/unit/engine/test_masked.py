"""No module tells a secret: every kind of run, channel and spelling, and every failing step."""

from __future__ import annotations

import ast
import importlib
import itertools
import json
import pathlib
import typing as t

import pytest

from tests.unit.engine.support import answers, releases
from tests.unit.engine.support.effects import FAILS, Fault
from tests.unit.engine.support.host import SAYS, UTILS, Host, Saved, temporary_host
from tests.unit.engine.support.modules import Chatter, run_module
from tests.unit.engine.support.recorded import SCOPES
from tests.unit.support.generators import ROOT
from tests.unit.support.leaks import find_leaks, spell
from tests.unit.support.share import FAST, pick
from tests.unit.support.trees import read_nodes

OLDER = "0lder-pässword/of the first release?"
OWN = "st1tch-\"quoted\" 'twice' $HOME %i \\n"
FOREIGN = (
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nb3BlbnNzaC1rZXktdjE=\n-----END-----\n"
)
PRIVATE = "v4ulted-in-a-file, that only its owner reads"
STORED = [OLDER, OWN, FOREIGN]
VALUES = [*STORED, PRIVATE]
GATE = {"stable": 0.2, "timeout": 60, "probes": [{**releases._PROBE, "command": ["true"]}]}
UNIT = {"name": "shop-web.container", "app": "shop", "state": "started", "sections": None}


def _release(number: int, value: str, **more: t.Any) -> dict[str, t.Any]:
    release = releases.release(number)
    files = {**release["files"], "x.env": {"content": f"A=b\nPW={PRIVATE}\n", "mode": "0600"}}
    return {**release, "files": files, "secrets": {"token": value}, **more}


def _installed(**more: t.Any) -> dict[str, t.Any]:
    return {"name": "shop", "secrets": None, "gate": GATE, **more}


def _changed() -> dict[str, str]:
    return {"shop-web.container": releases.units(2, "Label=a=b")["shop-web.container"]}


RUNS: dict[str, tuple[str, dict[str, t.Any]]] = {
    "restarted": ("app", _installed(state="restarted")),
    "restarted, kept": ("app", _installed(state="restarted", on_failure="keep")),
    "stopped": ("app", _installed(state="stopped")),
    "absent": ("app", _installed(state="absent")),
    "present": ("app", _installed(state="present", units=_changed(), prune=False)),
    "rolled back": ("app", _installed(state="rolled_back")),
    "units, nothing pruned": ("app", _installed(units=_changed(), prune=False)),
    "units, kept": ("app", _installed(units=_changed(), prune=False, on_failure="keep")),
    "a new release": ("app", _release(1, "new-v4lue-given-in-this-call")),
    "unit": ("unit", {**UNIT, "content": _changed()["shop-web.container"], "gate": GATE}),
    "apps": ("apps", {"apps": [_installed(state="restarted")], "parallel": 4}),
    "apps side by side": (
        "apps",
        {"apps": [_installed(state="restarted"), {"name": "other", "state": "present"}]},
    ),
    "gate": ("gate", {"apps": [{"name": "shop", "user": None, "location": "home"}], "accept": ""}),
    "info": ("info", {"apps": None, "journal": 20}),
    "validate": (
        "validate",
        {"name": "shop", "units": _changed(), "files": None, "lint_ignore": [], "compat": "refuse"},
    ),
    "reload": ("reload", {}),
}
CHANNELS = ("journal", "health", "probe")
TALKS = {"restarted", "rolled back", "units, nothing pruned", "a new release", "unit", "gate"}
TALKS |= {"restarted, kept", "units, kept", "apps", "apps side by side"}
"""Runs that start services, or ask how they are."""


def _in_turn(*names: str) -> pytest.MarkDecorator:
    """Every second case rootless."""
    pairs = [(SCOPES[number % 2], name) for number, name in enumerate(names)]
    return pytest.mark.parametrize(("prepared", "name"), pairs, indirect=["prepared"])


@pytest.fixture(scope="module", params=SCOPES)
def prepared(
    request: pytest.FixtureRequest, generator_binary: pathlib.Path
) -> t.Iterator[tuple[Host, Saved]]:
    """Two releases of an app with a secret, and a secret that is not the app's."""
    with temporary_host(request.param, generator_binary) as one:
        for number, value in ((1, OLDER), (2, OWN)):
            ended = one.run(_release(number, value))
            assert ended.result, ended.error
        one.rest()
        one.podman.secrets["foreign"] = ("f" * 25, FOREIGN.encode())
        yield one, one.save()


@pytest.fixture
def host(prepared: tuple[Host, Saved]) -> Host:
    """That host, as it was prepared."""
    one, saved = prepared
    one.load(saved)
    one.fault_says = SAYS
    return one


@pytest.fixture
def chatter(host: Host, monkeypatch: pytest.MonkeyPatch) -> Chatter:
    """What the host's services say."""
    return Chatter(host, monkeypatch)


def _params(name: str, host: Host) -> tuple[str, dict[str, t.Any]]:
    module, params = RUNS[name]
    user = None if host.kind == "system" else "alice"
    return module, {
        "user": user,
        "state": "started",
        "parallel": 4,
        **json.loads(json.dumps(params)),
    }


def _run(host: Host, name: str, fault: Fault | None = None, **more: t.Any) -> dict[str, t.Any]:
    module, params = _params(name, host)
    if module == "apps":
        scope = {"user": params.pop("user"), "location": "home"}
        params["parallel"] = 4 if "side" in name else 1
        params["apps"] = [{**scope, **item} for item in params["apps"]]
    return run_module(host, module, params, fault, **more)


def _text(shown: t.Mapping[str, t.Any]) -> str:
    return json.dumps(shown, ensure_ascii=False) + json.dumps(shown)


def _all_spellings() -> list[str]:
    """Parts of a journal: no more than its last lines are shown."""
    return ["\n".join(group) for group in zip(*[iter([s for v in VALUES for s in spell(v)])] * 13)]


TOLD = [
    pytest.param(kind, name, channel, id=f"{kind}-{name}-{channel}")
    for kind, (number, (name, channel)) in itertools.product(
        SCOPES, enumerate(itertools.product(RUNS, CHANNELS))
    )
    if not FAST or (kind == SCOPES[number % 2] and number % 5 == 0)
]
"""Each run with each channel in both kinds of scope; with ./test --fast every tenth."""


@pytest.mark.parametrize(("prepared", "name", "channel"), TOLD, indirect=["prepared"])
def test_no_run_tells_what_services_say(
    name: str, channel: str, host: Host, chatter: Chatter
) -> None:
    chatter.says[channel] = ["the lead", *_all_spellings(), OWN]
    if name == "gate" and channel == "journal":
        host.engine._fail(host.engine.unit("shop-web.service"), "exit-code")
    shown = _run(host, name)
    text = _text(shown)
    assert find_leaks(text, VALUES) == []
    if name in TALKS:
        assert shown["failed"], shown
        assert "********" in text
    for path in host.top.rglob("*"):  # files that the run leaves
        if path.is_file() and "podman" not in path.parts:
            assert find_leaks(path.read_bytes().decode("utf-8", "replace"), STORED) == [], path


@_in_turn(*RUNS)
def test_no_run_tells_what_a_failing_step_says(name: str, host: Host, chatter: Chatter) -> None:
    """Commands of the run fail in turn, with the value in the message: each one with --long."""
    chatter.says["journal"] = ["crash"] if name not in ("info", "gate") else []
    saved = host.save()
    host.fault_says = " ".join(spell(FOREIGN))  # which no run removes
    _run(host, name)
    names = [effect.name for effect in host.effects.done]
    first = {effect: number for number, effect in reversed(list(enumerate(names)))}
    assert first
    for number in sorted(first.values())[:: pick(long=1, usual=4, fast=64)]:
        host.load(saved)
        if FAILS in _kinds(host, number):
            assert find_leaks(_text(_run(host, name, Fault(number, FAILS))), VALUES) == [], names[
                number
            ]


def _kinds(host: Host, number: int) -> tuple[str, ...]:
    done = host.effects.done
    return done[number].kinds if number < len(done) else (FAILS,)


@_in_turn(*sorted(TALKS)[:: pick(long=1, usual=1, fast=3)])
@pytest.mark.parametrize("verb", ["ls", "inspect"])
def test_what_can_not_be_masked_is_withheld(
    verb: str, name: str, host: Host, chatter: Chatter, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = importlib.import_module(f"{UTILS}._host.heard")
    before = answers.answer

    def refuse(on: Host, argv: t.Sequence[str], given: t.Any, limit: float) -> answers.Answer:
        said = any(one.words for one in heard.read_heard())  # the run itself lists them before
        if list(argv[:3]) == ["podman", "secret", verb] and said:
            return 125, "", "Error: the driver shows nothing\n"
        return before(on, argv, given, limit)

    monkeypatch.setattr(answers, "answer", refuse)
    chatter.says = {channel: [f"said {OWN} {channel}"] for channel in CHANNELS}
    shown = _run(host, name)
    text = _text(shown)
    assert find_leaks(text, VALUES) == []
    assert "said" not in shown["msg"].replace("said is left out", "").replace("last said:", "")
    assert "(withheld)" in shown["msg"]
    reason = {"ls": "the driver shows nothing", "inspect": "ended with status 125"}[verb]
    assert reason in shown["msg"]
    assert "journalctl" in shown["msg"]


def test_a_bug_tells_nothing(host: Host, chatter: Chatter, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_any: t.Any) -> t.NoReturn:
        raise RuntimeError(OWN)

    monkeypatch.setattr("json.loads", bug)
    module, params = "app", {"user": None, **_installed(state="restarted")}
    chatter.says["journal"] = ["x"]
    shown = run_module(host, module, params)
    assert shown["failed"]
    assert "RuntimeError" in shown["exception"] or "left out" in shown["msg"]
    assert find_leaks(_text(shown), VALUES) == []


@pytest.mark.parametrize("diff", [False, True])
def test_good_runs_ask_for_no_value(host: Host, diff: bool, chatter: Chatter) -> None:
    del chatter
    user = None if host.kind == "system" else "alice"
    for release in (_release(2, OWN), _installed(), _installed(state="restarted")):
        host.commands = []
        shown = run_module(
            host, "app", {"user": user, "secrets": None, "state": "started", **release}, diff=diff
        )
        assert not shown["failed"], shown
        assert [row.argv for row in host.commands if "--showsecret" in row.argv] == []


def test_a_diff_is_masked(host: Host, chatter: Chatter) -> None:
    del chatter
    units = {**_changed(), "x.container": f"[Container]\nImage=a\nEnvironment=PW={OWN}\n"}
    params = {"user": None, "state": "started", **_installed(units=units, prune=False)}
    assert find_leaks(_text(run_module(host, "app", params, check=True)), VALUES) == []


_EXITS = {
    "exit_json",
    "fail_json",
    "warn",
    "deprecate",
    "log",
    "_return_formatted",
    "exit",
    "print",
}
_EXEMPT = {
    "engine_module.py": "before there is an engine: it knows nothing yet but its digest",
    "lint.py": "its action does its work, on the controller",
    "convert.py": "its action does its work, on the controller",
    "status.py": "the same",
}


def _calls(path: t.Any) -> t.Iterator[str]:
    for node in read_nodes(path):
        if isinstance(node, ast.Call):
            function = node.func
            yield getattr(function, "attr", getattr(function, "id", ""))


def test_there_is_one_exit() -> None:
    places: dict[str, list[str]] = {}
    for path in itertools.chain(
        ROOT.glob("plugins/modules/*.py"), ROOT.glob("plugins/module_utils/**/*.py")
    ):
        exits = sorted(set(_calls(path)) & _EXITS)
        if exits and path.name not in _EXEMPT:
            places[path.name] = exits
    assert places == {"base.py": ["exit_json", "fail_json", "warn"]}
    tree = ast.parse((ROOT / "plugins/module_utils/_module/base.py").read_text())
    functions = {
        node.name: {getattr(c.func, "attr", getattr(c.func, "id", "")) for c in ast.walk(node)
                    if isinstance(c, ast.Call)}
        for node in tree.body if isinstance(node, ast.FunctionDef)
    }  # fmt: skip
    assert [name for name, calls in functions.items() if calls & _EXITS] == ["_leave"]
    assert "masked" in functions["_leave"]


def test_every_module_that_acts_in_a_scope_is_tried() -> None:
    tried = {module for module, _params in RUNS.values()}
    there = {path.stem for path in ROOT.glob("plugins/module_utils/_module/*.py")
             if (ROOT / "plugins/modules" / path.name).is_file()}  # fmt: skip
    elsewhere = {"secret", "users", "linger", "preflight", "discover"}
    assert there - tried == elsewhere
