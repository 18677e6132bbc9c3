"""Secrets of an app: their names in Podman, the texts that name them, and what is masked."""

from __future__ import annotations

import hashlib
import hmac
import types
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.secret_options import (
    parse_secrets,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.inputs import Inputs
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.model import Plan
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.secrets import needed_secrets
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.splitting import (
    split_words,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.secrets.secret import parse_names
from ansible_collections.quadlet.fleet.plugins.module_utils._core.secrets.stored_names import (
    as_installed,
    change_in_words,
    changes,
    declared_content,
    declared_name,
    declared_text,
    describe_changes,
    find_stored,
    installed_text,
    stored_name,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.secrets.unsupported_uses import (
    check_uses,
    yaml_secrets,
)
from tests.unit.support.together import together

KEY = bytes(range(32))
HEX = "0123456789ab"
S = f".my-app-{HEX}"
STORED = {name: name + S for name in ("db", "a b", 'q"q', "50%", "it's", "back\\", "c$d", "tab\t")}


def unit(*lines: str) -> str:
    """A container's text."""
    return "[Container]\nImage=x\n" + "".join(f"{line}\n" for line in lines) + "\n[Service]\nA=b\n"


# The declared lines, and what is installed.
LINES: dict[str, tuple[str, str]] = {
    "plain": ("Secret=db", f"Secret=db{S},target=db"),
    "blanks stay": ("  Secret =  db  ", f"  Secret =  db{S},target=db  "),
    "options": ("Secret=db,uid=1000,mode=0400", f"Secret=db{S},target=db,uid=1000,mode=0400"),
    "env": ("Secret=db,type=env", f"Secret=db{S},target=db,type=env"),
    "target given": ("Secret=db,type=env,target=PW", f"Secret=db{S},type=env,target=PW"),
    "target like ours": ("Secret=db,target=db", f"Secret=db{S},target=db,target=db"),
    "target like ours later": ("Secret=db,uid=1,target=db", f"Secret=db{S},uid=1,target=db"),
    "target begins like ours": ("Secret=db,target=db2", f"Secret=db{S},target=db2"),
    "source": ("Secret=type=env,source=db", f"Secret=type=env,source=db{S},target=db"),
    "source first": ("Secret=source=db,mode=0400", f"Secret=source=db{S},target=db,mode=0400"),
    "target before": ("Secret=target=x,source=db", f"Secret=target=x,source=db{S}"),
    "last source counts": ("Secret=other,source=db", f"Secret=other,source=db{S},target=db"),
    "several words": (
        "Secret=db other db,uid=1",
        f"Secret=db{S},target=db other db{S},target=db,uid=1",
    ),
    "quoted": ("Secret=\"db,uid=1\" 'db'", f"Secret=\"db{S},target=db,uid=1\" 'db{S},target=db'"),
    "quoted blank": ('Secret="a b"', f'Secret="a b{S},target=a b"'),
    "escaped blank": ("Secret=a\\sb", f"Secret=a\\sb{S},target=a\\x20b"),
    "quote": ('Secret="q\\"q"', f'Secret="q\\"q{S},target=q\\x22q"'),
    "apostrophe": ('Secret="it\'s"', f'Secret="it\'s{S},target=it\\x27s"'),
    "backslash": ("Secret=back\\\\,uid=1", f"Secret=back\\\\{S},target=back\\x5c,uid=1"),
    "escape": ("Secret=\\x64b", f"Secret=\\x64b{S},target=db"),
    "escaped comma": ("Secret=db\\x2cuid=1", f"Secret=db{S},target=db\\x2cuid=1"),
    "quotes within": ('Secret=d"b",uid=1', f'Secret=d"b{S},target=db",uid=1'),
    "percent": ("Secret=50%%", f"Secret=50%%{S},target=50%%"),
    "dollar": ("Secret=c$$d", f"Secret=c$$d{S},target=c$$d"),
    "tab": ("Secret=tab\\t", f"Secret=tab\\t{S},target=tab\\x09"),
    "continued": (
        "Secret=db \\\n  db,uid=1",
        f"Secret=db{S},target=db \\\n  db{S},target=db,uid=1",
    ),
    "in two lines": ("Secret=d\\\n  b,uid=1", f"Secret=d\\\n  b{S},target=db,uid=1"),
    "comment within": (
        "Secret=db,uid=1 \\\n# Secret=db \\\n db",
        f"Secret=db{S},target=db,uid=1 \\\n# Secret=db \\\n db{S},target=db",
    ),
    "crlf": ("Secret=db\r", f"Secret=db{S},target=db\r"),
    "twice": ("Secret=db\nSecret=db", f"Secret=db{S},target=db\nSecret=db{S},target=db"),
}

ALIKE = {
    "other name": "Secret=other",
    "a longer name": "Secret=db2",
    "comment": "# Secret=db\n; Secret=db",
    "reset": "Secret=",
    "alone with source": "Secret=source=db",
    "specifier": "Secret=%p",
    "variable": "Secret=$db",
    "environment": "Environment=Secret=db",
    "other section": "[Service]\nSecret=db",
    "podman args": "PodmanArgs=--secret db",
}


@together(("declared", "installed"), LINES.values(), ids=LINES)
def test_names_are_rewritten_and_come_back(declared: str, installed: str) -> None:
    text = unit("Label=a=b", declared, "# end")
    wanted = unit("Label=a=b", installed, "# end")
    assert installed_text("w.container", text, STORED) == wanted
    assert declared_text("w.container", wanted, "my-app") == text
    assert text.count("\n") == wanted.count("\n")
    again = as_installed({"w.container": _blob(wanted)}, STORED, "my-app")
    assert again["w.container"].data.decode() == wanted


@together(("declared", "installed"), LINES.values(), ids=LINES)
def test_podman_reads_a_declared_name_from_what_is_installed(declared: str, installed: str) -> None:
    """By the reader of the generator: source is a stored name, the target the declared one."""
    before, after = _words(unit(declared)), _words(unit(installed))
    assert len(before) == len(after)
    for old, new in zip(before, after):
        source, target, rest = _parsed(old)
        stored, wanted, more = _parsed(new)
        name = source.replace("%%", "%").replace("$$", "$")
        assert stored == (source + S if name in STORED else source)
        assert wanted == (target or source) or name not in STORED
        assert more == rest


def _words(text: str) -> list[str]:
    entries = parse_unit("w.container", text).entries
    return [word for entry in entries if entry.key == "Secret" for word in split_words(entry.value)]


def _parsed(word: str) -> tuple[str, str, list[str]]:
    """As podman-run does: (source, target, other options)."""
    first, *options = word.split(",")
    if "=" in first:
        first, options = "", [first, *options]
    given = dict(option.split("=", 1) for option in options)
    rest = [option for option in options if not option.startswith(("source=", "target="))]
    return given.get("source", first), given.get("target", ""), rest


@pytest.mark.parametrize("line", ALIKE.values(), ids=ALIKE)
def test_all_else_stays(line: str) -> None:
    text = unit(line)
    assert installed_text("w.container", text, STORED) == text
    assert declared_text("w.container", text, "my-app") == text


@pytest.mark.parametrize(
    ("path", "changes_it"),
    [
        ("w.container", True),
        ("w@.container", True),
        ("w.container.d/10-x.conf", True),
        ("w@1.container.d/10-x.conf", True),
        ("w.build", False),
        ("w.kube", False),
        ("w.service", False),
        ("conf/w.txt", False),
        ("w.container.txt", False),
    ],
)
def test_where_it_is_rewritten(path: str, changes_it: bool) -> None:
    text = unit("Secret=db")
    assert (installed_text(path, text, STORED) != text) == changes_it
    assert bool(find_stored({path: _blob(unit(f"Secret=db{S}"))}, "my-app")) == changes_it


def test_what_nobody_can_read_stays() -> None:
    for text in (
        "Secret=db\n",
        "[Container]\nSecret\n",
    ):
        assert installed_text("w.container", text, STORED) == text
    link = Blob(b"Secret@.container", LINK)
    assert as_installed({"Secret@1.container": link}, STORED, "my-app") == {
        "Secret@1.container": link
    }


def test_a_hand_written_text_without_our_target() -> None:
    assert declared_text("w.container", unit(f"Secret=db{S}"), "my-app") == unit("Secret=db")


@pytest.mark.parametrize(
    ("stored", "app", "name"),
    [
        (f"db.app-{HEX}", "app", "db"),
        (f"a.b.app-{HEX}", "app", "a.b"),
        (f"db.my-app-{HEX}", "my-app", "db"),
        (f"db.my-app-{HEX}", "app", None),
        (f"db.my-{HEX}-{HEX}", f"my-{HEX}", "db"),
        (f"db.my-{HEX}-{HEX}", "my", None),
        (f"db.x.app-{HEX}.app-{HEX}", "app", f"db.x.app-{HEX}"),
        (f".app-{HEX}", "app", None),
        (f"db.app-{HEX}0", "app", None),
        ("db.app-0123456789AB", "app", None),
        (f"db-app-{HEX}", "app", None),
        ("db", "app", None),
    ],
)
def test_a_stored_name_is_told_from_its_end(stored: str, app: str, name: str | None) -> None:
    assert declared_name(stored, app) == name


def test_a_stored_name_is_an_hmac_under_the_key() -> None:
    sized = b"".join(len(p).to_bytes(8, "big") + p for p in (b"app", b"db", b"v\xff"))
    wanted = hmac.new(KEY, sized, hashlib.sha256).hexdigest()[:12]
    assert stored_name(KEY, "app", "db", b"v\xff") == f"db.app-{wanted}"
    others = [
        stored_name(KEY[::-1], "app", "db", b"v"),
        *(
            stored_name(KEY, *of)
            for of in (("app", "db", b"v\n"), ("ap", "pdb", b"v"), ("app", "dbv", b""))
        ),
    ]
    assert len({name[-12:] for name in others} | {stored_name(KEY, "app", "db", b"v")[-12:]}) == 5


def test_which_secrets_units_name() -> None:
    content = {
        "w.container": _blob(unit(f"Secret=db{S},target=db", "Secret=mine")),
        "x.container": _blob(unit(f"Secret=50%%{S}", f"Secret=foreign.other-{HEX}")),
        "conf": _blob(f"[Container]\nSecret=no{S}\n"),
    }
    assert find_stored(content, "my-app") == {"db": f"db{S}", "50%": f"50%{S}"}


NEW = f"db.my-app-{HEX[::-1]}"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Secret=db" + S, f"Secret={NEW}", ["secret db changed"]),
        ("Secret=db", f"Secret={NEW}", ["secret db is new"]),
        ("Secret=db" + S, "Secret=db", ["secret db is no longer declared"]),
        ("Secret=db" + S, "Secret=db" + S, []),
    ],
)
def test_changes_in_words(old: str, new: str, words: list[str]) -> None:
    assert change_in_words("w.container", _blob(unit(old)), _blob(unit(new)), "my-app") == words


def test_changes_and_their_diff() -> None:
    old = {"w.container": _blob(unit(f"Secret=db{S},target=db", f"Secret=gone{S}"))}
    new = {"w.container": _blob(unit(f"Secret={NEW},target=db", f"Secret=new{S}"))}
    stored = find_stored(old, "my-app"), find_stored(new, "my-app")
    assert changes(*stored) == {"db": "replace", "gone": "remove", "new": "create"}
    told = describe_changes(old, new, "my-app")
    assert [(one["before_header"], one["before"], one["after"]) for one in told] == [
        ("secret db", "old value (not shown)\n", "new value (not shown)\n"),
        ("secret gone", "value (not shown)\n", ""),
        ("secret new", "", "value (not shown)\n"),
    ]
    assert declared_content(old, "my-app")["w.container"].data.decode() == unit(
        "Secret=db", "Secret=gone"
    )


def test_what_a_plan_needs() -> None:
    inputs = types.SimpleNamespace(
        app=types.SimpleNamespace(name="my-app"),
        desired={
            f"{name}.container": _blob(unit(f"Secret={name}{S}")) for name in ("a", "b", "c", "d")
        },
        digests={
            f"{name}.service": Inputs({f"{name}.container": "", "foreign.conf": ""}, {})
            for name in ("a", "b", "c", "d")
        },
    )

    def needed(**plan: t.Any) -> tuple[str, str]:
        must, may = needed_secrets(t.cast(t.Any, inputs), Plan(**plan))
        return "".join(must), "".join(may)

    assert needed() == ("", "")
    assert needed(keep_active=("a.service",), daemon_reload=True) == ("", "")
    assert needed(start=("a.service",), restart=("b.service",), stop_first=("c.service",)) == (
        "abc",
        "",
    )
    assert needed(restart=("b.service",), keep_active=("b.service", "a.service")) == ("b", "ba")
    assert needed(writes=("d.container", "conf")) == ("", "d")


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"a": "x\n"}, {"a": b"x\n"}),
        ({"a": "ä"}, {"a": "ä".encode()}),
        ({"a": {"value": "AP8=", "encoding": "base64"}}, {"a": b"\x00\xff"}),
        ({"a": {"value": "x"}, "b": {"value": "y", "encoding": "text"}}, {"a": b"x", "b": b"y"}),
    ],
)
def test_values(given: dict[str, t.Any], values: dict[str, bytes]) -> None:
    assert parse_secrets(given, "app") == values


@pytest.mark.parametrize(
    ("given", "where", "says"),
    [
        ({"a/b": "hunter2"}, "secrets a/b", "name"),
        ({"": "hunter2"}, "secrets ", "name"),
        ({"a": 7392}, "secrets a", "int"),
        ({"a": None}, "secrets a", "NoneType"),
        ({"a": ["hunter2"]}, "secrets a", "list"),
        ({"a": ""}, "secrets a", "0 bytes"),
        ({"a": {"content": "hunter2"}}, "secrets a", "mapping of value and encoding"),
        ({"a": {"value": "hunter2", "mode": "0400"}}, "secrets a", "mapping of value and encoding"),
        ({"a": {"value": "hunter2", "encoding": "hex"}}, "secrets a", "mapping of value"),
        ({"a": {"value": "hunter2", "encoding": "base64"}}, "secrets a", "base64"),
        ({"n" * 237: "hunter2"}, f"secrets {'n' * 237}", "236"),
    ],
)
def test_values_that_are_refused(given: dict[str, t.Any], where: str, says: str) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_secrets(given, "app")
    assert caught.value.where == where
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "7392" not in str(caught.value)
    assert caught.value.remedy


def test_names_of_a_listing() -> None:
    assert parse_names("id1 6162\nid2 c3a4\nid3 ff\n") == ["ab", "ä", "\udcff"]
    assert len(stored_name(KEY, "app", "n" * 236, b"v")) == 253


def test_uses_that_no_stored_name_serves() -> None:
    kube = "spec:\n  volumes:\n  - name: v\n    secret:\n      secretName: db\n"
    content = {
        "a.container": _blob(
            unit("PodmanArgs=--secret db,type=env", "GlobalArgs=--log-level=info", "Secret=db")
        ),
        "b.container": _blob(unit('PodmanArgs=--ip 1 "--secret=source=db,uid=1"')),
        "c.container": _blob(unit("PodmanArgs=--secret other --secret")),
        "c.container.d/1.conf": _blob("[Container]\nGlobalArgs=--secret db\n"),
        "d.container": _blob(
            unit("Mount=type=secret,id=db", "Mount=type=bind,source=db,target=/x")
        ),
        "e@.container": _blob(unit("Secret=d%i,uid=1", "Secret=x%i", "Secret=d%%")),
        "f.kube": _blob("[Kube]\nYaml=./f.yml\nYaml=missing.yml\n"),
        "f.yml": _blob(kube),
        "g.yml": _blob(kube),
        "e@1.container": Blob(b"e@.container", LINK),
        "h.build": _blob("[Build]\nSecret=id=db,src=%h/x\nPodmanArgs=--secret id=db\n"),
        "i.container": _blob("Secret=db"),
    }
    found = check_uses(content, {"db": "x"})
    assert [error.where for error in found] == [
        "a.container:3 [Container] PodmanArgs",
        "b.container:3 [Container] PodmanArgs",
        "c.container.d/1.conf:2 [Container] GlobalArgs",
        "d.container:3 [Container] Mount",
        "e@.container:3 [Container] Secret",
        "f.yml:5",
    ]
    assert all("secret db" in error.what and error.remedy for error in found)
    assert check_uses(content, {"nothing"}) == []


YAML: dict[str, tuple[str, list[tuple[str, int]]]] = {
    "volume": ("a:\n  secret:\n    secretName: db\n", [("db", 3)]),
    "quoted": ('secretName: "db"\n', [("db", 1)]),
    "comment": ("# secretName: db\n", []),
    "behind a comment": ("secretName: db # it\n", [("db", 1)]),
    "key ref": ("valueFrom:\n  secretKeyRef:\n    key: k\n    name: db\n", [("db", 4)]),
    "key ref is over": ("x:\n  secretKeyRef:\n    key: k\n  name: db\n", []),
    "in a list": (
        "envFrom:\n- secretRef:\n    name: 'db'\n- configMapRef:\n    name: c\n",
        [("db", 3)],
    ),
    "flow": ("valueFrom: {secretKeyRef: {name: db, key: k}}\n", [("db", 1)]),
    "flow with another name": ("- {x: {secretKeyRef: {key: k}}, name: db}\n", []),
    "json": ('{"secretKeyRef": {"key": "k", "name": "db"}}\n', [("db", 1)]),
    "json in lines": ('"secretKeyRef": {\n  "key": "k",\n  "name": "db"\n}\n', [("db", 3)]),
    "config map": ("configMapKeyRef:\n  name: db\n", []),
    "defined": (
        "kind: Secret\nmetadata:\n  name: db\n---\nkind: Pod\nspec:\n  secretName: db\n",
        [],
    ),
    "another is defined": (
        "kind: Secret\nmetadata:\n  name: x\n---\nsecretName: db\n",
        [("db", 5)],
    ),
}


@pytest.mark.parametrize(("text", "found"), YAML.values(), ids=YAML)
def test_secrets_in_kubernetes_yaml(text: str, found: list[tuple[str, int]]) -> None:
    assert yaml_secrets(text) == found


def _blob(text: str) -> Blob:
    return Blob(text.encode())
