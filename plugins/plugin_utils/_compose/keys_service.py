# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The keys of a service, as rows of the table of table.py, which explains the columns."""

from __future__ import annotations

import typing as t

SERVICE: t.Final = """
annotations | annotations | mapping or list | exact | Annotation
    Data for the runtime.
attach | exact | boolean | exact |
    Tells whether `up` shows the output; a service's goes to the journal.
blkio_config | walk | mapping | exact |
    Limits of block devices.
build | build | string or mapping | exact, moved, approximated | Image
    The image is built on the host by a `.build` unit.
cap_add | each --cap-add | list | exact | AddCapability
    Capabilities that are added.
cap_drop | each --cap-drop | list | exact | DropCapability
    Capabilities that are taken away.
cgroup | option --cgroupns | `host`, `private` | exact | --cgroupns
    The cgroup namespace.
cgroup_parent | option --cgroup-parent | string | exact | --cgroup-parent
    The parent of the container's cgroup; systemd's slices are the better way.
command | command | string, list or null | exact, approximated | Exec
    Words; a string is split as Compose splits it. Empty: the image's command is dropped.
configs | configs | list | exact, moved | Volume, Secret
    Each becomes a file of the app, mounted read-only; with `uid` or `gid` a secret.
container_name | container_name | string | exact | ContainerName
    Compose refuses it with more than one replica.
cpu_count | exact | number | exact |
    For Windows; it has no effect on Linux.
cpu_percent | exact | number | exact |
    For Windows; it has no effect on Linux.
cpu_period | micros --cpu-period | number or duration | exact | --cpu-period
    Period of the CPU quota, in microseconds.
cpu_quota | micros --cpu-quota | number or duration | exact | --cpu-quota
    CPU quota, in microseconds.
cpu_rt_period | micros --cpu-rt-period | number or duration | exact | --cpu-rt-period
    Period of real-time scheduling.
cpu_rt_runtime | micros --cpu-rt-runtime | number or duration | exact | --cpu-rt-runtime
    Runtime of real-time scheduling.
cpu_shares | int --cpu-shares | number | exact | --cpu-shares
    Relative weight.
cpus | number --cpus | number | exact | --cpus
    Number of CPUs.
cpuset | option --cpuset-cpus | string | exact | --cpuset-cpus
    CPUs on which it may run.
credential_spec | refuse | mapping | refused |
    Credentials of a managed service account exist on Windows alone. // Remove the key.
depends_on | depends_on | list or mapping | exact, approximated | [Unit] Wants, [Unit] Requires
    Order and coupling of services.
deploy | walk | mapping | exact |
    Replicas, limits and restarts; what only Swarm reads has no effect.
develop | drop | mapping | dropped |
    `docker compose watch` is a tool for development. // Use Compose for development.
device_cgroup_rules | each --device-cgroup-rule | list | exact | --device-cgroup-rule
    Rules for device numbers.
devices | devices | list | exact | AddDevice
    Devices: a string, a mapping, or a name of CDI.
dns | each --dns | string or list | exact | DNS
    DNS servers.
dns_opt | each --dns-option | list | exact | DNSOption
    Options of the resolver.
dns_search | each --dns-search | string or list | exact | DNSSearch
    Search domains.
dockerfile | build_file | string | exact | File
    Before version 2: `build.dockerfile`.
domainname | domainname | string | approximated, dropped | HostName
    It becomes a part of the host name; Podman has no domain name.
entrypoint | entrypoint | string, list or null | exact, approximated | Entrypoint
    Words, as in `command`. Empty: the image's entrypoint is dropped.
env_file | env_file | string or list | exact | Environment
    Read as Compose reads it; values are written, since Podman reads such files in another way.
environment | environment | mapping or list | exact, moved | Environment, Secret
    Variables; one without a value is passed on.
expose | exact | list | exact |
    Documentation: containers of a network reach all ports.
extends | exact | string or mapping | exact |
    Merged before the service is read.
external_links | drop | list | dropped |
    Podman has no links to other containers. // Put both on one network, with an alias.
extra_hosts | hosts --add-host | list or mapping | exact | AddHost
    Lines of /etc/hosts.
gpus | gpus | `all` or list | approximated | AddDevice
    Devices of CDI; the host needs a CDI specification.
group_add | each --group-add | list | exact | GroupAdd
    Additional groups.
healthcheck | healthcheck | mapping | exact | HealthCmd
    A health check; `NONE` and `disable` switch off the image's too.
hostname | hostname | string | exact | HostName
    The host name.
image | image | string | exact | Image
    The image.
init | flag --init | boolean | exact | RunInit
    An init process in the container.
ipc | namespace --ipc | string | exact | --ipc
    IPC namespace; `service:NAME` is the container of a service.
isolation | isolation | string | exact, refused |
    Windows has others than `default`.
label_file | label_file | string or list | exact | Label
    Labels from files, read on the controller.
labels | labels | mapping or list | exact | Label
    Labels. Programs that read Compose's own labels don't find them.
links | links | list | exact, approximated | [Unit] Wants, [Unit] Requires
    A dependency; an alias becomes one on the networks that both are on.
log_driver | option --log-driver | string | exact | LogDriver
    Before version 2: `logging.driver`.
log_opt | pairs --log-opt | mapping | exact | LogOpt
    Before version 2: `logging.options`.
logging | walk | mapping | exact, approximated, dropped |
    Drivers that Podman lacks become the journal.
mac_address | mac_address | string | exact | Network
    An option of the first network.
mem_limit | size --memory | number or size | exact | Memory
    Limit of memory.
mem_reservation | size --memory-reservation | number or size | exact | --memory-reservation
    Soft limit of memory.
mem_swappiness | int --memory-swappiness | number | exact | --memory-swappiness
    Swappiness, 0 to 100; hosts with cgroups version 2 refuse it.
memswap_limit | size --memory-swap | number or size | exact | --memory-swap
    Limit of memory and swap.
models | models | list or mapping | dropped |
    Language models are served by Docker's model runner. // Run a server of models, and give the
    service its variables in `environment`.
net | network_mode | string | exact | Network
    Before version 2: `network_mode`.
network_mode | network_mode | string | exact | Network
    `host`, `none`, `bridge`, `service:NAME`, `container:NAME`, or a network's name.
networks | networks | list or mapping | exact, approximated | Network
    Each with the service's name as alias.
oom_kill_disable | flag --oom-kill-disable | boolean | exact | --oom-kill-disable
    The kernel kills nothing of it when memory is short.
oom_score_adj | int --oom-score-adj | number | exact | --oom-score-adj
    How early the kernel kills it.
pid | namespace --pid | string | exact | --pid
    PID namespace; `service:NAME` is the container of a service.
pids_limit | int --pids-limit | number | exact | PidsLimit
    Limit of processes.
platform | option --platform | string | exact | --platform
    Platform of the image.
ports | ports | list | exact, approximated | PublishPort
    Published ports: numbers, strings or mappings.
post_start | hooks start | list | exact, approximated | [Service] ExecStartPost
    Commands in the container once it runs.
pre_start | pre_start | list | approximated | [Unit] Requires
    Steps before the start: each becomes a job, which the service needs.
pre_stop | hooks stop | list | approximated | [Service] ExecStop
    Commands in the container before it is stopped.
privileged | flag --privileged | boolean | exact | --privileged
    All capabilities and devices.
profiles | exact | list | exact |
    A service without an active profile is left out.
provider | provider | mapping | dropped, refused |
    An external program runs the service: it is left out, unless another service needs it. //
    Replace it by a service with an image.
pull_policy | pull_policy | string | exact, approximated | Pull
    `always`, `never`, `missing`, `build`; a period becomes `newer`.
pull_refresh_after | drop | string | dropped |
    Podman has no age of images. // Set `pull_policy: always`.
read_only | read_only | boolean | exact, approximated | ReadOnly, ReadOnlyTmpfs, Tmpfs
    The root file system is read-only, `/dev/shm` is not, as with Docker.
restart | restart | string | exact, approximated | [Service] Restart
    `no`, `always`, `unless-stopped`, `on-failure`, `on-failure:N`.
runtime | option --runtime | string | exact | GlobalArgs
    The OCI runtime.
scale | scale | number | exact |
    The number of containers; each gets a unit.
secrets | secrets | list | exact, approximated | Secret
    Files below /run/secrets.
security_opt | each --security-opt | list | exact | SecurityLabelDisable, NoNewPrivileges
    Options of SELinux, AppArmor and seccomp.
shm_size | size --shm-size | number or size | exact | ShmSize
    Size of /dev/shm.
stdin_open | flag --interactive | boolean | exact | --interactive
    Standard input stays open.
stop_grace_period | stop_grace_period | duration | exact | StopTimeout
    Time until the container is killed.
stop_signal | option --stop-signal | string | exact | StopSignal
    Signal that ends the container.
storage_opt | drop | mapping | dropped |
    Podman sets storage options for all containers. // Set them in storage.conf.
sysctls | pairs --sysctl | mapping or list | exact | Sysctl
    Kernel parameters of the container's namespaces.
tmpfs | tmpfs | string or list | exact, approximated | Tmpfs
    File systems in memory.
tty | flag --tty | boolean | exact | --tty
    A terminal.
ulimits | ulimits --ulimit | mapping | exact | Ulimit
    Limits of processes.
use_api_socket | api_socket | boolean | approximated | Volume
    The engine's socket is mounted; credentials of registries are not.
user | user | string or number | exact | User
    User, and group behind a colon.
userns_mode | option --userns | string | exact | UserNS
    User namespace.
uts | namespace --uts | string | exact | --uts
    UTS namespace.
volume_driver | volume_driver | string | exact, refused |
    Before version 3: the driver of the service's volumes.
volumes | volumes | list | exact, approximated | Volume, Mount, Tmpfs
    Volumes, bind mounts, tmpfs and images: strings or mappings.
volumes_from | volumes_from | list | approximated | Volume
    The mounts of another service; volumes that only its image declares are not among them.
working_dir | option --workdir | string | exact | WorkingDir
    Working directory.
"""
