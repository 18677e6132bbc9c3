"""Files that include others: where paths and variables come from, conflicts, circles."""

from __future__ import annotations

from tests.unit.plugin_utils.compose.support import causes, data, load


def test_both_forms() -> None:
    files = {"sub/i.yml": "services: {b: {image: x}}\nvolumes: {v: }\nnetworks: {n: }\n"}
    for entry in ("sub/i.yml", "{path: sub/i.yml}", "{path: [sub/i.yml]}", "$I"):
        text = f"include: [{entry}]\nservices: {{a: {{image: y, depends_on: [b]}}}}\n"
        project = load(text, files=files, env={"I": "sub/i.yml"})
        assert project.root.to_data() == {
            "services": {"a": {"image": "y", "depends_on": ["b"]}, "b": {"image": "x"}},
            "volumes": {"v": None},
            "networks": {"n": None},
        }, entry
        assert project.sources == ("1.yml", "sub/i.yml")
        assert [(item.kind, item.path) for item in project.left_out] == [("include", "include[0]")]


def test_several_paths_of_one_entry_are_merged() -> None:
    files = {"i.yml": "services: {b: {image: x}}", "o.yml": "services: {b: {tty: true}}"}
    found = data("include: [{path: [i.yml, o.yml]}]", files=files)
    assert found["services"]["b"] == {"image": "x", "tty": True}


def test_a_later_file_is_merged_over_what_is_included() -> None:
    files = {"i.yml": "services: {b: {image: x, ports: ['1:1']}}"}
    over = "services: {b: {ports: !override ['2:2']}}"
    found = data("include: [i.yml]", over, files=files)
    assert found["services"]["b"] == {"image": "x", "ports": ["2:2"]}


INNER = """services: {b: {image: '$V', env_file: e.env, volumes: ['./d:/d'], build: .}}
secrets: {s: {file: s}}
"""


def test_paths_start_from_the_included_project() -> None:
    files = {"sub/i.yml": INNER}
    found = data("include: [sub/i.yml]", files=files, env={"V": "x"})
    assert found == {
        "services": {
            "b": {
                "image": "x",
                "env_file": "./sub/e.env",
                "volumes": ["./sub/d:/d"],
                "build": "./sub",
            }
        },
        "secrets": {"s": {"file": "./sub/s"}},
    }
    entry = "include: [{path: sub/i.yml, project_directory: other}]"
    found = data(entry, files=files, env={"V": "x"})
    assert found["services"]["b"]["build"] == "./other"
    deep = {"a/i.yml": "include: [b/j.yml]", "a/b/j.yml": INNER}
    found = data("include: [a/i.yml]", files=deep, env={"V": "x"})
    assert found["services"]["b"]["volumes"] == ["./a/b/d:/d"]


def test_variables_of_the_including_project_win() -> None:
    files = {"sub/i.yml": INNER, "sub/.env": "V=sub", "sub/e.env": "V=file", "x.env": "V=x"}
    plain, long = "include: [sub/i.yml]", "include: [{path: sub/i.yml, env_file: %s}]"
    rows = (
        (plain, {}, {}, "sub"),
        (plain, {"V": "given"}, {}, "given"),
        (plain, {}, {".env": "V=own"}, "own"),
        (long % "x.env", {}, {}, "x"),
        (long % "[x.env, sub/e.env]", {}, {}, "file"),
        (long % "x.env", {"V": "given"}, {}, "given"),
    )
    wrong = []
    for text, env, more, image in rows:
        found = data(text, env=env, files={**files, **more})["services"]["b"]["image"]
        if found != image:
            wrong.append((text, env, found, image))
    assert wrong == []
    (cause,) = causes(long % "/dev/null", files=files)
    assert "sub/i.yml:1: services.b.image: the variable V has no value" in cause


def test_equal_things_may_come_twice() -> None:
    files = {
        "base.yml": "services: {c: {image: c}}",
        "l.yml": "include: [base.yml]",
        "r.yml": "include: [base.yml]",
    }
    found = data("include: [l.yml, r.yml]\nservices: {c: {image: c}}", files=files)
    assert found["services"] == {"c": {"image": "c"}}


def test_conflicts_are_refused_with_both_places() -> None:
    files = {
        "i.yml": "services: {a: {image: x}}\nvolumes: {v: {name: w}}\n",
        "j.yml": "services: {a: {image: y}}\n",
    }
    found = causes("include:\n- i.yml\nservices:\n  a: {image: z}\nvolumes:\n  v:\n", files=files)
    remedy = " Rename one, or include both files in one path: [FILE, CHANGES]."
    assert [line.removesuffix(remedy) for line in found] == [
        "1.yml:4: services.a: i.yml:1 has another service of this name, and is included.",
        "1.yml:6: volumes.v: i.yml:2 has another volume of this name, and is included.",
    ]
    (cause,) = causes("include: [i.yml, j.yml]", files=files)
    assert cause.startswith("i.yml:1: services.a: j.yml:1 has another service of this name")


def test_what_can_not_be_included_is_told() -> None:
    circle = {"a.yml": "include: [b.yml]", "b.yml": "include: [a.yml]"}
    rows = (
        (
            "include: [a.yml]",
            circle,
            (
                "b.yml:1: include[0]: files include each other:"
                " 1.yml includes a.yml includes b.yml includes a.yml"
            ),
        ),
        ("include: [1.yml]", {}, "files include each other: 1.yml includes 1.yml"),
        (
            "include: [x.yml]",
            {},
            "1.yml:1: include[0]: can't read x.yml: No such file or directory",
        ),
        (
            "include: [../x.yml]",
            {},
            "1.yml:1: include[0]: ../x.yml is not below /srv/blog, and nothing else is read",
        ),
        ("include: [a/../../x.yml]", {}, "../x.yml is not below /srv/blog"),
        (
            "include: [https://x.example/c.yml]",
            {},
            "include[0]: https://x.example/c.yml is no file here. Fetch it, and name the file.",
        ),
        ("include: ['git@x.example:a/b.git']", {}, "git@x.example:a/b.git is no file here"),
        ("include: [{}]", {}, "include[0]: the file to include is missing"),
        ("include: [{path: []}]", {}, "the file to include is missing"),
        ("include: [5]", {}, "the file to include is missing"),
        ("include: x.yml", {}, "1.yml:1: include: include is a list of files"),
        (
            "include: ['${X}/x.yml']",
            {},
            "include[0]: the variable X has no value, and is needed to find the file",
        ),
        (
            "include: [x.yml]",
            {"x.yml": "a: b: c"},
            "x.yml:1: no YAML: mapping values are not allowed",
        ),
        ("include: [x.yml]", {"x.yml": ""}, "include[0]: there is nothing in x.yml"),
        (
            "include: [{path: x.yml, env_file: no.env}]",
            {"x.yml": "services: {a: {image: a}}"},
            "include[0].env_file: can't read no.env",
        ),
    )
    wrong = []
    for text, files, cause in rows:
        found = causes(text, files=files)
        if not any(cause in line for line in found):
            wrong.append((text, found, cause))
    assert wrong == []


def test_files_that_include_two_others_each_have_an_end() -> None:
    files = {f"{n}.yml": f"include: [{{path: a{n}.yml}}, {{path: b{n}.yml}}]" for n in range(1)}
    for n in range(40):
        for side in "ab":
            files[f"{side}{n}.yml"] = f"include: [a{n + 1}.yml, b{n + 1}.yml]"
    files["a40.yml"] = files["b40.yml"] = "services: {x: {image: x}}"
    found = causes("include: [0.yml]", files=files)
    assert any("more than 200 files belong to the project" in line for line in found)


def test_null_and_nothing_include_nothing() -> None:
    assert data("include:\nservices: {a: {image: x}}")["services"] == {"a": {"image": "x"}}
    assert data("include: []\nservices: {a: {image: x}}")["services"] == {"a": {"image": "x"}}
