# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The keys of builds and of what is not a service, as rows of the table of table.py."""

from __future__ import annotations

import typing as t

BUILD: t.Final = """
additional_contexts | | mapping or list | exact, moved, approximated | --build-context
    Further contexts: images, URLs, directories, and images of other services.
args | | mapping or list | exact | BuildArg
    Arguments; one without a value is passed on.
cache_from | caches --cache-from | list | exact, dropped | --cache-from
    Images with layers; other caches of BuildKit are dropped.
cache_to | caches --cache-to | list | exact, dropped | --cache-to
    Where layers are pushed.
context | | string | exact, moved, approximated | SetWorkingDirectory
    A directory beside the file is taken along; a URL, or a path of the host, stays.
dockerfile | | string | exact | File
    The Dockerfile, in the context.
dockerfile_inline | | string | moved | File
    It becomes a file of the app.
entitlements | drop | list | dropped |
    BuildKit's permissions.
extra_hosts | hosts --add-host | list or mapping | exact | --add-host
    Lines of /etc/hosts.
isolation | isolation | string | exact, refused |
    Windows has others than `default`.
labels | | mapping or list | exact | Label
    Labels of the image.
network | option --network | string | exact | Network
    The network of the build.
no_cache | flag --no-cache | boolean | exact | --no-cache
    All layers are built.
no_cache_filter | drop | string or list | dropped |
    Podman builds all stages with the cache, or none. // Set `no_cache`.
platforms | platforms | list | exact, dropped | --platform
    The first one: a unit builds one image.
privileged | drop | boolean | dropped |
    Podman's builds have no privileged steps.
provenance | drop | boolean or string | dropped |
    BuildKit's statement of the image's origin.
pull | pull | boolean | exact | Pull
    Base images are pulled at each build.
sbom | drop | boolean or string | dropped |
    BuildKit's list of what is in the image.
secrets | | list | exact, moved | Secret
    From a file of the host; other values are files of the app.
secrets[].gid | | string | dropped |
    Podman's builds show it as root's.
secrets[].mode | | number or string | dropped |
    Podman's builds show it as root's.
secrets[].source | | string | exact | Secret
    Name of the secret.
secrets[].target | | string | exact | Secret
    Its name in the build.
secrets[].uid | | string | dropped |
    Podman's builds show it as root's.
shm_size | size --shm-size | number or size | exact | --shm-size
    Size of /dev/shm.
ssh | ssh | string, list or mapping | exact | --ssh
    Agents and keys.
tags | | list | exact | ImageTag
    Further names of the image.
target | option --target | string | exact | Target
    Stage that is built.
ulimits | ulimits --ulimit | mapping | exact | --ulimit
    Limits of processes.
ulimits.*.hard | | number | exact | --ulimit
    Hard limit.
ulimits.*.soft | | number | exact | --ulimit
    Soft limit.
"""

OBJECTS: t.Final = """
name | exact | string | exact |
    The project's name; names of networks and volumes begin with it.
version | exact | string or number | exact |
    Compose ignores it.
include | exact | list | exact |
    Merged before the project is read.
include[].env_file | | string or list | exact |
    See `include`.
include[].path | | string or list | exact |
    See `include`.
include[].project_directory | | string | exact |
    See `include`.
services | services | mapping | exact |
    Each becomes a `.container` unit, or one for each replica.
services.* | | mapping | exact |
    The unit is named as the service.
jobs | refuse | mapping | refused |
    Jobs with triggers have no form yet. // Make each a service, and start it by a timer of systemd.
models | models | mapping | exact, dropped |
    Language models; no server of them is made.
models.*.context_size | | number | exact |
    See `models`.
models.*.model | | string | exact |
    See `models`.
models.*.name | | string | exact |
    See `models`.
models.*.runtime_flags | | list | exact |
    See `models`.
networks | networks | mapping | exact |
    Each that a service uses becomes a `.network` unit.
networks.*.attachable | exact | boolean | exact |
    Podman's networks take any container.
networks.*.driver | driver --driver | string | exact, approximated, refused | Driver
    `bridge`, `macvlan` or `ipvlan`; `overlay` becomes a bridge.
networks.*.driver_opts | options --opt | mapping | exact, approximated, dropped | Options
    Options of the driver.
networks.*.enable_ipv4 | ipv4 | boolean | exact, refused |
    Podman's networks have IPv4, unless only IPv6 subnets are given.
networks.*.enable_ipv6 | flag --ipv6 | boolean | exact | IPv6
    IPv6.
networks.*.external | | boolean or mapping | exact |
    It exists: there is no unit.
networks.*.external.name | | string | exact |
    Before version 3.5: `name`.
networks.*.internal | internal | boolean | exact, approximated | Internal
    No way out.
networks.*.ipam | walk | mapping | exact |
    Addresses.
networks.*.ipam.config | ipam | list | exact | Subnet
    Subnets.
networks.*.ipam.config[].aux_addresses | | mapping | dropped |
    Addresses that containers don't get. // Use `ip_range`.
networks.*.ipam.config[].gateway | | string | exact | Gateway
    Gateway.
networks.*.ipam.config[].ip_range | | string | exact | IPRange
    Range of addresses of containers.
networks.*.ipam.config[].subnet | | string | exact | Subnet
    Subnet.
networks.*.ipam.driver | ipam_driver | string | exact, refused | IPAMDriver
    `default`, `host-local` or `dhcp`.
networks.*.ipam.options | drop | mapping | dropped |
    Podman's drivers have no options.
networks.*.labels | labels | mapping or list | exact | Label
    Labels.
networks.*.name | | string | exact | NetworkName
    Podman's name; PROJECT_NAME by default.
volumes | volumes | mapping | exact |
    Each that a service uses becomes a `.volume` unit.
volumes.*.driver | driver | string | exact, refused | Driver
    `local` or `image`; plugins are refused.
volumes.*.driver_opts | driver_opts | mapping | exact, approximated | Type, Device, Options
    Options of the driver.
volumes.*.external | | boolean or mapping | exact |
    It exists: there is no unit.
volumes.*.external.name | | string | exact |
    Before version 3.4: `name`.
volumes.*.labels | labels | mapping or list | exact | Label
    Labels.
volumes.*.name | | string | exact | VolumeName
    Podman's name; PROJECT_NAME by default.
secrets | secrets | mapping | exact, moved |
    Each that a service uses becomes a secret of the app.
secrets.*.driver | refuse | string | refused |
    Only Swarm has drivers of secrets. // Give the value in a file or a variable.
secrets.*.driver_opts | refuse | mapping | refused |
    Only Swarm has drivers of secrets. // Give the value in a file or a variable.
secrets.*.environment | | string | moved | Secret
    A variable that has the value.
secrets.*.external | | boolean or mapping | exact | Secret
    It exists in Podman, under its name.
secrets.*.external.name | | string | exact | Secret
    Before version 3.5: `name`.
secrets.*.file | | string | moved | Secret
    A file that has the value.
secrets.*.labels | exact | mapping or list | exact |
    Only Swarm has labels of secrets.
secrets.*.name | | string | exact | Secret
    Name of an external secret.
secrets.*.template_driver | refuse | string | refused |
    Only Swarm has templates of secrets. // Give the value itself.
configs | configs | mapping | moved |
    Each that a service uses becomes a file of the app.
configs.*.content | | string | moved | Volume
    The text.
configs.*.environment | | string | moved | Volume
    A variable that has the text.
configs.*.external | | boolean or mapping | refused |
    Podman has no configs. // Give the text in a file.
configs.*.external.name | | string | refused |
    Podman has no configs. // Give the text in a file.
configs.*.file | | string | moved | Volume
    A file beside the Compose file.
configs.*.labels | exact | mapping or list | exact |
    Only Swarm has labels of configs.
configs.*.name | exact | string | exact |
    Only Swarm has names of configs.
configs.*.template_driver | refuse | string | refused |
    Only Swarm has templates of configs. // Give the text itself.
"""
