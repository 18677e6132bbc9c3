# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The options of docker run, docker create, podman run and podman create.

A row: name, short name or -, whether it takes a value, whose it is (d, p), and the handler.
Sources: docker/cli's reference of container run and create, podman-run(1) and podman-create(1)
of Podman 3.0 to 6.1, with the hidden and the older names.
"""

from __future__ import annotations

import difflib
import typing as t


class Row(t.NamedTuple):
    """An option.  name: with both dashes.  flag: it takes no value of its own.  engines: d, p.
    handler: what reads it, in container.py.
    """

    name: str
    short: str
    flag: bool
    engines: str
    handler: str


def _parse(table: str) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for line in table.strip().split("\n"):
        name, short, takes, engines, handler = line.split()
        row = Row(f"--{name}", "" if short == "-" else short, takes == "flag", engines, handler)
        if row.name in rows:
            raise ValueError(f"two rows {row.name}")
        rows[row.name] = row
    return rows


OPTIONS: t.Final = _parse(
    """
add-host                 -  value dp option
annotation               -  value dp annotation
arch                     -  value p  option
attach                   a  value dp attached
authfile                 -  value p  option
blkio-weight             -  value dp option
blkio-weight-device      -  value dp option
cap-add                  -  value dp option
cap-drop                 -  value dp option
cert-dir                 -  value p  option
cgroup-conf              -  value p  option
cgroup-parent            -  value dp option
cgroupns                 -  value dp namespace
cgroups                  -  value p  option
chrootdirs               -  value p  option
cidfile                  -  value dp service
conmon-pidfile           -  value p  service
cpu-count                -  value d  windows
cpu-percent              -  value d  windows
cpu-period               -  value dp option
cpu-quota                -  value dp option
cpu-rt-period            -  value dp option
cpu-rt-runtime           -  value dp option
cpu-shares               c  value dp option
cpus                     -  value dp option
cpuset-cpus              -  value dp option
cpuset-mems              -  value dp option
creds                    -  value p  option
decryption-key           -  value p  option
detach                   d  flag  dp detached
detach-keys              -  value dp attached
device                   -  value dp option
device-cgroup-rule       -  value dp option
device-read-bps          -  value dp option
device-read-iops         -  value dp option
device-write-bps         -  value dp option
device-write-iops        -  value dp option
disable-content-trust    -  flag  dp trust
dns                      -  value dp option
dns-option               -  value dp option
dns-search               -  value dp option
domainname               -  value d  option
entrypoint               -  value dp entrypoint
env                      e  value dp env
env-file                 -  value dp env_file
env-host                 -  flag  p  option
env-merge                -  value p  option
expose                   -  value dp expose
gidmap                   -  value p  option
gpus                     -  value dp option
group-add                -  value dp option
group-entry              -  value p  option
health-cmd               -  value dp health
health-interval          -  value dp health
health-log-destination   -  value p  option
health-max-log-count     -  value p  option
health-max-log-size      -  value p  option
health-on-failure        -  value p  option
health-retries           -  value dp health
health-start-interval    -  value d  health
health-start-period      -  value dp health
health-startup-cmd       -  value p  option
health-startup-interval  -  value p  option
health-startup-retries   -  value p  option
health-startup-success   -  value p  option
health-startup-timeout   -  value p  option
health-timeout           -  value dp health
help                     -  flag  dp help
hostname                 h  value dp option
hosts-file               -  value p  option
hostuser                 -  value p  option
http-proxy               -  flag  p  option
image-volume             -  value p  option
init                     -  flag  dp option
init-path                -  value p  option
interactive              i  flag  dp terminal
io-maxbandwidth          -  value d  windows
io-maxiops               -  value d  windows
ip                       -  value dp address
ip6                      -  value dp address
ipc                      -  value dp namespace
isolation                -  value d  windows
kernel-memory            -  value dp obsolete
label                    l  value dp label
label-file               -  value dp option
link                     -  value d  link
link-local-ip            -  value d  unknown
log-driver               -  value dp option
log-opt                  -  value dp option
mac-address              -  value dp address
memory                   m  value dp option
memory-reservation       -  value dp option
memory-swap              -  value dp option
memory-swappiness        -  value dp option
mount                    -  value dp mount
name                     -  value dp name
network                  -  value dp network
network-alias            -  value dp alias
no-healthcheck           -  flag  dp no_health
no-hostname              -  flag  p  option
no-hosts                 -  flag  p  option
oom-kill-disable         -  flag  dp option
oom-score-adj            -  value dp option
os                       -  value p  option
passwd                   -  flag  p  option
passwd-entry             -  value p  option
personality              -  value p  option
pid                      -  value dp namespace
pidfile                  -  value p  service
pids-limit               -  value dp option
platform                 -  value dp option
pod                      -  value p  pod
pod-id-file              -  value p  option
preserve-fd              -  value p  descriptors
preserve-fds             -  value p  descriptors
privileged               -  flag  dp option
publish                  p  value dp publish
publish-all              P  flag  dp option
pull                     -  value dp option
quiet                    q  flag  dp attached
rdt-class                -  value p  option
read-only                -  flag  dp read_only
read-only-tmpfs          -  flag  p  option
replace                  -  flag  p  service
requires                 -  value p  requires
restart                  -  value dp restart
retry                    -  value p  option
retry-delay              -  value p  option
rm                       -  flag  dp removed
rmi                      -  flag  p  option
rootfs                   -  flag  p  rootfs
runtime                  -  value dp option
sdnotify                 -  value p  option
seccomp-policy           -  value p  option
secret                   -  value p  secret
security-opt             -  value dp option
shm-size                 -  value dp option
shm-size-systemd         -  value p  option
sig-proxy                -  flag  dp attached
signature-policy         -  value p  option
stop-signal              -  value dp option
stop-timeout             -  value dp stop_timeout
storage-opt              -  value dp option
subgidname               -  value p  option
subuidname               -  value p  option
sysctl                   -  value dp option
systemd                  -  value p  option
timeout                  -  value p  option
tls-verify               -  flag  p  option
tmpfs                    -  value dp tmpfs
tty                      t  flag  dp terminal
tz                       -  value p  option
uidmap                   -  value p  option
ulimit                   -  value dp option
umask                    -  value p  option
unsetenv                 -  value p  option
unsetenv-all             -  flag  p  option
use-api-socket           -  flag  d  unknown
user                     u  value dp user
userns                   -  value dp option
uts                      -  value dp namespace
variant                  -  value p  option
volume                   v  value dp volume
volume-driver            -  value d  volume_driver
volumes-from             -  value dp volumes_from
workdir                  w  value dp option
"""
)

ALIASES: t.Final = {
    "--dns-opt": "--dns-option",
    "--healthcheck-command": "--health-cmd",
    "--healthcheck-interval": "--health-interval",
    "--healthcheck-retries": "--health-retries",
    "--healthcheck-start-period": "--health-start-period",
    "--healthcheck-timeout": "--health-timeout",
    "--net": "--network",
    "--net-alias": "--network-alias",
    "--override-arch": "--arch",
    "--override-os": "--os",
    "--override-variant": "--variant",
    "--timezone": "--tz",
}

POD_OPTIONS: t.Final = _parse(
    """
add-host              -  value p option
blkio-weight          -  value p option
blkio-weight-device   -  value p option
cgroup-parent         -  value p option
cpu-shares            c  value p option
cpus                  -  value p option
cpuset-cpus           -  value p option
cpuset-mems           -  value p option
device                -  value p option
device-read-bps       -  value p option
device-write-bps      -  value p option
dns                   -  value p option
dns-option            -  value p option
dns-search            -  value p option
exit-policy           -  value p option
gidmap                -  value p option
gpus                  -  value p option
help                  -  flag  p help
hostname              h  value p option
hosts-file            -  value p option
infra                 -  flag  p option
infra-command         -  value p option
infra-conmon-pidfile  -  value p service
infra-image           -  value p option
infra-name            -  value p option
ip                    -  value p address
ip6                   -  value p address
label                 l  value p option
label-file            -  value p option
mac-address           -  value p address
memory                m  value p option
memory-swap           -  value p option
name                  n  value p name
network               -  value p network
network-alias         -  value p alias
no-hostname           -  flag  p option
no-hosts              -  flag  p option
pid                   -  value p option
pod-id-file           -  value p service
publish               p  value p publish
replace               -  flag  p service
restart               -  value p restart
security-opt          -  value p option
share                 -  value p option
share-parent          -  flag  p option
shm-size              -  value p option
shm-size-systemd      -  value p option
subgidname            -  value p option
subuidname            -  value p option
sysctl                -  value p option
uidmap                -  value p option
userns                -  value p option
uts                   -  value p option
volume                v  value p volume
volumes-from          -  value p option
"""
)


class Table(t.NamedTuple):
    """The options of a command."""

    options: dict[str, Row]
    short: dict[str, Row]
    help: str

    def find(self, name: str) -> Row | None:
        """The row of a long name."""
        return self.options.get(ALIASES.get(name, name))

    def near(self, name: str) -> Row | None:
        """What may have been meant by a name that is unknown."""
        names = difflib.get_close_matches(name, self.options, n=1)
        return self.options[names[0]] if names else None

    def suggest(self, name: str) -> str:
        """A remedy for a name that is unknown."""
        row = self.near(name)
        return f"Did you mean {row.name}?" if row else f"Look at {self.help}."


def parse_table(text: str, manual: str) -> Table:
    """A table of options from its text."""
    return _table(_parse(text), manual)


def _table(options: dict[str, Row], text: str) -> Table:
    return Table(options, {row.short: row for row in options.values() if row.short}, text)


RUN: t.Final = _table(OPTIONS, "docker run --help or podman run --help")
POD: t.Final = _table(POD_OPTIONS, "podman pod create --help")
