"""The Quadlet generators of three Podman releases, run over unit texts."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import shutil
import subprocess
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[3]
RELEASES = ("5.4", "5.8", "6.1")
APP_DIR = "/etc/containers/systemd/app"
"""What the folder of the units is called in outputs."""


class Said(t.NamedTuple):
    """Standard output and error of a dry run, and its status."""

    out: str
    err: str
    status: int


class Made(t.NamedTuple):
    """The services that a run made, by file name, and what it said."""

    services: dict[str, bytes]
    err: str


@dataclasses.dataclass(frozen=True)
class Generator:
    """One release's generator."""

    release: str
    binary: pathlib.Path

    @property
    def version(self) -> tuple[int, int]:
        """The release as numbers."""
        major, minor = self.release.split(".")
        return int(major), int(minor)

    def read(self, texts: t.Mapping[str, str], folder: pathlib.Path) -> Said:
        """A dry run over these texts by path, written into an empty folder."""
        for path, text in texts.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", "surrogateescape"))
        done = subprocess.run(
            [self.binary, "-dryrun"],
            env={"QUADLET_UNIT_DIRS": str(folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=False,
        )
        out, err = (
            stream.decode("utf-8", "surrogateescape").replace(str(folder), APP_DIR)
            for stream in (done.stdout, done.stderr)
        )
        return Said(
            out,
            re.sub(r"(?m)^quadlet-generator\[\d+\]", "quadlet-generator[1]", err),
            done.returncode,
        )

    def make(
        self,
        texts: t.Mapping[str, str],
        folder: pathlib.Path,
        podman: str = "",
        *,
        user: bool = False,
    ) -> Made:
        """The services that it makes of these texts, byte for byte; podman: its path in them;
        user: as a user's.
        """
        units, services = folder / "units", folder / "services"
        for path in (units, services):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        for name, text in texts.items():
            (units / name).write_bytes(text.encode())
        done = subprocess.run(
            [self.binary, "-no-kmsg-log", *(["-user"] if user else []), services],
            env={"QUADLET_UNIT_DIRS": str(units), **({"PODMAN": podman} if podman else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Made(
            {path.name: path.read_bytes() for path in services.glob("*.service")},
            done.stderr.decode("utf-8", "replace"),
        )


def find_generator(release: str) -> Generator:
    """The generator of a release; the first call may fetch it.

    An error that names the command and what it said, if it can't be had.
    """
    command = [str(ROOT / "tests/hosts/hosts"), "generator", release]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    binary = pathlib.Path(done.stdout.strip() or "none")
    if done.returncode or not binary.is_file():
        raise RuntimeError(
            f"no Quadlet generator of Podman {release}: {' '.join(command[-2:])} ended with status "
            f"{done.returncode}: {(done.stderr or done.stdout).strip()}"
        )
    return Generator(release, binary)
