"""Variables in values: every form, nested; what is none; types behind it; unset ones."""

from __future__ import annotations

import pytest

from tests.unit.plugin_utils.compose.support import causes, data, load, service, web

GIVEN = {"FOO": "first", "EMPTY": "", "N": "3", "DOLLAR": "$FOO", "_x1": "low", "BAR-": "never"}
# Forms: the Compose specification, "Interpolation"; the rest as Compose reads it.
VALUES: tuple[tuple[str, str], ...] = (
    ("$FOO", "first"),
    ("${FOO}", "first"),
    ("a $FOO b", "a first b"),
    ("a${FOO}b", "afirstb"),
    ("$FOO$FOO", "firstfirst"),
    ("${FOO}${N}", "first3"),
    ("$_x1", "low"),
    ("$FOO-bar", "first-bar"),
    ("$FOO.bar", "first.bar"),
    ("$FOO:-x", "first:-x"),
    ("${EMPTY}", ""),
    # a default
    ("${FOO:-x}", "first"),
    ("${NO:-x}", "x"),
    ("${EMPTY:-x}", "x"),
    ("${FOO-x}", "first"),
    ("${NO-x}", "x"),
    ("${EMPTY-x}", ""),
    ("${NO:-}", ""),
    ("${NO-}", ""),
    ("${NO:-a b}", "a b"),
    ("${NO:-/a:-b}", "/a:-b"),
    ("${NO-a?b}", "a?b"),
    ("${NO-a:?b+c}", "a:?b+c"),
    ("${NO:-a$b}", "a"),
    ("${NO:--1}", "-1"),
    ("${NO--1}", "-1"),
    ("${NO:-a}b}", "ab}"),
    ("${NO:-{}}", "{}"),
    ('${NO:-{"a": {"b": 1}}}', '{"a": {"b": 1}}'),
    ("${NO:-'q'}", "'q'"),
    ("${NO:-#}", "#"),
    ("${NO:-ü}", "ü"),
    # nested
    ("${NO:-$FOO}", "first"),
    ("${NO:-${FOO}}", "first"),
    ("${NO-${ALSO:-${FOO}}}", "first"),
    ("${NO:-${ALSO:-x}}", "x"),
    ("${NO:-${EMPTY-x}}", ""),
    ("${NO:-${FOO} ${N}}", "first 3"),
    ("${NO:-a${FOO}b${NO:-c}d}", "afirstbcd"),
    ("${FOO:+${N}}", "3"),
    ("${FOO:-${MISSING}}", "first"),
    ("${FOO:-${MISSING:?never looked at}}", "first"),
    # a replacement
    ("${FOO:+x}", "x"),
    ("${EMPTY:+x}", ""),
    ("${NO:+x}", ""),
    ("${FOO+x}", "x"),
    ("${EMPTY+x}", "x"),
    ("${NO+x}", ""),
    ("${FOO+a:-b}", "a:-b"),
    # required
    ("${FOO:?no}", "first"),
    ("${FOO?no}", "first"),
    ("${EMPTY?no}", ""),
    # dollar signs
    ("$$", "$"),
    ("$$FOO", "$FOO"),
    ("$${FOO}", "${FOO}"),
    ("$$$FOO", "$first"),
    ("$$$$", "$$"),
    ("${NO:-$$FOO}", "$FOO"),
    ("$DOLLAR", "$FOO"),
    ("$", "$"),
    ("a$", "a$"),
    ("5$ and $5", "5$ and $5"),
    ("$(date)", "$(date)"),
    ("$1 $@ $- $? $! $* $#", "$1 $@ $- $? $! $* $#"),
    ("^a$|b$", "^a$|b$"),
    ("{{$x}}", "{{}}"),
)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_values() -> None:
    wrong = []
    for template, value in VALUES:
        found = web(f"image: {_quote(template)}", env=GIVEN, unset="empty")["image"]
        if found != value:
            wrong.append((template, found, value))
    assert wrong == []


INVALID = ("${", "${}", "${ }", "${ FOO}", "${FOO }", "${FOO!}", "${FOO:x}", "${FOO/a/b}", "${FOO")
INVALID_TOO = ("${1}", "${-x}", "${NO:-${}", "${NO:-${FOO}", "${NO:-${a b}}", "${FOO:", "${FOO^^}")


@pytest.mark.parametrize("template", [*INVALID, *INVALID_TOO])
def test_what_is_no_variable_is_refused(template: str) -> None:
    (cause,) = causes(service(f"tty: true\nimage: {_quote('a ' + template)}"), env=GIVEN)
    assert cause.startswith("1.yml:4: services.web.image: ")
    assert cause.endswith("Write ${NAME:-word} for a default, $$ for a dollar sign that is one.")


def test_keys_and_other_values_than_texts_have_no_variables() -> None:
    text = "environment: {$FOO: a, '${FOO}': '${FOO}'}\nlabels: [$FOO=$FOO]"
    assert web(text, env=GIVEN) == {
        "environment": {"$FOO": "a", "${FOO}": "first"},
        "labels": ["first=first"],
    }


def test_a_value_is_not_looked_at_again() -> None:
    assert web("image: $A", env={"A": "$B ${C:?} $$", "B": "no"})["image"] == "$B ${C:?} $$"


TYPES: tuple[tuple[str, str, object], ...] = (
    ("read_only: $V", "true", True),
    ("read_only: $V", "Yes", True),
    ("read_only: $V", "off", False),
    ("read_only: n", "", False),
    ("read_only: 'on'", "", True),
    ("scale: $V", "3", 3),
    ("scale: '007'", "", 7),
    ("oom_score_adj: $V", "-500", -500),
    ("cpus: $V", "0.5", 0.5),
    ("cpus: '2'", "", 2.0),
    ("image: $V", "3", "3"),
    ("image: $V", "true", "true"),
    ("mem_limit: $V", "512m", "512m"),
    ("user: $V", "1000", "1000"),
    ("healthcheck: {retries: $V}", "3", {"retries": 3}),
    ("healthcheck: {interval: $V}", "3", {"interval": "3"}),
    ("deploy: {replicas: $V}", "2", {"replicas": 2}),
    ("ports: [{target: $V, published: $V}]", "80", [{"target": 80, "published": "80"}]),
    ("ports: [$V]", "80", ["80"]),
    ("ulimits: {nofile: $V}", "64", {"nofile": 64}),
    ("ulimits: {nofile: {soft: $V}}", "64", {"nofile": {"soft": 64}}),
    ("depends_on: {web: {required: $V}}", "false", {"web": {"required": False}}),
    ("environment: {init: $V}", "yes", {"init": "yes"}),
    ("environment: {scale: $V}", "3", {"scale": "3"}),
    ("volumes: [{target: /a, read_only: $V}]", "yes", [{"target": "/a", "read_only": True}]),
)


def test_values_get_the_type_of_their_key() -> None:
    wrong = []
    for text, value, expected in TYPES:
        (found,) = web(text, env={"V": value}).values()
        if found != expected or str(found) != str(expected):
            wrong.append((text, found, expected))
    assert wrong == []


def test_a_value_of_another_type_is_refused() -> None:
    rows = (
        ("read_only: maybe", "services.web.read_only: 'maybe' is neither true nor false"),
        ("read_only: '1'", "'1' is neither true nor false"),
        ("scale: ' 3'", "services.web.scale: ' 3' is no whole number"),
        ("scale: '1_0'", "'1_0' is no whole number"),
        ("scale: '٣'", "is no whole number"),
        ("cpus: half", "services.web.cpus: 'half' is no number"),
        ("cpus: nan", "'nan' is no number"),
        ("tty: ${NO:-x}", "services.web.tty: 'x' is neither"),
    )
    wrong = [
        (text, causes(service(text))) for text, what in rows if what not in causes(service(text))[0]
    ]
    assert wrong == []


GIVE = " Give it in env or in an env file, or set unset to keep or empty."


def test_unset_variables_are_refused_all_at_once_with_their_places() -> None:
    text = "image: ${A}\ncommand: $B $A\nlabels: ['x=${C:?give C}', 'y=${C}', 'z=${D:-d}']"
    found = [cause.removesuffix(GIVE) for cause in causes(service(text))]
    assert found == [
        "1.yml:3: services.web.image: the variable A has no value (also at 1.yml:4).",
        "1.yml:4: services.web.command: the variable B has no value.",
        "1.yml:5: services.web.labels[0]: the variable C has no value: give C (also at 1.yml:5).",
    ]


EMPTY = ": it is an empty text."


def test_empty_is_composes_own_with_a_warning() -> None:
    project = load(service("image: a${A}b\nlabels: [$A, $B]"), unset="empty")
    assert project.root.to_data()["services"]["web"] == {"image": "ab", "labels": ["", ""]}
    assert project.warnings == (
        "1.yml:3: services.web.image: the variable A has no value (also at 1.yml:4)" + EMPTY,
        "1.yml:4: services.web.labels[1]: the variable B has no value" + EMPTY,
    )
    (cause,) = causes(service("image: '${A:?give me}'"), unset="empty")
    assert "the variable A has no value: give me" in cause


def test_keep_leaves_a_placeholder_and_lists_the_variable() -> None:
    text = "image: a:${TAG}\nenvironment: ['P=${PW:?why}', 'Q=${PORT:-80}', 'R=${PW}']\nscale: ${N}"
    project = load(service(text), unset="keep", env={"N": "2"})
    assert project.root.to_data()["services"]["web"] == {
        "image": "a:{{ TAG }}",
        "environment": ["P={{ PW }}", "Q=80", "R={{ PW }}"],
        "scale": 2,
    }
    assert [(v.name, v.default, v.places, v.kept) for v in project.variables] == [
        ("TAG", None, ("1.yml:3",), True),
        ("PW", None, ("1.yml:4",), True),
        ("PORT", "80", ("1.yml:4",), False),
        ("N", None, ("1.yml:5",), False),
    ]
    assert project.warnings == ()
    assert web("scale: ${N}", unset="keep")["scale"] == "{{ N }}"


def test_a_variable_that_nothing_is_left_of_needs_no_value() -> None:
    base, over = service("image: $A\nports: [$B]"), service("image: a\nports: !override ['80']")
    assert causes(base, over) == []
    assert causes(base) != []
    hidden = "services: {web: {image: a}, x: {image: $A, profiles: [x]}}\nx-note: $B"
    assert causes(hidden) == []


def test_defaults_of_variables_are_kept_as_they_are_written() -> None:
    project = load(service("image: '${A:-${B-x}$$y}'"))
    assert [(v.name, v.default) for v in project.variables] == [("A", "${B-x}$$y"), ("B", "x")]


def test_what_is_given_beats_files_and_later_files_beat_earlier_ones() -> None:
    files = {".env": "A=file\nB=file\nC=$A", "1.env": "A=one\nB=one\nC=$B", "2.env": "B=two\nC=$B"}
    text = service("command: [$A, $B, $C]")
    given = {"A": "given"}
    assert data(text, files=files, env=given)["services"]["web"]["command"] == [
        "given",
        "file",
        "given",
    ]
    options = {"env_files": ["1.env", "2.env"], "env": given}
    assert data(text, files=files, **options)["services"]["web"]["command"] == [
        "given",
        "two",
        "two",
    ]
    files = {"1.env": "A=1\nC=1", "2.env": "A=2\nB=$A\nC"}
    options = {"env_files": ["1.env", "2.env"]}
    assert data(text, files=files, **options)["services"]["web"]["command"] == ["2", "2", "1"]
    assert causes(text, files=files, env_files=[]) != []
    assert causes(text, files=files, env_files=["3.env"], env=given)[0] == (
        "can't read 3.env: No such file or directory. Put the file there, or name another one."
    )


def test_a_variable_that_an_env_file_makes_of_an_unset_one_is_unset() -> None:
    files = {".env": "A=x$MISSING\nB=$MISSING"}
    (cause,) = causes(service("image: $A"), files=files)
    assert "services.web.image: the variable MISSING has no value" in cause
    project = load(service("image: $A"), files=files, unset="keep")
    assert project.root.to_data()["services"]["web"]["image"] == "x{{ MISSING }}"
    assert [(v.name, v.places, v.kept) for v in project.variables] == [
        ("A", ("1.yml:3",), False),
        ("MISSING", ("1.yml:3",), True),
    ]


def test_a_variable_that_is_passed_on_needs_what_its_env_file_makes_it_of() -> None:
    files = {".env": "A=x$MISSING"}
    rows = (
        (service("environment: [A]"), "services.web.environment[0]"),
        (service("environment: {A: }"), "services.web.environment.A"),
        ("services: {}\nsecrets: {s: {environment: A}}", "secrets.s.environment"),
        ("services: {}\nconfigs: {s: {environment: A}}", "configs.s.environment"),
    )
    wrong = []
    for text, path in rows:
        (cause,) = causes(text, files=files)
        if f": {path}: the variable MISSING has no value" not in cause:
            wrong.append((text, cause))
    assert wrong == []
    for text in ("environment: [A=1]", "environment: {A: 1}", "labels: {A: }", "command: [A]"):
        assert causes(service(text), files=files) == [], text
