# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.

"""The keys of all Quadlet sections, a row for each key.

Columns: name; first Podman release (no key was ever removed); how the generator reads it,
its lookup method in unitfile.go; `%` if systemd expands specifiers in the value; the
podman option that it becomes word for word (`@5.0`: an option that came with that release);
the type or the choices of a value; the kinds of units that it may refer to (`@5.2`: since).
Source: the generators of Podman 4.4 to 6.1 themselves, asked for every key.

The table is text, not Python, because a host compiles the Python that it gets at every run.
"""

from __future__ import annotations

import enum
import typing as t

Version = tuple[int, ...]
"""Major and minor number of a Podman release; of a host's Podman also the third."""

NEWEST: Version = (6, 1)
"""The newest Podman whose keys are all in this table."""


class Reads(enum.Enum):
    """How the generator reads a key: its lookup method in unitfile.go."""

    SCALAR = "Lookup"
    BOOL = "LookupBoolean"
    UINT = "LookupUint32"
    ALL = "LookupAll"
    STRV = "LookupAllStrv"
    ARGS = "LookupAllArgs"
    LAST_ARGS = "LookupLastArgs"
    KEYVAL = "LookupAllKeyVal"
    COMMAND = "Lookup, a command or a JSON list of words"


_READS = {
    "Scalar": Reads.SCALAR,
    "Bool": Reads.BOOL,
    "Uint": Reads.UINT,
    "All": Reads.ALL,
    "Strv": Reads.STRV,
    "Args": Reads.ARGS,
    "LastArgs": Reads.LAST_ARGS,
    "KeyVal": Reads.KEYVAL,
    "Command": Reads.COMMAND,
}
_REPEATING = frozenset({Reads.ALL, Reads.STRV, Reads.ARGS, Reads.KEYVAL})


class Key(t.NamedTuple):
    """A key.  expands: systemd expands specifiers in it.  option: the podman option that it
    becomes, or ''; option_since: the first Podman with that option.  value: the type of its
    values, '' with choices.  choices, refs: first release by choice, by kind of unit.
    """

    name: str
    since: Version
    reads: Reads
    expands: bool
    option: str
    option_since: Version
    value: str
    choices: dict[str, Version]
    refs: dict[str, Version]

    @property
    def repeats(self) -> bool:
        """Whether every assignment of the key counts, not just the last one."""
        return self.reads in _REPEATING


def version_text(version: Version) -> str:
    """`(5, 4)` as text."""
    return ".".join(map(str, version))


def parse_version(text: str) -> Version:
    """`5.4` as numbers."""
    return tuple(map(int, text.split(".")))


def _dated(text: str, default: Version) -> tuple[str, Version]:
    word, at, since = text.partition("@")
    return word, parse_version(since) if at else default


def _parse_row(line: str) -> Key:
    name, first, reads, expands, option, value, *refs = line.split()
    since = parse_version(first)
    word, option_since = _dated(option, (0,))
    choices = dict(_dated(choice, since) for choice in value.split("|")) if "|" in value else {}
    return Key(
        name=name,
        since=since,
        reads=_READS[reads],
        expands=expands == "%",
        option="" if word == "-" else word,
        option_since=option_since,
        value="" if choices else value,
        choices=choices,
        refs=dict(_dated(ref.lstrip("."), since) for ref in refs),
    )


def _parse_table(text: str) -> dict[str, dict[str, Key]]:
    sections: dict[str, dict[str, Key]] = {}
    for line in text.split("\n"):
        if line.startswith("["):
            rows = sections.setdefault(line.strip("[]"), {})
        elif line:
            row = _parse_row(line)
            rows[row.name] = row
    return sections


SECTIONS: t.Final[dict[str, dict[str, Key]]] = _parse_table(
    """
[Container]
AddCapability          4.4  Strv      %  --cap-add             text
AddDevice              4.4  Strv      %  --device              path
AddHost                5.3  All       %  --add-host            host
Annotation             4.4  KeyVal    %  --annotation          pair
AppArmor               5.8  Scalar    %  --security-opt=apparmor=  text
AutoUpdate             4.6  Scalar    %  --label=io.containers.autoupdate=  registry|local
CgroupsMode            5.3  Scalar    %  --cgroups             enabled|disabled|no-conmon|split
ContainerName          4.4  Scalar    %  --name                name
ContainersConfModule   4.8  All       %  -                     text
DNS                    4.7  All       %  --dns                 ip
DNSOption              4.7  All       %  --dns-option          text
DNSSearch              4.7  All       %  --dns-search          text
DropCapability         4.4  Strv      %  --cap-drop            text
Entrypoint             5.0  Command   %  --entrypoint=         text
Environment            4.4  KeyVal    %  --env                 pair
EnvironmentFile        4.4  Args      %  --env-file            path
EnvironmentHost        4.4  Bool      -  --env-host            bool
Exec                   4.4  LastArgs  %  -                     text
ExposeHostPort         4.4  All       %  --expose              port
GIDMap                 4.8  Strv      %  --gidmap              idmap
GlobalArgs             4.8  Args      %  -                     text
Group                  4.4  Scalar    %  -                     id
GroupAdd               5.1  All       %  --group-add           id
HealthCmd              4.5  Command   %  --health-cmd          text
HealthInterval         4.5  Scalar    %  --health-interval     time
HealthLogDestination   5.3  Scalar    %  --health-log-destination@5.3  text
HealthMaxLogCount      5.3  Scalar    %  --health-max-log-count@5.3  int
HealthMaxLogSize       5.3  Scalar    %  --health-max-log-size@5.3  int
HealthOnFailure        4.5  Scalar    %  --health-on-failure   none|kill|restart|stop
HealthRetries          4.5  Scalar    %  --health-retries      int
HealthStartPeriod      4.5  Scalar    %  --health-start-period  time
HealthStartupCmd       4.5  Command   %  --health-startup-cmd  text
HealthStartupInterval  4.5  Scalar    %  --health-startup-interval  time
HealthStartupRetries   4.5  Scalar    %  --health-startup-retries  int
HealthStartupSuccess   4.5  Scalar    %  --health-startup-success  int
HealthStartupTimeout   4.5  Scalar    %  --health-startup-timeout  time
HealthTimeout          4.5  Scalar    %  --health-timeout      time
HostName               4.6  Scalar    %  --hostname            name
HttpProxy              5.7  Bool      -  --http-proxy          bool
IP                     4.5  Scalar    %  --ip                  ip
IP6                    4.5  Scalar    %  --ip6                 ip
Image                  4.4  Scalar    %  -                     image   .image@4.8 .build@5.2
ImageVolume            6.1  Scalar    %  --image-volume        bind|tmpfs|ignore
Label                  4.4  KeyVal    %  --label               pair
LogDriver              4.5  Scalar    %  --log-driver          text
LogOpt                 5.2  Strv      %  --log-opt             text
Mask                   4.6  Args      %  --security-opt=mask=  path
Memory                 5.5  Scalar    %  --memory              size
Mount                  4.5  Args      %  --mount           mount   .volume .image@5.3 .artifact@5.7
Network                4.4  All       %  --network             network  .network .container@5.3
NetworkAlias           5.2  All       %  --network-alias       name
NoNewPrivileges        4.4  Bool      -  -                     bool
Notify                 4.4  Scalar    -  --sdnotify            true|false|healthy@5.0
PidsLimit              4.7  Scalar    %  --pids-limit          int
Pod                    5.0  Scalar    -  --pod                 unit    .pod
PodmanArgs             4.4  Args      %  -                     text
PublishPort            4.4  All       %  --publish             ports
Pull                   4.6  Scalar    %  --pull                always|missing|never|newer
ReadOnly               4.4  Bool      -  --read-only           bool
ReadOnlyTmpfs          4.8  Bool      -  --read-only-tmpfs     bool
ReloadCmd              5.5  LastArgs  %  -                     text
ReloadSignal           5.5  Scalar    %  -                     signal
RemapGid               4.4  Strv      %  -                     text
RemapUid               4.4  Strv      %  -                     text
RemapUidSize           4.4  Uint      %  -                     int
RemapUsers             4.4  Scalar    -  -                     text
Retry                  5.5  Scalar    %  --retry@5.0           int
RetryDelay             5.5  Scalar    %  --retry-delay@5.0     time
Rootfs                 4.5  Scalar    %  --rootfs              path
RunInit                4.4  Bool      -  --init                bool
SeccompProfile         4.4  Scalar    %  --security-opt=seccomp=  path
Secret                 4.5  Args      %  --secret              secret
SecurityLabelDisable   4.5  Bool      -  -                     bool
SecurityLabelFileType  4.5  Scalar    %  -                     text
SecurityLabelLevel     4.5  Scalar    %  -                     text
SecurityLabelNested    4.6  Bool      -  -                     bool
SecurityLabelType      4.5  Scalar    %  -                     text
ServiceName            5.3  Scalar    -  -                     name
ShmSize                4.7  Scalar    %  --shm-size            size
StartWithPod           5.3  Bool      -  -                     bool
StopSignal             5.2  Scalar    %  --stop-signal         signal
StopTimeout            5.0  Scalar    %  --stop-timeout        int
SubGIDMap              4.8  Scalar    %  --subgidname          name
SubUIDMap              4.8  Scalar    %  --subuidname          name
Sysctl                 4.6  Strv      %  --sysctl              text
Timezone               4.4  Scalar    %  --tz                  text
Tmpfs                  4.5  All       %  --tmpfs               mount
UIDMap                 4.8  Strv      %  --uidmap              idmap
Ulimit                 4.7  All       %  --ulimit              ulimit
Unmask                 4.6  Args      %  --security-opt=unmask=  path
User                   4.4  Scalar    %  --user                id
UserNS                 4.5  Scalar    %  --userns              text
VolatileTmp            4.4  Bool      -  -                     bool
Volume                 4.4  All       %  --volume              volume  .volume .artifact@5.7
WorkingDir             4.6  Scalar    %  --workdir             path
[Pod]
AddHost               5.3  All     %  --add-host       host
ContainersConfModule  5.0  All     %  -                text
DNS                   5.3  All     %  --dns            ip
DNSOption             5.3  All     %  --dns-option     text
DNSSearch             5.3  All     %  --dns-search     text
ExitPolicy            5.6  Scalar  %  -                stop|continue
GIDMap                5.3  Strv    %  --gidmap         idmap
GlobalArgs            5.0  Args    %  -                text
HostName              5.5  All     %  --hostname       name
IP                    5.3  Scalar  %  --ip             ip
IP6                   5.3  Scalar  %  --ip6            ip
Label                 5.6  KeyVal  %  --label          pair
Network               5.0  All     %  --network        network  .network .container@5.3
NetworkAlias          5.2  All     %  --network-alias  name
PodName               5.0  Scalar  %  --name           name
PodmanArgs            5.0  Args    %  -                text
PublishPort           5.0  All     %  --publish        ports
RemapGid              5.3  Strv    %  -                text
RemapUid              5.3  Strv    %  -                text
RemapUidSize          5.3  Uint    %  -                int
RemapUsers            5.3  Scalar  -  -                text
ServiceName           5.3  Scalar  -  -                name
ShmSize               5.4  Scalar  %  --shm-size       size
StopTimeout           5.7  Scalar  %  -                int
SubGIDMap             5.3  Scalar  %  --subgidname     name
SubUIDMap             5.3  Scalar  %  --subuidname     name
UIDMap                5.3  Strv    %  --uidmap         idmap
UserNS                5.3  Scalar  %  --userns         text
Volume                5.0  All     %  --volume         volume  .volume
[Kube]
AutoUpdate            4.7  Strv    %  -             text
ConfigMap             4.4  Strv    %  --configmap   path
ContainersConfModule  4.8  All     %  -             text
ExitCodePropagation   4.6  Scalar  %  -             all|any|none
GlobalArgs            4.8  Args    %  -             text
KubeDownForce         4.8  Bool    -  -             bool
LogDriver             4.5  Scalar  %  --log-driver  text
LogOpt                5.2  Strv    %  --log-opt     text
Network               4.4  All     %  --network     network  .network .container@5.3
PodmanArgs            4.6  Args    %  -             text
PublishPort           4.4  All     %  --publish     ports
RemapGid              4.4  Strv    %  -             text
RemapUid              4.4  Strv    %  -             text
RemapUidSize          4.4  Uint    %  -             int
RemapUsers            4.4  Scalar  -  -             text
ServiceName           5.3  Scalar  -  -             name
SetWorkingDirectory   4.7  Scalar  -  -             yaml|unit
UserNS                4.5  Scalar  %  --userns      text
Yaml                  4.4  Strv    %  -             path
[Network]
ContainersConfModule  4.8  All     %  -                 text
DNS                   4.7  All     %  --dns             ip
DisableDNS            4.4  Bool    -  --disable-dns     bool
Driver                4.4  Scalar  %  --driver          text
Gateway               4.4  All     %  --gateway         ip
GlobalArgs            4.8  Args    %  -                 text
IPAMDriver            4.4  Scalar  %  --ipam-driver     text
IPRange               4.4  All     %  --ip-range        subnet
IPv6                  4.4  Bool    -  --ipv6            bool
InterfaceName         5.6  Scalar  %  --interface-name  name
Internal              4.4  Bool    -  --internal        bool
Label                 4.4  KeyVal  %  --label           pair
NetworkDeleteOnStop   5.5  Bool    -  -                 bool
NetworkName           4.7  Scalar  %  -                 name
Options               4.4  KeyVal  %  --opt             pair
PodmanArgs            4.6  Args    %  -                 text
ServiceName           5.3  Scalar  -  -                 name
Subnet                4.4  All     %  --subnet          subnet
[Volume]
ContainersConfModule  4.8  All     %  -          text
Copy                  4.4  Bool    -  -          bool
Device                4.4  Scalar  %  -          path
Driver                4.8  Scalar  %  --driver   text
GID                   6.0  Scalar  %  --gid@6.0  int
GlobalArgs            4.8  Args    %  -          text
Group                 4.4  Uint    -  -          uint
Image                 4.8  Scalar  %  -          image  .image .build@5.2
Label                 4.4  KeyVal  %  --label    pair
Options               4.4  Scalar  %  -          text
PodmanArgs            4.6  Args    %  -          text
ServiceName           5.3  Scalar  -  -          name
Type                  4.4  Scalar  %  -          text
UID                   6.0  Scalar  %  --uid@6.0  int
User                  4.4  Uint    -  -          uint
VolumeName            4.7  Scalar  %  -          name
[Image]
AllTags               4.8  Bool    -  --all-tags         bool
Arch                  4.8  Scalar  %  --arch             text
AuthFile              4.8  Scalar  %  --authfile         path
CertDir               4.8  Scalar  %  --cert-dir         path
ContainersConfModule  4.8  All     %  -                  text
Creds                 4.8  Scalar  %  --creds            text
DecryptionKey         4.8  Scalar  %  --decryption-key   path
GlobalArgs            4.8  Args    %  -                  text
Image                 4.8  Scalar  %  -                  image
ImageTag              4.8  Scalar  %  -                  image
OS                    4.8  Scalar  %  --os               text
PodmanArgs            4.8  Args    %  -                  text
Policy                5.6  Scalar  %  --policy@5.6       always|missing|never|newer
Retry                 5.5  Scalar  %  --retry@5.0        int
RetryDelay            5.5  Scalar  %  --retry-delay@5.0  time
ServiceName           5.3  Scalar  -  -                  name
TLSVerify             4.8  Bool    -  --tls-verify       bool
Variant               4.8  Scalar  %  --variant          text
[Build]
Annotation            5.2  KeyVal  %  --annotation       pair
Arch                  5.2  Scalar  %  --arch             text
AuthFile              5.2  Scalar  %  --authfile         path
BuildArg              5.7  KeyVal  %  --build-arg        pair
ContainersConfModule  5.2  All     %  -                  text
DNS                   5.2  All     %  --dns              ip
DNSOption             5.2  All     %  --dns-option       text
DNSSearch             5.2  All     %  --dns-search       text
Environment           5.2  KeyVal  %  --env              pair
File                  5.2  Scalar  %  --file             path
ForceRM               5.2  Bool    -  --force-rm         bool
GlobalArgs            5.2  Args    %  -                  text
GroupAdd              5.2  All     %  --group-add        id
IgnoreFile            5.7  Scalar  %  --ignorefile       path
ImageTag              5.2  All     %  --tag              image
Label                 5.2  KeyVal  %  --label            pair
Network               5.2  All     %  --network          network  .network .container@5.3
PodmanArgs            5.2  Args    %  -                  text
Pull                  5.2  Scalar  %  --pull=            always|missing|never|newer
Retry                 5.5  Scalar  %  --retry@5.0        int
RetryDelay            5.5  Scalar  %  --retry-delay@5.0  time
Secret                5.2  Args    %  --secret           text
ServiceName           5.3  Scalar  -  -                  name
SetWorkingDirectory   5.2  Scalar  %  -                  path
TLSVerify             5.2  Bool    -  --tls-verify       bool
Target                5.2  Scalar  %  --target           text
Variant               5.2  Scalar  %  --variant          text
Volume                5.2  All     %  --volume           volume  .volume
[Artifact]
Artifact              5.7  Scalar  %  -                  image
AuthFile              5.7  Scalar  %  --authfile         path
CertDir               5.7  Scalar  %  --cert-dir         path
ContainersConfModule  5.7  All     %  -                  text
Creds                 5.7  Scalar  %  --creds            text
DecryptionKey         5.7  Scalar  %  --decryption-key   path
GlobalArgs            5.7  Args    %  -                  text
PodmanArgs            5.7  Args    %  -                  text
Quiet                 5.7  Bool    -  --quiet            bool
Retry                 5.7  Scalar  %  --retry@5.0        int
RetryDelay            5.7  Scalar  %  --retry-delay@5.0  time
ServiceName           5.7  Scalar  -  -                  name
TLSVerify             5.7  Bool    -  --tls-verify       bool
[Quadlet]
DefaultDependencies  5.3  Bool  -  -  bool
"""
)

SYSTEMD_KEYS: t.Final[dict[str, tuple[str, ...]]] = {
    "Service": (
        *("Restart", "RestartSec", "Type", "RemainAfterExit", "KillMode", "SyslogIdentifier"),
        *("TimeoutSec", "TimeoutStartSec", "TimeoutStopSec", "SuccessExitStatus", "WatchdogSec"),
        *("ExecStartPre", "ExecStartPost", "ExecStopPost", "ExecReload", "Slice", "TasksMax"),
        *("MemoryHigh", "MemoryMax", "CPUQuota", "CPUWeight", "IOWeight", "Nice", "LimitNOFILE"),
    ),
    "Unit": (
        *("Description", "Documentation", "After", "Before", "Requires", "Requisite", "Wants"),
        *("BindsTo", "PartOf", "Upholds", "Conflicts", "OnFailure", "OnSuccess"),
        *("StartLimitBurst", "StartLimitIntervalSec", "RequiresMountsFor"),
    ),
    "Install": ("WantedBy", "RequiredBy", "UpheldBy", "Alias", "DefaultInstance"),
}
"""Keys of systemd's own sections that are often put under Podman's; not all there are."""

INSTALL_SINCE: t.Final[dict[str, Version]] = {"UpheldBy": (5, 5), "DefaultInstance": (5, 0)}
"""Keys of [Install] that older generators pass over without a word."""
