"""YAML as Compose reads it: which scalar is what, keys, anchors, tags, documents."""

from __future__ import annotations

import math
import time

from tests.unit.plugin_utils.compose.support import causes, data, load, web

SCALARS: tuple[tuple[str, object], ...] = (
    # texts that other readers of YAML take for something else
    ("22:22", "22:22"),
    ("1:20:30", "1:20:30"),
    ("yes", "yes"),
    ("No", "No"),
    ("on", "on"),
    ("OFF", "OFF"),
    ("y", "y"),
    ("0644", "0644"),
    ("022", "022"),
    ("-07", "-07"),
    ("00", "00"),
    ("08.5", "08.5"),
    ("2026-01-31", "2026-01-31"),
    ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
    ("1.2.3", "1.2.3"),
    ("1_", 1),
    ("0x", "0x"),
    ("0b", "0b"),
    ("+", "+"),
    (".", "."),
    ("1e", "1e"),
    ("e3", "e3"),
    ("=", "="),
    ("nan", "nan"),
    ("inf", "inf"),
    ("tRUE", "tRUE"),
    ("NuLL", "NuLL"),
    ("none", "none"),
    ("10m", "10m"),
    ("0o8", "0o8"),
    ("1e400", "1e400"),
    ("0xg", "0xg"),
    ("١٢", "١٢"),
    # numbers
    ("0", 0),
    ("-0", 0),
    ("+12", 12),
    ("-12", -12),
    ("1_000", 1000),
    ("0x1f", 31),
    ("-0x1F", -31),
    ("0o17", 15),
    ("0b101", 5),
    ("1e3", 1000.0),
    ("1E-3", 0.001),
    (".5", 0.5),
    ("1.", 1.0),
    ("0.5", 0.5),
    ("-1.50", -1.5),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    # true, false, null
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("null", None),
    ("Null", None),
    ("~", None),
    ("", None),
    # quotes and tags
    ("'12'", "12"),
    ('"true"', "true"),
    ("'~'", "~"),
    ("! 12", "12"),
    ("!!str 12", "12"),
    ("!!int '12'", 12),
    ("!!float 3", 3.0),
    ("!!bool 'true'", True),
    ("!!null ''", None),
)


def test_scalars() -> None:
    wrong = []
    for written, value in SCALARS:
        found = data(f"services: {{}}\nnetworks:\n  n:\n    driver: {written}\n")
        driver = found["networks"]["n"]["driver"]
        if driver != value or type(driver) is not type(value):
            wrong.append((written, driver, value))
    assert wrong == []


def test_a_scalar_keeps_how_it_is_written() -> None:
    node = load(
        "services: {web: {environment: {A: 1.10, B: 0644, C: True, D: 1e3, E: '${X}'}}}",
        env={"X": "0x1f"},
    )
    environment = node.root.children["services"].children["web"].children["environment"]
    assert {name: child.text for name, child in environment.children.items()} == {
        "A": "1.10",
        "B": "0644",
        "C": "True",
        "D": "1e3",
        "E": "0x1f",
    }


def test_nan_is_a_number() -> None:
    assert math.isnan(data("services: {}\nnetworks: {n: {a: .nan}}")["networks"]["n"]["a"])


def test_lines_and_files_are_kept() -> None:
    project = load("services:\n  web:\n    image: a\n", "services:\n  web:\n\n    command: b\n")
    web_ = project.root.children["services"].children["web"]
    assert (web_.file, web_.line) == ("1.yml", 3)
    assert web_.children["image"].place == "1.yml:3"
    assert web_.children["command"].place == "2.yml:4"


def test_merge_keys() -> None:
    text = """
x-a: &a {image: a, restart: always, environment: {A: 1}}
x-b: &b {image: b, tty: true}
services:
  one: {<<: *a, image: own}
  two: {<<: [*b, *a]}
  three:
    <<: {image: inline}
    environment: {<<: {A: 1, B: 2}, B: 3}
  four: {<<: *a, <<: *b}
"""
    (cause,) = causes(text)
    assert cause.startswith(
        "1.yml:10: services.four: the key stands twice, on the lines 10 and 10."
    )
    assert cause.endswith("Use << once, with a list of aliases.")
    services = data(text.replace(", <<: *b}", "}"))["services"]
    assert services["one"] == {"image": "own", "restart": "always", "environment": {"A": 1}}
    assert services["two"] == {
        "image": "b",
        "tty": True,
        "restart": "always",
        "environment": {"A": 1},
    }
    assert services["three"] == {"image": "inline", "environment": {"B": 3, "A": 1}}


def test_an_anchor_may_be_of_anything() -> None:
    text = """
services:
  one: &one
    image: &image nginx
    ports: &ports ["80:80", &port "81:81"]
  two: {image: *image, ports: *ports}
  three: *one
  four: {image: *image, ports: [*port]}
"""
    services = data(text)["services"]
    assert services["two"] == services["three"] == services["one"]
    assert services["four"]["ports"] == ["81:81"]


def test_several_documents_are_merged() -> None:
    assert web("image: a\ntty: true") == {"image": "a", "tty": True}
    text = "services: {web: {image: a}}\n---\nservices: {web: {image: b, tty: true}}\n---\n"
    assert data(text)["services"]["web"] == {"image": "b", "tty": True}


WRONG: tuple[tuple[str, str], ...] = (
    (
        "services:\n  a:\n    command: x\n    command: !reset y\n",
        "1.yml:4: services.a.command: the key stands twice, on the lines 3 and 4",
    ),
    (
        "services: {}\nx-h: &h\n  e:\n    <<: *h\n",
        "1.yml:4: x-h.e: the alias *h stands inside of its own anchor &h",
    ),
    (
        "services:\n  a: {image: x}\n  a: {image: y}\n",
        "1.yml:3: services.a: the key stands twice, on the lines 2 and 3",
    ),
    (
        "services:\n  a:\n    image: x\n    tty: true\n    image: y\n",
        "1.yml:5: services.a.image: the key stands twice, on the lines 3 and 5",
    ),
    (
        "services:\n  1: {image: x}\n",
        "1.yml:2: services: the key 1 is no text. Put it into quotes.",
    ),
    ("services: {true: {}}\n", "the key true is no text"),
    ("services: {~: {}}\n", "the key ~ is no text"),
    ("services:\n  null: {}\n", "1.yml:2: services: the key null is no text"),
    ("services: {1.5: {}}\n", "the key 1.5 is no text"),
    ("? [a]\n: b\n", "a list or mapping stands where a key is expected"),
    ("services: {a: {image: {{ x }}}}\n", "services.a.image: a list or mapping stands where a key"),
    ("services: {a: !foo b}\n", "services.a: the tag !foo means nothing to Compose"),
    ("services: !!set {a}\n", "the tag !!set means nothing to Compose"),
    ("services: {a: !!int x}\n", "services.a: 'x' is no int"),
    (
        "services: {a: !!python/object:os.system x}\n",
        "the tag !!python/object:os.system means nothing",
    ),
    ("services: {a: *b}\n", "services.a: no anchor &b stands above the alias *b"),
    ("services: &s {a: *s}\n", "services.a: the alias *s stands inside of its own anchor &s"),
    ("x: &a {<<: *a}\n", "stands inside of its own anchor &a"),
    ("services: {a: {<<: x}}\n", "services.a: << takes a mapping, or a list of mappings"),
    ("services: {a: {<<: [{b: c}, d]}}\n", "<< takes a mapping, or a list of mappings"),
    ("- a\n", "1.yml:1: the file is a list, not a mapping. Begin with services:."),
    ("hello\n", "1.yml:1: the file is a single value, not a mapping"),
    ("services: {}\n---\n- a\n", "1.yml:3: the file is a list"),
    ("", "1.yml: there is nothing in it"),
    ("# nothing\n", "1.yml: there is nothing in it"),
    ("~\n", "there is nothing in it"),
    ("services:\n\tweb: {}\n", "1.yml:2: no YAML: while scanning for the next token"),
    ("services: {\n", "1.yml:2: no YAML: "),
    ("services: 'a\n", "1.yml:2: no YAML: "),
    ("a: b: c\n", "1.yml:1: no YAML: mapping values are not allowed"),
    ("services:\n  a: b\0\n", "1.yml:2: the character U+0000 is not allowed in YAML"),
    ("services:\n  a: b\x1b\n", "1.yml:2: the character U+001B is not allowed"),
    ("services: a\udc80\n", "1.yml:1: the character U+DC80 is not allowed"),
    ("services: [a]\n", "1.yml:1: services: it has no names with what they are"),
    ("services: {web: nginx}\n", "1.yml:1: services.web: a service is a mapping"),
    ("volumes: data\n", "volumes: it has no names"),
)


def test_what_is_no_compose_file_is_refused_with_its_place() -> None:
    wrong = []
    for text, cause in WRONG:
        found = causes(text)
        if not any(cause in line for line in found):
            wrong.append((text, found, cause))
    assert wrong == []


def test_a_byte_order_mark_and_windows_lines_are_no_trouble() -> None:
    assert data("\ufeffservices:\r\n  web:\r\n    image: a\r\n")["services"] == {
        "web": {"image": "a"}
    }


def test_all_causes_are_told_at_once() -> None:
    text = (
        "services:\n  web:\n    image: ${A}\n    tty: ${B:-maybe}\n    command: ${\n"
        "  db: {links: [x]}\n"
    )
    found = causes(text, "services: {web: {labels: [a]}}\n")
    assert len(found) == 4, found
    assert all(line.startswith(("1.yml:", "2.yml:")) for line in found)


def test_extensions_are_left_out_and_told() -> None:
    project = load(
        """
x-top: {a: 1}
services:
  web:
    x-own: 1
    environment: {x-variable: a}
    labels: {x-label: b}
    build: {context: ., x-bake: {}, args: {x-arg: 1}}
    healthcheck: {x-note: 1, test: a}
  x-named: {image: a}
networks: {n: {x-net: 1, driver_opts: {x-opt: 1}}}
"""
    )
    assert [item.path for item in project.left_out if item.kind == "extension"] == [
        "x-top",
        "services.web.x-own",
        "services.web.build.x-bake",
        "services.web.healthcheck.x-note",
        "networks.n.x-net",
    ]
    assert project.root.to_data() == {
        "services": {
            "web": {
                "environment": {"x-variable": "a"},
                "labels": {"x-label": "b"},
                "build": {"context": ".", "args": {"x-arg": 1}},
                "healthcheck": {"test": "a"},
            },
            "x-named": {"image": "a"},
        },
        "networks": {"n": {"driver_opts": {"x-opt": 1}}},
    }


def test_a_usual_file_is_loaded_at_once() -> None:
    one = """
  s#:
    <<: *common
    image: example/app:${TAG:-1.2}
    environment: ["DB=${DB:-db}", "TZ=${TZ-UTC}", PUID=1000]
    ports: ["80#:80", "127.0.0.1:90#:90"]
    volumes: ["./data#:/data", "cache:/cache:ro"]
    healthcheck: {test: [CMD, curl, -f, "http://localhost"], interval: 30s, retries: 3}
    labels:
      traefik.enable: "true"
"""
    head = "x-common: &common {restart: always, logging: {driver: json-file}}\nservices:"
    text = head + "".join(one.replace("#", str(n)) for n in range(10)) + "volumes: {cache: }\n"
    seconds = []
    for _run in range(10):
        start = time.process_time()
        load(text)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.01
