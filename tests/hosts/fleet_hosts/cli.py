# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: arguments in, calls of the other modules, errors out as one line."""

from __future__ import annotations

import argparse
import json
import os
import sys
import typing as t

from . import fleet, inventory, locked, machine, network, preflight, proxy, registry, ssh
from .errors import HostsError
from .generators import ensure_generator
from .machine import Machine
from .paths import Paths, default_paths
from .pythons import ensure_python
from .releases import DEFAULT_PODMAN, RELEASES


def main(argv: t.Sequence[str] | None = None) -> int:
    """Run one command; 0 when it succeeded, 1 with one line on standard error when not."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(default_paths(), arguments) or 0)
    except HostsError as error:
        print(f"hosts: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        # Mostly a folder that this user may not write, or a full disk: the text names it.
        print(f"hosts: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _up(paths: Paths, arguments: argparse.Namespace) -> None:
    fleet.up(
        paths,
        arguments.names,
        arguments.podman,
        network_online=arguments.network_online,
        bare=arguments.bare,
    )


def _start(paths: Paths, arguments: argparse.Namespace) -> None:
    fleet.start(paths, arguments.names)


def _stop(paths: Paths, arguments: argparse.Namespace) -> None:
    fleet.stop(paths, arguments.names)


def _reboot(paths: Paths, arguments: argparse.Namespace) -> None:
    fleet.reboot(paths, arguments.names)


def _destroy(paths: Paths, arguments: argparse.Namespace) -> None:
    if not arguments.all and not arguments.names:
        raise HostsError("no host is named", "name hosts, or use --all")
    fleet.destroy(paths, fleet.all_names(paths) if arguments.all else arguments.names)


def _list(paths: Paths, arguments: argparse.Namespace) -> None:
    joined = network.current(paths)
    rows = [
        {
            "name": host.name,
            "address": joined.address(host.index),
            "podman": host.podman,
            "running": Machine(paths, host).is_running(),
            "network_online": host.network_online,
            "bare": host.bare,
            "folder": str(paths.hosts / host.name),
        }
        for host in machine.read_hosts(paths)
    ]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        state = "up" if row["running"] else "stopped"
        bare = " bare" if row["bare"] else ""
        print(f"{row['name']:<20} {row['address']:<15} podman {row['podman']:<5} {state}{bare}")


def _inventory(paths: Paths, arguments: argparse.Namespace) -> None:
    hosts = [fleet.existing(paths, name) for name in arguments.names]
    data = inventory.as_data(paths, network.current(paths), hosts)
    print(
        json.dumps(data, indent=2) if arguments.json else inventory.as_yaml(data),
        end="\n" if arguments.json else "",
    )


def _ssh(paths: Paths, arguments: argparse.Namespace) -> None:
    host = fleet.existing(paths, arguments.name)
    address = network.current(paths).address(host.index)
    sys.stdout.flush()
    # Replaced by ssh: its exit status, signals and terminal are the caller's own.
    argv = ssh.command(paths, address, arguments.command, user=arguments.user)
    os.execvp(argv[0], argv)


def _registry(paths: Paths, arguments: argparse.Namespace) -> None:
    if arguments.action == "up":
        registry.up(paths)
        if arguments.auth:
            locked.up(paths)
    elif arguments.action == "down":
        locked.down(paths)
        if not arguments.auth:
            registry.down(paths)
        fleet.release_network(paths)
    elif arguments.action == "ca":
        print(locked.certificate(paths))
    elif arguments.action == "login":
        print(locked.login(arguments.user, arguments.password))
    elif arguments.action == "tag":
        registry.tag(paths, arguments.source, arguments.target)
    else:
        for name, digest, size in registry.listing(paths):
            print(f"{name:<32} {size / 1e6:7.1f} MB  {digest}")


def _proxy(paths: Paths, arguments: argparse.Namespace) -> None:
    if arguments.action == "up":
        print(proxy.up(paths))
    else:
        proxy.down(paths)
        fleet.release_network(paths)


def _prepare(paths: Paths, _arguments: argparse.Namespace) -> None:
    fleet.prepare(paths)


def _generator(paths: Paths, arguments: argparse.Namespace) -> None:
    print(ensure_generator(paths, RELEASES[arguments.podman]))


def _python(paths: Paths, arguments: argparse.Namespace) -> None:
    print(ensure_python(paths, arguments.version))


def _check(paths: Paths, _arguments: argparse.Namespace) -> int:
    problems = preflight.problems(paths.base)
    print("\n".join(problems) or "ok")
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hosts", description="Throwaway systemd + Podman hosts for the tests."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, run: t.Callable[[Paths, argparse.Namespace], int | None], text: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    up = add("up", _up, "create hosts where needed and boot them; wait until they can be used")
    up.add_argument(
        "--podman",
        choices=list(RELEASES),
        default=DEFAULT_PODMAN,
        help="Podman version (%(default)s)",
    )
    up.add_argument(
        "--no-network-online",
        dest="network_online",
        action="store_false",
        help="nothing on the host pulls in network-online.target",
    )
    up.add_argument(
        "--bare", action="store_true", help="no Podman and no users yet, but apt can install it"
    )
    named = {
        "start": (_start, "boot hosts that were stopped"),
        "stop": (_stop, "shut hosts down cleanly; their disks are kept"),
        "reboot": (_reboot, "shut hosts down and boot them; wait until ssh answers again"),
        "inventory": (_inventory, "print an Ansible inventory"),
    }
    for command in (up, *(add(name, run, text) for name, (run, text) in named.items())):
        command.add_argument("names", nargs="+", metavar="NAME")
        if command.prog.endswith(" inventory"):
            command.add_argument("--json", action="store_true")
    destroy = add("destroy", _destroy, "delete hosts with their disks, whatever state they are in")
    destroy.add_argument("names", nargs="*", metavar="NAME")
    destroy.add_argument("--all", action="store_true")
    add("list", _list, "list hosts").add_argument("--json", action="store_true")
    shell = add("ssh", _ssh, "run a command on a host, or a shell")
    shell.add_argument("--user", default="root", help="user to log in as (%(default)s)")
    shell.add_argument("name", metavar="NAME")
    shell.add_argument("command", nargs="*", metavar="COMMAND", help="put -- before it")
    _add_registry(add("registry", _registry, "run and fill the registry registry.test:5000"))
    text = "a proxy to the Debian mirror: run it and print its URL, or stop it"
    add("proxy", _proxy, text).add_argument("action", choices=["up", "down"])
    generator = add("generator", _generator, "print the path of a real Quadlet generator binary")
    generator.add_argument("podman", choices=list(RELEASES))
    text = "print the path of a Debian release's Python, which brings its libraries"
    add("python", _python, text).add_argument("version", metavar="VERSION")
    add("prepare", _prepare, "build what hosts are made of, and the registry's images")
    add("check", _check, "say what is missing on this machine, or ok")
    return parser


def _add_registry(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in {
        "up": "run it and fill it with the images that it lacks",
        "down": "stop it; its images are kept",
        "list": "list its images",
    }.items():
        one = actions.add_parser(name, help=text, description=text)
        if name != "list":
            more = {"up": "run that beside it", "down": "stop that alone"}[name]
            one.add_argument(
                "--auth", action="store_true", help=f"the one with TLS and a password: {more}"
            )
    text = f"print the path of the CA certificate of {locked.ADDRESS}"
    actions.add_parser("ca", help=text, description=text)
    text = f"print an auth.json for {locked.ADDRESS}"
    login = actions.add_parser("login", help=text, description=text)
    login.add_argument("--user", default=locked.USER)
    login.add_argument("--password", default=locked.PASSWORD)
    tag = actions.add_parser("tag", help="let a tag name another image, as an upstream moves one")
    tag.add_argument("source", metavar="NAME:TAG")
    tag.add_argument("target", metavar="NAME:TAG")
