# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: info
short_description: Tell what quadlet.fleet has deployed on a host, and how it is
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Lists the apps of one user's scope, or of the system's and every user's scope, with their
    units, services, states, health, images and what is not as it was deployed.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  user:
    description:
      - User name or uid whose scope is looked into, V(root) for the system's.
      - Without it root looks into the system's scope, those of every lingering user, and those of
        every other user who has apps; another user into the own one.
    type: str
  apps:
    description: Only these apps.
    type: list
    elements: str
  declared:
    description:
      - The apps that the inventory has for the host, as items of C(apps) of M(quadlet.fleet.apps).
        Of their options C(name), C(user) and C(location) are looked at, and no others leave the
        controller. Each app of the host is then told to be declared or not.
    type: list
    elements: dict
  journal:
    description:
      - So many of the last lines of its journal come with each service that has failed, of at most
        20 services of a host. Secrets in them are masked.
    type: int
    default: 0
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes nothing.
"""

EXAMPLES = r"""
- name: Look at all that is deployed
  quadlet.fleet.info:
  register: deployed

- name: Look for apps that the inventory does not have
  quadlet.fleet.info:
    declared: "{{ lookup('quadlet.fleet.deploy_apps', only=['name', 'user', 'location']) }}"
  register: deployed
  failed_when: deployed.apps | rejectattr('declared') | length > 0

- name: Fail where an app is not as it was deployed
  ansible.builtin.assert:
    that: deployed.apps | map(attribute='drift') | flatten | length == 0
"""

RETURN = r"""
apps:
  description: One entry for each app.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The app.
      type: str
      sample: shop
    user:
      description: The user whose scope it is in, null in the system's.
      type: str
      sample: svc
    location:
      description: C(system), C(home) or C(admin).
      type: str
      sample: home
    directory:
      description: Where its units and files are.
      type: str
      sample: /etc/containers/systemd/shop
    generation:
      description: The number of its deployed state.
      type: int
      sample: 3
    project:
      description:
        - The project that deployed it, as M(quadlet.fleet.apps) and the role
          P(quadlet.fleet.deploy#role) note it, null for none.
      type: str
      sample: deploy
    declared:
      description: Whether O(declared) has it, null without that option.
      type: bool
    rollout:
      description: The rollout that it is part of, as M(quadlet.fleet.app) returns it.
      type: dict
    generations:
      description:
        - The deployed states that are kept, the oldest first. O(ignore:state=rolled_back) of
          M(quadlet.fleet.app) leads back to one of them.
      type: list
      elements: dict
      contains:
        number:
          description: Its number.
          type: int
          sample: 2
        current:
          description: Whether it is the one that is there.
          type: bool
        passed:
          description:
            - Whether it passed its gate; one that did not was kept by O(ignore:on_failure=keep).
          type: bool
        made_at:
          description: When it was deployed, in UTC.
          type: str
          sample: "2026-01-31T12:00:00Z"
        made_by:
          description: The account that deployed it, on the host.
          type: str
          sample: root
        rollout:
          description: The id of the rollout that it was deployed in, null for none.
          type: str
          sample: r1
        changes:
          description: What that run did, in words.
          type: list
          elements: str
          sample: ["restart web.service: web.container changed (Image)"]
        images:
          description: Digests of its containers' images, by name.
          type: dict
        secrets:
          description: Names of its secrets.
          type: list
          elements: str
    units:
      description: Its units and drop-ins.
      type: list
      elements: str
      sample: ["web.container"]
    files:
      description: Its other files.
      type: list
      elements: str
      sample: ["conf/default.conf"]
    services:
      description:
        - By service its unit, state, image and health. C(job) is whether it does its work and ends;
          C(once) whether it is inactive once it has ended; C(waits) whether no run starts it, but a
          timer, another unit or a person does; C(stopped) whether a run has stopped it, or none has
          started it yet. C(needs)
          and C(triggers) are the services that it needs, and starts. C(journal) has its last lines,
          where O(journal) asks for them and it has failed.
      type: dict
    drift:
      description:
        - What is not as it was deployed, in words. Files that were edited, services that are down,
          older than their files, without a unit or from a unit that is not the app's, containers
          that run another image than is declared, than its name means on the host now or than the
          generation was deployed with, networks and volumes that are gone or whose definition
          changed since they were made. C(docs/drift.md) lists them.
      type: list
      elements: str
      sample: ["conf/default.conf was edited"]
failures:
  description:
    - The last five runs of each app that failed after they had changed something, the oldest first.
      Apps whose first deployment failed are among them. Secrets in what they say were masked when
      the run failed.
  returned: success
  type: list
  elements: dict
  contains:
    app:
      description: The app.
      type: str
      sample: shop
    user:
      description: The user whose scope it is in, null in the system's.
      type: str
      sample: svc
    location:
      description: C(system), C(home) or C(admin).
      type: str
      sample: home
    open:
      description: Whether no good run has followed.
      type: bool
    ended_at:
      description: When the run ended, in UTC.
      type: str
      sample: "2026-01-31T12:00:00Z"
    result:
      description: C(restored) where the run was undone, C(failed) where it was not, or not wholly.
      type: str
      sample: restored
    generation:
      description: The number of the state that it was to deploy, null for none of its own.
      type: int
      sample: 4
    message:
      description: The first line of its error.
      type: str
    failures:
      description:
        - As M(quadlet.fleet.app) returns them; of each C(unit), C(service), C(phase), C(reason),
          C(exit_code), C(hint) and C(journal).
      type: list
      elements: dict
errors:
  description:
    - What could not be read, which is a warning too; everything else is returned. Where nothing of
      the asked O(user) could be read, the module fails.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user in whose scope it is, null for the system's.
      type: str
      sample: svc
    location:
      description: C(system), C(home) or C(admin); null for a user that is gone.
      type: str
      sample: home
    app:
      description: The app, null for the whole scope.
      type: str
      sample: shop
    msg:
      description: The cause, with the path.
      type: str
pull:
  description:
    - One entry for each scope that converges itself with the role P(quadlet.fleet.pull#role), from
      the record of its last run. A run that was not a good one, and a timer that does not run, are
      warnings too.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user in whose scope the timer runs, null for the system's.
      type: str
      sample: svc
    url:
      description: The repository.
      type: str
      sample: ssh://git@git.example.org/fleet.git
    version:
      description: The branch, tag or commit that is followed.
      type: str
      sample: main
    commit:
      description: The commit of the last run that did not fail.
      type: str
      sample: 0b1c2d3e4f5061728394a5b6c7d8e9f001122334
    wanted:
      description: The commit that the version meant at the last run.
      type: str
      sample: 0b1c2d3e4f5061728394a5b6c7d8e9f001122334
    started_at:
      description: When the last run began, in UTC.
      type: str
      sample: "2026-01-31T12:00:00Z"
    ended_at:
      description: When it ended.
      type: str
      sample: "2026-01-31T12:00:09Z"
    result:
      description: C(ok), C(failed), or C(refused) where no key had signed the commit.
      type: str
      sample: ok
    message:
      description: The cause, where it is not C(ok).
      type: str
    changed:
      description: Whether it changed anything.
      type: bool
    timer:
      description: What systemd says of C(quadlet-pull.timer), null where the manager is down.
      type: str
      sample: active
    service:
      description:
        - What it says of C(quadlet-pull.service); C(failed) after a run that was not a good one.
      type: str
      sample: inactive
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={
            "user": {"type": "str"},
            "apps": {"type": "list", "elements": "str"},
            "declared": {"type": "list", "elements": "dict"},
            "journal": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    module.run("info")


if __name__ == "__main__":
    main()
