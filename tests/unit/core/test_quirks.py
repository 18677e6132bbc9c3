"""What releases misread: refused for them alone, and shown with real generators."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import Version
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import KINDS, OLDEST
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quirks import (
    QUIRKS,
    Quirk,
    check_quirks,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from tests.unit.support.generators import Generator, Said
from tests.unit.support.recorded import ask, read_recorded, read_texts

BY_ID = {quirk.id: quirk for quirk in QUIRKS}
UNITS = read_texts("quirks")

READ_RIGHTLY = {
    "kept-quotes": r"--hostname q\b",
    "lopsided-quotes": r'sh(\\x20| )-c(\\x20| )\\"x\\""',
    "bare-name": r"--env BARE\b",
    "named-user": r"--user nginx\b",
    "template-reference": r"Requires=given-volume@",
    "untranslated-dependency": r"After=given\.service",
    "line-break-in-source": r'RequiresMountsFor="/s\\r\[Service\]\\rX=1"',
    "comment-in-continuation": r"localhost/a:1 a b$",
    "backslash-comment": r"localhost/a:1 c$",
    "semicolon-comment": r"localhost/a:1 c$",
}
"""What the service of each recorded unit has, where a generator reads it as it is meant."""

SHOWN_NOWHERE = {"named-user": "only 4.7 has it, and no distribution of ours has that release"}

CASES = {
    "kept-quotes": ('HostName="q"', 3, 'HostName=q"r"s'),
    "lopsided-quotes": ('HealthCmd=sh -c "x"', 3, 'HealthCmd="sh -c x"'),
    "bare-name": ('Label=a=b "c d"', 3, "Label=a=b c=d e="),
    "named-user": ("User=nginx", 3, "User=1000"),
    "template-reference": ("Network=n@.network", 3, "Network=n.network"),
    "untranslated-dependency": (
        "[Unit]\nWants=a.service b.pod",
        4,
        "[Unit]\nWants=b-pod.service\nRequiresMountsFor=/a.container",
    ),
    "line-break-in-source": (
        "Mount=type=bind,source=/s\\x0aX=1,target=/t",
        3,
        "Mount=type=bind,source=/s\\x41,target=/t",
    ),
    "comment-in-continuation": ("Exec=a \\\n  # c\n b", 4, "Exec=a \\\n b#c\n# d"),
    "backslash-comment": ("# x=y \\", 3, "# xy \\"),
    "semicolon-comment": ("Exec=a\n  ; c", 4, "Exec=a; b\n# ; c"),
}
"""Lines that have the quirk, the line with it, and the nearest ones that do not."""


def _check(quirk: Quirk, lines: str, version: Version) -> list[str]:
    text = f"[Container]\nImage=localhost/a:1\n{lines}\n"
    unit = parse_unit("a.container", text)
    found = check_quirks("a.container", unit, KINDS["container"], version, [quirk])
    assert all(error.rule == quirk.id and error.remedy for error in found)
    return [str(error.where) for error in found]


def _before(version: Version) -> Version:
    """A release before this one, near enough for the table."""
    if len(version) == 3:
        return (*version[:2], version[2] - 1)
    return (version[0], version[1] - 1, 99) if version[1] else (version[0] - 1, 9, 5)


def test_every_quirk_has_its_cases() -> None:
    assert set(BY_ID) == set(CASES) == set(READ_RIGHTLY)
    assert {f"{name}.container" for name in BY_ID} <= set(UNITS)


@pytest.mark.parametrize("quirk", QUIRKS, ids=BY_ID)
def test_refused_where_it_is_misread(quirk: Quirk) -> None:
    lines, number, fine = CASES[quirk.id]
    assert quirk.first >= OLDEST
    assert quirk.reference
    for version in (quirk.first, _before(quirk.fixed)):
        where = _check(quirk, lines, version)
        assert [text.partition(" ")[0] for text in where] == [f"a.container:{number}"]
        assert _check(quirk, fine, version) == []
    assert _check(quirk, lines, quirk.fixed) == []
    if quirk.first > OLDEST:
        assert _check(quirk, lines, _before(quirk.first)) == []


def test_a_dependency_s_remedy_names_the_service() -> None:
    unit = parse_unit("a.container", "[Unit]\nAfter=b.pod\n")
    quirk = BY_ID["untranslated-dependency"]
    (error,) = check_quirks("a.container", unit, KINDS["container"], (5, 4, 2), [quirk])
    assert str(error) == (
        "a.container:2 [Unit] After: 'b.pod': before Podman 5.5 a unit's name means nothing here, "
        "and the host has 5.4.2. Write b-pod.service. [untranslated-dependency]"
    )


def _misread(said: Said) -> set[str]:
    """The quirks whose recorded unit a generator did not read as it is meant."""
    blocks = dict(re.findall(r"(?ms)^---(.+?)\.service---$(.*?)(?=^---|\Z)", said.out))
    return {
        name
        for name, pattern in READ_RIGHTLY.items()
        if not re.search(pattern, blocks.get(name, ""), re.MULTILINE)
    }


def _expected(version: Version) -> set[str]:
    return {quirk.id for quirk in QUIRKS if quirk.first <= version < quirk.fixed}


def test_the_oldest_generator_misreads_what_the_table_says() -> None:
    assert _misread(read_recorded("4.9", "quirks")) == _expected((4, 9, 3))


def test_generators_misread_what_the_table_says(
    generator: Generator, tmp_path: pathlib.Path
) -> None:
    newest = {"5.4": (5, 4, 2), "5.8": (5, 8, 6), "6.1": (6, 1, 1)}[generator.release]
    assert _misread(ask(generator, "quirks", tmp_path)) == _expected(newest)


def test_every_quirk_is_shown_on_a_generator() -> None:
    shown = _expected((4, 9, 3)) | _expected((5, 4, 2))
    assert set(BY_ID) - shown == set(SHOWN_NOWHERE)
