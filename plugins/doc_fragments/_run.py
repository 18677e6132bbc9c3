# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
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
          - Seconds that each started service has to stay up, from its own activation on, V(1) by
            default. A container that exits at once, or crashes again and again, reads active for
            a moment.
        type: float
"""
