"""Known causes of failed starts, told by messages that were seen on hosts."""

from __future__ import annotations

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.gate.hints import find_hint

R = "registry.test:5000"

SEEN = {
    "condition, systemd 257": (
        "web.service skipped, unmet condition check ConditionPathExists=!/etc/a b",
        "systemd skips it, since ConditionPathExists=!/etc/a b does not hold",
    ),
    "condition, systemd 251": (
        "The web server was skipped because of an unmet condition check (ConditionHost=x.y).",
        "systemd skips it, since ConditionHost=x.y does not hold",
    ),
    "condition, systemd 250": (
        "web.service was skipped because of a failed condition check (ConditionUser=1000).",
        "systemd skips it, since ConditionUser=1000 does not hold",
    ),
    "condition, systemd 249": (
        "Condition check resulted in The web server being skipped.",
        "systemd skips it, since a condition of its unit does not hold",
    ),
    "no trigger condition": (
        "web.service skipped, no trigger condition checks were met.",
        "systemd skips it, since none of its conditions that begin with | holds",
    ),
    "assertion": (
        "web.service: Starting requested but asserts failed.",
        "an assertion of its unit does not hold (Assert…= under [Unit])",
    ),
    "no such tag": (
        (
            f"Error: initializing source docker://{R}/busybox:99:"
            f" reading manifest 99 in {R}/busybox: manifest unknown"
        ),
        f"the registry does not have {R}/busybox with the tag 99",
    ),
    "no such image": (
        (
            f"Error: initializing source docker://{R}/nothing:1: reading manifest 1 in {R}/nothing:"
            " manifest unknown"
        ),
        f"the registry does not have {R}/nothing with the tag 1",
    ),
    "registry not found": (
        (
            "Error: initializing source docker://nowhere.invalid/a:1: pinging container registry"
            ' nowhere.invalid: Get "https://nowhere.invalid/v2/": dial tcp: lookup nowhere.invalid'
            " on 10.77.10.1:53: read udp 10.77.10.11:50209->10.77.10.1:53: read: connection refused"
        ),
        "the registry nowhere.invalid can't be reached",
    ),
    "short name": (
        (
            'Error: short-name "nosuchshort" did not resolve to an alias and no unqualified-search'
            ' registries are defined in "/etc/containers/registries.conf"'
        ),
        "the image name nosuchshort lacks its registry",
    ),
    "secret": (
        'Error: no secret with name or id "nosecret": no such secret',
        "the secret nosecret does not exist in this scope",
    ),
    "network": (
        "Error: unable to find network with name or ID nonet: network not found",
        "the network nonet does not exist in this scope",
    ),
    "mount": (
        "Error: statfs /no/such/dir: no such file or directory",
        "the path /no/such/dir, which it mounts, does not exist on the host",
    ),
    "environment file": (
        'Error: parsing file "/no/such.env": open /no/such.env: no such file or directory',
        "its environment file /no/such.env can't be read: no such file or directory",
    ),
    "device": (
        "Error: stat /dev/nothing: no such file or directory",
        "the device /dev/nothing does not exist on the host",
    ),
    "init of a pod": (
        (
            "Error: building local pause image: finding pause binary: "
            'exec: "catatonit": executable file not found in $PATH'
        ),
        "the host has no catatonit, which pods and RunInit= need",
    ),
    "init of a container": (
        'Error: lookup init binary: exec: "catatonit": executable file not found in $PATH',
        "the host has no catatonit, which pods and RunInit= need",
    ),
    "program": (
        (
            "Error: crun: executable file `/no/such/program` not found: No such file or directory:"
            " OCI runtime attempted to invoke a command that was not found"
        ),
        "the image has no program /no/such/program",
    ),
    "user": (
        "Error: unable to find user nouser: no matching entries in passwd file",
        "the image has no user nouser",
    ),
    "working directory": (
        'Error: workdir "/nodir" does not exist on container 1969b9ea',
        "the image has no directory /nodir",
    ),
    "address": (
        "Error: requested static ip 10.200.200.2 not in any subnet on network podman",
        "the address 10.200.200.2 is in none of the network's subnets",
    ),
    "option": (
        "Error: unknown flag: --nosuchoption",
        "the host's podman does not know the option --nosuchoption",
    ),
    "capability": ('Error: "CAP_NO": unknown capability', "there is no capability CAP_NO"),
    "port in use": (
        "Error: cannot listen on the TCP port: listen tcp4 :8080: bind: address already in use",
        "port 8080 of the host is in use",
    ),
    "port in use, rootless": (
        "Failed to bind port 8080 (Address already in use) for option '-t 8080-8080:80-80'",
        "port 8080 of the host is in use",
    ),
    "port below 1024": (
        "Failed to bind port 80 (Permission denied) for option '-t 80-80:80-80'",
        "a user may not open port 80",
    ),
    "name": (
        'Error: creating container storage: the container name "a" is already in use by 5beaaad8.',
        "the name a belongs to another container or pod",
    ),
}

FROM_DOCUMENTATION = {
    "port in use, slirp4netns": (
        "Error: rootlessport listen tcp 0.0.0.0:8080: bind: address already in use",
        "port 8080 of the host is in use",
    ),
    "port below 1024, slirp4netns": (
        (
            "Error: rootlessport cannot expose privileged port 80, you can add"
            " 'net.ipv4.ip_unprivileged_port_start=80' to /etc/sysctl.conf"
        ),
        "a user may not open port 80",
    ),
    "full": (
        "Error: writing blob: storing blob to file: write /var/tmp/x: no space left on device",
        "a file system of the host is full",
    ),
}

DENIED = "may not be read or written"
SAID_BY_PROGRAMS = {
    "shell": ("sh: can't create /data/x: Permission denied", f"/data/x {DENIED}"),
    "quoted": ("cat: can't open '/data/x': Permission denied", f"/data/x {DENIED}"),
    "python": ("PermissionError: [Errno 13] Permission denied: '/data/x'", f"/data/x {DENIED}"),
    "nginx": ('open() "/run/nginx.pid" failed (13: Permission denied)', f"/run/nginx.pid {DENIED}"),
    "label": (
        (
            "Error: lsetxattr(label=system_u:object_r:container_file_t:s0:c1,c2)"
            " /srv/nfs: operation not supported"
        ),
        "/srv/nfs, which it mounts, can't be given a label for SELinux",
    ),
    "no subordinate ids": (
        'Error: cannot set up namespace using "/usr/bin/newuidmap": exit status 1',
        "the user has too few subordinate ids",
    ),
    "too few subordinate ids": (
        (
            "Error: copying system image from manifest list: writing blob: potentially insufficient"
            " UIDs or GIDs available in user namespace (requested 0:42 for /etc/shadow): Check"
            " /etc/subuid and /etc/subgid if configured locally"
        ),
        "the user has too few subordinate ids",
    ),
    "out of memory": (
        "web.service: A process of this unit has been killed by the OOM killer.",
        "there was not enough memory",
    ),
    "another processor": (
        "exec container process `/bin/sh`: Exec format error",
        "the image is made for another kind of processor",
    ),
    "denied by a registry": (
        (
            f"Error: initializing source docker://{R}/private:1: reading manifest 1 in {R}/private:"
            " unauthorized: authentication required"
        ),
        f"the registry does not let this scope's user pull {R}/private",
    ),
}

UNKNOWN = ("Starting web.service...", "Main process exited, code=exited, status=3", "")


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        pytest.param(*row, id=name)
        for table in (SEEN, FROM_DOCUMENTATION, SAID_BY_PROGRAMS)
        for name, row in table.items()
    ],
)
def test_a_known_cause(line: str, cause: str) -> None:
    hint = find_hint(["Starting web.service...", line, "web.service: Failed."])
    assert hint
    assert hint.cause == cause
    assert "{" not in hint.remedy
    assert hint.remedy


def test_an_unknown_cause() -> None:
    assert find_hint(UNKNOWN) is None
    assert find_hint([]) is None


def test_the_latest_message_counts() -> None:
    lines = [SEEN["secret"][0], SEEN["network"][0]]
    hint = find_hint(lines)
    assert hint
    assert hint.cause == SEEN["network"][1]


PULL = f"Trying to pull {R}/big:1..."
TIMEOUT = "web.service: start operation timed out. Terminating."


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([PULL, "Getting image source signatures", TIMEOUT], f"while it pulled {R}/big:1"),
        (["Copying blob sha256:1234", TIMEOUT], "while it pulled its image"),
        ([PULL, "Writing manifest to image destination", TIMEOUT], None),
        ([TIMEOUT], None),
        ([PULL], None),
    ],
)
def test_a_pull_that_took_too_long(lines: list[str], cause: str | None) -> None:
    hint = find_hint(["Starting web.service...", *lines, "web.service: Failed."])
    assert (cause in hint.cause if hint and cause else hint) == (True if cause else None)
