# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The rules of a conversion: id and what holds; why.

A remark of the report names its rule; docs explain them from this table.
"""

from __future__ import annotations

import typing as t


class Rule(t.NamedTuple):
    """A rule.  summary: what the conversion does.  why: the difference that it bridges."""

    id: str
    summary: str
    why: str


def _parse_rules(table: str) -> dict[str, Rule]:
    rules = {}
    for block in table.strip().replace("\n    ", "\v").split("\n"):
        head, *why = block.split("\v")
        name, summary = head.split(None, 1)
        if name in rules:
            raise ValueError(f"two rules {name}")
        rules[name] = Rule(name, summary, " ".join(why))
    return rules


RULES: t.Final[dict[str, Rule]] = _parse_rules(
    """
anonymous-volume    A volume without a name becomes a .volume unit with one.
    An anonymous volume is deleted whenever the service stops; Docker keeps it.
bind-source         Relative paths are below the app's data; missing directories are made.
    Podman makes no missing source, and a unit has no directory beside which paths could be. The
    app's own directory is read-only for containers.
build               An image is built of a directory of the host, of the app's files, or of a URL.
    A unit has no directory beside which a context could be, but the app's own.
capabilities        Containers have Podman's capabilities, or Docker's with an option.
    Docker gives NET_RAW, MKNOD and AUDIT_WRITE as well; few programs need them.
cgroup-parent       A parent cgroup becomes the slice of the service.
    Each service has a cgroup of its own, in which its container is.
client-address      A user's published port hides the clients' addresses.
    A process of Podman takes the connections of a user's network, and hands them on.
config              Configs become files of the app, or secrets where they have an owner.
    Podman has no configs; files of an app belong to the owner of the scope.
cut-command         A command given as a string ends at a bare ; & | < or >, as in Compose.
    Compose splits a string into words without a shell, and cuts off what only one understands.
dependency          Dependencies become Requires= or Wants= with After=.
    systemd stops and restarts what requires a service together with it, as long as both run; before
    systemd 254 also when the service restarts by itself, because it failed. Docker looks at
    dependencies only when it starts them.
docker-option       Options that podman run does not have are left out.
    The report names each.
empty-command       An empty command alone can't be written.
    A unit without Exec= runs the image's command.
engine-directory    Docker's own directories are not mounted.
    Podman keeps containers, volumes and settings elsewhere, and in other forms.
engine-socket       Docker's socket becomes Podman's.
    Podman answers Docker's requests there; restarts and updates are systemd's.
files-read-only     Files beside the Compose file become files of the app, mounted read-only.
    No container may write into an app's directory: it could write units.
gateway-priority    Of several networks the one with the highest gateway priority comes first.
    Podman takes the default route by itself.
generated-unit      Lines of podman generate systemd are left out, the user's own are kept.
    Podman's generator writes the same for each Quadlet; a second set would be in its way.
gpu                 GPUs become devices by their CDI names.
    Podman has no driver of its own for GPUs.
health-command      A check is written in a form that all releases read alike.
    Podman 5.4 splits or joins words of some lists, and changes an image's check only as a whole.
image-default       What may be the image's own default is written.
    Inspect output shows a container's settings, and not whether they are the image's.
image-name          Names of images get their registry.
    Docker completes nginx to docker.io/library/nginx; with Podman that is up to each host, whose
    registries may name another one.
inspect-gaps        What inspect output can't tell is told.
    Podman shows less of a container than was asked for, and limits that are the engine's own.
internal-network    An internal network with published ports has no default route instead.
    Podman does not publish ports of an internal network; Docker does.
label               Compose's own labels are left out.
    Programs that read them would look for a project of Docker's.
link                Links become a network of the app on which containers know each other.
    Podman has no links.
link-alias          The alias of a link becomes one on the networks that both containers are on.
    Podman has no names that one container alone knows.
lint                Findings of quadlet.fleet.lint in the units are told, errors refused.
    A deployment lints the app, and takes none with an error.
logging             Logs go to the journal, unless Podman knows the driver.
    Docker's files and its drivers for other servers do not exist in Podman, which refuses them.
missing-file        A file that is not beside the Compose file has to be on the host.
    A directory in its place, as Docker makes it, would be an error later.
needs-inspect       A unit that only starts a container needs inspect output.
    The unit has the name alone; how the container was made is in Podman's database.
network             A network that nothing declares is made by the app.
    It keeps its name; one that is there already is used.
network-driver      Bridges have Podman's options.
    Podman has no networks over several hosts, and names some options differently.
passed-on-variable  A variable without a value is passed on from the service's manager.
    A service has no shell whose variables it could have.
placeholder         What its author left to the reader is told.
    A value such as /path/to/data or <token> was not meant as it stands.
pod                 What the members of a pod share is the pod's.
    Podman refuses ports, networks and host names of a pod's members.
port-range          Of a range of host ports for one port the first is taken.
    Podman publishes ranges of one length only; Docker takes a port that is free.
pre-start           Steps before a service are jobs that it needs.
    Docker runs them again when they are changed; a job runs at each boot.
pre-stop            Commands before the stop run as the first of the service's stop.
    systemd runs them whenever the service ends.
pull-period         A pull after a time becomes one at each start, if there is a newer image.
    Podman does not know when an image was last looked for.
resolver-port       Port 53 at all addresses of the host is told.
    Podman's resolver has it at the gateway of each network with names; one that a container has for
    itself goes without.
restart             Restarts are systemd's, without its limit where Docker has none.
    By default systemd gives up after five starts in ten seconds; Docker never does.
restart-job         A job starts again only when it fails.
    systemd refuses one-shots with other restarts.
rootless-limits     Limits above those of the user's manager are told.
    A container with a higher one does not start.
rootless-owner      Ids of containers that write to mounted directories are told.
    In a user's scope an id in a container is another one on the host.
rootless-port       Ports below 1024 of a user are told.
    A user's process may not open them, unless the host allows it.
rootless-privileges  What a user can't give a container is told or left out.
    A container of a user has at most the user's rights.
secret              Values of variables that look like secrets become secrets of the app.
    Units can be read by every user of a host, and so can the services made of them.
selinux-label       Directories of the app get a shared label; others are left as they are.
    Docker does not confine containers by labels, Podman does.
service-names       Units are named as the services of the Compose file.
    A scope has one service of a name: two projects that both have a db need names of their own.
shared-container    Containers that share with others are converted together.
    A container's id changes whenever its service starts.
shared-network      Ports of a container in another one's network are that one's.
    The other container owns the network.
shell-syntax        What a shell would execute is refused.
    A conversion runs nothing, and can't know what it would give.
shell-variable      Variables of a shell come from what is given.
    Two controllers have to convert alike.
start-interval      Checks while a container starts become Podman's startup check.
    Podman has no other interval for the time of the start.
subnet              Subnets that the engine may have chosen are left to Podman.
    Two networks of a host can't have the same addresses.
systemd-label       A container that a service runs is told.
    Its unit is a better source than inspect output.
volume-data         Data of Docker's volumes has to be copied.
    Podman has volumes of its own, even under the same name.
volume-device       A volume that is a directory of the host becomes a mount of it.
    It means the same, and says what is mounted.
volume-driver       Volumes are local ones, or what mount(8) knows.
    Plugins of Docker's do not work with Podman.
volumes-from        The mounts of another service are written again.
    A unit can't take over what another one mounts; an image's own volumes are not known.
"""
)
