"""What the real generators said of the units in tests/unit/recorded/units.

To record anew: .cache/venv/bin/python -m tests.unit.support.recorded
"""

from __future__ import annotations

import json
import pathlib
import tempfile

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


def record() -> None:
    """Writes what every release's generator says of every set."""
    for release in RELEASES:
        for name in SETS:
            with tempfile.TemporaryDirectory() as folder:
                said = ask(find_generator(release), name, pathlib.Path(folder))
            data = {
                "status": said.status,
                "out": said.out.split("\n"),
                "err": said.err.split("\n"),
            }
            _path(release, name).write_text(json.dumps(data, indent=1) + "\n", encoding="ascii")


def _path(release: str, name: str) -> pathlib.Path:
    return FOLDER / f"{name}-{release}.json"


if __name__ == "__main__":
    record()
