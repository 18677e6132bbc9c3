"""What of a host counts behind a run, and what two such looks differ in."""

from __future__ import annotations

import json
import typing as t

from tests.unit.engine.support.host import Host
from tests.unit.engine.support.tree import FOLDER, Files, read_tree

_TIMES = ("written_at", "generation", "deployed")
NOBODYS = "is nobody's"
_IMAGES = "localhost/quadlet.fleet:shop."


class Look(t.NamedTuple):
    """units: all in the directories of units.  state: the records' files.  running: by container,
    what it was started with.  noted: whether a failed run has left images for the next one.
    left: files that should not be there.
    """

    units: Files
    state: Files
    manifest: dict[str, t.Any]
    generations: dict[int, dict[str, t.Any]]
    up: frozenset[str]
    running: dict[str, tuple[t.Any, ...]]
    secrets: frozenset[str]
    networks: frozenset[str]
    volumes: frozenset[str]
    images: dict[str, str]
    noted: bool
    left: tuple[str, ...]

    def differences(self, now: Look) -> list[str]:
        """What is not as it was before; more images and volumes than before are no harm."""
        found = [
            f"{name} is {_shown(getattr(now, name), getattr(self, name))}"
            for name in ("units", "state", "up", "running", "secrets", "networks")
            if getattr(now, name) != getattr(self, name)
        ]
        found += [f"the volume {one} is gone" for one in self.volumes - now.volumes]
        moved = {n for n, i in self.images.items() if now.images.get(n) != i}
        found += [f"the image {one} is another or gone" for one in sorted(moved)]
        return found


def look(host: Host) -> Look:
    """The host now, with its services at rest."""
    state = read_tree(host.scope.state_dir)
    state = {path: found for path, found in state.items() if found[1] >= 0 and path != "secret.key"}
    manifest = state.get("apps/shop.json")
    generations = {
        int(path.rpartition("/")[2][:-5]): json.loads(found[0])
        for path, found in state.items()
        if path.startswith("generations/shop/") and path.endswith(".json")
    }
    units = {f"units/{p}": f for p, f in read_tree(host.scope.unit_dir).items()}
    units |= {f"systemd/{p}": f for p, f in read_tree(host.scope.systemd_dir).items()}
    podman = host.podman
    return Look(
        units={path: f for path, f in units.items() if not _is_spare(path)},
        state={path: f for path, f in state.items() if not _is_spare(path)},
        manifest=json.loads(manifest[0]) if manifest else {},
        generations=generations,
        up=frozenset(host.up()),
        running={
            one.name: (one.service, one.image_id, one.words, one.seen)
            for one in podman.containers.values()
        },
        secrets=frozenset(podman.secrets),
        networks=frozenset(podman.networks),
        volumes=frozenset(podman.volumes),
        images=dict(podman.images),
        noted="images/shop.json" in state,
        left=tuple(_left({**units, **state})),
    )


_SPARE = ("images/", ".fleet.d", ".pending", "intents/", ".secret.key", ".quadlet.fleet.")


def _is_spare(path: str) -> bool:
    """Whether a path is there only while a run is under way, or tells nothing."""
    return path.endswith((".wants", ".new")) or any(mark in path for mark in _SPARE)


def _left(files: Files) -> t.Iterator[str]:
    # The file of a key that a run was killed over holds random bytes, and was never used.
    # A record that is not written to its end is replaced by the next of its name.
    # Images that a failed run has pulled are noted for the next one.
    known = ("images/", ".secret.key", ".wants", ".new")
    yield from (path for path in files if _is_spare(path) and not any(n in path for n in known))


def without_folders(one: Look) -> Look:
    """The look but for directories: an empty one may stay where it can't be removed."""
    return one._replace(units={path: f for path, f in one.units.items() if f[1] != FOLDER})


def problems_of(now: Look, wanted: Look, *, strict: bool = True) -> list[str]:
    """What is not as the release that is deployed wants it.

    strict: nothing is left over.
    """
    if not strict:
        now, wanted = without_folders(now), without_folders(wanted)
    found = [
        f"{name} is {_shown(getattr(now, name), getattr(wanted, name))}"
        for name in ("units", "up", "running")
        if getattr(now, name) != getattr(wanted, name)
    ]
    found += [f"the network {one} is gone" for one in wanted.networks - now.networks]
    mine, theirs = (
        {key: value for key, value in one.manifest.items() if key not in _TIMES}
        for one in (now, wanted)
    )
    found += [f"the record's {_shown(mine, theirs)}"] if mine != theirs else []
    if strict:
        found += [f"{one} is left" for one in now.left]
        found += kept(now)
    return found


def kept(now: Look) -> t.Iterator[str]:
    """What generations need is there, and nothing that no generation needs."""
    rows = [*now.generations.values(), *([now.manifest] if now.manifest else [])]
    secrets = {name for row in rows for name in row["secrets"].values()}
    yield from (f"the secret {one} is gone" for one in secrets - now.secrets)
    yield from (f"the secret {one} {NOBODYS}" for one in now.secrets - secrets)
    number = now.manifest.get("generation")
    if now.manifest and number not in now.generations:
        yield f"generation {number} is not kept"
    ids = {ident[0] for row in now.generations.values() for ident in row["images"].values()}
    kept = {ident for name, ident in now.images.items() if name.startswith(_IMAGES)}
    yield from (f"the image {one[:12]} is not kept" for one in ids - set(now.images.values()))
    yield from (f"the image {one[:12]} is kept for nobody" for one in kept - ids)


def _shown(now: t.Any, wanted: t.Any) -> str:
    if isinstance(now, dict) and isinstance(wanted, dict):
        names = sorted(n for n in {*now, *wanted} if now.get(n) != wanted.get(n))
        return "; ".join(f"{n}: {_shown(now.get(n), wanted.get(n))}" for n in names)
    if isinstance(now, frozenset):
        return f"{sorted(now)} for {sorted(wanted)}"
    return f"{now!s:.150} for {wanted!s:.150}"
