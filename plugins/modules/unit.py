# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: unit
short_description: Put one Podman Quadlet unit into an app, or take it out
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - The app gains, changes or loses this one unit, and its service is started, restarted or stopped
    as asked. Nothing else of the app is touched, apart from services that must follow.
  - It works like M(quadlet.fleet.app), with the same checks.
notes:
  - A later run of M(quadlet.fleet.app) for the same app with O(quadlet.fleet.app#module:prune=true)
    removes units that it does not declare, this one too.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.diff
  - quadlet.fleet._attributes.actiongroup
  - quadlet.fleet._scope
  - quadlet.fleet._compat
  - quadlet.fleet._keys
  - quadlet.fleet._run
  - quadlet.fleet._lint
options:
  name:
    description: File name of the unit, C(web.container) or C(backup.timer) say.
    type: str
    required: true
  sections:
    description:
      - The unit as a mapping of sections, or an instance as a mapping with C(template), as in
        O(quadlet.fleet.app#module:units).
    type: dict
  content:
    description: The unit's text.
    type: str
  app:
    description:
      - The app that it belongs to. By default the part of O(name) before its suffix and before
        any C(@).
    type: str
  state:
    description:
      - V(started) installs the unit and starts its service, V(restarted) restarts it if it runs,
        V(present) leaves it alone, V(stopped) stops it.
      - V(absent) stops the service and removes the unit with its drop-ins. With its last unit the
        app
        goes too.
    type: str
    choices: [started, present, stopped, restarted, absent]
    default: started
"""

EXAMPLES = r"""
- name: Run one container
  quadlet.fleet.unit:
    name: web.container
    sections:
      Container:
        Image: docker.io/library/nginx:1.27
        PublishPort: ["8080:80"]
      Install:
        WantedBy: multi-user.target default.target

- name: Add a cache to the app shop of user svc
  quadlet.fleet.unit:
    name: cache.container
    app: shop
    user: svc
    content: |
      [Container]
      Image=docker.io/valkey/valkey:8
      Network=shop.network

- name: Take it out again
  quadlet.fleet.unit:
    name: cache.container
    app: shop
    user: svc
    state: absent
"""

RETURN = r"""
plan:
  description:
    - What the run did, or in check mode would do, one entry for each unit, file or directory that
      it acts on. It is empty where nothing changes.
  returned: success
  type: list
  elements: dict
  contains:
    unit:
      description: The unit, file or directory, null where it is none of them.
      type: str
      sample: web.container
    service:
      description:
        - The service, its name read from the generator's output. A companion is named by its unit.
      type: str
      sample: web.service
    action:
      description:
        - One of C(write), C(adopt), C(enable), C(disable), C(start), C(restart), C(reload),
          C(stop), C(remove), C(run), C(directory), C(regroup), C(pull) and C(linger).
        - C(run) is a job that O(ignore:run) names, C(directory) a directory that is made or
          corrected, C(regroup) a unit that O(ignore:on_demand) names now or no more.
        - C(pull) comes before another entry for the same unit; in check mode see O(pull).
        - C(enable) and C(disable) stand alone for a companion (a timer, a socket) that nothing
          else is done to; a new one is enabled with its C(start), one that goes is disabled.
      type: str
      sample: restart
    reasons:
      description: Why, in words.
      type: list
      elements: str
      sample: ["conf/default.conf changed"]
services:
  description:
    - The state of each service of the app after the run, as systemd reports it.
    - C(result) and C(restarts) are read for the services that this run started, and null for
      others.
    - C(image) is what the unit declares. C(health) is known for containers with a health check that
      this run started, and null for others; M(quadlet.fleet.info) tells it always.
  returned: success
  type: dict
  sample:
    web.service:
      active: active
      sub: running
      result: success
      restarts: 0
      image: docker.io/library/nginx:1.29
      health:
generation:
  description:
    - The number of the deployed state. It grows by one with each run that changes files or images.
      After a run that was undone it is the one that is back.
  returned: success
  type: int
  sample: 3
rollout:
  description:
    - The rollout that the deployed state is part of, null where it is part of none or that one was
      taken back.
  returned: always
  type: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: r1
    from:
      description: The generation from before it, 0 where the app was not there.
      type: int
      sample: 3
    under_way:
      description: Whether it was not accepted yet, see M(quadlet.fleet.gate).
      type: bool
rolled_back:
  description:
    - Whether this run has failed and was undone, so that all that was active before is active
      again, with its old files, secrets and images.
  returned: always
  type: bool
attempt:
  description:
    - What the run had come to before it was undone. RV(services) then tells the states after that.
  returned: when the run failed and O(on_failure=rollback)
  type: dict
  contains:
    generation:
      description: The number that it would have had, null where it made none.
      type: int
      sample: 4
    services:
      description: The states of its services when it failed.
      type: dict
failures:
  description:
    - The services that did not come up.
    - A failed task returns this, and other data, only with C(register), C(until) or C(failed_when),
      in a block with C(rescue) or C(always), or with C(-v); C(msg) says it in words.
  returned: failure
  type: list
  elements: dict
  contains:
    unit:
      description: The unit, null for a probe.
      type: str
      sample: web.container
    service:
      description: Its service.
      type: str
      sample: web.service
    phase:
      description:
        - Where it failed, C(pull), C(write), C(load), C(start), C(reload), C(health), C(probe) or
          C(run).
      type: str
      sample: start
    reason:
      description: Why, in words.
      type: str
      sample: "its process ended with status 125: port 8080 of the host is in use"
    job:
      description:
        - What became of its start job, C(done), C(failed), C(dependency), C(timeout) and so on. A
          container that ends behind its start has C(done). Null where systemd told none.
      type: str
      sample: failed
    exit_code:
      description: The exit status of its main process, if it had one.
      type: int
      sample: 1
    restarts:
      description: How often systemd has restarted it since this run started it, null if unknown.
      type: int
      sample: 4
    health_log:
      description: What its last failed health check printed, where its health is the cause.
      type: str
      sample: "wget: can't connect to remote host: Connection refused"
    journal:
      description:
        - The last lines of its journal, of the invocation that failed; of a crash loop those of
          every invocation of this run.
      type: list
      elements: str
    hint:
      description:
        - What to do about it, where its journal tells a known cause, which C(reason) then names.
      type: str
      sample: "Publish another port, or stop what listens there: ss -ltnp sport = :8080"
lint:
  description:
    - What lint found in the units that the call declares, by unit and line. An error refuses the
      run, a warning is shown too. The rules are in C(docs/lint.md).
    - It is empty where no unit changed, since nothing is judged then.
  returned: unless services did not come up, which has nothing to do with it
  type: list
  elements: dict
  contains:
    rule:
      description: The rule's id.
      type: str
      sample: short-image-name
    level:
      description: One of C(error), C(warning) and C(note).
      type: str
      sample: warning
    path:
      description: The unit or drop-in.
      type: str
      sample: web.container
    line:
      description: The line, null where the whole file is meant.
      type: int
      sample: 2
    section:
      description: The section, null where the whole file is meant.
      type: str
      sample: Container
    key:
      description: The key, null where the whole file is meant.
      type: str
      sample: Image
    message:
      description: The fact.
      type: str
      sample: "'nginx' does not say which registry it is from"
    remedy:
      description: What to do.
      type: str
      sample: Write it in full, such as docker.io/library/nginx:1.29.
timings:
  description: Seconds that each phase took.
  returned: success
  type: dict
  sample: {"read": 0.05, "plan": 0.31, "pull": 5.2, "write": 0.04, "reload": 0.4, "start": 2.1}
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module import options as _options
from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "sections": {"type": "dict"},
            "content": {"type": "str"},
            "app": {"type": "str"},
            **_options.UNIT_STATE,
            **_options.SCOPE,
            **_options.RUN,
            **_options.GENERATIONS,
            **_options.COMPAT,
            **_options.LINT,
        },
        mutually_exclusive=[("sections", "content")],
        supports_check_mode=True,
    )
    module.run("unit")


if __name__ == "__main__":
    main()
