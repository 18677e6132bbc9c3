# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real registry on the bridge, filled with the tests' images."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from . import apt, network, preflight, process, trees
from .errors import HostsError
from .images import IMAGES, Image
from .network import Network
from .oci import Layer, digest_of, make_config, make_manifest, read_layer, write_layer
from .paths import Paths, write_text
from .progress import step
from .push import Client
from .settings import REGISTRY

PORT = 5000
_START_SECONDS = 20
_NEEDED_GB = 2.0
# What a tree's top folders must not bring into an image: Podman makes these.
_SKIP = ("dev", "proc", "sys")


def up(paths: Paths) -> None:
    """Run the registry, and let every image's tag name what its recipe makes, built or kept."""
    preflight.prepare(paths)
    with paths.lock("registry-process"):
        client = _start(paths, network.ensure(paths))
    with paths.lock("registry"):
        for image in IMAGES:
            _provide(paths, client, image)
        # The registry holds them now.
        shutil.rmtree(paths.registry / "layers", ignore_errors=True)


def _provide(paths: Paths, client: Client, image: Image) -> None:
    """Build the image unless its recipe was built before; a tag that was moved is moved back."""
    record = paths.registry / "built.json"
    built = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    known = built.get(image.digest)
    manifest = client.manifest(image.name, known) if known else None
    if manifest is None:
        with step(f"building {REGISTRY}/{image.reference}"):
            manifest = _fill(paths, client, image)
        built[image.digest] = digest_of(manifest)
        write_text(record, json.dumps(built, indent=2) + "\n")
    elif client.manifest(image.name, image.tag) != manifest:
        client.put_manifest(image.name, image.tag, manifest)


def down(paths: Paths) -> None:
    """Stop the registry; what it holds is kept."""
    preflight.require_root()
    with paths.lock("registry-process"):
        process.end(paths.registry / "pid")


def is_running(paths: Paths) -> bool:
    """Whether the registry's process lives."""
    return process.running_pid(paths.registry / "pid") is not None


def listing(paths: Paths) -> list[tuple[str, str, int]]:
    """Every image's full name, manifest digest and size in bytes."""
    client = _running_client(paths)
    rows = []
    for name, tag in client.references():
        manifest = client.manifest(name, tag) or b"{}"
        size = sum(layer["size"] for layer in json.loads(manifest).get("layers", []))
        rows.append((f"{REGISTRY}/{name}:{tag}", digest_of(manifest), size))
    return rows


def tag(paths: Paths, source: str, target: str) -> None:
    """Let the tag of target (NAME:TAG) name source's image: how an upstream moves a tag."""
    client = _running_client(paths)
    (name, old), (other, new) = _split(source), _split(target)
    if name != other:
        raise HostsError(f"{source} and {target} have different names", "only a tag can be moved")
    manifest = client.manifest(name, old)
    if manifest is None:
        raise HostsError(f"the registry has no {source}", "see `hosts registry list`")
    client.put_manifest(name, new, manifest)


def _split(reference: str) -> tuple[str, str]:
    name, colon, tag_ = reference.removeprefix(f"{REGISTRY}/").rpartition(":")
    if not colon or not name or not tag_:
        raise HostsError(f"{reference!r} is no NAME:TAG", "write it like nginx:1")
    return name, tag_


def _running_client(paths: Paths) -> Client:
    if not is_running(paths):
        raise HostsError("the registry does not run", "hosts registry up")
    return Client(f"{network.current(paths).gateway}:{PORT}")


def _start(paths: Paths, joined: Network) -> Client:
    address = f"{joined.gateway}:{PORT}"
    client = Client(address)
    pidfile, log = paths.registry / "pid", paths.registry / "log"
    if process.running_pid(pidfile) is None:
        program = ensure_program(paths)
        config = paths.registry / "config.yml"
        write_text(config, _config(paths.registry / "storage", address))
        process.spawn([str(program), "serve", str(config)], pidfile=pidfile, log=log)
    deadline = time.monotonic() + _START_SECONDS
    while not client.is_up():
        if process.running_pid(pidfile) is None or time.monotonic() > deadline:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            tail = " | ".join(lines[-5:])
            raise HostsError(f"the registry does not answer on {address}", f"see {log} [{tail}]")
        time.sleep(0.05)
    return client


def _config(storage: Path, address: str) -> str:
    """The registry's configuration; JSON is valid YAML."""
    return json.dumps(
        {
            "version": 0.1,
            "log": {"level": "warn"},
            "storage": {
                "filesystem": {"rootdirectory": str(storage)},
                # Tests may remove images and expect pulls to fail.
                "delete": {"enabled": True},
            },
            "http": {"addr": address},
        },
        indent=2,
    )


def ensure_program(paths: Paths) -> Path:
    """Debian's registry, unpacked, not installed: its package would start a service of its own."""
    final = paths.registry / "program" / "usr/bin/docker-registry"
    if not final.exists():
        half = paths.registry / ".program"
        shutil.rmtree(half, ignore_errors=True)
        with step("fetching the registry's program"):
            apt.download(paths, [trees.SUITE], ["docker-registry"], half)
        half.rename(paths.registry / "program")
    return final


def _fill(paths: Paths, client: Client, image: Image) -> bytes:
    """Build and push an image; return its manifest."""
    layers = [_tree_layer(paths, image)]
    if image.top:
        layers.append(_top_layer(paths, image))
    config = make_config(layers, image.settings)
    manifest = make_manifest(layers, config)
    client.push(image.name, image.tag, layers, config, manifest)
    return manifest


def _tree_layer(paths: Paths, image: Image) -> Layer:
    target = paths.registry / "layers" / f"{image.tree_digest}.tar"
    if target.exists():
        return read_layer(target)
    preflight.require_space(paths.base, _NEEDED_GB)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = paths.registry / "work"
    trees.make_tree(image, work, paths.registry / "sources.list")
    layer = write_layer(work, target, skip=_SKIP)
    shutil.rmtree(work)
    return layer


def _top_layer(paths: Paths, image: Image) -> Layer:
    work = paths.registry / "work"
    shutil.rmtree(work, ignore_errors=True)
    trees.write_files(work, image.top)
    layer = write_layer(work, paths.registry / "layers" / f"{image.digest}-top.tar")
    shutil.rmtree(work)
    return layer
