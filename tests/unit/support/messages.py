"""The errors of the collection: each text that can leave it as one, and the id in it."""

from __future__ import annotations

import ast
import functools
import pathlib
import re
import typing as t

import yaml

from tests.unit.support.trees import read_tree

ROOT = pathlib.Path(__file__).resolve().parents[3]
ID = re.compile(r"\[([a-z]+(?:-[a-z]+)*)\]$")
LEAVING = {
    "AnsibleError",
    "AnsibleFilterError",
    "RolloutError",
    "action_failure",
}
"""Exceptions whose text is shown as it is."""
_TOLD_ANEW = re.compile(r"\berror\b|\bmessage\b|\.msg\b|\bcauses\b")
"""What is in a text that passes on one that has its id."""


class Text(t.NamedTuple):
    """A text with … for values.  ident: None where its parts have ids."""

    ident: str | None
    text: str
    place: str


def _template(node: ast.AST | None) -> str:
    """A text of the code, with … for what a run puts in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left) + _template(node.right)
    return "…"


def _calls(path: pathlib.Path) -> t.Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(read_tree(path)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            yield name, node


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _of_error(call: ast.Call, place: str) -> t.Iterator[Text]:
    """The texts of a QuadletError; its id may depend on a condition."""
    topic = _keyword(call, "topic") or _keyword(call, "rule")
    text = _template(call.args[0] if call.args else None)
    if topic is None:
        yield Text("", text, place)
    elif isinstance(topic, ast.Constant):
        yield Text(topic.value, text, place)
    else:
        yield Text(None, text, place)


def _of_exception(call: ast.Call, place: str) -> Text:
    shown = call.args[0] if call.args else None
    text = _template(shown)
    found = ID.search(text)
    if found:
        return Text(found[1], text[: found.start()].rstrip(), place)
    passes = shown is not None and _TOLD_ANEW.search(ast.unparse(shown))
    return Text(None if passes else "", text, place)


def _written(path: pathlib.Path) -> t.Iterator[Text]:
    """Texts that end with an id, whoever shows them."""
    for node in ast.walk(read_tree(path)):
        if isinstance(node, (ast.Constant, ast.JoinedStr)):
            found = ID.search(_template(node))
            if found and found[1] in _explained():
                shown = _template(node)[: found.start()].rstrip()
                yield Text(found[1], shown, f"{path.relative_to(ROOT)}:{node.lineno}")


def _in_code(path: pathlib.Path) -> t.Iterator[Text]:
    yield from _written(path)
    for name, call in _calls(path):
        place = f"{path.relative_to(ROOT)}:{call.lineno}"
        if name == "QuadletError":
            yield from _of_error(call, place)
        elif name in LEAVING:
            yield _of_exception(call, place)
        elif name == "fail_json" and _keyword(call, "msg"):
            shown = ast.Call(call.func, [t.cast("ast.expr", _keyword(call, "msg"))], [])
            yield _of_exception(shown, place)


_FAILS = {"ansible.builtin.fail": "msg", "ansible.builtin.assert": "fail_msg"}


def _in_tasks(path: pathlib.Path) -> t.Iterator[Text]:
    """The texts of tasks that fail; a text that is a value is passed on."""

    def walk(node: t.Any) -> t.Iterator[tuple[str, str]]:
        if isinstance(node, list):
            for item in node:
                yield from walk(item)
        elif isinstance(node, dict):
            for key, value in node.items():
                if key in _FAILS:
                    yield str(node.get("name")), " ".join(str(value[_FAILS[key]]).split())
                else:
                    yield from walk(value)

    for name, text in walk(yaml.safe_load(path.read_text(encoding="utf-8"))):
        found = ID.search(text)
        passes = re.fullmatch(r"\{\{[^{}]*\}\}", text)
        shown = re.sub(r"\{\{.*?\}\}", "…", text[: found.start()].rstrip() if found else text)
        ident = found[1] if found else None if passes else ""
        yield Text(ident, shown, f"{path.relative_to(ROOT)}: {name}")


@functools.cache
def read_messages() -> tuple[Text, ...]:
    """All of the collection; an id of "" is missing."""
    code = (text for path in sorted((ROOT / "plugins").rglob("*.py")) for text in _in_code(path))
    tasks = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml")]
    return (*code, *(text for path in sorted(tasks) for text in _in_tasks(path)))


@functools.cache
def _explained() -> frozenset[str]:
    return frozenset(ident for rows in read_explanations().values() for ident in rows)


def read_explanations() -> dict[str, dict[str, dict[str, str]]]:
    """By heading and id: what docs/messages.md says."""
    path = ROOT / "tests/pages/messages.yml"
    return t.cast("t.Any", yaml.safe_load(path.read_text(encoding="utf-8")))
