"""Profiles and names: which services are there, who may need them, what a project is called."""

from __future__ import annotations

import pytest

from tests.unit.plugin_utils.compose.support import causes, data, load

# The specification's example.
EXAMPLE = """
services:
  foo: {image: foo}
  bar: {image: bar, profiles: [test]}
  baz: {image: baz, depends_on: [bar], profiles: [test]}
  zot: {image: zot, depends_on: [bar], profiles: [debug]}
"""


@pytest.mark.parametrize(
    ("profiles", "services"),
    [
        ([], ["foo"]),
        (["test"], ["foo", "bar", "baz"]),
        (["debug", "test"], ["foo", "bar", "baz", "zot"]),
        (["*"], ["foo", "bar", "baz", "zot"]),
        (["none"], ["foo"]),
    ],
)
def test_the_example(profiles: list[str], services: list[str]) -> None:
    assert list(data(EXAMPLE, profiles=profiles)["services"]) == services
    variables = {"COMPOSE_PROFILES": ",".join(profiles)}
    assert list(data(EXAMPLE, env=variables)["services"]) == services


def test_a_needed_service_of_another_profile_is_a_cause() -> None:
    (cause,) = causes(EXAMPLE, profiles=["debug"])
    assert cause == (
        "1.yml:6: services.zot.depends_on[0]: the service bar is only in the profiles test."
        " Give one of them in profiles, or set required: false."
    )


def test_given_profiles_beat_the_variable_and_files_may_set_it() -> None:
    variables = {"COMPOSE_PROFILES": "test"}
    assert list(data(EXAMPLE, profiles=["none"], env=variables)["services"]) == ["foo"]
    found = data(EXAMPLE, files={".env": "COMPOSE_PROFILES=test , x"})
    assert list(found["services"]) == ["foo", "bar", "baz"]


def test_what_is_left_out_is_told() -> None:
    text = """
services:
  a:
    image: a
    depends_on:
      b: {condition: service_started, required: false}
      c: {required: 'no'}
      d: {condition: service_healthy}
  b: {image: b, profiles: [x, y]}
  d: {image: d}
"""
    project = load(text)
    assert project.root.to_data()["services"]["a"]["depends_on"] == {
        "d": {"condition": "service_healthy"}
    }
    assert [(item.kind, item.path, item.detail) for item in project.left_out] == [
        ("profile", "services.b.image", "x, y"),
        ("profile", "services.b.profiles", "x, y"),
        ("dependency", "services.a.depends_on.b", "the service b is only in the profiles x, y"),
        ("dependency", "services.a.depends_on.c", "there is no service c"),
    ]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("depends_on: [x]", "depends_on[0]"),
        ("depends_on: {x: {condition: service_started}}", "depends_on.x"),
        ("depends_on: {x: {required: true}}", "depends_on.x"),
        ("links: ['x:db']", "links[0]"),
        ("links: [x]", "links[0]"),
        ("volumes_from: ['x:ro']", "volumes_from[0]"),
        ("network_mode: service:x", "network_mode"),
        ("ipc: service:x", "ipc"),
        ("pid: service:x", "pid"),
    ],
)
def test_every_use_of_a_service_that_is_not_there(key: str, path: str) -> None:
    text = f"services: {{a: {{image: a, {key}}}, x: {{image: x, profiles: [p]}}}}"
    (cause,) = causes(text)
    assert cause.startswith(f"1.yml:1: services.a.{path}: the service x is only in the profiles p.")
    assert causes(text, profiles=["p"]) == []
    (cause,) = causes(f"services: {{a: {{image: a, {key}}}}}")
    assert cause.startswith(f"1.yml:1: services.a.{path}: there is no service x.")


def test_what_names_no_service_of_the_project() -> None:
    for key in (
        "network_mode: host",
        "volumes_from: ['container:x:ro']",
        "network_mode: container:x",
        "external_links: [x]",
        "ipc: shareable",
    ):
        assert causes(f"services: {{a: {{image: a, {key}}}}}") == [], key


NAMES = (
    # option, variable, name of the first and the second file, base, and what comes out
    ("one", "two", "three", "", "/srv/blog", "one"),
    ("", "two", "three", "", "/srv/blog", "two"),
    ("", "", "three", "", "/srv/blog", "three"),
    ("", "", "three", "four", "/srv/blog", "four"),
    ("", "", "", "", "/srv/blog", "blog"),
    ("", "", "", "", "/srv/My Blog.v2/", "myblogv2"),
    ("", "", "My_Blog", "", "/srv/blog", "my_blog"),
    ("", "", "_-x", "", "/srv/blog", "x"),
    ("", "", "$V-x", "", "/srv/blog", "value-x"),
    ("", "", "${W:-w}", "", "/srv/blog", "w"),
)


def test_names() -> None:
    wrong = []
    for option, variable, first, second, base, expected in NAMES:
        env = {"V": "value", **({"COMPOSE_PROJECT_NAME": variable} if variable else {})}
        body = "services: {a: {image: '$COMPOSE_PROJECT_NAME'}}"
        texts = [f"name: {name!r}\n{body}" if name else body for name in (first, second)]
        project = load(*texts, name=option, env=env, base=base)
        image = project.root.to_data()["services"]["a"]["image"]
        if (project.name, image) != (expected, expected):
            wrong.append((option, variable, first, second, project.name, image))
    assert wrong == []


def test_what_is_no_name_is_refused() -> None:
    text = "services: {a: {image: a}}"
    assert causes(text, name="My Blog") == [
        "name is 'My Blog', which is no name of a project. Give 'myblog'."
    ]
    assert causes(text, name="ü") == [
        "name is 'ü', which is no name of a project. Give lower-case letters."
    ]
    assert causes(text, env={"COMPOSE_PROJECT_NAME": "A"}) == [
        "COMPOSE_PROJECT_NAME is 'A', which is no name of a project. Give 'a'."
    ]
    assert causes(text, base="") == [
        "1.yml:1: the project has no name. Give name, or write name: in the file."
    ]
    assert causes("name: 5\n" + text)[0] == "1.yml:1: name: 5 is no text. Put it into quotes."
    (cause,) = causes("name: $X\n" + text, unset="keep")
    assert "name: the variable X has no value, and a name can't wait for the deployment" in cause
