# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Documentation of the options that say how a change is carried out."""

from __future__ import annotations


class ModuleDocFragment:
    """How a run goes."""

    DOCUMENTATION = r"""
options:
  linger:
    description:
      - In a user's scope, turn linger on before anything is written, so that the services run
        from boot on and without a login. Where it is on already nothing is called.
    type: bool
    default: true
  restart:
    description:
      - V(auto) restarts the services whose unit, drop-ins or files changed since they were
        started, and those that must follow.
      - V(never) leaves running services alone; a later run with V(auto) restarts them.
    type: str
    choices: [auto, never]
    default: auto
  adopt:
    description:
      - Take over unit files of the same name that no app owns. They are moved, with their
        drop-ins, into the app's directory; a companion stays where it is. Without it such a file is
        an error.
    type: bool
    default: false
  pull:
    description:
      - Which images are brought to the host before anything is written or stopped, so that a pull
        can neither fail halfway through a deployment nor use up a start's time. An image that is
        not to be had ends the run with its unit and the cause.
      - V(missing) pulls the images that the host lacks, of the containers that the run starts or
        restarts. Where there is no such container, Podman is not asked.
      - V(always) asks the registry at every run for the images of the running containers too, and
        restarts the services that run with another image than the registry now has under that
        name. V(newer) is the same, but where the registry gives no image the host's own serves,
        with a warning.
      - V(never) pulls nothing, and refuses to start a container whose image is not on the host.
      - In check mode nothing is pulled and no registry is asked. With V(always) and V(newer) the
        plan then names each image that would be asked for, and so is never empty.
      - Meant is C(Image=) of a container, where it names an image. Left to their services are
        image, build, artifact and kube units, references to such units, names that a unit of the
        app makes or that begin with C(localhost/), values with specifiers or variables, and
        containers that have C(Pull=never), have drop-ins from outside of the app, or tell Podman in
        their own way how to pull (C(Rootfs), C(GlobalArgs), C(ContainersConfModule), C(PodmanArgs)
        with C(--authfile) or C(--platform) say, C([Service]) with C(EnvironmentFile) or a proxy in
        C(Environment)).
      - Pulls run as the scope's user, four at a time, for half an hour each at most. They are not
        part of the time of O(gate).
    type: str
    choices: [missing, always, newer, never]
    default: missing
  authfile:
    description:
      - The text of an C(auth.json), as C(podman login) writes it, for the pulls of this run. Keep
        it in Ansible Vault, say.
      - Podman reads it from memory. It is in no file of the host, no command line, result or
        journal. (Without pipelining Ansible itself has the options of every module in a temporary
        file while it runs.)
      - A container whose unit has a login of its own (C(PodmanArgs) with C(--authfile)) is left to
        its service, as said under O(pull). A service that pulls later by itself, with C(AutoUpdate)
        say, needs such a login.
    type: json
  cert_dir:
    description:
      - A directory of the host with the CA's certificate (C(NAME.crt)) of a registry, and with
        C(NAME.cert) and C(NAME.key) where it asks for a client's, for the pulls of this run. The
        scope's user has to be able to read it.
    type: path
  gate:
    description: What a start must show before it counts.
    type: dict
    default: {}
    suboptions:
      timeout:
        description: Seconds for all starts together, V(300) by default.
        type: float
      stable:
        description:
          - Seconds that each started service has to stay up, from its own activation on. A
            container that exits at once, or crashes again and again, reads active for a moment.
          - V(1) by default, and V(5) for a service that systemd restarts (C(Restart=)) and whose
            health nothing checks (C(HealthCmd=)), since only time shows its crashes.
        type: float
      healthy:
        description:
          - V(auto), the default, waits until every started container whose unit has C(HealthCmd)
            is healthy. One that becomes unhealthy fails at once.
          - V(never) does not ask Podman for it.
        type: str
        choices: [auto, never]
      probes:
        description:
          - Questions that the app has to answer, asked on the host once all is up and healthy.
            Each has one of O(gate.probes[].http), O(gate.probes[].tcp) and
            O(gate.probes[].command).
          - They are asked only by a run that starts or restarts something.
        type: list
        elements: dict
        suboptions:
          http:
            description: A URL that is fetched, without a proxy and without following redirections.
            type: str
          status:
            description: The HTTP statuses that count; without it those from 200 to 399.
            type: list
            elements: int
          body:
            description: A regular expression that the answer or the command's output has to match.
            type: str
          tcp:
            description: C(HOST:PORT) that has to accept a connection.
            type: str
          command:
            description: A command and its arguments, run as the scope's user; it has to end with 0.
            type: list
            elements: str
          container:
            description: The unit in whose container the command runs, C(db.container) say.
            type: str
          retries:
            description: How often it is asked again, V(10) by default, within the gate's timeout.
            type: int
          interval:
            description:
              - Seconds before it is asked again the first time, V(1) by default. They grow up to
                ten.
            type: float
  on_failure:
    description:
      - What becomes of a run that fails behind its first write, because a service does not start,
        stay up or get healthy, a probe is not answered, or a file can't be written.
      - V(rollback) puts back what was before, with files, drop-ins, companions, secrets and images,
        starts all that was active, also services of other apps that depend on it, and looks at it
        through the gate that it had passed. The run fails all the same; RV(ignore:rolled_back)
        says whether that succeeded. An app that was not there before is removed again.
      - V(keep) leaves everything as it is, for a look. The next run tries again, and
        O(ignore:state=rolled_back) leads back.
    type: str
    choices: [rollback, keep]
    default: rollback
  generations:
    description:
      - How many deployed states are kept to return to. With those that go, their secrets go, and
        images that runs of this app have fetched and nothing else in the scope uses.
    type: int
    default: 5
"""
