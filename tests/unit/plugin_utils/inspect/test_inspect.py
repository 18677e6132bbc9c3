"""Inspect output becomes a model: every field is known, nothing is lost, and the generators make
the commands that had made the containers.
"""

from __future__ import annotations

import collections
import copy
import functools
import itertools
import json
import pathlib
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Model, Options
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.write import write_app
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.fields import (
    _fields,
    is_empty,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.read import read_inspect
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.table import TABLE
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.read import RunOptions, read_run
from tests.unit.support import docker_inspect as docker
from tests.unit.support.containers import recorded
from tests.unit.support.conversion_words import plain_words, run_words
from tests.unit.support.docker_recorded import CONTAINERS, docker_engine
from tests.unit.support.generators import Generator
from tests.unit.support.podman_words import Meaning, differences

Rows = list[dict[str, t.Any]]
_ALL = [
    *recorded("inspect").values(),
    *recorded("inspect", "6.1").values(),
    *recorded("docker").values(),
    *recorded("docker", "6.1").values(),
    *docker.ALL,
    *(shown for key, shown in docker_engine().items() if key.startswith("container ")),
]
_IMAGES = list(recorded("images").values())
_AROUND = [*_IMAGES, *recorded("pods").values(), recorded("inspect")["plain"]]


def read(*objects: t.Any, name: str = "", **options: t.Any) -> tuple[dict[str, t.Any], Rows]:
    """(units as texts, report) of objects."""
    report, made = Report(), Options(**{"secrets": "keep", **options})
    model = read_inspect([("shown.json", json.dumps(objects))], report, name=name)
    app = write_app(model, report, made)
    texts = {
        path: unit if isinstance(unit, str) else render_unit(path, unit)
        for path, unit in app["units"].items()
    }
    return texts, report.items()


def model_of(*objects: t.Any) -> Model:
    """The model of objects."""
    return read_inspect([("shown.json", json.dumps(objects))], Report())


def told(rows: Rows, path: str) -> Rows:
    """The remarks on what ends with a path."""
    return [row for row in rows if row["path"].endswith(path)]


def without_command(shown: dict[str, t.Any]) -> dict[str, t.Any]:
    """The same as an interface had made it."""
    shown = copy.deepcopy(shown)
    shown["Config"].pop("CreateCommand", None)
    return shown


def test_every_field_of_recorded_containers_has_a_row() -> None:
    seen = {path for shown in _ALL for path, _value in _fields(shown, "", TABLE)}
    assert seen - set(TABLE) == set()
    assert len(seen) > 140


def test_a_field_without_a_row_is_dropped_by_its_path() -> None:
    shown = docker.container("web", HostConfig__Brand="new", Config__Empty={"a": ""})
    _texts, rows = read(shown)
    assert [(row["path"], row["outcome"]) for row in told(rows, "HostConfig.Brand")] == [
        ("web: HostConfig.Brand", "dropped")
    ]
    assert told(rows, "Config.Empty") == []


def test_every_field_that_says_something_comes_out_or_is_told() -> None:
    """Each field of the table that is read, with a value that nobody else has, changes the units
    or is told in the report.
    """
    base_texts, base_rows = read(docker.container("web"), docker.IMAGE)
    known = {(row["path"], row["reason"]) for row in base_rows}
    silent = []
    for path, row in TABLE.items():
        section, _dot, field = path.partition(".")
        if row.read is None or not field:
            continue
        value = _SAMPLES.get(field, "xyz")
        shown = docker.container("web", **{f"{section}__{field}": value})
        texts, rows = read(shown, docker.IMAGE)
        news = {(row["path"], row["reason"]) for row in rows} - known
        if texts == base_texts and not news:
            silent.append(path)
    assert set(silent) == {
        "Config.sdNotifyMode",  # systemd is told in any case
        "HostConfig.AutoRemove",  # a service's container is removed in any case
        "HostConfig.CgroupnsMode",  # Docker's default depends on the kernel
    }


_SAMPLES: dict[str, t.Any] = {
    "AutoRemove": True,
    "AutoRemoveImage": True,
    "Annotations": {"a": "b"},
    "BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 5}],
    "BlkioDeviceReadIOps": [{"Path": "/dev/sda", "Rate": 5}],
    "BlkioDeviceWriteBps": [{"Path": "/dev/sda", "Rate": 5}],
    "BlkioDeviceWriteIOps": [{"Path": "/dev/sda", "Rate": 5}],
    "BlkioWeight": 300,
    "BlkioWeightDevice": [{"Path": "/dev/sda", "Weight": 5}],
    "CapAdd": ["NET_ADMIN"],
    "CapDrop": ["CHOWN"],
    "CgroupConf": {"memory.high": "1"},
    "ChrootDirs": "/x",
    "Cmd": ["x"],
    "CpuPeriod": 7,
    "CpuQuota": 7,
    "CpuRealtimePeriod": 7,
    "CpuRealtimeRuntime": 7,
    "CpuShares": 7,
    "DeviceCgroupRules": ["c 1:3 rwm"],
    "DeviceRequests": [{"Driver": "", "Count": 2, "Capabilities": [["gpu"]]}],
    "Devices": [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}],
    "DiskQuota": 5,
    "Dns": ["9.9.9.9"],
    "DnsOptions": ["ndots:2"],
    "DnsSearch": ["test"],
    "Entrypoint": ["x"],
    "Env": ["X=y"],
    "ExtraHosts": ["a:10.0.0.1"],
    "GroupAdd": ["7"],
    "Healthcheck": {"Test": ["CMD", "true"]},
    "HealthcheckMaxLogCount": 7,
    "HealthcheckMaxLogSize": 7,
    "IDMappings": {"UidMap": ["0:1:2"], "GidMap": ["0:1:2"]},
    "Init": True,
    "KernelMemory": 5,
    "KernelMemoryTCP": 5,
    "Labels": {"x": "y"},
    "Links": ["/db:/web/db"],
    "LogConfig": {"Type": "syslog", "Config": {}},
    "MaskedPaths": [],
    "Memory": 1000,
    "MemoryReservation": 1000,
    "MemorySwap": 1000,
    "MemorySwappiness": 7,
    "NanoCpus": 5,
    "NetworkDisabled": True,
    "OomKillDisable": True,
    "OomScoreAdj": 7,
    "OpenStdin": True,
    "Passwd": False,
    "PidsLimit": 7,
    "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
    "Privileged": True,
    "PublishAllPorts": True,
    "ReadonlyRootfs": True,
    "RestartPolicy": {"Name": "always"},
    "Secrets": [{"Name": "s", "UID": 5, "GID": 0, "Mode": 292}],
    "SecurityOpt": ["no-new-privileges"],
    "ShmSize": 5,
    "StartupHealthCheck": {"Test": ["CMD", "true"], "Successes": 2},
    "StopTimeout": 33,
    "StorageOpt": {"size": "1G"},
    "Sysctls": {"net.core.somaxconn": "1"},
    "Timeout": 7,
    "Tmpfs": {"/x": "size=1m"},
    "Tty": True,
    "UidMap": 1,
    "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
    "Umask": "0077",
    "VolumesFrom": ["db:ro"],
}

_NOT_SHOWN: dict[str, tuple[str, ...]] = {
    "devices": ("--cgroup-parent=", "--cgroupns=", "--device", "--sysctl="),
    "health-list": ("--health-",),
    "health-none": ("--no-healthcheck", "--health-cmd="),
    "limits": ("--memory-swap=",),
    "needs": ("--requires=",),
    "nets": ("network blue ",),
    "nginx": ("--expose=", "--pull="),
    "passed": ("--env=",),
    "secret": ("secret s2 ",),
}
"""What podman inspect does not show, or shows in another form that means the same."""


def _made(generator: Generator, texts: dict[str, str], folder: pathlib.Path) -> dict[str, Meaning]:
    """What the services ask for, by the container's name."""
    made = generator.make(texts, folder)
    assert "error" not in made.err.lower(), made.err
    commands = [
        plain_words(words)
        for service, data in made.services.items()
        for words in run_words(data.decode(), service)
    ]
    return {
        word.removeprefix("--name="): meaning
        for meaning in commands
        for word in meaning
        if word.startswith("--name=")
    }


@functools.cache
def _conversions() -> dict[str, dict[str, str]]:
    """The units of all recorded containers, by their commands and by their fields."""
    found: dict[str, dict[str, str]] = {"command": {}, "fields": {}}
    for shown in recorded("inspect").values():
        if shown["Config"].get("CreateCommand"):
            around = [one for one in _AROUND if one is not shown]
            found["command"].update(read(shown, *around, name="app")[0])
            found["fields"].update(read(without_command(shown), *around, name="app")[0])
    return found


def test_commands_are_those_that_made_the_containers(
    generator: Generator, tmp_path: pathlib.Path
) -> None:
    wrong = []
    made = {way: _made(generator, u, tmp_path / way) for way, u in _conversions().items()}
    cases = {n: s for n, s in recorded("inspect").items() if s["Config"].get("CreateCommand")}
    for (case, shown), way in itertools.product(cases.items(), made):
        asked = plain_words(shown["Config"]["CreateCommand"])
        hidden = _NOT_SHOWN.get(case, ()) if way == "fields" or case in ("passed", "needs") else ()
        missing, beside = differences(
            _without(asked, hidden), _without(made[way][shown["Name"]], hidden)
        )
        volumes = [word for word in beside if word.startswith("mount volume app_")]
        beside = [word for word in beside if word not in volumes]
        unnamed = case == "unnamed" and beside == [f"--name={shown['Name']}"]
        if missing or (beside and not unnamed) or (volumes and case != "image-volume"):
            wrong.append(f"{case} by {way}: missing {missing}, beside {beside} {volumes}")
    assert not wrong, "\n".join(wrong)
    assert len(cases) > 30


def _without(meaning: Meaning, hidden: tuple[str, ...]) -> Meaning:
    kept = {word: n for word, n in meaning.items() if not word.startswith(hidden or ("\0",))}
    return collections.Counter(kept)


def test_variables_that_were_passed_on_have_their_value() -> None:
    texts, _rows = read(recorded("inspect")["passed"])
    assert 'Environment="BAR=my test"' in texts["passed.container"]
    assert "Environment=FOO=abc" in texts["passed.container"]


def test_anonymous_volumes_get_units_and_their_data_is_told() -> None:
    for shown in (recorded("inspect")["mounts"], without_command(recorded("inspect")["mounts"])):
        texts, rows = read(shown)
        assert "mounts-anon.volume" in texts
        reasons = [row["reason"] for row in rows if row["rule"] == "anonymous-volume"]
        assert any("its data is in the anonymous volume" in reason for reason in reasons)
    texts, rows = read(recorded("inspect")["image-volume"])
    assert "Volume=image-volume-var-lib-postgresql-data.volume:" in texts["image-volume.container"]


def test_an_image_tells_its_defaults_apart() -> None:
    texts, rows = read(docker.container("web"), docker.IMAGE)
    lines = texts["web.container"].split("\n")
    assert not any(line.startswith(("Exec", "Env", "Label", "Entry", "StopS")) for line in lines)
    texts, rows = read(docker.container("web"))
    assert "Exec=nginx" in texts["web.container"]
    doubts = [row["path"] for row in rows if row["rule"] == "image-default"]
    assert doubts == [
        f"web: Config.{field}"
        for field in ("Env.V", "Cmd", "Entrypoint", "Labels.maintainer", "StopSignal")
    ]


def test_an_entrypoint_that_was_cleared() -> None:
    shown = docker.container("web", Config__Entrypoint=None, Config__Cmd=["sleep", "9"])
    container = model_of(shown, docker.IMAGE).containers[0]
    assert container.entrypoint
    assert container.entrypoint.value == ()
    assert container.command
    assert container.command.value == ("sleep", "9")


def test_forms_of_older_releases() -> None:
    """Before Podman 5: an entrypoint is one text, a stop signal a number; a pod is no list."""
    shown = without_command(recorded("inspect")["api-libpod"])
    shown["Config"]["Entrypoint"] = "/usr/bin/env -i"
    shown["Config"]["StopSignal"] = 15
    shown["ExitCommand"] = ["/usr/bin/podman", "container", "cleanup"]
    shown["NetworkSettings"]["Networks"] = None
    texts, rows = read(shown, *_IMAGES)
    lines = texts["api-libpod.container"].split("\n")
    assert 'Entrypoint=["/usr/bin/env", "-i"]' in lines
    assert not any(line.startswith("StopSignal") for line in lines)
    assert [row for row in rows if row["outcome"] == "dropped"] == []
    texts, _rows = read(docker.container("web", Config__Entrypoint="/entry.sh"), docker.IMAGE)
    assert "Entrypoint" not in texts["web.container"]


def test_files_of_variables_whose_directory_is_not_known() -> None:
    shown = copy.deepcopy(recorded("inspect")["plain"])
    shown["Config"]["CreateCommand"][2:2] = ["--env-file", "web.env", "--env-file=/etc/a.env"]
    shown["Config"]["Env"].append("FROM_FILE=a b")
    texts, rows = read(shown, *_IMAGES)
    lines = texts["plain.container"].split("\n")
    assert 'Environment="FROM_FILE=a b"' in lines
    assert "EnvironmentFile=/etc/a.env" in lines
    assert not any("web.env" in line or "PATH" in line for line in lines)
    assert [row["outcome"] for row in rows if row["path"].endswith("--env-file")] == ["moved"]


def test_relative_paths_are_those_that_the_engine_shows() -> None:
    shown = copy.deepcopy(recorded("inspect")["mounts"])
    shown["Config"]["CreateCommand"][4:4] = ["-v", "./w:/w"]
    shown["Mounts"].append({"Type": "bind", "Source": "/home/a/w", "Destination": "/w", "RW": True})
    assert "Volume=/home/a/w:/w" in read(shown)[0]["mounts.container"]


def test_a_container_of_compose_leads_to_its_file() -> None:
    _texts, rows = read(docker.BUSY, docker.IMAGE)
    (row,) = told(rows, "com.docker.compose")
    assert "/srv/shop/compose.yml in /srv/shop" in row["remedy"]


def test_aliases_are_those_that_were_asked_for() -> None:
    (container,) = model_of(docker.BUSY, docker.IMAGE).containers
    assert [(n.network, n.aliases, n.options) for n in container.networks] == [
        ("shop_default", ["web"], []),
        ("shop_back", ["web"], [("ip", "172.30.0.9")]),
    ]


def test_networks_and_volumes_keep_their_names() -> None:
    objects = (docker.BUSY, docker.IMAGE, docker.NETWORK, docker.VOLUME_OBJECT)
    texts, rows = read(*objects)
    assert "NetworkName=shop_default" in texts["shop_default.network"]
    assert "Subnet" not in texts["shop_default.network"]
    assert [row["outcome"] for row in told(rows, "IPAM[0]")] == ["approximated"]
    assert "VolumeName=shop_data" in texts["shop_data.volume"]
    assert [row["rule"] for row in told(rows, "Mounts./data")] == ["volume-data"]


def test_networks_as_podman_shows_them() -> None:
    networks = recorded("networks")
    for form in ("", "docker "):
        texts, _rows = read(
            recorded("inspect")["nets"], networks[f"{form}blue"], networks[f"{form}red"]
        )
        blue = texts["blue.network"].split("\n")
        assert "Subnet=10.91.0.0/24" in blue, texts["blue.network"]
        assert "Options=mtu=1400" in blue
        assert "Label=l=x" in blue
        assert "Internal=true" in texts["red.network"].split("\n")
        assert "Network=blue.network:" in texts["nets.container"]


def test_volumes_as_podman_shows_them() -> None:
    for form in ("", "docker "):
        texts, rows = read(recorded("inspect")["mounts"], recorded("volumes")[f"{form}other"])
        assert texts["other.volume"].split("\n")[:6] == [
            "[Volume]", "VolumeName=other", "Label=l=x", "Device=tmpfs", "Options=size=1m",
            "Type=tmpfs",
        ] or set(texts["other.volume"].split("\n")) >= {
            "VolumeName=other", "Label=l=x", "Device=tmpfs", "Options=size=1m", "Type=tmpfs"
        }  # fmt: skip
        assert [row for row in rows if row["outcome"] == "dropped"] == []


def test_pods_by_their_command_and_by_their_fields() -> None:
    members = [recorded("inspect")[name] for name in ("shop-web", "shop-db")]
    pod = copy.deepcopy(recorded("pods")["shop"])
    for command in (True, False):
        if not command:
            del pod["CreateCommand"]
        texts, rows = read(*members, pod)
        lines = texts["shop.pod"].split("\n")
        assert {"PodName=shop", "PublishPort=8081:80", "Network=blue.network"} <= set(lines)
        assert any("tier=web" in line for line in lines)
        assert "Pod=shop.pod" in texts["shop-web.container"]
        assert [row for row in rows if row["outcome"] in ("dropped", "refused")] == []


def test_a_member_without_its_pod_is_refused() -> None:
    _texts, rows = read(recorded("inspect")["shop-web"])
    assert [row["rule"] for row in rows if row["outcome"] == "refused"] == ["needs-inspect"]


def test_what_shares_with_a_container_that_is_not_given_is_refused() -> None:
    other = "container:" + "ab" * 32
    for field in ("NetworkMode", "PidMode", "IpcMode"):
        _texts, rows = read(docker.container("web", **{f"HostConfig__{field}": other}))
        refused = [row["rule"] for row in rows if row["outcome"] == "refused"]
        assert refused == ["shared-container"], field


def test_what_shares_with_a_given_container_joins_its_service() -> None:
    first = docker.container("db", Id="cd" * 32)
    mode = {"HostConfig__NetworkMode": "container:" + "cd" * 32}
    texts, _rows = read(first, docker.container("web", **mode), docker.IMAGE)
    assert "Network=db.container" in texts["web.container"]


def test_what_a_docker_engine_shows_means_the_line_that_made_it() -> None:
    shown = docker_engine()
    around = [row for key, row in shown.items() if not key.startswith(("container ", "version"))]
    apart = {
        "ports": {"PublishPort=9000-9001:9000-9001"}
        | {f"PublishPort={n}:{n}" for n in (9000, 9001)},
        "limits": {"ShmSize=32m", "ShmSize=33554432b"},
    }
    wrong = {}
    for name, line in CONTAINERS.items():
        texts, rows = read(shown[f"container {name}"], *around)
        report = Report()
        app = write_app(read_run(line, report, RunOptions()), report, Options(secrets="keep"))
        unit = f"{name}.container"
        expected = render_unit(unit, app["units"][unit])
        lines = collections.Counter(texts[unit].split("\n"))
        lines.subtract(expected.split("\n"))
        different = {line for line, count in lines.items() if count}
        if different != apart.get(name, set()):
            wrong[name] = different
        assert [row for row in rows if row["outcome"] == "refused"] == [], name
    assert wrong == {}


def test_an_image_that_is_only_an_id() -> None:
    shown = docker.container("web", Config__Image="sha256:" + "9c" * 32)
    _texts, rows = read(shown)
    assert [row["rule"] for row in rows if row["outcome"] == "refused"] == ["image-name"]
    texts, _rows = read(shown, docker.IMAGE)
    assert "Image=docker.io/library/nginx:1" in texts["web.container"]


HOSTILE: t.Final = (
    "",
    "[]",
    "null",
    "7",
    "[[[]]]",
    "{}",
    '{"a": 1}',
    "[" * 5000,
    '{"HostConfig": 1, "Config": 2, "State": 3}',
    '{"HostConfig": {}, "Config": {}, "State": {}}',
    '{"HostConfig": null, "Config": null, "State": null, "Mounts": 7}',
    json.dumps(docker.container("w\ue025b")),
    json.dumps(docker.container("web", Config__Env="text", HostConfig__Dns=7)),
    json.dumps(docker.container("web", Mounts=[7, None], HostConfig__PortBindings={"x": 7})),
    json.dumps(docker.container("web", HostConfig__Ulimits=[7], Config__Labels=["a"])),
    json.dumps(docker.container("web", NetworkSettings={"Networks": {"a": None, "b": 7}})),
    json.dumps(docker.container("../../x", Config__Image="a b\nc")),
    "not json",
    '{"a": NaN} trailing',
)


def test_hostile_texts_are_refused_or_read() -> None:
    for text in HOSTILE:
        report = Report()
        model = read_inspect([("shown.json", text)], report)
        app = write_app(model, report, Options())
        assert report.items() or app["units"], text[:60]
        assert report.refusals() or model.containers, text[:60]


def test_an_empty_value_says_nothing() -> None:
    assert [
        value for value in ("", None, 0, False, [], {}, {"a": {"b": 0}}) if not is_empty(value)
    ] == []
    assert not is_empty([0])
