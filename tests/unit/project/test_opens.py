"""Files are opened in one place: nothing that a user puts in a file's place holds up a run."""

from __future__ import annotations

import ast
import functools
import pathlib

import pytest

from tests.unit.support.import_graph import TOP
from tests.unit.support.trees import read_tree

OPENER = "_host/reading.py"
ALLOWED = {
    "_host/child.py start os.open": "/dev/null",
    "_host/stuck.py _text open": "/proc",
    "_host/stuck.py _read_memory os.open": "/proc",
    "_host/lock.py _make os.open": "it makes the file, and opens none that is there (O_EXCL)",
    "_host/state.py _create os.open": "it makes the file, and opens none that is there (O_EXCL)",
    "_host/accounts.py write_file os.open": "the same",
    "_host/exchange.py _write os.open": "the same",
    "_host/exchange.py _copy os.open": "the same",
    "_host/staging.py _write os.open": "the same",
    "_host/secrets.py keep_key mkstemp": "the same",
    "_host/progress_file.py _make os.open": "the same, of the user who runs the module",
    "_host/progress_file.py __call__ os.open": "it does not block, and opens for appending what "
    "_make has made, in a directory of its own user alone",
    "_host/roster.py _locked os.open": "a directory (O_DIRECTORY) of the user who runs the module",
    "_module/keep_engine.py _write os.open": "the same, in a directory that only root can write",
    "_module/keep_engine.py _prune os.open": "a directory (O_DIRECTORY) that only root can write",
    "_module/kept_engine.py _enter os.open": "a directory (O_DIRECTORY, O_PATH)",
    "_module/kept_engine.py _read_own os.open": "it does not block, and takes files of its own "
    "alone; what it is in imports nothing",
    "_host/directories.py _folder os.open": "a directory (O_DIRECTORY, O_PATH)",
    "_host/directories.py _open os.open": "a directory (O_DIRECTORY, O_PATH)",
    "_host/probes.py _ask_http opener.open": "a URL",
    "_host/preflight.py _ask opener.open": "a URL",
    "_host/staging.py judge mkdtemp": "a directory of its own",
    "_host/staging.py _verify mkdtemp": "a directory of its own",
}
"""What opens by itself, with the reason."""

OPENS = {"open", "open_code", "fdopen", "mkstemp", "mkdtemp", "NamedTemporaryFile", "mkfifo"}
WHOLE_FILES = {
    "copy", "copy2", "copyfile", "copyfileobj", "copytree", "move", "read_bytes", "write_bytes",
    "write_text", "rmtree", "fileinput", "load_cert_chain", "getpwnam_r", "truncate", "sendfile",
}  # fmt: skip
"""Methods that open files of a name; those of our own modules are calls of ours."""
OURS = {"state", "reading", "files", "copy", "accounts"}


def _name(node: ast.AST) -> str:
    """A called name with what it is of."""
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def find_opens(tree: ast.AST, path: str) -> list[str]:
    """`FILE FUNCTION CALL` of each call that opens a file by its name; one of a descriptor that is
    open does not.
    """
    found = []
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.Module)):
            continue
        inner = [
            node
            for statement in function.body
            if not isinstance(statement, (ast.FunctionDef, ast.ClassDef))
            for node in ast.walk(statement)
        ]
        where = getattr(function, "name", "module")
        for node in inner:
            if not isinstance(node, ast.Call):
                continue
            name = _name(node.func)
            of, _dot, last = name.rpartition(".")
            is_method = isinstance(node.func, ast.Attribute) and last in WHOLE_FILES
            if (last in OPENS and not _is_open(node)) or (is_method and of not in OURS):
                found.append(f"{path} {where} {name if of in ('os', 'opener') else last}")
    return found


def _is_open(call: ast.Call) -> bool:
    """Whether what is opened is a descriptor."""
    if not call.args:
        return any(word.arg == "fileobj" for word in call.keywords)
    first = call.args[0]
    if isinstance(first, ast.Call):
        return _name(first.func) in ("open_regular", "os.open")
    return _name(first) == "descriptor"


@functools.cache
def _all() -> list[str]:
    return [
        row
        for path in sorted(TOP.rglob("*.py"))
        for row in find_opens(read_tree(path), str(path.relative_to(TOP)))
    ]


def test_nothing_else_opens_files() -> None:
    rows = {row for row in _all() if not row.startswith((OPENER, "_core/"))}
    assert sorted(rows - set(ALLOWED)) == []


def test_the_list_of_exceptions_is_not_too_long() -> None:
    assert sorted(set(ALLOWED) - set(_all())) == []


def test_the_opener_itself_is_seen() -> None:
    assert f"{OPENER} _open os.open" in _all()


def test_what_makes_files_opens_none_that_is_there() -> None:
    texts = {path: (TOP / path).read_text("utf-8") for path in {row.split()[0] for row in ALLOWED}}
    for text in texts.values():
        for line in text.splitlines():
            assert "O_CREAT" not in line or "O_EXCL" in line


@pytest.mark.parametrize(
    "source",
    [
        "open('x')",
        "with open(path, 'wb') as s: pass",
        "def f(p):\n    return io.open(p)",
        "os.open(p, os.O_RDONLY)",
        "pathlib.Path(p).read_bytes()",
        "path.open()",
        "shutil.copy2(a, b)",
        "tarfile.open(p)",
        "class A:\n    def f(self):\n        if x:\n            return open(self.path)",
    ],
)
def test_the_rule_itself_finds_opens(source: str) -> None:
    assert find_opens(ast.parse(source), "x.py")


@pytest.mark.parametrize(
    "source", ["open(descriptor, 'rb')", "open(open_regular(p), 'rb')", "tarfile.open(fileobj=f)"]
)
def test_the_rule_itself_lets_descriptors_pass(source: str) -> None:
    assert not find_opens(ast.parse(source), "x.py")


def test_there_is_something_to_look_at() -> None:
    assert len(_all()) > len(ALLOWED)
    assert pathlib.Path(TOP / OPENER).is_file()
