"""The command that a container was created with is compared with the one that its unit makes."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.podman_output import (
    parse_create_commands,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts, Ground
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.start_command import (
    declared_command,
    is_command,
    is_text,
)
from tests.unit.support.generators import RELEASES, find_generator

GROUND = Ground(
    "/home/u/.config/containers/systemd/app",
    "/home/u/.config/containers/systemd",
    "/home/u",
    frozenset(),
    Facts("u", 1000),
)


class Case(t.NamedTuple):
    """[Service] lines, the words that Podman keeps, and whether they are of that command."""

    line: str
    kept: str
    same: bool


CASES = {
    "the same": Case("run --name web -e A=1 IMG", "run --name web -e A=1 IMG", True),
    "another order": Case(
        "run --name web -e A=1 -e B=2 IMG", "run --name web -e B=2 -e A=1 IMG", True
    ),
    "a value more": Case("run --name web IMG", "run --name web -e A=1 IMG", False),
    "a value less": Case("run --name web -e A=1 IMG", "run --name web IMG", False),
    "another value": Case("run --name web -e A=1 IMG", "run --name web -e A=2 IMG", False),
    "twice": Case("run --name web -e A=1 -e A=1 IMG", "run --name web -e A=1 -e B=1 IMG", False),
    "global options": Case(
        "--log-level debug run --name web IMG", "--log-level debug run --name web IMG", True
    ),
    "quoted": Case('run --name web "a b" \'c"d\' IMG', 'run|--name|web|a b|c"d|IMG', True),
    "specifiers": Case(
        "run --name %N --cidfile=%t/%N.cid IMG",
        "run --name web --cidfile=/run/user/1000/web.cid IMG",
        True,
    ),
    "a specifier that a user's manager changes": Case(
        "run --name web -v %S/x:/x IMG", "run --name web -v /home/u/.config/x:/x IMG", True
    ),
    "a doubled percent sign": Case("run --name web 50%% IMG", "run --name web 50% IMG", True),
    "a doubled dollar sign": Case("run --name web $$X IMG", "run --name web $X IMG", True),
    "a variable within a word": Case(
        "run --name web -e A=${B} IMG", "run --name web -e A=any thing|IMG", True
    ),
    "a variable within a word, another word": Case(
        "run --name web -e A=${B} IMG", "run --name web -e C=1 IMG", False
    ),
    "words of a variable": Case("run --name web $ARGS IMG", "run --name web x y IMG", True),
    "words of a variable, a word less": Case("run --name web $ARGS IMG", "run --name web x", False),
    "the name with an equals sign": Case("run --name=web IMG", "run --name=web IMG", True),
    "an own command with the same option": Case(
        "run --name web IMG --name x", "run --name web IMG --name x", True
    ),
}


def _words(text: str) -> list[str]:
    if "any thing" in text:
        head, tail = text.split("any thing")
        return [*head.split()[:-1], f"{head.split()[-1]}any thing", *tail.strip("|").split()]
    return text.split("|") if "|" in text else text.split()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_commands(case: Case) -> None:
    text = f"[Service]\nExecStartPre=/bin/true\nExecStart=/usr/bin/podman {case.line}\n"
    command = declared_command("container", "web.service", text, GROUND)
    assert command is not None
    assert command.name == "web"
    assert is_command(command, ["/usr/bin/podman", *_words(case.kept)]) is case.same


@pytest.mark.parametrize(
    "line", ["run IMG", "run --name ${X} IMG", "run --name %s IMG", "ps", "kube play x.yaml"]
)
def test_what_can_not_be_told(line: str) -> None:
    text = f"[Service]\nExecStart=/usr/bin/podman {line}\n"
    assert declared_command("container", "web.service", text, GROUND) is None


def _made(release: str, unit: str, text: str, folder: pathlib.Path) -> str:
    said = find_generator(release).read({unit: text}, folder)
    assert said.status == 0, said.err
    return said.out


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        ("container", "[Container]\nImage=x\nLabel=a=1 b=2 c=3 d=4\nEnvironment=A=1 B=2 C='3 4'\n"),
        ("pod", "[Pod]\nPodmanArgs=--label a=1\nPublishPort=80:80\n"),
    ],
)
def test_every_dry_run_makes_the_same_command(
    release: str, suffix: str, text: str, tmp_path: pathlib.Path
) -> None:
    """The generator has an order of its own for pairs at each run."""
    service = "web.service" if suffix == "container" else "web-pod.service"
    commands = [
        declared_command(suffix, service, _made(release, f"web.{suffix}", text, tmp_path), GROUND)
        for _n in range(3)
    ]
    first = commands[0]
    if first is None:
        pytest.fail(f"no command in what {release} makes")
    assert first.name == "systemd-web"
    for command in commands[1:]:
        assert command is not None
        assert is_command(first, ["podman", *command.words])


def test_what_podman_shows() -> None:
    text = '"web" ["podman","run","--name","web"]\n"a-pod" ["podman","pod"]\n"old" null\n'
    assert parse_create_commands(text) == {
        "web": ["podman", "run", "--name", "web"],
        "a-pod": ["podman", "pod"],
    }


TEXT = """\
[X-Container]
Image=registry.test/x:1
# a comment of the unit's
Label=a=1 b=2

[Service]
ExecStart=/usr/bin/podman run --label a=1 --label b=2 registry.test/x:1
"""
HEAD = (
    "# Automatically generated by /usr/lib/systemd/system-generators/podman-system-generator\n# \n"
)


@pytest.mark.parametrize(
    ("loaded", "same"),
    [
        (TEXT, True),
        (f"{HEAD}{TEXT}", True),
        (f"{HEAD}{TEXT}\n".replace("--label a=1 --label b=2", "--label b=2 --label a=1"), True),
        (f"{HEAD}{TEXT}".replace("--label b=2 ", ""), False),
        (f"{HEAD}{TEXT}[Service]\nEnvironment=A=1\n", False),
        (f"{HEAD}{TEXT}".replace("x:1", "x:2"), False),
        ("", False),
    ],
    ids=["dry run", "file", "other order", "less", "more", "another", "nothing"],
)
def test_the_text_that_systemd_has_loaded(loaded: str, same: bool) -> None:
    assert is_text(TEXT, loaded) is same
