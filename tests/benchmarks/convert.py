"""What a conversion costs: the filter for one Compose file, and a play over a thousand.

Usage: python tests/benchmarks/convert.py [--files 1000]

The files are the applications and the made shapes of the unit tests.  The play keeps all apps as a
fact.  Writes its part of results.json, and docs/benchmarks.md from it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".cache/collections")]

from ansible.plugins.loader import init_plugin_loader

from tests.benchmarks.record import Recorder, write_page

CONFIG = {"ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg")}
APPS = ROOT / "tests/unit/compose_corpus/apps"
MADE = "{{ texts | map('quadlet.fleet.from_compose', name='x', unset='empty') | list }}"
PLAY = {
    "hosts": "localhost",
    "gather_facts": False,
    "tasks": [
        {"name": "Convert", "ansible.builtin.set_fact": {"apps": MADE}},
        {
            "name": "Look at all of them",
            "ansible.builtin.assert": {
                "that": "apps | map(attribute='units') | select | length == texts | length",
            },
        },
    ],
}


def read_files() -> list[tuple[str, str]]:
    """Compose files with their directories: of applications, and made ones."""
    from tests.unit.support.compose_shapes import make_file

    found = [
        (path.read_text("utf-8"), str(path.parent)) for path in sorted(APPS.glob("*/compose.yml"))
    ]
    return found + [(make_file(seed), "") for seed in range(200)]


def convert_milliseconds(files: t.Sequence[tuple[str, str]]) -> list[float]:
    """What each takes in the filter; refused ones count too."""
    from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
    from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import convert

    times = []
    for text, base in files:
        begin = time.perf_counter()
        with contextlib.suppress(QuadletError):
            convert("compose", text, {"name": "x", "base": base, "unset": "empty"})
        times.append((time.perf_counter() - begin) * 1000)
    return times


def play_seconds(texts: t.Sequence[str]) -> float:
    """A whole run of ansible-playbook over the texts."""
    with tempfile.TemporaryDirectory() as folder:
        playbook = pathlib.Path(folder) / "play.yml"
        playbook.write_text(json.dumps([{**PLAY, "vars": {"texts": list(texts)}}]))
        program = pathlib.Path(sys.executable).parent / "ansible-playbook"
        begin = time.perf_counter()
        subprocess.run(
            [program, playbook], env={**os.environ, **CONFIG}, check=True, stdout=subprocess.DEVNULL
        )
        return time.perf_counter() - begin


def _is_converted(text: str) -> bool:
    from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
    from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import convert

    try:
        convert("compose", text, {"name": "x", "unset": "empty"})
    except QuadletError:
        return False
    return "{{" not in text


def run(options: argparse.Namespace) -> None:
    """The whole part."""
    os.environ.update(CONFIG)
    init_plugin_loader()
    recorder = Recorder("convert", "filter")
    files = read_files()
    convert_milliseconds(files[:5])
    recorder.extend("file", len(files), "filter", convert_milliseconds(files), "ms")
    texts = [text for text, _base in files if _is_converted(text)]
    texts = (texts * (options.files // len(texts) + 1))[: options.files]
    recorder.add("play", options.files, "filter", play_seconds(texts))
    recorder.save()


def main() -> None:
    """Measures, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000, help="Compose files of one play")
    run(parser.parse_args())
    write_page()


if __name__ == "__main__":
    main()
