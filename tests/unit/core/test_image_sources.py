"""Where images come from: login, CA and archives; what an archive holds and when it counts."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.image_sources import (
    Archive,
    parse_image_sources,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.archives import (
    find_offers,
    images_in,
    missing_archives,
    why_loaded,
    with_label,
)

AUTH = '{"auths": {"reg.example": {"auth": "dXNlcjpwYXNz"}}}'
REFUSED: dict[str, tuple[dict[str, t.Any], str]] = {
    "no JSON": ({"authfile": "dXNlcjpwYXNz"}, "auth.json"),
    "no object": ({"authfile": '["dXNlcjpwYXNz"]'}, "auth.json"),
    "no logins": ({"authfile": '{"reg.example": "dXNlcjpwYXNz"}'}, "auth.json"),
    "logins that are none": ({"authfile": '{"auths": "dXNlcjpwYXNz"}'}, "auth.json"),
    "directory": ({"cert_dir": "certs"}, "'certs' is not an absolute path"),
    "archive": ({"archives": [{"path": "a.tar"}]}, "'a.tar' is not an absolute path"),
}


@pytest.mark.parametrize(("params", "words"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_meant_is_refused(params: dict[str, t.Any], words: str) -> None:
    with pytest.raises(QuadletError) as caught:
        parse_image_sources(params)
    assert words in str(caught.value)
    assert "dXNlcjpwYXNz" not in str(caught.value.to_dict())


def test_what_is_given() -> None:
    sources = parse_image_sources(
        {
            "authfile": AUTH,
            "cert_dir": "/etc/ca",
            "archives": [
                {"path": "/srv/a.tar", "src": None},
                {"src": "b.tar", "_images": {"b": "1"}, "path": None},
                {"src": "c.tar", "_images": {"c": "2"}, "path": "/tmp/c"},
            ],
        }
    )
    assert (sources.auth, sources.cert_dir) == (AUTH, "/etc/ca")
    assert sources.archives == (
        Archive("/srv/a.tar", "/srv/a.tar"),
        Archive("b.tar", None, images={"b": "1"}),
        Archive("c.tar", "/tmp/c", sent=True, images={"c": "2"}),
    )
    assert "dXNlcjpwYXNz" not in repr(sources)


@pytest.mark.parametrize("params", [{}, {"authfile": "", "cert_dir": "", "archives": []}])
def test_nothing_is_given(params: dict[str, t.Any]) -> None:
    sources = parse_image_sources(params)
    assert (sources.auth, sources.cert_dir, sources.archives) == (None, None, ())


def _docker(*rows: t.Any) -> dict[str, t.Any]:
    return {"manifest.json": list(rows)}


def _oci(notes: t.Any, blob: t.Any = None) -> dict[str, t.Any]:
    index = {"manifests": [{"digest": "sha256:aa", "annotations": notes}]}
    return {"index.json": index, "blobs/sha256/aa": blob or {"config": {"digest": "sha256:11"}}}


REF, IMAGE = "org.opencontainers.image.ref.name", "io.containerd.image.name"
HELD: dict[str, tuple[dict[str, t.Any], dict[str, str]]] = {
    "docker": (_docker({"Config": "11.json", "RepoTags": ["r.e/a:1"]}), {"r.e/a:1": "11"}),
    "new docker": (
        {**_docker({"Config": "blobs/sha256/11", "RepoTags": ["a:1"]}), **_oci({REF: "1"})},
        {"docker.io/library/a:1": "11"},
    ),
    "several": (
        _docker(
            {"Config": "11.json", "RepoTags": ["r.e/a:1", "r.e/a:2"]},
            {"Config": "22.json", "RepoTags": ["r.e/b:1"]},
            {"Config": "33.json", "RepoTags": None},
        ),
        {"r.e/a:1": "11", "r.e/a:2": "11", "r.e/b:1": "22"},
    ),
    "oci": (_oci({REF: "r.e/a:1"}), {"r.e/a:1": "11"}),
    "oci of containerd": (_oci({REF: "1", IMAGE: "r.e/a:1"}), {"r.e/a:1": "11"}),
    "oci without config": (_oci({REF: "r.e/a:1"}, {"manifests": []}), {"r.e/a:1": ""}),
}


def _reader(files: t.Mapping[str, t.Any]) -> t.Callable[[str], bytes | None]:
    return lambda name: json.dumps(files[name]).encode() if name in files else None


@pytest.mark.parametrize(("files", "held"), HELD.values(), ids=HELD)
def test_what_an_archive_holds(files: dict[str, t.Any], held: dict[str, str]) -> None:
    assert images_in(_reader(files)) == held


NONE: dict[str, tuple[dict[str, t.Any], str]] = {
    "other": ({"a": 1}, "neither manifest.json nor index.json"),
    "no names": (_docker({"Config": "11.json", "RepoTags": []}), "have no names"),
    "no list": ({"manifest.json": {"a": 1}}, "have no names"),
    "no names in oci": (_oci(None), "have no names"),
    "no index": ({"index.json": [1]}, "have no names"),
}


@pytest.mark.parametrize(("files", "words"), NONE.values(), ids=NONE)
def test_what_is_no_archive_of_images(files: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        images_in(_reader(files))


ONE = Archive("one.tar", None, images={"docker.io/library/a:latest": "1", "r.e/b:1": "2"})
TWO = Archive("two.tar", "/srv/two.tar", images={"r.e/b:1": "3", "r.e/c:1": ""})


def test_the_first_archive_that_has_a_name_counts() -> None:
    found = find_offers((Archive("unread", "/x"), ONE, TWO), ["a", "r.e/b:1", "r.e/c:1", "r.e/d:1"])
    assert found == {"a": ONE, "r.e/b:1": ONE, "r.e/c:1": TWO}


LACKED, OTHER = "image {} is not on the host, and is loaded from ", "image {} is another one in "
LOADS: dict[str, tuple[dict[str, str], bool, dict[str, str]]] = {
    "lacking": ({}, False, {"a": f"{LACKED}one.tar", "r.e/c:1": f"{LACKED}two.tar"}),
    "the same": ({"a": "1", "r.e/c:1": "9"}, True, {}),
    "another": ({"a": "9", "r.e/c:1": "9"}, True, {"a": f"{OTHER}one.tar"}),
    "another, not asked": ({"a": "9", "r.e/c:1": "9"}, False, {}),
}


@pytest.mark.parametrize(("there", "renew", "reasons"), LOADS.values(), ids=LOADS)
def test_why_an_archive_is_loaded(
    there: dict[str, str], renew: bool, reasons: dict[str, str]
) -> None:
    assert why_loaded({"a": ONE, "r.e/c:1": TWO}, there, renew=renew) == reasons


def test_a_file_name_is_not_a_format() -> None:
    reason = with_label(LACKED, Archive("{x}.tar", None))
    assert reason.format("a") == "image a is not on the host, and is loaded from {x}.tar"


def test_which_archives_are_to_be_sent() -> None:
    archives = (TWO, ONE, Archive("three.tar", None, images={}))
    assert missing_archives(archives, []) is None
    assert missing_archives(archives, [TWO]) is None
    error = missing_archives(archives, [ONE, TWO, ONE])
    assert error
    assert error.data == {"send_archives": [1]}
    assert "one.tar" in str(error)
