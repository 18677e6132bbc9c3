"""What a real generator says of units; it is asked once for each content."""

from __future__ import annotations

import functools
import json
import pathlib
import subprocess
import tempfile
import typing as t

from tests.unit.engine.support.tree import read_tree

_PLACE = "/place/of/units"


@functools.cache
def _ask(binary: pathlib.Path, kind: str, content: str) -> dict[str, t.Any]:
    """A dry run over units, as JSON of pairs of path and text."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        for path, text in json.loads(content):
            target = pathlib.Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        flags = ["-user"] if kind == "user" else []
        done = subprocess.run(
            [binary, *flags, "-dryrun"],
            env={"QUADLET_UNIT_DIRS": folder},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        out, err = (said.replace(folder, _PLACE) for said in (done.stdout, done.stderr))
        return {"status": done.returncode, "out": out, "err": err}


def dry_run(binary: pathlib.Path, kind: str, folder: str) -> dict[str, t.Any]:
    """Status, output and error of a dry run over a directory."""
    content = json.dumps(
        [
            [path, data.decode()]
            for path, (data, mode) in sorted(read_tree(folder).items())
            if mode > 0 and "/.fleet.d/" not in path
        ]
    )
    said = _ask(binary, kind, content)
    return {**said, **{key: said[key].replace(_PLACE, folder) for key in ("out", "err")}}
