"""What the role status packs for a host: the same bytes each time, and nothing of Ansible."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import zipfile

FILES = pathlib.Path(__file__).resolve().parents[3] / "roles/status/files"
TOP = FILES.parents[2]
PACK = TOP / "plugins/plugin_utils/_content/pack.py"

RUN = """
import pathlib, sys
sys.modules["ansible"] = None
sys.path[:0] = [sys.argv[1]]
import collect
folder = collect.unpack(pathlib.Path(sys.argv[1]) / "engine.zip")
assert collect.unpack(pathlib.Path(sys.argv[1]) / "engine.zip") == folder
sys.path.insert(0, str(folder))
import engine._module.inventory
engine._module.inventory.read_inventory = lambda *_: {
    "apps": [], "failures": [], "pull": [], "errors": [], "warnings": []}
print(collect.read()[0])
def fails(*_): raise OSError("no bus")
engine._module.inventory.read_inventory = fails
text, trouble = collect.read()
assert "OSError: no bus" in trouble
collect.write(sys.argv[1] + "/a b.prom", text)
"""


def test_what_reads_a_host_needs_nothing_else(tmp_path: pathlib.Path) -> None:
    old = tmp_path / "engine-0123"
    old.mkdir()
    for name in ("one.zip", "engine.zip"):
        subprocess.run([sys.executable, PACK, TOP, tmp_path / name], check=True)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "engine.zip").read_bytes()
    names = zipfile.ZipFile(tmp_path / "engine.zip").namelist()
    assert "engine/_module/inventory.py" in names
    assert not [name for name in names if not name.endswith(".py")]
    (tmp_path / "collect.py").write_bytes((FILES / "collect.py").read_bytes())
    words = [sys.executable, "-I", "-c", RUN, tmp_path]
    run = subprocess.run(words, check=True, capture_output=True, text=True)
    assert "quadlet_status_readable 1\n" in run.stdout
    written = tmp_path / "a b.prom"
    assert "quadlet_status_readable 0\n" in written.read_text(encoding="utf-8")
    assert written.stat().st_mode & 0o777 == 0o644
    left = {path.name for path in tmp_path.iterdir()} - {"__pycache__"}
    assert len(left) == 5
    assert not old.exists()
