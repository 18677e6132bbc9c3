# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a user's Docker answers: at its usual socket, and at those of contexts."""

from __future__ import annotations

import json
import os
import pathlib
import socket

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.discover.contexts import (
    parse_context_socket,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._host.engines import _find_sockets


def _context(host: object) -> str:
    return json.dumps({"Name": "x", "Metadata": {}, "Endpoints": {"docker": {"Host": host}}})


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (_context("unix:///run/user/1000/docker.sock"), "/run/user/1000/docker.sock"),
        (_context("unix://relative"), ""),
        (_context("tcp://192.0.2.1:2376"), ""),
        (_context("ssh://host"), ""),
        (_context("npipe:////./pipe/docker"), ""),
        (_context(None), ""),
        ('{"Endpoints": {}}', ""),
        ("[]", ""),
        ("", ""),
        ("[" * 100_000, ""),
    ],
)
def test_the_socket_of_a_context(text: str, path: str) -> None:
    assert parse_context_socket(text) == path


def test_the_sockets_of_a_user(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a path of a socket has 107 characters
    usual, other, file = (str(tmp_path / name) for name in ("usual", "other", "file"))
    hosts = [usual, other, other, file, str(tmp_path / "gone")]
    contexts = tmp_path / ".docker/contexts/meta"
    for number, host in enumerate(hosts):
        (contexts / str(number)).mkdir(parents=True)
        (contexts / f"{number}/meta.json").write_text(_context(f"unix://{host}"))
    (contexts / "empty").mkdir()
    (contexts / "odd/meta.json").mkdir(parents=True)
    pathlib.Path(file).touch()
    (tmp_path / "link").symlink_to(usual)
    listening = [socket.socket(socket.AF_UNIX) for _name in range(2)]
    for one, name in zip(listening, ("usual", "other")):
        one.bind(name)
    try:
        me = os.getuid()
        assert _find_sockets(usual, str(tmp_path), me) == [usual, other]
        assert _find_sockets(str(tmp_path / "link"), str(tmp_path), me)[1:] == [other]
        assert _find_sockets(usual, str(tmp_path), me + 1) == [], "they are another user's"
        assert _find_sockets(usual, "/nowhere", me) == [usual]
        assert _find_sockets("/nowhere/docker.sock", "/nowhere", me) == []
    finally:
        for one in listening:
            one.close()
