"""What an app is made of: all kinds of units, sections, files, and a directory as source."""

from __future__ import annotations

import base64
import pathlib
import subprocess
import sys
import typing as t

import pytest

from tests.integration.support.apps import (
    WEB,
    App,
    Result,
    container,
    next_port,
    system_scope,
    user_scope,
)
from tests.integration.support.hosts import IMAGE, Fleet
from tests.integration.support.playbooks import Playbooks

BYTES = bytes(range(256))

KUBE = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: NAME-k
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: {IMAGE}
      command: [sleep, "600"]
"""


@pytest.mark.scope("system")
def test_sections_arrive_byte_for_byte(app: App) -> None:
    values = {"PLAIN": "a", "QUOTES": "\"a\" 'b'", "SIGNS": "50% of $HOME \\ %h", "TAB": "a\tb"}
    unit = {
        "Unit": {"Description": "Sections"},
        "Container": {
            "Image": IMAGE,
            "Environment": values,
            "Exec": [
                "sh",
                "-c",
                "trap 'exit 0' TERM; echo \"$PLAIN 100%\" > /said; sleep 600 & wait",
            ],
            "Label": ["a=1", "b=2"],
        },
        "Install": {"WantedBy": "default.target"},
    }
    app.deployed({"web": unit})
    for name, value in values.items():
        assert app.inside("web", f'printf %s. "${name}"') == f"{value}."
    app.host.wait(app.scope.command(f"podman cp systemd-{app.name}-web:/said - >/dev/null"))
    assert app.inside("web", "cat /said") == "a 100%"
    assert not app.deployed({"web": unit}).changed


@pytest.mark.scope("system")
def test_the_same_unit_as_text_and_as_sections_is_one(app: App) -> None:
    sections = {"Container": {"Image": IMAGE, "Exec": "sleep 600", "StopTimeout": 0}}
    app.deployed({"web": sections})
    text = app.host.read(app.path(app.unit("web")))
    assert not app.deployed({"web": text}).changed


@pytest.mark.scope("alice")
def test_modes_of_files(app: App) -> None:
    files = {
        "plain.txt": "a\n",
        "secret.txt": {"content": "a\n", "mode": "0600"},
        "bin/run.sh": {"content": "#!/bin/sh\n", "mode": "0755"},
    }
    app.deployed({"web": container()}, files)
    names = " ".join(app.path(name) for name in files)
    assert app.host.ssh(f"stat -c '%U %a' {names}").splitlines() == [
        f"{app.scope.owner} {mode}" for mode in (644, 600, 755)
    ]
    files["bin/run.sh"] = {"content": "#!/bin/sh\n", "mode": "0700"}
    result = app.deployed({"web": container()}, files)
    assert result.changed
    assert "0755" in result.reasons("bin/run.sh")
    assert "0700" in result.reasons("bin/run.sh")


@pytest.mark.scope("alice")
def test_every_kind_that_this_podman_has(app: App) -> None:
    port = next_port()
    name = app.name
    units = {
        "base.image": f"[Image]\nImage={IMAGE}\n",
        "own.build": f"[Build]\nImageTag=localhost/{name}:1\nSetWorkingDirectory=unit\n",
        "net.network": "[Network]\n",
        "data.volume": "[Volume]\n",
        "group.pod": f"[Pod]\nPublishPort={port}:8080\nNetwork={name}-net.network\n",
        "web": container(
            f"Pod={name}-group.pod", f"Volume={name}-data.volume:/data", exec_=WEB
        ).replace(IMAGE, f"{name}-own.build"),
        "side": container().replace(IMAGE, f"{name}-base.image"),
        "kube.kube": "[Kube]\nYaml=./pod.yaml\n",
    }
    files = {
        "Containerfile": f"FROM {IMAGE}\nCOPY index.html /www/index.html\n",
        "index.html": "built one\n",
        "pod.yaml": KUBE.replace("NAME", name),
    }
    result = app.deployed(units, files)
    assert app.host.fetch(port) == "built one"
    assert len(result["services"]) == len(units)
    assert {row["active"] for row in result["services"].values()} <= {"active", "inactive"}
    assert app.runs("side")
    assert not app.deployed(units, files).changed

    before = app.ids("side")
    files["index.html"] = "built two\n"
    app.deployed(units, files)
    assert app.host.fetch(port) == "built two"
    assert app.ids("side") == before


def _source(folder: pathlib.Path) -> pathlib.Path:
    """A directory with a template, a drop-in, nested files, bytes and a vaulted file."""
    top = folder / "shop"
    (top / "www" / "sub").mkdir(parents=True)
    (top / "srcweb.container.d").mkdir()
    unit = container("PublishPort={{ port }}:8080", "Volume=./www:/www:ro", exec_=WEB)
    (top / "srcweb.container.j2").write_text(unit)
    (top / "srcweb.container.d" / "10-x.conf").write_text("[Container]\nEnvironment=FROM=dropin\n")
    (top / "www" / "index.html.j2").write_text("{{ greeting }} on {{ inventory_hostname }}\n")
    (top / "www" / "raw.txt").write_text("{{ left alone }}\n")
    (top / "www" / "sub" / "data.bin").write_bytes(BYTES)
    script = top / "www" / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    secret = top / "www" / "secret.txt"
    secret.write_text("vaulted words\n")
    (folder / "password").write_text("let me in\n")
    vault = pathlib.Path(sys.executable).with_name("ansible-vault")
    subprocess.run(
        [vault, "encrypt", "--vault-password-file", folder / "password", secret],
        check=True,
        capture_output=True,
    )
    assert "vaulted words" not in secret.read_text()
    return top


@pytest.mark.scope("alice")
def test_a_directory_as_source(app: App, tmp_path: pathlib.Path) -> None:
    port = next_port()
    top = _source(tmp_path)
    arguments = ["--vault-password-file", str(tmp_path / "password")]
    variables = {"port": port, "greeting": "hello {{ 6 * 7 }}"}

    def run(**options: t.Any) -> Result:
        return app.scope.call(
            "app",
            arguments,
            variables,
            name=app.name,
            src=str(top),
            gate={"stable": 0},
            **options,
        ).ok()

    assert run().changed
    host = app.host
    assert host.fetch(port) == f"hello 42 on {host.name}"
    assert host.fetch(port, "/raw.txt") == "{{ left alone }}"
    assert host.fetch(port, "/secret.txt") == "vaulted words"
    encoded = host.ssh(f"base64 -w0 {app.path('www/sub/data.bin')}")
    assert base64.b64decode(encoded) == BYTES
    assert host.ssh(f"stat -c %a {app.path('www/run.sh')}") == "755"
    assert "FROM=dropin" in app.scope.inside("systemd-srcweb", "env").split()
    assert not run().changed

    # What the task itself says comes before the directory.
    result = run(files={"www/index.html": "of the task\n"})
    assert host.fetch(port) == "of the task"
    assert result.actions == {"srcweb.service": "restart"}


@pytest.mark.scope("system")
def test_a_source_beside_the_playbook(app: App, tmp_path: pathlib.Path) -> None:
    top = tmp_path / "files" / "here"
    top.mkdir(parents=True)
    (top / app.unit("web")).write_text(container())
    (tmp_path / "files" / "one.txt").write_text("from a file\n")
    options = {
        "name": app.name,
        "src": "here",
        "files": {"one.txt": {"src": "one.txt", "mode": "0640"}},
        "gate": {"stable": 0},
        **app.scope.options,
    }
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"quadlet.fleet.app": options}]}
    run = app.scope.playbooks.run([play], app.host.inventory, folder=tmp_path)
    Result(run.only()).ok()
    assert app.runs("web")
    assert app.host.read(app.path("one.txt")) == "from a file\n"
    assert app.host.ssh(f"stat -c %a {app.path('one.txt')}") == "640"


@pytest.mark.parametrize("src", ["missing", "a-file"])
@pytest.mark.scope("system")
def test_a_source_that_is_none(app: App, tmp_path: pathlib.Path, src: str) -> None:
    (tmp_path / "a-file").write_text("x\n")
    result = app.scope.call("app", name=app.name, src=str(tmp_path / src))
    assert str(tmp_path / src) in result.refused()


@pytest.mark.scope("system")
def test_a_file_whose_change_means_nothing(app: App) -> None:
    units = {"web": container("Volume=./conf:/conf:ro")}
    app.deployed(units, {"conf/a.conf": {"content": "one\n", "on_change": "none"}})
    before = app.ids("web")
    result = app.deployed(units, {"conf/a.conf": {"content": "two\n", "on_change": "none"}})
    assert result.changed
    assert app.ids("web") == before
    assert app.inside("web", "cat /conf/a.conf") == "two"


@pytest.mark.parametrize("podman", ["5.8", "6.1"])
@pytest.mark.parametrize("scope", ["system", "alice"])
@pytest.mark.scope("system", alice=["5.8"])
def test_other_podmans(fleet: Fleet, playbooks: Playbooks, podman: str, scope: str) -> None:
    make = system_scope if scope == "system" else user_scope
    app = make(fleet.get(podman), playbooks).app()
    port = next_port()
    network = f"Network={app.name}-net.network"
    units = {
        "web": container(f"PublishPort={port}:8080", "Volume=./www:/www:ro", network, exec_=WEB),
        "web.container.d/x.conf": "[Container]\nEnvironment=A=1\n",
        "db": container(f"Volume={app.name}-data.volume:/data", network),
        "net.network": "[Network]\n",
        "data.volume": "[Volume]\n",
    }
    try:
        assert app.deployed(units, {"www/index.html": "one\n"}).changed
        assert app.host.fetch(port) == "one"
        loaded = app.scope.loaded_at()
        assert not app.deployed(units, {"www/index.html": "one\n"}).changed
        assert app.scope.loaded_at() == loaded

        before = app.ids("web", "db")
        app.deployed(units, {"www/index.html": "two\n"})
        after = app.ids("web", "db")
        assert {stem for stem in before if before[stem] != after[stem]} == {"web"}
        assert app.host.fetch(port) == "two"

        look = app.host.look()
        message = app.deploy({**units, "bad": container("Nonsense=1")}).refused()
        assert "Nonsense" in message
        assert app.host.look() == look

        app.run(state="absent").ok()
        assert app.states("web")["web"] == "not-found inactive"
    finally:
        app.remove()
