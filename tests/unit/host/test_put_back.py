"""Whatever a start is made from, however it is changed and put back: no start counts as one with
what is installed, unless what systemd or Podman keep of it can tell.

The product of things, ways and moments, on a real file system.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import pathlib
import shutil
import time
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.own_starts import (
    LOADED,
    OTHER,
    OURS,
    UNCLEAR,
    Edits,
    Loads,
    Moved,
    Times,
    Traits,
    judge_starts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    drop_in_dirs,
    is_unit,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.systemd_state import Details
from ansible_collections.quadlet.fleet.plugins.module_utils._host import changes, unit_search

UNITS, NATIVE, CONTROL = ".config/containers/systemd", ".config/systemd/user", "run/user.control"
APP = f"{UNITS}/app"
OWN = {
    "web.service": ("web.container", "web.container.d/1.conf", "a.env", "conf/sub/b.conf"),
    "pod.service": ("pod.kube", "pod.kube.d/1.conf", "pod.yaml", "map.yaml"),
    "job.service": ("job.service",),
}
TRAITS = {
    "web.service": Traits(tells=True),
    "pod.service": Traits(),
    "job.service": Traits(generated=False),
}
FOREIGN = {
    "web.service": f"{UNITS}/web.container.d/f.conf",
    "pod.service": f"{UNITS}/pod.kube.d/f.conf",
}
SYSTEMD = [f"{place}/{n}.service.d/s.conf" for place in (NATIVE, CONTROL) for n in ("web", "pod")]


def _real(home: pathlib.Path, path: str) -> pathlib.Path:
    return home / (f"{NATIVE}/{path}" if path == "job.service" else f"{APP}/{path}")


def _build(home: pathlib.Path) -> None:
    own = [_real(home, path) for paths in OWN.values() for path in paths]
    for path in map(str, (*own, *(home / p for p in (*FOREIGN.values(), *SYSTEMD)))):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write("as installed\n")
    (home / UNITS / "other").mkdir()
    (home / "target").mkdir()
    (home / "target/t.conf").write_text("as installed\n")
    (home / UNITS / "web.container.d/link.conf").symlink_to("../../../../target/t.conf")
    (home / ".config").rename(home / "config.real")
    (home / ".config").symlink_to("config.real")


# Ways: each edits, and returns what puts it back.

Back = t.Callable[[], None]
Way = t.Callable[[pathlib.Path], Back]


def _mv(path: pathlib.Path) -> Back:
    kept = path.with_name(f"{path.name}.kept")
    path.rename(kept)
    path.write_text("edited\n")
    return lambda: _move(kept, path)


def _move(source: pathlib.Path, path: pathlib.Path) -> None:
    source.replace(path)


def _cp(path: pathlib.Path) -> Back:
    before, text = path.stat(), path.read_text()
    path.write_text("edited\n")

    def back() -> None:
        path.write_text(text)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return back


def _rsync(path: pathlib.Path) -> Back:
    """A new file in the place of the old one (tar and install do the same)."""
    before, text, part = path.stat(), path.read_text(), path.with_name(f".{path.name}.part")
    path.write_text("edited\n")

    def back() -> None:
        part.write_text(text)
        os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
        part.replace(path)

    return back


def _hard_link(path: pathlib.Path) -> Back:
    kept = path.with_name(f"{path.name}.kept")
    os.link(path, kept)
    path.unlink()
    path.write_text("edited\n")

    def back() -> None:
        path.unlink()
        os.link(kept, path)
        kept.unlink()

    return back


def _remove(path: pathlib.Path) -> Back:
    """It goes, and a copy comes back."""
    kept = path.parent.parent / f"{path.name}.kept"
    shutil.copy2(path, kept)
    path.unlink()
    return lambda: _move(kept, path)


def _rename(path: pathlib.Path) -> Back:
    """A directory is moved away and back; another one was in its place."""
    away = path.with_name(f"{path.name}.away")
    path.rename(away)
    shutil.copytree(away, path, symlinks=True)
    for file in path.rglob("*.*"):
        if file.is_file() and not file.is_symlink():
            file.write_text("edited\n")

    def back() -> None:
        shutil.rmtree(path)
        away.rename(path)

    return back


def _exchange(path: pathlib.Path) -> Back:
    """A link leads elsewhere for a while, and is made anew."""
    target = os.readlink(path)
    path.unlink()
    path.symlink_to("elsewhere")

    def back() -> None:
        path.unlink()
        path.symlink_to(target)

    return back


def _swap(path: pathlib.Path) -> Back:
    """A link is moved away and back."""
    kept = path.with_name(f"{path.name}.kept")
    path.rename(kept)
    path.symlink_to("elsewhere")
    return lambda: _move(kept, path)


def _come(path: pathlib.Path) -> Back:
    """A drop-in comes, with its directory where there is none, and goes."""
    made = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("edited\n")

    def back() -> None:
        path.unlink()
        if made:
            path.parent.rmdir()

    return back


@dataclasses.dataclass(frozen=True)
class Case:
    """A thing and a way.  services: whose start it may be in; read: the container reads it."""

    path: str
    way: Way
    services: tuple[str, ...]
    read: bool = False


FILE_WAYS: tuple[Way, ...] = (_mv, _cp, _rsync, _hard_link, _remove)
ALL, QUADLETS = tuple(OWN), ("web.service", "pod.service")


def _cases() -> t.Iterator[Case]:
    for service, paths in OWN.items():
        for path, way in itertools.product(paths, FILE_WAYS):
            real = str(_real(pathlib.Path(), path))
            yield Case(real, way, (service,), not is_unit(path))
        if service in FOREIGN:
            for way in FILE_WAYS:
                yield Case(FOREIGN[service], way, (service,))
    for path, way in itertools.product(SYSTEMD, FILE_WAYS):
        yield Case(path, way, (path.split("/")[-2][: -len(".d")],))
    folders = {
        **dict.fromkeys((UNITS, ".config/containers", "config.real"), QUADLETS),
        APP: QUADLETS,
        f"{APP}/web.container.d": ("web.service",),
        f"{APP}/pod.kube.d": ("pod.service",),
        f"{UNITS}/web.container.d": ("web.service",),
        f"{NATIVE}/web.service.d": ("web.service",),
        NATIVE: ALL,
        CONTROL: QUADLETS,
    }
    yield from (Case(path, _rename, services) for path, services in folders.items())
    yield Case(f"{APP}/conf", _rename, ("web.service",), read=True)
    yield from (Case(".config", way, QUADLETS) for way in (_exchange, _swap))
    link = f"{UNITS}/web.container.d/link.conf"
    yield from (Case(link, way, ("web.service",)) for way in (_exchange, _swap))
    yield from (Case("target/t.conf", way, ("web.service",)) for way in FILE_WAYS)
    yield Case("target", _rename, ("web.service",))
    places = ("web.container.d", "container.d", "app/web.container.d", "app/new/web.container.d")
    for place in (*places, "other/web.container.d"):
        yield Case(f"{UNITS}/{place}/x.conf", _come, ("web.service",))
    for place in ("pod.kube.d", "kube.d", "app/pod.kube.d"):
        yield Case(f"{UNITS}/{place}/x.conf", _come, ("pod.service",))
    for top, name in itertools.product((NATIVE, CONTROL), ("web", "pod")):
        yield Case(f"{top}/{name}.service.d/x.conf", _come, (f"{name}.service",))
        yield Case(f"{top}/service.d/x.conf", _come, ALL)
    yield Case(f"{NATIVE}/job.service.d/x.conf", _come, ("job.service",))


def _look(home: pathlib.Path) -> tuple[dict[str, Edits], Moved]:
    """As the engine reads it (_engine/observe.py)."""
    quadlets = [path for paths in OWN.values() for path in paths if path != "job.service"]
    units = [path for path in quadlets if is_unit(path) and "/" not in path]
    around = unit_search.Around(
        f"{home}/{APP}",
        tuple(quadlets),
        tuple(d for unit in units for d in drop_in_dirs(unit)),
        (f"{home}/{NATIVE}", f"{home}/{CONTROL}"),
        tuple(d for service in OWN for d in drop_in_dirs(service)),
    )
    found = unit_search.scan_scope([f"{home}/{UNITS}"], around)
    edits = {}
    for service, paths in OWN.items():
        times = {path: changes.changed_at(str(_real(home, path))) for path in paths}
        kind = "container" if service == "web.service" else "kube"
        theirs = [at for p, at in found["touched"].items() if f".{kind}.d/" in p]
        unit = max([at for path, at in times.items() if is_unit(path)], default=0.0)
        unit = max([unit, *(theirs if service != "job.service" else [])])
        files = max([at for path, at in times.items() if not is_unit(path)], default=0.0)
        edits[service] = Edits(unit, files, service != "job.service")
    return edits, Moved(**found["moved"])


class Moments(t.NamedTuple):
    """When a run recorded, and in what order a person did it all."""

    recorded: float
    begun: float
    loads: Loads


FULL, EARLIER = "behind the start, and loaded", "in time, and others load"
ORDERS = {
    FULL: "edit load start back load",
    "behind the start": "edit load start back",
    "before the start": "edit load back start",
    "before the start, and others load": "edit load back start load",
    "in time": "edit back load start",
    EARLIER: "edit back load start load",
}
MANY = 1 if os.environ.get("QUADLET_TEST_LONG") else 6
"""Of the orders but the first every so manieth case is tried."""


def _carry_out(order: str, homes: dict[Case, pathlib.Path]) -> Moments:
    """All cases at once: a moment between two steps is all that the times need."""
    backs: list[Back] = []
    recorded = first = time.time()
    begun = last = 0.0
    for step in order.split():
        time.sleep(0.012)
        if step == "edit":
            backs = [case.way(home / case.path) for case, home in homes.items()]
        elif step == "back":
            for back in backs:
                back()
        elif step == "load":
            last = time.time()
        else:
            begun = time.time()
    return Moments(recorded, begun, Loads(first - 1, last))


def _judge(home: pathlib.Path, moments: Moments) -> dict[str, str]:
    edits, moved = _look(home)
    rows = dict.fromkeys(OWN, Details("success", 0, None, "", moments.begun, "", "", 0.0))
    times = Times(moments.recorded, moved, moments.loads)
    # What was there before the record is not looked at (_engine/observe.py).
    edits = {
        name: edit._replace(
            unit=edit.unit if edit.unit > moments.recorded else 0.0,
            files=edit.files if edit.files > moments.recorded else 0.0,
        )
        for name, edit in edits.items()
    }
    return judge_starts(edits, rows, TRAITS, times)


def _wanted(case: Case, service: str, name: str) -> set[str]:
    """What may be found of a start."""
    behind, again = name.startswith("behind"), name.endswith(("load", "loaded"))
    if case.read:
        return {OTHER} if behind else {OURS, LOADED, UNCLEAR, OTHER}
    if name == EARLIER:  # of the load before the start nobody knows
        return {UNCLEAR, OTHER}
    if name == "in time":
        return {OURS}
    if not again:
        return {LOADED, OTHER}
    return {UNCLEAR, OTHER} if TRAITS[service].tells else {OTHER}


@pytest.mark.parametrize("name", ORDERS)
def test_no_start_counts_that_may_have_had_other_texts(name: str, tmp_path: pathlib.Path) -> None:
    cases = [*_cases()][:: 1 if name == FULL else MANY]
    homes = {case: tmp_path / str(number) for number, case in enumerate(cases)}
    for home in (*homes.values(), tmp_path / "same"):
        _build(home)
    time.sleep(0.012)
    moments = _carry_out(ORDERS[name], homes)
    wrong = []
    for case, home in homes.items():
        found = _judge(home, moments)
        wrong += [
            f"{case.way.__name__} {case.path}: {service} {found[service]}"
            for service in case.services
            if found[service] not in _wanted(case, service, name)
        ]
    assert wrong == []
    assert len(cases) > 90 // MANY
    assert _judge(tmp_path / "same", moments) == dict.fromkeys(OWN, OURS)


def test_a_drop_in_in_the_directory_of_another_app(tmp_path: pathlib.Path) -> None:
    """Such a directory changes whenever that app is deployed: only containers are asked."""
    _build(tmp_path)
    time.sleep(0.012)
    place = f"{UNITS}/other/new.env"
    moments = _carry_out("edit start back load", {Case(place, _come, ()): tmp_path})
    found = _judge(tmp_path, moments)
    assert found == {"web.service": UNCLEAR, "pod.service": OURS, "job.service": OURS}
