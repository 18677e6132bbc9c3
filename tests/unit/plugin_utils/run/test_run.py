"""Lines of docker and podman become units with the same options and values."""

from __future__ import annotations

import collections
import pathlib
import re

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Options
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.write import write_app
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.arguments import parse_arguments
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.options import ALIASES, OPTIONS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.read import RunOptions, read_run
from tests.unit.support.conversions import Converted, commands, rendered, split_options, told
from tests.unit.support.generators import Generator

EXAMPLES = {
    "--add-host": "a:10.0.0.1",
    "--annotation": "a=b c",
    "--attach": "stdout",
    "--blkio-weight": "300",
    "--cap-add": "net_admin",
    "--cap-drop": "all",
    "--cgroupns": "private",
    "--cgroups": "no-conmon",
    "--cpus": "0.5",
    "--device": "/dev/snd:/dev/snd:r",
    "--device-cgroup-rule": "c 13:* rwm",
    "--dns": "1.1.1.1",
    "--entrypoint": "/e",
    "--env": "A=b c",
    "--env-file": "/etc/x.env",
    "--expose": "80/udp",
    "--gpus": "all",
    "--health-cmd": "curl -f http://x || exit 1",
    "--health-interval": "1m30s",
    "--health-log-destination": "local",
    "--health-max-log-count": "5",
    "--health-max-log-size": "500",
    "--health-on-failure": "kill",
    "--health-retries": "4",
    "--health-start-period": "1h",
    "--health-startup-cmd": "/c",
    "--health-startup-interval": "5s",
    "--health-startup-retries": "3",
    "--health-startup-success": "2",
    "--health-startup-timeout": "6s",
    "--health-timeout": "7s",
    "--hostname": "h.example",
    "--ip": "10.88.0.9",
    "--ip6": "fd00::9",
    "--ipc": "host",
    "--label": "a=b c",
    "--label-file": "/x",
    "--log-driver": "journald",
    "--log-opt": "tag=x",
    "--mac-address": "92:d0:c6:0a:29:33",
    "--memory": "512m",
    "--mount": "type=bind,source=/srv/x,target=/x,ro",
    "--network": "host",
    "--oom-score-adj": "-5",
    "--pid": "host",
    "--pids-limit": "100",
    "--pod": "p",
    "--publish": "127.0.0.1:8080:80/udp",
    "--pull": "newer",
    "--restart": "always",
    "--requires": "elsewhere",
    "--retry": "3",
    "--retry-delay": "5s",
    "--sdnotify": "container",
    "--secret": "s,type=env,target=X",
    "--security-opt": "label=type:x_t",
    "--shm-size": "64m",
    "--stop-signal": "SIGINT",
    "--stop-timeout": "20",
    "--sysctl": "net.core.somaxconn=1024",
    "--tmpfs": "/t:size=64m",
    "--ulimit": "nofile=1024:2048",
    "--user": "1000:100",
    "--userns": "keep-id",
    "--uts": "host",
    "--volume": "/srv/x:/x:ro,z",
    "--workdir": "/a b",
}
"""A value of each option that takes one of a certain form; others take x."""

SPELLED: dict[str, str] = {
    "--attach": "",
    "--detach-keys": "",
    "--cidfile": "",
    "--conmon-pidfile": "",
    "--gpus": "--device=nvidia.com/gpu=all",
    "--kernel-memory": "",
    "--mount": "--volume=/srv/x:/x:ro",
    "--name": "--name=x",
    "--pidfile": "",
    "--preserve-fd": "",
    "--preserve-fds": "",
    "--quiet": "",
    "--restart": "",
    "--runtime": "global--runtime=x",
    "--secret": "--secret=source=s,type=env,target=X",
    "--sig-proxy": "",
    "--storage-opt": "global--storage-opt=x",
    "--detach": "",
    "--disable-content-trust": "",
    "--replace": "",
    "--rm": "",
}
"""What a service says otherwise, or says already."""

APART = frozenset({"--help", "--rootfs"})
"""No container, or another kind of image."""

BESIDE = {"--cgroup-parent": "--cgroups=no-conmon"}
"""What Podman asks for together with an option."""

ALWAYS = collections.Counter(
    ["--rm", "--replace", "-d", "--cgroups=split", "--sdnotify=conmon", "--cidfile=%t/%N.cid",
     "--name=systemd-%N"]
)  # fmt: skip

IMAGE = "docker.io/library/i:1"


def _convert(text: str, **variables: str) -> Converted:
    report = Report()
    model = read_run(text, report, RunOptions(variables=variables))
    app = write_app(model, report, Options())
    return Converted(app, rendered(app), told(report), report.refusals())


def _words(name: str) -> str:
    row = OPTIONS[name]
    return name if row.flag else f"{name}='{EXAMPLES.get(name, 'x')}'"


def _wanted(name: str) -> list[str]:
    if name in SPELLED:
        return list(filter(None, [SPELLED[name]]))
    row = OPTIONS[name]
    return [name if row.flag else f"{name}={EXAMPLES.get(name, 'x')}"]


def test_each_option_of_podman_arrives(generator: Generator, tmp_path: pathlib.Path) -> None:
    names = [n for n, row in OPTIONS.items() if "p" in row.engines and n not in APART]
    assert len(names) > 130
    lines = "\n".join(f"podman run {_words(name)} {IMAGE} a 'b c'" for name in names)
    lines = lines.replace("--name='x'", "--name=x")
    converted = _convert(lines)
    assert converted.refusals == []
    made = commands(generator, converted.texts, tmp_path)
    assert made.said == ""
    stems = ["i", *(f"i-{n}" for n in range(2, len(names) + 1))]
    stems.remove(stems[-1])
    stems.insert(names.index("--name"), "x")
    wrong = []
    for name, stem in zip(names, stems):
        options, after = split_options(made.by_service[f"{stem}.service"].words)
        got = collections.Counter(options) - ALWAYS
        beside = [BESIDE[name]] if name in BESIDE else []
        wanted = collections.Counter([*_wanted(name), *beside]) - ALWAYS
        if got != wanted or after != ["a", "b c"]:
            wrong.append((name, dict(got), dict(wanted), after))
    assert wrong == []


# fmt: off
READ_ONLY = (
    "--read-only --read-only-tmpfs=false --tmpfs=/dev/shm:noexec,notmpcopyup,mode=1777,size=64m"
)

DOCKER = (
    ("-it", "--interactive --tty"),
    ("-itd", "--interactive --tty"),
    ("-d -p8080:80", "--publish=8080:80"),
    ("-dp 8080:80", "--publish=8080:80"),
    ("-p=8080:80", "--publish=8080:80"),
    ("-p 80", "--publish=80"),
    ("-p 8080-8082:80-82", "--publish=8080-8082:80-82"),
    ("-p [::1]:8080:80", "--publish=[::1]:8080:80"),
    ("-P --expose 80", "--publish-all --expose=80"),
    ("--expose 80", ""),
    ("-eA=1 -e B=2 --env C=3 --env=D=4", "--env=A=1 --env=B=2 --env=C=3 --env=D=4"),
    ("-e A=1 -e A=2", "--env=A=2"),
    ("-e A", "--env=A"),
    ("-e A=", "--env=A="),
    ("-e 'A=x=y z'", "--env=A=x=y z"),
    ("-e API_KEY=k3y", "--secret=source=api-key,type=env,target=API_KEY"),
    ("-l a -l b=c --label d=", "--label=a= --label=b=c --label=d="),
    ("-v data:/d", "--volume=data:/d"),
    ("-v data:/d -v data:/e:ro", "--volume=data:/d --volume=data:/e:ro"),
    ("-v /d", "--volume=i_d:/d"),
    ("-v ./x:/d:z", "--volume=/w/x:/d:z"),
    ("-v .:/d:z", "--volume=/w:/d:z"),
    ("-v ../x:/d:z", "--volume=/x:/d:z"),
    ("-v /mnt/x/:/d/:z", "--volume=/mnt/x/:/d/:z"),
    ("--mount type=bind,source=x,target=/d,relabel=shared", "--volume=/w/x:/d:z"),
    ("--mount type=bind,source=/mnt/x,target=/d,bind-nonrecursive,relabel=shared",
     "--mount=type=bind,source=/mnt/x,target=/d,bind-nonrecursive,relabel=shared"),
    ("--env-file x.env", "--env-file=/w/x.env"),
    ("--label-file /x", "--label-file=/x"),
    ("--domainname x --storage-opt size=1g --link db", ""),
    ("--privileged=false --tty=false -i=false --read-only=false", ""),
    ("--health-cmd /c --health-start-interval 5s",
     "--health-cmd=/c --health-startup-cmd=/c --health-startup-interval=5s"),
    ("--cgroup-parent x", ""),
    ("-v /mnt/x:/d:ro,z", "--volume=/mnt/x:/d:ro,z"),
    ("-v /mnt/x:/d:rslave", "--volume=/mnt/x:/d:rslave --security-opt=label=disable"),
    ("--mount type=volume,src=data,dst=/d", "--volume=data:/d"),
    ("--mount src=data,target=/d,readonly", "--volume=data:/d:ro"),
    ("--mount src=data,target=/d,volume-subpath=s",
     "--mount=type=volume,source=data,target=/d,subpath=s"),
    ("--mount src=data,target=/d,volume-nocopy=true", "--volume=data:/d:nocopy"),
    ("--mount type=bind,source=/mnt/x,target=/d,bind-propagation=rshared",
     "--volume=/mnt/x:/d:rshared --security-opt=label=disable"),
    ("--mount type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=700",
     "--tmpfs=/t:noexec,notmpcopyup,size=1m,mode=700"),
    ("--mount '\"type=volume\",src=data,dst=/d'", "--volume=data:/d"),
    ("--tmpfs /t", "--tmpfs=/t:noexec,notmpcopyup,mode=1777"),
    ("--tmpfs /t:exec,size=1m", "--tmpfs=/t:notmpcopyup,mode=1777,size=1m"),
    ("--read-only", READ_ONLY),
    ("--init", "--init"),
    ("--init=false", "--init=false"),
    ("--privileged=true", "--privileged"),
    ("--name web", "--name=web"),
    ("--restart unless-stopped", ""),
    ("--restart=on-failure:3 --rm=false", ""),
    ("--network host", "--network=host"),
    ("--net=none", "--network=none"),
    ("--network bridge", ""),
    ("--network container:x", "--network=container:x"),
    ("--network back --network-alias a --net-alias b --ip 10.1.1.1",
     "--network=back:alias=a,alias=b,ip=10.1.1.1"),
    ("--network name=back,alias=a,ip=10.1.1.1", "--network=back:alias=a,ip=10.1.1.1"),
    ("--network back --network front", "--network=back --network=front"),
    ("--network back --mac-address 92:d0:c6:0a:29:33", "--network=back:mac=92:d0:c6:0a:29:33"),
    ("--ip 10.1.1.1", "--ip=10.1.1.1"),
    ("-h box -u 5:6 -w /w", "--hostname=box --user=5:6 --workdir=/w"),
    ("-hbox -u5 -w/w", "--hostname=box --user=5 --workdir=/w"),
    ("-m1g -c 512", "--memory=1g --cpu-shares=512"),
    ("--entrypoint sh", "--entrypoint=sh"),
    ("--entrypoint 'a b'", "--entrypoint=a b"),
    ("--entrypoint ''", "--entrypoint="),
    ("--health-cmd 'test -f /x' --health-interval=90s --health-retries 2",
     "--health-cmd=test -f /x --health-interval=90s --health-retries=2"),
    ("--health-cmd /c --health-start-period 1m --health-timeout 500ms",
     "--health-cmd=/c --health-start-period=60s --health-timeout=500ms"),
    ("--no-healthcheck", "--health-cmd=none"),
    ("--gpus all", "--device=nvidia.com/gpu=all"),
    ("--gpus '\"device=0,1\"'", "--device=nvidia.com/gpu=0 --device=nvidia.com/gpu=1"),
    ("--runtime nvidia", "--device=nvidia.com/gpu=all"),
    ("-v /mnt/x:/d:z --tmpfs /u:mode=755",
     "--volume=/mnt/x:/d:z --tmpfs=/u:noexec,notmpcopyup,mode=755"),
    ("--log-driver json-file --log-opt max-size=10m", ""),
    ("--log-opt max-size=10m", ""),
    ("--log-driver=journald", "--log-driver=journald"),
    ("--security-opt seccomp=unconfined --security-opt=no-new-privileges:true",
     "--security-opt=seccomp=unconfined --security-opt=no-new-privileges"),
    ("--cap-add=NET_ADMIN --cap-add SYS_TIME --cap-drop ALL",
     "--cap-add=net_admin --cap-add=sys_time --cap-drop=all"),
    ("--device=/dev/dri --group-add video", "--device=/dev/dri --group-add=video"),
    ("--sysctl net.ipv4.ip_forward=1 --ulimit nofile=1:2",
     "--sysctl=net.ipv4.ip_forward=1 --ulimit=nofile=1:2"),
    ("--shm-size=1g --memory-swap -1", "--shm-size=1g --memory-swap=-1"),
    ("--add-host host.docker.internal:host-gateway",
     "--add-host=host.docker.internal:host-gateway"),
    ("--stop-timeout 20 --stop-signal=INT", "--stop-timeout=20 --stop-signal=INT"),
    ("--platform linux/amd64 --pull always", "--platform=linux/amd64 --pull=always"),
    ("-v /var/run/docker.sock:/var/run/docker.sock:ro",
     "--volume=/run/podman/podman.sock:/var/run/docker.sock:ro --security-opt=label=disable"),
    ("-a stdin --attach stdout --sig-proxy=false --detach-keys a -q", ""),
    ("--isolation default --cpu-count 2 --kernel-memory 1g --disable-content-trust", ""),
    ("--", ""),
)

REFUSED = (
    ("docker run", "no image"),
    ("docker run -p 80:80", "no image"),
    ("docker run --nmae x i", "Did you mean --name"),
    ("docker run -X i", "no option -X"),
    ("docker run -p", "--publish has no value"),
    ("docker run -p x:80 i", "is no port"),
    ("docker run -p 80:99999 i", "is no port"),
    ("docker run -p 80-81:90-95 i", "is no port"),
    ("docker run -v a/b:/x i", "neither a path nor a name"),
    ("docker run -v x:y i", "is no mount"),
    ("docker run -v C:\\\\x:/x i", "path of Windows"),
    ("docker run --mount type=bind,source=/x i", "no target"),
    ("docker run --mount 'type=bind,\"x i'", "mount"),
    ("docker run --restart sometimes i", "no restart policy"),
    ("docker run --restart always:3 i", "no restart policy"),
    ("docker run --init=maybe i", "neither true nor false"),
    ("docker run --stop-timeout soon i", "no number of seconds"),
    ("docker run --health-cmd x --health-interval often i", "no value of"),
    ("docker run --help", "asks for help"),
    ("docker run -e =x i", "names no variable"),
    ("docker run --network name=,alias=x i", "names no network"),
    ("docker run --use-api-socket i", "nothing like"),
    ("podman run --sdnotify=ignore i", "systemd has to learn"),
    ("docker ps -a", "docker ps"),
    ("docker run --volume-driver x -v data:/d i", "no volume driver"),
    ("docker run -v /var/lib/docker:/x i", "Docker's own directory"),
    ("docker run IMAGE", "capital letter"),
    ("docker run <image>", "is no image"),
    ("docker run ... ", "is no image"),
    ("docker exec x sh", "none of the commands"),
    ("docker compose up", "none of the commands"),
    ("kubectl run x", "none of the commands"),
    ("-p 80:80 nginx", "none of the commands"),
    ("", "there is no line"),
    ("# docker run i", "there is no line"),
    ("docker pull i", "there is no line"),
    ("docker run i | tee x", "a pipe"),
    ("docker run i; docker run j", "a second command"),
    ("docker run -v $DATA:/x -e A=$KEY i", "$DATA (line 1), $KEY (line 1)"),
    ("docker run -v ~/x:/x i", "~ (line 1)"),
    ("docker run -v $(pwd):/x i", "$(pwd) (line 1)"),
    ("docker run --nmae x -e A=$KEY i", "Did you mean --name"),
)
# fmt: on


def test_lines_of_docker(generator: Generator, tmp_path: pathlib.Path) -> None:
    wrong = []
    texts: dict[str, str] = {}
    for number, (line, _words) in enumerate(DOCKER):
        converted = _convert(f"docker run {line} i:1 a 'b c'", PWD="/w")
        assert converted.refusals == [], line
        for name, text in converted.texts.items():
            if name.endswith(".container"):
                texts[f"r{number}.container"] = text
            else:
                texts[name] = text
    made = commands(generator, texts, tmp_path)
    assert made.said == ""
    for number, (line, words) in enumerate(DOCKER):
        options, after = split_options(made.by_service[f"r{number}.service"].words)
        got = collections.Counter(options) - ALWAYS
        wanted = collections.Counter(filter(None, re.split(r" (?=--)", words)))
        if got != wanted or after != ["a", "b c"]:
            wrong.append((line, dict(got), dict(wanted), after))
    assert wrong == []


def test_refusals_tell_what_is_wrong() -> None:
    for text, what in REFUSED:
        refusals = _convert(text).refusals
        assert any(what in refusal for refusal in refusals), (text, refusals)


def test_forms_of_an_option_mean_the_same() -> None:
    for row in OPTIONS.values():
        names = [row.name, *(alias for alias, name in ALIASES.items() if name == row.name)]
        if row.flag:
            forms = [[name] for name in names] + [[f"-{row.short}"]] * bool(row.short)
            wanted = ""
        else:
            forms = [[f"{name}=v"] for name in names] + [[name, "v"] for name in names]
            short = f"-{row.short}"
            forms += [[short, "v"], [f"{short}v"], [f"{short}=v"]] if row.short else []
            wanted = "v"
        for form in forms:
            found = parse_arguments([*form, "image", "-x", row.name])
            assert [(a.row.name, a.value) for a in found.options] == [(row.name, wanted)], form
            assert (found.image, found.command, found.faults) == (len(form), len(form) + 1, [])


def test_ways_to_call_it() -> None:
    ways = """
    docker run -d nginx
    docker create nginx
    docker container run nginx
    docker container create nginx
    sudo docker run nginx
    sudo -E -u root docker run nginx
    $ docker run nginx
    /usr/bin/docker run nginx
    DOCKER_HOST=x docker run nginx
    time nohup docker run nginx
    docker --log-level debug run nginx
    docker -H unix:///x --tls run nginx
    podman run nginx
    podman create nginx
    podman container run nginx
    podman --log-level=debug run nginx
    """
    for line in ways.strip().split("\n"):
        converted = _convert(line)
        assert converted.refusals == [], line
        assert "Image=docker.io/library/nginx\n" in converted.texts["nginx.container"], line


def test_lines_know_each_other() -> None:
    text = """
    # The network of all.
    docker network create --subnet 10.9.0.0/24 -d bridge -o com.docker.network.driver.mtu=1400 back
    docker volume create data --label a=b
    docker pull postgres:16
    export TAG=16
    NOTE=hi docker run -d --name db --network back -v data:/var/lib/postgresql/data \\
      -e POSTGRES_DB=x -e NOTE \\
      postgres:$TAG
    docker run -d --name side --network container:db --pid container:db --volumes-from db:ro i
    docker run -d --name old --link db:database i
    docker start db
    """
    converted = _convert(text)
    assert converted.refusals == []
    units = converted.texts
    assert set(units) == {
        *("back.network", "links.network", "data.volume"),
        *("db.container", "side.container", "old.container"),
    }
    assert "Subnet=10.9.0.0/24" in units["back.network"]
    assert "Options=mtu=1400" in units["back.network"]
    assert "Label=a=b" in units["data.volume"]
    assert "Environment=NOTE=hi" in units["db.container"]
    assert "Image=docker.io/library/postgres:16" in units["db.container"]
    assert "Network=links.network:alias=database" in units["db.container"]
    assert "Network=db.container" in units["side.container"]
    assert "PodmanArgs=--pid container:db" in units["side.container"]
    assert "Requires=db.service" in units["side.container"]
    assert "Wants=db.service" in units["old.container"]


def test_placeholders_are_told() -> None:
    for value in (
        *("-v /path/to/data:/x", "-e A=YOUR_KEY", "-e A=<token>", "-e A=[...]", "-h ..."),
        *("-v '<dir>/x:/x'", "-e A=changeme", "-l a=your-domain.com", "-e K=CHANGE_ME"),
        *("-v /PATH_TO_YOUR_CONFIG:/x", "-e TZ=MY_TIME_ZONE", "-e A=REPLACE_ME"),
    ):
        converted = _convert(f"docker run {value} i:1")
        assert any(item["rule"] == "placeholder" for item in converted.items), value
    for value in (
        "-v /srv/path:/x",
        "-e A=1",
        "-e A='[1]'",
        "-h your",
        "-e A=x...y",
        "-e MY_NAME=x",
    ):
        converted = _convert(f"docker run {value} i:1")
        assert not any(item["rule"] == "placeholder" for item in converted.items), value


def test_variables_come_from_the_mapping() -> None:
    given = {"PWD": "/w", "HOME": "~", "UID": "1000", "GID": "100", "A": "x"}
    text = "docker run -v $(pwd)/d:/d -v ~/h:/h -u $(id -u):$(id -g) -e A -e B=${C:-c} i:1"
    unit = _convert(text, **given).texts["i.container"]
    for line in ("Volume=/w/d:/d", "Volume=%h/h:/h", "User=1000", "Group=100"):
        assert f"{line}\n" in unit
    assert "Environment=A=x\n" in unit
    assert "Environment=B=c\n" in unit
