"""Images from archives, on hosts that reach no registry."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.hosts import IMAGE, Host, differences

FORMATS = ("docker-archive", "oci-archive")
NGINX = "registry.test:5000/nginx:1"
NAME = "nowhere.invalid/air/gap:{}"
WEB = container("StopTimeout=1")


def _with(image: str) -> str:
    return WEB.replace(IMAGE, image)


def _image(app: App) -> str:
    """A name that no other test has, that no registry knows, and no earlier session left."""
    image = NAME.format(app.name)
    app.scope.ssh(f"podman rmi --force --ignore {image}")
    return image


def _make(host: Host, image: str, kind: str, source: str = IMAGE) -> str:
    """An archive on the host that everybody may read; the name is forgotten."""
    stem = f"{image}-{source}-{kind}".replace("/", "-").replace(":", "-")
    path = f"/srv/{stem}.tar"
    host.ssh(
        f"podman pull -q {source} && podman tag {source} {image} && rm -f {path} && "
        f"podman save -q --format {kind} -o {path} {image} && podman untag {image} {image} && "
        f"chmod 644 {path}"
    )
    return path


def _fetch(host: Host, path: str, folder: pathlib.Path) -> str:
    target = folder / path.rpartition("/")[2]
    target.write_bytes(base64.b64decode(host.ssh(f"base64 {path}; rm {path}")))
    return str(target)


def _pulls(result: Result) -> str:
    return "; ".join(r for s in result["plan"] if s["action"] == "pull" for r in s["reasons"])


def _left(host: Host) -> str:
    """Copies of archives that a run has left behind."""
    return host.ssh("find / -xdev -name 'archive-[0-9]*.tar' -o -path '/var/tmp/podman*'")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.scope("system", alice=["docker-archive"])
def test_an_archive_of_the_controller_is_sent_once(
    app: App, tmp_path: pathlib.Path, kind: str
) -> None:
    host, image = app.host, _image(app)
    source = _fetch(host, _make(host, image, kind), tmp_path)
    units = {"web": _with(image)}
    options = {"archives": [{"src": source}], "pull": "never"}
    before = host.look()

    preview = app.deploy(units, arguments=["--check"], **options).ok()
    assert _pulls(preview) == f"image {image} is not on the host, and is loaded from {source}"
    assert differences(before, host.look()) == []

    result = app.deployed(units, **options)
    assert result["plan"] == preview["plan"]
    assert app.runs("web")
    assert _left(host) == ""

    again = app.deployed(units, **options)
    assert not again.changed
    assert "pull" not in again["timings"]


@pytest.fixture
def alice_app(alice: Scope) -> t.Iterator[App]:
    """An app in the user's scope."""
    one = alice.app()
    yield one
    one.remove()


CALLERS: dict[str, dict[str, t.Any]] = {
    "the user": {"ansible_user": "alice"},
    "root as the user": {
        "ansible_become": True,
        "ansible_become_method": "ansible.builtin.su",
        "ansible_become_user": "alice",
    },
}


@pytest.mark.parametrize("variables", CALLERS.values(), ids=CALLERS)
def test_it_is_sent_to_whoever_runs_the_module(
    alice_app: App, tmp_path: pathlib.Path, variables: dict[str, t.Any]
) -> None:
    image = _image(alice_app)
    source = _fetch(alice_app.host, _make(alice_app.host, image, "oci-archive"), tmp_path)
    alice_app.scope.call(
        "app",
        variables=variables,
        name=alice_app.name,
        units=alice_app.units({"web": _with(image)}),
        archives=[{"src": source}],
        gate={"stable": 0},
    ).ok()
    assert alice_app.runs("web")
    assert _left(alice_app.host) == ""


def test_it_is_sent_where_no_manager_can_tell_what_is_needed(
    host: Host, bob: Scope, tmp_path: pathlib.Path
) -> None:
    app = bob.app()
    image = NAME.format(app.name)
    source = _fetch(host, _make(host, image, "docker-archive"), tmp_path)
    units, archives = {"web": _with(image)}, [{"src": source}]
    before = host.look()
    preview = app.deploy(units, arguments=["--check"], archives=archives, pull="never").ok()
    assert _pulls(preview).startswith(f"image {image} is loaded, unless it is on the host, from ")
    assert differences(before, host.look()) == []
    try:
        result = app.deployed(units, archives=archives, pull="never")
        assert result.actions["user@1001.service"] == "linger"
        assert app.runs("web")
        assert _left(host) == ""
    finally:
        app.remove()
        app.scope.ssh(f"podman rmi --force --ignore {image}")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.scope("system", alice=["oci-archive"])
def test_an_archive_on_the_host(app: App, kind: str) -> None:
    image = _image(app)
    path = _make(app.host, image, kind)
    units = {"web": _with(image)}
    app.deployed(units, archives=[{"path": path}])
    assert app.runs("web")
    app.host.ssh(f"rm {path}")
    again = app.deployed(units, archives=[{"path": path}])
    assert not again.changed


@pytest.mark.scope("system")
def test_another_image_under_the_name_counts_where_the_registrys_would(app: App) -> None:
    image, host = _image(app), app.host
    path = _make(host, image, "docker-archive", NGINX)
    archives = [{"path": _make(host, image, "docker-archive")}]
    app.deployed({"web": _with(image)}, archives=archives)
    for policy in ("newer", "always"):
        again = app.run(archives=archives, pull=policy).ok()
        assert not again.changed, again["plan"]
    ids = app.ids("web")
    assert not app.run(archives=[{"path": path}]).ok().changed

    result = app.run(archives=[{"path": path}], pull="always").ok()
    assert _pulls(result) == f"image {image} is another one in {path}"
    assert result.actions == {app.service("web"): "restart"}
    assert app.ids("web") != ids
    assert not app.run(archives=[{"path": path}], pull="always").ok().changed


@pytest.mark.scope("alice")
def test_what_no_archive_can_bring_changes_nothing(app: App, tmp_path: pathlib.Path) -> None:
    host, image = app.host, _image(app)
    app.deployed({"web": WEB})
    before = host.look()
    host.write("/srv/broken.tar", "nothing\n")
    other = _make(host, f"{image}-other", "docker-archive")
    short = _make(host, image, "docker-archive")
    # What remains tells the image's name, and has no image.
    host.ssh(f"cd /srv && tar -xf {short} manifest.json && tar -cf {short} manifest.json")
    wanted = {"web": _with(image)}
    refused = {
        "it can't be read as an archive": [{"path": "/srv/broken.tar"}],
        "No such file": [{"path": "/srv/nothing.tar"}],
        "is not on the host, and pull is never": [{"path": other}],
        "either path": [{"path": other, "src": "x"}],
        "nothing.tar": [{"src": str(tmp_path / "nothing.tar")}],
    }
    for words, archives in refused.items():
        message = app.deploy(wanted, archives=archives, pull="never").refused()
        assert words in message
    failed = app.deploy(wanted, archives=[{"path": short}])
    assert (
        f"the image {image} of {app.unit('web')} can't be loaded from {short}: "
        in (failed.refused().split("\n")[0])
    )
    assert {failure["phase"] for failure in failed["failures"]} == {"pull"}
    assert differences(before, host.look()) == []
    assert app.runs("web")
