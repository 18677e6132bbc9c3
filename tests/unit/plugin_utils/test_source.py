"""A directory on the controller, read into units and files by the action plugin."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import PromptVaultSecret, VaultLib
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.connection import ConnectionBase
from ansible.template import Templar

from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.action import ContentAction
from ansible_collections.quadlet.fleet.plugins.plugin_utils._content.source import gather_content

PASSWORD = PromptVaultSecret(b"pass", "default", [])


class _Action(ContentAction):
    """The action, which finds sources below the loader's base directory."""

    def _find_needle(self, dirname: str, needle: str) -> str:
        assert dirname == "files"
        path = pathlib.Path(self._loader.get_basedir()) / needle
        if not path.exists():
            raise AnsibleError(f"{path} was not found")
        return str(path)


@pytest.fixture
def top(tmp_path: pathlib.Path) -> pathlib.Path:
    """The directory that src names."""
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


@pytest.fixture
def gather(tmp_path: pathlib.Path) -> t.Callable[..., dict[str, t.Any]]:
    """Calls gather_content as a task in that directory would."""
    loader = DataLoader()
    loader.set_basedir(str(tmp_path))
    loader.set_vault_secrets([("default", PASSWORD)])
    variables = {"greeting": "hello", "nothing": None, "role_path": str(tmp_path)}
    action = _Action(
        task=Task.load({"name": "t", "action": "debug"}, loader=loader),
        connection=t.cast(ConnectionBase, None),
        play_context=PlayContext(),
        loader=loader,
        templar=Templar(loader=loader, variables=variables),
        shared_loader_obj=None,
    )

    def run(**args: t.Any) -> dict[str, t.Any]:
        return gather_content(action, args, variables)

    return run


def _fill(top: pathlib.Path, contents: t.Mapping[str, str | bytes]) -> None:
    for name, content in contents.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def _text(content: str, mode: str = "0644") -> dict[str, str]:
    return {"content": content, "encoding": "text", "mode": mode}


Gather = t.Callable[..., dict[str, t.Any]]


def test_units_drop_ins_and_files(top: pathlib.Path, gather: Gather) -> None:
    _fill(
        top,
        {
            "web.container": "[Container]\n",
            "web.container.d/10-x.conf": "[Service]\n",
            "data.volume": "[Volume]\n",
            "a.env": "A=1\n",
            "conf/nginx.conf": "x\n",
            "conf/deep/er": "y",
            ".hidden": "z",
            "empty": "",
        },
    )
    args = gather(src="app")
    assert args == {
        "units": {
            "web.container": "[Container]\n",
            "web.container.d/10-x.conf": "[Service]\n",
            "data.volume": "[Volume]\n",
        },
        "files": {
            "a.env": _text("A=1\n"),
            "conf/nginx.conf": _text("x\n"),
            "conf/deep/er": _text("y"),
            ".hidden": _text("z"),
            "empty": _text(""),
        },
    }


def test_companions_are_units_at_the_top_alone(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"a.timer": "t", "a.timer.d/x.conf": "d", "conf/a.service": "s"})
    args = gather(src="app")
    assert args["units"] == {"a.timer": "t", "a.timer.d/x.conf": "d"}
    assert args["files"] == {"conf/a.service": _text("s")}


def test_a_link_to_the_template_beside_it_is_an_instance(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"w@.container": "w", "v@.pod.j2": "{{ greeting }}", "x.container": "x", "a": "a"})
    (top / "w@a.container").symlink_to("w@.container")
    (top / "v@a.pod").symlink_to("v@.pod.j2")
    (top / "w@b.container").symlink_to("x.container")
    (top / "w@c.container").symlink_to(top / "w@.container")
    (top / "b").symlink_to("a")
    args = gather(src="app")
    assert args["units"] == {
        "w@.container": "w",
        "w@a.container": {"template": "w@.container"},
        "w@b.container": "x",
        "w@c.container": "w",
        "v@.pod": "hello",
        "v@a.pod": {"template": "v@.pod"},
        "x.container": "x",
    }
    assert args["files"] == {"a": _text("a"), "b": _text("a")}


def test_the_order_is_that_of_names(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {f"{name}.pod": "" for name in "cab"})
    assert list(gather(src="app")["units"]) == ["a.pod", "b.pod", "c.pod"]


def test_version_control_stays_out(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"web.container": "", ".git/config": "x", "sub/.git/config": "x"})
    assert gather(src="app")["files"] == {}


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("Exec={{ greeting }}\n", "Exec=hello\n"),
        ("{% if greeting %}\na=1\n{% endif %}\n", "a=1\n"),
        ("no variables\n", "no variables\n"),
        ('{"a": 1}\n', '{"a": 1}\n'),
        ("[1, 2]\n", "[1, 2]\n"),
        ("{{ greeting }}\n", "hello\n"),
        ("{{ greeting }}", "hello"),
        ("{{ 42 }}\n\n", "42\n\n"),
        ("\n{{ 42 }}\n", "\n42\n"),
        ("no end of line", "no end of line"),
        ("größe {{ greeting }}\n", "größe hello\n"),
        ("%h $HOME %% $$ \\n\n", "%h $HOME %% $$ \\n\n"),
    ],
)
def test_templates(top: pathlib.Path, gather: Gather, template: str, rendered: str) -> None:
    _fill(
        top, {"web.container.j2": template, "web.container.d/x.conf.j2": template, "f.j2": template}
    )
    args = gather(src="app")
    assert args["units"] == {"web.container": rendered, "web.container.d/x.conf": rendered}
    assert args["files"] == {"f": _text(rendered)}


def test_only_templates_are_rendered(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"web.container": "{{ greeting }}", "a.txt": "{{ greeting }}", "j2": "{{ x }}"})
    args = gather(src="app")
    assert args["units"] == {"web.container": "{{ greeting }}"}
    assert args["files"]["a.txt"]["content"] == "{{ greeting }}"
    assert args["files"]["j2"]["content"] == "{{ x }}"


def test_a_template_that_fails_is_an_error(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"web.container.j2": "{{ undefined_name }}"})
    with pytest.raises(AnsibleError, match="undefined_name"):
        gather(src="app")


@pytest.mark.parametrize("data", [b"\x00\xff\xfe", b"\x89PNG\r\n", "größe".encode("latin-1")])
def test_binary_files(top: pathlib.Path, gather: Gather, data: bytes) -> None:
    _fill(top, {"logo.png": data})
    value = gather(src="app")["files"]["logo.png"]
    assert value["encoding"] == "base64"
    assert base64.b64decode(value["content"]) == data


def test_line_ends_stay(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"web.container": "a\r\nb\r", "f": "a\r\nb\r"})
    args = gather(src="app")
    assert args["units"]["web.container"] == "a\r\nb\r"
    assert args["files"]["f"]["content"] == "a\r\nb\r"


MODES = {
    0o644: "0644", 0o664: "0644", 0o666: "0644", 0o444: "0644",
    0o640: "0640", 0o660: "0640", 0o440: "0640", 0o604: "0604",
    0o600: "0600", 0o400: "0600", 0o620: "0600", 0o602: "0600",
    0o755: "0755", 0o775: "0755", 0o777: "0755", 0o555: "0755", 0o744: "0755", 0o645: "0755",
    0o750: "0750", 0o550: "0750", 0o770: "0750",
    0o700: "0700", 0o500: "0700", 0o711: "0700", 0o710: "0700",
    0o4755: "0755", 0o2640: "0640", 0o1700: "0700",
}  # fmt: skip
"""On the host, by the mode of the source."""
VAULTED = {"0644": "0600", "0640": "0600", "0604": "0600", "0755": "0700", "0750": "0700"}
WAYS = {
    "src": ("app/f", lambda: {"src": "app"}),
    "a template of src": ("app/f.j2", lambda: {"src": "app"}),
    "a link in src": ("app/f", lambda: {"src": "app"}),
    "binary": ("app/f", lambda: {"src": "app"}),
    "files": ("f", lambda: {"files": {"f": {"src": "f"}}}),
    "a template of files": ("f.j2", lambda: {"files": {"f": {"src": "f.j2"}}}),
}


@pytest.mark.parametrize("vaulted", [False, True], ids=["", "vaulted"])
@pytest.mark.parametrize("way", WAYS)
def test_modes(
    tmp_path: pathlib.Path, top: pathlib.Path, gather: Gather, way: str, vaulted: bool
) -> None:
    """No source is better protected than what is deployed of it."""
    name, args = WAYS[way]
    data = b"\xff\xfe" if way == "binary" else b"{{ greeting }}"
    if vaulted:
        data = VaultLib([("default", PASSWORD)]).encrypt(data)
    place = tmp_path / name
    assert top.is_dir()
    if way == "a link in src":
        place.symlink_to(tmp_path / "elsewhere")
        place = tmp_path / "elsewhere"
    place.write_bytes(data)
    modes = {bits: VAULTED.get(mode, mode) if vaulted else mode for bits, mode in MODES.items()}
    found = {}
    for bits in MODES:
        place.chmod(bits)
        found[bits] = gather(**args())["files"]["f"]["mode"]
        given = gather(files={"f": {"src": name, "mode": "0755"}})
        assert given["files"]["f"]["mode"] == "0755", oct(bits)
    assert found == modes


def test_the_table_of_modes_protects_and_executes() -> None:
    for bits, mode in MODES.items():
        for wanted in (int(mode, 8), int(VAULTED.get(mode, mode), 8)):
            assert wanted & 0o066 & ~bits == 0, oct(bits)
            assert bool(wanted & 0o100) is bool(bits & 0o111), oct(bits)


FOLDERS = {
    (0o755, 0o755): "0644", (0o755, 0o700): "0600", (0o700, 0o755): "0600", (0o750, 0o755): "0640",
    (0o750, 0o705): "0600", (0o710, 0o711): "0640", (0o744, 0o755): "0600", (0o705, 0o755): "0604",
}  # fmt: skip
"""Of an open file, by the modes of the directories that it lies in."""


@pytest.mark.parametrize(("modes", "mode"), FOLDERS.items(), ids=str)
def test_directories_protect_what_is_in_them(
    top: pathlib.Path, gather: Gather, modes: tuple[int, int], mode: str
) -> None:
    _fill(top, {"a/b/f": "x", "g": "x"})
    for name, bits in zip(("a", "a/b"), modes):
        (top / name).chmod(bits)
    top.chmod(0o700)  # where the whole lies is the controller's own affair
    files = gather(src="app")["files"]
    assert (files["a/b/f"]["mode"], files["g"]["mode"]) == (mode, "0644")


def test_vaulted_files_are_decrypted(top: pathlib.Path, gather: Gather) -> None:
    vault = VaultLib([("default", PASSWORD)])
    _fill(
        top,
        {
            "web.container": vault.encrypt("[Container]\n"),
            "a.env.j2": vault.encrypt("A={{ greeting }}\n"),
        },
    )
    args = gather(src="app")
    assert args["units"] == {"web.container": "[Container]\n"}
    assert args["files"] == {"a.env": _text("A=hello\n", "0600")}


def test_with_and_without_suffix_is_an_error(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"web.container": "a", "web.container.j2": "b"})
    with pytest.raises(AnsibleError, match="there twice"):
        gather(src="app")


@pytest.mark.parametrize("src", ["missing", "file"])
def test_src_is_a_directory(
    tmp_path: pathlib.Path, top: pathlib.Path, gather: Gather, src: str
) -> None:
    _fill(tmp_path, {"file": "x"})
    assert top.is_dir()
    with pytest.raises(AnsibleError, match="not"):
        gather(src=src)


def test_what_the_task_names_comes_first(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"web.container": "src", "db.container": "src", "a": "src", "b": "src"})
    args = gather(src="app", units={"web.container": "task"}, files={"a": "task"})
    assert args["units"] == {"web.container": "task", "db.container": "src"}
    assert args["files"] == {"a": "task", "b": _text("src")}


def test_sections_lie_over_a_unit_of_src(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"web.container": "[Container]\nImage=i\nPublishPort=80:80\n", "a": "src"})
    _fill(top, {"old.container": "x", "old.container.d/1.conf": "x"})
    keys = {"PublishPort+": ["81:81"], "Environment": {"A": "1"}}
    given = {"web.container": {"Container": keys}, "old.container": None}
    args = gather(src="app", units=given, files={"a": {"mode": "0600"}})
    assert args["units"] == {
        "web.container": {
            "Container": {
                "Image": "i",
                "PublishPort": ["80:80", "81:81"],
                "Environment": {"A": "1"},
            }
        }
    }
    assert args["files"] == {"a": {**_text("src"), "mode": "0600"}}


def test_what_can_not_lie_over_src_names_the_place(top: pathlib.Path, gather: Gather) -> None:
    _fill(top, {"web.container": "[Container]\nImage=i\n"})
    with pytest.raises(AnsibleActionFail) as caught:
        gather(src="app", units={"web.container": {"Container": {"PublishPort": None}}})
    words = "over src 'app': units web.container [Container] PublishPort: null takes away"
    assert words in str(caught.value)


def test_an_empty_directory_is_an_empty_set(top: pathlib.Path, gather: Gather) -> None:
    assert top.is_dir()
    assert gather(src="app") == {"units": {}, "files": {}}


def test_without_src_nothing_is_added(gather: Gather) -> None:
    given = {"name": "web", "units": {"web.container": "x"}, "state": "started"}
    assert gather(**given) == given
    assert gather(name="web") == {"name": "web"}


# Files of the task


def test_a_file_s_own_source(tmp_path: pathlib.Path, gather: Gather) -> None:
    _fill(tmp_path, {"one.txt": "1\n", "two.j2": "{{ greeting }}\n", "three": b"\xff"})
    args = gather(
        files={
            "a": {"src": "one.txt"},
            "b": {"src": "two.j2", "mode": "0600", "on_change": "none"},
            "c": {"src": "three"},
            "d": "text",
            "e": {"content": "text"},
        }
    )
    assert args["files"] == {
        "a": _text("1\n"),
        "b": {**_text("hello\n", "0600"), "on_change": "none"},
        "c": {"content": "/w==", "encoding": "base64", "mode": "0644"},
        "d": "text",
        "e": {"content": "text"},
    }


def test_content_and_src_exclude_each_other(tmp_path: pathlib.Path, gather: Gather) -> None:
    _fill(tmp_path, {"one.txt": "1\n"})
    with pytest.raises(AnsibleError, match="exclude each other"):
        gather(files={"a": {"src": "one.txt", "content": "x"}})


def test_a_missing_source_is_an_error(gather: Gather) -> None:
    with pytest.raises(AnsibleError, match="not found"):
        gather(files={"a": {"src": "nowhere"}})


@pytest.mark.parametrize("option", ["units", "files"])
@pytest.mark.parametrize("value", [["a"], "a", 1, True], ids=repr)
def test_units_and_files_are_mappings(gather: Gather, option: str, value: t.Any) -> None:
    with pytest.raises(AnsibleError, match=f"{option}: it is a mapping"):
        gather(**{option: value})
