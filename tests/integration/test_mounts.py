"""Nothing that a container wrote becomes a unit: the host itself says what is loaded.

Each way to give a container a path, in each spelling, to each directory, is refused before
anything is written.  What is not refused runs, and tries.
"""

from __future__ import annotations

import itertools
import json
import re
import typing as t

import pytest

from tests.integration.support.apps import App, Scope, container
from tests.unit.support import mount_spellings as mounts
from tests.unit.support.mount_spellings import Built, Way

SERVICE = "(echo [Service]; echo ExecStart=/bin/true) >$d/NAME-evil.service"
QUADLET = "(echo [Container]; echo Image=x) >$d/NAME-evil.container"
WRITE = f"for d in /x /x/*; do {SERVICE}; {QUADLET}; done 2>/dev/null; true"
STAY = "; trap 'exit 0' TERM; sleep infinity & wait"
BED = "/srv/mounts"


def _fill(text: str, scope: Scope, name: str, app: str, write: str = WRITE) -> str:
    uid = "0" if scope.name == "system" else "1000"
    filled = text.replace("WRITE", write).replace("UNITDIR", scope.unit_dir).replace("APP", app)
    return filled.replace("HOME", f"/home/{scope.name}").replace("UID", uid).replace("NAME", name)


def _evil(scope: Scope) -> set[str]:
    """What containers have written and the manager has loaded, after a reload."""
    scope.systemctl("daemon-reload")
    found = [
        scope.host.try_ssh(scope.command(f"systemctl {scope.flags} {words} --plain '*-evil.*'"))
        for words in ("list-unit-files --no-legend", "list-units --all --no-legend")
    ]
    shown = "\n".join(ran.stdout for ran in found)
    names = {line.split()[0] for line in shown.splitlines() if line.strip()}
    return {name for name in names if scope.show(name, "LoadState") == "loaded"}


def _folders(scope: Scope) -> list[str]:
    named = mounts.SYSTEM_FOLDERS if scope.name == "system" else mounts.USER_FOLDERS
    return [_fill(folder, scope, "", "") for folder in named]


def _specifiers(scope: Scope) -> dict[str, str]:
    named = mounts.SYSTEM_SPECIFIERS if scope.name == "system" else mounts.USER_SPECIFIERS
    return {letter: _fill(value, scope, "", "") for letter, value in named.items()}


def _product(scope: Scope) -> list[tuple[Way, str]]:
    """Each way with each spelling, for directories in turn; each way to each directory."""
    specifiers = _specifiers(scope)
    rows = []
    turn = 0
    for way in mounts.WAYS:
        folders = mounts.folders_for(way, _folders(scope))
        for number in range(len(mounts.spellings("/etc/x", way, specifiers))):
            written = mounts.spellings(folders[turn % len(folders)], way, specifiers)
            rows.append((way, written[number % len(written)]))
            turn += 1
    return rows


def _read_by_systemd(scope: Scope) -> list[str]:
    """The directories that the host's own systemd says it reads."""
    shown = scope.systemctl("show --value -pUnitPath").split()
    for line in scope.ssh("systemd-path").splitlines():
        name, _colon, value = line.partition(": ")
        if name.startswith("systemd-") or name in ("tmpfiles", "sysusers", "sysctl", "binfmt"):
            shown += value.split(":")
    assert len(shown) > 30
    return list(dict.fromkeys(shown))


HOST_WAYS = ("volume", "mount", "args-v", "device", "kube", "variable")


@pytest.fixture
def bed(scope: Scope) -> t.Iterator[list[str]]:
    """Paths that lead into directories of units only by the host's links and mounts."""
    host, unit_dir = scope.host, scope.unit_dir
    scope.ssh(f"mkdir -p {unit_dir}/escape {scope.systemd_dir}")
    host.ssh(
        f"mkdir -p {BED}/bound {BED}/above {BED}/src && chown -R {scope.owner} {BED} && "
        f"ln -s {unit_dir} {BED}/link && ln -s link/escape {BED}/second && "
        f"mount --bind {scope.systemd_dir} {BED}/bound && "
        f"mount --bind {unit_dir.removesuffix('/systemd')} {BED}/above && "
        f"cp /dev/null {BED}/src/linked.container && ln -s {BED}/src {unit_dir}/linked"
    )
    yield [
        f"{BED}/{path}"
        for path in ("link", "link/escape", "second", "bound", "above", "above/systemd", "src")
    ]
    host.ssh(
        f"umount {BED}/bound {BED}/above; rm -rf {BED} {unit_dir}/escape {unit_dir}/linked; "
        f"rm -f {scope.systemd_dir}/*-evil.* {unit_dir}/*-evil.*"
    )
    scope.systemctl("daemon-reload")


def test_each_way_to_each_directory_is_refused(scope: Scope, bed: list[str]) -> None:
    rows = _product(scope)
    rows += [(way, path) for way in mounts.WAYS if way.id in HOST_WAYS for path in bed]
    rows += [(way, path) for way in mounts.WAYS[:1] for path in _read_by_systemd(scope)]
    assert len(rows) >= 300
    units, files = {}, {}
    for number, (way, path) in enumerate(rows):
        built = way.build(path)
        for texts, into in ((built.units, units), (built.files, files)):
            into.update(
                {
                    _fill(k, scope, f"m{number}", "ways"): _fill(v, scope, f"m{number}", "ways")
                    for k, v in texts.items()
                }
            )
    before = scope.loaded_at()
    result = scope.call("validate", name="ways", units=units, files=files)
    assert result.failed
    refused = {
        match.group(1)
        for error in result["errors"]
        if error["rule"] == "writable-mount"
        for match in [re.match(r"(m\d+)[-@.]", error["where"])]
        if match
    }
    missed = [(way.id, path) for n, (way, path) in enumerate(rows) if f"m{n}" not in refused]
    assert missed == []
    assert scope.loaded_at() == before


def _running(way: Way, path: str) -> Built:
    """What it takes for a container to run that has the path."""
    built = way.build(path)
    units = dict(built.units)
    user = f'[Container]\nImage={mounts.IMAGE}\nExec=sh -c "WRITE"\n'
    if "NAME.volume" in units:
        units["NAME-user.container"] = f"{user}Volume=NAME.volume:/x\n"
    if "NAME.pod" in units:
        units["NAME-user.container"] = f"{user}Pod=NAME.pod\n"
    return built._replace(units=units)


REAL = (
    "volume",
    "mount-one",
    "mount-glob",
    "mount-csv",
    "mount-volume-opt",
    "args-v-cluster",
    "args-volumes-from",
    "module",
    "pod-args",
    "device-ro",
    "device-drop-in",
    "kube-case",
    "kube-merge",
    "variable-word",
)


def test_the_danger_is_real(scope: Scope, bed: list[str]) -> None:
    """Without the judgement a container becomes a unit in each of these ways."""
    host, folder = scope.host, f"{scope.unit_dir}/danger"
    chosen = [way for way in mounts.WAYS if way.id in REAL]
    paths = itertools.cycle([bed[1], f"{scope.unit_dir}/escape", bed[3], scope.systemd_dir])
    first, then = [], []
    for number, way in enumerate(chosen):
        built = _running(way, next(paths))
        for path, text in {**built.units, **built.files}.items():
            name = _fill(path, scope, f"d{number}", "danger")
            host.write(
                f"{folder}/{name}", _fill(text, scope, f"d{number}", "danger"), owner=scope.owner
            )
            if "/" not in name and name.endswith((".container", ".kube")):
                service = f"{name.rpartition('.')[0]}.service"
                (first if "lender" in name else then).append(service)
    try:
        scope.systemctl("daemon-reload")
        scope.systemctl(f"start {' '.join(first)}")
        scope.host.try_ssh(scope.command(f"systemctl {scope.flags} start {' '.join(then)}"))
        written = f"ls {scope.unit_dir}/escape {scope.systemd_dir}"
        for number in range(len(chosen)):
            host.wait(f"{written} | grep -q '^d{number}-evil.service'")
        loaded = {name.partition("-")[0] for name in _evil(scope)}
        assert loaded == {f"d{number}" for number in range(len(chosen))}
    finally:
        made = "'d[0-9]*-volume.service' 'd[0-9]*-pod.service'"
        stop = f"systemctl {scope.flags} stop {' '.join([*first, *then])} {made}"
        scope.host.try_ssh(scope.command(stop))
        host.ssh(f"rm -rf {folder} {scope.unit_dir}/escape/* {scope.systemd_dir}/*-evil.*")
        scope.ssh(
            "sh -c 'podman volume ls -q | grep -e ^systemd-d -e -opt$ | xargs -r podman volume rm'"
        )
        scope.systemctl("daemon-reload")


def _accepted(scope: Scope) -> dict[str, str]:
    """Lines that give a container what can't become a unit."""
    data = f"{BED}/data"
    return {
        "ro": "Volume=UNITDIR:/x:ro",
        "overlay": "Volume=UNITDIR:/x:O",
        "mount": "Mount=type=bind,src=UNITDIR,dst=/x,ro",
        "args": f"PodmanArgs=-v {scope.systemd_dir}:/x:ro",
        "file": "Volume=./health.sh:/x",
        "absolute": "Volume=UNITDIR/APP/conf/a.conf:/x:z",
        "data": f"Volume={data}:/x",
        "deep": f"Volume={BED}/../mounts//data/:/x:U",
        "glob": f"Mount=type=glob,src={BED}/dat*,dst=/x",
        "named": "Volume=APP-store.volume:/x",
        "device": "Volume=APP-device.volume:/x",
        "borrowed": "PodmanArgs=--volumes-from systemd-APP-ro",
    }


def test_what_is_accepted_becomes_no_unit(app: App) -> None:
    scope = app.scope
    data = f"{BED}/data"
    scope.host.ssh(f"mkdir -p {data} && chown {scope.owner} {data}")
    script = f"{WRITE}; echo changed >/x{STAY}"
    units = {}
    for stem, line in _accepted(scope).items():
        text = container(line, exec_=f'sh -c "{script}"')
        units[stem] = _fill(text, scope, f"{app.name}-{stem}", app.name)
    units["borrowed"] += f"[Unit]\nRequires={app.service('ro')}\nAfter={app.service('ro')}\n"
    units["store.volume"] = "[Volume]\n"
    units["device.volume"] = f"[Volume]\nDevice={data}\nType=none\nOptions=bind\n"
    files = {"health.sh": "true\n", "conf/a.conf": "one\n"}
    try:
        app.deployed(units, files)
        assert all(map(app.runs, _accepted(scope)))
        written = set(scope.host.ssh(f"ls {data}").split())
        assert {
            f"{app.name}-{stem}-evil.container" for stem in ("data", "deep", "device")
        } <= written
        assert scope.host.read(app.path("health.sh")) == "changed\n"
        assert _evil(scope) == set()
    finally:
        app.run(state="absent").ok()
        names = json.dumps([f"systemd-{app.name}-{stem}" for stem in ("store", "device")])
        scope.ssh(f"podman volume rm {' '.join(json.loads(names))}")
        scope.host.ssh(f"rm -rf {BED}")


@pytest.mark.scope("alice")
def test_a_pods_yaml_is_judged_when_it_alone_changes(app: App) -> None:
    """Nothing keeps an app from being removed, wherever its paths lead by then."""
    scope, unit = app.scope, {"pod.kube": "[Kube]\nYaml=./pod.yaml\n"}
    text = mounts.POD.replace("WRITE", "sleep 100").replace("NAME", app.name)

    def files(path: str) -> dict[str, str]:
        return {"pod.yaml": f"{text}    - {{name: v, hostPath: {{path: {path}}}}}\n"}

    scope.ssh("sh -c 'rm -rf /home/alice/data; mkdir -p /home/alice/data'")
    try:
        app.deployed(unit, files("/home/alice/data"), state="present")
        message = app.deploy(unit, files(scope.systemd_dir), state="present").refused()
        assert f"lets a container write into {scope.systemd_dir.rpartition('/')[0]}" in message
        assert not app.deployed(unit, files("/home/alice/data"), state="present").changed

        scope.ssh(f"sh -c 'rm -r /home/alice/data && ln -s {scope.unit_dir} /home/alice/data'")
        assert not app.deployed(unit, files("/home/alice/data"), state="present").changed
        unit["pod.kube"] += "PodmanArgs=--quiet\n"
        message = app.deploy(unit, files("/home/alice/data"), state="present").refused()
        assert "where /home/alice/data leads on the host" in message
        app.run(state="absent").ok()
        assert not app.host.exists(app.path())
    finally:
        scope.ssh("rm -rf /home/alice/data")


@pytest.mark.scope("alice")
def test_what_is_above_can_be_silenced_and_returned_to(app: App) -> None:
    units = {"web": container("Volume=%h:/home")}
    message = app.deploy(units, state="present").refused()
    own = "/root/.config/containers/systemd" if app.scope.name == "system" else app.scope.unit_dir
    assert f"{own.partition('/.config')[0]} has {own} in it" in message
    app.deployed(units, state="present", lint_ignore=["unit-directory-mount"])
    app.deployed({"web": container()}, state="present")
    app.run(state="rolled_back").ok()
    assert "Volume=%h:/home" in app.host.read(app.path(app.unit("web")))
