# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: status
short_description: Write the status of a fleet as a page, as data and as metrics
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Makes one document of what M(quadlet.fleet.info) has returned on each host, and of it a page for
    people, a file of data, a file of metrics for each host, and a table that is shown. It runs on
    the controller and reaches no host.
  - A host that could not be reached or read is part of it, with the reason.
notes:
  - The playbook C(quadlet.fleet.status) is M(quadlet.fleet.info) on all hosts, and this module.
  - The page and the data have the last lines of services that failed. They are made with mode 0600;
    a file that is there keeps its mode. Metrics have names alone, and mode 0644.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.diff
  - quadlet.fleet._attributes.actiongroup
options:
  dest:
    description:
      - The directory that is written to. It gets C(index.html), C(status.json) and
        C(metrics/quadlet-HOST.prom). Without it nothing is written, and the table is shown all the
        same.
    type: path
  formats:
    description:
      - What is written. V(page) is an HTML file that needs nothing else, V(data) the document as
        JSON, V(metrics) a file for each host in a form that Prometheus and OpenMetrics share, for
        the textfile collector of node_exporter.
    type: list
    elements: str
    choices: [page, data, metrics]
    default: [page, data]
  registered:
    description: The variable that M(quadlet.fleet.info) was registered as, on each host.
    type: str
    default: quadlet_status_info
  hosts:
    description: The hosts, in the order of the table. By default all hosts of the play.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Read all hosts
  quadlet.fleet.info:
    journal: 15
  register: quadlet_status_info
  ignore_errors: true
  ignore_unreachable: true

- name: Write the page and the data
  quadlet.fleet.status:
    dest: /srv/www/fleet
  run_once: true
  delegate_to: localhost

- name: Write metrics for a node_exporter beside the controller
  quadlet.fleet.status:
    dest: /var/lib/fleet
    formats: [metrics]
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
lines:
  description: The table, as text. It is also shown.
  returned: success
  type: list
  elements: str
files:
  description: The files, as paths on the controller.
  returned: success
  type: list
  elements: str
  sample: ["/srv/www/fleet/index.html", "/srv/www/fleet/status.json"]
summary:
  description:
    - Counts of the fleet. C(hosts), C(hosts_unreachable), C(hosts_failed), C(read_errors),
      C(pulls_failed), C(apps), C(apps_troubled), C(apps_drifted), C(runs_failed), C(services), and
      C(states) with the number of apps by state.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.quadlet.fleet.plugins.module_utils._module.status_options import STATUS


def main() -> None:
    """Runs the module: never, as its action does all of it."""
    module = AnsibleModule(argument_spec=STATUS, supports_check_mode=True)
    module.fail_json(
        msg="quadlet.fleet.status runs on the controller, as a task of a play [controller-only]"
    )


if __name__ == "__main__":
    main()
