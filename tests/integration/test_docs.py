"""The pages of the documentation that are a story: their files and commands, run on a host."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import subprocess
import typing as t

import pytest

from tests.integration.support.hosts import Host
from tests.integration.support.playbooks import ROOT

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"# (\S+)\n")
PROMPT = re.compile(r"^(\$|root@web1#) (.*)$", re.MULTILINE)
IMAGES = {
    "docker.io/library/postgres:17": "registry.test:5000/postgres:1",
    "docker.io/library/python:3.13-slim": "registry.test:5000/python:1",
    "docker.io/library/nginx:1.29": "registry.test:5000/nginx:1",
    "docker.io/library/busybox:1.37": "registry.test:5000/busybox:1",
}
"""What stands for the images of a page on hosts without the internet."""


class Story:
    """A directory in which pages are followed."""

    def __init__(self, folder: pathlib.Path, host: Host) -> None:
        self._folder = folder
        self._host = host
        self.commands = 0
        (folder / ".vault").write_text("secret\n", encoding="utf-8")

    def follow(self, page: str, *, start: str = "", end: str = "") -> None:
        """The files and commands of a page, or of its part between two headings."""
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        part = text[text.index(start) : text.index(end) if end else None]
        for language, block in FENCE.findall(part):
            name = NAME.match(block)
            if language == "console":
                self._console(block)
            elif name:
                self._write(name.group(1), block[name.end() :])

    def _write(self, name: str, text: str) -> None:
        for image, ours in IMAGES.items():
            text = text.replace(image, ours)
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._inventory() if name == "inventory.ini" else text, encoding="utf-8")

    def _inventory(self) -> str:
        data = json.loads(self._host.inventory.read_text(encoding="utf-8"))["all"]
        facts = {**data["vars"], **data["hosts"][self._host.name]}
        settings = " ".join(f"{key}={shlex.quote(text)}" for key, text in facts.items())
        return f"[shop]\nweb1.example.org {settings}\n"

    def _console(self, block: str) -> None:
        """Each command of a block, with the lines that it shows; … stands for anything."""
        parts = PROMPT.split(block)[1:]
        for prompt, command, shown in zip(parts[::3], parts[1::3], parts[2::3]):
            status, out = self._run(prompt, command)
            assert (status != 0) == ("failed=1" in shown), f"{command}: status {status}\n{out}"
            for line in shown.split("\n"):
                assert line.strip("…") in out, f"{command}: {line} is not in\n{out}"

    def _run(self, prompt: str, command: str) -> tuple[int, str]:
        self.commands += 1
        if prompt != "$":
            done = self._host.try_ssh(command)
        elif command.startswith("curl "):
            done = self._host.try_ssh(command.replace("web1.example.org", "127.0.0.1"))
        else:
            env = {
                **{key: text for key, text in os.environ.items() if key != "ANSIBLE_CONFIG"},
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
                "ANSIBLE_NOCOLOR": "1",
                "COLUMNS": "1000",
            }
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self._folder, env=env, capture_output=True, text=True, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def story(tmp_path: pathlib.Path, host: Host) -> t.Iterator[Story]:
    """An empty project, and no user shop before and after it."""
    yield Story(tmp_path, host)
    host.try_ssh(
        "systemctl --user --machine=shop@ stop web db backup.timer; loginctl disable-linger shop; "
        "loginctl terminate-user shop; sleep 1; pkill -9 -u shop; userdel --force --remove shop"
    )


def test_the_example_from_the_first_file_to_the_removal(story: Story) -> None:
    story.follow("example.md", end="## Remove it")
    story.follow("example.md", start="## Remove it")
    assert story.commands > 20
