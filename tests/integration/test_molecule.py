"""The molecule scenarios, as test cases."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALL = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
ALWAYS = ("default", "host", "rollout", "rootless")
"""The others assert what tests of this directory do: pull (test_pull_role), revert (test_rollout),
rollback (test_rollback), secrets (test_app_secrets).  They are for `./test --long`.
"""
SCENARIOS = ALL if os.environ.get("QUADLET_TEST_LONG") else [*ALWAYS]
TAIL = 60  # lines of output shown on failure


def test_every_scenario_is_there() -> None:
    assert {*ALWAYS, "pull", "revert", "rollback", "secrets"} == {*ALL}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: str) -> None:
    log = ROOT / ".cache" / "log" / f"molecule-{scenario}.log"
    with log.open("wb") as output:
        code = subprocess.run(
            ["molecule", "test", "--scenario-name", scenario],
            cwd=ROOT,
            env=os.environ | {"NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if code:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])
        pytest.fail(f"it failed; all of its output is in {log}\n{tail}", pytrace=False)
