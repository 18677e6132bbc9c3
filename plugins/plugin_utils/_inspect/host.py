# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The fields of HostConfig: what a container gets of its host."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Port,
    Restart,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.config import (
    SAYS_NOTHING,
    flag,
    read_annotations,
    text_option,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.fields import Reading, Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.mounts import read_tmpfs

_ANY_ADDRESS = frozenset({"", "0.0.0.0", "::"})
_DRIVERS = {"docker": ("json-file",), "podman": ("journald", "k8s-file", "json-file")}
"""Log drivers that nobody asked for, if they have no options."""
_RUNTIMES = ("oci", "crun", "runc", "io.containerd.runc.v2")
_ALL_PORTS = "io.podman.annotations.publish-all"
_SHARED = "container:"


def _in_pod(reading: Reading) -> bool:
    return bool(reading.shown.get("Pod"))


def _each(name: str) -> t.Callable[[Reading, t.Any, Given], None]:
    """A list as one option for each item."""

    def read(reading: Reading, value: t.Any, given: Given) -> None:
        for item in value:
            reading.option(name, str(item), given)

    return read


def _pairs(name: str) -> t.Callable[[Reading, t.Any, Given], None]:
    """A mapping as one option for each pair."""

    def read(reading: Reading, value: dict[str, t.Any], given: Given) -> None:
        for key, text in value.items():
            reading.option(name, f"{key}={text}", given)

    return read


def _capabilities(name: str) -> t.Callable[[Reading, t.Any, Given], None]:
    """Differences to the engine's default; a privileged container has all that there are."""

    def read(reading: Reading, value: list[str], given: Given) -> None:
        if reading.get("HostConfig.Privileged"):
            given.exact("a privileged container has all that there are")
            return
        for item in value:
            reading.option(name, str(item), given)

    return read


def _log(reading: Reading, value: dict[str, t.Any], given: Given) -> None:
    driver = str(value.get("Type") or "")
    options = dict(value.get("Config") or {})
    if value.get("Tag"):
        options["tag"] = value["Tag"]
    if value.get("Size") not in (None, "", "0B"):
        options["max-size"] = str(value["Size"]).lower()
    if not driver or (driver in _DRIVERS[reading.container.engine] and not options):
        given.exact("it is the engine's default")
        return
    reading.option("--log-driver", driver, given)
    for key, text in options.items():
        if key != "path" or not str(text).endswith("/userdata/ctr.log"):
            reading.option("--log-opt", f"{key}={text}", given)


def _ports(reading: Reading, value: dict[str, t.Any], given: Given) -> None:
    given.exact("see each port")
    if _in_pod(reading):
        return
    if (reading.get("Config.Annotations") or {}).get(_ALL_PORTS) == "TRUE":
        reading.option("--publish-all", None, reading.give("HostConfig.PublishAllPorts"))
        return
    for port, bindings in value.items():
        number, _slash, protocol = port.partition("/")
        seen: set[tuple[str, str]] = set()
        for binding in bindings or [{}]:
            address = str(binding.get("HostIp") or "")
            address = "" if address in _ANY_ADDRESS else address
            host = str(binding.get("HostPort") or "")
            if (address, host) in seen:
                continue
            seen.add((address, host))
            one = reading.give(f"HostConfig.PortBindings.{port}")
            reading.container.ports.append(
                Port(number, one, "" if host == "0" else host, address, protocol.replace("tcp", ""))
            )


def _restart(reading: Reading, value: dict[str, t.Any], given: Given) -> None:
    name = str(value.get("Name") or "no")
    reading.container.restart = Restart(name, given, int(value.get("MaximumRetryCount") or 0))


def _removed(_reading: Reading, _value: t.Any, given: Given) -> None:
    given.exact("a service's container is removed when it stops, anyway")


def namespace(name: str, *defaults: str) -> t.Callable[[Reading, t.Any, Given], None]:
    """A namespace: the engine's own, the host's, or that of another container."""

    def read(reading: Reading, value: str, given: Given) -> None:
        kind, _colon, other = value.partition(":")
        if value in defaults or (kind == "container" and _in_pod(reading)):
            given.exact("it is the engine's default, or the pod's")
        elif kind == "container":
            found = reading.objects.find("container", other)
            reading.option(name, f"{_SHARED}{found.name if found else other}", given)
            if found is None:
                mark_id(given, other)
        else:
            reading.option(name, value, given)

    return read


def _cgroup_namespace(reading: Reading, value: str, given: Given) -> None:
    """Docker's default is the host's with cgroups of version 1, and private with version 2."""
    if reading.container.engine == "docker":
        given.exact("it is the engine's default, by the version of cgroups")
    else:
        namespace("--cgroupns", "private")(reading, value, given)


def mark_id(given: Given, other: str) -> None:
    """A container that is named by an id, which changes with every start of its service."""
    if len(other) >= 12 and not set(other) - set("0123456789abcdef"):
        given.refused(
            f"it shares with the container {other[:12]}, which is not given",
            "Give the inspect output of both.",
            "shared-container",
        )


def _size(name: str) -> t.Callable[[Reading, t.Any, Given], None]:
    def read(reading: Reading, value: int, given: Given) -> None:
        reading.option(name, f"{value}b" if value > 0 else str(value), given)

    return read


def _swap(reading: Reading, value: int, given: Given) -> None:
    if value == 2 * int(reading.get("HostConfig.Memory") or 0):
        given.exact("it is twice the memory, as without it")
    else:
        _size("--memory-swap")(reading, value, given)


def _cpus(reading: Reading, value: int, given: Given) -> None:
    reading.option("--cpus", f"{value / 1e9:.9f}".rstrip("0").rstrip("."), given)


def _unless_cpus(name: str) -> t.Callable[[Reading, t.Any, Given], None]:
    """A period or a quota, which --cpus makes both."""

    def read(reading: Reading, value: int, given: Given) -> None:
        if reading.get("HostConfig.NanoCpus"):
            given.exact("NanoCpus says it")
        else:
            reading.option(name, str(value), given)

    return read


def _ulimits(reading: Reading, value: list[dict[str, t.Any]], given: Given) -> None:
    for limit in value:
        name = str(limit.get("Name", "")).removeprefix("RLIMIT_").lower()
        soft, hard = limit.get("Soft"), limit.get("Hard")
        if reading.is_podman and soft == hard and name in ("nofile", "nproc"):
            given.approximated(
                f"{name}={soft} may be the limit that Podman gives every container of the host",
                "Set Ulimit= if it was asked for.",
                "inspect-gaps",
            )
        else:
            reading.option("--ulimit", f"{name}={soft}:{hard}", given)


def _devices(reading: Reading, value: list[dict[str, t.Any]], given: Given) -> None:
    for device in value:
        host, inside = device.get("PathOnHost") or "", device.get("PathInContainer") or ""
        rights = device.get("CgroupPermissions") or ""
        parts = [host] if inside in ("", host) and rights in ("", "rwm") else [host, inside or host]
        text = ":".join([*parts, *([rights] if rights not in ("", "rwm") else [])])
        reading.option("--device", text, given)


def _requests(reading: Reading, value: list[dict[str, t.Any]], given: Given) -> None:
    """Devices that a driver finds: Docker's --gpus, and CDI."""
    for request in value:
        ids = [str(name) for name in request.get("DeviceIDs") or ()]
        driver = str(request.get("Driver") or "")
        kinds = [kind for kinds in request.get("Capabilities") or () for kind in kinds]
        if driver == "cdi":
            for name in ids:
                reading.option("--device", name, given)
        elif "gpu" in kinds or driver == "nvidia":
            count = request.get("Count") or 0
            names = ids or (["all"] if count < 0 else [str(n) for n in range(count)])
            for name in names:
                reading.option("--device", f"nvidia.com/gpu={name}", given)
            given.approximated(
                "the devices are named by CDI, and their capabilities are all",
                "The host needs a specification: nvidia-ctk cdi generate.",
                "gpu",
            )
        else:
            given.dropped(f"Podman has no devices of the driver {driver or 'unknown'}")


def _weights(name: str, key: str) -> t.Callable[[Reading, t.Any, Given], None]:
    def read(reading: Reading, value: list[dict[str, t.Any]], given: Given) -> None:
        for device in value:
            reading.option(name, f"{device.get('Path')}:{device.get(key)}", given)

    return read


def _runtime(reading: Reading, value: str, given: Given) -> None:
    reading.option("--runtime", value, given)


def _mappings(reading: Reading, value: dict[str, t.Any], given: Given) -> None:
    for key, name in (("UidMap", "--uidmap"), ("GidMap", "--gidmap")):
        for item in value.get(key) or ():
            reading.option(name, str(item), given)


def _users(reading: Reading, value: str, given: Given) -> None:
    if reading.get("HostConfig.IDMappings") and value == "private":
        given.exact("the mappings say it")
    else:
        namespace("--userns", "host", "private")(reading, value, given)


def _parent(reading: Reading, value: str, given: Given) -> None:
    if "libpod" in value or _in_pod(reading):
        given.exact("it is the pod's")
    else:
        reading.option("--cgroup-parent", value, given)


def _volumes_from(reading: Reading, value: list[str], given: Given) -> None:
    for item in value:
        name, colon, options = str(item).partition(":")
        found = reading.objects.find("container", name)
        reading.option("--volumes-from", f"{found.name if found else name}{colon}{options}", given)


def _links(_reading: Reading, value: list[str], given: Given) -> None:
    given.dropped(
        f"Podman has no links: {', '.join(map(str, value))}",
        "On one network containers find each other by their names.",
        "link",
    )


def _unmasked(reading: Reading, value: t.Any, given: Given) -> None:
    if value == []:
        reading.option("--security-opt", "unmask=ALL", given)
    else:
        given.exact("they are the engine's default")


def _security(reading: Reading, value: list[str], given: Given) -> None:
    privileged = reading.get("HostConfig.Privileged")
    for item in value:
        if privileged and item in ("label=disable", "unmask=all"):
            given.exact("a privileged container has it anyway")
        else:
            reading.option("--security-opt", str(item), given)


def _groups_of(name: str) -> t.Callable[[Reading, t.Any, Given], None]:
    def read(_reading: Reading, value: t.Any, given: Given) -> None:
        given.dropped(f"Podman has no option for {name}: {value}")

    return read


_NO_OPTION = ("DiskQuota", "KernelMemory", "KernelMemoryTCP", "StorageOpt")
_WINDOWS = (
    "ConsoleSize",
    "Isolation",
    "CpuCount",
    "CpuPercent",
    "IOMaximumIOps",
    "IOMaximumBandwidth",
)

_ROWS: t.Final[dict[str, Row]] = {
    "Binds": SAYS_NOTHING,
    "Mounts": SAYS_NOTHING,
    "CgroupManager": SAYS_NOTHING,
    "CgroupMode": Row(namespace("--cgroupns", "private")),
    "CgroupnsMode": Row(_cgroup_namespace),
    "Cgroup": SAYS_NOTHING,
    "Cgroups": SAYS_NOTHING,
    "ContainerIDFile": SAYS_NOTHING,
    "LogConfig": Row(_log),
    "NetworkMode": SAYS_NOTHING,
    "PortBindings": Row(_ports),
    "RestartPolicy": Row(_restart),
    "AutoRemove": Row(_removed),
    "AutoRemoveImage": Row(flag("--rmi")),
    "Annotations": Row(read_annotations),
    "VolumeDriver": SAYS_NOTHING,
    "VolumesFrom": Row(_volumes_from),
    "CapAdd": Row(_capabilities("--cap-add")),
    "CapDrop": Row(_capabilities("--cap-drop")),
    "Dns": Row(_each("--dns")),
    "DnsOptions": Row(_each("--dns-option")),
    "DnsSearch": Row(_each("--dns-search")),
    "ExtraHosts": Row(_each("--add-host")),
    "HostsFile": Row(text_option("--hosts-file")),
    "GroupAdd": Row(_each("--group-add")),
    "IpcMode": Row(namespace("--ipc", "shareable", "private")),
    "Links": Row(_links),
    "OomScoreAdj": Row(text_option("--oom-score-adj")),
    "PidMode": Row(namespace("--pid", "private")),
    "Privileged": Row(flag("--privileged")),
    "PublishAllPorts": Row(flag("--publish-all")),
    "ReadonlyRootfs": Row(lambda r, v, g: setattr(r.container, "read_only", Value(bool(v), g))),
    "SecurityOpt": Row(_security),
    "Tmpfs": Row(read_tmpfs),
    "UTSMode": Row(namespace("--uts", "private")),
    "UsernsMode": Row(_users),
    "ShmSize": Row(_size("--shm-size"), (65536000, 67108864)),
    "Sysctls": Row(_pairs("--sysctl")),
    "Runtime": Row(_runtime, _RUNTIMES),
    "CpuShares": Row(text_option("--cpu-shares")),
    "Memory": Row(_size("--memory")),
    "MemoryReservation": Row(_size("--memory-reservation")),
    "MemorySwap": Row(_swap),
    "MemorySwappiness": Row(text_option("--memory-swappiness"), (-1,)),
    "NanoCpus": Row(_cpus),
    "CpuPeriod": Row(_unless_cpus("--cpu-period")),
    "CpuQuota": Row(_unless_cpus("--cpu-quota")),
    "CpuRealtimePeriod": Row(text_option("--cpu-rt-period")),
    "CpuRealtimeRuntime": Row(text_option("--cpu-rt-runtime")),
    "CpusetCpus": Row(text_option("--cpuset-cpus")),
    "CpusetMems": Row(text_option("--cpuset-mems")),
    "CgroupParent": Row(_parent),
    "CgroupConf": Row(_pairs("--cgroup-conf")),
    "BlkioWeight": Row(text_option("--blkio-weight")),
    "BlkioWeightDevice": Row(_weights("--blkio-weight-device", "Weight")),
    "BlkioDeviceReadBps": Row(_weights("--device-read-bps", "Rate")),
    "BlkioDeviceWriteBps": Row(_weights("--device-write-bps", "Rate")),
    "BlkioDeviceReadIOps": Row(_weights("--device-read-iops", "Rate")),
    "BlkioDeviceWriteIOps": Row(_weights("--device-write-iops", "Rate")),
    "Devices": Row(_devices),
    "DeviceCgroupRules": Row(_each("--device-cgroup-rule")),
    "DeviceRequests": Row(_requests),
    "OomKillDisable": Row(flag("--oom-kill-disable")),
    "PidsLimit": Row(text_option("--pids-limit"), (2048,)),
    "Ulimits": Row(_ulimits),
    "IntelRdtClosID": Row(text_option("--rdt-class")),
    "Init": Row(flag("--init")),
    "IDMappings": Row(_mappings),
    "MaskedPaths": Row(_unmasked, (None,), empty=True),
    "ReadonlyPaths": SAYS_NOTHING,
    **{name: Row(_groups_of(name)) for name in _NO_OPTION},
    **dict.fromkeys(_WINDOWS, SAYS_NOTHING),
}
HOST: t.Final = {f"HostConfig.{name}": row for name, row in _ROWS.items()}
