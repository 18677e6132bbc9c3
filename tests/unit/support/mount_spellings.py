"""Ways to give a container a path of the host: every key, every spelling, every directory.

Tests off and on hosts share them.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

IMAGE = "registry.test:5000/busybox:1"


class Built(t.NamedTuple):
    """The units of an app, and its other files.

    NAME, APP and UNITDIR in them stand for a name, the app's and the directory of units; WRITE for
    the script of the container, which has the path at /x.
    """

    units: dict[str, str]
    files: dict[str, str]


def _container(lines: str, rest: str = "") -> str:
    return f'[Container]\nImage={IMAGE}\nExec=sh -c "WRITE"\n{lines}\n{rest}'


def _one(lines: str, rest: str = "") -> t.Callable[[str], Built]:
    def build(path: str) -> Built:
        return Built({"NAME.container": _container(lines, rest).replace("PATH", path)}, {})

    return build


def _unit(suffix: str, text: str) -> t.Callable[[str], Built]:
    return lambda path: Built({f"NAME.{suffix}": text.replace("PATH", path)}, {})


POD = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: NAME
spec:
  containers:
    - name: c
      image: {IMAGE}
      command: [sh, -c, "WRITE"]
      volumeMounts:
        - name: v
          mountPath: /x
  volumes:
"""

CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: NAME
  annotations:
    volume.podman.io/device: PATH
    volume.podman.io/mount-options: bind
"""


def _kube(text: str) -> t.Callable[[str], Built]:
    def build(path: str) -> Built:
        return Built(
            {"NAME.kube": "[Kube]\nYaml=./NAME.yaml\n"}, {"NAME.yaml": text.replace("PATH", path)}
        )

    return build


def _json_pod(path: str) -> Built:
    mounts = [{"name": "v", "mountPath": "/x"}]
    spec = {
        "containers": [
            {"name": "c", "image": IMAGE, "command": ["sh", "-c", "WRITE"], "volumeMounts": mounts}
        ],
        "volumes": [{"name": "v", "hostPath": {"path": path}}],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "NAME"}, "spec": spec}
    return Built({"NAME.kube": "[Kube]\nYaml=NAME.yaml\n"}, {"NAME.yaml": json.dumps(pod)})


def _borrowed(path: str) -> Built:
    lines = f"Exec=sleep 60\nStopTimeout=0\nContainerName=NAME-lender\nVolume={path}:/x:ro"
    lender = f"[Container]\nImage={IMAGE}\n{lines}\n"
    user = _container("PodmanArgs=--volumes-from NAME-lender:z")
    return Built({"NAME-lender.container": lender, "NAME.container": user}, {})


def _drop_in(path: str) -> Built:
    units = {
        "NAME.container": _container(""),
        "NAME.container.d/10-x.conf": f"[Container]\nVolume={path}:/x\n",
    }
    return Built(units, {})


def _split_volume(path: str) -> Built:
    """The device in the unit, what makes it a bind in a drop-in."""
    units = {
        "NAME.volume": f"[Volume]\nDevice={path}\n",
        "NAME.volume.d/10-x.conf": "[Volume]\nType=none\nOptions=bind\n",
    }
    return Built(units, {})


def _module(path: str) -> Built:
    unit = _container("ContainersConfModule=UNITDIR/APP/NAME.conf")
    return Built(
        {"NAME.container": unit}, {"NAME.conf": f'[containers]\nvolumes = ["{path}:/x"]\n'}
    )


def _global_module(path: str) -> Built:
    unit = _container("GlobalArgs=--module UNITDIR/APP/NAME.conf")
    return Built({"NAME.container": unit}, _module(path).files)


def _environment_file(path: str) -> Built:
    unit = _container("Volume=${WHERE}:/x", "[Service]\nEnvironmentFile=UNITDIR/APP/NAME.env\n")
    return Built({"NAME.container": unit}, {"NAME.env": f"WHERE={path}\n"})


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to give a path.

    expands: systemd expands specifiers in it.  words: it is split into words, with escapes.
    bare: without a slash or dot before it, it is relative.  starts: a container or pod of it runs,
    and can be tried on a host.  file: Podman or systemd writes a file there with what the container
    prints.
    """

    id: str
    build: t.Callable[[str], Built]
    expands: bool = True
    words: bool = False
    bare: bool = False
    starts: bool = True
    file: bool = False


WAYS: t.Final = (
    Way("volume", _one("Volume=PATH:/x")),
    Way("volume-z", _one("Volume=PATH:/x:z,rw")),
    Way("volume-chown", _one("Volume=PATH:/x:ro,U"), starts=False),
    Way("volume-upper", _one("Volume=/srv:/x:O,upperdir=PATH,workdir=/srv/w"), starts=False),
    Way("volume-drop-in", _drop_in),
    Way("mount", _one("Mount=type=bind,source=PATH,destination=/x"), words=True, bare=True),
    Way("mount-src", _one("Mount=src=PATH,dst=/x,type=bind"), words=True, bare=True),
    Way(
        "mount-false", _one("Mount=type=bind,src=PATH,dst=/x,readonly=false"), words=True, bare=True
    ),
    Way("mount-one", _one("Mount=type=bind,src=PATH,dst=/x,ro=1"), words=True, bare=True),
    Way("mount-rw", _one("Mount=type=bind,rw,src=PATH,dst=/x"), words=True, bare=True),
    Way("mount-quoted", _one('Mount="type=bind,src=PATH,dst=/x"'), words=True, bare=True),
    Way("mount-csv", _one("""Mount='type=bind,"src=PATH",dst=/x'"""), words=True, bare=True),
    Way(
        "mount-second",
        _one("Mount=type=tmpfs,dst=/t type=bind,src=PATH,dst=/x"),
        words=True,
        bare=True,
    ),
    Way("mount-glob", _one("Mount=type=glob,src=PATH,dst=/x"), words=True, bare=True),
    Way(
        "mount-volume-opt",
        _one(
            "Mount=type=volume,src=NAME-opt,dst=/x,volume-opt=type=none,volume-opt=o=bind,"
            "volume-opt=device=PATH"
        ),
        words=True,
        bare=True,
    ),
    Way("args-v", _one("PodmanArgs=-v PATH:/x"), words=True),
    Way("args-v-joined", _one("PodmanArgs=-vPATH:/x"), words=True),
    Way("args-v-equals", _one("PodmanArgs=-v=PATH:/x"), words=True),
    Way("args-v-cluster", _one("PodmanArgs=-iv PATH:/x"), words=True),
    Way("args-volume", _one("PodmanArgs=--volume PATH:/x"), words=True),
    Way("args-volume-equals", _one("PodmanArgs=--volume=PATH:/x"), words=True),
    Way("args-quoted", _one('PodmanArgs="-v" "PATH:/x"'), words=True),
    Way("args-several", _one("PodmanArgs=--cpus 1 -v /srv:/s:ro --volume=PATH:/x -i"), words=True),
    Way("args-mount", _one("PodmanArgs=--mount type=bind,src=PATH,dst=/x"), words=True, bare=True),
    Way(
        "args-mount-equals",
        _one("PodmanArgs=--mount=type=bind,src=PATH,dst=/x"),
        words=True,
        bare=True,
    ),
    Way("args-log", _one("PodmanArgs=--log-opt path=PATH/log"), words=True, file=True),
    Way(
        "args-rootfs",
        _unit("container", "[Container]\nRootfs=/srv\nPodmanArgs=--rootfs PATH\n"),
        words=True,
        starts=False,
    ),
    Way(
        "args-id-file",
        _one("PodmanArgs=--cidfile PATH/x.target"),
        words=True,
        starts=False,
        file=True,
    ),
    Way("args-volumes-from", _borrowed),
    Way(
        "global-args",
        _unit("container", f"[Container]\nImage={IMAGE}\nGlobalArgs=--volumepath PATH\n"),
        words=True,
        starts=False,
    ),
    Way("log-opt", _one("LogOpt=path=PATH/x.log"), file=True),
    Way("module", _module, expands=False),
    Way("global-module", _global_module, expands=False),
    Way("rootfs", _unit("container", "[Container]\nRootfs=PATH\n"), starts=False),
    Way(
        "rootfs-writable-again",
        _unit(
            "container",
            "[Container]\nRootfs=PATH\nReadOnly=true\nPodmanArgs=--read-only=false\n",
        ),
        starts=False,
    ),
    Way(
        "image-option",
        _unit("container", "[Container]\nImage=-v\nExec=PATH:/x image\n"),
        words=True,
        starts=False,
    ),
    Way(
        "global-runroot",
        _unit("container", f"[Container]\nImage={IMAGE}\nGlobalArgs=--runroot=PATH\n"),
        words=True,
        starts=False,
    ),
    Way("pod-volume", _unit("pod", "[Pod]\nVolume=PATH:/x\n")),
    Way("pod-args", _unit("pod", "[Pod]\nPodmanArgs=-v PATH:/x\n"), words=True),
    Way(
        "build-volume",
        _unit("build", "[Build]\nImageTag=localhost/NAME\nFile=/srv/Cf\nVolume=PATH:/x\n"),
        starts=False,
    ),
    Way(
        "build-args",
        _unit("build", "[Build]\nImageTag=localhost/NAME\nFile=/srv/Cf\nPodmanArgs=-v PATH:/x\n"),
        words=True,
        starts=False,
    ),
    Way(
        "build-output",
        _unit(
            "build",
            "[Build]\nImageTag=localhost/NAME\nFile=/srv/Cf\nPodmanArgs=-o type=local,dest=PATH\n",
        ),
        words=True,
        starts=False,
    ),
    Way("device", _unit("volume", "[Volume]\nDevice=PATH\nType=none\nOptions=bind\n"), bare=True),
    Way(
        "device-ro",
        _unit("volume", "[Volume]\nDevice=PATH\nType=none\nOptions=bind,ro\n"),
        bare=True,
    ),
    Way("device-bind", _unit("volume", "[Volume]\nDevice=PATH\nType=bind\n"), bare=True),
    Way("device-drop-in", _split_volume, bare=True),
    Way(
        "device-args-o",
        _unit("volume", "[Volume]\nPodmanArgs=-o type=none -o device=PATH -o o=bind\n"),
        words=True,
    ),
    Way(
        "device-args-opt",
        _unit("volume", "[Volume]\nPodmanArgs=--opt=device=PATH --opt o=bind\n"),
        words=True,
    ),
    Way(
        "device-upper",
        _unit(
            "volume",
            "[Volume]\nDevice=overlay\nType=overlay\nOptions=lowerdir=/srv,upperdir=PATH,workdir=/srv/w\n",
        ),
        starts=False,
    ),
    Way(
        "kube",
        _kube(POD + "    - name: v\n      hostPath:\n        path: PATH\n"),
        expands=False,
        bare=True,
    ),
    Way(
        "kube-type",
        _kube(
            POD + '    - hostPath:\n        type: Directory\n        path: "PATH"\n      name: v\n'
        ),
        expands=False,
    ),
    Way("kube-flow", _kube(POD + "    - {name: v, hostPath: {path: PATH}}\n"), expands=False),
    Way("kube-case", _kube(POD + "    - name: v\n      hOSTpATH: {Path: 'PATH'}\n"), expands=False),
    Way(
        "kube-anchor",
        _kube("x: &p\n  path: PATH\n" + POD + "    - name: v\n      hostPath: *p\n"),
        expands=False,
    ),
    Way(
        "kube-merge",
        _kube("x: &p {hostPath: {path: PATH}}\n" + POD + "    - <<: *p\n      name: v\n"),
        expands=False,
    ),
    Way("kube-json", _json_pod, expands=False),
    Way(
        "kube-claim",
        _kube(CLAIM),
        expands=False,
    ),
    Way("variable", _one("Volume=${WHERE}:/x", "[Service]\nEnvironment=WHERE=PATH\n")),
    Way("variable-word", _one("PodmanArgs=$MORE", '[Service]\nEnvironment="MORE=-v PATH:/x"\n')),
    Way("variable-file", _environment_file, expands=False),
    Way(
        "service-podman",
        _one("", f"[Service]\nExecStartPre=-/usr/bin/podman run --rm -v PATH:/x {IMAGE} true\n"),
        words=True,
    ),
    Way(
        "service-remote",
        _one("", f"[Service]\nExecStartPre=-podman-remote run -v PATH:/x {IMAGE} true\n"),
        words=True,
        starts=False,
    ),
    Way(
        "service-cp",
        _one("", "[Service]\nExecStartPost=-podman cp NAME:/x PATH\n"),
        words=True,
        starts=False,
    ),
    Way(
        "service-bind", _one("Volume=/srv/b:/x", "[Service]\nBindPaths=PATH:/srv/b\n"), starts=False
    ),
    Way(
        "service-output",
        _one("LogDriver=passthrough", "[Service]\nStandardOutput=append:PATH/log\n"),
        file=True,
    ),
    Way(
        "template",
        lambda path: Built({"NAME@.container": _container(f"Volume={path}:/x")}, {}),
        starts=False,
    ),
)


def spellings(path: str, way: Way, specifiers: t.Mapping[str, str]) -> list[str]:
    """How a path can be written, so that it means the same.  specifiers: values by letter."""
    folder, _slash, name = path.rpartition("/")
    written = [
        path,
        path + "/",
        path.replace("/", "//"),
        f"{folder}/./{name}/.",
        f"{folder}/{name}/../{name}",
        f"/srv/..{path}",
        f"/proc/self/root{path}",
        f"/proc/1/cwd{path}" if specifiers["h"] == "/root" else path,
    ]
    if way.expands:
        written += [
            f"%{letter}{path[len(value) :]}"
            for letter, value in specifiers.items()
            if f"{path}/".startswith(f"{value}/")
        ]
        written += [path.replace("%", "%%")] if "%" in path else []
    if way.bare and specifiers["h"] == "/root":  # services of the system work in /
        written.append(path[1:])
    if way.words:
        written.append(path.replace("/", r"\x2f", 2))
        written.append(path.replace("s", r"\163"))
    return written


SYSTEM_SPECIFIERS = {"E": "/etc", "S": "/var/lib", "t": "/run", "D": "/usr/share", "h": "/root"}
USER_SPECIFIERS = {
    "h": "HOME",
    "E": "HOME/.config",
    "S": "HOME/.local/state",
    "D": "HOME/.local/share",
    "t": "/run/user/UID",
}
SYSTEM_FOLDERS = (
    "/etc/containers/systemd",
    "/etc/containers/systemd/esc",
    "/etc/containers/systemd/users/1000",
    "/run/containers/systemd",
    "/usr/share/containers/systemd",
    "/etc/containers",
    "/etc/systemd/system",
    "/etc/systemd/user/default.target.wants",
    "/etc/systemd",
    "/run/systemd/system",
    "/run/systemd/transient",
    "/run/systemd/generator",
    "/run/systemd/system-generators",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/usr/local/lib/systemd/system",
    "/var/run/systemd/system",
    "/etc/xdg/autostart",
    "/etc/tmpfiles.d",
    "/etc/udev/rules.d",
    "/etc/cron.d",
    "/var/spool/cron/crontabs",
    "/etc/profile.d",
    "/etc/init.d",
    "/etc/environment.d",
    "/usr/share/dbus-1/system-services",
    "/var/lib/quadlet.fleet",
    "/var/lib/quadlet.fleet/engine",
    "/root/.config/systemd/user",
    "/home/someone/.config/containers/systemd",
    "/srv/someone/.config/systemd/user",
    "/run/user/1000/systemd/transient",
)
USER_FOLDERS = (
    "HOME/.config/containers/systemd",
    "HOME/.config/containers/systemd/esc",
    "HOME/.config/containers",
    "HOME/.config/systemd/user",
    "HOME/.config/systemd/user/web.service.d",
    "HOME/.config/environment.d",
    "HOME/.config/autostart",
    "HOME/.local/share/systemd/user",
    "HOME/.local/share/dbus-1/services",
    "HOME/.local/state/quadlet.fleet",
    "HOME/.local/state/quadlet.fleet/engine",
    "/run/user/UID/containers/systemd",
    "/run/user/UID/systemd/transient",
    "/run/user/UID/systemd/generator",
    "/etc/containers/systemd/users/UID",
    "/etc/systemd/user",
)
"""HOME and UID stand for the user's."""


def folders_for(way: Way, folders: t.Iterable[str]) -> list[str]:
    """Those that matter: a file beside a directory of units is none."""
    only_above = ("/containers", "/etc/systemd")
    return [folder for folder in folders if not (way.file and folder.endswith(only_above))]
