"""What the pages of the conversions show is what comes out."""

from __future__ import annotations

import inspect
import pathlib
import re
import typing as t

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.quadlet.fleet.plugins.module_utils._module.convert_options import CONVERT
from tests.pages.coming import EXAMPLES, convert_example

ROOT = pathlib.Path(__file__).resolve().parents[4]
TRUST = "trusted_as_template"
OLDER = TRUST not in inspect.signature(DataLoader.load_from_file).parameters  # before 2.19
AS_VARIABLES: dict[str, t.Any] = {"cache": False} if OLDER else {"cache": "none", TRUST: True}
PAGES = ("from-compose.md", "from-run.md", "from-generate-systemd.md")


def _blocks(page: str) -> list[tuple[str, str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def _first(page: str, language: str) -> str:
    return next(text for name, text in _blocks(page) if name == language)


def test_the_examples_lose_nothing() -> None:
    """What each page says of its example in words."""
    losses = {
        page: {item["outcome"] for item in convert_example(page)["report"]} for page in EXAMPLES
    }
    assert set(losses) == set(PAGES)
    assert not any(outcomes & {"dropped", "refused"} for outcomes in losses.values())
    assert losses["from-generate-systemd.md"] == set()


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
            variables = loader.load_from_file(str(path), **AS_VARIABLES)
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
