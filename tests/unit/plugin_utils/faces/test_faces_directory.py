"""The directory that an app is written to: its files, and whose they are."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import typing as t

import jinja2
import pytest
import yaml

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.layout import Entry, lay_out
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.recognize import (
    recognize,
    recognize_directory,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.templates import Templates
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.written import (
    LIST,
    apply_changes,
    plan_changes,
)

APP: dict[str, t.Any] = {
    "name": "shop",
    "units": {
        "web.container": {
            "Container": {
                "Image": "docker.io/library/nginx:1",
                "Environment": {
                    "A": "{{ lookup('pipe', 'id') }}",
                    "B": "{{ GIVEN }} and {{ OTHER }}",
                },
            }
        },
        "db.container": "[Container]\nImage=docker.io/library/db:1\nLabel=x={{OTHER}}\n",
    },
    "files": {"conf/a.conf": {"content": "a {% b %}\n", "mode": "0600"}, "t.j2": "{{ x }}\n"},
    "secrets": {"db-password": "hunter2", "unknown": None, "later": "{{ GIVEN }}"},
    "directories": {"/srv/{{ x }}": {"mode": "0750"}, "./data": {}},
    "variables": [{"name": "GIVEN", "default": None, "places": ["compose.yaml:3"]}],
}
HOSTILE = (
    "{{ lookup('pipe', 'id') }}", "{% raw %}", "{{{ x }}}", "{#", "#}", "{{", "}}", "{{ '{{' }}",
    "{%- x -%}", "{{ GIVEN }}{{ x }}", "{", "{ {", "{{ GIVEN}}",
)  # fmt: skip


class _Loader(yaml.SafeLoader):
    """Reads !unsafe as Ansible does: a text that is no template."""


_Loader.add_constructor("!unsafe", lambda loader, node: ("unsafe", loader.construct_scalar(node)))


def _render(text: str, **values: str) -> str:
    return jinja2.Environment(keep_trailing_newline=True).from_string(text).render(values)


def test_only_placeholders_are_templates() -> None:
    templates = Templates(["GIVEN"])
    for text in HOSTILE:
        template = templates.escape(text)
        assert _render(template, GIVEN="v") == text.replace("{{ GIVEN }}", "v"), text
        assert templates.is_template(text) == ("{{ GIVEN }}" in text)


def test_yaml_is_read_as_it_was_meant() -> None:
    templates = Templates(["GIVEN"])
    texts = [
        *HOSTILE,
        "22:22",
        "yes",
        "0644",
        "1e3",
        "~",
        "",
        " x ",
        "a\nb\n",
        "\x7f\x85\u2028",
        "é😀",
    ]
    rows = yaml.load(templates.to_yaml({"rows": texts}), _Loader)["rows"]
    for text, row in zip(texts, rows):
        if isinstance(row, tuple):
            assert row == ("unsafe", text)
        else:
            assert _render(row, GIVEN="v") == text.replace("{{ GIVEN }}", "v"), text


def test_the_files_of_an_app() -> None:
    layout = lay_out(APP, "svc", values=False)
    assert sorted(layout.files) == [
        "app.yml",
        "deploy.yml",
        "shop/conf/a.conf",
        "shop/db.container",
        "shop/t.j2.j2",
        "shop/web.container.j2",
    ]
    files = {path: str(entry.content) for path, entry in layout.files.items()}
    unit = _render(files["shop/web.container.j2"], GIVEN="v")
    assert "Environment=\"A={{ lookup('pipe', 'id') }}\"" in unit
    assert 'Environment="B=v and {{ OTHER }}"' in unit
    assert _render(files["shop/t.j2.j2"]) == "{{ x }}\n"
    assert files["shop/db.container"].endswith("{{OTHER}}\n")
    assert layout.files["shop/conf/a.conf"] == Entry("a {% b %}\n", 0o600)
    assert "hunter2" not in "".join(files.values())
    assert layout.variables == ("GIVEN", "shop_db_password", "shop_unknown")


def test_a_given_value_stands_in_a_unit_as_data() -> None:
    def unit(value: str) -> dict[str, t.Any]:
        return {
            "Image": "docker.io/x/y:1",
            "Environment": {"A": f"x {value}", "B": value},
            "Exec": ["sh", "-c", f"echo {value} z"],
            "HealthCmd": ["CMD-SHELL", f"test {value} b"],
        }

    units = {"web.container": {"Container": unit("{{ GIVEN }}")}}
    layout = lay_out({**APP, "units": units}, "", values=False)
    template = str(layout.files["shop/web.container.j2"].content)
    for value in ("v", "50%", "a$b", 'q"r', "b\\s \\n", "%h $HOME ${A}", "two words", "{{ x }}"):
        quoted = render_unit("web.container", {"Container": unit(value)})
        lines = zip(_render(template, GIVEN=value).split("\n"), quoted.split("\n"))
        for line, expected in lines:
            assert line.replace('"', "") == expected.replace('"', ""), (value, line, expected)
    assert "%%" in _render(template, GIVEN="%")


def test_the_variables_of_an_app() -> None:
    text = str(lay_out(APP, "svc", values=False).files["app.yml"].content)
    (item,) = yaml.load(text, _Loader)["quadlet_deploy_apps__shop"]
    assert (item["name"], item["user"], item["src"]) == ("shop", "svc", "shop/")
    assert item["secrets"] == {
        "db-password": "{{ shop_db_password }}",
        "unknown": "{{ shop_unknown }}",
        "later": "{{ GIVEN }}",
    }
    assert "# GIVEN: to be given; used in compose.yaml:3\n" in text
    play = yaml.safe_load(str(lay_out(APP, "", values=False).files["deploy.yml"].content))
    assert play[0]["tasks"][0]["quadlet.fleet.apps"] == {"apps": "{{ quadlet_deploy_apps__shop }}"}


def test_values_are_private() -> None:
    values = lay_out(APP, "", values=True).files["values.yml"]
    assert values.mode == 0o600
    assert yaml.safe_load(str(values.content)) == {
        "GIVEN": None,
        "shop_db_password": "hunter2",
        "shop_unknown": None,
    }


def _write(dest: pathlib.Path, files: dict[str, Entry]) -> list[str]:
    changes = plan_changes(str(dest), files)
    apply_changes(str(dest), changes)
    return sorted(change.path for change in changes)


def test_a_second_time_nothing_changes(tmp_path: pathlib.Path) -> None:
    files = {"a/x": Entry("x\n", 0o644), "a/b/y": Entry("y\n", 0o600)}
    assert _write(tmp_path, files) == [LIST, "a/b/y", "a/x"]
    assert stat.S_IMODE(os.stat(tmp_path / "a/b/y").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / LIST).st_mode) == 0o600
    assert _write(tmp_path, files) == []
    assert _write(tmp_path, {**files, "a/x": Entry("z\n", 0o644)}) == [LIST, "a/x"]
    assert _write(tmp_path, {"a/x": Entry("z\n", 0o600)}) == [LIST, "a/b/y", "a/x"]
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")) == [LIST, "a", "a/x"]


def test_what_others_wrote_stays(tmp_path: pathlib.Path) -> None:
    files = {"a/x": Entry("x\n"), "b": Entry("b\n"), "c": Entry("c\n")}
    (tmp_path / "b").write_text("mine\n")
    with pytest.raises(QuadletError, match=r"b would be replaced"):
        _write(tmp_path, files)
    assert sorted(os.listdir(tmp_path)) == ["b"]
    (tmp_path / "b").write_text("b\n")
    _write(tmp_path, files)
    (tmp_path / "a/x").write_text("edited\n")
    with pytest.raises(QuadletError, match=r"a/x would be replaced"):
        _write(tmp_path, {**files, "a/x": Entry("new\n")})
    (tmp_path / "c").write_text("edited\n")
    (tmp_path / "a/x").write_text("x\n")
    _write(tmp_path, {"a/x": Entry("x\n"), "b": Entry("b\n")})
    assert (tmp_path / "c").read_text() == "edited\n"


def test_no_link_and_no_list_leads_elsewhere(tmp_path: pathlib.Path) -> None:
    dest, outside = tmp_path / "dest", tmp_path / "outside"
    dest.mkdir()
    outside.write_text("x")
    (dest / "a").symlink_to(outside)
    with pytest.raises(QuadletError, match="no regular file"):
        _write(dest, {"a": Entry("y")})
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    (dest / "a").unlink()
    (dest / LIST).write_text(json.dumps({"format": 1, "files": {"../outside": digest}}))
    _write(dest, {"a": Entry("y")})
    assert outside.exists()
    (dest / LIST).write_text("[")
    with pytest.raises(QuadletError, match="damaged"):
        _write(dest, {"a": Entry("y")})


KINDS = [
    ("compose.yaml", "services: {}\n", "compose"),
    ("stack.yml", "x: 1\n", "compose"),
    ("stack", "version: '3'\nservices:\n  a: {}\n", "compose"),
    ("compose.json", '{"services": {}}', "compose"),
    ("run.txt", "docker run -d nginx\n", "run"),
    ("README.md", "Try:\n\n    $ sudo docker run \\\n  nginx\n", "run"),
    ("x.sh", "#!/bin/sh\npodman create --name a nginx\n", "run"),
    ("x.sh", "docker container run nginx\n", "run"),
    ("container-web.service", "", "systemd"),
    ("web", "# c\n[Unit]\nDescription=x\n[Service]\nExecStart=podman run x\n", "systemd"),
    ("i.json", '[{"Id": "a", "Config": {}}]', "inspect"),
    ("i.json", '{"Id": "a"}', "inspect"),
    ("notes.txt", "nothing\n", None),
    ("empty", "", None),
    ("i.json", "[1, 2]", None),
]


def test_what_a_text_is() -> None:
    for file, text, kind in KINDS:
        if kind is None:
            with pytest.raises(QuadletError, match="-e from=compose"):
                recognize(file, text)
        else:
            assert recognize(file, text) == kind, (file, text)


def test_what_a_directory_is() -> None:
    assert recognize_directory(["compose.yaml", "docker-compose.yml", "x"])[1] == ["compose.yaml"]
    names = ["docker-compose.yml", "docker-compose.override.yml", "compose.override.yaml"]
    assert recognize_directory(names)[1] == names[:2]
    assert recognize_directory(["b.service", "a.service", "x"]) == (
        "systemd",
        ["a.service", "b.service"],
    )
    with pytest.raises(QuadletError, match="neither"):
        recognize_directory(["x"])
