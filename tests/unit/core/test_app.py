"""What an app's parameters mean, and every way to get them wrong."""

from __future__ import annotations

import base64
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import (
    App,
    Gate,
    parse_app,
    parse_app_name,
    parse_content,
    parse_gate,
    parse_unit_app,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import LINK, Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    COMPANIONS,
    KINDS,
)
from tests.unit.support.together import together

WEB = "[Container]\nImage=localhost/web:1\n"


def _app(**params: t.Any) -> App:
    return parse_app({"name": "web", "state": "started", "units": {"web.container": WEB}, **params})


def _unit(**params: t.Any) -> App:
    given = {"name": "web.container", "state": "started", "content": WEB}
    return parse_unit_app({"sections": None, "app": None, **given, **params})


# Names


@pytest.mark.parametrize("name", ["web", "Web2", "0", "a-b_c", "x" * 60, "user", "users2", "a-"])
def test_app_names(name: str) -> None:
    assert parse_app_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "users",
        "a.b",
        "a.d",
        "web.container",
        "-a",
        "_a",
        ".a",
        "..",
        "a/b",
        "../a",
        "a b",
        " a",
        "a ",
        "a\n",
        "\na",
        "a\x00",
        "ä",
        "a@b",
        "a:b",
        "a%n",
        "a$b",
    ],
    ids=repr,
)
def test_app_names_refused(name: str) -> None:
    with pytest.raises(QuadletError, match="can't be an app's name") as caught:
        parse_app_name(name)
    assert caught.value.where == "name"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "name",
    [
        *(f"web.{suffix}" for suffix in (*KINDS, *COMPANIONS)),
        "w@.container",
        "w@1.container",
        "w@a-b.container",
        "w@a.b.container",
        "a.b.container",
        "a_b-c:d.container",
        "_a.container",
        "a\\x2db.container",
    ],
)
def test_unit_names(name: str) -> None:
    assert set(_app(units={name: WEB}).content or {}) == {name}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("web", "no Quadlet suffix"),
        ("{{ name }}.container", "and no keys: make the whole dictionary a template"),
        ("{{ name }}", "and no keys: make the whole dictionary a template"),
        ("{% if a %}web.container", "and no keys: make the whole dictionary a template"),
        ("web.swap", "no Quadlet suffix"),
        ("web.Container", "no Quadlet suffix"),
        ("web.container~", "no Quadlet suffix"),
        ("web.container.bak", "no Quadlet suffix"),
        ("web.container\n", "no Quadlet suffix"),
        (".container", "no Quadlet suffix"),
        ("container", "no Quadlet suffix"),
        ("", "no Quadlet suffix"),
        ("a b.container", "can't be a unit's name"),
        (" a.container", "can't be a unit's name"),
        ("a\nb.container", "can't be a unit's name"),
        ("a\x00.container", "can't be a unit's name"),
        (".a.container", "can't be a unit's name"),
        ("-a.container", "can't be a unit's name"),
        ("ä.container", "can't be a unit's name"),
        ("@x.container", "can't be a unit's name"),
        ("@.container", "can't be a unit's name"),
        ("a%n.container", "can't be a unit's name"),
        ("a$b.container", "can't be a unit's name"),
        ("x" * 250 + ".container", "can't be a unit's name"),
        ("sub/web.container", "neither a unit nor a drop-in"),
        ("/web.container", "neither a unit nor a drop-in"),
        ("../web.container", "neither a unit nor a drop-in"),
        ("web.container.d/x", "neither a unit nor a drop-in"),
        ("web.container.d/x.conf.bak", "neither a unit nor a drop-in"),
        ("web.container.d/y/x.conf", "neither a unit nor a drop-in"),
        ("web.container.d/../x.conf", "neither a unit nor a drop-in"),
        ("a/web.container.d/x.conf", "neither a unit nor a drop-in"),
        ("web.container/x.conf", "neither a unit nor a drop-in"),
        ("timer.d/x.conf", "applies to units of other apps"),
        ("web-.service.d/x.conf", "applies to units of other apps"),
        ("web.timer.d/x.conf", "no unit of app"),
        ("container.d/x.conf", "applies to units of other apps"),
        ("pod.d/x.conf", "applies to units of other apps"),
        ("web-.container.d/x.conf", "applies to units of other apps"),
        ("a-b-.volume.d/x.conf", "applies to units of other apps"),
        ("db.container.d/x.conf", "no unit of app"),
        ("web.pod.d/x.conf", "no unit of app"),
        ("web.service.d/x.conf", "no unit of app"),
        ("users.d/x.conf", "no unit of app"),
        ("web@1.container.d/x.conf", "no unit of app"),
    ],
    ids=repr,
)
def test_unit_paths_refused(name: str, what: str) -> None:
    with pytest.raises(QuadletError, match=what) as caught:
        _app(units={"web.container": WEB, name: WEB})
    assert caught.value.where == f"units {name}"


@pytest.mark.parametrize(
    ("unit", "drop_in"),
    [
        ("web.container", "web.container.d/10-x.conf"),
        ("web.container", "web.container.d/x_y-z.1.conf"),
        ("web.container", "web.container.d/x y.conf"),
        ("db.volume", "db.volume.d/x.conf"),
        ("w@.container", "w@.container.d/x.conf"),
        ("w@1.container", "w@1.container.d/x.conf"),
        ("w@.container", "w@1.container.d/x.conf"),
        ("w@.container", "w@a-b.container.d/x.conf"),
        ("w@.container", "w@a.b.container.d/x.conf"),
        ("a-b.container", "a-b.container.d/x.conf"),
        ("backup.timer", "backup.timer.d/x.conf"),
        ("helper@.service", "helper@1.service.d/x.conf"),
    ],
)
def test_drop_ins(unit: str, drop_in: str) -> None:
    content = _app(units={unit: WEB, drop_in: "[Container]\nLabel=a=b\n"}).content or {}
    assert content[drop_in].data == b"[Container]\nLabel=a=b\n"


def test_a_drop_in_may_stand_before_its_unit() -> None:
    units = {"web.container.d/x.conf": "[Unit]\n", "web.container": WEB}
    assert set(_app(units=units).content or {}) == set(units)


@pytest.mark.parametrize(
    "name",
    [f"web.container.d/{name}" for name in ("a\x00.conf", "a\nb.conf")],
    ids=repr,
)
def test_drop_in_names_refused(name: str) -> None:
    with pytest.raises(QuadletError):
        _app(units={"web.container": WEB, name: "[Unit]\n"})


# Texts


@pytest.mark.parametrize(
    ("given", "data"),
    [
        ("[Container]\n", b"[Container]\n"),
        ("[Container]", b"[Container]\n"),
        ("", b""),
        ("[Container]\nExec=ä\n", "[Container]\nExec=ä\n".encode()),
        ("[Container]\r\n", b"[Container]\r\n"),
        ("[Container]\nExec=\udcff\n", b"[Container]\nExec=\xff\n"),
        ({"Container": {"Image": "a"}}, b"[Container]\nImage=a\n"),
        ({"Container": {"Exec": ["a", "$b"]}}, b"[Container]\nExec=a $$b\n"),
    ],
    ids=repr,
)
def test_unit_texts(given: t.Any, data: bytes) -> None:
    assert _app(units={"web.container": given}).content == {"web.container": Blob(data)}


@pytest.mark.parametrize("given", [None, 1, True, ["[Container]"], b"[Container]"], ids=repr)
def test_unit_texts_refused(given: t.Any) -> None:
    with pytest.raises(QuadletError, match="text or a mapping of sections") as caught:
        _app(units={"web.container": given})
    assert caught.value.where == "units web.container"


# Files


@pytest.mark.parametrize(
    ("given", "blob"),
    [
        ("a", Blob(b"a")),
        ("", Blob(b"")),
        ("ä\r\n\n", Blob("ä\r\n\n".encode())),
        ({"content": "a"}, Blob(b"a")),
        ({"content": "a", "mode": "0600"}, Blob(b"a", 0o600)),
        ({"content": "a", "mode": "755"}, Blob(b"a", 0o755)),
        ({"content": "a", "mode": 0o640}, Blob(b"a", 0o640)),
        ({"content": "a", "mode": "0"}, Blob(b"a", 0)),
        ({"content": "a", "on_change": "reload"}, Blob(b"a", 0o644, "reload")),
        ({"content": "a", "on_change": "none"}, Blob(b"a", 0o644, "none")),
        ({"content": "a", "on_change": "restart"}, Blob(b"a")),
        ({"content": "ä", "encoding": "text"}, Blob("ä".encode())),
        (
            {"content": base64.b64encode(b"\x00\xff").decode(), "encoding": "base64"},
            Blob(b"\x00\xff"),
        ),
    ],
    ids=repr,
)
def test_files(given: t.Any, blob: Blob) -> None:
    content = _app(files={"conf/a.txt": given}).content or {}
    assert content["conf/a.txt"] == blob


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (None, "is not text"),
        (1, "is not text"),
        (True, "is not text"),
        (["a"], "is not text"),
        ({}, "is not text"),
        ({"content": None}, "is not text"),
        ({"content": 1}, "is not text"),
        ({"content": {"a": "b"}}, "is not text"),
        ({"content": b"a"}, "is not text"),
        ({"content": "a", "owner": "root"}, "unknown option 'owner'"),
        ({"src": "a"}, "unknown option 'src'"),
        ({"content": "a", "mode": "0999"}, "mode"),
        ({"content": "a", "mode": "u=rw"}, "mode"),
        ({"content": "a", "mode": ""}, "mode"),
        ({"content": "a", "mode": "-1"}, "mode"),
        ({"content": "a", "mode": -1}, "mode"),
        ({"content": "a", "mode": "1777"}, "mode"),
        ({"content": "a", "mode": "4755"}, "mode"),
        ({"content": "a", "mode": 644}, "mode"),
        ({"content": "a", "mode": 755}, "mode"),
        ({"content": "a", "mode": True}, "mode"),
        ({"content": "a", "mode": None}, "mode"),
        ({"content": "a", "mode": [6]}, "mode"),
        ({"content": "a", "on_change": "stop"}, "on_change"),
        ({"content": "a", "on_change": None}, "on_change"),
        ({"content": "a", "on_change": ""}, "on_change"),
        ({"content": "%%%", "encoding": "base64"}, "not base64"),
        ({"content": "YQ", "encoding": "base64"}, "not base64"),
        ({"content": "ä", "encoding": "base64"}, "not base64"),
        ({"content": "a", "encoding": "utf-16"}, "."),
    ],
    ids=repr,
)
def test_files_refused(given: t.Any, what: str) -> None:
    with pytest.raises(QuadletError, match=what) as caught:
        _app(files={"a.txt": given})
    assert caught.value.where == "files a.txt"


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "a.txt",
        "conf/a.txt",
        "a b/c d",
        ".env",
        ".hidden/x",
        "ä",
        "conf.d/x.conf",
        "nginx.conf",
        "kube.yml",
        "build/Containerfile",
        "image/x",
        "pod",
        "a/container/b",
        "containers/x",
        "web.containers",
        "a.container.txt",
        "x.Container",
    ],
)
def test_file_paths(path: str) -> None:
    assert path in (_app(files={path: "a"}).content or {})


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("", "plain path"),
        ("/a", "plain path"),
        ("a/", "plain path"),
        ("a//b", "plain path"),
        (".", "plain path"),
        ("..", "plain path"),
        ("./a", "plain path"),
        ("../a", "plain path"),
        ("a/../b", "plain path"),
        ("a/..", "plain path"),
        ("a\x00b", "plain path"),
        ("a\nb", "plain path"),
        ("a/b\n", "plain path"),
        (".fleet.d/x", "kept for the work"),
        (".fleet.d", "kept for the work"),
        *((f"a.{suffix}", "Quadlet suffix") for suffix in KINDS),
        ("a.quadlets", "Quadlet suffix"),
        ("a.container.d", "Quadlet suffix"),
        ("web.container.d/x.conf", "Quadlet suffix"),
        ("container.d/x.conf", "Quadlet suffix"),
        ("pod.d", "Quadlet suffix"),
        ("a.container/x", "Quadlet suffix"),
        ("a/b.volume", "Quadlet suffix"),
        ("a/b.pod.d/c", "Quadlet suffix"),
        (".container", "Quadlet suffix"),
        (".a.container", "Quadlet suffix"),
    ],
    ids=repr,
)
def test_file_paths_refused(path: str, what: str) -> None:
    with pytest.raises(QuadletError, match=what) as caught:
        _app(files={path: "a"})
    assert caught.value.where == f"files {path}"


@pytest.mark.parametrize(
    "files",
    [
        {"a": "x", "a/b": "x"},
        {"a/b": "x", "a": "x"},
        {"a/b": "x", "a/b/c/d": "x"},
    ],
    ids=repr,
)
def test_a_file_is_no_directory(files: dict[str, str]) -> None:
    with pytest.raises(QuadletError, match="is a file and the directory of"):
        _app(files=files)


# Apps


def test_defaults() -> None:
    assert _app() == App("web", content={"web.container": Blob(WEB.encode())})


@pytest.mark.parametrize("state", ["started", "present", "stopped", "restarted"])
def test_states_keep_the_content(state: str) -> None:
    app = _app(state=state)
    assert (app.state, set(app.content or {})) == (state, {"web.container"})


def test_absent_has_no_content() -> None:
    assert _app(state="absent").content is None
    assert _app(state="absent", units={}).content is None
    assert _app(state="absent", units=None).content is None


def test_options_arrive() -> None:
    app = _app(
        prune=False,
        adopt=True,
        restart="never",
        linger=False,
        gate={"timeout": 5.0, "stable": None},
        on_failure="keep",
        generations=2,
    )
    assert app == App(
        "web",
        content={"web.container": Blob(WEB.encode())},
        prune=False,
        adopt=True,
        restart="never",
        linger=False,
        gate=Gate(timeout=5.0),
        on_failure="keep",
        generations=2,
        gate_option={"timeout": 5.0, "stable": None},
    )


def test_a_rollback_brings_its_own_content() -> None:
    app = _app(state="rolled_back", units=None, generation=3)
    assert (app.state, app.content, app.generation) == ("rolled_back", None, 3)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"state": "rolled_back"}, "units is given with state: rolled_back"),
        (
            {"state": "rolled_back", "units": None, "files": {}},
            "files is given with state: rolled_back",
        ),
        (
            {"state": "rolled_back", "units": None, "secrets": {}},
            "secrets is given with state: rolled_back",
        ),
        ({"generation": 2}, "generation 2 is named, and state is started"),
        ({"state": "absent", "units": None, "generation": 0}, "generation 0 is named"),
        ({"generations": 0}, "0 generations can't be kept"),
    ],
    ids=repr,
)
def test_what_does_not_go_with_generations(given: dict[str, t.Any], says: str) -> None:
    with pytest.raises(QuadletError, match=says):
        _app(**given)


def test_nothing_given_means_the_installed_set() -> None:
    assert _app(units=None).content is None
    assert parse_content("web", None, None) is None


@together(
    "given",
    [
        {"units": {}},
        {"units": {}, "files": {}},
        {"units": None, "files": {}},
        {"units": None, "files": {"a": "b"}},
        {"units": {}, "files": {"a": "b"}},
    ],
    ids=repr,
)
@together("state", ["started", "present", "stopped", "restarted"])
def test_an_empty_set_is_refused(given: dict[str, t.Any], state: str) -> None:
    with pytest.raises(QuadletError, match="empty") as caught:
        _app(state=state, **given)
    assert "state: absent" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("given", "gate"),
    [
        ({}, Gate(300.0)),
        ({"timeout": None, "stable": None}, Gate(300.0)),
        ({"timeout": 10}, Gate(10)),
        ({"timeout": 0, "stable": 0}, Gate(0, 0)),
        ({"stable": 2.5}, Gate(300.0, 2.5)),
    ],
    ids=repr,
)
def test_gate(given: dict[str, t.Any], gate: Gate) -> None:
    assert parse_gate(given) == gate


@together("key", ["timeout", "stable"])
@together("value", [-1, -0.5, float("nan"), float("inf")])
def test_gate_refused(key: str, value: float) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_gate({key: value})
    assert caught.value.where == f"gate {key}"


# One unit


def test_one_unit_is_a_patch_of_its_app() -> None:
    assert _unit() == App(
        "web", state="started", patch={"web.container": Blob(WEB.encode())}, only="web.container"
    )


@pytest.mark.parametrize(
    ("unit", "app"),
    [
        ("web.container", "web"),
        ("w@1.container", "w"),
        ("w@.container", "w"),
        ("w@a.b.container", "w"),
        ("a-b.volume", "a-b"),
    ],
)
def test_one_unit_has_its_stem_as_app(unit: str, app: str) -> None:
    assert _unit(name=unit).name == app
    assert _unit(name=unit, app="other").name == "other"


def test_one_unit_from_sections() -> None:
    app = _unit(content=None, sections={"Container": {"Image": "a"}})
    assert app.patch == {"web.container": Blob(b"[Container]\nImage=a\n")}


@pytest.mark.parametrize("content", [WEB, None])
def test_one_unit_absent(content: str | None) -> None:
    app = _unit(state="absent", content=content)
    assert (app.state, app.patch, app.only) == ("present", {"web.container": None}, "web.container")


@pytest.mark.parametrize(
    ("params", "where"),
    [
        ({"content": None}, "name web.container"),
        ({"name": "web"}, "name"),
        ({"name": "a/b.container"}, "name"),
        ({"name": "web.container.d/x.conf"}, "name"),
        ({"name": "users.container"}, "name"),
        ({"app": "users"}, "name"),
        ({"app": "a/b"}, "name"),
        (
            {"content": None, "sections": {"Container": {"Image": None}}},
            "web.container [Container] Image",
        ),
        ({"gate": {"timeout": -1}}, "gate timeout"),
    ],
    ids=repr,
)
def test_one_unit_refused(params: dict[str, t.Any], where: str) -> None:
    with pytest.raises(QuadletError) as caught:
        _unit(**params)
    assert caught.value.where == where


def test_a_drop_in_for_a_generated_service_belongs_to_its_unit() -> None:
    with pytest.raises(QuadletError) as caught:
        _app(units={"web.container": WEB, "web.service.d/x.conf": "[Service]\n"})
    assert "web.container.d/x.conf" in str(caught.value)
    assert "[Service] and [Unit] work there" in str(caught.value)


@pytest.mark.parametrize("path", ["web.timer", "web.service", "web.timer.d/x.conf"])
def test_companions_are_no_files(path: str) -> None:
    with pytest.raises(QuadletError, match="is the name of a systemd unit"):
        _app(units={"web.container": WEB}, files={path: "x"})


def test_a_file_in_a_directory_may_be_called_like_a_companion() -> None:
    content = _app(units={"w.pod": WEB}, files={"conf/a.service": ""}).content or {}
    assert set(content) == {"w.pod", "conf/a.service"}


def test_companions_alone_are_an_app() -> None:
    assert set(_app(units={"a.timer": "[Timer]\n"}).content or {}) == {"a.timer"}


@pytest.mark.parametrize("suffix", KINDS)
def test_an_instance_is_a_link(suffix: str) -> None:
    units = {f"w@a.{suffix}": {"template": f"w@.{suffix}"}, f"w@.{suffix}": WEB}
    content = _app(units=units).content or {}
    assert content[f"w@a.{suffix}"] == Blob(f"w@.{suffix}".encode(), LINK)
    assert content[f"w@a.{suffix}"].is_link
    assert not content[f"w@.{suffix}"].is_link


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("w@a.container", {"template": "v@.container"}, "an instance is {template: w@.container}"),
        ("w@a.container", {"template": "w@.pod"}, "an instance is {template: w@.container}"),
        ("w@a.container", {"template": "/w@.container"}, "an instance is {template: "),
        ("w@a.container", {"template": "w@.container", "Unit": {}}, "an instance is {template: "),
        ("w@.container", {"template": "w@.container"}, "can't be an instance"),
        ("web.container", {"template": "web@.container"}, "can't be an instance"),
        ("@a.container", {"template": "@.container"}, "can't be an instance"),
        ("w@a.timer", {"template": "w@.timer"}, "can't be an instance"),
    ],
)
def test_instances_refused(name: str, value: t.Any, what: str) -> None:
    with pytest.raises(QuadletError) as caught:
        _app(units={name: value})
    assert what in str(caught.value)
    assert caught.value.where == f"units {name}"
