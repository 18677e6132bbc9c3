"""What runs outside of Quadlet: reading what engines and units say of it."""

from __future__ import annotations

import json

from ansible_collections.quadlet.fleet.plugins.module_utils._core.discover.content import (
    Content,
    ids_outside,
    parse_find,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.discover.inspected import (
    generated_names,
    mounts_of,
    parse_rows,
    service_of,
    uncovered,
    without_words,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.discover.layer import (
    Change,
    find_lost,
    parse_docker_diff,
    parse_podman_diff,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.discover.lost import (
    size_text,
    would_lose,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.discover.projects import (
    find_mentioned,
    find_projects,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.discover.units import parse_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.host.subordinate_ids import Range

LAYERS = [
    ("C /etc\nA /etc/motd", [], [("/etc/motd", "added")]),
    ("C /etc", [], []),
    ("C /etc\nC /etc/hosts\nC /etc/resolv.conf\nA /etc/mtab", [], []),
    ("C /var\nC /var/log\nA /var/log/x", [], []),
    ("C /var\nA /var/logs", [], [("/var/logs", "added")]),
    ("A /data\nA /data/sub", ["/data/sub"], []),
    ("A /data\nA /data/x", ["/data/"], []),
    ("A /database", ["/data"], [("/database", "added")]),
    ("A /srv\nA /srv/state\nA /srv/state/a", [], [("/srv/state/a", "added")]),
    ("D /usr\nD /usr/bin/x", [], [("/usr", "deleted"), ("/usr/bin/x", "deleted")]),
    ("A /.dockerenv\nA /run/.containerenv\nA /tmp/x", [], []),
    ("A /with blank", [], [("/with blank", "added")]),
    ("C /app\nC /app/data.db", ["/app/cache/deep"], [("/app/data.db", "changed")]),
]


def test_what_of_a_layer_matters() -> None:
    for text, mounted, lost in LAYERS:
        assert find_lost(parse_docker_diff(text), mounted) == [Change(*row) for row in lost], text


def test_both_engines_tell_the_same() -> None:
    said = {"changed": ["/etc"], "added": ["/a"], "deleted": ["/b"]}
    podman = parse_podman_diff(json.dumps(said))
    assert sorted(podman) == sorted(parse_docker_diff("C /etc\nA /a\nD /b\n"))
    assert parse_podman_diff("") == parse_podman_diff("null") == parse_podman_diff("{}") == []


def test_contents_of_volumes() -> None:
    text = "0 4096 0 0\n1 10 999 999\n1 20 0 5\n0 4096 7 7\n"
    full = Content(30, 2, (0, 999), (0, 5, 999))
    assert parse_find(text, 2) == [full, Content(0, 0, (7,), (7,))]
    for count in (1, 3):
        assert parse_find(text, count) is None
    assert parse_find("", 0) == []
    assert parse_find("nonsense", 0) is None


def test_ids_that_a_user_lacks() -> None:
    ranges = [Range("alice", 100000, 65536)]
    assert ids_outside([0, 1, 65536, 65537, 70000], ranges) == [65537, 70000]
    assert ids_outside([0, 1], []) == [1]


def test_inspect_prints_a_list_or_objects() -> None:
    rows = [{"Id": "a"}, {"Id": "b"}]
    for text in (
        '[{"Id": "a"}, {"Id": "b"}]',
        '{"Id": "a"}\n{"Id": "b"}',
        '[{"Id":"a"}][{"Id":"b"}]',
    ):
        assert parse_rows(text) == rows
    assert parse_rows("") == parse_rows("[]\n") == parse_rows("null") == []


def test_whose_service_made_a_container() -> None:
    pod = ["podman", "pod", "create", "--infra-conmon-pidfile", "/run/shop-pod.pid", "--name", "x"]
    joined = [*pod[:3], "--infra-conmon-pidfile=/run/shop-pod.pid"]
    assert service_of({"Config": {"Labels": {"PODMAN_SYSTEMD_UNIT": "a.service"}}}) == "a.service"
    for command in (pod, joined):
        assert service_of({"Config": {"CreateCommand": command}}) == "shop-pod.service"
        assert service_of({"CreateCommand": command}) == "shop-pod.service"
    assert service_of({"Config": {"Labels": None}}) == ""
    assert generated_names("web.service") == ["web.service"]
    assert generated_names("web@a.service") == ["web@a.service", "web@.service"]
    assert generated_names("../web.service") == generated_names("") == []


def test_mounts() -> None:
    row = {
        "HostConfig": {"Tmpfs": {"/cache": "rw"}},
        "Mounts": [
            {"Type": "volume", "Name": "a" * 64, "Source": "/v", "Destination": "/data"},
            {"Type": "volume", "Name": "b", "Source": "/w", "Destination": "/named"},
            {"Type": "bind", "Source": "/srv", "Destination": "/srv"},
        ],
    }
    mounts = mounts_of(row)
    assert [mount.target for mount in mounts if mount.is_anonymous] == ["/data"]
    image = {"Config": {"Volumes": {"/data/": {}, "/cache": {}, "/lost": {}, "/srv/x": {}}}}
    assert uncovered(image, mounts) == ["/lost", "/srv/x"]
    assert uncovered({}, mounts) == []


def test_health_checks_keep_their_words_to_themselves() -> None:
    row = {"State": {"Status": "running", "Health": {"Status": "healthy", "Log": ["password"]}}}
    assert "password" not in str(without_words(row))
    assert without_words(row)["State"]["Status"] == "running"
    assert without_words({"Id": "a"}) == {"Id": "a"}


UNITS = [
    ("ExecStart=/usr/bin/podman start web", ("start",), ("web",)),
    ("ExecStart=/usr/bin/podman run --rm -d \\\n  --name web \\\n  nginx", ("run",), ("web",)),
    ("ExecStart=/usr/bin/podman run --name=web nginx --name x", ("run",), ("web",)),
    ("ExecStart=/usr/bin/podman container run nginx", ("run",), ()),
    ("ExecStart=-/usr/bin/podman --log-level debug start -a web", ("start",), ("web",)),
    ("ExecStart=podman --root=/x run nginx", ("run",), ()),
    (
        "ExecStartPre=/usr/bin/podman pod create --name p\nExecStart=/usr/bin/podman pod start p",
        ("pod create", "pod start"),
        ("p",),
    ),
    ("ExecStart=/usr/bin/podman start --all --filter restart-policy=always", None, ()),
    ("ExecStart=/usr/bin/podman $LOGGING system service", None, ()),
    ("ExecStart=/usr/bin/podman auto-update", None, ()),
    ("ExecStart=/usr/bin/sleep run", None, ()),
    ("ExecStop=/usr/bin/podman stop web", None, ()),
    ("ExecStart=", None, ()),
    ("Description=podman run", None, ()),
]


def test_units_that_run_podman() -> None:
    for line, verbs, names in UNITS:
        unit = parse_unit(
            "a.service", "/x/a.service", f"[Unit]\nAfter=b.service c.target\n{line}\n"
        )
        assert (unit.verbs, unit.names) == (verbs, names) if unit else verbs is None, line
        assert unit is None or unit.needs == ("b.service",)
    head = "# container-a.service\n# autogenerated by Podman 3.4.4\n"
    unit = parse_unit("a.service", "", f"{head}[Service]\nExecStart=podman run x\n")
    assert unit
    assert unit.release == "3.4.4"


def test_projects() -> None:
    docker = {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": "web",
        "com.docker.compose.project.working_dir": "/srv/shop",
        "com.docker.compose.project.config_files": "/srv/shop/compose.yaml,over.yml",
        "com.docker.compose.project.environment_file": "/srv/shop/prod.env",
    }
    podman = {"io.podman.compose.project": "blog", "io.podman.compose.service": "db"}
    found = find_projects({"shop-web-1": docker, "shop-web-2": docker, "b": podman, "x": {}})
    assert [project.name for project in found] == ["shop", "blog"]
    assert found[0].files == ("/srv/shop/compose.yaml", "/srv/shop/over.yml")
    assert found[0].env_files == ("/srv/shop/prod.env",)
    assert found[0].services == {"web": ["shop-web-1", "shop-web-2"]}
    assert found[1].files == ()


def test_files_that_a_project_may_mean() -> None:
    text = """
    env_file: [web.env, "../x.env"]
    volumes: ['./conf/a.conf:/etc/a.conf:ro', /etc/shadow:/x]
    extends: {file: common.yaml}
    """
    found = find_mentioned("/srv/shop", "/srv/shop/compose.yaml", text)
    for path in ("web.env", "conf/a.conf", "common.yaml"):
        assert f"/srv/shop/{path}" in found
    assert all(path.startswith("/srv/shop/") for path in found)
    inner = find_mentioned("/srv/shop", "/srv/shop/sub/compose.yaml", "env_file: a.env")
    assert {"/srv/shop/sub/a.env", "/srv/shop/a.env"} <= set(inner)


def test_what_is_lost_in_words() -> None:
    container = {
        "changed_files": [{"path": f"/{n}", "change": "added"} for n in "abcd"],
        "changed_count": 4,
        "volumes": [
            {"target": "/d", "anonymous": True, "bytes": 2048, "files": 1, "ids_outside": []},
            {"target": "/e", "anonymous": True, "bytes": None, "files": None, "ids_outside": []},
            {"target": "/f", "anonymous": False, "bytes": 1, "files": 1, "ids_outside": [70000]},
        ],
        "uncovered_volumes": ["/g"],
    }
    assert would_lose(container) == [
        "4 files outside of any volume changed: /a, /b, /c, …",
        "/d is in an anonymous volume: 2.0 KiB in 1 file",
        "/e is in an anonymous volume",
        "/f has owners outside of the user's ids: 70000",
        "/g is a volume of the image's, and nothing is mounted there",
    ]
    nothing = {"changed_files": None, "volumes": [], "uncovered_volumes": []}
    assert would_lose(nothing) == []
    sizes = {0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 1 << 50: "1024.0 TiB"}
    assert {count: size_text(count) for count in sizes} == sizes
