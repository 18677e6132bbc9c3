"""Hostile Compose files: a clear refusal or a right unit, at once, and nothing else is touched."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from tests.unit.support.conversion import RefusedError, convert_compose, make_services, unit_texts
from tests.unit.support.generators import ROOT, Generator
from tests.unit.support.share import pick

SECONDS, MEGABYTES = 2.0, 200
READS = ("open", "os.listdir", "os.scandir")
NAUGHTY = (
    "a\nb", "a\\", 'a"b', "a'b", "%n %% %", "$HOME ${HOME} $$", "{{ lookup('pipe', 'id') }}",
    "{% raw %}", " x ", "#x", ";x", "[Service]", "a=b", "\t", "é\u2028x", "a\rb", "`id`", "$(id)",
    "-x", "--", "\\n", "\x7f", "a,b=c", "a:b", "*", "../../x", "x\nExecStartPre=/bin/false",
)  # fmt: skip
KEYS: dict[str, t.Callable[[str], t.Any]] = {
    "environment": lambda value: {"environment": {"A": value}},
    "labels": lambda value: {"labels": {"a.b": value}},
    "annotations": lambda value: {"annotations": {"a.b": value}},
    "command": lambda value: {"command": ["x", value]},
    "entrypoint": lambda value: {"entrypoint": ["x", value]},
    "healthcheck": lambda value: {"healthcheck": {"test": ["CMD", "x", value]}},
    "shell check": lambda value: {"healthcheck": {"test": ["CMD-SHELL", f"x {value}"]}},
    "hostname": lambda value: {"hostname": value},
    "working_dir": lambda value: {"working_dir": f"/x{value}"},
    "user": lambda value: {"user": value},
    "image": lambda value: {"image": f"a/b{value}"},
    "container_name": lambda value: {"container_name": f"x{value}"},
    "sysctls": lambda value: {"sysctls": {"net.x": value}},
    "volume": lambda value: {"volumes": [{"type": "bind", "source": f"/x{value}", "target": "/y"}]},
    "target": lambda value: {"volumes": [{"type": "bind", "source": "/x", "target": f"/y{value}"}]},
    "port": lambda value: {"ports": [f"{value}:80"]},
    "logging": lambda value: {"logging": {"driver": "journald", "options": {"tag": value}}},
    "ulimits": lambda value: {"ulimits": {value: 5}},
    "cap_add": lambda value: {"cap_add": [value]},
    "dns_search": lambda value: {"dns_search": value},
    "extra_hosts": lambda value: {"extra_hosts": [f"h{value}:10.0.0.1"]},
    "stop_signal": lambda value: {"stop_signal": value},
    "restart": lambda value: {"restart": value},
    "aliases": lambda value: {"networks": {"default": {"aliases": [value]}}},
    "depends_on": lambda value: {"depends_on": [value]},
    "secret": lambda value: {"secrets": [{"source": "s", "target": value}]},
}
"""Where a value of others' can stand."""


def _file(key: str, value: str) -> str:
    service = {"image": "a/b", **KEYS[key](value.replace("$", "$$"))}
    return json.dumps({"services": {"web": service}, "secrets": {"s": {"external": True}}})


@pytest.mark.parametrize("key", [*KEYS][:: pick(long=1, usual=1, fast=3)])
def test_a_value_arrives_or_is_refused(key: str, generator: Generator) -> None:
    apps, expected, unplaced = [], {}, list[str]()
    for number, value in enumerate(NAUGHTY):
        try:
            result = convert_compose(
                _file(key, value),
                name=f"h{number}",
                names="compose",
                secrets="keep",
                selinux="keep",
            )
        except RefusedError as error:
            unplaced += [value] if "services.web" not in str(error) else []
            continue
        apps.append(unit_texts(result))
        expected[f"h{number}-web.service"] = value
    services, complaints = make_services(generator, apps)
    assert complaints == unplaced == []
    assert expected.keys() <= services.keys()
    for name, value in expected.items():
        lines = {(one.section, one.key) for one in services[name].lines}
        assert ("Service", "ExecStartPre") not in lines or key in ("volume", "target"), value
        words = services[name].command()
        if key in ("environment", "labels", "annotations", "command", "entrypoint", "sysctls"):
            assert value.strip() in json.dumps(words, ensure_ascii=False).replace(
                "\\\\", "\\"
            ) or any(value in word or json.dumps(value)[1:-1] in word for word in words), (
                key,
                value,
                words,
            )


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
    for a, b in zip("abcdefghi", "bcdefghij")
)
MERGES = "x-0: &m0 {a0: 1}\n" + "".join(
    f"x-{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}], a{n}: 1}}\n" for n in range(1, 60)
)
SERVICE = "services: {web: {image: a/b, %s}}\n"
CHAIN = "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(3000))
CASES: dict[str, tuple[str | bytes, str]] = {
    "an alias bomb": (f"x-{BOMB}{SERVICE % ''}".replace("\n", "\nx-").removesuffix("x-"), ""),
    "merges of merges": (f"{MERGES}{SERVICE % ''}", ""),
    "ten megabytes of one text": (SERVICE % f"hostname: {'x' * 10_000_000}", "any"),
    "ten megabytes of comments": ("# x\n" * 2_500_000 + SERVICE % "hostname: x", "any"),
    "ten megabytes of lists": (SERVICE % f"command: [{'a,' * 5_000_000}]", "refused"),
    "ten megabytes of brackets": (SERVICE % f"command: {'[' * 10_000_000}", "refused"),
    "brackets": (SERVICE % f"command: {'[' * 5_000}{']' * 5_000}", "refused"),
    "ten megabytes of variables": (SERVICE % f"command: '{'${A:-b}' * 1_400_000}'", "any"),
    "nested variables": (SERVICE % f"command: '{'${A:-' * 5_000}{'}' * 5_000}'", "any"),
    "an alias of itself": ("x-a: &a [*a]\n" + SERVICE % "", "any"),
    "a mapping in itself": ("x-a: &a {b: *a}\n" + SERVICE % "", "any"),
    "a merge of itself": ("x-a: &a {<<: *a}\n" + SERVICE % "", "any"),
    "binary": (bytes(range(256)).decode("latin-1") * 10, "refused"),
    "a null": ("services:\0 {}", "refused"),
    "nothing": ("", "refused"),
    "a list": ("- a\n", "refused"),
    "a text": ("abc", "refused"),
    "two documents": (SERVICE % "" + "---\n" + SERVICE % "", "any"),
    "a tag of Python": (
        SERVICE % "command: !!python/object/apply:os.system ['touch PWNED']",
        "refused",
    ),
    "a tag of its own": (SERVICE % "command: !vault x", "refused"),
    "a template of Ansible": (SERVICE % "hostname: \"{{ lookup('pipe', 'touch PWNED') }}\"", "any"),
    "a command in a text": (SERVICE % "hostname: $$(touch PWNED)", "any"),
    "a long chain of extends": (f"services:\n{CHAIN}  s3000: {{image: a/b}}\n", "any"),
    "a circle of extends": ("services: {a: {extends: b}, b: {extends: a}}", "refused"),
    "a file that extends itself": (
        SERVICE % "extends: {file: compose.yml, service: web}",
        "refused",
    ),
    "a file that includes itself": ("include: [me.yml]\n" + SERVICE % "", "refused"),
    "a file of passwords as env_file": (SERVICE % "env_file: ../../etc/shadow", "refused"),
    "an absolute env_file": (SERVICE % "env_file: /etc/passwd", "refused"),
    "a link out of base": (SERVICE % "env_file: link.env", "refused"),
    "a link to a directory out of base": (SERVICE % "env_file: out/secret.env", "refused"),
    "a pipe": (SERVICE % "env_file: pipe", "refused"),
    "a device": (SERVICE % "env_file: /dev/zero", "refused"),
    "a directory": (SERVICE % "env_file: out", "refused"),
    "extends outside": (SERVICE % "extends: {file: ../outside/c.yml, service: x}", "refused"),
    "include outside": ("include: [../outside/c.yml]\n" + SERVICE % "", "refused"),
    "label_file outside": (SERVICE % "label_file: ../outside/secret.env", "refused"),
    "a secret outside": (SERVICE % "secrets: [s]" + "secrets: {s: {file: /etc/passwd}}", "any"),
    "a config by a link": (SERVICE % "configs: [s]" + "configs: {s: {file: link.env}}", "refused"),
    "an include from a server": ('include: ["https://a.test/c.yml"]\n' + SERVICE % "", "refused"),
    "extends from a server": (SERVICE % 'extends: {file: "oci://a.test/x", service: a}', "refused"),
    "a name with a slash": ('services: {"../../x": {image: a/b}}', "any"),
    "a volume with a slash": (
        SERVICE % 'volumes: ["v:/x"]' + 'volumes: {v: {name: "../../x"}}',
        "any",
    ),
    "a name of a project with a slash": ("name: ../../x\n" + SERVICE % "", "any"),
    "a hundred thousand services": (
        "services:\n" + "".join(f" s{n}: {{image: a/b}}\n" for n in range(20_000)),
        "any",
    ),
    "many ports": (SERVICE % 'ports: ["1-65535:1-65535"]', "any"),
    "many replicas": (SERVICE % "scale: 1000000000", "refused"),
    "a depth of keys": ("x-a: " + "{a: " * 2000 + "1" + "}" * 2000 + "\n" + SERVICE % "", "any"),
}
"""Texts, and what becomes of them: refused, or any of the two."""

SCRIPT = """
import json, resource, sys, time
from ansible.errors import AnsibleFilterError
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
from ansible_collections.quadlet.fleet.plugins.filter import from_compose
convert = from_compose.FilterModule().filters()["from_compose"]
convert("services: {web: {image: a/b}}", name="x")
base = sys.argv[1]
cases = json.load(sys.stdin)
seen, watching = [], [False]
EVENTS = set("open os.listdir os.scandir subprocess.Popen os.system os.exec os.posix_spawn".split())
EVENTS |= {"os.fork", "socket.connect"}
def watch(event, arguments):
    if watching[0] and event in EVENTS:
        seen.append((event, str(arguments[0])))
sys.addaudithook(watch)
for name, text in cases.items():
    seen.clear()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1])
    began = time.process_time()
    watching[0] = True
    try:
        convert(text, base=base, name="hostile")
        outcome, why = "converted", ""
    except Exception as error:
        outcome = "refused" if isinstance(error, AnsibleFilterError) else type(error).__name__
        why = str(error)
    watching[0] = False
    took = time.process_time() - began
    peak = int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])
    print(json.dumps([name, outcome, why[:300], len(why), took, (peak - before) // 1024, seen]))
    sys.stdout.flush()
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with links that lead out of it."""
    top = tmp_path_factory.mktemp("hostile")
    (top / "outside").mkdir()
    (top / "outside/secret.env").write_text("A=secret\n")
    (top / "outside/c.yml").write_text("services: {x: {image: c/d}}\n")
    inside = top / "base"
    inside.mkdir()
    (inside / "link.env").symlink_to("../outside/secret.env")
    (inside / "out").symlink_to("../outside")
    (inside / "me.yml").write_text("include: [me.yml]\nservices: {a: {image: a/b}}\n")
    (inside / "compose.yml").write_text(SERVICE % "extends: {file: compose.yml, service: web}")
    os.mkfifo(inside / "pipe")
    return inside


@pytest.fixture(scope="module")
def outcomes(base: pathlib.Path) -> dict[str, list[t.Any]]:
    """What became of each case, in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(base)],
        input=json.dumps({name: text for name, (text, _outcome) in CASES.items()}),
        env={**os.environ, "PYTHONPATH": f"{ROOT / '.cache/collections'}:{ROOT}"},
        cwd=base,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: rest for name, *rest in rows}


def test_it_ends_in_an_app_or_a_clear_refusal(outcomes: dict[str, list[t.Any]]) -> None:
    assert outcomes.keys() == CASES.keys()
    wrong = {}
    for name, (_text, wanted) in CASES.items():
        outcome, why, length, *_rest = outcomes[name]
        clear = outcome == "refused" and why.startswith("from_compose: ")
        if length > 100_000 or not (clear or (outcome == "converted" and wanted != "refused")):
            wrong[name] = (outcome, why, length)
    assert not wrong


def test_it_ends_at_once_and_takes_little_memory(outcomes: dict[str, list[t.Any]]) -> None:
    slow = {
        name: (round(took, 1), megabytes)
        for name, (_outcome, _why, _length, took, megabytes, _seen) in outcomes.items()
        if took > SECONDS or megabytes > MEGABYTES
    }
    assert not slow


def test_nothing_is_run_and_nothing_outside_is_read(
    outcomes: dict[str, list[t.Any]], base: pathlib.Path
) -> None:
    inside = (str(base), str(ROOT), os.path.dirname(os.__file__), sys.prefix)

    def is_inside(path: str) -> bool:
        return path.startswith(inside) or path.isdigit()  # a number is a file that is open

    touched = {
        name: [
            (event, path)
            for event, path in seen
            if event not in READS or not is_inside(path) or "secret.env" in path
        ]
        for name, (*_rest, seen) in outcomes.items()
    }
    assert not {name: events for name, events in touched.items() if events}
    assert not (base / "PWNED").exists()
