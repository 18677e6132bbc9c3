"""What this machine has: Pythons, and releases of ansible-core from its package index."""

from __future__ import annotations

import ast
import functools
import pathlib
import re
import subprocess
import sys
import tempfile
import typing as t
import zipfile

from tests.matrix.rows import MANAGED, Core

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTS = "ansible_test/_util/target/common/constants.py"
"""Where ansible-test has the Pythons that its ansible-core supports."""


@functools.cache
def has_python(version: str, *, debian: bool = False) -> bool:
    """Whether a Python such as 3.12 is found by its name; or one of a test host's Debian."""
    argv: list[str | pathlib.Path] = [
        ROOT / "tests/find-python",
        *(["--debian"] if debian else []),
        version,
    ]
    return not subprocess.run(argv, capture_output=True, check=False).returncode


def make_venv(core: str, python: str) -> pathlib.Path:
    """The environment of an ansible-core; a RuntimeError tells why there is none."""
    argv: list[str | pathlib.Path] = [ROOT / "tests/core", core, python]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ansible-core {core} can't be installed: {done.stderr.strip()[-300:]}")
    return pathlib.Path(done.stdout.strip())


def read_core(minor: str, text: str) -> Core:
    """The release's Pythons, after the text of that file."""
    lists: dict[str, tuple[str, ...]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name.endswith("_PYTHON_VERSIONS"):
                lists[name] = tuple(ast.literal_eval(node.value))
    controllers = lists["CONTROLLER_PYTHON_VERSIONS"]
    known = {*lists["REMOTE_ONLY_PYTHON_VERSIONS"], *controllers}
    return Core(minor, controllers, tuple(one for one in MANAGED if one in known))


def differs_from(core: Core, venv: pathlib.Path) -> str:
    """What the package says otherwise than the table; nothing where they agree."""
    [path] = venv.glob(f"lib/python*/site-packages/{LISTS}")
    told = read_core(core.minor, path.read_text(encoding="utf-8"))
    return "" if told == core else f"the table has {core}, the package {told}"


def newer_cores(known: t.Sequence[Core]) -> list[Core]:
    """Minor releases that the package index has and the table does not."""
    argv = [sys.executable, "-m", "pip", "index", "versions", "ansible-core"]
    # An index lists what the asking Python can run: it is asked as a newer one.
    argv += ["--python-version", "3.99", "--only-binary", ":all:"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pip can't list ansible-core: {done.stderr.strip()[-300:]}")
    listed = re.findall(r"\b(\d+)\.(\d+)\.\d+\b(?![ab]|rc)", done.stdout)
    newest = max(_numbers(core.minor) for core in known)
    found = sorted({(int(major), int(minor)) for major, minor in listed})
    return [_fetch(f"{major}.{minor}") for major, minor in found if (major, minor) > newest]


def _numbers(minor: str) -> tuple[int, int]:
    major, rest = minor.split(".")
    return int(major), int(rest)


def _fetch(minor: str) -> Core:
    """A release's Pythons, after its package."""
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", folder]
        argv += ["--python-version", "3.99", "--only-binary", ":all:", f"ansible-core=={minor}.*"]
        subprocess.run(argv, check=True)
        [path] = pathlib.Path(folder).glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            return read_core(minor, archive.read(LISTS).decode())
