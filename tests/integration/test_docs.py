"""The pages of the documentation that are a story: their files and commands, run on a host."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import subprocess
import threading
import typing as t

import pytest
import yaml

from tests.integration.support.apps import App, Scope, container, next_port
from tests.integration.support.hosts import Host
from tests.integration.support.playbooks import ROOT

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"# (\S+)\n")
PROMPT = re.compile(r"^(\$|root@web1#) (.*)$", re.MULTILINE)
SSH = "ssh root@web1.example.org "
IMAGES = {
    "docker.io/library/postgres:17": "registry.test:5000/postgres:1",
    "docker.io/library/python:3.13-slim": "registry.test:5000/python:1",
    "docker.io/library/nginx:1.29": "registry.test:5000/nginx:1",
    "docker.io/library/busybox:1.37": "registry.test:5000/busybox:1",
}
"""What stands for the images of a page on hosts without the internet."""


def with_our_images(text: str) -> str:
    """A text with images that the hosts can pull."""
    for image, ours in IMAGES.items():
        text = text.replace(image, ours)
    return text


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

    def read(self, name: str) -> str:
        """A file that a page has written."""
        return (self._folder / name).read_text(encoding="utf-8")

    def _write(self, name: str, text: str) -> None:
        text = with_our_images(text)
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            self._inventory(text) if name == "inventory.ini" else text, encoding="utf-8"
        )

    def _inventory(self, text: str) -> str:
        data = json.loads(self._host.inventory.read_text(encoding="utf-8"))["all"]
        facts = {**data["vars"], **data["hosts"][self._host.name]}
        settings = " ".join(f"{key}={shlex.quote(text)}" for key, text in facts.items())
        return f"{text.splitlines()[0]}\nweb1.example.org {settings}\n"

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
        elif command.startswith(SSH):
            command, _less, name = command.removeprefix(SSH).partition(" <")
            text = (self._folder / name).read_text(encoding="utf-8")
            done = self._host.try_ssh(command, text=text)
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


def test_the_start(story: Story, system: Scope) -> None:
    try:
        story.follow("start.md")
    finally:
        system.app("hello").remove()
    assert story.commands > 8


def test_the_example_and_the_way_back_by_hand(story: Story) -> None:
    back, removal = "## Back to the release before", "## Remove it"
    story.follow("example.md", end=back)
    story.follow("by-hand.md")
    story.follow("example.md", start=back, end=removal)
    story.follow("example.md", start=removal)
    assert story.commands > 25


HANGS = """\
HealthCmd=false
HealthInterval=1s
HealthStartPeriod=5m
Notify=healthy
"""


HOLDERS = (
    "for p in /proc/[0-9]*; do "
    "if ls -l $p/fd 2>/dev/null | grep -q {lock}; then kill -9 ${{p#/proc/}}; fi; done"
)
"""Kills a run: all that hold its lock."""


def test_a_run_that_died_is_undone_by_hand(story: Story, system_app: App) -> None:
    """As docs/by-hand.md says it: the generation from before, and what the next run does."""
    app, host = system_app, system_app.host
    app.deployed({"web": container("StopTimeout=0", "Environment=N=1")}, {"a.txt": "1"})
    story.follow("by-hand.md", start="## Return", end="root@web1# ls")
    state = app.scope.state_dir

    def die() -> None:
        host.wait(f"systemctl is-active {app.service('web')} | grep -q activating", timeout=60)
        host.wait(f"test -e {state}/intents/{app.name}.json")
        host.ssh(HOLDERS.format(lock=f"/run/quadlet.fleet.{app.name}.lock"))

    killer = threading.Thread(target=die)
    killer.start()
    new = container("StopTimeout=0", "Environment=N=2", HANGS)
    assert app.deploy({"web": new, "more": container()}, {"a.txt": "2"}).failed
    killer.join()

    kept = json.loads(host.read(f"{state}/intents/{app.name}.manifest"))
    text = story.read("back.py")
    host.ssh(f"python3 - {app.name} {kept['generation']}", text=text)
    host.ssh(f"systemctl daemon-reload; systemctl restart {app.service('web')}")
    assert app.inside("web", "echo $N") == "1"
    assert host.read(app.path("a.txt")) == "1"
    assert not host.exists(app.path(app.unit("more")))
    again = app.deployed({"web": container("StopTimeout=0", "Environment=N=1")}, {"a.txt": "1"})
    assert "did not end; this run carries it forward" in again.warned
    assert not host.exists(f"{state}/intents/{app.name}.json")
    assert not host.exists(app.path(".fleet.d"))


ROW = re.compile(r"^\| `(\S+)` \| (yes|no) \| (yes|no) \| (yes|no) \|$", re.MULTILINE)
LISTENS = (
    "systemd-run --quiet --collect --unit {unit} python3 -m http.server {port} --bind {address}"
)


def test_names_are_found_as_the_page_says(scope: Scope) -> None:
    page = (ROOT / "docs/networks.md").read_text(encoding="utf-8")
    units = yaml.safe_load(with_our_images(NAME.split(FENCE.findall(page)[0][1], maxsplit=1)[2]))
    rows = ROW.findall(page)
    assert len(rows) > 10
    app, port = scope.app(), str(next_port())
    stop = {
        name: text.replace("[Container]", "[Container]\nStopTimeout=0")
        for name, text in units.items()
    }
    ours = {name: text.replace("8380", port) for name, text in stop.items()}
    host = scope.host
    host.ssh(LISTENS.format(unit="all", port=8381, address="0.0.0.0"))
    host.ssh(LISTENS.format(unit="loop", port=8382, address="127.0.0.1"))
    try:
        app.run(units=ours).ok()
        addresses = " ".join(address.replace("8380", port) for address, *_cells in rows)
        for column, asker in enumerate(("web", "side", "loner"), 1):
            ask = f"for a in {addresses}; do wget -qT 3 -O /dev/null http://$a/ && echo $a; done; :"
            reached = scope.ssh(f"podman exec systemd-{asker} sh -c {shlex.quote(ask)} 2>/dev/null")
            wanted = [row[0].replace("8380", port) for row in rows if row[column] == "yes"]
            assert reached.split() == wanted, asker
    finally:
        host.try_ssh("systemctl stop all loop")
        app.remove()
