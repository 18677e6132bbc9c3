"""The releases of ansible-core that tests on hosts run, each in an environment of its own.

QUADLET_TEST_CORES="2.18/3.12 2.21/3.13" names others than the oldest and the newest, as minor
release and Python.
"""

from __future__ import annotations

import functools
import os
import pathlib
import re
import subprocess

from .playbooks import ROOT

CORES = tuple(os.environ.get("QUADLET_TEST_CORES", "oldest newest").split())


@functools.cache
def find_venv(core: str) -> pathlib.Path:
    """Where it is; the first call makes it."""
    argv = [ROOT / "tests/core", *core.split("/")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return pathlib.Path(done.stdout.strip())


@functools.cache
def read_version(core: str) -> tuple[int, int]:
    """Its minor release."""
    argv = [
        find_venv(core) / "bin/python",
        "-c",
        "from ansible import release as r; print(r.__version__)",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    major, minor = re.findall(r"\d+", done.stdout)[:2]
    return int(major), int(minor)


def environment(core: str) -> dict[str, str]:
    """In which its commands run."""
    config = {"ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    return {**os.environ, **config, "PATH": f"{find_venv(core)}/bin:{os.environ['PATH']}"}
