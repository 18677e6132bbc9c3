"""What is sent to a host stays small."""

from __future__ import annotations

import ast
import io
import pathlib
import zipfile

import pytest

from tests.unit.support.import_graph import read_graph
from tests.unit.support.payload import make_payload, sizes
from tests.unit.support.trees import read_nodes

LIMIT = 14 * 1024
PLUGINS = pathlib.Path(__file__).resolve().parents[3] / "plugins"
TOP = "ansible_collections/quadlet/fleet/plugins"
LIGHT = (
    "_module/engine_module.py",
    "_module/kept_engine.py",
    "_module/options.py",
    "_module/convert_options.py",  # of a module that is never sent
    "_module/status_options.py",  # the same
)
"""All of module_utils that Ansible may find in a module: the others are kept on the host."""


def _imported(path: pathlib.Path) -> set[str]:
    """What a file imports of module_utils, also late."""
    found = set()
    for node in read_nodes(path):
        if isinstance(node, ast.ImportFrom) and (node.level or "quadlet" in (node.module or "")):
            full = f"{'.' * node.level}{node.module or ''}".partition("module_utils.")[2]
            found |= {full, *(f"{full}.{name.name}" for name in node.names)}
    return {name for name in found if (PLUGINS / "module_utils" / _file(name)).is_file()}


def _file(name: str) -> str:
    return f"{name.replace('.', '/')}.py"


@pytest.mark.parametrize("module", ["app", "apps"])
def test_a_call_is_small(module: str) -> None:
    payload = make_payload(module)
    ours, _theirs = sizes(payload)
    assert 0 < ours < LIMIT
    names = set(zipfile.ZipFile(io.BytesIO(payload)).namelist())
    light = {f"{TOP}/module_utils/{name}" for name in LIGHT}
    sent = {name for name in names if name.startswith(TOP) and "__init__" not in name}
    assert sent <= {f"{TOP}/modules/{module}.py", *light}
    # What the engine needs of Ansible's own comes with every module.
    theirs = {"basic", "common/arg_spec", "errors"}
    assert {f"ansible/module_utils/{name}.py" for name in theirs} <= names


@pytest.mark.parametrize("path", sorted(PLUGINS.glob("modules/*.py")), ids=lambda path: path.stem)
def test_a_module_imports_what_is_light(path: pathlib.Path) -> None:
    imported = {_file(name) for name in _imported(path)}
    assert imported <= set(LIGHT)
    works_on_hosts = path.stem not in ("convert", "lint", "rollout", "status")
    assert (LIGHT[0] in imported) is works_on_hosts
    assert (PLUGINS / "action" / path.name).is_file()
    assert (PLUGINS / "module_utils" / "_module" / path.name).is_file() is works_on_hosts


def test_what_is_light_imports_nothing_else() -> None:
    graph = read_graph()
    names = {name.removesuffix(".py").replace("/", ".") for name in LIGHT}
    assert {other for name in names for other in graph[name]} <= names


def test_what_the_engine_needs_of_ansible() -> None:
    found = {
        line.split()[1]
        for path in (PLUGINS / "module_utils").rglob("*.py")
        for line in map(str.strip, path.read_text("utf-8").splitlines())
        if line.startswith(("from ansible.", "import ansible."))
    }
    assert found == {f"ansible.module_utils.{n}" for n in ("basic", "common.arg_spec", "errors")}
