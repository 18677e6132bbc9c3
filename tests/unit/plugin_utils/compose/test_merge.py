"""Files over files: mappings, lists, what replaces, what is the same, !reset and !override."""

from __future__ import annotations

import typing as t

import yaml

from tests.unit.plugin_utils.compose.support import causes, data, load, service, web

# Each row: keys of a service in one file, in another one over it, and what comes out.  The first
# rows are those of the specification, "Merge"; its last ones are below, with whole files.
ROWS: tuple[tuple[str, str, str], ...] = (
    # mappings, lists, scalars
    ("key1: a\nkey2: b", "key2: c\nkey3: d", "key1: a\nkey2: c\nkey3: d"),
    ("dns: [1.1.1.1]", "dns: [8.8.8.8]", "dns: [1.1.1.1, 8.8.8.8]"),
    ("image: a", "image: b", "image: b"),
    ("tty: true", "tty: false", "tty: false"),
    (
        "deploy: {resources: {limits: {cpus: 1}}}",
        "deploy: {resources: {limits: {memory: 1g}}}",
        "deploy: {resources: {limits: {cpus: 1.0, memory: 1g}}}",
    ),
    ("image: a", "", "image: a"),
    ("image: a", "image:", "image: a"),
    ("image:", "image: b", "image: b"),
    ("deploy:", "deploy: {replicas: 2}", "deploy: {replicas: 2}"),
    ("ports: ['1:1']", "ports:", "ports: ['1:1']"),
    # commands are replaced
    ('command: ["echo", "foo"]', 'command: ["echo", "bar"]', 'command: ["echo", "bar"]'),
    ("command: echo foo", 'command: ["echo", "bar"]', 'command: ["echo", "bar"]'),
    ("command: [a]", "command: b c", "command: b c"),
    ("command: [a]", "command: []", "command: []"),
    ("command: [a]", "command:", "command: null"),
    ("entrypoint: [a]", "entrypoint: [b]", "entrypoint: [b]"),
    ("entrypoint: [a]", "entrypoint: ''", "entrypoint: ''"),
    (
        "healthcheck: {test: [CMD, a], retries: 2}",
        "healthcheck: {test: b}",
        "healthcheck: {test: b, retries: 2}",
    ),
    (
        "healthcheck: {test: [CMD, a]}",
        "healthcheck: {disable: true}",
        "healthcheck: {test: [CMD, a], disable: true}",
    ),
    # unique resources
    ("volumes: ['foo:/work']", "volumes: ['bar:/work']", "volumes: ['bar:/work']"),
    (
        "volumes: ['a:/a', 'b:/b']",
        "volumes: ['c:/a:ro', 'd:/d']",
        "volumes: ['c:/a:ro', 'b:/b', 'd:/d']",
    ),
    ("volumes: ['/a']", "volumes: ['./a:/a']", "volumes: ['./a:/a']"),
    ("volumes: ['a:/a']", "volumes: ['b:/a/']", "volumes: ['b:/a/']"),
    (
        "volumes: ['a:/a']",
        "volumes: [{type: tmpfs, target: /a}]",
        "volumes: [{type: tmpfs, target: /a}]",
    ),
    (
        "volumes: [{type: volume, source: a, target: /a, read_only: true}]",
        "volumes: ['b:/a']",
        "volumes: ['b:/a']",
    ),
    ("ports: ['80:80']", "ports: ['81:80']", "ports: ['80:80', '81:80']"),
    ("ports: ['80:80']", "ports: ['80:80']", "ports: ['80:80']"),
    ("ports: ['80:80']", "ports: ['80:80/tcp']", "ports: ['80:80/tcp']"),
    ("ports: ['80:80']", "ports: ['80:80/udp']", "ports: ['80:80', '80:80/udp']"),
    ("ports: ['80:80']", "ports: ['127.0.0.1:80:80']", "ports: ['80:80', '127.0.0.1:80:80']"),
    ("ports: ['80:80']", "ports: ['0.0.0.0:80:80']", "ports: ['0.0.0.0:80:80']"),
    ("ports: ['[::1]:80:80']", "ports: ['[::1]:80:80/tcp']", "ports: ['[::1]:80:80/tcp']"),
    ("ports: [80]", "ports: ['80']", "ports: ['80']"),
    (
        "ports: ['8080:80']",
        "ports: [{target: 80, published: 8080, mode: host}]",
        "ports: [{target: 80, published: 8080, mode: host}]",
    ),
    (
        "ports: ['8080:80']",
        "ports: [{target: 80, published: '8081'}]",
        "ports: ['8080:80', {target: 80, published: '8081'}]",
    ),
    (
        "secrets: [a, {source: b, target: x}]",
        "secrets: [{source: c, target: x}, a]",
        "secrets: [a, {source: c, target: x}]",
    ),
    (
        "secrets: [a]",
        "secrets: [{source: b, target: /run/secrets/a}]",
        "secrets: [{source: b, target: /run/secrets/a}]",
    ),
    ("configs: [a]", "configs: [{source: b, target: /a}]", "configs: [{source: b, target: /a}]"),
    ("configs: [a]", "configs: [b]", "configs: [a, b]"),
    ("devices: ['/dev/a:/dev/x']", "devices: ['/dev/b:/dev/x:r']", "devices: ['/dev/b:/dev/x:r']"),
    ("devices: [/dev/a]", "devices: ['/dev/b:/dev/a']", "devices: ['/dev/b:/dev/a']"),
    # lists whose items are the same when their texts are
    ("cap_add: [A, B]", "cap_add: [B, C]", "cap_add: [A, B, C]"),
    ("security_opt: [a]", "security_opt: [a, b]", "security_opt: [a, b]"),
    ("expose: ['80']", "expose: [80, 81]", "expose: [80, 81]"),
    ("profiles: [a]", "profiles: [a, b]", "profiles: [a, b]"),
    ("group_add: [a]", "group_add: [b]", "group_add: [a, b]"),
    ("group_add: [a, c, c]", "group_add: [a, b, b]", "group_add: [a, c, c, b, b]"),
    ("gpus: [{count: 1}]", "gpus: [{count: 1}, {count: 2}]", "gpus: [{count: 1}, {count: 2}]"),
    ("dns: 1.1.1.1", "dns: [8.8.8.8, 1.1.1.1]", "dns: [1.1.1.1, 8.8.8.8]"),
    ("dns_search: a", "dns_search: b", "dns_search: [a, b]"),
    ("env_file: a", "env_file: [b, a]", "env_file: [a, b]"),
    (
        "env_file: a",
        "env_file: [{path: a, required: false}]",
        "env_file: [{path: a, required: false}]",
    ),
    ("env_file: a", "env_file:", "env_file: a"),
    ("tmpfs: /a", "tmpfs: ['/a:size=1m', /b]", "tmpfs: ['/a:size=1m', /b]"),
    # names and values
    ("environment: {A: 1, B: 2}", "environment: {B: 3, C: 4}", "environment: {A: 1, B: 3, C: 4}"),
    ("environment: [A=1, B=2]", "environment: [B=3, C=4]", "environment: [A=1, B=3, C=4]"),
    ("environment: [A=1, B=2]", "environment: {B: 3}", "environment: {A: '1', B: 3}"),
    (
        "environment: {A: 1, B: 2}",
        "environment: [B=3=x, C]",
        "environment: {A: 1, B: 3=x, C: null}",
    ),
    ("environment: {A: 1}", "environment: {A: null}", "environment: {A: null}"),
    ("environment: {A: 1}", "environment: [A]", "environment: {A: null}"),
    ("environment: [A=1]", "environment: [A]", "environment: [A]"),
    ("environment: {A: 1}", "environment:", "environment: {A: 1}"),
    ("labels: [a=1]", "labels: {a: 2}", "labels: {a: 2}"),
    ("labels: [a=1]", "labels: [a=2, a=1]", "labels: [a=1]"),
    ("labels: [a=2, a=1]", "labels: [a=2]", "labels: [a=2]"),
    ("labels: []", "labels: []", "labels: []"),
    ("labels: {}", "labels: {}", "labels: {}"),
    ("sysctls: {a: 1}", "sysctls: [a=2, b=3]", "sysctls: {a: '2', b: '3'}"),
    (
        "build: {context: ., args: [A=1]}",
        "build: {args: {A: 2}}",
        "build: {context: ., args: {A: 2}}",
    ),
    ("build: .", "build: {dockerfile: D}", "build: {context: ., dockerfile: D}"),
    ("build: {context: a, target: t}", "build: b", "build: {context: b, target: t}"),
    (
        "extra_hosts: ['a:1.1.1.1']",
        "extra_hosts: ['a:1.1.1.1', 'b=2.2.2.2']",
        "extra_hosts: ['a:1.1.1.1', 'b=2.2.2.2']",
    ),
    (
        "extra_hosts: {a: 1.1.1.1}",
        "extra_hosts: ['b=2.2.2.2']",
        "extra_hosts: [a=1.1.1.1, b=2.2.2.2]",
    ),
    # names with more behind them
    ("networks: [a, b]", "networks: [b, c]", "networks: {a: null, b: null, c: null}"),
    ("networks: [a]", "networks:", "networks: [a]"),
    ("networks:", "networks: [a]", "networks: {a: null}"),
    ("models: [a]", "models: {a: {model_var: x}, b: }", "models: {a: {model_var: x}, b: null}"),
    ("networks: [a]", "networks: {a: {aliases: [x]}}", "networks: {a: {aliases: [x]}}"),
    (
        "networks: {a: {aliases: [x]}}",
        "networks: {a: {aliases: [x, y], priority: 1}}",
        "networks: {a: {aliases: [x, y], priority: 1}}",
    ),
    ("networks: {a: {aliases: [x]}}", "networks: [a]", "networks: {a: {aliases: [x]}}"),
    # drivers, limits
    (
        "logging: {driver: a, options: {x: 1, y: 2}}",
        "logging: {driver: a, options: {y: 3}}",
        "logging: {driver: a, options: {x: 1, y: 3}}",
    ),
    (
        "logging: {driver: a, options: {x: 1}}",
        "logging: {driver: b, options: {y: 3}}",
        "logging: {driver: b, options: {y: 3}}",
    ),
    ("logging: {driver: a, options: {x: 1}}", "logging: {driver: b}", "logging: {driver: b}"),
    (
        "logging: {options: {x: 1}}",
        "logging: {driver: b, options: {y: 3}}",
        "logging: {driver: b, options: {x: 1, y: 3}}",
    ),
    (
        "logging: {driver: a, options: {x: 1}}",
        "logging: {options: {y: 3}}",
        "logging: {driver: a, options: {x: 1, y: 3}}",
    ),
    (
        "ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}",
        "ulimits: {nofile: 4, nproc: {soft: 5, hard: 6}}",
        "ulimits: {nofile: 4, nproc: {soft: 5, hard: 6}}",
    ),
    ("ulimits: {nofile: 1}", "ulimits: {nproc: 2}", "ulimits: {nofile: 1, nproc: 2}"),
    # reset and override
    (
        "image: a\nports: ['8080:80']\nenvironment: {FOO: BAR}",
        "ports: !reset []\nenvironment: {FOO: !reset null}",
        "image: a\nenvironment: {}",
    ),
    (
        "image: a\nports: ['8080:80']",
        "ports: !override\n- '8443:443'",
        "image: a\nports: ['8443:443']",
    ),
    ("image: a", "image: !reset", "{}"),
    ("image: a", "image: !override b", "image: b"),
    ("command: [a]", "command: !reset []", "{}"),
    ("environment: [A=1]", "environment: !override {B: 2}", "environment: {B: 2}"),
    ("environment: {A: 1, B: 2}", "environment: {A: !reset '', C: 3}", "environment: {B: 2, C: 3}"),
    (
        "deploy: {resources: {limits: {cpus: 1}}}",
        "deploy: {resources: {limits: !reset {}}}",
        "deploy: {resources: {}}",
    ),
    ("build: {context: ., args: {A: 1}}", "build: !override {context: x}", "build: {context: x}"),
    ("ports: ['1:1']", "ports: ['2:2', !reset '3:3']", "ports: ['1:1', '2:2']"),
    ("tty: !reset true\nimage: a", "", "image: a"),
    ("environment: !override {A: 1}", "environment: {B: 2}", "environment: {A: 1, B: 2}"),
    # what can't be told apart stays
    ("environment: [{A: 1}]", "environment: [{A: 2}]", "environment: [{A: 1}, {A: 2}]"),
    ("cap_add: [[a], [b]]", "", "cap_add: [[a], [b]]"),
    ("volumes: [{type: bind}, {type: volume}]", "", "volumes: [{type: bind}, {type: volume}]"),
    ("tmpfs: [{a: 1}, {b: 1}]", "", "tmpfs: [{a: 1}, {b: 1}]"),
    ("ports: [{published: 1}, {published: 2}]", "", "ports: [{published: 1}, {published: 2}]"),
)


def test_rows() -> None:
    wrong = []
    for base, over, expected in ROWS:
        found = web(base, over or "{}", profiles=["*"])
        if found != yaml.safe_load(expected):
            wrong.append((base, over, found, expected))
    assert wrong == []


def test_three_files() -> None:
    assert web("image: a\nports: ['1:1']", "image: b", "ports: ['2:2']\ntty: true") == {
        "image": "b",
        "ports": ["1:1", "2:2"],
        "tty": True,
    }


def test_what_is_reset_behind_a_change_of_form() -> None:
    base = "environment: {FOO: BAR, KEEP: ME}\nlabels: {a: b}"
    extra = "environment: [ANOTHER=BAR, PASSED]\nlabels: {c: d}"
    over = "environment: {FOO: !reset , ANOTHER: !reset , PASSED: !reset }\nlabels: {a: !reset }"
    expected = {"environment": {"KEEP": "ME"}, "labels": {"c": "d"}}
    assert web(base, extra, over) == expected
    listed = "environment: [FOO=BAR, KEEP=ME]\nlabels: [c=d]"
    assert web(listed, "environment: {FOO: !reset }")["environment"] == {"KEEP": "ME"}


def test_dependencies_of_both_forms() -> None:
    more = "  a: {image: a}\n  b: {image: b}\n"
    base = service("depends_on: [a, b]") + more
    over = service("depends_on: {b: {condition: service_healthy}}")
    assert data(base, over)["services"]["web"]["depends_on"] == {
        "a": {"condition": "service_started", "required": True},
        "b": {"condition": "service_healthy", "required": True},
    }


TOP: tuple[tuple[str, str, t.Any], ...] = (
    ("volumes: {a: }", "volumes: {b: }", {"volumes": {"a": None, "b": None}}),
    ("volumes: {a: {name: x}}", "volumes: {a: }", {"volumes": {"a": {"name": "x"}}}),
    (
        "volumes: {a: {labels: [x=1]}}",
        "volumes: {a: {labels: {x: 2}}}",
        {"volumes": {"a": {"labels": {"x": 2}}}},
    ),
    ("volumes: {a: }", "volumes: {a: !reset }", {"volumes": {}}),
    ("volumes: {a: }", "volumes: !reset {}", {}),
    (
        "networks: {n: {ipam: {config: [{subnet: 1/8, gateway: a}]}}}",
        "networks: {n: {ipam: {config: [{subnet: 1/8, gateway: b}, {subnet: 2/8}]}}}",
        {
            "networks": {
                "n": {"ipam": {"config": [{"subnet": "1/8", "gateway": "b"}, {"subnet": "2/8"}]}}
            }
        },
    ),
    (
        "networks: {n: {driver_opts: {a: 1}}}",
        "networks: {n: {driver_opts: {b: 2}}}",
        {"networks": {"n": {"driver_opts": {"a": 1, "b": 2}}}},
    ),
    (
        "services: {a: {image: x}}",
        "services: {b: {image: y}}",
        {"services": {"a": {"image": "x"}, "b": {"image": "y"}}},
    ),
    ("services: {a: {image: x}}", "services: {a: !reset }", {"services": {}}),
    (
        "services: {a: {image: x, tty: true}}",
        "services: {a: !override {image: y}}",
        {"services": {"a": {"image": "y"}}},
    ),
    ("name: a\nservices: {}", "name: b", {"name": "b", "services": {}}),
    ("version: '2'\nservices: {}", "version: '3'", {"version": "3", "services": {}}),
)


def test_what_stands_at_the_top() -> None:
    wrong = [(a, b, data(a, b), expected) for a, b, expected in TOP if data(a, b) != expected]
    assert wrong == []


def test_what_has_another_form_is_refused_with_both_places() -> None:
    rows = (
        (
            "ports: ['1:1']",
            "ports: {a: b}",
            "2.yml:3: services.web.ports: a mapping can't be merged over a list of 1.yml:3",
        ),
        (
            "ports: ['1:1']",
            "ports: '2:2'",
            "2.yml:3: services.web.ports: a single value can't be merged over a list",
        ),
        (
            "deploy: {replicas: 1}",
            "deploy: [a]",
            "2.yml:3: services.web.deploy: a list can't be merged over a mapping",
        ),
        (
            "healthcheck: {test: a}",
            "healthcheck: b",
            "a single value can't be merged over a mapping of 1.yml:3",
        ),
    )
    wrong = []
    for base, over, cause in rows:
        found = causes(service(base), service(over))
        if not (len(found) == 1 and cause in found[0]):
            wrong.append((base, over, found))
    assert wrong == []


def test_an_item_that_a_later_one_replaces_is_told() -> None:
    project = load(service("environment: [A=1, B=2, A=3]\nports: ['80:80', '80:80/tcp']"))
    assert project.root.to_data()["services"]["web"] == {
        "environment": ["A=3", "B=2"],
        "ports": ["80:80/tcp"],
    }
    assert [(item.kind, item.path, item.line) for item in project.left_out] == [
        ("duplicate", "services.web.environment[0]", 3),
        ("duplicate", "services.web.ports[0]", 4),
    ]


def test_what_is_reset_is_told() -> None:
    project = load(
        service("tty: true\nports: ['1:1']"), service("ports: !reset\ninit: !reset true")
    )
    assert [(item.kind, item.path, item.file, item.line) for item in project.left_out] == [
        ("reset", "services.web.ports", "2.yml", 3),
        ("reset", "services.web.init", "2.yml", 4),
    ]


def test_variables_are_replaced_before_files_are_merged() -> None:
    env = {"A": "./x:/a"}
    assert web("volumes: ['$A']", "volumes: ['y:/a']", env=env)["volumes"] == ["y:/a"]
