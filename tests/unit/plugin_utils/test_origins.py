# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages of failed apps say which variable, and which file, gave what."""

from __future__ import annotations

import typing as t

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.quadlet.fleet.plugins.action.apps import ActionModule
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.merge import Layer
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.origins import (
    describe_origins,
)

LAYERS = [
    Layer("quadlet_deploy_apps", [{"name": "shop", "src": "shop/", "user": "svc"}, {"name": "b"}]),
    Layer(
        "quadlet_deploy_apps__9_host",
        [
            {
                "name": "shop",
                "state": "present",
                "units": {
                    "web.container": {"Container": {"Image": "x", "PublishPort+": ["1:1"]}},
                    "db.container": "[Container]\n",
                    "w@1.container": {"template": "w@.container"},
                },
                "files": {"a.conf": {"mode": "0600"}},
                "secrets": {"pw": "hunter2"},
            }
        ],
    ),
]


def test_what_each_variable_gave() -> None:
    message = "units web.container [Container] PublishPort: 'x' is no port"
    files = {"quadlet_deploy_apps__9_host": "host_vars/one.yml"}
    assert describe_origins(LAYERS, "shop", message, files).split("\n") == [
        "app shop is merged from 2 variables, of which the later wins:",
        "  quadlet_deploy_apps: src",
        (
            "  quadlet_deploy_apps__9_host (host_vars/one.yml): units web.container [Container] "
            "PublishPort+, state, units web.container [Container] Image, units db.container, "
            "units w@1.container, files a.conf and 1 more"
        ),
    ]


def test_one_variable_is_not_told() -> None:
    assert describe_origins(LAYERS, "b", "", {}) == ""
    assert describe_origins(LAYERS, "none", "", {}) == ""
    assert describe_origins([Layer("x", "text"), LAYERS[0]], "shop", "", {}) == ""


class _Answering(ActionModule):
    """The action, with a host that gives an answer."""

    def __init__(self, args: dict[str, t.Any], answer: dict[str, t.Any]) -> None:
        self._loader = DataLoader()
        self._templar = Templar(self._loader)
        self._task = t.cast(t.Any, type("Task", (), {"args": args, "async_val": 0}))
        self.answer = answer
        self.sent: list[t.Mapping[str, t.Any]] = []

    def call_module(self, args: t.Mapping[str, t.Any], variables: t.Any) -> dict[str, t.Any]:
        """The answer."""
        assert isinstance(variables, dict)
        self.sent.append(args)
        return dict(self.answer)


def _row(name: str) -> dict[str, t.Any]:
    return {"name": name, "user": None, "failed": True, "changed": False, "msg": "bad"}


def test_the_message_of_a_project_has_them() -> None:
    variables = {layer.source: layer.value for layer in LAYERS}
    args = {"apps": [{"name": "shop"}], "project": "deploy", "undeclared": "warn"}
    action = _Answering(args, {"failed": True, "msg": "1 of 1 failed", "apps": [_row("shop")]})
    message = action.work(variables)["msg"]
    assert message.startswith("1 of 1 failed\n\napp shop is merged from 2 variables")
    assert "hunter2" not in message
    assert action.sent[0]["undeclared"] == "warn"
    del args["project"], args["undeclared"]
    assert action.work(variables)["msg"] == "1 of 1 failed"


def test_without_apps_and_project_no_host_is_called() -> None:
    action = _Answering({"apps": []}, {})
    assert action.work({}) == {"changed": False, "apps": []}
    assert action.sent == []
    action = _Answering({"apps": [], "project": "p"}, {"changed": False, "apps": []})
    action.work({})
    assert len(action.sent) == 1


def test_overridden_lists_remove_nothing(tmp_path: t.Any) -> None:
    for name in ("all", "web"):
        (tmp_path / "group_vars").mkdir(exist_ok=True)
        (tmp_path / "group_vars" / f"{name}.yml").write_text("quadlet_deploy_apps: []\n")
    variables = {"playbook_dir": str(tmp_path), "group_names": ["web"]}
    args = {"apps": [], "project": "p", "undeclared": "remove"}
    left = [{"name": "a", "user": None, "action": "none"}]
    action = _Answering(args, {"changed": False, "apps": [], "undeclared": left})
    result = action.work(variables)
    assert action.sent[0]["undeclared"] == "warn"
    assert "nothing that is no longer declared is removed" in result["warnings"][0]
    assert "group_vars/web.yml set the same list" in result["warnings"][0]
