# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report leads to where a thing stands, and the sources name every file that was read."""

from __future__ import annotations

import re

import yaml

from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    COMPOSE,
    parse_arguments,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.convert import (
    Result,
    convert_texts,
)
from tests.unit.support.compose import FakeFiles

BASE = """\
services:
  web:
    image: nginx
    ports: ['1:1', '2:2', '2:2', '9000-9001:90']
    volumes:
      - a:/a
      - a:/b
      - ./x:/b
    labels: [x=1, com.docker.compose.y=2]
    networks: [one, two]
    cap_add: [A, B, A]
    environment: [A=1, B=2]
    secrets: [s]
    extra_hosts: ['h=10.0.0.1']
    tmpfs: [/t, /u]
volumes: {a: }
networks: {one: , two: }
secrets: {s: {file: ./s.txt}}
"""
OVER = """\
services:
  web:
    tmpfs: /v
    extra_hosts:
      - i=10.0.0.2
    secrets:
      - {source: s, target: other}
    environment:
      - C=3
    cap_add: [C]
    ports:
      - 3:3
      - 2:2
      - 7000-7001:70
    volumes:
      - ./y:/c
      - type: bind
        source: ./z
        target: /d
    labels: [com.docker.compose.z=3]
"""


def _convert(texts: list[tuple[str, str]], files: dict[str, str]) -> Result:
    values = parse_arguments(COMPOSE, {"name": "shop", "base": "/srv", "report": "all"})
    return convert_texts(COMPOSE, texts, values, files=FakeFiles(files))


def _line(text: str, path: str) -> int:
    """The line of what a path leads to in a text; 0 where it leads to nothing."""
    node = yaml.compose(text)
    for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if index and isinstance(node, yaml.SequenceNode) and int(index) < len(node.value):
            node = node.value[int(index)]
        elif key and isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == key), None)
        else:
            return 0
    return node.start_mark.line + 1 if node is not None else 0


def test_a_path_with_an_index_leads_to_its_line_in_its_file() -> None:
    texts = {"a.yml": BASE, "b.yml": OVER}
    report = _convert(list(texts.items()), {"s.txt": "x"})["report"]
    items = [row for row in report if re.search(r"\[\d+\]", row["path"])]
    assert {row["file"] for row in items} == set(texts)
    wrong = [
        (row["file"], row["line"], row["path"])
        for row in items
        if "tmpfs" not in row["path"] and _line(texts[row["file"]], row["path"]) != row["line"]
    ]
    assert wrong == []
    assert len(items) > 30
    (replaced, _of_b) = [row for row in items if row["path"] == "services.web.cap_add[0]"]
    assert replaced["reason"] == "a later item replaces it"


def test_sources_name_every_file_that_was_read() -> None:
    text = """\
include: [inc.yml]
services:
  web:
    extends: {file: ext.yml, service: w}
    env_file: [one.env, {path: two.env, required: false}, {path: none.env, required: false}]
    label_file: l.env
    volumes: ['./site.conf:/etc/site.conf:ro', './conf:/etc/conf:ro']
    secrets: [s]
    configs: [c]
    build: {context: ./ctx, additional_contexts: {more: ./more}, secrets: [b]}
secrets: {s: {file: s.txt}, b: {file: b.txt}}
configs: {c: {file: c.txt}}
"""
    files = {
        ".env": "X=1", "inc.yml": "services: {db: {image: d}}",
        "ext.yml": "services: {w: {tty: true}}",
        "one.env": "A=1", "two.env": "B=2", "l.env": "l=1", "site.conf": "", "conf/a": "",
        "s.txt": "s", "b.txt": "b", "c.txt": "c", "ctx/Dockerfile": "FROM x", "more/f": "",
        "other.txt": "",
    }  # fmt: skip
    sources = _convert([("c.yml", text)], files)["sources"]
    assert sorted(sources) == sorted({"c.yml", *files} - {"other.txt"})
