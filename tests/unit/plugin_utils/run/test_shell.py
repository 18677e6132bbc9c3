"""Lines are split as a shell splits them; what a shell would execute is refused with its place."""

from __future__ import annotations

import shlex

from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.shell import split_lines

GIVEN = {"PWD": "/w", "HOME": "/h", "UID": "1000", "GID": "100", "A": "a b", "E": "", "Q": "'\"\\"}

# fmt: off
WORDS = (
    ("a b", [["a", "b"]]),
    ("  a\t b  ", [["a", "b"]]),
    ("a\nb c\n\n", [["a"], ["b", "c"]]),
    ("a\r\nb", [["a"], ["b"]]),
    ("a \\\n  b", [["a", "b"]]),
    ("a \\\r\n  b", [["a", "b"]]),
    ("a\\\nb", [["ab"]]),
    ("a \\\n", [["a"]]),
    ("a \\", [["a"]]),
    ("a \\\n# why\n  b", [["a", "b"]]),
    ("a \\\n\n b", [["a"], ["b"]]),
    ("# a\nb # c\n", [["b"]]),
    ("a#b 'c#d' \\#e", [["a#b", "c#d", "#e"]]),
    ("$ a b", [["a", "b"]]),
    ("  $ a\n$ b", [["a"], ["b"]]),
    ("[root@h ~]# docker run a\n% podman run b", [["docker", "run", "a"], ["podman", "run", "b"]]),
    ("u@h:~/x$ docker run a\n~/x$ A=1 docker b", [["docker", "run", "a"], ["A=1", "docker", "b"]]),
    ("# docker run a\n% a", [["%", "a"]]),
    ("'a b' \"c d\" e' 'f", [["a b", "c d", "e f"]]),
    ("'' \"\"", [["", ""]]),
    ("'a\nb' \"c\nd\"", [["a\nb", "c\nd"]]),
    ("\"a\\\nb\"", [["ab"]]),
    ("'\\n$A`x`'", [["\\n$A`x`"]]),
    ("\"\\$A \\` \\\" \\\\ \\n\"", [["$A ` \" \\ \\n"]]),
    ("a\\ b \\$A \\'", [["a b", "$A", "'"]]),
    ("$'a\\tb\\'c'", [["a\tb'c"]]),
    ("$\"a $A\"", [["a a b"]]),
    ("$A x\"$A\"y ${A}z", [["a b", "xa by", "a bz"]]),
    ("${E:-d} ${E-d} ${N:-d e}", [["d", "", "d e"]]),
    ("${A:+yes} ${N:+yes}x", [["yes", "x"]]),
    ("$Q", [["'\"\\"]]),
    ("$(pwd)/x `pwd`/y $PWD/z ${PWD}/w", [["/w/x", "/w/y", "/w/z", "/w/w"]]),
    ("a `#optional` \\\n b", [["a", "b"]]),
    ("a`# c`b \"`#x`\" `  # y`", [["ab", ""]]),
    ("\"$(pwd)\" \"`pwd`\" $( pwd )", [["/w", "/w", "/w"]]),
    ("$(id -u):$(id -g)", [["1000:100"]]),
    ("~ ~/x -v=~/y a~b ~u/x a:~/z", [["/h", "/h/x", "-v=/h/y", "a~b", "~u/x", "a:/h/z"]]),
    ("'~/x' \"~/x\"", [["~/x", "~/x"]]),
    ("a$ b$", [["a$", "b$"]]),
    ("--format {{.ID}} {a}", [["--format", "{{.ID}}", "{a}"]]),
    ("-v <path>:/x <your name>", [["-v", "<path>:/x", "<your name>"]]),
    ("50% a%b", [["50%", "a%b"]]),
    ("a=* b?[c]", [["a=*", "b?[c]"]]),
    ("!x ^ a^b", [["!x", "^", "a^b"]]),
)
FAULTS = (
    ("a | b", (1, 3), "|"),
    ("a; b", (1, 2), ";"),
    ("a && b", (1, 3), "&&"),
    ("a || b", (1, 3), "||"),
    ("a &", (1, 3), "&"),
    ("a > b", (1, 3), ">"),
    ("a >> b", (1, 3), ">>"),
    ("a 2>&1", (1, 4), ">"),
    ("a < b", (1, 3), "<"),
    ("a <(b)", (1, 3), "<"),
    ("(a)", (1, 1), "("),
    ("a\nb $(date)", (2, 3), "$(date)"),
    ("a `date`", (1, 3), "`date`"),
    ("a \"`date` $(x)\"", (1, 4), "`date`"),
    ("a $(cat", (1, 3), "executed"),
    ("a $NO", (1, 3), "$NO is not given"),
    ("a ${NO}", (1, 3), "$NO is not given"),
    ("a ${A:?x}", (1, 3), "for a shell"),
    ("a ${#A}", (1, 3), "for a shell"),
    ("a $1", (1, 3), "for a shell"),
    ("a $?", (1, 3), "for a shell"),
    ("a 'b", (1, 3), "closes"),
    ("a\n\"b", (2, 1), "closes"),
    ("a \\ \n b", (1, 3), "blanks behind the backslash"),
    ("a \\ # why\n b", (1, 3), "comment behind the backslash"),
    ("a ^\nb", (1, 3), "cmd.exe"),
    ("a `\nb", (1, 3), "PowerShell"),
    ("a %cd%/x", (1, 3), "cmd.exe"),
    ("a {b,c}", (1, 3), "expanded"),
    ("a {1..3}", (1, 3), "expanded"),
)
# fmt: on


def test_words() -> None:
    for text, wanted in WORDS:
        split = split_lines(text, GIVEN)
        assert split.faults == [], text
        assert [[word.text for word in line] for line in split.lines] == wanted, text


def test_plain_words_are_those_of_the_standard_library() -> None:
    for text, _wanted in WORDS:
        if not set(text) & set("$`~\r#<%^!*?[{") and "\n" not in text and text[-1] != "\\":
            words = [word.text for line in split_lines(text, {}).lines for word in line]
            assert words == shlex.split(text), text


def test_faults_have_a_place() -> None:
    for text, place, what in FAULTS:
        faults = split_lines(text, GIVEN).faults
        assert faults, text
        assert (faults[0].line, faults[0].column) == place, text
        assert what in faults[0].what, (text, faults[0].what)


def test_all_faults_are_told() -> None:
    faults = split_lines("a $X ~/y | b > c\n$Y", {}).faults
    assert [fault.missing for fault in faults] == ["X", "HOME", "", "", "Y"]


def test_words_know_where_they_are() -> None:
    line = split_lines("a 'b \\\nc'\n  d \\\n e", {}).lines
    assert [(w.text, w.line, w.column) for words in line for w in words] == [
        ("a", 1, 1),
        ("b \\\nc", 1, 3),
        ("d", 3, 3),
        ("e", 4, 2),
    ]
