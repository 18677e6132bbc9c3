"""Which forms of values are written how: the table of the documentation, row by row."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import (
    SECTIONS,
    Reads,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from tests.unit.support.together import together


class Row(t.NamedTuple):
    """A key with a value, and the lines that it becomes."""

    key: str
    value: t.Any
    lines: list[str]


ACCEPTED = {
    # A string, an integer or a boolean is one line of syntax.
    "string": Row("Container.Image", "localhost/a:1", ["Image=localhost/a:1"]),
    "string with specifiers": Row("Container.Exec", "a %n $HOME", ["Exec=a %n $HOME"]),
    "string with quotes": Row("Container.HealthCmd", 'sh -c "a b"', ['HealthCmd=sh -c "a b"']),
    "string of several words": Row("Container.Environment", "A=1 B=2", ["Environment=A=1 B=2"]),
    "empty string resets": Row("Container.PublishPort", "", ["PublishPort="]),
    "integer": Row("Container.PidsLimit", 100, ["PidsLimit=100"]),
    "negative integer": Row("Container.PidsLimit", -1, ["PidsLimit=-1"]),
    "zero": Row("Volume.User", 0, ["User=0"]),
    "true": Row("Container.ReadOnly", True, ["ReadOnly=true"]),
    "false": Row("Container.ReadOnly", False, ["ReadOnly=false"]),
    "integer for a list key": Row("Container.PublishPort", 80, ["PublishPort=80"]),
    # A list of strings is a line of syntax each, for keys that repeat.
    "LookupAll": Row(
        "Container.PublishPort", ["80:80", "81:81"], ["PublishPort=80:80", "PublishPort=81:81"]
    ),
    "LookupAll keeps specifiers": Row("Container.Volume", ["%h/a:/a"], ["Volume=%h/a:/a"]),
    "LookupAllStrv": Row(
        "Container.AddCapability", ["A", "B"], ["AddCapability=A", "AddCapability=B"]
    ),
    "LookupAllArgs": Row(
        "Container.PodmanArgs", ["--a b", "--c"], ["PodmanArgs=--a b", "PodmanArgs=--c"]
    ),
    "LookupAllKeyVal": Row(
        "Container.Environment", ["A=1", "B=%n"], ["Environment=A=1", "Environment=B=%n"]
    ),
    "integers in a list": Row(
        "Container.PublishPort", [80, 443], ["PublishPort=80", "PublishPort=443"]
    ),
    "reset and a list": Row(
        "Container.PublishPort", ["", "80"], ["PublishPort=", "PublishPort=80"]
    ),
    "empty list": Row("Container.PublishPort", [], []),
    "tuple": Row("Container.DNS", ("1.1.1.1",), ["DNS=1.1.1.1"]),
    "systemd's key": Row(
        "Unit.After", ["a.service", "b.service"], ["After=a.service", "After=b.service"]
    ),
    "systemd's command": Row(
        "Service.ExecStartPre",
        ["/bin/a $X", "/bin/b"],
        ["ExecStartPre=/bin/a $X", "ExecStartPre=/bin/b"],
    ),
    "foreign section": Row("X-Other.Key", ["a", "b"], ["Key=a", "Key=b"]),
    "unknown key": Row("Container.NotYetKnown", ["a", "b"], ["NotYetKnown=a", "NotYetKnown=b"]),
    # A list of strings is an argument list for commands.
    "Exec": Row(
        "Container.Exec", ["sh", "-c", "echo $HOME 50%"], ['Exec=sh -c "echo $$HOME 50%%"']
    ),
    "Exec with numbers": Row("Container.Exec", ["sleep", 5], ["Exec=sleep 5"]),
    "Exec with a boolean": Row("Container.Exec", ["x", True], ["Exec=x true"]),
    "Exec with a newline": Row("Container.Exec", ["a\nb"], ['Exec="a\\nb"']),
    "Exec with an option of Podman": Row("Container.Exec", ["--privileged"], ["Exec=--privileged"]),
    "Exec empty": Row("Container.Exec", [], ["Exec="]),
    "ReloadCmd": Row("Container.ReloadCmd", ["kill", "-HUP", "1"], ["ReloadCmd=kill -HUP 1"]),
    "Entrypoint": Row("Container.Entrypoint", ["/a", "b c"], ['Entrypoint=["/a", "b c"]']),
    "HealthCmd": Row(
        "Container.HealthCmd", ["test", "-f", "$X"], ['HealthCmd=["test", "-f", "$$X"]']
    ),
    "HealthStartupCmd": Row(
        "Container.HealthStartupCmd", ["a", "50%"], ['HealthStartupCmd=["a", "50%%"]']
    ),
    # A mapping is KEY=value pairs.
    "Environment": Row("Container.Environment", {"A": "50% $x"}, ['Environment="A=50%% $$x"']),
    "Environment, two": Row(
        "Container.Environment", {"A": "1", "B": "2"}, ["Environment=A=1", "Environment=B=2"]
    ),
    "Environment, empty value": Row("Container.Environment", {"A": ""}, ["Environment=A="]),
    "Environment, integer": Row("Container.Environment", {"A": 1}, ["Environment=A=1"]),
    "Environment, booleans": Row(
        "Container.Environment",
        {"A": True, "B": False},
        ["Environment=A=true", "Environment=B=false"],
    ),
    "Environment, quotes": Row(
        "Container.Environment", {"A": 'x "y"'}, ['Environment="A=x \\"y\\""']
    ),
    "Environment, equals": Row("Container.Environment", {"A": "b=c"}, ["Environment=A=b=c"]),
    "Environment, nothing": Row("Container.Environment", {}, []),
    "Label": Row("Container.Label", {"a.b/c": "x y"}, ['Label="a.b/c=x y"']),
    "Label with numbers as names": Row("Container.Label", {1: "x"}, ["Label=1=x"]),
    "Annotation": Row("Container.Annotation", {"a": "%n"}, ["Annotation=a=%%n"]),
    "BuildArg": Row("Build.BuildArg", {"A": "b"}, ["BuildArg=A=b"]),
    "Options of a network": Row("Network.Options", {"isolate": True}, ["Options=isolate=true"]),
    "Sysctl": Row(
        "Container.Sysctl", {"net.core.somaxconn": 1024}, ["Sysctl=net.core.somaxconn=1024"]
    ),
    "Sysctl with blanks": Row(
        "Container.Sysctl",
        {"net.ipv4.ip_local_port_range": "1 2"},
        ['Sysctl="net.ipv4.ip_local_port_range=1 2"'],
    ),
    "LogOpt": Row("Container.LogOpt", {"tag": 'a "b"'}, ["LogOpt='tag=a \"b\"'"]),
    # A list in a list: words, or parts.
    "PodmanArgs words": Row(
        "Container.PodmanArgs", [["--a", "b c"], "--d"], ['PodmanArgs=--a "b c"', "PodmanArgs=--d"]
    ),
    "GlobalArgs words": Row(
        "Container.GlobalArgs", [["--log-level", "debug"]], ["GlobalArgs=--log-level debug"]
    ),
    "Volume parts": Row(
        "Container.Volume", [["data.volume", "/d", "ro"]], ["Volume=data.volume:/d:ro"]
    ),
    "Volume parts are data": Row("Container.Volume", [["/50%", "/$x"]], ["Volume=/50%%:/$$x"]),
    "PublishPort parts": Row(
        "Container.PublishPort", [["127.0.0.1", 8080, 80]], ["PublishPort=127.0.0.1:8080:80"]
    ),
    "PublishPort, IPv6": Row(
        "Container.PublishPort", [["[::1]", 8080, 80]], ["PublishPort=[::1]:8080:80"]
    ),
    "AddHost parts": Row("Container.AddHost", [["db", "10.0.0.1"]], ["AddHost=db:10.0.0.1"]),
    # A mapping in a list: options.
    "Secret": Row(
        "Container.Secret",
        [{"source": "s", "type": "env", "target": "A"}],
        ["Secret=source=s,type=env,target=A"],
    ),
    "Secret by its name alone": Row(
        "Container.Secret",
        [{"source": "db 1"}],
        ['Secret="db 1"'],
    ),
    "JSON of what no unit can hold": Row(
        "Container.HealthCmd",
        ["\x80", "\ufffe\U0001ffff"],
        ['HealthCmd=["\\u0080", "\\ufffe\\ud83f\\udfff"]'],
    ),
    "Mount": Row(
        "Container.Mount",
        [{"type": "bind", "source": "/a b", "target": "/c", "ro": True}],
        ['Mount="type=bind,source=/a b,target=/c,ro=true"'],
    ),
    "Mount and a string": Row(
        "Container.Mount",
        [{"type": "tmpfs"}, "type=tmpfs,dst=/x"],
        ["Mount=type=tmpfs", "Mount=type=tmpfs,dst=/x"],
    ),
}

REFUSED: dict[str, tuple[str, t.Any, str]] = {
    "newline in a string": ("Container.Image", "a\nExec=b", "more than one line"),
    "newline at the end": ("Container.Image", "a\n", "more than one line"),
    "carriage return": ("Container.Image", "a\rb", "more than one line"),
    "NUL": ("Container.Image", "a\x00", ""),
    "backslash at the end": ("Container.Image", "a\\", "backslash"),
    "backslash at the end of an item": ("Unit.After", ["a\\"], "backslash"),
    "newline in an item": ("Container.PublishPort", ["80\nExec=x"], "more than one line"),
    "newline in a systemd key": ("Service.Restart", "no\n[Install]", "more than one line"),
    "newline in a systemd list": ("Unit.After", ["a", "b\nc"], "more than one line"),
    "float": ("Container.PidsLimit", 1.5, "neither text, an integer nor a boolean"),
    "null": ("Container.Image", None, "neither text"),
    "bytes": ("Container.Image", b"a", "neither text"),
    "float in a list": ("Container.PublishPort", [1.5], "neither text"),
    "null in a list": ("Container.PublishPort", [None], "neither text"),
    "float in a mapping": ("Container.Environment", {"A": 1.10}, "neither text"),
    "null in a mapping": ("Container.Environment", {"A": None}, "neither text"),
    "list in a mapping": ("Container.Environment", {"A": ["b"]}, "neither text"),
    "float in Exec": ("Container.Exec", ["sleep", 0.5], "neither text"),
    "null as a name": ("Container.Environment", {None: "a"}, "neither text"),
    "empty name": ("Container.Environment", {"": "a"}, "name"),
    "equals in a name": ("Container.Environment", {"A=B": "a"}, "name"),
    "NUL in a pair": ("Container.Environment", {"A": "a\x00"}, "NUL"),
    "empty argument": ("Container.Exec", ["a", "", "b"], "empty argument"),
    "lone semicolon": ("Container.Exec", ["a", ";", "b"], "lone ';'"),
    "empty word": ("Container.PodmanArgs", [["--x", ""]], "empty argument"),
    "list for a scalar": ("Container.Image", ["a"], "takes one value"),
    "list for a boolean": ("Container.ReadOnly", [True], "takes one value"),
    "list for a number": ("Volume.User", [1], "takes one value"),
    "list of lists for a scalar": ("Container.Image", [["a"]], "takes one value"),
    "list of lists for pairs": ("Container.Environment", [["A", "b"]], ""),
    "list of lists for plain words": ("Container.AddCapability", [["A"]], ""),
    "list of lists for systemd's key": ("Unit.After", [["a"]], "neither text"),
    "mapping for a scalar": ("Container.Image", {"a": "b"}, "takes no mapping"),
    "mapping for a volume's options": ("Volume.Options", {"a": "b"}, "takes no mapping"),
    "mapping for a list": ("Container.PublishPort", {"80": "80"}, "takes no mapping"),
    "mapping for an argument list": ("Container.Exec", {"a": "b"}, "takes no mapping"),
    "mapping for systemd's key": ("Service.Environment", {"A": "b"}, "takes no mapping"),
    "mapping for an unknown key": ("Container.NotYetKnown", {"A": "b"}, "takes no mapping"),
    "mapping in a list of ports": ("Container.PublishPort", [{"a": "b"}], ""),
    "mapping in an argument list": ("Container.Exec", [{"a": "b"}], "neither text"),
    "options for a key without": ("Container.Environment", [{"A": "b"}], ""),
    "Sysctl with both quotes": ("Container.Sysctl", {"a": "\"'"}, "both kinds of quotes"),
    "Sysctl with a newline": ("Container.Sysctl", {"a": "b\nc"}, "control character"),
    "comma in an option": ("Container.Secret", [{"source": "a,type=env"}], "comma"),
    "comma in an option's name": ("Container.Mount", [{"type,ro": "a"}], "comma"),
    "quote in an option": ("Container.Mount", [{"source": 'a"b'}], "quote"),
    "float as an option": ("Container.Secret", [{"source": "s", "mode": 0.5}], "neither text"),
    "no options": ("Container.Secret", [{}], ""),
    "no words": ("Container.PodmanArgs", [[]], ""),
    "no parts": ("Container.Volume", [[]], ""),
    "colon in a part": ("Container.Volume", [["/a:/b", "/c"]], ""),
    "colon in the last part": ("Container.Volume", [["/a", "/b:rw"]], ""),
    "newline in a part": ("Container.Volume", [["/a", "/b\nExec=x"]], "more than one line"),
    "blank at the end of a part": ("Container.Volume", [["/a", "/b "]], ""),
    "blank at the start of a part": ("Container.Volume", [[" a", "/b"]], ""),
    "float in a part": ("Container.PublishPort", [[80.0, 80]], "neither text"),
    "empty source of a volume": ("Container.Volume", [["", "/b"]], "anonymous volume"),
    "empty target of a volume": ("Container.Volume", [["/a", "", "ro"]], "empty part"),
    "empty part alone": ("Container.PublishPort", [["80"], [""]], "would reset the key"),
    "lone semicolon as a part": ("Container.GroupAdd", [[";"]], "lone ';'"),
    "lone semicolon as a string": ("Container.GroupAdd", ";", "lone ';'"),
    "empty source of a mount": ("Container.Mount", [{"type": "volume", "src": ""}], "empty source"),
    "line break in a mount": ("Container.Mount", [{"target": "/a\r[Service]"}], "line break"),
    "surrogate": ("Container.Environment", {"A": "\ud800"}, "not UTF-8"),
    "surrogate in a string": ("Container.Image", "\udc80", "not UTF-8"),
    "surrogate in a list that becomes JSON": ("Container.HealthCmd", ["\ud800"], "not UTF-8"),
    "NUL in a list that becomes JSON": ("Container.HealthCmd", ["a\x00"], "NUL byte"),
    "surrogate in a key": ("X-A.\ud800", "a", "not a key's name"),
    "surrogate in a section": ("X-\ud800.A", "a", "not a section's name"),
    "noncharacter": ("Container.Label", {"a": "\ufdd0"}, "noncharacter"),
    "noncharacter in an argument": ("Container.Exec", ["\U0010ffff"], "noncharacter"),
    "U+0080": ("Container.Exec", ["\x80"], "U+0080"),
    "empty key": ("Container.", "a", "not a key's name"),
    "newline in a key": ("Container.Image\nExec", "a", "not a key's name"),
    "newline at the end of a key": ("Container.Image\n", "a", "not a key's name"),
    "equals in a key": ("Container.Image=a", "b", "not a key's name"),
    "blank in a key": ("Container.Im age", "a", "not a key's name"),
    "comment as a key": ("Container.#Image", "a", "not a key's name"),
    "bracket in a section": ("Cont]ainer.Image", "a", "not a section's name"),
    "newline in a section": ("Container]\n[Service.Image", "a", "not a section's name"),
    "newline at the end of a section": ("Container\n.Image", "a", "not a section's name"),
    "empty section": (".Image", "a", "not a section's name"),
}  # fmt: skip


def _render(path: str, value: t.Any) -> str:
    section, _dot, key = path.partition(".")
    return render_unit("a.container", {section: {key: value}})


@pytest.mark.parametrize("row", ACCEPTED.values(), ids=ACCEPTED)
def test_writes(row: Row) -> None:
    section, _dot, key = row.key.partition(".")
    text = _render(row.key, row.value)
    assert text == "\n".join([f"[{section}]", *row.lines]) + "\n"
    entries = parse_unit("a.container", text).entries
    assert [(e.section, e.key) for e in entries] == [(section, key)] * len(row.lines)


@pytest.mark.parametrize(("path", "value", "what"), REFUSED.values(), ids=REFUSED)
def test_refuses(path: str, value: t.Any, what: str) -> None:
    with pytest.raises(QuadletError) as caught:
        _render(path, value)
    assert what in caught.value.what
    assert (caught.value.where or "").startswith("a.container")


@together(
    ("path", "value"),
    [(path, value) for path, value, what in REFUSED.values() if "name" not in what],
    ids=[name for name, row in REFUSED.items() if "name" not in row[2]],
)
def test_refusals_name_section_and_key(path: str, value: t.Any) -> None:
    section, _dot, key = path.partition(".")
    with pytest.raises(QuadletError) as caught:
        _render(path, value)
    assert caught.value.where == f"a.container [{section}] {key}"


@pytest.mark.parametrize(
    ("path", "value", "remedy"),
    [
        ("Container.PidsLimit", 1.5, "quoted string"),
        ("Container.Environment", {"A": None}, "quoted string"),
        ("Container.Image", "a\nb", "list or a mapping"),
        ("Container.Exec", ["a", ""], "script"),
        ("Container.Exec", ["a", ";"], "sh, -c"),
        ("Container.Image", ["a"], "Give a string"),
        ("Container.Image", {"a": "b"}, "Give a string"),
    ],
)
def test_refusals_name_the_way_out(path: str, value: t.Any, remedy: str) -> None:
    with pytest.raises(QuadletError) as caught:
        _render(path, value)
    assert remedy in (caught.value.remedy or "")


def test_several_sections_in_their_order() -> None:
    sections = {
        "Unit": {"Description": "a"},
        "Container": {"Image": "b", "Exec": ["c"]},
        "Install": {"WantedBy": ["d", "e"]},
        "Service": {},
    }
    assert render_unit("a.container", sections) == (
        "[Unit]\nDescription=a\n\n[Container]\nImage=b\nExec=c\n\n"
        "[Install]\nWantedBy=d\nWantedBy=e\n\n[Service]\n"
    )


@pytest.mark.parametrize("value", ["text", ["a"], None, 1], ids=repr)
def test_a_section_is_a_mapping(value: t.Any) -> None:
    with pytest.raises(QuadletError, match="a section is a mapping") as caught:
        render_unit("a.container", {"Container": value})
    assert caught.value.where == "a.container [Container]"


@pytest.mark.parametrize("name", [1, None, True], ids=repr)
def test_names_are_text(name: t.Any) -> None:
    with pytest.raises(QuadletError, match="not a section's name"):
        render_unit("a.container", {name: {}})
    with pytest.raises(QuadletError, match="not a key's name"):
        render_unit("a.container", {"Container": {name: "a"}})


EVERY = [(s, key) for s, rows in SECTIONS.items() for key in rows.values()]


@together(("section", "key"), EVERY, ids=[f"{s}.{k.name}" for s, k in EVERY])
def test_every_key_takes_the_forms_of_its_reader(section: str, key: t.Any) -> None:
    def accepts(value: t.Any) -> bool:
        try:
            render_unit("a", {section: {key.name: value}})
        except QuadletError:
            return False
        return True

    assert accepts("text")
    assert accepts(["a", "b"]) is (key.repeats or key.reads in (Reads.LAST_ARGS, Reads.COMMAND))
    assert accepts({"A": "b"}) is (key.reads is Reads.KEYVAL or key.name in ("Sysctl", "LogOpt"))
    assert accepts([["a", "b"]]) is (key.reads in (Reads.ARGS, Reads.ALL))
    assert accepts([{"a": "b"}]) is (key.name in ("Secret", "Mount"))
