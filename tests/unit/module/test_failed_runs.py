"""Which failed runs are kept, where, and as what info returns them."""

from __future__ import annotations

import pathlib
import types
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._host import failure_log as log
from ansible_collections.quadlet.fleet.plugins.module_utils._host import heard
from ansible_collections.quadlet.fleet.plugins.module_utils._module import base, failed_runs
from tests.unit.support.fleets import failure

FAILED = {"failed": True, "msg": "no\nmore", "rolled_back": True, "failures": failure()["failures"]}


@pytest.fixture
def scope(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Any:
    """One whose files are in a directory of this test."""
    owner = types.SimpleNamespace(uid=1000, name="svc", call=lambda work, *args: work(*args))
    found = types.SimpleNamespace(
        user="svc",
        label="svc",
        location="home",
        state_dir=str(tmp_path),
        files=owner,
        manager=owner,
    )

    def resolve(user: str | None, _location: str) -> t.Any:
        if user == "nobody":
            raise QuadletError("there is no such user")
        return found

    monkeypatch.setattr(failed_runs, "resolve_scope", resolve)
    return found


def test_runs_that_failed_are_kept(scope: t.Any) -> None:
    items = [
        {"name": n, "user": u} for n, u in zip("abcde", ["svc", "svc", "nobody", "svc", "svc"])
    ]
    items[4]["name"] = "../e"
    rows = [FAILED, {"changed": True}, FAILED, {"failed": True, "msg": "refused"}, FAILED]
    failed_runs.log_runs(items, rows)
    told = failed_runs.read_runs([scope], None, [])
    assert [(row["app"], row["user"], row["open"], row["message"]) for row in told] == [
        ("a", "svc", True, "no")
    ]
    assert told[0]["failures"] == FAILED["failures"]
    assert "config.yml: no such file" in heard.read_heard()[0].texts[0]
    for _run in range(7):
        failed_runs.log_runs(items[:1], rows[:1])
    log.settle(scope.state_dir, "a")
    assert [row["open"] for row in failed_runs.read_runs([scope], ["a"], [])] == [False] * 5
    assert failed_runs.read_runs([scope], ["b"], []) == []


def test_a_scope_that_cannot_be_read_is_told(scope: t.Any) -> None:
    def fail(*_args: t.Any) -> t.NoReturn:
        raise QuadletError("it does not answer")

    scope.files.call = fail
    warnings: list[str] = []
    assert failed_runs.read_runs([scope], None, warnings) == []
    assert warnings == ["svc: what failed runs told could not be read: it does not answer"]


class _Module:
    """As much of Ansible's module as its end needs."""

    def __init__(self, *, check: bool) -> None:
        self.params: dict[str, t.Any] = {}
        self.check_mode, self._diff, self.no_log_values = check, False, {"hunter2-secret"}
        self.ended: dict[str, t.Any] = {}

    def fail_json(self, **_result: t.Any) -> t.NoReturn:
        raise SystemExit(1)

    exit_json = fail_json


@pytest.mark.parametrize(
    ("check", "fails", "kept"), [(False, True, True), (True, True, False), (False, False, False)]
)
def test_what_is_kept_is_what_leaves_the_host(check: bool, fails: bool, kept: bool) -> None:
    logged: list[t.Any] = []

    def work() -> dict[str, t.Any]:
        if fails:
            raise QuadletError("it said hunter2-secret", data={"failures": []})
        return {"changed": False}

    def note(result: dict[str, t.Any]) -> None:
        logged.append(result["msg"])
        raise RuntimeError("the disk is full")

    with pytest.raises(SystemExit):
        base.run_module(t.cast(t.Any, _Module(check=check)), work, None, note)
    assert logged == (["it said ********"] if kept else [])
