# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""What the host's Podman and its generator are, and which names its containers have."""

from __future__ import annotations

import contextlib
import os
import re
import typing as t

from .._core.errors import NOT_READY, QuadletError
from .._core.host.podman_output import (
    is_missing_object,
    parse_containers,
    parse_create_commands,
    parse_images,
    parse_objects,
    parse_version,
)
from .._core.quadlet.keys import Version
from .._core.validate.conflicts import Container
from . import heard, progress
from .child import ASK
from .owner import Owner, Ran
from .reading import NotRegularError, open_regular, read_bytes

_LINKS = {
    True: "/usr/lib/systemd/system-generators/podman-system-generator",
    False: "/usr/lib/systemd/user-generators/podman-user-generator",
}
_BINARIES = ("/usr/libexec/podman/quadlet", "/usr/lib/podman/quadlet")


Found = tuple[t.Optional[Version], str]
"""The three numbers of a version or None, and the text of the version or error."""


def read_version(owner: Owner) -> Found:
    """The version of the host's Podman."""
    return ask_version(owner)()


def ask_version(owner: Owner) -> t.Callable[[], Found]:
    """Asks Podman for its version; what is returned waits for the answer."""
    end = owner.begin(["podman", "--version"])
    return lambda: _read_version(end(ASK))


def _read_version(ran: Ran) -> Found:
    version = parse_version(ran.out) if ran.status == 0 else None
    if version is None:
        return None, ran.err.strip() or ran.out.strip() or f"podman --version: status {ran.status}"
    return version


def find_generator(*, system: bool) -> list[str]:
    """The command of the host's own generator, without -dryrun."""
    if os.access(_LINKS[system], os.X_OK):
        return [_LINKS[system]]
    for path in _BINARIES:
        if os.access(path, os.X_OK):
            return [path] if system else [path, "-user"]
    raise QuadletError(
        f"Podman's systemd generator is not on the host: neither {_LINKS[system]} "
        f"nor {' nor '.join(_BINARIES)}",
        remedy="Install the package of Podman that has Quadlet.",
        data={NOT_READY: True},
        topic="no-generator",
    )


def generator_changed_at(*, system: bool) -> float:
    """When the host's generator was installed, in seconds since the epoch; without an end if that
    is not known.
    """
    try:
        return os.stat(find_generator(system=system)[0]).st_ctime
    except OSError:
        return float("inf")


def read_create_commands(
    owner: Owner, kind: t.Sequence[str], shown: str, names: t.Sequence[str]
) -> dict[str, list[str]]:
    """The commands that containers or pods were created with, by name; of those that are there.

    kind: Podman's subcommand; shown: the template of the command.
    """
    template = f"{{{{json .Name}}}} {shown}"
    ran = owner.run(["podman", *kind, "inspect", "--format", template, "--", *names])
    return parse_create_commands(ran.out) if names else {}


def read_containers(owner: Owner) -> list[Container]:
    """All containers in the owner's storage, running or not."""
    ran = owner.run(["podman", "ps", "--all", "--pod", "--format", "json"])
    if ran.status != 0:
        raise ran.error("podman ps failed")
    return parse_containers(ran.out)


def read_health_log(owner: Owner, container: str) -> str | None:
    """What a container's last failed health check said, if Podman still knows."""
    from .._core.gate.verdict import parse_health_log

    shown = "{{json .State.Health.Log}}"
    ran = owner.run(["podman", "inspect", "--format", shown, "--", container])
    log = parse_health_log(ran.out)
    heard.note_words(owner, log or "")
    return log


def read_users(owner: Owner, kind: str, name: str, place: t.Sequence[str] = ()) -> list[Container]:
    """The containers, running or not, that are on a network or have a volume."""
    shown = ["--filter", f"{kind}={name}", "--format", "json"]
    ran = owner.run(["podman", *place, "ps", "-a", "--pod", *shown])
    if ran.status != 0:
        if is_missing_object(ran.err):
            return []
        raise ran.error("podman ps failed")
    return parse_containers(ran.out)


def read_objects(
    owner: Owner, kind: str, names: t.Sequence[str], place: t.Sequence[str] = ()
) -> dict[str, dict[str, t.Any]]:
    """Those of the networks or volumes that exist, as Podman shows them, by name.

    place: Podman's own options, before its subcommand.
    """
    ran = owner.run(["podman", *place, kind, "inspect", "--", *names])
    if ran.status != 0 and not is_missing_object(ran.err):
        raise ran.error(f"podman {kind} inspect failed")
    return parse_objects(ran.out, kind)


CONFIGURATION: t.Final = (
    "/usr/share/containers/containers.conf",
    "/etc/containers/containers.conf",
)
"""The host's files of containers.conf(5); the later one counts more."""
_POOLS = re.compile(rb"(?m)^\s*default_subnet_pools\s*=")


def has_pools() -> bool:
    """Whether containers.conf, of the host or the calling user, has pools of subnets of its own."""
    files = []
    own = os.path.expanduser("~/.config/containers/containers.conf")
    for path in (*CONFIGURATION, own):
        with contextlib.suppress(OSError):
            names = sorted(os.listdir(f"{path}.d"))
            files += [f"{path}.d/{name}" for name in names if name.endswith(".conf")]
        files.append(path)
    for path in files:
        with contextlib.suppress(OSError, NotRegularError):
            if _POOLS.search(read_bytes(path)):
                return True
    return False


def read_images(owner: Owner) -> dict[str, str]:
    """Ids of the images in the owner's storage, by each of their names and digests."""
    ran = owner.run(["podman", "images", "--format", "json"])
    if ran.status != 0:
        raise ran.error("podman images failed")
    return parse_images(ran.out)


def read_image_ids(owner: Owner, images: t.Sequence[str]) -> dict[str, str]:
    """Ids of those images that are in the owner's storage, as Podman resolves their names."""
    return _inspect(owner, images, "{{.Id}}")


def read_image_digests(owner: Owner, images: t.Sequence[str]) -> dict[str, tuple[str, str]]:
    """(id, digest) of those images that are in the owner's storage."""
    lines = _inspect(owner, images, "{{.Id}} {{.Digest}}")
    return {
        image: (line.partition(" ")[0], line.partition(" ")[2]) for image, line in lines.items()
    }


def _inspect(owner: Owner, images: t.Sequence[str], shown: str) -> dict[str, str]:
    from .._core.plan.images import parse_inspected

    if not images:
        return {}
    ran = owner.run(["podman", "image", "inspect", "--format", shown, "--", *images])
    lines = parse_inspected(images, ran.out, ran.err)
    if lines is None:
        raise ran.error("podman image inspect failed")
    return lines


def read_nameless_images(owner: Owner) -> frozenset[str]:
    """Ids of images in the owner's storage that have no name, and are no other's base."""
    ran = owner.run(["podman", "images", "--no-trunc", "--quiet", "--filter", "dangling=true"])
    if ran.status != 0:
        raise ran.error("podman images failed")
    return frozenset(line.rpartition(":")[2] for line in ran.out.split())


_PULLS_AT_ONCE = 4
_PULL_TIMEOUT = 1800.0
_STDIN = "/proc/self/fd/0"


def pull_images(
    owner: Owner, images: t.Sequence[str], auth: str | None, cert_dir: str | None
) -> dict[str, Ran]:
    """Asks the registries for images; how each pull ended.

    The option --policy of podman pull is too new: without it a pull always asks, and fetches
    only what the storage lacks.
    """
    from concurrent.futures import ThreadPoolExecutor

    flags = ["--cert-dir", cert_dir] if cert_dir else []
    told = progress.SideBySide("pull", len(images))

    with _in_memory(auth) as stdin, ThreadPoolExecutor(_PULLS_AT_ONCE) as pool:
        if auth:
            flags += ["--authfile", _STDIN]

        def pull(image: str) -> Ran:
            argv = ["podman", "pull", "--quiet", *flags, "--", image]
            with told.under_way(image):
                return owner.run(argv, timeout=_PULL_TIMEOUT, stdin=stdin)

        return dict(zip(images, pool.map(pull, images)))


@contextlib.contextmanager
def _in_memory(text: str | None) -> t.Iterator[int | None]:
    """A descriptor of a file that holds the text and has no name: it is gone with those who have
    it open, however they end.  Each who opens it through /proc reads it from its beginning.
    """
    if text is None:
        yield None
        return
    descriptor = os.memfd_create("auth.json")
    try:
        os.write(descriptor, text.encode())
        yield descriptor
    finally:
        os.close(descriptor)


def load_images(owner: Owner, path: str, *, sent: bool) -> Ran:
    """Puts an archive's images into the owner's storage.  sent: the file is this process' own,
    in a directory that the owner may not enter; then Podman copies it for itself.
    """
    argv = ["podman", "load", "--quiet"]
    if not sent or owner.is_self:
        return owner.run([*argv, "--input", path], timeout=_PULL_TIMEOUT)
    with open(open_regular(path), "rb") as stream:
        return owner.run(argv, timeout=_PULL_TIMEOUT, stdin=stream.fileno())


def tag(owner: Owner, image: str, name: str) -> Ran:
    """Adds a name to an image in the owner's storage."""
    return owner.run(["podman", "tag", "--", image, name])


def remove_image(owner: Owner, name: str) -> Ran:
    """Removes a name of an image, and with the last name the image; fails for images in use."""
    return owner.run(["podman", "image", "rm", "--", name])
