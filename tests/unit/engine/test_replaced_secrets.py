"""Words of a container that was started with a value which the store has no more are withheld."""

from __future__ import annotations

import itertools
import types
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._engine.masked import masked
from ansible_collections.quadlet.fleet.plugins.module_utils._host import heard, secrets
from ansible_collections.quadlet.fleet.plugins.module_utils._host.owner import Ran
from ansible_collections.quadlet.fleet.plugins.module_utils._host.secrets import (
    Store,
    read_store,
    uses_unknown,
)

REPLACED = 100.0
BEGUN = {"before": 50.0, "since": 150.0, "nobody knows": 0.0}
OWNER = types.SimpleNamespace(uid=1000, name="alice")


@pytest.mark.parametrize("way", ["in this process", "handed over"])
@pytest.mark.parametrize("lives", [True, False])
@pytest.mark.parametrize("replaced", [True, False])
@pytest.mark.parametrize("begun", BEGUN)
def test_who_may_hold_an_older_value(
    begun: str, replaced: bool, lives: bool, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """lives: a container with a secret that is gone."""
    store = Store([b"n3w-value"], frozenset({"id"}), REPLACED if replaced else 0.0)
    monkeypatch.setattr(secrets, "read_store", lambda _owner: store)
    monkeypatch.setattr(secrets, "uses_unknown", lambda _owner, _ids: lives)
    heard.note_scope(OWNER)
    heard.note_words(OWNER, "it is n3w-value", "it was 0ld-value", begun=BEGUN[begun])
    if way == "handed over":
        notes = heard.dump_notes()
        heard.forget_words()
        heard.add_notes(notes)
    shown = masked({"msg": "failed:\nit is n3w-value\nit was 0ld-value"}, [], failed=True)
    withheld = replaced and (begun == "before" or (begun == "nobody knows" and lives))
    assert "n3w-value" not in shown["msg"]
    assert ("0ld-value" not in shown["msg"]) is withheld
    assert ("was replaced behind a container" in shown["msg"]) is withheld


class _Podman:
    """Answers commands of an owner, in turn."""

    uid = 0
    name = "root"

    def __init__(self, *answers: Ran) -> None:
        self._answers = iter(answers)

    def run(self, _argv: list[str], **_more: t.Any) -> Ran:
        """The next answer."""
        return next(self._answers)


SECOND = 1_000_000_000
IDS = "aaa 6f6e65\nbbb 74776f\n"


@pytest.mark.parametrize(
    ("times", "replaced_at"),
    [
        ([(1, 1), (2, 2)], 0.0),
        ([(1, 1), (2, 9)], 9.0),
        ([(1, 12), (2, 9)], 12.0),
    ],
)
def test_a_store_tells_what_was_replaced(times: list[tuple[int, int]], replaced_at: float) -> None:
    rows = "".join(f"6162 {a * SECOND} {b * SECOND + 5}\n" for a, b in times)
    store = read_store(t.cast("t.Any", _Podman(Ran(0, IDS, ""), Ran(0, rows, ""))))
    assert store.values == [b"ab", b"ab"]
    assert store.ids == {"aaa", "bbb"}
    assert store.replaced_at == pytest.approx(replaced_at)


@pytest.mark.parametrize("rows", ["", "6162 1 1\n", "6162 1\n6162 1\n", "x 1 1\nx 1 1\n"])
def test_a_store_that_is_not_understood(rows: str) -> None:
    with pytest.raises(QuadletError, match="of 2 values"):
        read_store(t.cast("t.Any", _Podman(Ran(0, IDS, ""), Ran(0, rows, ""))))


def test_an_empty_value_is_one() -> None:
    rows = f" {SECOND} {SECOND}\n6162 {SECOND} {SECOND}\n"
    store = read_store(t.cast("t.Any", _Podman(Ran(0, IDS, ""), Ran(0, rows, ""))))
    assert store.values == [b"", b"ab"]


LISTS = [Ran(0, "", ""), Ran(0, "c1\nc2\n", ""), Ran(125, "", "no")]
USES = [Ran(0, "aaa \nbbb aaa \n\n", ""), Ran(0, "aaa \nold \n", ""), Ran(125, "", "gone")]


@pytest.mark.parametrize(("listed", "used"), [*itertools.product(range(3), range(3))])
def test_containers_with_a_secret_that_is_gone(listed: int, used: int) -> None:
    podman = t.cast("t.Any", _Podman(LISTS[listed], USES[used]))
    unknown = listed == 2 or (listed == 1 and used > 0)
    assert uses_unknown(podman, {"aaa", "bbb"}) is unknown
