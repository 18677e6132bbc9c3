# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One declaration over another: each form of value over each other one, at each level."""

from __future__ import annotations

import copy
import itertools
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._module.options import APP
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.overlay import (
    SIGNED_LEVELS,
    Overlay,
    settle,
    split_for,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.merge import (
    Layer,
    merge_apps,
)
from tests.unit.support.together import together

ABSENT = object()
FORMS: dict[str, tuple[t.Any, t.Any]] = {
    "absent": (ABSENT, ABSENT),
    "scalar": (1, 2),
    "text": ("A=1", "A=2"),
    "list": (["A=1", "B=1"], ["A=2"]),
    "mapping": ({"A": "1", "B": "1"}, {"A": "2", "C": "2"}),
    "null": (None, None),
}
"""Values of the lower and of the upper place."""

WEB = ("units", "web.container")
LEVELS: dict[str, tuple[str, ...]] = {
    "option": ("gate",),
    "option that no release has yet": ("later",),
    "key of an option": ("gate", "timeout"),
    "unit": WEB,
    "section": (*WEB, "Container"),
    "key": (*WEB, "Container", "Label"),
    "key of a drop-in": ("units", "web.container.d/a.conf", "Container", "Label"),
    "key of systemd": (*WEB, "Service", "ExecStartPre"),
    "pair": (*WEB, "Container", "Label", "com.example"),
    "file": ("files", "a.conf"),
    "key of a file": ("files", "a.conf", "mode"),
    "secret": ("secrets", "pw"),
    "directory": ("directories", "/srv/a"),
    "key of a directory": ("directories", "/srv/a", "mode"),
}
LINES = {"A=1": ["A=1"], "both": ["A=1", "B=1"]}
LABEL_SINGLES = ("key", "key of a drop-in")


def _at(path: t.Sequence[str], value: t.Any) -> dict[str, t.Any]:
    """An app with a value at a path."""
    app: dict[str, t.Any] = {"name": "a"}
    if value is ABSENT:
        return app
    place = app
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = value
    return app


def _get(app: t.Mapping[str, t.Any], path: t.Sequence[str]) -> t.Any:
    value: t.Any = app
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return ABSENT
        value = value[part]
    return value


def _expected(level: str, old: t.Any, new: t.Any) -> t.Any:
    """What the documented rule makes of two values; an error is the word in its message."""
    path = LEVELS[level]
    in_unit = path[0] == "units" and len(path) > 2
    old_is_there = old is not ABSENT and old is not None
    if in_unit and old is None:
        return "null takes away what is not there"
    if new is ABSENT:
        return old if old_is_there else ABSENT
    if new is None:
        return "null takes away what is not there" if in_unit and not old_is_there else ABSENT
    if not isinstance(new, dict) or not old_is_there or level == "secret":
        return new
    if level == "unit" and isinstance(old, str):
        return "sections can't be laid over a text"
    if level == "file" and isinstance(old, str):
        old = {"content": old}
    if level.startswith("key") and path[0] == "units" and isinstance(old, (str, list)):
        lines = [old] if isinstance(old, str) else old
        return [*lines, *(f"{k}={v}" for k, v in new.items())]
    return {**old, **new} if isinstance(old, dict) else new


def _cases(level: str) -> dict[str, tuple[t.Any, t.Any]]:
    """Two values by what they are."""
    return {
        f"{high} over {low}": (FORMS[low][0], FORMS[high][1])
        for low, high in itertools.product(FORMS, FORMS)
        # systemd's own keys take no mapping: the module refuses it
        if not (level == "key of systemd" and high == "mapping" and low in ("text", "list"))
    }


@pytest.mark.parametrize("level", LEVELS)
def test_every_form_over_every_other(level: str) -> None:
    path = LEVELS[level]
    for case, (old, new) in _cases(level).items():
        expected = _expected(level, old, new)
        layers = [Layer("low", [_at(path, old)]), Layer("high", [_at(path, new)])]
        given = copy.deepcopy(layers)
        if isinstance(expected, str) and expected.startswith(("null takes", "sections can't")):
            with pytest.raises(QuadletError) as caught:
                merge_apps(layers)
            assert expected in str(caught.value), case
            winner = "low" if "null takes" in expected and old is None else "high"
            assert f"{winner}, app a: units {path[1]}" in str(caught.value), case
        else:
            assert _get(merge_apps(layers)[0], path) == expected, case
        assert layers == given, f"{case}: what was given has changed"


@pytest.mark.parametrize("level", LEVELS)
def test_over_src_the_same(level: str) -> None:
    """What a variable says over src is what it says over a variable with the same content."""
    results = {case: _both_ways(LEVELS[level], *pair) for case, pair in _cases(level).items()}
    assert {case: pair for case, pair in results.items() if pair[0] != pair[1]} == {}


def _both_ways(path: tuple[str, ...], old: t.Any, new: t.Any) -> tuple[t.Any, t.Any]:
    """What an option is over src, and over a variable; an error is its text."""
    option, patch = path[0], Layer("high", [_at(path, new)])
    in_src = option in ("units", "files") and old not in (ABSENT, None, 1)
    low = _at(path, old if in_src else ABSENT)
    try:
        wanted = merge_apps([Layer("low", [low]), patch])[0].get(option, {})
    except QuadletError as error:
        wanted = error.what
    found: t.Any
    try:
        (app,) = merge_apps([Layer("low", [{"name": "a", "src": "x"}]), patch])
        base = {option: low.get(option, {})}
        found = settle(Overlay("src").merge(base, {option: app.get(option, {})}))[option]
    except QuadletError as error:
        found = error.what
    return found, wanted


ADDED: dict[str, tuple[t.Any, t.Any]] = {
    "to nothing": (ABSENT, ["x"]),
    "to text": ("A=1", ["A=1", "x"]),
    "to a list": (["A=1", ["B", "1"]], ["A=1", ["B", "1"], "x"]),
    "to pairs": ({"A": "50% x"}, ['"A=50%% x"', "x"]),
}


@together("with_src", [False, True], ids=["alone", "with src"])
@together(("old", "expected"), ADDED.values(), ids=ADDED)
def test_a_list_is_added(old: t.Any, expected: t.Any, *, with_src: bool) -> None:
    path = (*WEB, "Container", "Label")
    plus = (*path[:-1], "Label+")
    more = {"src": "x"} if with_src else {}
    layers = [{**_at(path, old), **more}, _at(plus, ["x"]), _at(plus, ["y"])]
    (app,) = merge_apps([Layer(str(n), [item]) for n, item in enumerate(layers)])
    assert _get(settle(app), path) == [*expected, "y"]


def test_a_list_is_added_to_what_src_has() -> None:
    text = "[Container]\nImage=i\n# why\nPublishPort=80:80\nPublishPort=81:81\n"
    patch = {"web.container": {"Container": {"PublishPort+": ["82:82"], "Image": "j"}}}
    over = Overlay("s").merge({"units": {"web.container": text}}, {"units": patch})
    assert settle(over)["units"]["web.container"] == {
        "Container": {"Image": "j", "PublishPort": ["80:80", "81:81", "82:82"]}
    }


SIGNS: dict[str, tuple[list[dict[str, t.Any]], t.Any]] = {
    "= replaces pairs": (
        [
            _at((*WEB, "Container", "Label"), {"A": "1"}),
            _at((*WEB, "Container", "Label="), {"B": "2"}),
        ],
        {"B": "2"},
    ),
    "= replaces a section": (
        [_at((*WEB, "Container", "Label"), "A=1"), _at((*WEB, "Container="), {"Image": "i"})],
        ABSENT,
    ),
    "= replaces a unit": (
        [
            _at((*WEB, "Container", "Label"), "A=1"),
            _at(("units", "web.container="), {"Container": {}}),
        ],
        ABSENT,
    ),
    "= with a list is the list": (
        [
            _at((*WEB, "Container", "Label"), {"A": "1"}),
            _at((*WEB, "Container", "Label="), ["B=2"]),
        ],
        ["B=2"],
    ),
    "after = a mapping is merged": (
        [
            _at((*WEB, "Container", "Label="), {"A": "1"}),
            _at((*WEB, "Container", "Label"), {"B": "2"}),
        ],
        {"A": "1", "B": "2"},
    ),
    "after = a list is added": (
        [
            _at((*WEB, "Container", "Label="), {"A": "1"}),
            _at((*WEB, "Container", "Label+"), ["B=2"]),
        ],
        ["A=1", "B=2"],
    ),
    "a key and its + in one place": (
        [_at(("units",), {"web.container": {"Container": {"Label+": ["B=2"], "Label": ["A=1"]}}})],
        ["A=1", "B=2"],
    ),
    "after + a list replaces": (
        [
            _at((*WEB, "Container", "Label+"), ["A=1"]),
            _at((*WEB, "Container", "Label"), ["B=2"]),
        ],
        ["B=2"],
    ),
    "null, then a mapping": (
        [
            _at((*WEB, "Container", "Label"), {"A": "1"}),
            _at((*WEB, "Container", "Label"), None),
            _at((*WEB, "Container", "Label"), {"B": "2"}),
        ],
        {"B": "2"},
    ),
    "null, then a list is added": (
        [
            _at((*WEB, "Container", "Label"), ["A=1"]),
            _at((*WEB, "Container", "Label"), None),
            _at((*WEB, "Container", "Label+"), ["B=2"]),
        ],
        ["B=2"],
    ),
    "null of a unit, then sections": (
        [
            _at((*WEB, "Container", "Label"), ["A=1"]),
            _at(WEB, None),
            _at((*WEB, "Container", "Image"), "i"),
        ],
        ABSENT,
    ),
    "text replaces sections": (
        [_at((*WEB, "Container", "Label"), "A=1"), _at(WEB, "[Container]\n")],
        ABSENT,
    ),
    "sections over text": (
        [_at(WEB, "[Container]\nLabel=A=1\nLabel=B=1\n"), _at((*WEB, "Container", "Image"), "i")],
        ["A=1", "B=1"],
    ),
}


@together("with_src", [False, True], ids=["alone", "over src"])
@together(("items", "expected"), SIGNS.values(), ids=SIGNS)
def test_signs(items: list[dict[str, t.Any]], expected: t.Any, *, with_src: bool) -> None:
    """The first item's units are src's in the second case."""
    first, rest = items[0], items[1:]
    if with_src:
        base = settle(Overlay("src").merge({}, {"units": {**first.get("units", {})}}))
        layers = [Layer("low", [{"name": "a", "src": "x"}])]
        layers += [Layer(str(n), [item]) for n, item in enumerate(rest)]
        (app,) = merge_apps(layers)
        result = settle(Overlay("over src").merge(base, {"units": app.get("units", {})}))
    else:
        (result,) = merge_apps([Layer(str(n), [item]) for n, item in enumerate(items)])
    assert _get(result, (*WEB, "Container", "Label")) == expected


REFUSED: dict[str, tuple[list[dict[str, t.Any]], str]] = {
    "text is added": (
        [_at((*WEB, "Container", "Label+"), "A=1")],
        "0, app a: units web.container [Container] Label: Label+ adds a list, not text",
    ),
    "arguments after text": (
        [
            _at((*WEB, "Container", "Exec"), "nginx -g x"),
            _at((*WEB, "Container", "Exec+"), ["-v"]),
        ],
        "[Container] Exec: Exec+ adds a list, and what is there is text",
    ),
    "a pair of lines": (
        [
            _at((*WEB, "Container", "Label"), ["A=1"]),
            _at((*WEB, "Container", "Label", "A"), None),
        ],
        "1, app a: units web.container [Container] Label: null takes A away",
    ),
    "a list to a mapping": (
        [_at(("gate",), {"timeout": 1}), _at(("gate+",), ["x"])],
        "1, app a: gate: gate+ adds a list, and what is there is a mapping",
    ),
}


@pytest.mark.parametrize(("items", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(items: list[dict[str, t.Any]], words: str) -> None:
    with pytest.raises(QuadletError) as caught:
        merge_apps([Layer(str(n), [item]) for n, item in enumerate(items)])
    assert words in str(caught.value)


HIDDEN: list[dict[str, t.Any]] = [
    {"name": "a", "secrets+": {"pw": "hunter2"}},
    _at((*WEB, "Container", "Environment+"), "PASSWORD=hunter2"),
    _at((*WEB, "Container", "Environment", "P"), {"x+": "hunter2"}),
    _at((*WEB, "Container", "Environment", "P"), None),
    _at(("units", "broken.container", "Container", "Image"), "hunter2"),
]


@pytest.mark.parametrize("item", HIDDEN)
def test_errors_show_no_values(item: dict[str, t.Any]) -> None:
    """Any of them may be a secret."""
    low = _at((*WEB, "Container", "Environment"), ["P=hunter2"])
    low["units"]["broken.container"] = "[Container]\nhunter2\n"
    with pytest.raises(QuadletError) as caught:
        merge_apps([Layer("low", [low]), Layer("high", [item])])
    assert "hunter2" not in str(caught.value)


FREE = {
    "file": ("files", "notes.c++"),
    "file that ends in =": ("files", "a="),
    "secret": ("secrets", "pw+"),
    "pair": (*WEB, "Container", "Label", "a+"),
    "directory": ("directories", "/srv/a+"),
}


@together("path", FREE.values(), ids=FREE)
@together("value", ["text", {"content": "x"}], ids=["text", "mapping"])
def test_free_names_have_no_signs(path: tuple[str, ...], value: t.Any) -> None:
    (app,) = merge_apps([Layer("low", [_at(path, "1")]), Layer("high", [_at(path, value)])])
    assert path[-1] in _get(app, path[:-1])


def test_an_option_is_replaced() -> None:
    layers = [{"name": "a", "gate": {"timeout": 1}}, {"name": "a", "gate=": {"stable": 2}}]
    assert merge_apps([Layer("x", [item]) for item in layers]) == [
        {"name": "a", "gate": {"stable": 2}}
    ]


def test_options_with_free_names_are_known() -> None:
    """A new option that is a mapping has to say whether its keys are names of the user."""
    with_fixed_keys = {"gate"}
    free = {name for name, row in APP.items() if row["type"] in ("dict", "json")}
    assert free - with_fixed_keys <= {*SIGNED_LEVELS}


def test_src_loses_a_unit_with_its_drop_ins() -> None:
    found = {"a.container": "x", "a.container.d/1.conf": "y", "b.container": "z"}
    left = split_for(found, {"a.container": None})
    merged = settle(Overlay("s").merge({"units": left}, {"units": {"a.container": None}}))
    assert merged == {"units": {"b.container": "z"}}


def test_a_unit_of_a_text_with_several_gets_a_key() -> None:
    text = "# FileName=a\n[Container]\nImage=i\n---\n# FileName=b\n[Volume]\n"
    found = split_for({"all.quadlets": text}, {"a.container": {"Container": {"Image": "j"}}})
    assert set(found) == {"a.container", "b.volume"}
    assert split_for({"all.quadlets": text}, {"c.container": "x"}) == {"all.quadlets": text}
