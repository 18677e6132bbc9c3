# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The neutral model: what an app is, whatever it was read from.

Readers (Compose, command lines, units of podman generate systemd, inspect output) fill it;
write_app makes units of it, so that each rule of that is written once.  Values are as Podman
gets them, with names completed by the writer.  Every value carries what it was given by, which
the writer settles.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given

T = t.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Value(t.Generic[T]):
    """A value and what gave it."""

    value: T
    given: Given


Words = Value[tuple[str, ...]]
Pairs = dict[str, Value[str]]


@dataclasses.dataclass
class Option:
    """An option of podman that no rule treats: --memory, and its value; None for a flag.

    The writer takes the key that this option is, or PodmanArgs=.
    """

    name: str
    value: str | None
    given: Given


@dataclasses.dataclass
class Mount:
    """A mount.  kind: volume, bind, tmpfs, image, or another type of --mount.
    source: the stem of a volume of this app, the name of another one (external), a path, an image,
    or '' for an anonymous volume.  A bind's path is absolute, begins with ~ (the home of the
    scope's owner), or is relative: ./PATH is below the app's data; with in_files it is one of
    the app's files.
    options: as Podman's, such as {"ro": None, "size": "64m"}: ro, z, Z, a propagation, nocopy,
    subpath, nonrecursive (bind), and a tmpfs's own, with mode as octal digits.
    make: whether a missing directory of the host is made (Compose's create_host_path).
    labels: of an anonymous volume.
    """

    kind: str
    source: str
    target: str
    given: Given
    options: dict[str, str | None] = dataclasses.field(default_factory=dict)
    external: bool = False
    make: bool = False
    in_files: bool = False
    labels: Pairs = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Port:
    """A published port.  host, container: a port or a range of the same length as text;
    host: '' for any.  protocol: '' for tcp.
    """

    container: str
    given: Given
    host: str = ""
    address: str = ""
    protocol: str = ""


@dataclasses.dataclass
class Attachment:
    """A container on a network.  network: the stem of one of this app, or the name of an external
    one.  options: of Podman, in the order of writing, such as ip, mac, interface_name.
    """

    network: str
    given: Given
    external: bool = False
    aliases: list[str] = dataclasses.field(default_factory=list)
    options: list[tuple[str, str]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class SecretUse:
    """A secret in a container.  secret: its name in the store.  kind: mount or env.
    options: target (a path, or a name below /run/secrets; of env: the variable), uid, gid, and
    mode as octal digits.
    """

    secret: str
    given: Given
    kind: str = "mount"
    options: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Health:
    """A health check.  command: its words; empty: no check, not even the image's; None: the
    image's.  shell: whether the command is one string for a shell.  Durations are in seconds.
    """

    command: Value[tuple[str, ...]] | None = None
    shell: bool = False
    interval: Value[float] | None = None
    timeout: Value[float] | None = None
    retries: Value[int] | None = None
    start_period: Value[float] | None = None
    start_interval: Value[float] | None = None


@dataclasses.dataclass
class Restart:
    """When it starts again.  policy: no, always, on-failure, unless-stopped.  tries: 0: no end."""

    policy: str
    given: Given
    tries: int = 0
    delay: float | None = None


@dataclasses.dataclass
class Dependency:
    """Another container of the app that it needs.  condition: started, healthy, completed."""

    container: str
    condition: str
    given: Given
    required: bool = True
    restart: bool = False


@dataclasses.dataclass
class Hook:
    """A command that runs in the container.  words: the command.  when: once it has started, or
    before it is stopped.
    """

    words: tuple[str, ...]
    given: Given
    user: str = ""
    workdir: str = ""
    privileged: bool = False
    environment: dict[str, str | None] = dataclasses.field(default_factory=dict)
    when: t.Literal["start", "stop"] = "start"


@dataclasses.dataclass
class Line:
    """A line of a section of systemd's or of the unit's own, as syntax."""

    section: str
    key: str
    value: str
    given: Given


@dataclasses.dataclass
class Container:
    """A container.  name: the stem of its unit.  engine: whose meaning its values have.

    image: a name, or the stem of a build of this app (build).  entrypoint, command: empty clears
    the image's.
    environment: None passes on the value of the manager's.  network_mode: host, none, bridge,
    private, container:NAME, service:STEM, or Podman's own.  job: it runs once and ends.
    boot: whether it starts at boot; None: as Options.boot says.  instances: of a container whose
    name ends with @, a template.
    options: --ipc, --pid, --uts and --cgroupns may have the value service:STEM, too; one in front
    of podman's verb is called `podman --NAME`.
    """

    name: str
    given: Given
    engine: t.Literal["docker", "podman"] = "docker"
    image: Value[str] | None = None
    build: Value[str] | None = None
    rootfs: Value[str] | None = None
    container_name: Value[str] | None = None
    command: Words | None = None
    entrypoint: Words | None = None
    environment: dict[str, Value[str | None]] = dataclasses.field(default_factory=dict)
    env_files: list[Value[str]] = dataclasses.field(default_factory=list)
    labels: Pairs = dataclasses.field(default_factory=dict)
    annotations: Pairs = dataclasses.field(default_factory=dict)
    mounts: list[Mount] = dataclasses.field(default_factory=list)
    ports: list[Port] = dataclasses.field(default_factory=list)
    networks: list[Attachment] = dataclasses.field(default_factory=list)
    network_mode: Value[str] | None = None
    secrets: list[SecretUse] = dataclasses.field(default_factory=list)
    health: Health | None = None
    restart: Restart | None = None
    dependencies: list[Dependency] = dataclasses.field(default_factory=list)
    hooks: list[Hook] = dataclasses.field(default_factory=list)
    user: Value[str] | None = None
    read_only: Value[bool] | None = None
    stop_timeout: Value[float] | None = None
    pod: Value[str] | None = None
    options: list[Option] = dataclasses.field(default_factory=list)
    lines: list[Line] = dataclasses.field(default_factory=list)
    job: bool = False
    boot: bool | None = None
    instances: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Network:
    """A network that the app makes.  name: the stem of its unit; network_name: Podman's.
    options: of podman network create.
    """

    name: str
    given: Given
    network_name: str = ""
    internal: Value[bool] | None = None
    labels: Pairs = dataclasses.field(default_factory=dict)
    options: list[Option] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Volume:
    """A volume that the app makes.  name: the stem of its unit; volume_name: Podman's.
    driver_options: such as type, device, o; a relative device is below the app's data.
    """

    name: str
    given: Given
    volume_name: str = ""
    driver: Value[str] | None = None
    driver_options: Pairs = dataclasses.field(default_factory=dict)
    labels: Pairs = dataclasses.field(default_factory=dict)
    options: list[Option] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Pod:
    """A pod.  name: the stem of its unit; pod_name: Podman's.  options: of podman pod create.
    boot: as a container's.
    """

    name: str
    given: Given
    pod_name: str = ""
    ports: list[Port] = dataclasses.field(default_factory=list)
    networks: list[Attachment] = dataclasses.field(default_factory=list)
    network_mode: Value[str] | None = None
    mounts: list[Mount] = dataclasses.field(default_factory=list)
    options: list[Option] = dataclasses.field(default_factory=list)
    lines: list[Line] = dataclasses.field(default_factory=list)
    boot: bool | None = None


@dataclasses.dataclass
class Build:
    """An image that the app builds.  name: the stem of its unit.  tag, tags: names of the image,
    the first is what containers run.  context: a URL, an absolute path of the host, or ./PATH
    below the app's data; with in_files a directory of the app's files.  file: the Dockerfile, in
    the context; with file_in_files one of the app's files.  options: of podman build.
    needs: stems of builds of the app that come first.
    """

    name: str
    given: Given
    tag: Value[str] | None = None
    tags: list[Value[str]] = dataclasses.field(default_factory=list)
    context: Value[str] | None = None
    in_files: bool = False
    file: Value[str] | None = None
    file_in_files: bool = False
    arguments: dict[str, Value[str | None]] = dataclasses.field(default_factory=dict)
    labels: Pairs = dataclasses.field(default_factory=dict)
    options: list[Option] = dataclasses.field(default_factory=list)
    needs: list[Value[str]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class File:
    """A file of the app, as its option files takes it.  source: a path on the controller, or ''."""

    content: str = ""
    mode: str = "0644"
    source: str = ""


@dataclasses.dataclass
class Model:
    """An app.  secrets: values by name, None for one without a known value.
    directories: options by path.  variables: what has to be given before it is deployed.
    """

    name: str
    containers: list[Container] = dataclasses.field(default_factory=list)
    pods: list[Pod] = dataclasses.field(default_factory=list)
    networks: list[Network] = dataclasses.field(default_factory=list)
    volumes: list[Volume] = dataclasses.field(default_factory=list)
    builds: list[Build] = dataclasses.field(default_factory=list)
    files: dict[str, File] = dataclasses.field(default_factory=dict)
    secrets: dict[str, str | None] = dataclasses.field(default_factory=dict)
    directories: dict[str, dict[str, t.Any]] = dataclasses.field(default_factory=dict)
    variables: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    sources: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Options:
    """How it is written.  podman: the oldest release that has to read it.  data: the directory for
    relative bind mounts' data, '' for the default of the scope.
    """

    podman: tuple[int, ...] = (5, 4)
    scope: t.Literal["system", "user"] = "system"
    data: str = ""
    pod: bool = False
    selinux: t.Literal["keep", "share", "private", "disable"] = "share"
    capabilities: t.Literal["podman", "docker"] = "podman"
    secrets: t.Literal["auto", "keep"] = "auto"
    healthy: t.Literal["requires", "wants"] = "requires"
    boot: bool = True
