"""Directories of bind mounts: made, corrected, refused, and what an undo does with them."""

from __future__ import annotations

import pytest

from tests.integration.support.apps import App, container
from tests.integration.support.hosts import IMAGE

BROKEN = "sh -c 'exit 3'"


def _top(app: App) -> str:
    home = "/srv" if app.scope.name == "system" else "/home/alice"
    return f"{home}/{app.name}"


def _stat(app: App, *paths: str) -> list[str]:
    """Mode and ids of each, as the host has them."""
    return app.host.ssh(f"stat -c '%a %u:%g' {' '.join(paths)}").splitlines()


def _ids(app: App, inside: int) -> str:
    if app.scope.name == "system":
        return f"{inside}:{inside}"
    return "1000:1000" if not inside else f"{99999 + inside}:{99999 + inside}"


def test_directories(app: App) -> None:
    top = _top(app)
    app.host.ssh(f"rm -rf {top}")
    spelled = top if app.scope.name == "system" else f"~/{app.name}"
    declared = {
        f"{spelled}/data": {"mode": "0700", "owner": 999, "group": 999},
        f"{spelled}/data/deep": {"mode": "2770", "owner": 999, "group": 999},
        f"{spelled}/own": {},
    }
    units = {"web": container(f"Volume={top}/data:/data:z", f"Volume={top}/own:/own:z", "User=999")}
    missing = app.deploy(units, arguments=["--check"]).refused()
    assert missing.count("does not exist on the host") == 2
    assert f"{app.unit('web')}:4 [Container] Volume" in missing
    assert f"directories: {{{top}/data: {{}}}}" in missing
    assert app.deploy(units).refused() == missing
    assert not app.host.exists(app.path())

    foreseen = app.deploy(units, arguments=["--check", "--diff"], directories=declared).ok()
    assert not app.host.exists(top)
    result = app.deployed(units, directories=declared)
    assert foreseen["plan"] == result["plan"]
    assert any(f"{top}/data" in entry["after_header"] for entry in foreseen["diff"])
    assert _stat(app, top, f"{top}/data", f"{top}/data/deep", f"{top}/own") == [
        f"755 {_ids(app, 0)}",
        f"700 {_ids(app, 999)}",
        f"2770 {_ids(app, 999)}",
        f"755 {_ids(app, 0)}",
    ]
    app.inside("web", "echo kept > /data/deep/kept")
    before = app.ids("web")
    assert not app.deployed(units, directories=declared).changed

    app.host.ssh(f"chmod 711 {top}/data && chown 0:0 {top}/data/deep")
    if app.scope.name != "system":  # no one but root could change what is root's
        refused = app.deploy(units, directories=declared).refused()
        assert "belongs to uid 0 and gid 0 of the host" in refused
        app.host.ssh(f"chown 1000:1000 {top}/data/deep")
    mended = app.deployed(units, directories=declared)
    assert set(mended.actions.values()) == {"directory"}
    assert mended.reasons(f"{top}/data") == "mode 0711 becomes 0700"
    assert mended.reasons(f"{top}/data/deep") == "owner 0:0 becomes 999:999"
    assert _stat(app, f"{top}/data") == [f"700 {_ids(app, 999)}"]
    assert app.ids("web") == before
    _check_undo(app, units, declared)
    _check_refusals(app, units)
    app.deployed(units)
    app.run(state="absent").ok()
    assert app.host.ssh(f"cat {top}/data/deep/kept") == "kept"
    app.host.ssh(f"rm -rf {top}")


def _check_undo(app: App, units: dict[str, str], declared: dict[str, dict[str, object]]) -> None:
    """What is new and empty goes, what was changed is as it was."""
    top = _top(app)
    bad = {**units, "bad": container(f"Volume={top}/a/b:/b:z", exec_=BROKEN)}
    more = {
        **declared,
        f"{top}/a/b": {"owner": 5},
        f"{top}/full": {},
        next(path for path in declared if path.endswith("/own")): {"mode": "0750", "owner": 7},
    }
    bad["bad"] = bad["bad"].replace("exit 3", "touch /f/x; exit 3")
    bad["bad"] = bad["bad"].replace("[Container]\n", f"[Container]\nVolume={top}/full:/f:z\n")
    failed = app.deploy(bad, directories=more, gate={"stable": 1})
    assert "did not start" in failed.refused()
    assert failed["rolled_back"] is True
    assert not app.host.exists(f"{top}/a")
    assert app.host.exists(f"{top}/full/x")
    assert _stat(app, f"{top}/own", f"{top}/data/deep") == [
        f"755 {_ids(app, 0)}",
        f"2770 {_ids(app, 999)}",
    ]


def _check_refusals(app: App, units: dict[str, str]) -> None:
    """Each with its reason, before anything is written."""
    top, scope = _top(app), app.scope
    who = "root" if scope.name == "system" else "bob"
    app.host.ssh(
        f"rm -rf {top}/x && mkdir {top}/x && cd {top}/x && echo f > file && mkfifo fifo && "
        f"mkdir -m 777 open mounted && ln -s /etc open/link && chown -h bob: open/link && "
        f"mkdir closed && chown {who}: closed && chmod 500 closed && "
        "mount -t tmpfs tmpfs mounted && chmod 0700 mounted"
    )
    cases: dict[str, tuple[dict[str, object], str]] = {
        f"{top}/x/file": ({}, "is a file"),
        f"{top}/x/file/below": ({}, "is a file"),
        f"{top}/x/fifo": ({}, "is a FIFO"),
        f"{top}/x/open/link": ({}, "a link that others can have placed"),
        f"{top}/x/open/link/below": ({}, "a link that others can have placed"),
        f"{top}/x/mounted": ({"mode": "0711"}, "something is mounted on it"),
        f"{scope.unit_dir}/x": ({}, "from which the host starts programs"),
        scope.unit_dir: ({}, "from which the host starts programs"),
        f"{scope.state_dir}/x": ({}, "from which the host starts programs"),
        "/etc/systemd/system/x": ({}, "from which the host starts programs"),
        "./x": ({}, "is no absolute path"),
        f"{top}/../x": ({}, "has .. in it"),
    }
    if scope.name != "system":
        cases[f"{top}/x/closed/new"] = ({}, "is closed to the scope's user")
        cases["/srv/new"] = ({}, "user alice can't make it")
        cases[f"{top}/x/big"] = ({"owner": 70000}, "is beyond the ids of user alice")
        cases[f"{top}/x/named"] = ({"owner": "postgres"}, "is a name, which says nothing")
        cases[f"{top}/x/mounted"] = ({"mode": "0711"}, "belongs to uid 0")
    before = app.host.ssh(f"cd {top} && find . | sort && stat -c '%n %a %u:%g' x/*")
    for arguments in ([], ["--check"]):
        early = {path: row for path, row in cases.items() if path[:1] == "." or ".." in path}
        for group in (early, {p: r for p, r in cases.items() if p not in early}):
            given = {path: options for path, (options, _words) in group.items()}
            refused = app.deploy(units, arguments=arguments, directories=given).refused()
            for path, (_options, words) in group.items():
                lines = [line for line in refused.splitlines() if f"directories {path}: " in line]
                assert lines, f"{path} is not refused: {refused}"
                assert words in lines[0], lines
    assert app.host.ssh(f"cd {top} && find . | sort && stat -c '%n %a %u:%g' x/*") == before
    app.host.ssh(f"umount {top}/x/mounted")


def _pod(top: str) -> tuple[str, list[str]]:
    """A pod with types of hostPath, at what is there and what is not; and what is wrong with it."""
    missing = "does not exist on the host"
    rows = {
        f"{top}/there": ("File", ""),  # Podman only checks that something is there
        "/dev/null": ("CharDevice", ""),
        f"{top}/made-by-podman": ("DirectoryOrCreate", ""),
        f"{top}/gone4": ("''", missing),
        f"{top}/gone5": ("Directory", missing),
        f"{top}/there/": ("Socket", "is no socket"),
        f"{top}/gone6/file": ("FileOrCreate", missing),
    }
    volumes = [
        f"  - {{name: v{n}, hostPath: {{path: {path}, type: {kind}}}}}"
        for n, (path, (kind, _why)) in enumerate(rows.items())
    ]
    head = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
    head += f"  containers: [{{name: c, image: '{IMAGE}'}}]\n  volumes:\n"
    paths = {path: path.removesuffix("/file").rstrip("/") for path in rows}
    wrong = [f"the hostPath {paths[path]} {why}" for path, (_kind, why) in rows.items() if why]
    return "\n".join([head.rstrip("\n"), *volumes, ""]), wrong


@pytest.mark.scope("alice")
def test_bind_sources(app: App) -> None:
    """What is there, comes with the app, or can come in time does not hinder a start."""
    top = _top(app)
    app.host.ssh(
        f"rm -rf {top} && mkdir -m 777 {top} && cd {top} && mkdir there && echo s > secret && "
        "chmod 600 secret && mkdir -m 700 locked && mkdir locked/in"
    )
    job = f"[Container]\nImage={IMAGE}\nVolume={top}/later:/l\n\n[Service]\nType=oneshot\n"
    made = f"[Service]\nExecStartPre=/usr/bin/mkdir -p {top}/made\n"
    good = {
        "a": container(f"Volume={top}/there:/t:z", "Volume=./conf:/c:ro", "Volume=/dev/log:/log"),
        "b": container(f"Volume={top}/made:/m", more=f"\n{made}"),
        "later": job,
    }
    result = app.deployed(good, {"conf/x": "x\n"})
    assert f"the bind source {top}/later does not exist on the host" in result.warned
    assert f"the bind source {top}/made does not exist on the host" in result.warned
    assert "/there" not in result.warned
    assert not app.deployed(good, {"conf/x": "x\n"}).changed
    before = app.ids("a", "b")

    bad = {
        "gone": f"Volume={top}/gone:/x",
        "mount": f"Mount=type=bind,source={top}/gone2,target=/x",
        "args": f"PodmanArgs=-v {top}/gone3:/x",
        "specifier": "Volume=%h/none-%N:/x",
    }
    if app.scope.name != "system":
        bad["unreadable"] = f"Volume={top}/secret:/x"
        bad["behind"] = f"Volume={top}/locked/in:/x"
    more = {stem: container(line) for stem, line in bad.items()}
    text, wrong = _pod(top)
    pod = {"pod.kube": "[Kube]\nYaml=pod.yml\n"}
    for arguments in ([], ["--check"]):
        files = {"conf/x": "x\n", "pod.yml": text}
        refused = app.deploy({**good, **more, **pod}, files, arguments).refused()
        for stem in bad:
            assert f"{app.unit(stem)}:" in refused, stem
        assert refused.count("the bind source ") == len(bad)
        assert refused.count("the hostPath ") == len(wrong)
        for reason in wrong:
            assert f"{app.unit('pod', 'kube')}:2 [Kube] Yaml: {reason}" in refused
    asked = app.run(run=[app.unit("later")]).refused()
    assert f"the bind source {top}/later does not exist on the host" in asked
    assert app.ids("a", "b") == before
    present = app.deployed({**good, **more}, {"conf/x": "x\n"}, state="present")
    assert f"{top}/gone3" in present.warned
    app.host.ssh(f"rm -rf {top}")
