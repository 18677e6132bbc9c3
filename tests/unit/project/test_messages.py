"""Each error of the collection has an id, and docs/messages.md explains each id."""

from __future__ import annotations

import ast
import re

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import (
    QuadletError,
    join_errors,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import RULES
from tests.unit.support.messages import ID, LEAVING, ROOT, read_explanations, read_messages
from tests.unit.support.trees import read_nodes

EXPLAINED = [ident for rows in read_explanations().values() for ident in rows]
INSIDE = {
    # Caught in the collection itself; what becomes of them has an id.
    "AbsentError", "DotenvError", "FileNotFoundError", "KeyError", "LoadError", "NotAllowedError",
    "NotRegularError", "OSError", "Problem", "RefusedError", "StopIteration", "TemplateError",
    "TooLargeError", "TooMuchError", "UnfitError", "ValueError",
    # A defect of the collection: the error unexpected.
    "AssertionError", "RuntimeError", "TypeError",
}  # fmt: skip


def test_every_error_has_an_id() -> None:
    assert [f"{m.place}: {m.text}" for m in read_messages() if m.ident == ""] == []


def test_every_id_is_explained_and_every_explanation_is_of_an_id_in_the_code() -> None:
    used = {message.ident for message in read_messages() if message.ident} | _computed()
    assert sorted(used - set(EXPLAINED) - set(RULES)) == []
    assert sorted(set(EXPLAINED) - used) == []
    assert not set(EXPLAINED) & set(RULES)
    assert len(EXPLAINED) == len(set(EXPLAINED))


def _computed() -> set[str]:
    """Ids that a table of the code has: those of failures by their phase."""
    path = ROOT / "plugins/module_utils/_core/gate/failure.py"
    tables = [
        node.value
        for node in read_nodes(path)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_TOPICS"
    ]
    return set(ast.literal_eval(tables[0]).values())


def test_an_explanation_is_whole() -> None:
    for rows in read_explanations().values():
        for ident, row in rows.items():
            assert ID.fullmatch(f"[{ident}]"), ident
            assert list(row) == ["means", "why", "remedy"], ident
            assert all(re.search(r"[.)]$", text.strip()) for text in row.values()), ident


def test_every_exception_is_known_to_leave_with_an_id_or_to_stay_inside() -> None:
    """A new class of exceptions has to be added above, or to LEAVING."""
    raised: dict[str, str] = {}
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in read_nodes(path):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = getattr(node.exc.func, "id", "")
                if name[:1].isupper():
                    raised[name] = f"{path.relative_to(ROOT)}:{node.lineno}"
    unknown = set(raised) - LEAVING - INSIDE - {"QuadletError"}
    assert {name: raised[name] for name in unknown} == {}


def test_an_id_ends_the_text_of_an_error() -> None:
    error = QuadletError("it is gone", where="a", remedy="Bring it.", topic="no-user")
    assert str(error) == "a: it is gone. Bring it. [no-user]"
    assert str(QuadletError.from_dict(error.to_dict())) == str(error)
    assert str(QuadletError("it is wrong", rule="syntax")) == "it is wrong [syntax]"
    assert str(join_errors([error, error])).endswith("\n- a: it is gone. Bring it. [no-user]")
