"""Strategies for values that break careless quoting, from single characters to 64 KiB."""

from __future__ import annotations

import typing as t

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.unit.support.values import HOSTILE

GRAMMAR = (
    *("'", '"', "\\", "%", "$", ";", "#", "=", ",", ":", " ", "  ", "[", "]", "{", "}", "(", ")"),
    *("\n", "\t", "\r", "\r\n", "\x0b", "\x0c", "\x1b", "\x01", "\x1c", "\x1f", "\x7f"),
    *("%%", "%n", "%t", "%5", "$$", "$HOME", "${HOME}", "$(", "`", "|", "&", "*", "?", "~", "!"),
    *("\\\\", "\\n", "\\x41", "\\101", "\\u0041", "\\;", "\\s", '\\"', "\\x", "\\8", "\\N"),
    *("-", "--", "+", "@", "/", ".", "..", "a", "b", "1", "0", "%%n", "$$x", "; ", " ;", ' "'),
)
UNICODE = (
    *("\u0085", "\u00a0", "\u2028", "\u2029", "\u3000", "\u1680", "\u200b", "\ufeff", "\u202e"),
    *("ß", "é", "e\u0301", "\u0301", "日本", "😀", "👩\u200d👧", "\U0010fffd", "\u0081", "\u009f"),
    *("\u0080", "\ufffd", "\ue000"),
)
INJECTIONS = (
    *("\n[Service]\n", "\nExecStart=/bin/evil", "\nPodmanArgs=--privileged", "\n---a.service---\n"),
    *(" --privileged", '" --privileged "', "' --privileged '", "\\\n", " ; /bin/evil", "\n\n"),
    *('"]', '", "', ",readonly=true", ":rw", "\u2028ExecStart=/bin/evil", "\rExecStart=/bin/evil"),
)
SPOILT = ("\x00", "\ud800", "\udfff", "\udc80", "\ufffe", "\uffff", "\ufdd0", "\U0001ffff")
"""What no argument, no UTF-8 text, or no systemd unit can hold."""

LARGE = {
    "plain": "x" * 65536,
    "of the grammar": ("\"\\ $%'\n;=\t{" * 6000)[:65536],
    "per cents and dollars": "%$" * 32768,
    "four bytes each": "😀" * 16384,
    "blanks at the ends": " " + "x" * 65534 + " ",
}
"""Values of 64 KiB."""

ALONE = tuple(
    dict.fromkeys((*HOSTILE.values(), *GRAMMAR, *UNICODE, *INJECTIONS, *SPOILT, "", ":", "[::1]"))
)
"""Values that are always among those tried."""

_pieces = st.sampled_from(GRAMMAR) | st.sampled_from((*GRAMMAR, *UNICODE, *INJECTIONS))


def _joined(pieces: st.SearchStrategy[str], longest: int) -> st.SearchStrategy[str]:
    return st.lists(pieces, max_size=longest).map("".join)


def _repeated() -> st.SearchStrategy[str]:
    return st.builds(lambda text, times: text * times, _joined(_pieces, 4), st.integers(2, 80))


def values() -> st.SearchStrategy[str]:
    """A hostile value.  Of those that hold SPOILT characters there are few."""
    blanks = st.sampled_from((" ", "\t", "\n", "\u00a0", "\u2003", "\\", "'", '"', ""))
    spoilt = st.builds("".join, st.tuples(_joined(_pieces, 2), st.sampled_from(SPOILT), _pieces))
    return st.one_of(
        _joined(_pieces, 10),
        _joined(_pieces, 10),
        _joined(_pieces, 40),
        st.text(st.characters(max_codepoint=127, exclude_characters="\x00"), max_size=20),
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
        st.tuples(blanks, _joined(_pieces, 4), blanks).map("".join),
        st.sampled_from(sorted(HOSTILE.values())),
        _repeated(),
        spoilt,
    )


def batches(size: int) -> st.SearchStrategy[list[str]]:
    """So many different values, or up to half as many less."""
    return st.lists(values(), min_size=size // 2, max_size=size, unique=True)


def draw(count: int) -> list[str]:
    """So many different values, the same ones at every call."""
    found: dict[str, None] = {}

    @settings(
        max_examples=count, derandomize=True, deadline=None, database=None, phases=[Phase.generate]
    )
    @given(batches(8))
    def collect(batch: t.Sequence[str]) -> None:
        found.update(dict.fromkeys(batch))

    collect()
    return list(found)[:count]
