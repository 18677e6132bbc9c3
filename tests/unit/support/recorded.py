"""What the real generators said of the units in tests/unit/recorded/units.

To record anew: .cache/venv/bin/python -m tests.unit.support.recorded
"""

from __future__ import annotations

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
    out, err = (
        (FOLDER / f"{name}-{release}.{stream}").read_text(encoding="utf-8")
        for stream in ("out", "err")
    )
    return Said(out, err, 0 if name == "good" else 1)


def record() -> None:
    """Writes what every release's generator says of every set."""
    for release in RELEASES:
        for name in SETS:
            with tempfile.TemporaryDirectory() as folder:
                said = ask(find_generator(release), name, pathlib.Path(folder))
            (FOLDER / f"{name}-{release}.out").write_text(said.out, encoding="utf-8")
            (FOLDER / f"{name}-{release}.err").write_text(said.err, encoding="utf-8")


if __name__ == "__main__":
    record()
