"""Services that extend others: the specification's examples, other files, chains, circles."""

from __future__ import annotations

import yaml

from tests.unit.plugin_utils.compose.support import causes, data, load

# A service, what it extends, and what comes out: the specification's examples first.
ROWS: tuple[tuple[str, str, str], ...] = (
    (
        "{image: busybox, environment: {TZ: utc, PORT: 80}}",
        "{environment: {PORT: 8080}}",
        "{image: busybox, environment: {TZ: utc, PORT: 8080}}",
    ),
    (
        "{image: busybox, environment: [TZ=utc, PORT=80]}",
        "{environment: [PORT=8080]}",
        "{image: busybox, environment: [TZ=utc, PORT=8080]}",
    ),
    (
        "{image: busybox, volumes: ['common-volume:/var/lib/backup/data:rw']}",
        "{volumes: ['cli-volume:/var/lib/backup/data:ro']}",
        "{image: busybox, volumes: ['cli-volume:/var/lib/backup/data:ro']}",
    ),
    (
        "{image: busybox, security_opt: ['label:role:ROLE']}",
        "{security_opt: ['label:user:USER']}",
        "{image: busybox, security_opt: ['label:role:ROLE', 'label:user:USER']}",
    ),
    (
        "{image: a, blkio_config: {device_read_bps: [{path: /dev/a, rate: 1}]}}",
        "{blkio_config: {device_read_bps: [{path: /dev/a, rate: 2}, {path: /dev/b, rate: 3}]}}",
        (
            "{image: a, blkio_config: {device_read_bps: "
            "[{path: /dev/a, rate: 2}, {path: /dev/b, rate: 3}]}}"
        ),
    ),
    ("{image: a, cap_add: [X]}", "{cap_add: [X, Y]}", "{image: a, cap_add: [X, Y]}"),
    ("{image: a, command: [x]}", "{command: [y]}", "{image: a, command: [y]}"),
    ("{image: a, build: .}", "{image: b}", "{image: b, build: .}"),
    ("{image: a, ports: ['1:1']}", "{ports: !reset []}", "{image: a}"),
    ("{image: a, ports: ['1:1']}", "{ports: !override ['2:2']}", "{image: a, ports: ['2:2']}"),
    (
        "{image: a, environment: {A: 1}}",
        "{environment: {A: !reset }}",
        "{image: a, environment: {}}",
    ),
    ("{image: a}", "{image: }", "{image: a}"),
)


def _extending(own: str, **extends: str) -> str:
    """A service that extends another one."""
    text = yaml.safe_dump({"extends": extends}, default_flow_style=True).strip()[1:-1]
    return f"{{{text}, {own[1:-1]}}}"


def test_rows_in_one_file_and_in_two() -> None:
    wrong = []
    for base, own, expected in ROWS:
        one = f"services:\n  cli: {_extending(own, service='common')}\n  common: {base}\n"
        two = f"services:\n  cli: {_extending(own, service='common', file='c.yml')}\n"
        files = {"c.yml": f"services:\n  common: {base}\n"}
        found = [data(one)["services"]["cli"], data(two, files=files)["services"]["cli"]]
        if found != [yaml.safe_load(expected)] * 2:
            wrong.append((base, own, found))
    assert wrong == []


def test_the_extended_service_stays_as_it_is_and_another_files_service_is_no_part() -> None:
    one = "services: {a: {extends: b, tty: true}, b: {image: x}}"
    assert data(one)["services"] == {"a": {"image": "x", "tty": True}, "b": {"image": "x"}}
    two = "services: {a: {extends: {file: c.yml, service: b}}}"
    files = {"c.yml": "services: {b: {image: x}, c: {image: y}}\nvolumes: {v: }\nname: other\n"}
    project = load(two, files=files)
    assert project.root.to_data() == {"services": {"a": {"image": "x"}}}
    assert (project.name, project.sources) == ("blog", ("1.yml", "c.yml"))
    assert [(item.kind, item.path, item.line) for item in project.left_out] == [
        ("extends", "services.a.extends", 1)
    ]


def test_lines_are_those_of_the_file_that_has_them() -> None:
    files = {"c.yml": "services:\n  b:\n    image: x\n"}
    a = load("services: {a: {extends: {file: c.yml, service: b}, tty: true}}", files=files)
    service = a.root.children["services"].children["a"]
    assert service.children["image"].place == "c.yml:3"
    assert service.children["tty"].place == "1.yml:1"


def test_chains() -> None:
    text = """
services:
  base: {image: x, user: root}
  common: {image: y, extends: {service: base}}
  cli: {extends: {service: common}}
"""
    assert data(text)["services"]["cli"] == {"image": "y", "user": "root"}
    files = {
        "a/one.yml": "services: {one: {extends: {file: ../b/two.yml, service: two}, tty: true}}",
        "b/two.yml": "services:\n"
        "  two: {extends: three}\n"
        "  three: {extends: {file: four.yml, service: four}}\n",
        "b/four.yml": "services: {four: {image: '${IMAGE}'}}",
    }
    text = "services: {web: {extends: {file: a/one.yml, service: one}}}"
    project = load(text, files=files, env={"IMAGE": "x"})
    assert project.root.to_data()["services"]["web"] == {"image": "x", "tty": True}
    assert project.sources == ("1.yml", "a/one.yml", "b/two.yml", "b/four.yml")


def test_paths_of_another_directorys_file_start_there() -> None:
    service = """
image: a
build: {context: ., additional_contexts: {x: ../x, y: service:z}}
env_file: [a.env, {path: ./b.env}, /etc/c.env]
label_file: l
volumes:
- ./data:/a
- ../up:/b
- named:/c
- /etc:/d
- ~/h:/e
- {type: bind, source: s, target: /f}
- {type: volume, source: v, target: /g}
develop: {watch: [{path: ./src, action: sync}]}
"""
    inner = "".join(f"    {line}\n" for line in service.strip().splitlines())
    files = {"sub/c.yml": f"services:\n  b:\n{inner}"}
    found = data("services: {a: {extends: {file: sub/c.yml, service: b}}}", files=files)
    assert found["services"]["a"] == {
        "image": "a",
        "build": {"context": "./sub", "additional_contexts": {"x": "./x", "y": "service:z"}},
        "env_file": ["./sub/a.env", {"path": "./sub/b.env"}, "/etc/c.env"],
        "label_file": "./sub/l",
        "volumes": [
            "./sub/data:/a",
            "./up:/b",
            "named:/c",
            "/etc:/d",
            "~/h:/e",
            {"type": "bind", "source": "./sub/s", "target": "/f"},
            {"type": "volume", "source": "v", "target": "/g"},
        ],
        "develop": {"watch": [{"path": "./sub/src", "action": "sync"}]},
    }


def test_a_directory_above_the_other_files_one() -> None:
    files = {
        "sub/c.yml": "services: {b: {build: {context: ..}}, c: {extends: b, build: {target: t}}}"
    }
    text = "services: {a: {extends: {file: sub/c.yml, service: c}}}"
    assert data(text, files=files)["services"]["a"]["build"] == {"context": ".", "target": "t"}


def test_a_service_of_nothing_may_be_extended() -> None:
    text = "services: {a: {image: x, extends: b}, b: }"
    assert data(text)["services"] == {"a": {"image": "x"}, "b": None}


CIRCLES: tuple[tuple[str, dict[str, str], str], ...] = (
    (
        "services: {a: {extends: a}}",
        {},
        "services extend each other: a of 1.yml extends a of 1.yml",
    ),
    (
        "services: {a: {extends: b}, b: {extends: c}, c: {extends: a}}",
        {},
        "a of 1.yml extends b of 1.yml extends c of 1.yml extends a of 1.yml",
    ),
    (
        "services: {a: {extends: {file: x.yml, service: b}}}",
        {
            "x.yml": "services: {b: {extends: {file: y.yml, service: c}}}",
            "y.yml": "services: {c: {extends: {file: x.yml, service: b}}}",
        },
        "extend each other: a of 1.yml extends b of x.yml extends c of y.yml extends b of x.yml",
    ),
)


def test_circles_are_told_with_their_chain() -> None:
    wrong = []
    for text, files, cause in CIRCLES:
        found = causes(text, files=files)
        if not any(cause in line for line in found):
            wrong.append((text, found))
    assert wrong == []


def test_what_is_missing_is_told() -> None:
    empty: dict[str, str] = {}
    rows: tuple[tuple[str, dict[str, str], str], ...] = (
        ("{extends: b}", empty, "1.yml:1: services.a.extends: there is no service b in 1.yml"),
        ("{extends: {}}", empty, "services.a.extends.service: a name is missing"),
        (
            "{extends: {file: x.yml}}",
            {"x.yml": "services: {b: {}}"},
            "services.a.extends.service: a name is missing",
        ),
        ("{extends: [b]}", empty, "services.a.extends.service: a name is missing"),
        (
            "{extends: {service: b, file: x.yml}}",
            empty,
            "services.a.extends.file: can't read x.yml: No such file or directory",
        ),
        (
            "{extends: {service: b, file: x.yml}}",
            {"x.yml": "services: {c: {}}"},
            "there is no service b in x.yml",
        ),
        (
            "{extends: {service: b, file: x.yml}}",
            {"x.yml": "- a"},
            "x.yml:1: the file is a list, not a mapping",
        ),
        (
            "{extends: {service: b, file: x.yml}}",
            {"x.yml": ""},
            "services.a.extends.file: there is nothing in x.yml",
        ),
        (
            "{extends: {service: b, file: ../x.yml}}",
            empty,
            "../x.yml is not below /srv/blog, and nothing else is read",
        ),
        ("{extends: {service: b, file: /etc/shadow}}", empty, "/etc/shadow is not below /srv/blog"),
        (
            "{extends: '${B}'}",
            empty,
            "the variable B has no value, and is needed to find the service",
        ),
        (
            "{extends: {service: b, file: x.yml}}",
            {"x.yml": "services: {b: {image: '${X}'}}"},
            "x.yml:1: services.a.image: the variable X has no value",
        ),
    )
    wrong = []
    for service, files, cause in rows:
        found = causes(f"services: {{a: {service}}}", files=files)
        if not any(cause in line for line in found):
            wrong.append((service, found, cause))
    assert wrong == []


def test_without_a_directory_no_file_is_read() -> None:
    text = "services: {a: {extends: {service: b, file: x.yml}}}"
    (cause,) = causes(text, base="", name="x")
    assert cause == (
        "1.yml:1: services.a.extends.file: it names the file x.yml, and no directory is given to"
        " read it from. Give base, the directory of the Compose file."
    )


def test_an_extended_service_of_an_included_file() -> None:
    text = "include: [i.yml]\nservices: {a: {extends: b, tty: true}}"
    files = {"i.yml": "services: {b: {image: x}}"}
    assert data(text, files=files)["services"]["a"] == {"image": "x", "tty": True}


def test_what_a_service_needs_is_not_extended_with_it() -> None:
    files = {"x.yml": "services: {b: {image: x, depends_on: [db], links: [cache]}, db: {image: y}}"}
    text = "services: {a: {extends: {file: x.yml, service: b}}}"
    found = causes(text, files=files)
    assert [line.split(". ")[0] for line in found] == [
        "x.yml:1: services.a.depends_on[0]: there is no service db",
        "x.yml:1: services.a.links[0]: there is no service cache",
    ]


def test_services_that_extend_large_ones_have_an_end() -> None:
    keys = "".join(f"      K{n}: v\n" for n in range(3000))
    many = "".join(f"  s{n}: {{extends: base}}\n" for n in range(3000))
    found = causes(f"services:\n  base:\n    environment:\n{keys}{many}")
    assert "merging takes more than" in found[0]
