# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The lint rules: id, level and summary; the remedy; why.

error: it would fail, hang, or do something else than written.  warning: it works, and will
hurt some day.  note: worth knowing.  refusal: an error that nothing silences, since the
generator, or this collection, would not take the unit anyway.
"""

from __future__ import annotations

import difflib
import typing as t

from ..errors import QuadletError
from ..quadlet.quirks import QUIRKS, Quirk


class Rule(t.NamedTuple):
    """A lint rule.  level: error, warning or note.  refusal: it can't be silenced."""

    id: str
    level: str
    refusal: bool
    summary: str
    remedy: str
    why: str


def _parse_rules(table: str, quirks: t.Iterable[Quirk]) -> dict[str, Rule]:
    rules = {quirk.id: _quirk_rule(quirk) for quirk in quirks}
    for block in table.strip().replace("\n    ", "\v").split("\n"):
        head, remedy, *why = block.split("\v")
        name, level, summary = head.split(None, 2)
        refusal = level == "refusal"
        level = "error" if refusal else level
        rules[name] = Rule(name, level, refusal, summary, remedy, " ".join(why))
    return rules


def _quirk_rule(quirk: Quirk) -> Rule:
    summary = f"{quirk.what[0].upper()}{quirk.what[1:]}."
    remedy = quirk.remedy.format(service="the name of its service")
    return Rule(quirk.id, "error", True, summary, remedy, f"Source: {quirk.reference}.")


RULES: t.Final[dict[str, Rule]] = _parse_rules(
    """
syntax                   refusal  A line that Podman can't read.
    Correct the line.
    One such line takes down every unit of its directory (Podman 5.0 to 6.1), and a backslash
    before an empty line hangs the generators of Podman 4.6 to 5.3.
missing-section          refusal  The unit lacks the section that its suffix promises.
    Begin it with the section of its kind, such as [Container].
    The generator makes no service of it.
unknown-key              refusal  A key that no release of Podman has in that section.
    Correct the name, or put the key below the section that has it.
    The generator drops the whole unit for one unknown key, and names only the first.
too-new                  refusal  A key, kind of unit or drop-in that came after the host's Podman.
    Update Podman, or leave it out.
    Older generators refuse the key, or pass over the file without a word.
missing-unit             refusal  A reference to a unit that is not there.
    Declare the unit, or name an existing object without the suffix.
    Podman before 5.3 guesses a name and goes on; later ones refuse the unit.
writable-mount           refusal  A container can write what the host runs, units first of all.
    Add ':ro', or mount a named volume or a path outside of these directories.
    What can write there can write a unit, and systemd runs it outside of any container. The
    directories are those of Quadlet, systemd, udev, tmpfiles, cron, D-Bus, profiles and of this
    collection's records. A single file that is no unit may be written.
untyped-mount            refusal  A Mount= without a type, for Podman before 5.7.
    Begin it with type=bind, volume, tmpfs, image, glob, ramfs or devpts.
    The generator refuses it; those of 4.7 and 5.6 crash, and with them go all units of the
    scope.
nested-unit              refusal  A unit in a subdirectory of a directory with units.
    Move it up, or make its directory an app of its own, beside the other one.
    A directory is one app, whose units lie side by side; a deployment of the upper directory
    refuses the unit.
bad-path                 refusal  A path that an app can't have.
    Rename it, or leave it out.
    The generator or systemd would read it as something else, or not at all.
bad-companion            refusal  A unit of systemd's own that systemd would not take, or not here.
    Correct the unit, its name, or the app's scope.
    systemd ignores sections that a type of unit does not have, and takes a mount under the name
    of its path alone; a user's manager can't mount.
unknown-rule             refusal  A comment that silences a rule of another name than any rule has.
    Correct the name.
    Otherwise it would silence nothing, and nobody would know.
missing-key              refusal  The unit lacks a key that its kind can't do without.
    Set the key.
    The generator makes no service of it.
conflicting-keys         refusal  Two keys of which the generator takes only one.
    Remove one of them.
    The generator makes no service of it.
bad-service-type         refusal  A Type= or KillMode= that the generator does not take.
    Leave it out: Podman's notify, or oneshot for a job, and KillMode=mixed.
    Podman itself tells systemd when the container runs.
group-without-user       refusal  Group= without User=.
    Set User= too.
    The generator refuses it from Podman 4.8 on.
bad-pod                  refusal  A Pod= that is no .pod unit.
    Write the pod's file name, such as front.pod, and not its PodName.
    The generator refuses everything else.
foreign-section          error    A section that nobody reads in this kind of unit.
    Correct its name, or begin the name with X-.
    The generator passes it on without a word, and systemd ignores all of its keys.
misplaced-key            error    A key below a section where nobody reads it.
    Move it below the section that has it.
    systemd ignores a key of another section; it only says so in the journal.
unknown-install-key      error    A key that [Install] does not have.
    Correct the name.
    It is ignored without a word, and the unit does not come up at boot.
empty-value              warning  A key without a value.
    Give it a value, or remove the line.
    An empty assignment only resets what stands before it in the unit or what a drop-in adds to.
repeated-key             warning  A key that takes one value is set twice in one file.
    Keep one of the two.
    Only the last one counts.
unbalanced-quote         error    A quote that nothing closes.
    Close it, or use the other kind of quote around it.
    Podman drops the whole line without a word.
bad-escape               error    A backslash escape that Podman does not know.
    Double the backslash.
    Podman drops the whole line; the container runs without it. Only 5.5 and later say
    something.
empty-word               error    An empty word in a list of words.
    Leave it out, or set it in a script or an environment file.
    It ends the list for Podman: it and all that follows is lost.
lone-semicolon           error    A word that is just ';'.
    Put the command in a shell's script: sh -c "a; b".
    systemd takes it for the end of a command, and refuses the service.
quoted-value             error    Quotes around a value that is not split into words.
    Remove the quotes: blanks need none here.
    Podman makes the quotes part of the value.
inline-comment           error    A comment behind a value.
    Put the comment on a line of its own.
    Only a line that begins with # or ; is a comment; Podman takes the rest as part of the
    value.
unquoted-pair            warning  A blank within a NAME=value pair that has no quotes around it.
    Put quotes around the whole pair: "NAME=some value".
    The value ends at the blank. What follows is dropped, or read as names of variables to pass
    on.
json-in-pair             error    JSON without quotes around its NAME=value pair.
    Put single quotes around the whole pair: 'NAME={"a": 1}'.
    Podman takes the inner quotes away.
unknown-specifier        note     A percent sign before what is no specifier of systemd.
    Write %% for a percent sign.
    It stays as it is today, and changes its meaning with a systemd that knows the letter.
date-format              warning  A format for dates, which systemd takes for its own specifiers.
    Write %% for each percent sign.
    systemd expands %H to the host's name and %m to the machine's id before the container sees
    it.
unset-variable           warning  A variable that systemd expands, and that nothing sets.
    Write $$ for a dollar sign that the container is to see.
    systemd expands ${NAME}, and words that begin with $, before the container starts: to
    nothing. The manager's own variables count (DefaultEnvironment=, environment.d, systemctl
    set-environment). On the controller they are not known, and the finding is a note.
tilde-path               error    A path that begins with ~.
    Write %h for the home directory.
    Nobody expands it: it is a name like any other.
variable-path            error    A path that begins with a variable.
    Write %h for the home directory, or ${NAME} for a variable that [Service] sets.
    systemd expands $NAME where it is a word of its own; here it stays, and no such path exists.
bad-boolean              error    A word that is no boolean.
    Use true or false.
    Podman reads everything but 1, yes, true and on as false.
bad-choice               error    A value that the key does not take.
    Use one of the values that the key takes.
    Podman or systemd refuses it when the service starts, or ignores it.
bad-integer              error    A value that is no plain number.
    Write a decimal number without leading zeros.
    Podman reads a name as 0, which is root, and a leading 0 as octal.
bad-duration             error    A value that is no duration.
    Write a number with a unit, such as 30s or 1m30s.
    Podman refuses to make the container.
bad-size                 error    A value that is no size.
    Write a number with a unit, such as 512m or 2g.
    Podman refuses to make the container.
bad-address              error    A value that is no address.
    Write an address such as 10.0.0.2 or fd00::2, for Subnet= with its length: 10.0.0.0/24.
    Podman refuses to make the container or the network.
bad-port                 error    A port that can't be published.
    Write [[IP:][HOST]:]CONTAINER[/PROTOCOL], with ports from 1 to 65535.
    From 5.3 on the generator passes it on unread, and Podman refuses it when the service
    starts.
bad-volume               error    A mount that Podman refuses.
    Write SOURCE:/PATH:OPTIONS, with an absolute path in the container.
    It fails when the service starts.
bad-secret               error    Options of a secret that Podman refuses.
    Write NAME,type=mount|env,target=…; uid, gid and mode are for type=mount.
    It fails when the service starts.
bad-pair                 error    A limit or kernel setting without its value.
    Write NAME=value.
    It fails when the service starts.
bad-name                 error    A name that no container, pod, volume or network can have.
    Use letters, digits, '_', '.' and '-', beginning with a letter or digit.
    Podman refuses it when the service starts.
service-name-suffix      error    A ServiceName= with a suffix.
    Leave the suffix out.
    Podman uses it word for word: z.service becomes z.service.service.
specifier-in-name        warning  A name of an object with the unit's own name in it.
    Write the name out.
    It is expanded in each service that refers to it, to that service's name.
missing-file             error    A file of the app that is not there.
    Add it to the app's files, or correct the path.
    Paths are relative to the unit; what is missing is found when the service starts.
optional-file            error    An environment file with systemd's '-' for "may be missing".
    Remove the '-', and make sure that the file is there.
    Podman does not know it: it looks for a directory called '-' beside the unit.
path-outside-app         warning  A relative path that leaves the app's directory.
    Use an absolute path.
    What is there belongs to another app, or to nobody.
unreadable-file          warning  A mounted file that the container's user can't read.
    Give the file mode 0644, or use a secret with uid and mode.
    The file belongs to root, or to the user whose service it is, and only the owner may read
    it.
short-image-name         warning  An image name without its registry.
    Write it in full, such as docker.io/library/nginx:1.29.
    What it means is up to each host's registries.conf.
moving-tag               warning  An image that is :latest, or has no tag.
    Name a version, or set AutoUpdate= if the image is meant to move.
    Two hosts run different images, and what ran before can't be told from the unit.
auto-update-image        error    AutoUpdate=registry with an image that it can't follow.
    Write the name in full and without a digest.
    Podman refuses a short name, and never finds another image behind a digest.
bad-image                error    A name that no image can have.
    Write it in small letters and without blanks.
    Podman takes no other name, and refuses it when the service starts.
no-install               warning  A service that will not come back after a reboot.
    Add [Install] with WantedBy=default.target, or let a unit that starts at boot want it.
    Quadlet services can't be enabled: the generator reads [Install].
lonely-job               note     A job that nothing of the app starts.
    Run it when it is wanted (option run, or systemctl start), or add a timer or [Install].
    No run starts such a job, so that a restore does not run because it was deployed.
template-install         warning  A template's [Install] that counts for nothing.
    Set DefaultInstance=, or add an instance such as NAME@1.container.
    The generator links a template into no target.
system-target            error    A user's unit that is wanted by a target of the system.
    Use WantedBy=default.target.
    A user's manager has no such target, so nothing starts the unit.
system-dependency        warning  A user's unit that refers to a target of the system.
    Leave it out: Podman 5.3 and later wait for the network themselves.
    A user's manager does not know the system's units. Requires= fails, the others do nothing.
install-also             warning  Also= in [Install].
    Give the other unit an [Install] of its own.
    The generator ignores it.
install-quadlet-name     error    A Quadlet file's name in [Install].
    Write the service's name, such as web.service or front-pod.service.
    Podman does not translate names here, so the link leads nowhere.
bad-unit-name            error    A dependency or target that is no name of a unit.
    Write the whole name with its suffix, several of them with blanks between.
    systemd ignores what it can't read as a name, and says so in the journal only.
wrong-reference          error    A unit file of a kind that the key does not take.
    Name a unit of the right kind.
    Podman looks for an object of that very name, or makes a volume of it.
doubled-name             error    One name for two containers or pods.
    Give each its own.
    The second one that starts removes the first, since generated commands have --replace.
idle-port                warning  A port that is not published.
    Remove it, or the Network= that leaves nothing to publish.
    With the host's network, or that of another container, Podman publishes nothing.
misspelt-key             error    A key of systemd in the wrong case.
    Write it as systemd does.
    systemd ignores it, and says so in the journal only.
second-exec-start        error    ExecStart= beside that of the generator.
    Write what the container runs as Exec= in [Container].
    systemd refuses a service with two, unless it is a job.
requires-without-after   warning  A unit is required, but not waited for.
    Add After= with the same name.
    systemd starts both at once: at boot it is a race.
required-job             warning  Requires= on a job that reads inactive as soon as it is done.
    Set RemainAfterExit=yes in the job's [Service], or use Wants=.
    Each start of this unit runs the job again, and BindsTo= stops this unit when the job ends.
wrong-service-name       warning  A service that no unit makes.
    Use the name of the service that the unit makes.
    Pods, volumes and networks make NAME-pod.service, NAME-volume.service and so on.
restart-job              error    Restart=always or on-success for a job.
    Use Restart=on-failure, or leave it out.
    systemd refuses such a service.
missing-restart          note     A container that is not started again when it ends.
    Set Restart=always or on-failure in [Service].
    systemd's default is no.
stop-timeout             warning  systemd kills the container before Podman's patience ends.
    Keep StopTimeout= below TimeoutStopSec=, which is 90 s by default.
    Podman asks, waits StopTimeout= seconds and kills; when systemd kills first, Podman can't
    clean up.
healthy-without-check    error    Notify=healthy without HealthCmd=.
    Set HealthCmd=, or silence this if the image has a health check.
    Podman refuses to make such a container, and no start of it ever ends well.
health-without-command   warning  Settings of a health check that has no command.
    Set HealthCmd= or HealthStartupCmd=.
    Podman ignores them, also if the image has a check of its own.
health-command-prefix    warning  A health command with Docker's "CMD" as its first word.
    Leave out "CMD": ["/bin/check", "a b"].
    Podman 5.4 mangles the command.
quoted-command           warning  A command that is one quoted word.
    Leave out the quotes around the whole.
    It is one argument: without an entrypoint in the image, a program of that name is looked for.
shell-in-exec            warning  An operator of the shell in a command that no shell runs.
    Put the command in a shell's script: sh -c "a && b".
    The program gets it as an argument.
pod-owns-key             error    A key of a container that its pod must have.
    Set it in the .pod unit.
    Containers of a pod share its network and its name, and Podman refuses to make the container.
pod-network              warning  A container of a pod with a network of its own.
    Set Network= in the .pod unit.
    Podman takes the container out of the pod's network: the others can't reach it at localhost.
name-without-suffix      warning  The name of an object where the app has a unit of that name.
    Add the suffix, such as data.volume.
    Podman makes an object of that very name instead; the unit's is called systemd-NAME.
secret-in-environment    warning  A secret in the text of a unit.
    Use Secret=NAME,type=env,target=VARIABLE, or an EnvironmentFile= with mode 0600.
    Units and what systemd makes of them can be read by every user of the host, and so can their
    copies.
service-user             warning  User=, Group= or DynamicUser= in [Service].
    Deploy the app for that user, or set User= in [Container].
    Podman does not support it, and warns from 5.6 on.
rootless-port            warning  A port below 1024 for a user's container.
    Publish a port from 1024 on, or lower net.ipv4.ip_unprivileged_port_start on the host.
    A user's process may not open it, unless the host allows it.
host-privileges          warning  The container is not kept apart from the host.
    Give it the one capability or device that it needs.
    A process that breaks out of it, or is told to, acts on the host.
socket-mount             warning  The container can talk to the container engine, or to systemd.
    Mount it only into what you trust like the engine itself, and silence this.
    Who can talk to the engine can start any container, with any path of the host; who can talk to
    systemd over D-Bus can start any program.
host-mount               warning  A directory of the host's own that the container can write to.
    Add ':ro', or mount what is really needed.
    A process in the container can change the host. ':ro' does not hold for what is mounted below.
unit-directory-mount     error    A writable mount of a directory in which units lie further down.
    Add ':ro', mount what is really needed, or silence this for a container trusted like root.
    What can write there can write a unit, and systemd runs it outside of any container.
nested-mount             warning  A mount of a path within another one that a container can write.
    Mount directories side by side, or the outer one alone.
    The container can put a link in its place, and the next start follows it, wherever it leads.
native-key               note     An option in PodmanArgs= for which there is a key.
    Use the key.
    Keys are checked before anything is touched; PodmanArgs= only when the service starts.
restart-option           error    Podman's --restart in PodmanArgs=.
    Set Restart= in [Service].
    Podman refuses it together with the generator's --rm.
unit-in-podman-args      error    A Quadlet file's name in PodmanArgs=.
    Use the key, such as Volume= or Network=, or the object's own name.
    Podman does not translate names here.
deprecated-key           warning  A key that Podman keeps only for old units.
    Use UserNS=, UIDMap= and GIDMap=, or Tmpfs=.
    A later release may drop it.
yaml-number              warning  A number where YAML may have read a pair of numbers.
    Put quotes around the value in YAML.
    To YAML 22:22 is a number of base 60, 1342.
yaml-boolean             warning  A boolean where the key takes text.
    Put quotes around the word in YAML.
    To YAML yes, no, on and off are booleans: what arrives is true or false.
skipped-template         note     A template that could not be rendered, and was not linted.
    Give the variables with -e, or lint on the way of a deployment.
    Only quadlet.fleet.lint says so; a deployment renders every template.
""",
    QUIRKS,
)


def check_rule_name(name: str, *, where: str) -> None:
    """Refuses names of unknown rules, and of rules that can't be silenced."""
    rule = RULES.get(name)
    if rule is None:
        near = difflib.get_close_matches(name, RULES, n=1)
        raise QuadletError(
            f"there is no lint rule {name!r}",
            where=where,
            remedy=f"Did you mean {near[0]}?" if near else "docs/lint.md has all rules.",
            rule="unknown-rule",
        )
    if rule.refusal:
        raise QuadletError(
            f"the rule {name} can't be silenced",
            where=where,
            remedy=f"The unit would be refused all the same. {rule.remedy}",
            rule="unknown-rule",
        )


def parse_ignore(names: t.Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(unit or '', rule) of each item, `RULE` or `UNIT:RULE`, of an option `lint_ignore`."""
    parsed = []
    for name in names:
        unit, _colon, rule = name.rpartition(":")
        check_rule_name(rule, where=f"lint_ignore {name}")
        parsed.append((unit, rule))
    return tuple(parsed)
