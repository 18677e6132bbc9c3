"""What a failed task returns: data only where somebody can read them."""

from __future__ import annotations

import types
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleActionFail

from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.failure import action_failure
from ansible_collections.quadlet.fleet.plugins.plugin_utils._engine.shown import DETAILS, as_shown
from tests.unit.support.generators import ROOT
from tests.unit.support.together import together

RESULT = {"failed": True, "msg": "why", "changed": True, **dict.fromkeys(DETAILS, "x")}


def _task(**more: t.Any) -> t.Any:
    task = {"register": None, "until": [], "failed_when": [], "_parent": None}
    return types.SimpleNamespace(**{**task, **more})


def _block(parent: t.Any = None, **more: t.Any) -> t.Any:
    block = {"block": [1], "rescue": [], "always": [], "_parent": parent}
    return types.SimpleNamespace(**{**block, **more})


def _include(parent: t.Any) -> t.Any:
    """An include or a role, which has no rescue of its own."""
    return types.SimpleNamespace(_parent=parent)


READERS = {
    "register": _task(register="deployed"),
    "until": _task(until=["x"]),
    "failed_when": _task(failed_when=["x"]),
    "rescue": _task(_parent=_block(rescue=[1])),
    "always": _task(_parent=_block(always=[1])),
    "rescue further out": _task(_parent=_block(_include(_block(rescue=[1])))),
}
NOBODY = {"alone": _task(), "in a block": _task(_parent=_block(_include(_block())))}


@together("verbosity", [0, 1, 3])
@together("task", [*READERS, *NOBODY])
def test_a_failed_task(task: str, verbosity: int) -> None:
    shown = as_shown(RESULT, {**READERS, **NOBODY}[task], verbosity)
    if task in NOBODY and verbosity == 0:
        assert shown == {"failed": True, "msg": "why", "changed": True}
    else:
        assert shown == RESULT


@pytest.mark.parametrize("failed", [{}, {"failed": False}])
def test_what_does_not_fail_is_whole(failed: dict[str, bool]) -> None:
    result = {
        key: value for key, value in {**RESULT, **failed}.items() if key != "failed" or failed
    }
    result.update(failed)
    assert as_shown(result, _task(), 0) == result


SHORT = {"changed", "diff", "generation", "invocation", "msg", "passed", "rolled_back", "warnings"}
"""Return values of the modules that deploy which a screen can have, or does not show."""


@pytest.mark.parametrize("module", ["app", "apps", "unit", "gate"])
def test_each_return_value_is_short_or_a_detail(module: str) -> None:
    text = (ROOT / f"plugins/modules/{module}.py").read_text(encoding="utf-8")
    returned = yaml.safe_load(text.split('RETURN = r"""')[1].split('"""')[0])
    assert {*returned} - SHORT - DETAILS == set()


def test_a_refusal_has_no_traceback() -> None:
    """Not even where one is handled, as with a directory that can't be read."""

    def refuse() -> None:
        try:
            raise OSError("why")
        except OSError:
            raise action_failure("src: it can't be read") from None

    with pytest.raises(AnsibleActionFail) as caught:
        refuse()
    assert "exception" not in caught.value.result
    assert caught.value.message == "src: it can't be read"
