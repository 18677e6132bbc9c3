# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the benchmarks one after another, each as a program of its own.

Usage: python -m tests.benchmarks [--only NAME ...] [OPTIONS OF THESE PARTS]
Each part replaces its figures in results.json as it has some, and docs/benchmarks.md is made of
them; other parts stay.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from tests.benchmarks.record import ROOT, write_page

PARTS = ("convert", "rollback", "apps", "fleet", "memory", "deploy")
"""The longest last; deploy measures cost too."""


def main() -> int:
    """Measures what is asked for; 1 where a part failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[*PARTS, "cost"], default=PARTS)
    options, more = parser.parse_known_args()
    failed = []
    for name in options.only:
        print(f"… {name}", flush=True)
        program = [sys.executable, "-m", f"tests.benchmarks.{name}", *more]
        if subprocess.run(program, cwd=ROOT, check=False).returncode:
            failed.append(name)
        write_page()
    if failed:
        print(f"failed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
