"""What the pages of the conversions show is what comes out."""

from __future__ import annotations

import pathlib
import re
import typing as t

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._module.convert_options import CONVERT
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import parse_arguments
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import convert_texts
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.report import as_text

ROOT = pathlib.Path(__file__).resolve().parents[4]
PAGES = ("from-compose.md", "from-run.md", "from-generate-systemd.md")


def _blocks(page: str) -> list[tuple[str, str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def _first(page: str, language: str) -> str:
    return next(text for name, text in _blocks(page) if name == language)


def _convert(kind: str, file: str, text: str, **given: t.Any) -> dict[str, t.Any]:
    return convert_texts(kind, [(file, text)], parse_arguments(kind, given))


def _unit(app: t.Mapping[str, t.Any], name: str) -> str:
    return render_unit(name, app["units"][name])


def test_compose(tmp_path: pathlib.Path) -> None:
    (tmp_path / ".env").write_text("DB_PASSWORD=hunter2\n")
    (tmp_path / "site.conf").write_text("server {}\n")
    page = "from-compose.md"
    app = _convert("compose", "compose.yaml", _first(page, "yaml"), name="shop", base=str(tmp_path))
    assert _unit(app, "web.container") == _first(page, "ini")
    assert as_text(app["report"]).replace("compose.yaml:", "shop/compose.yaml:") == _first(
        page, "text"
    )


def test_run() -> None:
    page = "from-run.md"
    given = {"env": {"HOME": "/home/alice"}, "scope": "user"}
    app = _convert("run", "cloud.txt", _first(page, "sh"), **given)
    assert _unit(app, "cloud.container") == _first(page, "ini")
    assert as_text(app["report"]) == _first(page, "text")


def test_generated_units() -> None:
    page = "from-generate-systemd.md"
    app = _convert("systemd", "container-web.service", _first(page, "systemd"))
    assert _unit(app, "web.container") == _first(page, "ini")
    assert app["report"] == []


def test_filters(tmp_path: pathlib.Path) -> None:
    """The apps of the pages are made, from the files of the pages."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/.env").write_text("DB_PASSWORD=hunter2\n")
    (tmp_path / "shop/site.conf").write_text("server {}\n")
    (tmp_path / "shop/compose.yaml").write_text(_first("from-compose.md", "yaml"))
    unit = _first("from-generate-systemd.md", "systemd")
    (tmp_path / "container-web.service").write_text(unit)
    loader = DataLoader()
    loader.set_basedir(str(tmp_path))
    made = []
    for page in PAGES:
        texts = [text for name, text in _blocks(page) if name == "yaml" and "| quadlet" in text]
        assert texts, page
        for text in texts:
            path = tmp_path / "vars.yml"
            path.write_text(text)
            variables = loader.load_from_file(str(path), cache="none", trusted_as_template=True)
            templar = Templar(loader, {"playbook_dir": str(tmp_path)})
            made += templar.template(variables)["quadlet_deploy_apps"]
    assert [app["name"] for app in made] == ["shop", "web", "web"]


def test_commands_and_options_exist() -> None:
    names = {*CONVERT, "app"}
    for page in PAGES:
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for command in re.findall(
            r"^\$ (ansible-playbook quadlet.fleet.convert .*)$", text, re.MULTILINE
        ):
            assert set(re.findall(r"-e (\w+)=", command)) <= names, command
    options = (ROOT / "docs" / PAGES[0]).read_text(encoding="utf-8").partition("## Options")[2]
    rows = re.findall(r"^\| (`[^|]*`) \|", options.partition("\n## ")[0], re.MULTILINE)
    found = re.findall(r"`(\w+)(?:=[^`]*)?`", " ".join(rows))
    assert len(found) > 10
    assert set(found) <= names
    tasks = [text for name, text in _blocks(PAGES[0]) if name == "yaml" and "discover" in text]
    assert all(yaml.safe_load(text)[0]["quadlet.fleet.discover"] is None for text in tasks)
    assert tasks
