"""What the real generators said of the units in tests/unit/recorded/units.

To record anew: .cache/venv/bin/python -m tests.unit.support.recorded
For the quirks also that of a release which the test hosts do not have, as RELEASE=PATH: 4.9 is
`usr/libexec/podman/quadlet` of Ubuntu 24.04's package podman, unpacked.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import typing as t

from tests.unit.support.generators import RELEASES, ROOT, Generator, Said, find_generator

FOLDER = ROOT / "tests/unit/recorded"
SETS = ("good", "bad")


def read_texts(name: str) -> dict[str, str]:
    """The units of a set by path."""
    top = FOLDER / "units" / name
    return {
        str(path.relative_to(top)): path.read_text(encoding="utf-8")
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }


def ask(generator: Generator, name: str, folder: pathlib.Path) -> Said:
    """What a generator says of a set now."""
    return generator.read(read_texts(name), folder)


def read_recorded(release: str, name: str) -> Said:
    """What a generator said of a set when it was recorded."""
    data = json.loads(_path(release, name).read_text(encoding="ascii"))
    return Said("\n".join(data["out"]), "\n".join(data["err"]), data["status"])


def record(generators: t.Iterable[Generator], sets: t.Iterable[str]) -> None:
    """Writes what these generators say of these sets."""
    for generator in generators:
        for name in sets:
            with tempfile.TemporaryDirectory() as folder:
                said = ask(generator, name, pathlib.Path(folder))
            data = {
                "status": said.status,
                "out": said.out.split("\n"),
                "err": said.err.split("\n"),
            }
            path = _path(generator.release, name)
            path.write_text(json.dumps(data, indent=1) + "\n", encoding="ascii")


def _path(release: str, name: str) -> pathlib.Path:
    return FOLDER / f"{name}-{release}.json"


if __name__ == "__main__":
    record(map(find_generator, RELEASES), SETS)
    given = (argument.split("=", 1) for argument in sys.argv[1:])
    record((Generator(release, pathlib.Path(path)) for release, path in given), ["quirks"])
