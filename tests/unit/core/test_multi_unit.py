"""Several units in one text."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import parse_content
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import holds_units
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.multi_unit import (
    Part,
    split_quadlets,
)

WEB = "# FileName=web\n[Container]\nImage=localhost/a:1\n"
NET = "# FileName=net\n[Network]\n"

READ = {
    "two": (f"{WEB}---\n{NET}", [("web.container", WEB, 0), ("net.network", NET, 4)]),
    "one": (WEB, [("web.container", WEB, 0)]),
    "no newline at the end": (
        f"{WEB}---\n{NET[:-1]}",
        [("web.container", WEB, 0), ("net.network", NET, 4)],
    ),
    "dashes first and last": (f"---\n{WEB}---\n", [("web.container", WEB, 1)]),
    "empty parts": (
        f"{WEB}---\n\n---\n{NET}",
        [("web.container", WEB, 0), ("net.network", NET, 6)],
    ),
    "blanks around the dashes": (
        f"{WEB} --- \r\n{NET}",
        [("web.container", WEB, 0), ("net.network", NET, 4)],
    ),
    "longer dashes are a line of the text": (
        "# ----\n" + WEB,
        [("web.container", "# ----\n" + WEB, 0)],
    ),
    "name after the section": (
        "[Volume]\n#FileName= data \n",
        [("data.volume", "[Volume]\n#FileName= data \n", 0)],
    ),
    "systemd's section first": (
        "#FileName=a\n[Unit]\nDescription=[Pod]\n[Kube]\nYaml=a\n",
        [("a.kube", "#FileName=a\n[Unit]\nDescription=[Pod]\n[Kube]\nYaml=a\n", 0)],
    ),
    "a template": ("# FileName=a@\n[Build]\n", [("a@.build", "# FileName=a@\n[Build]\n", 0)]),
    "one stem, two kinds": (
        "# FileName=a\n[Pod]\n---\n# FileName=a\n[Image]\n",
        [("a.pod", "# FileName=a\n[Pod]\n", 0), ("a.image", "# FileName=a\n[Image]\n", 3)],
    ),
}

REFUSED = {
    "nothing": ("\n---\n", "x.quadlets", "holds no unit"),
    "no name": (f"{WEB}---\n[Network]\n", "x.quadlets:5", "has no name"),
    "empty name": ("\n# FileName=\n[Network]\n", "x.quadlets:2", "without a suffix"),
    "suffix": (f"{WEB}---\n# FileName=a.network\n[Network]\n", "x.quadlets:5", "without a suffix"),
    "slash": ("# FileName=../a\n[Network]\n", "x.quadlets:1", "without a suffix"),
    "no section": ("# FileName=a\n", "x.quadlets:1", "no section"),
    "no section of Podman": ("# FileName=a\n[Service]\n", "x.quadlets:1", "no section"),
    "twice": (f"{WEB}---\n{WEB}", "x.quadlets:5", "web.container is there twice"),
}


@pytest.mark.parametrize(("text", "parts"), READ.values(), ids=READ)
def test_splits(text: str, parts: list[tuple[str, str, int]]) -> None:
    assert split_quadlets("x.quadlets", text) == [Part(*part) for part in parts]


@pytest.mark.parametrize(("text", "where", "what"), REFUSED.values(), ids=REFUSED)
def test_refuses(text: str, where: str, what: str) -> None:
    with pytest.raises(QuadletError, match=what) as caught:
        split_quadlets("x.quadlets", text)
    assert caught.value.where == where
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("path", "several"), [("x.quadlets", True), ("a/x.quadlets", False), ("x.container", False)]
)
def test_which_texts_hold_several(path: str, several: bool) -> None:
    assert holds_units(path) is several


def test_an_app_has_the_units_of_the_text() -> None:
    units = {"x.quadlets": f"{WEB}---\n{NET}", "web.container.d/a.conf": "[Service]\n"}
    content = parse_content("shop", units, None)
    assert content is not None
    assert sorted(content) == ["net.network", "web.container", "web.container.d/a.conf"]
    assert content["web.container"].data.decode() == WEB


def test_a_unit_is_declared_once() -> None:
    for units in (
        {"x.quadlets": WEB, "web.container": "[Container]\n"},
        {"x.quadlets": WEB, "y.quadlets": WEB},
    ):
        with pytest.raises(QuadletError, match=r"web\.container is declared already"):
            parse_content("shop", units, None)


def test_several_units_are_no_sections() -> None:
    with pytest.raises(QuadletError, match="several units are text"):
        parse_content("shop", {"x.quadlets": {"Container": {}}}, None)


def test_the_names_are_checked_like_any_other() -> None:
    with pytest.raises(QuadletError, match="can't be a unit's name"):
        parse_content("shop", {"x.quadlets": "# FileName=a b\n[Pod]\n"}, None)
