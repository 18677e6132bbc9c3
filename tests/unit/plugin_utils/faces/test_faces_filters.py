"""The filters as a play calls them: their arguments, refusals, and texts that stay texts."""

from __future__ import annotations

import importlib
import json
import pathlib
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.quadlet.fleet.plugins.module_utils._module.convert_options import CONVERT
from ansible_collections.quadlet.fleet.plugins.module_utils._module.options import APP
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    ARGUMENTS,
    KINDS,
    takes,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.filters import plain

COMPOSE = "services: {web: {image: nginx:1, environment: {A: '${A}'}}}\n"
UNIT = "[Service]\nExecStart=/usr/bin/podman run --rm --name web docker.io/library/nginx:1\n"
SHOWN = {
    "Id": "a" * 64,
    "Name": "/web",
    "Image": "sha256:" + "b" * 64,
    "Config": {"Image": "nginx:1", "Env": ["A={{ x }}"]},
    "HostConfig": {"NetworkMode": "default"},
    "State": {"Status": "running"},
    "Mounts": [],
    "NetworkSettings": {"Networks": {"bridge": {}}},
}
GIVEN: dict[str, tuple[t.Any, dict[str, t.Any]]] = {
    "compose": (COMPOSE, {"name": "shop", "env": {"A": "{{ x }}"}}),
    "run": ("docker run -d --name web -e A='{{ x }}' nginx:1", {}),
    "systemd": ({"container-web.service": UNIT}, {}),
    "inspect": ([SHOWN], {"name": "shop"}),
}
KEYS = {"name", "units", "files", "secrets", "directories", "variables", "report", "sources"}


def _filter(kind: str) -> t.Callable[..., t.Any]:
    (convert,) = _page(f"filter.from_{kind}").FilterModule().filters().values()
    return t.cast(t.Callable[..., t.Any], convert)


def _page(name: str) -> t.Any:
    return importlib.import_module(f"ansible_collections.quadlet.fleet.plugins.{name}")


def test_each_filter_makes_an_app() -> None:
    for kind in KINDS:
        source, given = GIVEN[kind]
        result = plain(_filter(kind)(source, **given))
        assert set(result) == KEYS, kind
        assert "web.container" in result["units"], kind
        short = plain(_filter(kind)(source, **given, app=True))
        assert set(short) <= set(APP), kind
        assert short["units"] == result["units"], kind


def test_inspect_as_text_and_as_data() -> None:
    convert = _filter("inspect")
    text = json.dumps([SHOWN])
    made = [plain(convert(given, name="shop")) for given in ([SHOWN], SHOWN, text, [text])]
    assert all(app["units"] == made[0]["units"] for app in made)


def test_a_unit_says_its_name() -> None:
    for source in (f"# container-shop.service\n{UNIT}", [f"# container-shop.service\n{UNIT}"]):
        assert "shop.container" in plain(_filter("systemd")(source))["units"]
    assert "unit.container" in plain(_filter("systemd")(UNIT))["units"]


def test_a_refusal_begins_with_the_filter_and_has_all_causes() -> None:
    two = "name: x\nservices:\n  a: {image: x, nonsense: 1}\n  b: {image: '${NONE}'}\n"
    wrong: list[tuple[str, t.Any, dict[str, t.Any], list[str]]] = [
        (
            "compose",
            "services:\n  a: {image: x, nonsense: 1, other: 2}\n",
            {"name": "x"},
            ["nonsense", "other"],
        ),
        ("compose", two.replace("nonsense: 1", "user: '${NO}'"), {}, ["yaml:3: ", "yaml:4: "]),
        ("compose", two, {}, ["compose.yaml:4: services.b.image"]),
        ("compose", COMPOSE, {"name": "x"}, ["the variable A has no value"]),
        ("compose", COMPOSE, {"nam": "x"}, ["'nam'", "Did you mean name?"]),
        ("compose", COMPOSE, {"podman": "new"}, ["podman: it takes a release"]),
        ("compose", COMPOSE, {"scope": "both"}, ["scope: it is one of system, user"]),
        ("compose", COMPOSE, {"strict": "yes"}, ["strict: it takes true or false"]),
        ("compose", COMPOSE, {"env": ["A"]}, ["env: it takes a mapping"]),
        ("compose", 5, {}, ["it takes a text"]),
        ("compose", [], {}, ["there is nothing to convert"]),
        ("compose", {"a.yml": None}, {}, ["a.yml: it takes a text"]),
        ("run", "docker run x; rm -rf /", {}, ["second command"]),
        ("run", "", {}, [""]),
        ("run", COMPOSE, {"profiles": []}, ["'profiles'"]),
        ("systemd", "[Service]\nExecStart=/usr/bin/sleep 1\n", {}, [""]),
        ("inspect", "{", {}, [""]),
        ("inspect", "[]", {}, [""]),
    ]
    for kind, source, given, words in wrong:
        with pytest.raises(AnsibleFilterError) as error:
            _filter(kind)(source, **given)
        message = str(error.value)
        assert message.startswith(f"from_{kind}: "), message
        assert all(word in message for word in words), (message, words)


def test_strict_takes_only_what_is_exact() -> None:
    source, given = GIVEN["compose"]
    with pytest.raises(AnsibleFilterError, match="NET_RAW"):
        _filter("compose")(source, **given, strict=True)
    assert _filter("compose")(source, **given, strict=True, capabilities="docker")


def test_passwords_of_all_signs_are_secrets() -> None:
    for password in ("hunter2", "p$$w", "50%", 'a "b" $$c %d', "{{ x }}"):
        text = f"services: {{web: {{image: x/y:1, environment: {{PASSWORD: '{password}'}}}}}}\n"
        app = plain(_filter("compose")(text, name="shop"))
        assert list(app["secrets"].values()) == [password.replace("$$", "$")]
        assert "Environment" not in app["units"]["web.container"]["Container"], password


def test_several_files_are_merged() -> None:
    over = "services: {web: {environment: {B: b}}}\n"
    for source in ([COMPOSE, over], {"a.yml": COMPOSE, "b.yml": over}):
        app = plain(_filter("compose")(source, name="shop", env={"A": "a"}))
        variables = app["units"]["web.container"]["Container"]["Environment"]
        assert variables == {"A": "a", "B": "b"}


def test_arguments_are_documented_as_they_are() -> None:
    fragment = _page("doc_fragments._convert").ModuleDocFragment
    parts = {
        "": yaml.safe_load(fragment.DOCUMENTATION)["options"],
        "filter": yaml.safe_load(fragment.FILTER)["options"],
        "compose": yaml.safe_load(fragment.COMPOSE)["options"],
    }
    for kind in KINDS:
        doc = yaml.safe_load(_page(f"filter.from_{kind}").DOCUMENTATION)
        options = dict(doc["options"])
        for name in doc["extends_documentation_fragment"]:
            options.update(parts[name.removeprefix("quadlet.fleet._convert").lstrip(".")])
        assert set(options) - {"_input"} == set(takes(kind)), kind
        for name in takes(kind):
            row, option = ARGUMENTS[name], options[name]
            assert option.get("choices", []) == list(row.choices), (kind, name)
            default = list(row.default) if isinstance(row.default, tuple) else row.default
            assert option.get("default") == default, (kind, name)


def test_the_module_takes_the_same_arguments() -> None:
    own = {"src", "dest", "from", "user", "values", "format", "output", "level"}
    assert set(CONVERT) - own == set(ARGUMENTS) - {"app", "base", "scope"}
    for name in set(CONVERT) - own:
        row, option = ARGUMENTS[name], CONVERT[name]
        assert option.get("choices", []) == list(row.choices), name
        default = list(row.default) if isinstance(row.default, tuple) else row.default
        assert option.get("default") == default, name


def test_the_playbook_passes_every_option_on() -> None:
    path = pathlib.Path(__file__).resolve().parents[4] / "playbooks/convert.yml"
    (play,) = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(play["tasks"][0]["quadlet.fleet.convert"]) == set(CONVERT)
