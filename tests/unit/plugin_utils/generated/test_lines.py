"""Lines of generated units: Podman's own are left out, those of the user are kept."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.render import render_unit
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Options
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.write import write_app
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.read import read_generated
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import Objects
from tests.unit.support.containers import recorded
from tests.unit.support.older_units import POD, SHAPES, new_unit

NEW = recorded("units")["plain --new --name --no-header"]
OLD = recorded("units")["plain --name"]
IMAGE = "registry.test:5000/busybox:1"
Rows = list[dict[str, t.Any]]


def convert(
    *texts: str | tuple[str, str], inspected: t.Sequence[t.Any] = (), **options: t.Any
) -> tuple[dict[str, str], Rows]:
    """(units as texts, report) of texts, with or without a file name."""
    report, made = Report(), Options(**{"secrets": "keep", **options})
    objects = Objects(report)
    objects.add("inspect.json", json.dumps(inspected))
    pairs = [("", text) if isinstance(text, str) else text for text in texts]
    app = write_app(read_generated(pairs, report, made, inspected=objects), report, made)
    units = {
        name: unit if isinstance(unit, str) or "template" in unit else render_unit(name, unit)
        for name, unit in app["units"].items()
    }
    return units, report.items()


def added(text: str, section: str, *lines: str) -> str:
    """The unit with lines at the end of a section."""
    head, heading, rest = text.partition(f"[{section}]\n")
    assert heading
    block, blank, tail = rest.partition("\n\n")
    return f"{head}{heading}{block}\n" + "\n".join(lines) + f"{blank}{tail}"


def refusals(rows: Rows) -> list[str]:
    """The paths of what is refused."""
    return [row["path"] for row in rows if row["outcome"] == "refused"]


PLAIN = [
    "[Container]",
    f"Image={IMAGE}",
    "ContainerName=plain",
    "",
    "[Service]",
    "Restart=on-failure",
    "SuccessExitStatus=143",
    "",
    "[Install]",
    "WantedBy=default.target",
]


def test_of_an_untouched_unit_nothing_of_podman_is_left() -> None:
    units, rows = convert(NEW)
    assert units["plain.container"].split("\n")[: len(PLAIN)] == PLAIN
    assert [row for row in rows if row["outcome"] != "exact"] == []
    for shape in SHAPES:
        units, rows = convert(new_unit(shape, "plain", ["--name", "plain", IMAGE]))
        lines = [line for line in units["plain.container"].split("\n") if line in PLAIN]
        others = [line for line in units["plain.container"].split("\n") if line not in PLAIN]
        assert lines[:5] == PLAIN[:5], shape.release
        assert [line for line in others if not line.startswith("WantedBy=")] == [], shape.release


KEPT: t.Final = (
    ("Unit", "Description=My web server"),
    ("Unit", "Documentation=https://a.test/"),
    ("Unit", "After=other.service"),
    ("Unit", "Wants=nfs.target"),
    ("Unit", "ConditionPathExists=/srv"),
    ("Unit", "StartLimitBurst=3"),
    ("Unit", "RequiresMountsFor=/srv/data"),
    ("Unit", "OnFailure=mail@%n.service", "OnFailure=mail@container-plain.service.service"),
    ("Service", "RestartSec=7"),
    ("Service", "TimeoutStartSec=900"),
    ("Service", "TimeoutStopSec=300"),
    ("Service", "Environment=HTTP_PROXY=http://p:1"),
    ("Service", "EnvironmentFile=-/etc/web.env"),
    ("Service", "ExecStartPre=/usr/bin/mkdir -p /srv/data"),
    ("Service", "ExecStartPre=-/usr/bin/podman pull registry.test:5000/busybox:1"),
    ("Service", "ExecStartPost=/bin/sleep 1"),
    ("Service", "ExecStop=/usr/bin/podman exec plain flush"),
    ("Service", "ExecStopPost=-/usr/bin/rm -f /srv/lock"),
    (
        "Service",
        "ExecReload=/usr/bin/podman kill -s HUP --cidfile=%t/%n.ctr-id",
        "ExecReload=/usr/bin/podman kill -s HUP plain",
    ),
    ("Service", "Slice=web.slice"),
    ("Service", "KillMode=control-group"),
    ("Service", "LimitNOFILE=4096"),
    ("Service", "SyslogIdentifier=%N", "SyslogIdentifier=container-plain"),
    ("Service", "ProtectHome=%h", "ProtectHome=%h"),
    ("Install", "Alias=web.service"),
    ("Install", "RequiredBy=a.target"),
)
OWN: t.Final = (
    ("Unit", "After=network.target"),
    ("Unit", "RequiresMountsFor=%t/containers /run/user/1000/containers"),
    ("Unit", "RequiresMountsFor=/var/lib/containers/storage /run/containers/storage"),
    ("Service", "KillMode=none"),
    ("Service", "KillMode=mixed"),
    ("Service", "Type=simple"),
    ("Service", "Delegate=yes"),
    ("Service", "PIDFile=%t/x.pid"),
    ("Service", "TimeoutStopSec=70"),
    ("Service", "ExecStartPre=/bin/rm -f %t/%n.ctr-id"),
    ("Service", "ExecStartPre=-/usr/bin/podman rm -f plain"),
    ("Service", "ExecStartPre=-/usr/bin/podman stop -t 5 plain"),
    ("Service", "ExecStartPre=-/usr/bin/podman kill plain"),
    ("Service", "ExecStopPost=/usr/bin/podman rm --ignore --force --cidfile %t/%n.ctr-id"),
    ("Service", 'ExecStop=/bin/sh -c "podman stop $(cat %t/%n.ctr-id)"'),
    ("Service", "User=root"),
)


def test_lines_of_the_user_are_kept() -> None:
    before = set(convert(NEW)[0]["plain.container"].split("\n"))
    for section, line, *others in KEPT:
        units, rows = convert(added(NEW, section, line))
        new = [x for x in units["plain.container"].split("\n") if x and x not in before]
        assert set(new) - {f"[{section}]"} == {others[0] if others else line}, line
        assert refusals(rows) == []
        assert not any(row["outcome"] == "dropped" for row in rows), line


def test_lines_of_podman_are_left_out() -> None:
    before = convert(NEW)[0]
    for section, line in OWN:
        units, rows = convert(added(NEW, section, line))
        assert units == before, line
        assert refusals(rows) == []


def test_a_drop_in_has_the_last_word() -> None:
    drop_in = (
        "container-plain.service.d/override.conf",
        (
            "[Service]\nRestart=always\nExecStart=\nExecStart=/usr/bin/podman run -d "
            f"--name plain -e B=2 {IMAGE}\n[Unit]\nAfter=\nAfter=db.service\n"
        ),
    )
    units, rows = convert(("container-plain.service", NEW), drop_in)
    lines = units["plain.container"].split("\n")
    assert "Restart=always" in lines
    assert "Restart=on-failure" not in lines
    assert "Environment=B=2" in lines
    assert "After=db.service" in lines
    assert refusals(rows) == []
    _units, rows = convert(drop_in)
    assert [row["rule"] for row in rows if row["outcome"] == "refused"] == [""]


def test_texts_of_several_units() -> None:
    cat = NEW.replace("# container-plain.service", "# /etc/systemd/system/container-plain.service")
    cat += "\n# /etc/systemd/system/container-plain.service.d/a.conf\n[Service]\nRestartSec=9\n"
    assert "RestartSec=9" in convert(cat)[0]["plain.container"]
    assert convert(json.dumps({"container-plain": NEW}))[0] == convert(NEW)[0]
    assert convert(("unit.service", NEW))[0] == convert(NEW)[0]
    assert set(convert(POD)[0]) == {"shop.pod", "shop-web.container"}


def test_services_are_called_by_their_new_names() -> None:
    second = NEW.replace("plain", "second")
    second = added(second, "Unit", "After=container-plain.service", "Wants=container-plain.service")
    units, _rows = convert(NEW, second)
    lines = units["second.container"].split("\n")
    assert {"After=plain.service", "Wants=plain.service"} <= set(lines)
    pod = added(NEW, "Unit", "After=pod-shop.service")
    units, _rows = convert(pod, POD)
    assert "After=shop-pod.service" in units["plain.container"]


def test_a_member_without_its_pod_is_refused() -> None:
    member = POD[POD.index("# container-shop-web") :]
    assert refusals(convert(member)[1]) == ["--pod-id-file"]


def test_a_unit_that_only_starts_a_container() -> None:
    _units, rows = convert(OLD)
    (row,) = [row for row in rows if row["outcome"] == "refused"]
    assert row["rule"] == "needs-inspect"
    assert "podman inspect plain" in row["remedy"]
    units, rows = convert(OLD, inspected=[recorded("inspect")["plain"]])
    assert units == convert(NEW)[0]
    assert refusals(rows) == []
    assert convert(OLD, json.dumps([recorded("inspect")["plain"]]))[0] == units


def test_the_time_of_a_stop() -> None:
    for key, lines in (
        ("tuned --new --name --stop-timeout=42", {"StopTimeout=42"}),
        ("tuned --name --stop-timeout=42", {"StopTimeout=42"}),
        ("entry --new --name", {"StopTimeout=33"}),
        ("tuned --new --template", set()),
    ):
        units, _rows = convert(recorded("units")[key], inspected=list(recorded("inspect").values()))
        text = next(iter(units.values()))
        assert {line for line in text.split("\n") if "Timeout" in line} == lines, key


def test_restarts_are_those_of_the_service() -> None:
    for policy, service, wanted in (
        ("always", "on-failure", "Restart=always"),
        ("on-failure:3", "always", "Restart=always"),
        ("no", "on-failure", "Restart=on-failure"),
    ):
        text = NEW.replace(" registry", f" --restart={policy} registry", 1)
        text = text.replace("Restart=on-failure", f"Restart={service}")
        lines = convert(text)[0]["plain.container"].split("\n")
        assert [line for line in lines if line.startswith("Restart")] == [wanted], policy


def test_a_unit_that_is_not_started_at_boot() -> None:
    text = NEW[: NEW.index("[Install]")]
    assert "[Install]" not in convert(text)[0]["plain.container"]


def test_specifiers_and_variables_stay() -> None:
    text = NEW.replace(
        "--name plain",
        "--name plain -v %h/x:/x -v ${DATA}/y:/y -v /srv/%i.d:/z -e A=%H -e B=${B} -e C=$$D%%",
    )
    text = added(text, "Service", "Environment=B=two")
    lines = convert(text)[0]["plain.container"].split("\n")
    assert {
        "Volume=%h/x:/x",
        "Volume=${DATA}/y:/y",
        "Volume=/srv/.d:/z",
        "Environment=A=%H",
        "Environment=B=two",
        "Environment=C=$$D%%",
    } <= set(lines), lines


def test_relative_paths_are_below_the_working_directory() -> None:
    text = NEW.replace("--name plain", "--name plain -v ./x:/x -v ../y:/y --env-file e.env")
    for line, scope, wanted in (
        ("WorkingDirectory=/srv/app", "system", ("/srv/app/x", "/srv/y", "/srv/app/e.env")),
        ("WorkingDirectory=~", "user", ("%h/x", "/y", "%h/e.env")),
        ("Nice=1", "system", ("/x", "/y", "/e.env")),
    ):
        units, rows = convert(added(text, "Service", line), scope=scope)
        lines = units["plain.container"].split("\n")
        assert refusals(rows) == ([] if scope == "system" else ["--volume"])
        assert f"Volume={wanted[0]}:/x" in lines, lines
        assert f"EnvironmentFile={wanted[2]}" in lines, lines
        assert scope == "user" or f"Volume={wanted[1]}:/y" in lines, lines


def test_line_ends_and_byte_order_marks_of_other_systems() -> None:
    assert convert("\ufeff" + NEW.replace("\n", "\r\n"))[0] == convert(NEW)[0]


def test_templates_and_their_instances() -> None:
    template = recorded("units")["tuned --new --template --name"]
    units, rows = convert(template)
    assert "ContainerName=tuned-%i" in units["tuned@.container"]
    assert refusals(rows) == []
    files = [("container-tuned@.service", template), ("container-tuned@a.service", template)]
    link = {"template": "tuned@.container"}
    assert convert(*files)[0]["tuned@a.container"] == link
    assert convert(files[1])[0]["tuned@a.container"] == link


REFUSED: t.Final = (
    ("ExecStart=/usr/bin/true", "[Service] ExecStart"),
    ("ExecStart=/usr/bin/podman kube play /srv/x.yml", "[Service] ExecStart"),
    ("ExecStart=/usr/bin/podman-compose up", "[Service] ExecStart"),
    ("ExecStart=/usr/bin/docker compose up", "[Service] ExecStart"),
    ("ExecStart=/usr/bin/podman run 'a", "[Service] ExecStart"),
    ("ExecStart=/usr/bin/podman start -a", "[Service] ExecStart"),
    ("ExecStart=/usr/bin/podman start a b", "[Service] ExecStart"),
    ("ExecStart=/usr/bin/podman exec a b", "[Service] ExecStart"),
    ("SourcePath=/etc/containers/systemd/a.container", "a.service"),
    ("", "a.service"),
)


@pytest.mark.parametrize(("line", "path"), REFUSED)
def test_what_is_no_generated_unit_is_refused(line: str, path: str) -> None:
    _units, rows = convert(("a.service", f"[Service]\n{line}\n"))
    assert refusals(rows) == [path]


def test_a_service_of_a_quadlet_is_refused() -> None:
    text = added(NEW, "Unit", "SourcePath=/etc/containers/systemd/a.container")
    assert refusals(convert(text)[1]) == ["[Unit] SourcePath"]


def test_a_unit_that_runs_as_a_user() -> None:
    text = added(NEW, "Service", "User=alice")
    assert refusals(convert(text)[1]) == ["[Service] User"]
    units, rows = convert(text, scope="user")
    assert refusals(rows) == []
    assert "User=" not in units["plain.container"]


def test_a_parent_cgroup_is_not_split() -> None:
    """Podman 5.4: cannot specify --cgroup-mode=split with a cgroup-parent."""
    text = NEW.replace("--name plain", "--name plain --cgroup-parent=a.slice")
    lines = convert(text)[0]["plain.container"].split("\n")
    assert {"PodmanArgs=--cgroup-parent a.slice", "CgroupsMode=no-conmon"} <= set(lines)


def test_a_pod_that_is_made_along() -> None:
    units, rows = convert(NEW.replace("--name plain", "--name plain --pod new:shop"))
    assert "PodName=shop" in units["shop.pod"]
    assert "Pod=shop.pod" in units["plain.container"]
    assert refusals(rows) == []


def test_a_container_that_is_made_in_front_of_its_start() -> None:
    made = f"ExecStartPre=/usr/bin/podman create --name web -p 80:80 {IMAGE}\n"
    for start in ("podman start -a web", f"podman run --name web -p 80:80 {IMAGE}"):
        text = f"[Service]\n{made}ExecStart=/usr/bin/{start}\nExecStop=/usr/bin/podman stop web\n"
        units, rows = convert(("web.service", text))
        lines = units["web.container"].split("\n")
        assert {f"Image={IMAGE}", "ContainerName=web", "PublishPort=80:80"} <= set(lines)
        assert (made.strip() in lines) == ("run" in start)
        assert refusals(rows) == []


def test_units_that_run_docker() -> None:
    text = (
        "[Unit]\nAfter=docker.service\nRequires=docker.service\n[Service]\nRestart=always\n"
        "ExecStartPre=-/usr/bin/docker rm -f %p\nExecStartPre=/usr/bin/docker pull nginx:1\n"
        "ExecStart=/usr/bin/docker run --rm --name %p -p 80:80 nginx:1\n"
        "ExecStop=/usr/bin/docker stop %p\nExecReload=/usr/bin/docker exec %p reload\n"
    )
    units, rows = convert(("web.service", text))
    lines = units["web.container"].split("\n")
    assert {"Image=docker.io/library/nginx:1", "ContainerName=web", "Pull=newer"} <= set(lines)
    assert not any("docker " in line or "docker.service" in line for line in lines)
    assert [row["path"] for row in rows if row["outcome"] == "dropped"] == ["[Service] ExecReload"]


HOSTILE: t.Final = (
    "",
    "\x00",
    "[Service]\nExecStart=/usr/bin/podman run \ue025\n",
    "{",
    '{"a": 1}',
    "[Service\nExecStart=podman run x\n",
    "[Service]\nExecStart=podman run --name ../../x -v a:b:c:d x\n",
    "[Service]\nExecStart=podman\n",
    "[Service]\nExecStart=\n",
    "[Service]\nExecStart=podman run " + "-e A=b " * 20000 + "x\n",
    "# a.service\n" * 3000,
    "[Service]\nExecStart=podman run --name a\\x00b x\n",
    "[Service]\nExecStart=podman run -d\n",
    "[Service]\nExecStart=podman run x\n" + "Restart=no\n" * 90000,
    "[Service]\nExecStart=podman run x\n" + "Nice=\nFoo=1\n" * 20000,
    "[Service]\n" + "x" * (10 << 20),
    "[Service]\nExecStart=podman run x ; podman run y\n",
)


def test_hostile_texts_are_refused_or_read() -> None:
    for text in HOSTILE:
        units, rows = convert(text)
        assert units or refusals(rows), text[:60]
