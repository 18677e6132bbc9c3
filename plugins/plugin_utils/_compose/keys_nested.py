# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The keys below those of a service, as rows of the table of table.py."""

from __future__ import annotations

import typing as t

NESTED: t.Final = """
blkio_config.device_read_bps | rates --device-read-bps | list | exact | --device-read-bps
    Bytes read per second.
blkio_config.device_read_bps[].path | | string | exact | --device-read-bps
    Path of the device.
blkio_config.device_read_bps[].rate | | number or size | exact | --device-read-bps
    Limit.
blkio_config.device_read_iops | rates --device-read-iops | list | exact | --device-read-iops
    Reads per second.
blkio_config.device_read_iops[].path | | string | exact | --device-read-iops
    Path of the device.
blkio_config.device_read_iops[].rate | | number or size | exact | --device-read-iops
    Limit.
blkio_config.device_write_bps | rates --device-write-bps | list | exact | --device-write-bps
    Bytes written per second.
blkio_config.device_write_bps[].path | | string | exact | --device-write-bps
    Path of the device.
blkio_config.device_write_bps[].rate | | number or size | exact | --device-write-bps
    Limit.
blkio_config.device_write_iops | rates --device-write-iops | list | exact | --device-write-iops
    Writes per second.
blkio_config.device_write_iops[].path | | string | exact | --device-write-iops
    Path of the device.
blkio_config.device_write_iops[].rate | | number or size | exact | --device-write-iops
    Limit.
blkio_config.weight | int --blkio-weight | number | exact | --blkio-weight
    Weight, 10 to 1000.
blkio_config.weight_device | rates --blkio-weight-device | list | exact | --blkio-weight-device
    Weight of a device.
blkio_config.weight_device[].path | | string | exact | --blkio-weight-device
    Path of the device.
blkio_config.weight_device[].weight | | number | exact | --blkio-weight-device
    Weight, 10 to 1000.
configs[].gid | | string | exact | Secret
    Group that owns it.
configs[].mode | | number or string | exact | Volume
    File mode; a string is octal.
configs[].source | | string | exact | Volume
    Name of the config.
configs[].target | | string | exact | Volume
    Path in the container; /NAME by default.
configs[].uid | | string | exact | Secret
    User that owns it.
credential_spec.config | | string | refused |
    See `credential_spec`.
credential_spec.file | | string | refused |
    See `credential_spec`.
credential_spec.registry | | string | refused |
    See `credential_spec`.
depends_on.*.condition | | string | exact, approximated | Notify, [Unit] Requires
    `service_started`, `service_healthy` or `service_completed_successfully`.
depends_on.*.required | | boolean | exact | [Unit] Wants
    Whether the other one may be missing.
depends_on.*.restart | | boolean | exact | [Unit] Requires
    Whether it restarts with the other one.
deploy.endpoint_mode | exact | string | exact |
    Only Swarm reads it.
deploy.labels | exact | mapping or list | exact |
    Labels of a service of Swarm; containers don't get them.
deploy.mode | exact | string | exact |
    Only Swarm reads it.
deploy.placement | exact | mapping | exact |
    Only Swarm reads it.
deploy.placement.constraints | | list | exact |
    Only Swarm reads it.
deploy.placement.max_replicas_per_node | | number | exact |
    Only Swarm reads it.
deploy.placement.preferences | | list | exact |
    Only Swarm reads it.
deploy.placement.preferences[].spread | | string | exact |
    Only Swarm reads it.
deploy.replicas | scale | number | exact |
    The number of containers, as `scale`.
deploy.resources | walk | mapping | exact |
    Limits and reservations.
deploy.resources.limits | walk | mapping | exact |
    Limits; Compose refuses other values in `mem_limit` and the like.
deploy.resources.limits.cpus | number --cpus | number | exact | --cpus
    Number of CPUs.
deploy.resources.limits.memory | size --memory | size | exact | Memory
    Limit of memory.
deploy.resources.limits.pids | int --pids-limit | number | exact | PidsLimit
    Limit of processes.
deploy.resources.reservations | walk | mapping | exact |
    Reservations.
deploy.resources.reservations.cpus | exact | number | exact |
    Only Swarm reads it.
deploy.resources.reservations.devices | gpus | list | approximated | AddDevice
    Devices, as `gpus`.
deploy.resources.reservations.devices[].capabilities | | list | exact |
    What the device can do.
deploy.resources.reservations.devices[].count | | number or `all` | approximated | AddDevice
    The first N devices.
deploy.resources.reservations.devices[].device_ids | | list | approximated | AddDevice
    Devices by their names.
deploy.resources.reservations.devices[].driver | | string | approximated | AddDevice
    `nvidia`, or the vendor's name of CDI.
deploy.resources.reservations.devices[].options | | mapping or list | dropped |
    CDI has no options.
deploy.resources.reservations.generic_resources | exact | list | exact |
    Only Swarm reads it.
deploy.resources.reservations.generic_resources[].discrete_resource_spec | | mapping | exact |
    Only Swarm reads it.
deploy.resources.reservations.generic_resources[].discrete_resource_spec.kind | | string | exact |
    Only Swarm reads it.
deploy.resources.reservations.generic_resources[].discrete_resource_spec.value | | number | exact |
    Only Swarm reads it.
deploy.resources.reservations.memory | size --memory-reservation | size | exact |
    Soft limit of memory.
deploy.restart_policy | restart_policy | mapping | exact, approximated | [Service] Restart
    It is taken in place of `restart`.
deploy.restart_policy.condition | | string | exact | [Service] Restart
    `none`, `on-failure` or `any`.
deploy.restart_policy.delay | | duration | exact | [Service] RestartSec
    Time before a restart.
deploy.restart_policy.max_attempts | | number | approximated | [Unit] StartLimitBurst
    Restarts before it gives up.
deploy.restart_policy.window | | duration | dropped |
    Only Swarm reads it: how long it has to run to count as started.
deploy.rollback_config | exact | mapping | exact |
    Only Swarm reads it.
deploy.update_config | exact | mapping | exact |
    Only Swarm reads it.
deploy.rollback_config.delay | | string or number | exact |
    Only Swarm reads it.
deploy.rollback_config.failure_action | | string or number | exact |
    Only Swarm reads it.
deploy.rollback_config.max_failure_ratio | | string or number | exact |
    Only Swarm reads it.
deploy.rollback_config.monitor | | string or number | exact |
    Only Swarm reads it.
deploy.rollback_config.order | | string or number | exact |
    Only Swarm reads it.
deploy.rollback_config.parallelism | | string or number | exact |
    Only Swarm reads it.
deploy.update_config.delay | | string or number | exact |
    Only Swarm reads it.
deploy.update_config.failure_action | | string or number | exact |
    Only Swarm reads it.
deploy.update_config.max_failure_ratio | | string or number | exact |
    Only Swarm reads it.
deploy.update_config.monitor | | string or number | exact |
    Only Swarm reads it.
deploy.update_config.order | | string or number | exact |
    Only Swarm reads it.
deploy.update_config.parallelism | | string or number | exact |
    Only Swarm reads it.
develop.watch | | list | dropped |
    See `develop`.
develop.watch[].action | | string | dropped |
    See `develop`.
develop.watch[].exec | | mapping | dropped |
    See `develop`.
develop.watch[].ignore | | string or list | dropped |
    See `develop`.
develop.watch[].include | | string or list | dropped |
    See `develop`.
develop.watch[].initial_sync | | boolean | dropped |
    See `develop`.
develop.watch[].path | | string | dropped |
    See `develop`.
develop.watch[].target | | string | dropped |
    See `develop`.
devices[].permissions | | string | exact | AddDevice
    Of `r`, `w` and `m`.
devices[].source | | string | exact | AddDevice
    Path on the host.
devices[].target | | string | exact | AddDevice
    Path in the container.
env_file[].format | | string | exact | Environment
    `raw`: values are taken as they are.
env_file[].path | | string | exact | Environment
    Path of the file.
env_file[].required | | boolean | exact | Environment
    Whether the file may be missing.
extends.file | | string | exact |
    See `extends`.
extends.service | | string | exact |
    See `extends`.
gpus[].capabilities | | list | exact |
    What the device can do.
gpus[].count | | number or `all` | approximated | AddDevice
    The first N devices.
gpus[].device_ids | | list | approximated | AddDevice
    Devices by their names.
gpus[].driver | | string | approximated | AddDevice
    `nvidia`, or the vendor's name of CDI.
gpus[].options | | mapping or list | dropped |
    CDI has no options.
healthcheck.disable | | boolean | exact | HealthCmd
    No check, not even the image's.
healthcheck.interval | | duration | exact | HealthInterval
    Time between checks.
healthcheck.retries | | number | exact | HealthRetries
    Failures until it is unhealthy.
healthcheck.start_interval | | duration | approximated |
    Time between checks during the start period.
healthcheck.start_period | | duration | exact | HealthStartPeriod
    Time during which failures don't count.
healthcheck.test | | string or list | exact, approximated | HealthCmd
    `CMD` and words, `CMD-SHELL` or a string for a shell, `NONE`.
healthcheck.timeout | | duration | exact | HealthTimeout
    Time that a check may take.
logging.driver | option --log-driver | string | exact, approximated, dropped | LogDriver
    The driver.
logging.options | pairs --log-opt | mapping | exact, dropped | LogOpt
    Options of the driver.
models.*.endpoint_var | | string | dropped |
    The name of a variable.
models.*.model_var | | string | dropped |
    The name of a variable.
networks.*.aliases | | list | exact | Network
    Further names of the container on that network.
networks.*.driver_opts | | mapping | dropped |
    Podman has no options of Docker's network drivers.
networks.*.gw_priority | | number | approximated |
    The network with the highest is written first.
networks.*.interface_name | | string | exact | Network
    Name of the interface in the container.
networks.*.ipv4_address | | string | exact | Network
    Fixed address.
networks.*.ipv6_address | | string | exact | Network
    Fixed address.
networks.*.link_local_ips | | list | dropped |
    Podman has no further addresses of an interface.
networks.*.mac_address | | string | exact | Network
    MAC address.
networks.*.priority | | number | exact | Network
    Order of the networks.
ports[].app_protocol | | string | exact |
    Documentation.
ports[].host_ip | | string | exact | PublishPort
    Address of the host.
ports[].mode | | string | exact |
    Only Swarm reads it.
ports[].name | | string | exact |
    Documentation.
ports[].protocol | | string | exact | PublishPort
    `tcp` or `udp`.
ports[].published | | number or string | exact, approximated | PublishPort
    Port of the host, or a range of which the first is taken.
ports[].target | | number | exact | PublishPort
    Port of the container.
post_start[].command | | string or list | exact | [Service] ExecStartPost
    The command.
post_start[].environment | | mapping or list | exact | [Service] ExecStartPost
    Variables of the command.
post_start[].privileged | | boolean | exact | [Service] ExecStartPost
    All capabilities.
post_start[].user | | string | exact | [Service] ExecStartPost
    Its user.
post_start[].working_dir | | string | exact | [Service] ExecStartPost
    Its directory.
pre_start[].command | | string or list | exact | Exec
    The command.
pre_start[].environment | | mapping or list | exact | Environment
    Variables of the command.
pre_start[].privileged | | boolean | exact | --privileged
    All capabilities.
pre_start[].user | | string | exact | User
    Its user.
pre_start[].working_dir | | string | exact | WorkingDir
    Its directory.
pre_stop[].command | | string or list | exact | [Service] ExecStop
    The command.
pre_stop[].environment | | mapping or list | exact | [Service] ExecStop
    Variables of the command.
pre_stop[].privileged | | boolean | exact | [Service] ExecStop
    All capabilities.
pre_stop[].user | | string | exact | [Service] ExecStop
    Its user.
pre_stop[].working_dir | | string | exact | [Service] ExecStop
    Its directory.
pre_start[].image | | string | exact | Image
    Its image, by default that of the service.
pre_start[].per_replica | | boolean | exact, refused |
    A step runs once; Compose does not run one for each container either.
provider.options | | mapping | dropped, refused |
    See `provider`.
provider.type | | string | dropped, refused |
    See `provider`.
secrets[].gid | | string | exact | Secret
    Group that owns it.
secrets[].mode | | number or string | exact | Secret
    File mode; a string is octal.
secrets[].source | | string | exact | Secret
    Name of the secret.
secrets[].target | | string | exact | Secret
    Path, or a name below /run/secrets.
secrets[].uid | | string | exact | Secret
    User that owns it.
ulimits.*.hard | | number | exact | Ulimit
    Hard limit.
ulimits.*.soft | | number | exact | Ulimit
    Soft limit.
volumes[].bind | | mapping | exact |
    Options of a bind mount.
volumes[].bind.create_host_path | | boolean | exact |
    Whether a missing directory of the host is made: so by default.
volumes[].bind.propagation | | string | exact | Volume
    Propagation of mounts.
volumes[].bind.recursive | | string | exact, dropped | Mount
    Whether file systems below are mounted as well.
volumes[].bind.selinux | | `z`, `Z` | exact | Volume
    Labels of SELinux.
volumes[].consistency | | string | exact |
    It has no effect on Linux.
volumes[].image | | mapping | exact |
    Options of an image.
volumes[].image.subpath | | string | exact | Mount
    A directory in the image.
volumes[].read_only | | boolean | exact | Volume
    Read-only.
volumes[].source | | string | exact, approximated, moved | Volume
    A volume, a path or an image.
volumes[].target | | string | exact | Volume
    Path in the container.
volumes[].tmpfs | | mapping | exact |
    Options of a tmpfs.
volumes[].tmpfs.mode | | number or string | exact | Tmpfs
    Mode of the directory; a string is octal.
volumes[].tmpfs.size | | number or size | exact | Tmpfs
    Size.
volumes[].type | | string | exact, refused | Volume, Mount, Tmpfs
    `volume`, `bind`, `tmpfs` or `image`; `npipe` and `cluster` are refused.
volumes[].volume | | mapping | exact |
    Options of a volume.
volumes[].volume.labels | | mapping or list | exact | Label
    Labels of an anonymous volume.
volumes[].volume.nocopy | | boolean | exact | Volume
    What the image has there is not copied.
volumes[].volume.subpath | | string | exact | Mount
    A directory in the volume.
"""
