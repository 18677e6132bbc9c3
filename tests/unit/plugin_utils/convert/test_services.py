"""What of a container is systemd's: restarts, dependencies, times, boot; and what is told."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Attachment,
    Container,
    Dependency,
    Health,
    Hook,
    Line,
    Model,
    Mount,
    Network,
    Option,
    Options,
    Pod,
    Port,
    Restart,
    SecretUse,
    Volume,
)
from tests.unit.support.conversions import Converted, Giver, convert, lint
from tests.unit.support.generators import Generator

Build = t.Callable[[Giver], Model]


class Row(t.NamedTuple):
    """lines: that are there, UNIT [SECTION] KEY=VALUE without the suffix .container; not: that are
    not.  told: (outcome, rule) of the report.
    """

    name: str
    build: Build
    lines: str
    absent: str = ""
    told: tuple[tuple[str, str], ...] = ()
    options: Options = Options()


def _web(**parts: t.Any) -> Build:
    """A model of one container; a part that is a function gets the giver."""

    def build(give: Giver) -> Model:
        made = {k: v(give) if callable(v) else v for k, v in parts.items()}
        return Model("app", [give.container("web", **made)])

    return build


def _restart(policy: str, tries: int = 0, delay: float | None = None) -> Build:
    return _web(restart=lambda g: Restart(policy, g(), tries, delay))


def _checked(give: Giver, **times: float) -> Health:
    return Health(give.value(("/c",)), **{k: give.value(v) for k, v in times.items()})


def _needs(condition: str, db: dict[str, t.Any] | None = None, **more: t.Any) -> Build:
    """web needs db."""

    def build(give: Giver) -> Model:
        need = Dependency("db", condition, give("need"), **more)
        made = {k: v(give) if callable(v) else v for k, v in (db or {}).items()}
        containers = [give.container("web", dependencies=[need])]
        return Model(
            "app", [*containers, give.container("db", **made)] if db is not None else containers
        )

    return build


def _mount(kind: str, source: str, target: str, **more: t.Any) -> Build:
    return _web(mounts=lambda g: [Mount(kind, source, target, g(), **more)])


def _option(name: str, value: str | None) -> Build:
    return _web(options=lambda g: [Option(name, value, g())])


def _shares(restart: str, **parts: t.Any) -> Build:
    """web needs db, and shares what parts say."""

    def build(give: Giver) -> Model:
        need = Dependency("db", "started", give("need"))
        made = {k: v(give) for k, v in parts.items()}
        web = give.container("web", dependencies=[need], **made)
        return Model("app", [web, give.container("db", restart=Restart(restart, give()))])

    return build


def _port(**more: t.Any) -> t.Callable[[Giver], list[Port]]:
    return lambda g: [Port("80", g(), **more)]


def _networked(give: Giver) -> Model:
    """An internal network that publishes."""
    model = _internal(give)
    model.containers[0].ports = [Port("80", give(), host="80")]
    return model


def _internal(give: Giver) -> Model:
    web = give.container("web")
    web.networks = [Attachment("net", give())]
    return Model("app", [web], networks=[Network("net", give(), "n", internal=give.value(True))])


def _joined(give: Giver) -> Model:
    """web uses the network of vpn, and has a port."""
    web = give.container("web", network_mode=give.value("service:vpn"))
    web.ports = [Port("80", give(), host="8080")]
    return Model("app", [web, give.container("vpn")])


def _in_a_pod(give: Giver) -> Model:
    web = give.container("web", pod=give.value("front"), ports=[Port("80", give(), host="80")])
    web.networks = [Attachment("net", give(), aliases=["web"])]
    web.options = [Option("--hostname", "h", give()), Option("--memory", "1g", give())]
    db = give.container("db", pod=give.value("front"))
    db.networks = [Attachment("net", give(), aliases=["db"])]
    db.options = [Option("--hostname", "other", give())]
    return Model(
        "app", [web, db], [Pod("front", give(), "front")], [Network("net", give(), "app_net")]
    )


def _two(give: Giver) -> Model:
    web = give.container("web", ports=[Port("80", give(), host="80")])
    return Model(
        "app", [web, give.container("db"), give.container("far", network_mode=give.value("host"))]
    )


def _device(give: Giver) -> Model:
    volume = Volume("data", give(), "app_data")
    volume.driver_options = {
        "type": give.value("none"), "o": give.value("bind"), "device": give.value("/mnt/x"),
    }  # fmt: skip
    web = give.container("web", mounts=[Mount("volume", "data", "/d", give())])
    return Model("app", [web], volumes=[volume])


def _nfs(give: Giver) -> Model:
    volume = Volume("data", give(), "app_data", driver=give.value("local"))
    volume.driver_options = {
        "type": give.value("nfs"), "o": give.value("addr=10.0.0.1,rw"), "device": give.value(":/x"),
    }  # fmt: skip
    return Model("app", [give.container("web")], volumes=[volume])


def _same_services(give: Giver) -> Model:
    return Model("app", [give.container("a-network")], networks=[Network("a", give(), "a")])


def _secrets(give: Giver) -> Model:
    one = {"DB_PASSWORD": give.value("x"), "API_TOKEN": give.value("t0k")}
    two = {"DB_PASSWORD": give.value("y"), "API_TOKEN": give.value("t0k")}
    return Model(
        "app", [give.container("a", environment=one), give.container("b", environment=two)]
    )


USER = Options(scope="user")
ALWAYS = "web [Unit] StartLimitIntervalSec=0\nweb [Service] Restart=always"

# fmt: off
ROWS: tuple[Row, ...] = (
    # Restarts: systemd's limit is off where Docker has none; a number of tries is systemd's.
    Row("always", _restart("always"), f"{ALWAYS}\nweb [Service] RestartSec=1\n"
        "web [Service] RestartSteps=6\nweb [Service] RestartMaxDelaySec=60\n"
        "web [Service] SuccessExitStatus=143\nweb [Service] SuccessExitStatus=137"),
    Row("unless stopped", _restart("unless-stopped"), ALWAYS, told=(("approximated", "restart"),)),
    Row("on failure", _restart("on-failure"),
        "web [Service] Restart=on-failure\nweb [Unit] StartLimitIntervalSec=0", "=137"),
    Row("three tries", _restart("on-failure", 3),
        "web [Unit] StartLimitBurst=4\nweb [Unit] StartLimitIntervalSec=44",
        "RestartSteps=", (("approximated", "restart"),)),
    Row("with a delay", _restart("always", 0, 5.0), "web [Service] RestartSec=5", "RestartSteps="),
    Row("with a short one", _restart("always", 0, 0.5), "web [Service] RestartSec=500ms"),
    Row("none", _restart("no"), "", "Restart="),
    Row("nothing said", _web(), "web [Service] SuccessExitStatus=143", "Restart="),
    # Boot.
    Row("boot", _web(), "web [Install] WantedBy=default.target"),
    Row("no boot", _web(), "", "WantedBy=", options=Options(boot=False)),
    Row("its own boot", _web(boot=True), "web [Install] WantedBy=default.target",
        options=Options(boot=False)),
    # Dependencies.
    Row("started", _needs("started", {}),
        "web [Unit] Wants=db.service\nweb [Unit] After=db.service", "Requires="),
    Row("started, restarts along", _needs("started", {}, restart=True),
        "web [Unit] Requires=db.service\nweb [Unit] After=db.service", "Wants=",
        (("approximated", "dependency"),)),
    Row("healthy", _needs("healthy", {"health": _checked}),
        "web [Unit] Requires=db.service\nweb [Unit] After=db.service\n"
        "db [Container] Notify=healthy\ndb [Service] TimeoutStartSec=240",
        told=(("approximated", "dependency"),)),
    Row("healthy, by choice only wanted", _needs("healthy", {"health": _checked}),
        "web [Unit] Wants=db.service\ndb [Container] Notify=healthy", "Requires=",
        options=Options(healthy="wants")),
    Row("healthy, slowly", _needs("healthy", {"health": lambda g: _checked(
        g, start_period=600.0, interval=60.0, timeout=10.0)}),
        "db [Service] TimeoutStartSec=870"),
    Row("healthy by a check of the image", _needs("healthy", {}),
        "web [Unit] Requires=db.service", "Notify=", (("approximated", "dependency"),)),
    Row("completed", _needs("completed", {}),
        "web [Unit] Requires=db.service\ndb [Service] Type=oneshot\n"
        "db [Service] RemainAfterExit=yes", "db [Install]"),
    Row("completed, restarted on failure",
        _needs("completed", {"restart": lambda g: Restart("on-failure", g())}),
        "db [Service] Restart=on-failure\ndb [Service] Type=oneshot\n"
        "db [Service] RestartMode=direct"),
    Row("needed, restarted", _shares("always"), "db [Service] RestartMode=direct"),
    Row("needed, not restarted", _shares("no"), "", "RestartMode="),
    Row("needed for its network",
        _shares("always", network_mode=lambda g: g.value("service:db")),
        "db [Service] Restart=always", "RestartMode="),
    Row("needed for its processes",
        _shares("always", options=lambda g: [Option("--pid", "service:db", g())]),
        "db [Service] Restart=always", "RestartMode="),
    Row("needed, of podman",
        _needs("started", {"restart": lambda g: Restart("always", g()), "engine": "podman"}),
        "db [Service] Restart=always", "RestartMode="),
    Row("completed, restarted always",
        _needs("completed", {"restart": lambda g: Restart("always", g())}),
        "db [Service] Restart=on-failure", told=(("approximated", "restart-job"),)),
    Row("not required", _needs("started", {}, required=False), "web [Unit] Wants=db.service",
        "Requires="),
    Row("not required and not there", _needs("started", None, required=False), "",
        "db.service", (("dropped", ""),)),
    Row("a job of nobody", _web(job=True),
        "web [Service] Type=oneshot\nweb [Install] WantedBy=default.target", "RemainAfterExit="),
    # Stopping.
    Row("patience", _web(stop_timeout=lambda g: g.value(60.0)), "web [Container] StopTimeout=60",
        "TimeoutStopSec="),
    Row("more patience", _web(stop_timeout=lambda g: g.value(90.5)),
        "web [Container] StopTimeout=91\nweb [Service] TimeoutStopSec=101"),
    # The user's own lines come first.
    Row("own lines", _web(lines=lambda g: [
        Line("Service", "Restart", "on-abort", g()), Line("Unit", "After", "x.service", g()),
        Line("Unit", "After", "y.service", g()), Line("Service", "SuccessExitStatus", "3", g())],
        restart=lambda g: Restart("always", g())),
        "web [Service] Restart=on-abort\nweb [Unit] After=x.service\nweb [Unit] After=y.service\n"
        "web [Service] SuccessExitStatus=3", "SuccessExitStatus=143"),
    Row("hooks", _web(hooks=lambda g: [Hook(("sh", "-c", 'echo "$X" 50%'), g(), user="1",
        environment={"A": "b c"})]),
        'web [Service] ExecStartPost=/usr/bin/podman exec --user 1 --env "A=b c" systemd-web sh -c '
        '"echo \\"$$X\\" 50%%"'),
    # Directories and files.
    Row("a directory of the data", _mount("bind", "./x", "/d", make=True),
        "web [Container] Volume=/srv/app/x:/d:z\ndirectories /srv/app/x",
        told=(("moved", "bind-source"),)),
    Row("of a user", _mount("bind", "./x", "/d", make=True),
        "web [Container] Volume=%h/.local/share/app/x:/d:z\n"
        "directories %h/.local/share/app/x", options=USER),
    Row("of a place of its own", _mount("bind", "./x", "/d", make=True),
        "web [Container] Volume=/data/x:/d:z\ndirectories /data/x", options=Options(data="/data")),
    Row("elsewhere", _mount("bind", "/mnt/x", "/d", make=True), "directories /mnt/x",
        told=(("approximated", "selinux-label"),)),
    Row("that nobody makes", _mount("bind", "/mnt/x", "/d"), "", "directories"),
    Row("of the system", _mount("bind", "/etc/localtime", "/etc/localtime", make=True,
        options={"ro": None}), "web [Container] Volume=/etc/localtime:/etc/localtime:ro",
        "directories"),
    Row("with a percent sign", _mount("bind", "/mnt/50%", "/d", make=True),
        'web [Service] ExecStartPre=/usr/bin/mkdir -p -- /mnt/50%%', "directories"),
    Row("a file that is not there", _mount("bind", "./a.conf", "/a.conf", make=True),
        "web [Container] Volume=/srv/app/a.conf:/a.conf:z", "directories",
        (("moved", "bind-source"),)),
    Row("a tmpfs with an owner", _mount("tmpfs", "", "/t", options={
        "mode": "0700", "uid": "1009", "gid": "0"}),
        "web [Container] Tmpfs=/t:noexec,notmpcopyup,mode=0700,U", told=(("approximated", ""),)),
    Row("a tmpfs of root", _mount("tmpfs", "", "/t", options={"uid": "0", "size": "1m"}),
        "web [Container] Tmpfs=/t:noexec,notmpcopyup,mode=1777,size=1m"),
    Row("a tmpfs with flags", _mount("tmpfs", "", "/t", options={
        "noatime": None, "nr_inodes": "9", "nosuid": None}),
        "web [Container] Tmpfs=/t:noexec,notmpcopyup,mode=1777,nosuid",
        told=(("approximated", ""),)),
    Row("labels kept", _mount("bind", "./x", "/d"), "web [Container] Volume=/srv/app/x:/d",
        "SecurityLabelDisable=", options=Options(selinux="keep")),
    Row("labels of its own", _mount("bind", "./x", "/d"), "web [Container] Volume=/srv/app/x:/d:Z",
        options=Options(selinux="private")),
    Row("no labels", _mount("bind", "./x", "/d"),
        "web [Container] Volume=/srv/app/x:/d\nweb [Container] SecurityLabelDisable=true",
        options=Options(selinux="disable")),
    Row("Docker's socket", _mount("bind", "/run/docker.sock", "/var/run/docker.sock"),
        "web [Unit] Wants=podman.socket\nweb [Unit] After=podman.socket",
        told=(("approximated", "engine-socket"), ("exact", "lint"))),
    Row("Docker's socket of a user", _mount("bind", "/run/docker.sock", "/x"),
        "web [Container] Volume=%t/podman/podman.sock:/x", options=USER),
    Row("Docker's state", _mount("bind", "/var/lib/docker", "/x", options={"ro": None}), "",
        "Volume=", (("dropped", "engine-directory"),)),
    Row("an anonymous volume", _mount("volume", "", "/var/lib/x"),
        "web-var-lib-x.volume [Volume] VolumeName=app_web-var-lib-x",
        told=(("approximated", "anonymous-volume"),)),
    Row("a volume that is a directory", _device, "web [Container] Volume=/mnt/x:/d",
        "data.volume", (("moved", "volume-device"),)),
    Row("a volume of a server", _nfs, "data.volume [Volume] Type=nfs\n"
        "data.volume [Volume] Device=:/x\ndata.volume [Volume] Options=addr=10.0.0.1,rw"),
    Row("of a user's server", _nfs, "data.volume [Volume] Type=nfs",
        told=(("approximated", "volume-driver"),), options=USER),
    # Networks.
    Row("an internal network with ports", _networked,
        "net.network [Network] Options=no_default_route=true", "Internal=",
        (("approximated", "internal-network"),)),
    Row("an internal network", _internal, "net.network [Network] Internal=true"),
    Row("a shared network", _joined, "web [Container] Network=vpn.container\n"
        "vpn [Container] PublishPort=8080:80", told=(("moved", "shared-network"),)),
    Row("of an older Podman", _joined, "web [Container] Network=container:systemd-vpn\n"
        "web [Unit] Requires=vpn.service\nweb [Unit] After=vpn.service",
        options=Options(podman=(4, 9))),
    Row("a low port of a user", _web(ports=_port(host="80")), "web [Container] PublishPort=80:80",
        told=(("approximated", "rootless-port"), ("approximated", "client-address")), options=USER),
    Row("a low port", _web(ports=_port(host="80")), "web [Container] PublishPort=80:80"),
    Row("one service, two units", _same_services,
        "a-network [Container] Image=docker.io/library/i:1\na-2.network [Network] NetworkName=a"),
    # Pods.
    Row("members of a pod", _in_a_pod, "front.pod [Pod] PublishPort=80:80\n"
        "front.pod [Pod] Network=net.network:alias=web,alias=db\n"
        "front.pod [Pod] PodmanArgs=--hostname h\nweb [Container] Pod=front.pod\n"
        "web [Container] PodmanArgs=--memory 1g", "web [Install]",
        (("moved", "pod"), ("dropped", "pod"))),
    Row("a pod by choice", _two, "app.pod [Pod] PodName=app\napp.pod [Pod] PublishPort=80:80\n"
        "web [Container] Pod=app.pod\ndb [Container] Pod=app.pod\nfar [Container] Network=host",
        "far [Container] Pod", (("moved", "pod"),), Options(pod=True)),
    # Whose rights.
    Row("capabilities", _web(), "", "AddCapability=", (("approximated", "capabilities"),)),
    Row("capabilities of Docker", _option("--cap-drop", "MKNOD"),
        "web [Container] AddCapability=NET_RAW\nweb [Container] AddCapability=AUDIT_WRITE",
        "AddCapability=MKNOD", options=Options(capabilities="docker")),
    Row("none at all", _option("--cap-drop", "ALL"), "web [Container] DropCapability=ALL",
        "AddCapability=", options=Options(capabilities="docker")),
    Row("privileged user", _option("--privileged", None), "web [Container] PodmanArgs=--privileged",
        told=(("approximated", "rootless-privileges"),), options=USER),
    Row("a score below zero", _option("--oom-score-adj", "-5"), "",
        told=(("approximated", "rootless-privileges"),), options=USER),
    Row("device rules", _option("--device-cgroup-rule", "c 1:1 r"), "", "--device-cgroup-rule",
        (("dropped", "rootless-privileges"),), USER),
    Row("a high limit", _option("--ulimit", "nofile=1048576"),
        "web [Container] Ulimit=nofile=1048576",
        told=(("approximated", "rootless-limits"),), options=USER),
    Row("a user of a user", _web(user=lambda g: g.value("1000"), mounts=lambda g: [
        Mount("bind", "/mnt/x", "/d", g())]), "web [Container] User=1000",
        told=(("approximated", "rootless-owner"),), options=USER),
    Row("PUID of a user", _web(environment=lambda g: {"PUID": g.value("1000")}, mounts=lambda g: [
        Mount("bind", "/mnt/x", "/d", g())]), "web [Container] Environment=PUID=1000",
        told=(("approximated", "rootless-owner"),), options=USER),
    Row("GPUs", _option("--gpus", "all"), "web [Container] AddDevice=nvidia.com/gpu=all",
        told=(("approximated", "gpu"),)),
    Row("a far log", _option("--log-driver", "gelf"), "", "LogDriver=", (("dropped", "logging"),)),
    Row("a slice", _option("--cgroup-parent", "a.slice"), "web [Service] Slice=a.slice",
        told=(("moved", ""),)),
    # Secrets.
    Row("secrets", _secrets,
        "a [Container] Secret=source=db-password,type=env,target=DB_PASSWORD\n"
        "b [Container] Secret=source=b-db-password,type=env,target=DB_PASSWORD\n"
        "b [Container] Secret=source=api-token,type=env,target=API_TOKEN", "Environment=",
        (("moved", "secret"),)),
    Row("a secret with two modes", _web(secrets=lambda g: [SecretUse("s", g()),
        SecretUse("s", g(), options={"target": "/k", "mode": "0400"})]),
        "web [Container] Secret=source=s,type=mount,target=/k,mode=0400",
        told=(("approximated", ""),)),
    Row("no secrets by choice", _secrets, "a [Container] Environment=DB_PASSWORD=x", "Secret=",
        (("exact", "lint"),), Options(secrets="keep")),
    Row("labels of Compose", _web(labels=lambda g: {"com.docker.compose.project": g.value("x"),
        "traefik.enable": g.value("true")}), "web [Container] Label=traefik.enable=true",
        "com.docker", (("dropped", "label"),)),
)

REFUSED: tuple[tuple[str, Build, str], ...] = (
    ("no image", lambda g: Model("app", [Container("web", g())]), "no image"),
    ("a service that is not there", _needs("started", None), "no service db"),
    ("no check to wait for", _needs("healthy", {"health": lambda g: Health(g.value(()))}),
     "no health check"),
    ("a network of nobody", _web(network_mode=lambda g: g.value("service:x")), "no service x"),
    ("no command", _web(command=lambda g: g.value(())), "drop the image's command"),
    ("one word with a blank", _web(health=lambda g: Health(g.value(("a b",)))), "no form for"),
    ("a driver", lambda g: Model("app", [g.container("web")], volumes=[
        Volume("x", g(), "x", driver=g.value("rclone"))]), "no volume driver"),
    ("Docker's state", _mount("bind", "/var/lib/docker", "/x"), "Docker's own"),
    ("a pipe of Windows", _mount("npipe", "x", "/x"), "no mounts of type npipe"),
    ("the home of another user", _mount("bind", "~joe/x", "/x"), "home of another"),
    ("a name that no container has", _web(container_name=lambda g: g.value("a b")), "a b"),
    ("a NUL", _web(environment=lambda g: {"A": g.value("\x00")}), "NUL"),
    ("a path of units", _mount("bind", "/etc/systemd/system", "/x"), "/etc/systemd/system"),
    ("a circle", lambda g: Model("app", [
        g.container("a", dependencies=[Dependency("b", "started", g())]),
        g.container("b", dependencies=[Dependency("a", "started", g())])]), "each other"),
)
# fmt: on


def _lines(converted: Converted) -> set[str]:
    """UNIT [SECTION] LINE of all units, and the directories."""
    found = {f"directories {path}" for path in converted.app["directories"]}
    for name, text in converted.texts.items():
        section = ""
        for line in text.splitlines():
            section = line if line.startswith("[") else section
            found.add(f"{name.removesuffix('.container')} {section} {line}")
    return found


def test_lines_of_systemd_and_what_is_told() -> None:
    for row in ROWS:
        give = Giver()
        converted = convert(row.build(give), give, row.options)
        assert converted.refusals == [], row.name
        lines = _lines(converted)
        assert set(filter(None, row.lines.split("\n"))) <= lines, (row.name, sorted(lines))
        assert not row.absent or not any(row.absent in line for line in lines), row.name
        told = {(item["outcome"], item["rule"]) for item in converted.items}
        assert set(row.told) <= told, (row.name, told)


def test_older_releases_get_what_they_read() -> None:
    for podman in ((4, 7), (4, 9), (5, 0)):
        for row in ROWS:
            if "pod" in row.name and podman < (5, 0):
                continue
            give = Giver()
            options = dataclasses.replace(row.options, podman=podman)
            assert convert(row.build(give), give, options).refusals == [], (podman, row.name)


def test_refusals() -> None:
    for name, build, what in REFUSED:
        give = Giver()
        refusals = convert(build(give), give).refusals
        assert any(what in refusal for refusal in refusals), (name, refusals)


def test_generators_and_lint_take_them(generator: Generator, tmp_path: pathlib.Path) -> None:
    for number, row in enumerate(ROWS):
        give = Giver()
        converted = convert(row.build(give), give, row.options)
        made = generator.make(converted.texts, tmp_path / str(number))
        assert made.err == "", row.name
        assert len(made.services) == len(converted.texts), row.name
        errors = [f for f in lint(converted, row.options.scope) if f.level == "error"]
        assert errors == [], row.name


def test_lint_findings_are_in_the_report() -> None:
    for row in ROWS:
        give = Giver()
        converted = convert(row.build(give), give, row.options)
        reasons = " ".join(item["reason"] for item in converted.items)
        for finding in lint(converted, row.options.scope):
            assert f"{finding.rule}: {finding.where}" in reasons, (row.name, finding)
