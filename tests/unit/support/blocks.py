"""The blocks of code in the pages for people, and the way in which each is run or validated.

A block without a way fails: what stands on a page is tried.
"""

from __future__ import annotations

import ast
import configparser
import functools
import pathlib
import re
import shlex
import subprocess
import typing as t

import yaml
from ansible.config.manager import ConfigManager

from tests.unit.support.block_units import check_unit_text
from tests.unit.support.block_yaml import check_yaml
from tests.unit.support.trees import read_nodes

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGES = [
    *sorted(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(ROOT.glob("roles/*/README.md")),
    ROOT / "tests/hosts/README.md",
]
STORIES = {"docs/example.md", "docs/by-hand.md", "docs/start.md"}
"""Pages whose files and commands tests/integration/test_docs.py follows on a host."""
DRAWN = {
    ("docs/architecture.md", "controller"),  # its paths: test_architecture.py
    ("docs/concepts.md", "/etc/containers/systemd/shop/"),
}
"""Drawings in letters, by page and first words."""
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?:^\n|\A)((?: {4}.*\n|\n(?= {4}))+)", re.MULTILINE)
NAME = re.compile(r"# (\S+\.\S+|\S+/\S+)\n")


class Block(t.NamedTuple):
    """A block of a page.  language: "" for one that is indented."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """Page and line."""
        return f"{self.page}:{self.line}"


def read_blocks(page: pathlib.Path) -> t.Iterator[Block]:
    """All blocks of a page."""
    text = page.read_text(encoding="utf-8")
    name = str(page.relative_to(ROOT))
    for match in FENCE.finditer(text):
        indent, language, body = match.groups()
        body = re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)
        yield Block(name, text.count("\n", 0, match.start()) + 1, language or "none", body)
    prose = FENCE.sub(lambda match: "\n" * match.group().count("\n"), text)
    for match in INDENTED.finditer(prose):
        body = re.sub(r"^ {4}", "", match[1], flags=re.MULTILINE)
        yield Block(name, text.count("\n", 0, match.start()) + 1, "", body)


def check_block(block: Block) -> str:
    """The way in which a block is tried, once it was; AssertionError if there is none."""
    if (block.page, " ".join(block.text.split()).partition(" ")[0]) in DRAWN:
        return "drawn"
    if block.language == "" and not _is_shell(block.text):
        return _check_indented(block)
    check = _CHECKS.get(block.language)
    assert check, f"{block.place}: no way to try a block of {block.language!r}"
    return check(block)


def _check_yaml(block: Block) -> str:
    return check_yaml(block.page, block.text)


def _check_ini(block: Block) -> str:
    """A unit, or a file of settings that a story writes."""
    named = NAME.match(block.text)
    name = named[1] if named else ""
    if named and block.page in STORIES and name in ("inventory.ini", "ansible.cfg"):
        return "run on a host"
    if block.text.startswith("[defaults]"):
        return _check_settings(block)
    return check_unit_text(name, re.sub(r"\{\{.*?\}\}", "1", block.text))


def _check_settings(block: Block) -> str:
    """An ansible.cfg: Ansible knows its keys."""
    known = {
        (row["section"], row["key"])
        for entry in ConfigManager().get_configuration_definitions().values()
        for row in entry.get("ini") or ()
    }
    given = configparser.ConfigParser()
    given.read_string(block.text)
    unknown = {(name, key) for name in given.sections() for key in given[name]} - known
    assert not unknown, f"{block.place}: {unknown}"
    return "settings looked up"


def _check_console(block: Block) -> str:
    commands = re.findall(r"^(?:\$|#|root@\w+#) (.*)$", block.text, re.MULTILINE)
    assert commands, f"{block.place}: no command"
    for command in commands:
        check_shell(command, block.place)
    return "run on a host" if block.page in STORIES else "commands parsed"


def _check_shell(block: Block) -> str:
    check_shell(block.text, block.place)
    return "commands parsed"


def _check_python(block: Block) -> str:
    ast.parse(block.text, feature_version=(3, 9))
    return "run on a host" if block.page in STORIES else "parsed"


def _check_text(block: Block) -> str:
    """A file that a story writes, or what a run says."""
    if block.page in STORIES and NAME.match(block.text):
        return "run on a host"
    if block.page.startswith("docs/from-"):
        return "generated"  # test_generated_docs.py
    if block.page == "docs/progress.md":
        return "rendered"  # tests/unit/plugin_utils/progress/test_text.py
    return check_output(block)


_CHECKS: dict[str, t.Callable[[Block], str]] = {
    "": _check_shell,
    "console": _check_console,
    "ini": _check_ini,
    "python": _check_python,
    "sh": _check_shell,
    "systemd": _check_ini,
    "text": _check_text,
    "yaml": _check_yaml,
}


def _check_indented(block: Block) -> str:
    if re.match(r"\s*\[[A-Z]\w+\]|# .*\n# lint:|\w+=", block.text):
        return check_unit_text("", re.sub(r"^ +", "", block.text, flags=re.MULTILINE))
    return check_output(block)


# ---- what is said


@functools.cache
def _said() -> list[tuple[str, ...]]:
    """Every text of the code, as its pieces between values."""
    found: set[tuple[str, ...]] = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in read_nodes(path):
            if isinstance(node, ast.JoinedStr):
                pieces = [p.value for p in node.values if isinstance(p, ast.Constant)]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                pieces = re.split(r"\{\w*\}", node.value)
            else:
                continue
            found.add(tuple(" ".join(str(piece).split()) for piece in pieces))
    return [pieces for pieces in found if 15 <= sum(map(len, pieces)) < 300]


def _says(pieces: t.Iterable[str], shown: str) -> bool:
    at = 0
    for piece in pieces:
        at = shown.find(piece, at)
        if at < 0:
            return False
    return True


MADE_OF = {"docs/progress.md": ("plugin_utils/_progress", "module_utils/_core/progress")}
"""Pages whose lines are put together of words by these parts of the code."""
_OF_ANSIBLE = re.compile(r"(TASK|PLAY) \[|(ok|changed): \[")


def _is_made_of(page: str, shown: str) -> bool:
    """Whether each word that is no name of a host, app, unit or image is one of the code's."""
    if page not in MADE_OF:
        return False
    words = {word for pieces in _said_in(MADE_OF[page]) for word in re.findall(r"[a-z]+", pieces)}
    names = {"shop", "blog", "svc", "web", "db"}
    used = re.findall(r"(?<![\w./:-])[a-z]{2,}(?![\w./-])", shown)
    return bool(_OF_ANSIBLE.match(shown)) or set(used) - names <= words


@functools.cache
def _said_in(parts: tuple[str, ...]) -> tuple[str, ...]:
    """All texts of some directories of the code."""
    paths = [path for part in parts for path in (ROOT / "plugins" / part).rglob("*.py")]
    paths += [*(ROOT / "plugins/callback").glob("*.py")]
    return tuple(
        node.value
        for path in paths
        for node in read_nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def check_output(block: Block) -> str:
    """What a run says: each of its lines is a text of the code."""
    lines = [line for line in block.text.splitlines() if line.strip()]
    joined = [" ".join(block.text.split())]
    for line in joined if len(lines) < 4 else lines:
        shown = line.strip("…").removeprefix("$ ")
        if line.startswith("$ "):
            check_shell(shown, block.place)
        else:
            said = any(_says(pieces, shown) for pieces in _said())
            said = said or _is_made_of(block.page, shown)
            assert said, f"{block.place}: nothing says {line}"
    return "said by the code"


# ---- commands

PROGRAMS = {
    "ansible-builder", "ansible-doc", "ansible-galaxy", "ansible-playbook", "ansible-vault", "curl",
    "docker", "journalctl", "loginctl", "ls", "molecule", "podman", "python3", "restorecon", "rm",
    "semanage", "ssh", "systemctl", "systemd-analyze", "systemd-run", "export", "git", "pytest",
    "antsibull-changelog", "/usr/lib/systemd/system-generators/podman-system-generator", "pip",
}  # fmt: skip
"""What pages call; a program of the repository is called by its path."""


def _is_shell(text: str) -> bool:
    words = text.split()
    first = next((word for word in words if not re.match(r"[A-Z_]+=", word)), "")
    return first in PROGRAMS or ("/" in first and (ROOT / first.removeprefix("./")).is_file())


def check_shell(text: str, place: str) -> None:
    """Commands are whole, and what they name of this collection is there."""
    done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True, check=False)
    assert not done.stderr, f"{place}: {done.stderr}"
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.match(r"[A-Za-z_]+=", words[0]):
            words.pop(0)
        if words:
            _check_command(words, place)


def _check_command(words: t.Sequence[str], place: str) -> None:
    program = words[0]
    if "/" in program and program not in PROGRAMS:
        path = ROOT / program.removeprefix("./")
        assert path.is_file(), f"{place}: there is no {program}"
        text = path.read_text(encoding="utf-8")
        for option in (word for word in words if word.startswith("--")):
            assert option.partition("=")[0] in text or path.name == "hosts", f"{place}: {option}"
        return
    assert program in PROGRAMS, f"{place}: {program!r} is no known program"
    if program == "ansible-playbook":
        _check_playbook(words[1:], place)
    for word in words:
        if program == "ansible-doc" and word.startswith("quadlet.fleet."):
            name = word.rpartition(".")[2]
            there = [*ROOT.glob(f"plugins/*/{name}.py"), *ROOT.glob(f"roles/{name}")]
            assert there, f"{place}: {word}"
        if program == "molecule" and "-s" in words:
            assert (ROOT / "molecule" / words[words.index("-s") + 1]).is_dir(), place


def _check_playbook(words: t.Sequence[str], place: str) -> None:
    ours = [word.rpartition(".")[2] for word in words if word.startswith("quadlet.fleet.")]
    texts = ""
    for name in ours:
        path = ROOT / f"playbooks/{name}.yml"
        assert path.is_file(), f"{place}: there is no playbook {name}"
        texts += path.read_text(encoding="utf-8")
    given = [after for word, after in zip(words, words[1:]) if word == "-e"]
    for text in given:
        names = list(yaml.safe_load(text)) if text.startswith("{") else [text.partition("=")[0]]
        for name in names:
            if name.startswith("quadlet_"):
                assert name in _variables(), f"{place}: nothing reads {name}"
            elif "lint" in ours or "convert" in ours:
                assert re.search(rf"\b{name}\b", texts), f"{place}: no playbook reads {name}"


@functools.cache
def _variables() -> str:
    """Where the variables of roles are described."""
    paths = [*ROOT.glob("roles/*/meta/argument_specs.yml"), *ROOT.glob("roles/*/defaults/main.yml")]
    paths += [*ROOT.glob("playbooks/*.yml"), *ROOT.glob("roles/_rollout/**/*.yml")]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)
