"""YAML on pages: plays, tasks, variables and options, against the specifications that they meet."""

from __future__ import annotations

import copy
import functools
import importlib
import pathlib
import re
import typing as t

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.play import Play
from ansible.playbook.task import Task

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import SECTIONS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    COMPANIONS,
    kind_of,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._module import options
from tests.unit.support.block_units import check_units

ROOT = pathlib.Path(__file__).resolve().parents[3]
Spec = t.Mapping[str, t.Any]
_FILE = re.compile(r"^# (\S+\.yml)(?: .*)?\n", re.MULTILINE)


def check_yaml(page: str, text: str) -> str:
    """How it was tried; a block of several files is tried file by file."""
    parts = [part for part in _FILE.split(text) if part.strip()]
    ways = {_check(page, yaml.safe_load(part)) for part in parts if not re.fullmatch(r"\S+", part)}
    return ", ".join(sorted(ways))


def _check(page: str, data: t.Any) -> str:
    for form, check in _FORMS:
        if form(data):
            return check(data) or "validated"
    if page.startswith("docs/from-compose"):
        return "converted"  # test_generated_docs.py
    raise AssertionError(f"{page}: no way to try this YAML: {data!r:.300}")


def _keys(data: t.Any) -> set[str]:
    return set(map(str, data)) if isinstance(data, dict) else set()


# ---- plays and tasks


def _are_plays(data: t.Any) -> bool:
    starts = ("hosts", "ansible.builtin.import_playbook")
    return isinstance(data, list) and all(any(key in _keys(i) for key in starts) for i in data)


def _check_plays(plays: t.Any) -> str:
    for play in plays:
        book = play.get("ansible.builtin.import_playbook")
        if book:
            assert book.endswith(".yml") or _playbook(book).exists(), book
            continue
        unknown = _keys(play) - set(Play.fattributes)
        assert not unknown, unknown
        for part in ("pre_tasks", "tasks", "post_tasks", "handlers"):
            _check_tasks(play.get(part) or [])
        for role in play.get("roles") or []:
            _check_role(role if isinstance(role, dict) else {"role": role})
        _check_variables(play.get("vars") or {})
    return "a play, validated"


def _playbook(name: str) -> pathlib.Path:
    return ROOT / f"playbooks/{name.rpartition('.')[2]}.yml"


def _check_role(role: t.Mapping[str, t.Any]) -> None:
    name = role["role"].removeprefix("quadlet.fleet.")
    assert (ROOT / "roles" / name).is_dir(), name
    given = {key: value for key, value in role.items() if key.startswith("quadlet_")}
    _check_variables({**given, **role.get("vars", {})})


def _are_tasks(data: t.Any) -> bool:
    return isinstance(data, list) and all(any("." in key for key in _keys(item)) for item in data)


def _check_tasks(tasks: t.Any) -> str:
    for task in tasks:
        if "block" in task:
            for part in ("block", "rescue", "always"):
                _check_tasks(task.get(part) or [])
            continue
        [action] = [key for key in task if key not in Task.fattributes]
        _check_variables(task.get("vars") or {})
        if action.startswith("quadlet.fleet."):
            _check_module(action.rpartition(".")[2], task[action] or {})
        else:
            kind, name = action.rpartition(".")[::2]
            assert kind == "ansible.builtin", action
            if name not in ("include_role", "import_role", "include_tasks", "import_tasks"):
                importlib.import_module(f"ansible.modules.{name}")
    return "a task, validated"


class _TakenError(Exception):
    """Carries the specification out of a module's main()."""


@functools.cache
def read_spec(module: str) -> Spec:
    """The argument_spec that a module gives."""
    code = importlib.import_module(f"ansible_collections.quadlet.fleet.plugins.modules.{module}")
    taken: dict[str, t.Any] = {}

    def take(*_args: t.Any, **given: t.Any) -> t.NoReturn:
        taken.update(given["argument_spec"])
        raise _TakenError

    name = "EngineModule" if hasattr(code, "EngineModule") else "AnsibleModule"
    before = getattr(code, name)
    setattr(code, name, take)
    try:
        code.main()
    except _TakenError:
        pass
    finally:
        setattr(code, name, before)
    return taken


def _check_module(module: str, args: t.Any) -> None:
    _validate(read_spec(module), args, module)
    for app in [args, *(args.get("apps") or [] if module == "apps" else [])]:
        if isinstance(app, dict) and isinstance(app.get("units"), dict) and not app.get("src"):
            check_units(app["units"])


_BY_TYPE: dict[str, t.Any] = {"dict": {}, "list": [], "int": 1, "float": 1, "bool": True}


def _without_templates(spec: Spec, args: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The values, with one of the right type for each that a template gives."""
    plain = {}
    for name, value in args.items():
        row = spec.get(name, {})
        if isinstance(value, str) and value.startswith("{{"):
            choices = row.get("choices")
            plain[name] = choices[0] if choices else _BY_TYPE.get(row.get("type", "str"), "text")
        else:
            plain[name] = value
    return plain


def _validate(spec: Spec, args: t.Any, what: str) -> None:
    assert isinstance(args, dict), f"{what} takes options, not {args!r}"
    rules = copy.deepcopy(dict(spec))
    result = ArgumentSpecValidator(rules).validate(_without_templates(spec, args))
    assert not result.error_messages, f"{what}: {result.error_messages}"


# ---- variables


@functools.cache
def _role_spec() -> dict[str, t.Any]:
    """The variables of all roles and of the rollout."""
    found: dict[str, t.Any] = {}
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            found.update(entry.get("options") or {})
    return found


@functools.cache
def _settings() -> str:
    pages = ("docs/rollout.md", "docs/pull.md", "docs/host.md", "docs/deploy.md")
    return "".join((ROOT / page).read_text(encoding="utf-8") for page in pages)


def _check_variables(variables: t.Mapping[str, t.Any]) -> str:
    for name, value in variables.items():
        if name.startswith("quadlet_deploy_apps"):
            _check_apps(value)
        elif name in _role_spec():
            _validate({name: _role_spec()[name]}, {name: value}, name)
        elif name.startswith("quadlet_"):
            assert re.search(rf"^\| `{name}`", _settings(), re.MULTILINE), f"nothing reads {name}"
    return "variables, validated"


def _check_apps(apps: t.Any) -> None:
    """Apps of a variable, which other variables may lie over."""
    for app in apps if isinstance(apps, list) else []:
        if isinstance(app, dict):
            _validate(options.APP, app, "app")
            if isinstance(app.get("units"), dict) and not app.get("src") and "state" not in app:
                units = app["units"]
                if not any(str(value).startswith("{{") for value in units.values()):
                    check_units({n: u for n, u in units.items() if not _lies_over(u)})


def _lies_over(unit: t.Any) -> bool:
    """Whether it only changes keys of a unit that another variable declares."""
    return isinstance(unit, dict) and any(str(k).endswith("+") for s in unit.values() for k in s)


# ---- parts of an app


def _check_options(data: t.Any) -> str:
    _validate(options.APP, {"name": "page", **data}, "app")
    if "units" in data:
        check_units(data["units"])
    return "options of an app, validated"


def _is_unit(name: str) -> bool:
    stem = name.partition("/")[0].removesuffix(".d")
    return bool(kind_of(stem)) or stem.rpartition(".")[2] in COMPANIONS


def _check_sections(data: t.Any) -> str:
    [kind] = [name for name in data if name not in ("Unit", "Service", "Install", "Quadlet")]
    image = {} if "Image" in data[kind] else {"Image": "registry.example/page:1"}
    return check_units({f"page.{kind.lower()}": {**data, kind: {**image, **data[kind]}}})


def _check_requirements(data: t.Any) -> str:
    for row in data["collections"]:
        assert set(row) <= {"name", "type", "version", "source", "signatures"}, row
        assert row.get("type", "galaxy") in ("galaxy", "git", "file", "dir", "url", "subdirs"), row
    return "requirements, validated"


def _check_molecule(data: t.Any) -> str:
    from molecule.model import schema_v3

    assert not schema_v3.validate(data)
    return "validated by molecule's schema"


@functools.cache
def _changelog_sections() -> set[str]:
    config = yaml.safe_load((ROOT / "changelogs/config.yaml").read_text(encoding="utf-8"))
    return {name for name, _title in config["sections"]}


_FORMS: tuple[tuple[t.Callable[[t.Any], bool], t.Callable[[t.Any], str | None]], ...] = (
    (_are_plays, _check_plays),
    (_are_tasks, _check_tasks),
    (lambda data: _keys(data) == {"collections"}, _check_requirements),
    (lambda data: {"driver", "platforms"} <= _keys(data), _check_molecule),
    (lambda data: bool(_keys(data)) and _keys(data) <= _changelog_sections(), lambda _d: "known"),
    (lambda data: any(key.startswith("quadlet_") for key in _keys(data)), _check_variables),
    (lambda data: any(key.startswith("vault_") for key in _keys(data)), lambda _d: "variables"),
    (lambda data: bool(_keys(data)) and _keys(data) <= set(options.APP), _check_options),
    (lambda data: bool(_keys(data)) and all(map(_is_unit, _keys(data))), check_units),
    (lambda data: bool(_keys(data)) and _keys(data) <= set(SECTIONS), _check_sections),
)
"""(whether it is of a form, how that is tried); the first that fits counts."""
