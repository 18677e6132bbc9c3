"""What docker inspect shows, written by hand after the documentation of Docker's API 1.41 to 1.49.

No Docker ran for these; what Podman's Docker interface shows is recorded (containers.py).
"""

from __future__ import annotations

import json
import typing as t

ID = "5f3c" * 16
VOLUME = "ab12" * 16
IMAGE_ID = "sha256:" + "9c" * 32
_MASKED = ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/sys/firmware"]
_EMPTY = (
    "BlkioWeightDevice",
    "BlkioDeviceReadBps",
    "BlkioDeviceWriteBps",
    "BlkioDeviceReadIOps",
    "BlkioDeviceWriteIOps",
    "Devices",
    "Dns",
    "DnsOptions",
    "DnsSearch",
)
_NULL = (
    "Binds",
    "VolumesFrom",
    "CapAdd",
    "CapDrop",
    "ExtraHosts",
    "GroupAdd",
    "Links",
    "SecurityOpt",
    "DeviceCgroupRules",
    "DeviceRequests",
    "MemorySwappiness",
    "OomKillDisable",
    "PidsLimit",
    "Ulimits",
)
_ZERO = (
    "OomScoreAdj",
    "CpuShares",
    "Memory",
    "NanoCpus",
    "BlkioWeight",
    "CpuPeriod",
    "CpuQuota",
    "CpuRealtimePeriod",
    "CpuRealtimeRuntime",
    "MemoryReservation",
    "MemorySwap",
    "CpuCount",
    "CpuPercent",
    "IOMaximumIOps",
    "IOMaximumBandwidth",
)
_BLANK = ("ContainerIDFile", "VolumeDriver", "Cgroup", "PidMode", "UTSMode", "UsernsMode",
          "Isolation", "CgroupParent", "CpusetCpus", "CpusetMems")  # fmt: skip


def _host() -> dict[str, t.Any]:
    return {
        "LogConfig": {"Type": "json-file", "Config": {}},
        "NetworkMode": "default",
        "PortBindings": {},
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        "AutoRemove": False,
        "ConsoleSize": [30, 120],
        "CgroupnsMode": "private",
        "IpcMode": "private",
        "Privileged": False,
        "PublishAllPorts": False,
        "ReadonlyRootfs": False,
        "ShmSize": 67108864,
        "Runtime": "runc",
        "MaskedPaths": _MASKED,
        "ReadonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"],
        **{key: [] for key in _EMPTY},
        **dict.fromkeys(_NULL),
        **dict.fromkeys(_ZERO, 0),
        **dict.fromkeys(_BLANK, ""),
    }


def _endpoint(**changes: t.Any) -> dict[str, t.Any]:
    return {
        "IPAMConfig": None,
        "Links": None,
        "Aliases": None,
        "MacAddress": "02:42:ac:11:00:02",
        "DriverOpts": None,
        "GwPriority": 0,
        "NetworkID": "11" * 32,
        "EndpointID": "22" * 32,
        "Gateway": "172.17.0.1",
        "IPAddress": "172.17.0.2",
        "IPPrefixLen": 16,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "DNSNames": None,
        **changes,
    }


def container(name: str, **changes: t.Any) -> dict[str, t.Any]:
    """A container.  changes: Config__Key and HostConfig__Key, or fields of the object itself."""
    shown: dict[str, t.Any] = {
        "Id": ID,
        "Created": "2025-02-17T17:43:39.64001363Z",
        "Path": "nginx",
        "Args": [],
        "State": {"Status": "running", "Running": True, "Pid": 1234, "ExitCode": 0},
        "Image": IMAGE_ID,
        "ResolvConfPath": f"/var/lib/docker/containers/{ID}/resolv.conf",
        "HostnamePath": f"/var/lib/docker/containers/{ID}/hostname",
        "HostsPath": f"/var/lib/docker/containers/{ID}/hosts",
        "LogPath": f"/var/lib/docker/containers/{ID}/{ID}-json.log",
        "Name": f"/{name}",
        "RestartCount": 0,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "docker-default",
        "ExecIDs": None,
        "HostConfig": _host(),
        "GraphDriver": {"Name": "overlay2", "Data": {"MergedDir": "/var/lib/docker/overlay2/x"}},
        "Mounts": [],
        "Config": {
            "Hostname": ID[:12],
            "Domainname": "",
            "User": "",
            "AttachStdin": False,
            "AttachStdout": True,
            "AttachStderr": True,
            "ExposedPorts": {"80/tcp": {}},
            "Tty": False,
            "OpenStdin": False,
            "StdinOnce": False,
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "V=1"],
            "Cmd": ["nginx"],
            "Image": "nginx:1",
            "Volumes": None,
            "WorkingDir": "",
            "Entrypoint": ["/entry.sh"],
            "OnBuild": None,
            "Labels": {"maintainer": "x"},
            "StopSignal": "SIGQUIT",
        },
        "NetworkSettings": {
            "Bridge": "",
            "SandboxID": "33" * 32,
            "Ports": {},
            "Networks": {"bridge": _endpoint()},
        },
    }
    for key, value in changes.items():
        section, separator, field = key.partition("__")
        if separator:
            shown[section][field] = value
        else:
            shown[section] = value
    made: dict[str, t.Any] = json.loads(json.dumps(shown))
    return made


IMAGE: t.Final[dict[str, t.Any]] = {
    "Id": IMAGE_ID,
    "RepoTags": ["nginx:1"],
    "RepoDigests": [],
    "Architecture": "amd64",
    "Os": "linux",
    "Config": {
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "V=1"],
        "Cmd": ["nginx"],
        "Entrypoint": ["/entry.sh"],
        "Labels": {"maintainer": "x"},
        "StopSignal": "SIGQUIT",
        "WorkingDir": "",
        "ExposedPorts": {"80/tcp": {}},
    },
    "RootFS": {"Type": "layers", "Layers": []},
}

BUSY: t.Final = container(
    "shop-web-1",
    HostConfig__Binds=["/srv/www:/www:ro", "shop_data:/data:rw"],
    HostConfig__NetworkMode="shop_default",
    HostConfig__PortBindings={
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "8081"}]
    },
    HostConfig__RestartPolicy={"Name": "on-failure", "MaximumRetryCount": 3},
    HostConfig__CapAdd=["NET_ADMIN"],
    HostConfig__CapDrop=["ALL"],
    HostConfig__Memory=268435456,
    HostConfig__MemorySwap=536870912,
    HostConfig__NanoCpus=500000000,
    HostConfig__PidsLimit=50,
    HostConfig__Ulimits=[{"Name": "nofile", "Hard": 4096, "Soft": 1024}],
    HostConfig__Dns=["9.9.9.9"],
    HostConfig__ExtraHosts=["host.docker.internal:host-gateway"],
    HostConfig__GroupAdd=["audio"],
    HostConfig__Init=True,
    HostConfig__LogConfig={"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
    HostConfig__ReadonlyRootfs=True,
    HostConfig__SecurityOpt=["no-new-privileges:true"],
    HostConfig__ShmSize=134217728,
    HostConfig__Sysctls={"net.core.somaxconn": "1024"},
    HostConfig__Tmpfs={"/run": "size=8m"},
    HostConfig__Devices=[
        {"PathOnHost": "/dev/snd", "PathInContainer": "/dev/snd", "CgroupPermissions": "rwm"}
    ],
    HostConfig__DeviceRequests=[
        {
            "Driver": "nvidia",
            "Count": -1,
            "DeviceIDs": None,
            "Capabilities": [["gpu"]],
            "Options": {},
        }
    ],
    Mounts=[
        {
            "Type": "bind",
            "Source": "/srv/www",
            "Destination": "/www",
            "Mode": "ro",
            "RW": False,
            "Propagation": "rprivate",
        },
        {
            "Type": "volume",
            "Name": "shop_data",
            "Driver": "local",
            "Destination": "/data",
            "Source": "/var/lib/docker/volumes/shop_data/_data",
            "Mode": "z",
            "RW": True,
            "Propagation": "",
        },
        {
            "Type": "volume",
            "Name": VOLUME,
            "Driver": "local",
            "Destination": "/cache",
            "Source": f"/var/lib/docker/volumes/{VOLUME}/_data",
            "Mode": "",
            "RW": True,
            "Propagation": "",
        },
    ],
    Config__Env=[
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "V=1",
        "TOKEN=a $b %c",
    ],
    Config__User="1000:1000",
    Config__Labels={
        "maintainer": "x",
        "tier": "web",
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": "web",
        "com.docker.compose.project.config_files": "/srv/shop/compose.yml",
        "com.docker.compose.project.working_dir": "/srv/shop",
    },
    Config__Healthcheck={
        "Test": ["CMD", "curl", "-f", "http://localhost/"],
        "Interval": 30000000000,
        "Retries": 3,
    },
    Config__StopTimeout=30,
    NetworkSettings={
        "Ports": {},
        "Networks": {
            "shop_default": _endpoint(
                Aliases=["shop-web-1", "web"],
                IPAMConfig={},
                DNSNames=["shop-web-1", "web", ID[:12]],
            ),
            "shop_back": _endpoint(
                Aliases=["shop-web-1", "web", ID[:12]], IPAMConfig={"IPv4Address": "172.30.0.9"}
            ),
        },
    },
)
"""A container of Compose, with many options."""

PRIVILEGED: t.Final = container(
    "box",
    HostConfig__Privileged=True,
    HostConfig__MaskedPaths=None,
    HostConfig__ReadonlyPaths=None,
    HostConfig__SecurityOpt=["label=disable"],
    HostConfig__NetworkMode="host",
    HostConfig__PidMode="host",
    HostConfig__CgroupnsMode="host",
    Config__Hostname="machine",
    NetworkSettings={"Ports": {}, "Networks": {"host": _endpoint()}},
)
ALL: t.Final = (container("plain"), BUSY, PRIVILEGED)

NETWORK: t.Final[dict[str, t.Any]] = {
    "Name": "shop_default",
    "Id": "44" * 32,
    "Created": "2025-02-17T17:43:39Z",
    "Scope": "local",
    "Driver": "bridge",
    "EnableIPv4": True,
    "EnableIPv6": False,
    "IPAM": {
        "Driver": "default",
        "Options": None,
        "Config": [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}],
    },
    "Internal": False,
    "Attachable": False,
    "Ingress": False,
    "ConfigFrom": {"Network": ""},
    "ConfigOnly": False,
    "Containers": {},
    "Options": {},
    "Labels": {"com.docker.compose.network": "default", "com.docker.compose.project": "shop"},
}
VOLUME_OBJECT: t.Final[dict[str, t.Any]] = {
    "CreatedAt": "2025-02-17T17:43:39Z",
    "Driver": "local",
    "Labels": {"com.docker.compose.volume": "data"},
    "Mountpoint": "/var/lib/docker/volumes/shop_data/_data",
    "Name": "shop_data",
    "Options": None,
    "Scope": "local",
}
