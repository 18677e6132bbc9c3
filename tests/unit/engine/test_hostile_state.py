"""Module info, metrics and page with a user's state files in which each value is an attack."""

from __future__ import annotations

import importlib
import json
import pathlib
import time
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.status.metrics import make_metrics
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.document import make_document
from tests.unit.engine.support import releases
from tests.unit.engine.support.host import UTILS, Host
from tests.unit.engine.support.modules import Chatter, run_module
from tests.unit.support.share import pick

MakeHost = t.Callable[[str], Host]
PULL = {
    "format": 1, "url": "/srv/x", "result": "failed", "ended_at": "2026-01-31T12:00:00Z",
    "version": "main", "commit": "c", "wanted": "c", "message": "m", "changed": True,
}  # fmt: skip
HOSTILE: tuple[t.Any, ...] = (
    None, True, -1, 0, 2**62, 10**30, 1e17, 4e18, -1e17, 1e400, float("nan"), "", "x", "a\0b",
    "\udcff", "2026-13-01T00:00:00Z", "0000-00-00T00:00:00Z", "2026-02-30T99:99:99Z", "../../x",
    [], ["x"], [[]], {}, {"x": "y"},
)  # fmt: skip
Path = tuple[t.Union[str, int], ...]


def _leaves(value: t.Any, path: Path = ()) -> t.Iterator[Path]:
    """The place of each part, and of what holds it."""
    yield path
    inner: t.Iterable[tuple[t.Any, t.Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value[:2])
    for key, part in inner:
        yield from _leaves(part, (*path, key))


def _with(value: t.Any, path: Path, new: t.Any) -> t.Any:
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = _with(value[path[0]], path[1:], new)
    return copied


def test_no_value_hides_what_others_have(
    make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error is that of the app, or of the scope; pages and metrics are made all the same."""
    host = make_host("user")
    for number in (1, 2):
        assert host.run(releases.release(number)).result
        host.rest()
    Chatter(host, monkeypatch)
    inventory = importlib.import_module(f"{UTILS}._module.inventory")
    monkeypatch.setattr(inventory, "read_scopes", lambda _user, _errors: [host.scope])
    broken = {"user": "alice", "state": "started", **releases.crashing()}
    assert run_module(host, "app", broken).get("failures")
    state_dir = pathlib.Path(host.scope.state_dir)
    (state_dir / "pull.json").write_text(json.dumps(PULL))
    files = [path for path in state_dir.rglob("*.json") if path.is_file()]
    kinds = {path.relative_to(state_dir).parts[0] for path in files}
    assert kinds >= {"apps", "failures", "generations", "pull.json"}
    cases = [
        (path, place, value)
        for path in sorted(files)
        for place in _leaves(json.loads(path.read_text()))
        for value in HOSTILE
    ][:: pick(long=1, usual=7, fast=97)]
    assert len(cases) > 50
    told = 0
    for path, place, value in cases:
        text = path.read_text()
        path.write_text(json.dumps(_with(json.loads(text), place, value)))
        try:
            where = f"{path.name} {place} = {value!r}: "
            ended = host.do(lambda: inventory.read_inventory(None, None, None, 20), None)
            info = ended.result
            assert info, where + str(ended)
            bugs = [row for row in info["errors"] if "[unexpected]" in row["msg"]]
            assert all("UnknownCommandError" in row["msg"] for row in bugs), where + str(bugs)
            assert make_metrics(info, time.time()).endswith("# EOF\n")
            make_document({"h": info}, "2026-01-31T12:00:00Z")
            told += bool(info["errors"] or info["warnings"])
        finally:
            path.write_text(text)
    assert told


@pytest.mark.parametrize("error", [ValueError, OSError, KeyError, OverflowError, TypeError])
@pytest.mark.parametrize(
    ("step", "row"), [("look", "shop"), ("_app", "shop"), ("_read_storage", None)]
)
def test_whatever_goes_wrong_is_told_of_the_one_that_it_is_about(
    step: str,
    row: str | None,
    error: type[Exception],
    make_host: MakeHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = make_host("user")
    assert host.run(releases.release(1)).result
    host.rest()

    def fail(*_given: object) -> t.NoReturn:
        raise error("why")

    inventory = importlib.import_module(f"{UTILS}._module.inventory")
    monkeypatch.setattr(inventory, step, fail)
    errors: list[dict[str, t.Any]] = []
    ended = host.do(lambda: {"apps": inventory.read_apps(host.scope, None, errors)}, None)
    assert ended.result == {"apps": []}, ended
    assert [one["app"] for one in errors] == [row]
    assert "why" in errors[0]["msg"]
