# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: app
short_description: Deploy an app of Podman Quadlets to one scope
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Turns a declared app (units and files) into running services, in one call.
  - The units are checked, then the host's own Quadlet generator reads them together with what else
    is installed. Only if that finds no error the files are written, each by one rename, systemd
    reloads once, and exactly the services are started or restarted whose unit, drop-ins or files
    are other than what they were started with, with those that must follow.
  - With none of O(units), O(files) and O(src) the installed set is meant.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.diff
  - quadlet.fleet._attributes.actiongroup
  - quadlet.fleet._scope
  - quadlet.fleet._content
  - quadlet.fleet._compat
  - quadlet.fleet._keys
  - quadlet.fleet._run
  - quadlet.fleet._lint
options:
  name:
    description:
      - The app. Its units and files live in the directory of that name below the scope's unit
        directory.
      - Letters, digits, V(_) and V(-), beginning with a letter or a digit; not V(users).
    type: str
    required: true
  state:
    description:
      - V(started) installs the app and starts what does not run. What a timer, socket or path
        unit of the app triggers is left to it, unless it has an C([Install]) section of its own. A
        job (C(Type=oneshot)) without one that nothing starts is left alone, see O(run), and so are
        the units of O(on_demand). V(restarted) restarts what runs, too.
      - V(present) installs and loads it, and leaves services alone.
      - V(stopped) installs it and stops its containers, pods, kube units, timers, sockets, path
        units, targets and services; networks and volumes stay. All come back at the next boot, as
        their C([Install]) says, or with V(started).
      - V(absent) stops its services and removes its files, with its generations. Named volumes,
        their data, networks and files that the app does not own stay, and a warning names them.
      - V(rolled_back) brings an older generation back, with its units, files, secrets and images,
        see O(generation). Where one of its images had a name that stands for another one now, the
        name is given back to it, and a warning tells who else uses that name.
    type: str
    choices: [started, present, stopped, restarted, absent, rolled_back]
    default: started
  generation:
    description:
      - The number of the generation that O(state=rolled_back) leads to; M(quadlet.fleet.info) lists
        those that are kept. By default the newest that passed its gate before the one deployed
        last, so that a second run changes nothing.
    type: int
  rollout:
    description:
      - The id of the rollout that this run is part of. It is kept with the generation, and the
        generation from before the rollout is kept until the rollout is accepted, see
        M(quadlet.fleet.gate).
      - With O(state=rolled_back) it takes that rollout back, whatever was deployed since in its
        name. An app that was not there before is removed; one that is no part of that rollout is
        left alone.
      - A deployment without a rollout ends the one before it.
    type: str
  prune:
    description:
      - Stop and remove units and files that the app owned and does not declare any more. Named
        volumes and data are never removed.
    type: bool
    default: true
  secrets:
    description:
      - Secrets of the app, name to value. They are made in the scope's Podman before anything is
        written or stopped, and units reach them by the key C(Secret), mounted or as an environment
        variable. The value arrives byte for byte.
      - A value is text, or a mapping of C(value) and C(encoding), V(base64) for what is not text.
        A number, boolean or list is refused, as by M(quadlet.fleet.secret).
      - Podman has each under its name and a suffix that changes with its value, so that a rollback
        finds the old one. The installed unit names that one, and gives it the declared name as
        target; plan and diff tell the declared text. Exactly the services that use a secret restart
        when its value changes.
      - Where O(units), O(files) and O(src) are left out, they replace the values of the installed
        set. Where those are given and this is not, the units' secrets are meant to exist under
        their own names; with O(prune=false) the app's stay.
      - A name of these in C(PodmanArgs), C(GlobalArgs), C(Mount), or the YAML of a kube unit is
        refused, since only C(Secret) is rewritten. M(quadlet.fleet.secret) makes secrets for those.
      - Values are masked in what a run says, whatever quotes or encodes them, and so are those that
        the scope's Podman holds and the run was not given. One of fewer than four characters is
        masked only where a line is nothing else.
    type: dict
  recreate:
    description:
      - Network and volume units of the app whose network or volume may be made anew,
        C(shop.network) say. Podman leaves one that exists as it was, whatever its unit says.
      - It is made anew only where it is not as its unit declares it, whoever made it. Then the
        containers on it are stopped, it is removed and made again, and they are started in order.
      - Without this option one that the app has not made and that is another one is an error
        before anything is written.
      - A volume loses its data that way, and no rollback brings that back. So a volume unit has to
        be named with that word, as in C(data.volume:lose-data).
      - A network or volume that something uses which this run does not stop is an error, before
        anything stops.
    type: list
    elements: str
    default: []
  on_demand:
    description:
      - Units that are installed and that no run starts; a template stands for its instances. One
        that somebody has started restarts when its text changes, unless it is a job.
      - A job (C(Type=oneshot)) without C([Install]) that nothing starts needs not be named. Leave
        C([Install]) out of the others, since it has the boot start them.
      - The names stay with the installed set. Where O(units), O(files) or O(src) are given and this
        is not, none is meant, unless O(prune=false).
    type: list
    elements: str
  run:
    description:
      - Jobs of the app to run now, as units with C(Type=oneshot) under C([Service]). They start
        once the app has passed its gate, one after another in this order.
      - Each is waited for, as long as O(gate.timeout) says. One that fails fails the run, which is
        undone like any other; what a job has written stays.
      - A run with jobs is always changed. Not with O(state=present), V(stopped) or V(absent).
    type: list
    elements: str
    default: []
  directories:
    description:
      - Directories of bind mounts, path to a mapping of C(mode), C(owner) and C(group). They are
        made before anything is written, with their parents, and never removed.
      - Paths are absolute; C(~/) and C(%h/) stand for the home of the scope's user.
      - A new one has mode V(0755) and belongs to the scope's user. Of one that is there, what is
        declared is corrected.
      - In a user's scope owner and group are numbers, the ids inside the user's namespace, where 0
        is the user. In the system's scope they are those of the host, or names.
      - A run that is undone removes those that it has made and that are still empty.
    type: dict
  archives:
    description:
      - Archives of images, as C(podman save) makes them (C(docker-archive) or C(oci-archive)), for
        hosts that reach no registry.
      - When the run starts or restarts a container whose image the host lacks, and an archive has
        an image of that name, it is loaded before anything is written or stopped, as the scope's
        user, and no registry is asked for it. O(pull=never) works with it.
      - With O(pull=always) and O(pull=newer) the archive stands for the registry of the images
        that it has. Where the host has another image under that name, it is loaded as well.
      - An unchanged run transfers nothing and runs no Podman command.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file on the host, which the scope's user has to be able to read.
        type: path
      src:
        description:
          - The file on the controller. It is sent only to a host that needs it, and removed there
            after the task. It can't be used with C(async).
        type: str
      _images:
        description:
          - Internal, set by the action plugin. The images of O(archives[].src), ids by name.
        type: dict
seealso:
  - module: quadlet.fleet.unit
  - module: quadlet.fleet.validate
"""

EXAMPLES = r"""
- name: Run one web server
  quadlet.fleet.app:
    name: web
    units:
      web.container: |
        [Container]
        Image=docker.io/library/nginx:1.27
        PublishPort=8080:80

        [Install]
        WantedBy=multi-user.target default.target

- name: Run a web server with its configuration, a network and a volume, as user svc
  quadlet.fleet.app:
    name: shop
    user: svc
    units:
      web.container:
        Unit:
          Description: The shop's front
        Container:
          Image: docker.io/library/nginx:1.27
          Network: shop.network
          PublishPort: ["8080:80"]
          Volume:
            - ./conf:/etc/nginx/conf.d:ro
            - pages.volume:/usr/share/nginx/html
          Environment:
            GREETING: 100% "shop" for $5
        Install:
          WantedBy: default.target
      shop.network:
        Network: {}
      pages.volume:
        Volume: {}
    files:
      conf/default.conf: "{{ lookup('ansible.builtin.template', 'default.conf.j2') }}"

- name: Deploy a directory of units, drop-ins, configuration and templates
  quadlet.fleet.app:
    name: shop
    src: shop/

- name: Run a backup every night, and two workers from one template
  quadlet.fleet.app:
    name: shop
    user: svc
    units:
      backup.container:
        Container:
          Image: registry.example/backup:3
          Exec: [backup, --all]
        Service:
          Type: oneshot
      backup.timer:
        Timer:
          OnCalendar: daily
          Persistent: true
        Install:
          WantedBy: timers.target
      worker@.container:
        Container:
          Image: registry.example/worker:3
          Exec: worker --queue %i
      worker@mail.container:
        template: worker@.container
      worker@print.container:
        template: worker@.container

- name: Run the backup now, and wait for its result
  quadlet.fleet.app:
    name: shop
    user: svc
    run: [backup.container]

- name: Bind a directory of the host, which a process with uid 999 in the container writes
  quadlet.fleet.app:
    name: archive
    user: svc
    units:
      archive.container: |
        [Container]
        Image=registry.example/archive:2
        User=999
        Volume=%h/archive:/archive

        [Install]
        WantedBy=default.target
    directories:
      ~/archive: {mode: "0750", owner: 999, group: 999}

- name: Deploy a database with its password, from a vaulted variable
  quadlet.fleet.app:
    name: shop
    units:
      db.container:
        Container:
          Image: docker.io/library/postgres:17
          Environment:
            POSTGRES_PASSWORD_FILE: /run/secrets/password
          Secret: [password]
        Install:
          WantedBy: default.target
    secrets:
      password: "{{ shop_db_password }}"

- name: See what a deployment would restart, and why
  quadlet.fleet.app:
    name: shop
    src: shop/
  check_mode: true
  diff: true
  register: preview

- name: Stop the app and remove its units (volumes and their data stay)
  quadlet.fleet.app:
    name: shop
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
        argument_spec=_options.APP,
        supports_check_mode=True,
    )
    module.run("app")


if __name__ == "__main__":
    main()
