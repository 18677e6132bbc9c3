# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the benchmarks one after another, and writes docs/benchmarks.md from what they found.

Usage: python -m tests.benchmarks [--only NAME ...] [--turns 5] [OPTIONS OF A PART]
Each part replaces its figures in results.json when it has some; the others stay.
"""

from __future__ import annotations

import argparse
import importlib

from tests.benchmarks.record import write_page

PARTS = ("cost", "convert", "rollback", "apps", "fleet", "memory", "deploy")
"""The longest last."""


def main() -> None:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="NAME")
    parts = {name: importlib.import_module(f"tests.benchmarks.{name}") for name in PARTS}
    for part in parts.values():
        if hasattr(part, "add_options"):
            part.add_options(parser)
    options = parser.parse_args()
    for name in options.only:
        print(f"… {name}", flush=True)
        try:
            parts[name].run(options)
        finally:
            write_page()


if __name__ == "__main__":
    main()
