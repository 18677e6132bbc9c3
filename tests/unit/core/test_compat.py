"""Keys that are too new for a host, written as the podman option that they stand for."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.compat import (
    is_dated,
    rewrite_newer,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    SECTIONS,
    Key,
    Reads,
    Version,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS, OLDEST
from tests.unit.core.test_keys import MINIMAL, SUFFIXES
from tests.unit.support.commands import Commands, read_commands
from tests.unit.support.generators import find_generator

HEAD = "[Container]\nImage=localhost/a:1\n"

REWRITTEN = {
    "a single value": ("Memory=1g", (5, 4), ["PodmanArgs=--memory 1g"]),
    "its release has the key": ("Memory=1g", (5, 5), ["Memory=1g"]),
    "no option then": ("HealthMaxLogSize=1", (5, 2), ["HealthMaxLogSize=1"]),
    "the option came between": ("Retry=3", (5, 4, 2), ["PodmanArgs=--retry 3"]),
    "before the option": ("Retry=3", (4, 9), ["Retry=3"]),
    "the last one counts": (
        "Memory=1g\nLabel=a=b\nMemory=2g",
        (5, 4),
        ["Label=a=b", "PodmanArgs=--memory 2g"],
    ),
    "unset": ("Memory=1g\nMemory=", (5, 4), []),
    "comments stay": ("# c\nMemory=1g\n; d", (5, 4), ["# c", "PodmanArgs=--memory 1g", "; d"]),
    "continued": ("Memory=\\\n  1g\n# c", (5, 4), ["PodmanArgs=--memory 1g", "# c"]),
    "blanks inside": ("StopSignal=a b", (5, 1), ['PodmanArgs=--stop-signal "a b"']),
    "quoted": ('StopSignal="a b"', (5, 1), ['PodmanArgs=--stop-signal "a b"']),
    "specifiers stay": ("Memory=%i$X", (5, 4), ["PodmanArgs=--memory %i$X"]),
    "backslash and quote": ('StopSignal=a\\d"b', (5, 1), ['PodmanArgs=--stop-signal "a\\\\d\\"b"']),
    "every value": (
        "AddHost=a:1\nAddHost=b c:2",
        (5, 2),
        ["PodmanArgs=--add-host a:1", 'PodmanArgs=--add-host "b c:2"'],
    ),
    "a reset": ("AddHost=a:1\nAddHost=\nAddHost=b:2", (5, 2), ["PodmanArgs=--add-host b:2"]),
    "words": (
        "LogOpt=a=b 'c d=e'",
        (5, 1),
        ["PodmanArgs=--log-opt a=b", 'PodmanArgs=--log-opt "c d=e"'],
    ),
    "words with a quote that is not closed": ("LogOpt=a 'b", (5, 1), []),
    "true": ("HttpProxy=Yes", (5, 6), ["PodmanArgs=--http-proxy"]),
    "false": ("HttpProxy=no", (5, 6), ["PodmanArgs=--http-proxy=false"]),
    "an option with a name inside": (
        "AppArmor=p",
        (5, 7),
        ["PodmanArgs=--security-opt apparmor=p"],
    ),
    "joined": ('Entrypoint=["a","b c"]', (4, 9), ['PodmanArgs="--entrypoint=[\\"a\\",\\"b c\\"]"']),
    "no option": ("ReloadCmd=a", (5, 4), ["ReloadCmd=a"]),
    "unknown key": ("Nope=a", (5, 4), ["Nope=a"]),
}


@pytest.mark.parametrize(("lines", "version", "wanted"), REWRITTEN.values(), ids=REWRITTEN)
def test_rewrites(lines: str, version: Version, wanted: list[str]) -> None:
    text = rewrite_newer({"a.container": f"{HEAD}{lines}\n"}, version)["a.container"]
    assert text == HEAD + "".join(f"{line}\n" for line in wanted)


LEFT_ALONE = {
    "a relative path": ("a.build", "[Build]\nImageTag=localhost/a\nIgnoreFile=./i\n"),
    "a reset of what another file says": ("a.container.d/x.conf", "[Container]\nAddHost=\n"),
    "another section": ("a.container", HEAD + "[Service]\nMemory=1g\n"),
    "what can't be read": ("a.container", HEAD + "Memory\n"),
    "what is no unit": ("a.timer", "[Timer]\nMemory=1g\n"),
}


@pytest.mark.parametrize(("path", "text"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_leaves_alone_what_has_no_equivalent(path: str, text: str) -> None:
    assert rewrite_newer({path: text}, (5, 2)) == {path: text}


def test_a_single_value_in_two_files_is_left_to_podman() -> None:
    texts = {
        "a.container": HEAD + "Memory=1g\n",
        "a.container.d/x.conf": "[Container]\nMemory=2g\n",
    }
    assert rewrite_newer(texts, (5, 4)) == texts
    lists = {path: text.replace("Memory", "AddHost") for path, text in texts.items()}
    assert all("PodmanArgs" in text for text in rewrite_newer(lists, (5, 2)).values())


def test_what_no_word_can_hold_is_refused() -> None:
    with pytest.raises(QuadletError, match="lone ';'"):
        rewrite_newer({"a.container": HEAD + "StopSignal=;\n"}, (5, 1))


def test_an_app_without_newer_keys_is_not_dated() -> None:
    assert not is_dated({"a.container": HEAD + "Label=a=b\nExec=a\n"})
    assert is_dated({"a.container": HEAD, "b.container": HEAD + "Memory=1g\n"})


# Against a real generator: the same words, whichever way it is written

VALUES = {
    Reads.BOOL: ["true", "false"],
    Reads.UINT: ["3"],
    Reads.STRV: ["a", "a 'b c'"],
    Reads.KEYVAL: ["A=b", '"C=d e" F=g'],
    Reads.ARGS: ["a=b", '"a b=\\x41" c'],
    Reads.COMMAND: ["/bin/a", '["a","b c"]'],
}
BY_VALUE = {"path": ["/a b/c", "%h/x"], "idmap": ["0:1:2"], "ip": ["10.0.0.1"], "port": ["80"]}


def _values(row: Key) -> list[str]:
    if row.choices:
        return [choice for choice, since in row.choices.items() if since <= row.since]
    return BY_VALUE.get(row.value) or VALUES.get(row.reads) or ["a", 'b %i $X "c', "'d' e\\f"]


def _before(row: Key, since: Version) -> Version | None:
    """The last release that has the option and the kind but not the key, or None."""
    before = (row.since[0], row.since[1] - 1) if row.since[1] else (row.since[0] - 1, 9)
    return before if before >= max(OLDEST, since, row.option_since) else None


def _cases() -> list[tuple[str, Key, Version]]:
    kinds = {kind.section: kind for kind in KINDS.values()}
    return [
        (section, row, before)
        for section, rows in SECTIONS.items()
        if section in kinds
        for row in rows.values()
        for before in [_before(row, kinds[section].since)]
        if row.option and before and not row.refs
    ]


CASES = _cases()


def _ask(texts: dict[str, str], folder: pathlib.Path) -> dict[str, Commands]:
    folder.mkdir()
    said = find_generator("6.1").read(texts, folder)
    assert said.status == 0, said.err
    return read_commands(said.out)


def test_options_say_the_same_as_keys(tmp_path: pathlib.Path) -> None:
    native, rewritten = {}, {}
    for section, row, before in CASES:
        for number, value in enumerate(_values(row)):
            name = f"{section}-{row.name}-{number}.{SUFFIXES[section]}".lower()
            native[name] = f"[{section}]\n{MINIMAL[section]}{row.name}={value}\n"
            rewritten.update(rewrite_newer({name: native[name]}, before))
            assert "\nPodmanArgs=" in rewritten[name], (name, value)
    found, wanted = _ask(rewritten, tmp_path / "a"), _ask(native, tmp_path / "b")
    assert len(CASES) >= 40
    assert len(wanted) == len(native) > len(CASES)
    for service, words in found.items():
        if "cgroupsmode" in service:  # the generator's own comes first, and the last one counts
            words["ExecStart"]["--cgroups=split"] -= 1
    assert found == wanted
