"""RETURN of plugins that share it: app and unit; validate, which has lint; the conversions."""

from __future__ import annotations

import pathlib
import re

_PLUGINS = pathlib.Path(__file__).resolve().parents[2] / "plugins"
_RETURN = re.compile(r'(?<=^RETURN = r"""\n).*?(?=^"""$)', re.MULTILINE | re.DOTALL)

_RUN = """\
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
"""

_LINT_OF_A_RUN = """\
lint:
  description:
    - What lint found in the units that the call declares, by unit and line. An error refuses the
      run, a warning is shown too. The rules are in C(docs/lint.md).
    - It is empty where no unit changed, since nothing is judged then.
  returned: unless services did not come up, which has nothing to do with it
  type: list
  elements: dict
  contains:
"""

_FINDING = """\
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
"""

_TIMINGS = """\
timings:
  description: Seconds that each phase took.
  returned: success
  type: dict
  sample: {"read": 0.05, "plan": 0.31, "pull": 5.2, "write": 0.04, "reload": 0.4, "start": 2.1}
"""

_JUDGEMENT = """\
errors:
  description: What is wrong.
  returned: always
  type: list
  elements: dict
  contains:
    where:
      description: Unit or path, with the line and the key where they are known.
      type: str
      sample: "web.container:3 [Container] Imag"
    what:
      description: The fact.
      type: str
      sample: "unknown key 'Imag' in section [Container]"
    remedy:
      description: What to do.
      type: str
      sample: Did you mean Image?
    rule:
      description: The id of the rule that it breaks, null where the generator itself refuses it.
      type: str
      sample: unknown-key
warnings_found:
  description: What the generator warns of.
  returned: always
  type: list
  elements: str
"""

_LINT_OF_A_JUDGEMENT = """\
lint:
  description:
    - What lint found, by unit and line. An error in the units that the call declares fails it, a
      warning is shown too. Of what is installed the findings are returned only, with whole paths.
    - The rules are in C(docs/lint.md).
  returned: always
  type: list
  elements: dict
  contains:
"""

_SERVICES_OF_A_JUDGEMENT = """\
services:
  description: The services as the host's generator would make them, by name, each with its unit.
  returned: success
  type: dict
  sample: {"web.service": {"unit": "web.container", "needs": ["shop-network.service"]}}
"""

_OF_A_RUN = _RUN + _LINT_OF_A_RUN + _FINDING + _TIMINGS

_CONVERTED = """\
_value:
  description:
    - The app. Without C(report), C(variables) and C(sources) it is options of M(quadlet.fleet.app),
      and an item of C(quadlet_deploy_apps).
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    units:
      description: Its units, as sections by file name.
      type: dict
    files:
      description: Its other files.
      type: dict
    secrets:
      description: Values of its secrets by name.
      type: dict
    directories:
      description: Directories of bind mounts, with their options.
      type: dict
    variables:
      description: Variables that were found, with their defaults and places.
      type: list
      elements: dict
    report:
      description:
        - What became of everything that was given, but what is exact; C(report=all) has that too.
      type: list
      elements: dict
      contains:
        path:
          description: What it is about.
          type: str
          sample: services.web.restart
        file:
          description: The file.
          type: str
        line:
          description: The line, 0 without one.
          type: int
        outcome:
          description: C(exact), C(moved), C(approximated) or C(dropped).
          type: str
        wrote:
          description: What was written of it, as C(UNIT:KEY).
          type: list
          elements: str
        reason:
          description: What is different.
          type: str
        remedy:
          description: What to do about it.
          type: str
        rule:
          description: The id of a rule, or an empty text.
          type: str
    sources:
      description: The files that were read.
      type: list
      elements: str
"""

RETURNS = {
    "modules/app.py": _OF_A_RUN,
    "modules/unit.py": _OF_A_RUN,
    "modules/validate.py": _JUDGEMENT + _LINT_OF_A_JUDGEMENT + _FINDING + _SERVICES_OF_A_JUDGEMENT,
    "filter/from_compose.py": _CONVERTED,
    "filter/from_inspect.py": _CONVERTED,
    "filter/from_run.py": _CONVERTED,
    "filter/from_systemd.py": _CONVERTED,
}
"""RETURN by plugin.  ansible-core 2.16 takes no fragments for it, so the text is in each file."""


def plugin_with_return(plugin: str) -> str:
    """The file of a plugin with its RETURN as it should be."""
    text = (_PLUGINS / plugin).read_text(encoding="utf-8")
    found, number = _RETURN.subn(lambda _match: RETURNS[plugin], text)
    if number != 1:
        raise ValueError(f"{plugin} has {number} blocks RETURN")
    return found
