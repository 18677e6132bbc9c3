# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.

"""Every key of every Quadlet section: one row a key.

A row says in which Podman release the key came (all came in an x.y.0, none was
ever removed) and how Podman's generator reads it, named after its lookup
method; quoting.py writes values by that.  Source of the rows: the generators of
Podman 4.4 to 6.1 themselves, asked for every key.
"""

from __future__ import annotations

import enum
import typing as t

Version = tuple[int, int]

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


class Key(t.NamedTuple):
    """One key: name, first Podman release that knows it, and how it is read."""

    name: str
    since: Version
    reads: Reads

    @property
    def repeats(self) -> bool:
        """Whether every assignment of the key counts, not just the last one."""
        return self.reads in _REPEATING


_REPEATING = frozenset({Reads.ALL, Reads.STRV, Reads.ARGS, Reads.KEYVAL})

SCALAR, BOOL, UINT, ALL, STRV, ARGS, LAST_ARGS, KEYVAL, COMMAND = Reads


def _rows(*rows: tuple[str, Version, Reads]) -> dict[str, Key]:
    return {name: Key(name, since, reads) for name, since, reads in rows}


SECTIONS: t.Final[dict[str, dict[str, Key]]] = {
    "Container": _rows(
        ("AddCapability", (4, 4), STRV),
        ("AddDevice", (4, 4), STRV),
        ("AddHost", (5, 3), ALL),
        ("Annotation", (4, 4), KEYVAL),
        ("AppArmor", (5, 8), SCALAR),
        ("AutoUpdate", (4, 6), SCALAR),
        ("CgroupsMode", (5, 3), SCALAR),
        ("ContainerName", (4, 4), SCALAR),
        ("ContainersConfModule", (4, 8), ALL),
        ("DNS", (4, 7), ALL),
        ("DNSOption", (4, 7), ALL),
        ("DNSSearch", (4, 7), ALL),
        ("DropCapability", (4, 4), STRV),
        ("Entrypoint", (5, 0), COMMAND),
        ("Environment", (4, 4), KEYVAL),
        ("EnvironmentFile", (4, 4), ARGS),
        ("EnvironmentHost", (4, 4), BOOL),
        ("Exec", (4, 4), LAST_ARGS),
        ("ExposeHostPort", (4, 4), ALL),
        ("GIDMap", (4, 8), STRV),
        ("GlobalArgs", (4, 8), ARGS),
        ("Group", (4, 4), SCALAR),
        ("GroupAdd", (5, 1), ALL),
        ("HealthCmd", (4, 5), COMMAND),
        ("HealthInterval", (4, 5), SCALAR),
        ("HealthLogDestination", (5, 3), SCALAR),
        ("HealthMaxLogCount", (5, 3), SCALAR),
        ("HealthMaxLogSize", (5, 3), SCALAR),
        ("HealthOnFailure", (4, 5), SCALAR),
        ("HealthRetries", (4, 5), SCALAR),
        ("HealthStartPeriod", (4, 5), SCALAR),
        ("HealthStartupCmd", (4, 5), COMMAND),
        ("HealthStartupInterval", (4, 5), SCALAR),
        ("HealthStartupRetries", (4, 5), SCALAR),
        ("HealthStartupSuccess", (4, 5), SCALAR),
        ("HealthStartupTimeout", (4, 5), SCALAR),
        ("HealthTimeout", (4, 5), SCALAR),
        ("HostName", (4, 6), SCALAR),
        ("HttpProxy", (5, 7), BOOL),
        ("IP", (4, 5), SCALAR),
        ("IP6", (4, 5), SCALAR),
        ("Image", (4, 4), SCALAR),
        ("ImageVolume", (6, 1), SCALAR),
        ("Label", (4, 4), KEYVAL),
        ("LogDriver", (4, 5), SCALAR),
        ("LogOpt", (5, 2), STRV),
        ("Mask", (4, 6), ARGS),
        ("Memory", (5, 5), SCALAR),
        ("Mount", (4, 5), ARGS),
        ("Network", (4, 4), ALL),
        ("NetworkAlias", (5, 2), ALL),
        ("NoNewPrivileges", (4, 4), BOOL),
        ("Notify", (4, 4), SCALAR),
        ("PidsLimit", (4, 7), SCALAR),
        ("Pod", (5, 0), SCALAR),
        ("PodmanArgs", (4, 4), ARGS),
        ("PublishPort", (4, 4), ALL),
        ("Pull", (4, 6), SCALAR),
        ("ReadOnly", (4, 4), BOOL),
        ("ReadOnlyTmpfs", (4, 8), BOOL),
        ("ReloadCmd", (5, 5), LAST_ARGS),
        ("ReloadSignal", (5, 5), SCALAR),
        ("RemapGid", (4, 4), STRV),
        ("RemapUid", (4, 4), STRV),
        ("RemapUidSize", (4, 4), UINT),
        ("RemapUsers", (4, 4), SCALAR),
        ("Retry", (5, 5), SCALAR),
        ("RetryDelay", (5, 5), SCALAR),
        ("Rootfs", (4, 5), SCALAR),
        ("RunInit", (4, 4), BOOL),
        ("SeccompProfile", (4, 4), SCALAR),
        ("Secret", (4, 5), ARGS),
        ("SecurityLabelDisable", (4, 5), BOOL),
        ("SecurityLabelFileType", (4, 5), SCALAR),
        ("SecurityLabelLevel", (4, 5), SCALAR),
        ("SecurityLabelNested", (4, 6), BOOL),
        ("SecurityLabelType", (4, 5), SCALAR),
        ("ServiceName", (5, 3), SCALAR),
        ("ShmSize", (4, 7), SCALAR),
        ("StartWithPod", (5, 3), BOOL),
        ("StopSignal", (5, 2), SCALAR),
        ("StopTimeout", (5, 0), SCALAR),
        ("SubGIDMap", (4, 8), SCALAR),
        ("SubUIDMap", (4, 8), SCALAR),
        ("Sysctl", (4, 6), STRV),
        ("Timezone", (4, 4), SCALAR),
        ("Tmpfs", (4, 5), ALL),
        ("UIDMap", (4, 8), STRV),
        ("Ulimit", (4, 7), ALL),
        ("Unmask", (4, 6), ARGS),
        ("User", (4, 4), SCALAR),
        ("UserNS", (4, 5), SCALAR),
        ("VolatileTmp", (4, 4), BOOL),
        ("Volume", (4, 4), ALL),
        ("WorkingDir", (4, 6), SCALAR),
    ),
    "Pod": _rows(
        ("AddHost", (5, 3), ALL),
        ("ContainersConfModule", (5, 0), ALL),
        ("DNS", (5, 3), ALL),
        ("DNSOption", (5, 3), ALL),
        ("DNSSearch", (5, 3), ALL),
        ("ExitPolicy", (5, 6), SCALAR),
        ("GIDMap", (5, 3), STRV),
        ("GlobalArgs", (5, 0), ARGS),
        ("HostName", (5, 5), ALL),
        ("IP", (5, 3), SCALAR),
        ("IP6", (5, 3), SCALAR),
        ("Label", (5, 6), KEYVAL),
        ("Network", (5, 0), ALL),
        ("NetworkAlias", (5, 2), ALL),
        ("PodName", (5, 0), SCALAR),
        ("PodmanArgs", (5, 0), ARGS),
        ("PublishPort", (5, 0), ALL),
        ("RemapGid", (5, 3), STRV),
        ("RemapUid", (5, 3), STRV),
        ("RemapUidSize", (5, 3), UINT),
        ("RemapUsers", (5, 3), SCALAR),
        ("ServiceName", (5, 3), SCALAR),
        ("ShmSize", (5, 4), SCALAR),
        ("StopTimeout", (5, 7), SCALAR),
        ("SubGIDMap", (5, 3), SCALAR),
        ("SubUIDMap", (5, 3), SCALAR),
        ("UIDMap", (5, 3), STRV),
        ("UserNS", (5, 3), SCALAR),
        ("Volume", (5, 0), ALL),
    ),
    "Kube": _rows(
        ("AutoUpdate", (4, 7), STRV),
        ("ConfigMap", (4, 4), STRV),
        ("ContainersConfModule", (4, 8), ALL),
        ("ExitCodePropagation", (4, 6), SCALAR),
        ("GlobalArgs", (4, 8), ARGS),
        ("KubeDownForce", (4, 8), BOOL),
        ("LogDriver", (4, 5), SCALAR),
        ("LogOpt", (5, 2), STRV),
        ("Network", (4, 4), ALL),
        ("PodmanArgs", (4, 6), ARGS),
        ("PublishPort", (4, 4), ALL),
        ("RemapGid", (4, 4), STRV),
        ("RemapUid", (4, 4), STRV),
        ("RemapUidSize", (4, 4), UINT),
        ("RemapUsers", (4, 4), SCALAR),
        ("ServiceName", (5, 3), SCALAR),
        ("SetWorkingDirectory", (4, 7), SCALAR),
        ("UserNS", (4, 5), SCALAR),
        ("Yaml", (4, 4), STRV),
    ),
    "Network": _rows(
        ("ContainersConfModule", (4, 8), ALL),
        ("DNS", (4, 7), ALL),
        ("DisableDNS", (4, 4), BOOL),
        ("Driver", (4, 4), SCALAR),
        ("Gateway", (4, 4), ALL),
        ("GlobalArgs", (4, 8), ARGS),
        ("IPAMDriver", (4, 4), SCALAR),
        ("IPRange", (4, 4), ALL),
        ("IPv6", (4, 4), BOOL),
        ("InterfaceName", (5, 6), SCALAR),
        ("Internal", (4, 4), BOOL),
        ("Label", (4, 4), KEYVAL),
        ("NetworkDeleteOnStop", (5, 5), BOOL),
        ("NetworkName", (4, 7), SCALAR),
        ("Options", (4, 4), KEYVAL),
        ("PodmanArgs", (4, 6), ARGS),
        ("ServiceName", (5, 3), SCALAR),
        ("Subnet", (4, 4), ALL),
    ),
    "Volume": _rows(
        ("ContainersConfModule", (4, 8), ALL),
        ("Copy", (4, 4), BOOL),
        ("Device", (4, 4), SCALAR),
        ("Driver", (4, 8), SCALAR),
        ("GID", (6, 0), SCALAR),
        ("GlobalArgs", (4, 8), ARGS),
        ("Group", (4, 4), UINT),
        ("Image", (4, 8), SCALAR),
        ("Label", (4, 4), KEYVAL),
        ("Options", (4, 4), SCALAR),
        ("PodmanArgs", (4, 6), ARGS),
        ("ServiceName", (5, 3), SCALAR),
        ("Type", (4, 4), SCALAR),
        ("UID", (6, 0), SCALAR),
        ("User", (4, 4), UINT),
        ("VolumeName", (4, 7), SCALAR),
    ),
    "Image": _rows(
        ("AllTags", (4, 8), BOOL),
        ("Arch", (4, 8), SCALAR),
        ("AuthFile", (4, 8), SCALAR),
        ("CertDir", (4, 8), SCALAR),
        ("ContainersConfModule", (4, 8), ALL),
        ("Creds", (4, 8), SCALAR),
        ("DecryptionKey", (4, 8), SCALAR),
        ("GlobalArgs", (4, 8), ARGS),
        ("Image", (4, 8), SCALAR),
        ("ImageTag", (4, 8), SCALAR),
        ("OS", (4, 8), SCALAR),
        ("PodmanArgs", (4, 8), ARGS),
        ("Policy", (5, 6), SCALAR),
        ("Retry", (5, 5), SCALAR),
        ("RetryDelay", (5, 5), SCALAR),
        ("ServiceName", (5, 3), SCALAR),
        ("TLSVerify", (4, 8), BOOL),
        ("Variant", (4, 8), SCALAR),
    ),
    "Build": _rows(
        ("Annotation", (5, 2), KEYVAL),
        ("Arch", (5, 2), SCALAR),
        ("AuthFile", (5, 2), SCALAR),
        ("BuildArg", (5, 7), KEYVAL),
        ("ContainersConfModule", (5, 2), ALL),
        ("DNS", (5, 2), ALL),
        ("DNSOption", (5, 2), ALL),
        ("DNSSearch", (5, 2), ALL),
        ("Environment", (5, 2), KEYVAL),
        ("File", (5, 2), SCALAR),
        ("ForceRM", (5, 2), BOOL),
        ("GlobalArgs", (5, 2), ARGS),
        ("GroupAdd", (5, 2), ALL),
        ("IgnoreFile", (5, 7), SCALAR),
        ("ImageTag", (5, 2), ALL),
        ("Label", (5, 2), KEYVAL),
        ("Network", (5, 2), ALL),
        ("PodmanArgs", (5, 2), ARGS),
        ("Pull", (5, 2), SCALAR),
        ("Retry", (5, 5), SCALAR),
        ("RetryDelay", (5, 5), SCALAR),
        ("Secret", (5, 2), ARGS),
        ("ServiceName", (5, 3), SCALAR),
        ("SetWorkingDirectory", (5, 2), SCALAR),
        ("TLSVerify", (5, 2), BOOL),
        ("Target", (5, 2), SCALAR),
        ("Variant", (5, 2), SCALAR),
        ("Volume", (5, 2), ALL),
    ),
    "Artifact": _rows(
        ("Artifact", (5, 7), SCALAR),
        ("AuthFile", (5, 7), SCALAR),
        ("CertDir", (5, 7), SCALAR),
        ("ContainersConfModule", (5, 7), ALL),
        ("Creds", (5, 7), SCALAR),
        ("DecryptionKey", (5, 7), SCALAR),
        ("GlobalArgs", (5, 7), ARGS),
        ("PodmanArgs", (5, 7), ARGS),
        ("Quiet", (5, 7), BOOL),
        ("Retry", (5, 7), SCALAR),
        ("RetryDelay", (5, 7), SCALAR),
        ("ServiceName", (5, 7), SCALAR),
        ("TLSVerify", (5, 7), BOOL),
    ),
    "Quadlet": _rows(
        ("DefaultDependencies", (5, 3), BOOL),
    ),
}

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
