"""Lint as a whole: silencing, order, and units that are known to be good."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import (
    parse_app,
    parse_unit_app,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.engine import (
    Finding,
    from_error,
    lint_texts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import (
    RULES,
    parse_ignore,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.view import Context
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import NEWEST
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import (
    Place,
    check_units,
    parse_units,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.overlay import settle
from tests.unit.support.together import together

ROOT = pathlib.Path(__file__).resolve().parents[3]
UNITS = "/etc/containers/systemd"
PLACE = Place(f"{UNITS}/app", UNITS, "/root", frozenset())
BAD = "[Container]\nImage=docker.io/library/a:latest\nReadOnly=y\n"
DROP_IN = "[Container]\nRunInit=y\n"


def _lint(texts: t.Mapping[str, str], **context: t.Any) -> list[Finding]:
    return lint_texts(texts, Context(**{"place": PLACE, **context}))


def _rules(texts: t.Mapping[str, str], **context: t.Any) -> list[tuple[str, str]]:
    return [(f.path, f.rule) for f in _lint(texts, **context) if f.rule.startswith("bad")]


BOTH = {"web.container": BAD, "db.container": BAD, "web.container.d/x.conf": DROP_IN}
WEB = ("web.container", "bad-boolean")
DB = ("db.container", "bad-boolean")
PART = ("web.container.d/x.conf", "bad-boolean")


def test_nothing_is_silenced() -> None:
    assert _rules(BOTH) == [WEB, DB, PART]


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        (["bad-boolean"], []),
        (["web.container:bad-boolean"], [DB]),
        (["web.container.d/x.conf:bad-boolean"], [WEB, DB]),
        (["moving-tag"], [WEB, DB, PART]),
        (["other.container:bad-boolean"], [WEB, DB, PART]),
    ],
)
def test_an_option_silences(ignore: list[str], left: list[tuple[str, str]]) -> None:
    assert _rules(BOTH, ignore=parse_ignore(ignore)) == left


@together(
    "comment",
    [
        "# lint: ignore bad-boolean\n",
        "#lint:ignore bad-boolean\n",
        "  ; lint: ignore moving-tag bad-boolean\n",
        "# lint: ignore moving-tag, bad-boolean\n",
    ],
)
@together("place", ["first", "last"])
def test_a_comment_silences_the_unit_and_its_drop_ins(comment: str, place: str) -> None:
    text = comment + BAD if place == "first" else BAD + comment
    assert _rules({**BOTH, "web.container": text}) == [DB]


def test_a_comment_in_a_drop_in_is_for_the_drop_in_alone() -> None:
    texts = {**BOTH, PART[0]: f"# lint: ignore bad-boolean\n{DROP_IN}"}
    assert _rules(texts) == [WEB, DB]


def test_an_unknown_rule_in_a_comment_is_an_error() -> None:
    texts = {"web.container": f"[Container]\n# lint: ignore moving-tags\n{BAD}"}
    found = [f for f in _lint(texts) if f.rule == "unknown-rule"]
    assert [(f.level, f.path, f.line) for f in found] == [("error", "web.container", 2)]
    assert found[0].message == "there is no lint rule 'moving-tags'"
    assert found[0].remedy == "Did you mean moving-tag?"


@pytest.mark.parametrize(
    ("name", "what", "remedy"),
    [
        ("moving-tags", "no lint rule 'moving-tags'", "Did you mean moving-tag?"),
        ("web.container:qqqqq", "no lint rule 'qqqqq'", "docs/lint.md"),
        ("unknown-key", "can't be silenced", "would be refused all the same"),
        ("web.container:syntax", "can't be silenced", "would be refused all the same"),
    ],
)
def test_an_option_that_silences_nothing_is_refused(name: str, what: str, remedy: str) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_ignore([name])
    assert what in caught.value.what
    assert remedy in (caught.value.remedy or "")
    assert caught.value.where == f"lint_ignore {name}"


def test_both_kinds_of_calls_take_the_option() -> None:
    app = {"name": "a", "state": "started", "units": {"a.pod": {"Pod": {}}, "b.pod": "[Pod]\n"}}
    unit = {"name": "a.pod", "app": None, "state": "started", "content": None}
    for parsed in (
        parse_app({**app, "lint_ignore": ["moving-tag"]}),
        parse_unit_app({**unit, "sections": {"Pod": {}}, "lint_ignore": ["moving-tag"]}),
    ):
        assert parsed.lint_ignore == (("", "moving-tag"),)
        assert parsed.sections == {"a.pod": {"Pod": {}}}


def test_findings_stand_in_the_order_of_units_and_lines() -> None:
    found = [f for f in _lint(BOTH) if f.line]
    assert [(f.path, f.line) for f in found] == [
        ("web.container", 2),
        ("web.container", 3),
        ("db.container", 2),
        ("db.container", 3),
        ("web.container.d/x.conf", 2),
    ]


def test_a_drop_in_counts_for_its_unit() -> None:
    text = "[Container]\nImage=docker.io/library/a:1\nNotify=healthy\n"
    assert "healthy-without-check" in {f.rule for f in _lint({"w.container": text})}
    texts = {"w.container": text, "w.container.d/x.conf": "[Container]\nHealthCmd=true\n"}
    assert "healthy-without-check" not in {f.rule for f in _lint(texts)}


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("web.container:3 [Container] Image", ("web.container", 3, "Container", "Image")),
        ("a:1.container:3", ("a:1.container", 3, None, None)),
        ("web.container.d/x y.conf", ("web.container.d/x y.conf", None, None, None)),
    ],
)
def test_a_refusal_as_a_finding(where: str, place: tuple[t.Any, ...]) -> None:
    finding = from_error(QuadletError("it is so", where=where, remedy="Do.", rule="syntax"))
    assert (finding.path, finding.line, finding.section, finding.key) == place
    assert (finding.level, finding.message, finding.remedy) == ("error", "it is so", "Do.")
    assert finding.where == where


def test_every_refusal_of_ours_is_a_rule() -> None:
    units, errors = parse_units({"a.container": "x"})
    errors += check_units(units, NEWEST, PLACE)
    sources = (ROOT / "plugins/module_utils/_core").rglob("*.py")
    named = {name for path in sources for name in re.findall(r'rule="([a-z-]+)"', path.read_text())}
    assert named
    assert {error.rule for error in errors} <= named <= set(RULES)


# Units that are known to be good


def _complaints(texts: t.Mapping[str, str], **context: t.Any) -> list[str]:
    return [f"{f.level} {f}" for f in _lint(texts, **context) if f.level != "note"]


def test_recorded_good_units() -> None:
    folder = ROOT / "tests/unit/recorded/units/good"
    texts = {path.name: path.read_text() for path in sorted(folder.iterdir())}
    found = [f for f in _lint(texts) if f.level != "note" and f.rule != "no-install"]
    assert [(f.path, f.rule) for f in found] == [
        ("db.container", "requires-without-after"),
        ("short.container", "short-image-name"),
        ("short.container", "moving-tag"),
        ("web.container", "pod-network"),
    ]


def _apps(text: str) -> t.Iterator[dict[str, t.Any]]:
    """Everything in the YAML of a page that has units."""
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        yield from _find_apps(yaml.safe_load(block))


def _find_apps(data: t.Any) -> t.Iterator[dict[str, t.Any]]:
    if isinstance(data, dict):
        if isinstance(data.get("units"), dict):
            yield data
        for value in data.values():
            yield from _find_apps(value)
    elif isinstance(data, list):
        for item in data:
            yield from _find_apps(item)


def _lint_app(app: dict[str, t.Any]) -> list[str]:
    app = settle(app)  # an example of what lies over another declaration
    units = {
        name: unit
        for name, unit in app["units"].items()
        if "template" not in unit and not str(unit).startswith("{{")  # a variable elsewhere
    }
    sections = {n: unit for n, unit in units.items() if isinstance(unit, dict)}
    texts = {n: render_unit(n, unit) for n, unit in sections.items()}
    return _complaints(
        {**units, **texts},
        rootless="user" in app,
        files=dict.fromkeys(app.get("files", ()), 0o644),
        declared=sections,
    )


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_the_pages(page: pathlib.Path) -> None:
    told = [text for app in _apps(page.read_text()) for text in _lint_app(app)]
    wanted = ("error", "warning") if page.name == "README.md" else ("error",)
    assert [text for text in told if text.startswith(wanted)] == []


@pytest.mark.parametrize("module", ["app", "unit"])
def test_examples_of_the_modules(module: str) -> None:
    text = (ROOT / f"plugins/modules/{module}.py").read_text()
    tasks = yaml.safe_load(text.partition('EXAMPLES = r"""')[2].partition('"""')[0])
    for app in _find_apps(tasks):
        assert _lint_app(app) == []


def test_the_demo() -> None:
    folder = ROOT / "tests/demo/project/demo"
    texts = {
        path.name.removesuffix(".j2"): re.sub(r"{{ demo_images.* }}", "x.io/a:1", path.read_text())
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
    texts = {name: re.sub(r"{{.*?}}", "8080", text) for name, text in texts.items()}
    files = {"api/api.py": 0o644, "conf/demo.conf": 0o644}
    assert _complaints(texts, files=files, rootless=True) == []
