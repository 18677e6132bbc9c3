# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Known causes of failed starts, found by messages in the journal.

The messages are those of Podman, its runtime and systemd as seen on hosts (Podman 5.4 to 6.1).
"""

from __future__ import annotations

import re
import typing as t

from ..host.subordinate_ids import missing_remedy


class Hint(t.NamedTuple):
    """cause: why it failed, with names from the message.  remedy: what to do."""

    cause: str
    remedy: str


def find_hint(lines: t.Sequence[str]) -> Hint | None:
    """The known cause in a service's last messages.

    Patterns over several lines come first, then those of single lines, latest line first.
    """
    for text, table in [("\n".join(lines), _STORIES), *((line, _TABLE) for line in lines[::-1])]:
        for pattern, cause, remedy in table:
            match = re.search(pattern, text)
            if match:
                named = {key: value or "" for key, value in match.groupdict().items()}
                return Hint(cause.format(**named), remedy.format(**named))
    return None


def find_skip(lines: t.Sequence[str]) -> Hint | None:
    """The cause where systemd has skipped a start, for a condition that does not hold."""
    hint = find_hint(lines)
    return hint if hint and hint.remedy == _CONDITION else None


ASSERTIONS: t.Final = "Assert…= under [Unit]"
"""Stands in a cause for the assertions of the unit: systemd does not say which one it was."""


def describe(reason: str, hint: Hint | None, assertions: t.Sequence[str] = ()) -> str:
    """The reason of a failure with its known cause, which may say the same in more words."""
    if hint is None:
        return reason
    cause = hint.cause.replace(ASSERTIONS, " or ".join(assertions) or ASSERTIONS)
    return cause if cause.startswith(reason) else f"{reason}: {cause}"


NETWORK_WAIT_UNIT = "podman-user-wait-network-online.service"
NETWORK_WAIT = Hint(
    f"{NETWORK_WAIT_UNIT} waits for network-online.target",
    "As root have a unit want it: systemctl add-wants multi-user.target network-online.target "
    "&& systemctl start network-online.target; or write DefaultDependencies=false under [Quadlet].",
)
"""For a rootless service whose start job never ran: its own journal is empty."""

_STORIES: t.Final[tuple[tuple[str, str, str], ...]] = tuple(
    (
        begin + r"(?:(?!Writing manifest to)[\s\S])*start operation timed out",
        "its start timed out while it pulled " + image,
        "Let the run pull it beforehand (pull: missing), or raise TimeoutStartSec.",
    )
    for begin, image in (
        (r"Trying to pull (?P<image>\S+?)\.\.\.", "{image}"),
        (r"Getting image source signatures|Copying (?:blob|config) ", "its image"),
    )
)


_REGISTRY_DOWN = (
    "no such host|connection refused|i/o timeout|server misbehaving|no route to host"
    "|network is unreachable|connection reset|TLS handshake|EOF"
)

_LOG_IN = "Check authfile, log in for that user (podman login), or set AuthFile."

_CONDITION = "Mend what the condition asks for, or leave it out of [Unit]."

_TABLE: t.Final[tuple[tuple[str, str, str], ...]] = (
    (
        r"(?:unmet|failed) condition check \(?(?P<condition>Condition\w+=.*?)(?:\)\.)?$",
        "systemd skips it, since {condition} does not hold",
        _CONDITION,
    ),
    (
        r"skipped.* no trigger condition checks were met",
        "systemd skips it, since none of its conditions that begin with | holds",
        _CONDITION,
    ),
    (
        r"Condition check resulted in .* being skipped",
        "systemd skips it, since a condition of its unit does not hold",
        _CONDITION,
    ),
    (
        r"Starting requested but asserts failed|Assertion failed (?:for|on job for) ",
        f"an assertion of its unit does not hold ({ASSERTIONS})",
        "Mend what the assertion asks for, or leave it out of [Unit].",
    ),
    (
        r"mounting volume (?P<volume>\S+) for container \w+: (?:mount: \S+: )?(?P<why>.+?)\.?$",
        "the volume {volume} can't be mounted: {why}",
        "Correct Device, Type and Options of its unit, and see that what they name is there.",
    ),
    (
        r"subnet (?P<subnet>\S+) is already used on the host or by another config",
        "the subnet {subnet} is in use on the host, or by another network",
        "Choose another Subnet: ip route and podman network inspect show those in use.",
    ),
    (
        r"sysctl '(?P<name>[^']+)' is not allowed",
        "no container can set the kernel's {name}",
        "Set it on the host, and leave it out of Sysctl.",
    ),
    (
        r"multi doc yaml could not be split: yaml: (?P<why>.+)",
        "its YAML can't be read: {why}",
        "Correct the file that Yaml names.",
    ),
    (
        r"setrlimit `(?P<name>\w+)`: Operation not permitted",
        "its limit {name} is higher than the one of systemd's manager",
        "Lower it in Ulimit, or raise the manager's.",
    ),
    (
        r"reading manifest \S+ in (?P<image>\S+): .*(?:unauthorized|authentication|denied)",
        "the registry does not let this scope's user pull {image}",
        _LOG_IN,
    ),
    (
        r"reading manifest (?P<tag>\S+) in (?P<image>\S+): (?:.*: )?(?:manifest|name) unknown",
        "the registry does not have {image} with the tag {tag}",
        "Check the image's name and tag.",
    ),
    (
        r"docker://(?P<image>\S+): .*(?:unauthorized|authentication required|access .* denied)",
        "the registry does not let this scope's user pull {image}",
        _LOG_IN,
    ),
    (
        r"pinging container registry (?P<registry>\S+): .*x509: (?P<why>.+)",
        "the certificate of the registry {registry} is not trusted: {why}",
        "Give its CA's directory as cert_dir, or /etc/containers/certs.d/{registry}/ to all.",
    ),
    (
        r"pinging container registry (?P<registry>\S+): .*HTTP response to HTTPS client",
        "the registry {registry} speaks plain http",
        "Set insecure for it in /etc/containers/registries.conf.d/, or give it a certificate.",
    ),
    (
        rf"pinging container registry (?P<registry>\S+): .*(?:{_REGISTRY_DOWN})",
        "the registry {registry} can't be reached",
        "Check its name, the network and DNS, or bring the image to the host beforehand.",
    ),
    (
        r'short-name "(?P<image>[^"]+)" did not resolve',
        "the image name {image} lacks its registry",
        "Write it in full, such as docker.io/library/{image}.",
    ),
    (
        r"(?P<image>\S+): image not known",
        "the image {image} is not on the host, and is not to be pulled",
        "Pull it beforehand, or let the unit pull it.",
    ),
    (
        (
            r"cannot expose privileged port (?P<port>\d+)"
            r"|Failed to bind port (?P<other>\d+) \(Permission denied\)"
        ),
        "a user may not open port {port}{other}",
        "Publish a port from 1024 on, or lower net.ipv4.ip_unprivileged_port_start on the host.",
    ),
    (
        (
            r":(?P<port>\d+)\S*: .*address already in use"
            r"|Failed to bind port (?P<other>\d+) \(Address already in use\)"
        ),
        "port {port}{other} of the host is in use",
        "Publish another port, or stop what listens there: ss -ltnp sport = :{port}{other}",
    ),
    (
        r"address already in use",
        "a port that it publishes is in use on the host",
        "Publish another port, or stop what listens there: ss -ltnp",
    ),
    (
        r'name "(?P<name>[^"]+)" is (?:already )?in use',
        "the name {name} belongs to another container or pod",
        "Remove that one, or set another ContainerName.",
    ),
    (
        r'no secret with name or id "(?P<name>[^"]+)"',
        "the secret {name} does not exist in this scope",
        "Create it for the scope's user: podman secret create {name} -",
    ),
    (
        r"unable to find network with name or ID (?P<name>\S+): network not found",
        "the network {name} does not exist in this scope",
        "Declare {name}.network in the app, or create it.",
    ),
    (
        r"statfs (?P<path>/[^:]+): no such file or directory",
        "the path {path}, which it mounts, does not exist on the host",
        "Create it, or mount a named volume.",
    ),
    (
        r'parsing file "(?P<path>[^"]+)": open [^:]+: (?P<why>.+)',
        "its environment file {path} can't be read: {why}",
        "Add it to the app's files, or correct the path.",
    ),
    (
        r"stat (?P<path>/dev/\S+): no such file or directory",
        "the device {path} does not exist on the host",
        "Correct AddDevice, or write -{path} if it may be missing.",
    ),
    (
        r'"catatonit": executable file not found',
        "the host has no catatonit, which pods and RunInit= need",
        "Install it: the role quadlet.fleet.host does, or the package catatonit of the host.",
    ),
    (
        r"executable file `(?P<path>[^`]+)` not found",
        "the image has no program {path}",
        "Correct Exec or Entrypoint.",
    ),
    (
        r"[Ee]xec format error",
        "the image is made for another kind of processor",
        "Pull the image of this host's architecture.",
    ),
    (
        r"unable to find user (?P<user>\S+): no matching entries",
        "the image has no user {user}",
        "Correct User, or write the number.",
    ),
    (
        r'workdir "(?P<path>[^"]+)" does not exist',
        "the image has no directory {path}",
        "Correct WorkingDir.",
    ),
    (
        r"requested static ip (?P<ip>\S+) not in any subnet",
        "the address {ip} is in none of the network's subnets",
        "Correct IP, or the network's Subnet.",
    ),
    (
        r"unknown (?:shorthand )?flag: (?P<flag>\S+)",
        "the host's podman does not know the option {flag}",
        "Correct PodmanArgs.",
    ),
    (
        r'"(?P<name>[^"]+)": unknown capability',
        "there is no capability {name}",
        "Correct its name.",
    ),
    (
        r"no subuid ranges found|cannot find UID/GID for user|insufficient UIDs or GIDs|newuidmap",
        "the user has too few subordinate ids",
        missing_remedy(),
    ),
    (
        r"lsetxattr\S* (?P<path>/[^\s:]+): ",
        "{path}, which it mounts, can't be given a label for SELinux",
        "Write the volume without ':z' and ':Z', or move it to a file system of the user's own.",
    ),
    (
        (
            r"(?P<path>/[^\s:\"']+)[\"']?(?:: | failed \(13: )[Pp]ermission denied"
            r"|[Pp]ermission denied: [\"']?(?P<other>/[^\s:\"']+)"
        ),
        "{path}{other} may not be read or written",
        "Check its mode and owner (or add ':U'); for a mount on a host with SELinux add ':Z'.",
    ),
    (
        r"[Nn]o space left on device",
        "a file system of the host is full",
        "Make room: podman system df shows what images and volumes take.",
    ),
    (
        r"\bOOM\b|oom-kill|[Oo]ut of memory|[Cc]annot allocate memory",
        "there was not enough memory",
        "Raise the limit, or the host's memory.",
    ),
)
"""(pattern, cause, remedy); the first row that matches a line counts."""
