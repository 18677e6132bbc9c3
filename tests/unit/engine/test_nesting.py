"""A path that is a file in one release is a directory in another: deployed, undone, returned to."""

from __future__ import annotations

import typing as t

import pytest

from tests.unit.engine.support import releases
from tests.unit.engine.support.effects import DIES, Fault
from tests.unit.engine.support.host import Host
from tests.unit.engine.support.look import look
from tests.unit.support.share import pick

FILE, FOLDER = {"conf/site": "a file"}, {"conf/site/x": "in it", "conf/site/y/z": "deeper"}
BACK = {"name": releases.APP, "state": "rolled_back"}


def _release(files: dict[str, str], *web: str) -> releases.Params:
    return {**releases.release(1, *web), "files": files}


@pytest.mark.parametrize("pair", [(FILE, FOLDER), (FOLDER, FILE)], ids=["folder", "file"])
@pytest.mark.parametrize("kind", ["system", "user"])
def test_there_and_back(
    kind: str, pair: tuple[dict[str, str], dict[str, str]], make_host: t.Callable[[str], Host]
) -> None:
    host, (first, second) = make_host(kind), pair
    top = host.top / "etc/containers/systemd" / releases.APP / "conf"

    def there() -> dict[str, str]:
        found = (path for path in top.rglob("*") if path.is_file())
        return {f"conf/{path.relative_to(top)}": path.read_text() for path in found}

    assert host.run(_release(first)).result
    host.rest()
    before = look(host)
    ended = host.run(_release(second, "Exec=" + releases.CRASH))
    assert ended.error
    assert getattr(ended.error, "data", {})["rolled_back"] is True, ended.error
    assert there() == first
    assert before.differences(look(host)) == []
    host.rest()
    for params, files in (
        (_release(second), second),
        (BACK, first),
        (_release(second), second),
        (_release(first), first),
    ):
        ended = host.run(params)
        assert ended.result, ended.error
        assert ended.result["changed"]
        assert there() == files
        host.rest()
    assert not host.run(_release(first)).result["changed"]  # type: ignore[index]


@pytest.mark.parametrize("pair", [(FILE, FOLDER), (FOLDER, FILE)], ids=["folder", "file"])
def test_a_run_that_dies_is_carried_forward(
    pair: tuple[dict[str, str], dict[str, str]], make_host: t.Callable[[str], Host]
) -> None:
    host, (first, second) = make_host("system"), pair
    assert host.run(_release(first)).result
    host.rest()
    saved = host.save()
    host.run(_release(second))
    names = [one.name for one in host.effects.done]
    start, end = names.index("call commit"), len(names)
    for number in range(start, end, pick(long=1, usual=1, fast=4)):
        host.load(saved)
        assert host.run(_release(second), Fault(number, DIES)).died
        died = host.save()
        for params in (_release(second), _release(first)):
            host.load(died)
            ended = host.run(params)
            assert ended.result, (names[number], ended.error)
