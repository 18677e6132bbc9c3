"""Drop-ins of systemd's own that apply to generated services."""

from __future__ import annotations

import os
import pathlib
import pwd

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.drop_ins import (
    find_refusals,
    is_foreign,
    wanted_dirs,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import Verdict
from ansible_collections.quadlet.fleet.plugins.module_utils._host.drop_ins import find_drop_ins
from ansible_collections.quadlet.fleet.plugins.module_utils._host.scope import resolve_scope

PATH = "/etc/systemd/system/web.service.d/x.conf"
# As systemd 257 says it.
SAID = {
    "web.service: Service has more than one ExecStart= setting, which is only allowed for "
    "Type=oneshot services. Refusing.\nUnit web.service has a bad unit file setting.\n": True,
    "web.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.\n": True,
    "web.service: Command /nonexistent is not executable: No such file or directory\n": True,
    f"{PATH}:2: WorkingDirectory= path is not absolute: nowhere\n": True,
    f"{PATH}:2: Unknown key 'Bogus' in section [Service], ignoring.\n": False,
    f"{PATH}:1: Assignment outside of section. Ignoring.\n": False,
    "other.service: Command /nonexistent is not executable: No such file or directory\n": False,
    "": False,
}


@pytest.mark.parametrize(("said", "refused"), SAID.items())
def test_what_systemd_refuses(said: str, refused: bool) -> None:
    errors = find_refusals(said, {"web.service": [PATH]})
    assert [error.where for error in errors] == ([PATH] if refused else [])
    if refused:
        assert said.split("\n", maxsplit=1)[0] in str(errors[0])


@pytest.mark.parametrize(
    ("path", "foreign"),
    [
        (PATH, True),
        ("/run/systemd/system.control/web.service.d/50-CPUWeight.conf", True),
        ("/home/alice/.config/systemd/user/web.service.d/x.conf", True),
        ("/usr/lib/systemd/system/service.d/10-timeout-abort.conf", False),
        ("/usr/local/lib/systemd/system/web.service.d/x.conf", True),
        ("/usr/share/systemd/user/web.service.d/x.conf", False),
        ("/run/systemd/generator/web.service.d/x.conf", False),
        ("/run/user/1000/systemd/generator/web.service.d/x.conf", False),
        ("/run/user/1000/systemd/user/web.service.d/x.conf", True),
    ],
)
def test_whose_they_are(path: str, foreign: bool) -> None:
    assert is_foreign(path) is foreign


@pytest.mark.parametrize("user", [None, pwd.getpwuid(65534).pw_name])
def test_where_they_are_looked_for(user: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that systemd reads (systemd-analyze unit-paths), but for distributions' and generators',
    and what lives as long as a unit (transient).
    """
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    scope = resolve_scope(user)
    kind, places = "user" if user else "system", scope.drop_in_places
    own = [f"{scope.manager.home}/.config", scope.manager.runtime_dir] if user else ["/etc", "/run"]
    assert {f"{top}/systemd/{kind}{more}" for top in own for more in ("", ".control")} < {*places}
    assert {f"/etc/systemd/{kind}", f"/run/systemd/{kind}"} < {*places}
    assert f"/usr/local/lib/systemd/{kind}" in places
    assert all(map(is_foreign, places))
    assert not {f"/etc/systemd/{'system' if user else 'user'}"} & {*places}


@pytest.mark.parametrize(
    "folder", ["a-b@x.service.d", "a-b@.service.d", "a-.service.d", "service.d"]
)
def test_they_are_found(folder: str, tmp_path: pathlib.Path) -> None:
    for name in (folder, "other.service.d", "a-b@x.timer.d"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.conf").write_text("[Service]\n")
        (tmp_path / name / "x.conf.old").write_text("[Service]\n")
    found = find_drop_ins([str(tmp_path), "/nonexistent"], wanted_dirs(["a-b@x.service"]))
    assert found == {"a-b@x.service": [f"{tmp_path}/{folder}/x.conf"]}


PRINTED = """\
---web.service---
[Service]
ExecStart=a

---w@.service---
[Service]
ExecStart=b
"""


@pytest.mark.parametrize(
    ("service", "text"),
    [
        ("web.service", "[Service]\nExecStart=a\n\n"),
        ("w@.service", "[Service]\nExecStart=b\n"),
        ("w@1.service", "[Service]\nExecStart=b\n"),
        ("eb.service", ""),
        ("web@1.service", ""),
    ],
)
def test_texts_of_services(service: str, text: str) -> None:
    assert Verdict((), (), (), PRINTED).text_of(service) == text
