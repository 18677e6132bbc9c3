"""An app that an earlier release deployed is taken over by this one without a restart."""

from __future__ import annotations

import json
import pathlib

import pytest

from tests.integration.support.apps import Scope
from tests.integration.support.release_files import FOLDER, NAME, lay_out


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_taken_over_without_a_restart(path: pathlib.Path, system: Scope) -> None:
    app, files = system.app(NAME), json.loads(path.read_text(encoding="utf-8"))
    lay_out(app, files["ended"])
    try:
        system.systemctl("daemon-reload")
        system.systemctl(f"enable --now --quiet {NAME}-job.timer")
        system.systemctl(f"start {app.service('web')}")
        before, loaded = app.ids("web"), system.loaded_at()

        same = app.run(**files["declared"]).ok()
        assert same["plan"] == []
        assert not same.changed
        assert (app.ids("web"), system.loaded_at()) == (before, loaded)

        back = app.run(state="rolled_back").ok()
        assert back["generation"] == 1
        assert app.inside("web", "cat /conf/a.txt") == "first"
        assert app.run(**files["declared"]).ok().actions[app.service("web")] == "restart"
    finally:
        app.remove()
        app.scope.ssh(f"podman volume rm systemd-{NAME}-data; podman network rm systemd-{NAME}-net")
