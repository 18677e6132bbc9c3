"""No container gets a path to write from which it could become a unit."""

from __future__ import annotations

import random
import re
import typing as t

import pytest
import yaml

from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.facts import Facts
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.judge import (
    Fault,
    judge_mounts,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.mounts.yaml_subset import (
    parse_documents,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.keys import SECTIONS
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import (
    KINDS,
    is_unit,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import (
    Place,
    parse_units,
)
from tests.unit.support import mount_spellings as mounts
from tests.unit.support.mount_spellings import Built, Way
from tests.unit.support.share import pick
from tests.unit.support.together import together

UNITS = "/etc/containers/systemd"
HOME = "/home/svc"
HOME_UNITS = f"{HOME}/.config/containers/systemd"
SYSTEM = Place(f"{UNITS}/app", UNITS, "/root", frozenset())
USER = Place(f"{HOME_UNITS}/app", HOME_UNITS, HOME, frozenset())


def _fill(text: str, place: Place) -> str:
    filled = text.replace("HOME", HOME).replace("UNITDIR", place.unit_dir).replace("APP", "app")
    return filled.replace("UID", "1000").replace("NAME", "web").replace("WRITE", "true")


def _faults(built: Built, place: Place = SYSTEM, **facts: t.Any) -> list[Fault]:
    texts = {_fill(path, place): _fill(text, place) for path, text in built.units.items()}
    files = {_fill(path, place): _fill(text, place) for path, text in built.files.items()}
    units, errors = parse_units(texts)
    assert errors == []
    assert all(map(is_unit, units))
    facts = {"user": "svc", "uid": 1000, "files": files, "texts": files, "environment": {}, **facts}
    return list(judge_mounts(units, place._replace(facts=Facts(**facts)).ground).faults)


WAYS = mounts.WAYS[:: pick(long=1, usual=1, fast=5)]


def _product(way: Way, place: Place) -> t.Iterator[tuple[str, Built]]:
    user = place is USER
    specifiers = mounts.USER_SPECIFIERS if user else mounts.SYSTEM_SPECIFIERS
    values = {letter: _fill(value, place) for letter, value in specifiers.items()}
    folders = mounts.USER_FOLDERS if user else mounts.SYSTEM_FOLDERS
    for folder in mounts.folders_for(way, folders):
        for path in mounts.spellings(_fill(folder, place), way, values):
            yield path, way.build(path)


@pytest.mark.parametrize("place", [SYSTEM, USER], ids=["system", "user"])
@together("way", WAYS, ids=lambda way: way.id)
def test_every_way_to_every_directory_is_refused(way: Way, place: Place) -> None:
    missed = []
    tried = 0
    for path, built in _product(way, place):
        tried += 1
        if all(fault.silenceable for fault in _faults(built, place)):
            missed.append(path)
    assert missed == []
    assert tried > 90


NO_MOUNT = {
    "AddDevice": "a device, not a directory",
    "AuthFile": "read",
    "CertDir": "read",
    "ConfigMap": "read",
    "DecryptionKey": "read",
    "EnvironmentFile": "read",
    "File": "read",
    "IgnoreFile": "read",
    "Mask": "a path in the container",
    "SeccompProfile": "read",
    "SetWorkingDirectory": "the context of a build is read",
    "Tmpfs": "nothing of the host",
    "Unmask": "a path in the container",
    "WorkingDir": "a path in the container",
    "Yaml": "its text gives paths",
}
VALUES = (
    "PATH",
    "PATH:/x",
    "type=bind,src=PATH,dst=/x",
    "-v PATH:/x",
    "path=PATH/x",
    "upperdir=PATH",
)


def test_every_key_that_takes_a_path_is_judged() -> None:
    judged, takes_path = set(), set()
    for section, keys in SECTIONS.items():
        for name, key in keys.items() if section.lower() in KINDS else ():
            if key.value in ("path", "mount", "volume"):
                takes_path.add(name)
            for value in VALUES:
                line = f"{name}={value.replace('PATH', '/etc/systemd/system')}"
                if _faults(_lines(line, suffix=section.lower())):
                    judged.add(name)
    assert takes_path - judged == set(NO_MOUNT)
    others = {"GlobalArgs", "HealthLogDestination", "LogOpt", "Options", "PodmanArgs"}
    assert judged - takes_path == others


HARMLESS_SYSTEM = (
    "/srv/data",
    "/var/lib/app",
    "/opt/etc/systemd",
    "/run/app",
    "/etc/app",
    "/srv/systemd",
)
HARMLESS_USER = (
    "HOME/data",
    "HOME/.config/app",
    "HOME/.local/share/containers",
    "/run/user/UID/app",
)


@pytest.mark.parametrize("place", [SYSTEM, USER], ids=["system", "user"])
@together("way", WAYS, ids=lambda way: way.id)
def test_other_directories_are_not_refused(way: Way, place: Place) -> None:
    specifiers = mounts.USER_SPECIFIERS if place is USER else mounts.SYSTEM_SPECIFIERS
    values = {letter: _fill(value, place) for letter, value in specifiers.items()}
    for folder in HARMLESS_USER if place is USER else HARMLESS_SYSTEM:
        for path in mounts.spellings(_fill(folder, place), way, values):
            assert _faults(way.build(path), place) == []


def _lines(*lines: str, suffix: str = "container") -> Built:
    section = suffix.capitalize()
    return Built({f"web.{suffix}": "\n".join([f"[{section}]", *lines, ""])}, {})


READ_ONLY = (
    "Volume=PATH:/x:ro",
    "Volume=PATH:/x:z,ro",
    "Volume=PATH:/x:O",
    "Volume=PATH",
    "Volume=name:/PATH",
    "Mount=type=bind,src=PATH,dst=/x,ro",
    "Mount=type=bind,src=PATH,dst=/x,readonly=TRUE",
    "Mount=type=bind,src=PATH,dst=/x,rw=false",
    "Mount=type=tmpfs,dst=PATH",
    "Mount=type=image,src=localhost/a,dst=PATH,rw=true",
    "PodmanArgs=-v PATH:/x:ro",
    "PodmanArgs=--mount type=bind,src=PATH,dst=/x,ro",
    "PodmanArgs=--workdir PATH --tmpfs PATH",
    "Rootfs=PATH:O",
    "Rootfs=PATH\nReadOnly=true",
    "Tmpfs=PATH",
    "WorkingDir=PATH",
    "EnvironmentFile=PATH/x",
    "Exec=ls PATH",
    "Secret=a,type=mount,target=PATH/a",
    "Volume=PATH:/x\nVolume=",
)


@together("line", READ_ONLY)
@together("path", ["/etc/systemd/system", UNITS, "/etc", f"{UNITS}/app"])
def test_what_a_container_can_not_write_is_fine(line: str, path: str) -> None:
    assert _faults(_lines(line.replace("PATH", path))) == []


@together(
    "path",
    [
        "/",
        "/etc",
        "/run",
        "/usr",
        "/usr/lib",
        "/var",
        "/var/lib",
        "/home",
        "/home/x",
        "/root",
        "/root/.config",
        "/usr/local/share",
        "/run/user",
        "/run/user/1000",
        "/lib",
        "/var/run",
    ],
)
@together("line", ["Volume=PATH:/x", "PodmanArgs=-v PATH:/x", "Rootfs=PATH"])
def test_what_is_above_can_be_silenced(path: str, line: str) -> None:
    (fault,) = _faults(_lines(line.replace("PATH", path)))
    assert fault.silenceable
    assert fault.verdict
    assert fault.verdict.above


@pytest.mark.parametrize("path", ["%h", "%E", "%h/.local", "%t", "/home", "/run/user", "/", "/run"])
def test_what_is_above_what_a_user_can_write(path: str) -> None:
    (fault,) = _faults(_lines(f"Volume={path}:/x"), USER)
    assert fault.silenceable


@pytest.mark.parametrize("path", ["/etc", "/usr", "/var", "/var/lib", "/usr/share"])
def test_a_user_can_not_write_what_is_roots(path: str) -> None:
    assert _faults(_lines(f"Volume={path}:/x"), USER) == []


PUBLISHED = """
/etc/localtime /dev /sys /lib/modules /var/log /etc/ssl/certs %h/.ssh %h/.config/app
%h/.local/share/x /srv /mnt /opt /home/u/Music %h/Documents /tmp/.X11-unix %t/pulse
/etc/letsencrypt /var/www /etc/hosts /etc/resolv.conf /proc /etc/machine-id /run/dbus %h/%N
/srv/%i /var/lib/%N %S/%N %C/%N %L/%N /etc/%N /run/systemd/journal /run/systemd/resolve
/var/log/journal /run/podman /var/cache ${DATA}/x ${DATA} %t/containers/auth.json
/run/containers/0/auth.json %h/.local/share/containers /boot /var/spool/cups
/etc/containers/registries.conf /usr/share/zoneinfo /usr/local/bin /etc/samba %t/%N %E/%N
"""


@together("place", [SYSTEM, USER], ids=["system", "user"])
@together("path", PUBLISHED.split())
def test_what_people_publish_is_fine(path: str, place: Place) -> None:
    assert _faults(_lines(f"Volume={path}:/x"), place, environment=None) == []


FILES = {
    "health.sh": "",
    "conf/a.conf": "",
    "conf.d/x.conf": "",
    "x.service": "",
    "x.container.txt": "",
}


@together(
    "line",
    [
        "Volume=./PATH:/x",
        "Volume=UNITDIR/app/PATH:/x",
        "Mount=type=bind,src=./PATH,dst=/x",
        "PodmanArgs=-v UNITDIR/app/PATH:/x:z",
    ],
)
@together("path", ["health.sh", "conf/a.conf", "conf/../health.sh", "x.container.txt"])
def test_a_file_that_is_no_unit_can_be_written(line: str, path: str) -> None:
    built = _lines(line.replace("PATH", path).replace("UNITDIR", UNITS))
    assert _faults(built, files=FILES, texts={}) == []


@pytest.mark.parametrize(
    "path",
    [
        ".",
        "conf",
        "web.container",
        "web.container.d/x.conf",
        "container.d/x.conf",
        "new.sh",
        ".fleet.d/new/1",
        "../other/web.container",
        "../other/x",
        "sub/x.kube/y",
    ],
)
def test_anything_else_beside_units_can_not(path: str) -> None:
    built = _lines(f"Volume=./{path}:/x")
    faults = _faults(built, files={**FILES, ".fleet.d/new/1": ""}, texts={})
    assert [fault.silenceable for fault in faults] == [False]


STEERING = {
    "a script": (
        "[Container]\nVolume=./health.sh:/x\n[Service]\nExecStartPre=-UNITDIR/app/health.sh\n"
    ),
    "an argument": (
        "[Container]\nVolume=./health.sh:/x\n[Service]\nExecStop=sh UNITDIR/app//health.sh\n"
    ),
    "variables": (
        "[Container]\nVolume=./health.sh:/x\n[Service]\nEnvironmentFile=UNITDIR/app/health.sh\n"
    ),
    "settings": (
        "[Container]\nVolume=./health.sh:/x\nContainersConfModule=UNITDIR/app/health.sh\n"
    ),
}


@pytest.mark.parametrize("text", STEERING.values(), ids=STEERING)
def test_a_file_that_says_what_a_unit_runs_can_not(text: str) -> None:
    built = Built({"web.container": text.replace("UNITDIR", UNITS)}, {})
    (fault,) = _faults(built, files=FILES, texts={})
    assert not fault.silenceable


def test_a_pod_can_not_write_its_yaml() -> None:
    units = {
        "a.kube": "[Kube]\nYaml=./conf/a.conf\n",
        "b.container": "[Container]\nVolume=./conf/a.conf:/x\n",
    }
    (fault,) = _faults(Built(units, {}), files=FILES, texts={})
    assert fault.unit == "b.container"


def test_a_file_of_another_app_by_the_hosts_word() -> None:
    built = _lines(f"Volume={UNITS}/other/health.sh:/x", f"Volume={UNITS}/other/o.container:/y")
    regular = frozenset({f"{UNITS}/other/health.sh", f"{UNITS}/other/o.container"})
    (fault,) = _faults(built, regular=regular)
    assert fault.path.endswith("o.container")


NAMES = {
    "a link": ("/srv/link", ["/etc/systemd/system"], False),
    "a link to what is above": ("/srv/link", ["/etc"], True),
    "a bind mount": ("/srv/b/x", ["/srv/b/x", "/etc/containers/systemd/x"], False),
    "elsewhere": ("/srv/link", ["/opt/data"], None),
}


@pytest.mark.parametrize(("path", "names", "silenceable"), NAMES.values(), ids=NAMES)
def test_other_names_on_the_host_count(
    path: str, names: list[str], silenceable: bool | None
) -> None:
    faults = _faults(_lines(f"Volume={path}:/x"), names={path: names})
    assert [f.silenceable for f in faults] == ([] if silenceable is None else [silenceable])


GLOBS = {
    "*": ("/etc/cron.*", False),
    "?": ("/etc/cro?.d", False),
    "brackets": ("/etc/[a-d]ron.d", False),
    "backslash": (r"/etc/cr\\on.d", False),
    "in the middle": ("/e*/*.d", False),
    "below": ("/etc/systemd/*", False),
    "above": ("/*", True),
    "beside": ("/etc/cronies*", None),
    "elsewhere": ("/srv/*", None),
}


@pytest.mark.parametrize(("pattern", "silenceable"), GLOBS.values(), ids=GLOBS)
def test_patterns(pattern: str, silenceable: bool | None) -> None:
    faults = _faults(_lines(f"Mount=type=glob,src={pattern},dst=/x"))
    assert [f.silenceable for f in faults] == ([] if silenceable is None else [silenceable])
    (plain,) = _lines(f"Volume={pattern}:/x").units.values()
    assert _faults(Built({"web.container": plain}, {})) == [] or "systemd/" in pattern


LINKED = {
    "the target": ("/opt/src", False),
    "in it": ("/opt/src/deep", False),
    "above it": ("/opt", True),
    "beside it": ("/opt/srv", None),
}


@pytest.mark.parametrize(("path", "silenceable"), LINKED.values(), ids=LINKED)
def test_where_links_in_unit_directories_lead(path: str, silenceable: bool | None) -> None:
    faults = _faults(_lines(f"Volume={path}:/x"), linked=("/opt/src",))
    assert [f.silenceable for f in faults] == ([] if silenceable is None else [silenceable])


UNSURE = {
    "any instance": ("web@.container", "Volume=/etc/%i/x:/x", True),
    "an instance deeper": ("web@.container", "Volume=/etc/systemd/%i:/x", False),
    "an instance as a part": ("web@.container", "Volume=/etc/app-%i:/x", None),
    "an instance at home": ("web@.container", "Volume=/srv/%i:/x", None),
    "an unescaped instance": ("web@.container", "Volume=/etc/%I:/x", True),
    "an unescaped instance elsewhere": ("web@.container", "Volume=/srv/%I:/x", None),
    "a variable": ("web.container", "Volume=${X}:/x", None),
    "a variable before what is known": ("web.container", "Volume=${X}/systemd/system:/x", True),
    "a variable before another": ("web.container", "Volume=${X}/data/app:/x", None),
    "a variable behind": ("web.container", "Volume=/etc/${X}:/x", True),
    "a specifier that is new": ("web.container", "Volume=/etc/%Q/system:/x", True),
    "the path in the name": ("etc-systemd-system.container", "Volume=%f:/x", False),
    "the prefix in the name": ("etc-systemd-system.container", "Volume=/%P:/x", False),
    "the generated unit": ("web.container", "Volume=%Y:/x", False),
}


@pytest.mark.parametrize(("name", "line", "silenceable"), UNSURE.values(), ids=UNSURE)
def test_what_is_not_known_is_judged_by_the_rest(
    name: str, line: str, silenceable: bool | None
) -> None:
    faults = _faults(Built({name: f"[Container]\n{line}\n"}, {}), environment=None)
    assert [f.silenceable for f in faults] == ([] if silenceable is None else [silenceable])


def test_a_declared_instance_is_known() -> None:
    built = Built({"web@.container": "[Container]\nVolume=/%I:/x\n"}, {})
    assert _faults(built) == []
    place = SYSTEM._replace(others=frozenset({"web@etc-cron.d.container"}))
    assert [fault.silenceable for fault in _faults(built, place)] == [False]


def test_a_drop_in_of_an_instance() -> None:
    drop_in = "[Container]\nVolume=/etc/cron.d:/x\n"
    built = Built({"web@.container": "[Container]\n", "web@a.container.d/x.conf": drop_in}, {})
    (fault,) = _faults(built)
    assert fault.line[0] == "web@a.container.d/x.conf"


VARIABLES = {
    "unset": ("Volume=${X}/data:/x", "", {}, []),
    "unset before a unit directory": ("Volume=${X}/etc/cron.d:/x", "", {}, [False]),
    "of the manager": ("Volume=${X}:/x", "", {"X": "/etc/cron.d"}, [False]),
    "of a directory": (
        "Volume=${CONFIGURATION_DIRECTORY}:/x",
        "ConfigurationDirectory=cron.d",
        {},
        [False],
    ),
    "of another directory": ("Volume=${STATE_DIRECTORY}:/x", "StateDirectory=app", {}, []),
    "data": ("Volume=$${X}:/x", "", {"X": "/etc/cron.d"}, []),
    "without braces": ("Volume=/srv$X:/x", "", {"X": "/etc/cron.d"}, []),
    "relative to the working directory": (
        "Volume=${X}:/x",
        "WorkingDirectory=/etc",
        {"X": "./cron.d"},
        [False],
    ),
    "with a specifier": ("Volume=${D}:/x", "Environment=D=%E/cron.d", {}, [False]),
}


@pytest.mark.parametrize(
    ("line", "service", "known", "silenceable"), VARIABLES.values(), ids=VARIABLES
)
def test_variables(line: str, service: str, known: dict[str, str], silenceable: list[bool]) -> None:
    built = Built({"web.container": f"[Container]\n{line}\n[Service]\n{service}\n"}, {})
    assert [fault.silenceable for fault in _faults(built, environment=known)] == silenceable


PODS = {
    "read-only": ("readOnly: true", "/etc/cron.d", []),
    "a word that is no boolean": ("readOnly: 'true '", "/etc/cron.d", [False]),
    "a part of it": ("subPath: cron.d", "/etc", [False]),
    "another part": ("subPath: app", "/etc", []),
    "above": ("subPath: .", "/etc", [True]),
    "relative": ("subPath: .", "etc/cron.d", [False]),
    "relative to nothing of ours": ("subPath: .", "./data", []),
}


@pytest.mark.parametrize(("mount", "path", "silenceable"), PODS.values(), ids=PODS)
def test_volumes_of_pods(mount: str, path: str, silenceable: list[bool]) -> None:
    text = mounts.POD.replace("mountPath: /x", f"mountPath: /x\n          {mount}")
    text += f"    - name: v\n      hostPath: {{path: {path}}}\n"
    built = Built({"web.kube": "[Kube]\nYaml=web.yaml\n"}, {"web.yaml": text})
    assert [fault.silenceable for fault in _faults(built)] == silenceable


SETTINGS = {
    "a volume": ('volumes = ["/srv:/s", "/etc/cron.d:/x"]', True),
    "escaped": ('volumes = ["\\u002fetc/cron.d:/x"]', True),
    "literal": ("volumes = ['/etc/cron.d:/x:rw']", True),
    "a mount": ('mounts = ["type=bind,src=/etc/cron.d,dst=/x"]', True),
    "storage": ('graphroot = "/etc/containers/systemd/g"', True),
    "read-only": ('volumes = ["/etc/cron.d:/x:ro"]', False),
    "a program": ('conmon_path = ["/usr/libexec/podman/conmon"]', False),
}


@together(("text", "refused"), SETTINGS.values(), ids=SETTINGS)
@together(
    "line",
    [
        "ContainersConfModule=/srv/a.conf",
        "[Service]\nEnvironment=CONTAINERS_CONF_OVERRIDE=/srv/a.conf",
    ],
)
def test_settings_of_podman(line: str, text: str, refused: bool) -> None:
    faults = _faults(_lines(line), texts={"/srv/a.conf": f"[containers]\n{text}\n"})
    assert [fault.silenceable for fault in faults] == [False] * refused


def test_two_dots_behind_a_link() -> None:
    built = _lines("Volume=/srv/link/../cron.d:/x")
    assert _faults(built, names={"/srv/cron.d": []}) == []
    (fault,) = _faults(built, names={"/srv/link/../cron.d": ["/etc/cron.d"]})
    assert not fault.silenceable


@pytest.mark.parametrize("where", ["yaml", "unit"])
def test_volumes_of_pods_relative_to_the_app(where: str) -> None:
    text = f"{mounts.POD}    - name: v\n      hostPath: {{path: data}}\n"
    unit = f"[Kube]\nYaml=web.yaml\nSetWorkingDirectory={where}\n"
    (fault,) = _faults(Built({"web.kube": unit}, {"web.yaml": text}))
    assert fault.path == f"{UNITS}/app/data"


def test_yaml_that_can_not_be_read_can_be_silenced() -> None:
    text = "? hostPath\n: {path: /srv}\n"
    (fault,) = _faults(Built({"web.kube": "[Kube]\nYaml=web.yaml\n"}, {"web.yaml": text}))
    assert fault.silenceable
    harmless = "? a\n: b\n"
    assert _faults(Built({"web.kube": "[Kube]\nYaml=web.yaml\n"}, {"web.yaml": harmless})) == []


LINES = {
    "a value in the next line": (["PodmanArgs=-v", "PodmanArgs=/etc/cron.d:/x"], ""),
    "behind another": (["PodmanArgs=--cpus=1 --volume", "PodmanArgs=/etc/cron.d:/x -i"], ""),
    "a mount in the next line": (
        ["PodmanArgs=--mount", "PodmanArgs=type=bind,src=/etc/cron.d,dst=/x"],
        "",
    ),
    "the image as the root": (["PodmanArgs=-i --rootfs", "Image=/etc/cron.d"], ""),
    "a script": ([], 'ExecStartPre=sh -c "true; podman run -v /etc/cron.d:/x a"'),
    "behind another command": (
        [],
        "ExecStartPre=true ; podman run -v /etc/cron.d:/x a",
    ),
    "settings in a file of variables": ([], "EnvironmentFile=/srv/a.env"),
    "the working directory": (["PodmanArgs=-v ./cron.d:/x"], "WorkingDirectory=-/etc"),
}


@pytest.mark.parametrize(("lines", "service"), LINES.values(), ids=LINES)
def test_lines_that_belong_together(lines: list[str], service: str) -> None:
    texts = {
        "/srv/a.env": "CONTAINERS_CONF=/srv/a.conf\n",
        "/srv/a.conf": 'volumes = ["/etc/cron.d:/x"]\n',
    }
    faults = _faults(_lines(*lines, "[Service]", service), texts=texts)
    assert [fault.silenceable for fault in faults] == [False]


@pytest.mark.parametrize("where", ["unit", ".", "file", "./sub", f"{UNITS}/app"])
def test_a_build_in_the_directory_of_the_app(where: str) -> None:
    built = _lines(
        "File=./Containerfile",
        f"SetWorkingDirectory={where}",
        "PodmanArgs=-v ./x:/x",
        suffix="build",
    )
    assert [fault.silenceable for fault in _faults(built)] == [False]


def test_the_default_instance_is_known() -> None:
    text = "[Container]\nVolume=/%I:/x\n[Install]\nDefaultInstance=etc-cron.d\n"
    assert [fault.silenceable for fault in _faults(Built({"web@.container": text}, {}))] == [False]


def test_container_names_that_others_borrow_from() -> None:
    lender = "[Container]\nVolume=./conf:/x:ro\n"
    for name, args, refused in (
        ("systemd-a", ":z", True),
        ("systemd-a", ":rw", True),
        ("systemd-a", "", False),
        ("systemd-a", ":ro,z", False),
        ("other", ":rw", False),
    ):
        user = f"[Container]\nPodmanArgs=--volumes-from={name}{args}\n"
        faults = _faults(Built({"a.container": lender, "b.container": user}, {}))
        assert [fault.unit for fault in faults] == (["b.container"] if refused else [])


YAML = (
    "a: 1\nb:\n- x\n- y: z\n  w: v\n",
    "- - a\n  - b\n- c\n",
    "a: [1, {b: c, d: [e]}, 'it''s', \"q\\x41\\n\"]\n",
    "a: {b: c,\n  d: e}\n# comment\nf: g # more\n",
    "a: |-\n  x\n  y\nb: >-\n  one\n  two\nc: end\n",
    "a: &x {b: c}\nd: *x\ne:\n  <<: *x\n  f: g\n",
    "a: &x\n  b: c\nl:\n- <<: *x\n  n: m\n- *x\n",
    "'a b': \"c: d\"\n\"e\": 'f # g'\n",
    "a: plain text\n  goes on\nb: c\n",
    'a: "one\n  two"\nb: !!str x\n',
    "--- # first\na: b\n---\nc: d\n...\n",
    "a:\n\n  # c\n  b:\n    - {x: y}\n    -\n      z: q\n",
    '{"a": {"b": ["c", "d"]}, "e":"f"}',
    "a:\nb: ~x\n",
    "- &k name: x\n  *k : y\n",
)


class _Strings(yaml.SafeLoader):
    """Scalars are strings; merges are carried out."""

    yaml_implicit_resolvers: t.ClassVar = {"<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))]}


def _expected(text: str) -> list[t.Any]:
    documents = yaml.load_all(text, _Strings)
    return [node for node in documents if node not in (None, "")]


@pytest.mark.parametrize("text", YAML)
def test_yaml_is_read_as_by_the_library(text: str) -> None:
    found = parse_documents(text)
    assert found is not None
    assert [_strings(node) for node in found if node is not None] == _expected(text)


def _strings(node: t.Any) -> t.Any:
    """What is nothing is an empty string, as the library has it."""
    if isinstance(node, dict):
        return {key: _strings(value) for key, value in node.items()}
    return [_strings(item) for item in node] if isinstance(node, list) else node or ""


_SCALARS = ("a", "x y", "/etc/x", "it's", 'q"q', "a: b", "# c", "- d", "*e", "&f", "[g", "1", "")


def _random_node(source: random.Random, depth: int) -> t.Any:
    kind = source.choice("sml") if depth else "s"
    if kind == "s":
        return source.choice(_SCALARS)
    nodes = [_random_node(source, depth - 1) for _n in range(source.randint(1, 3))]
    return nodes if kind == "l" else {source.choice(_SCALARS[:-1]): node for node in nodes}


@together("flow", [True, False, None])
@together("indent", [2, 4])
def test_what_the_library_writes_is_read(flow: bool | None, indent: int) -> None:
    source = random.Random(f"{flow} {indent}")
    for _n in range(150):
        data = {"top": _random_node(source, 4)}
        text = yaml.safe_dump(data, default_flow_style=flow, indent=indent, width=30)
        (found,) = parse_documents(text) or [None]
        assert _strings(found) == data, text
