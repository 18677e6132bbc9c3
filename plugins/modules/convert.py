# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: convert
short_description: Write the directory of an app that is made of what you have
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Converts a Compose file, C(docker run) or C(podman run) lines, units of
    C(podman generate systemd), or the output of C(inspect) to an app of Quadlet units, and says
    what became of everything. It runs on the controller and needs neither a host nor an engine.
  - Writes the app's units and files, C(app.yml) with its variables and the names of its secrets,
    and C(deploy.yml), a playbook that deploys it.
  - A file that is there and was not written so by this module is never replaced.
notes:
  - The playbook C(quadlet.fleet.convert) is this module and a verdict, C(ansible-playbook
    quadlet.fleet.convert -e src=compose.yaml -e dest=apps). Its variable for O(name) is C(app).
  - The filters P(quadlet.fleet.from_compose#filter), P(quadlet.fleet.from_run#filter),
    P(quadlet.fleet.from_systemd#filter) and P(quadlet.fleet.from_inspect#filter) do the same within
    a play, without files.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.diff
  - quadlet.fleet._attributes.actiongroup
  - quadlet.fleet._convert
  - quadlet.fleet._convert.compose
options:
  src:
    description:
      - A file, or a directory with a Compose file or with units. Of a Compose file its override
        file is read too, and C(.env) beside it.
    type: path
    required: true
  dest:
    description:
      - The directory to write. The app's own content goes to a directory of its name in it.
    type: path
    required: true
  from:
    description: What it is, where it is not recognized.
    type: str
    choices: [compose, run, systemd, inspect]
  user:
    description: The user in whose scope the app is to run; by default it is the system's.
    type: str
  values:
    description:
      - Whether values of secrets are written, to C(values.yml), which only its owner can read.
        By default only their names are.
    type: bool
    default: false
  format:
    description:
      - V(text) is one line for each item of the report, C(file:line:outcome:sentence). V(json) is a
        list of them, V(sarif) is SARIF 2.1.0.
    type: str
    choices: [text, json, sarif]
    default: text
  output:
    description: A file on the controller for the report. Without one it is shown.
    type: path
  level:
    description: The least loss at which it fails. The directory is written all the same, unless
      something was refused.
    type: str
    choices: [refused, dropped, approximated, moved]
    default: refused
"""

EXAMPLES = r"""
- name: Make an app of a Compose project, in a play on localhost
  quadlet.fleet.convert:
    src: shop/compose.yaml
    dest: apps/

- name: Convert for a user's scope, and fail if anything is lost
  quadlet.fleet.convert:
    src: run.txt
    dest: apps/
    user: svc
    level: dropped
    format: sarif
    output: convert.sarif
"""

RETURN = r"""
files:
  description: The files of the directory.
  returned: always
  type: list
  elements: str
  sample: ["app.yml", "deploy.yml", "shop/web.container"]
report:
  description: What became of everything, as P(quadlet.fleet.from_compose#filter) returns it.
  returned: always
  type: list
  elements: dict
variables:
  description: Names of the values that have to be given at the deployment.
  returned: always
  type: list
  elements: str
  sample: ["shop_db_password"]
next:
  description: What to run next.
  returned: always
  type: list
  elements: str
passed:
  description: Whether nothing of O(level) or worse is in the report.
  returned: always
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.quadlet.fleet.plugins.module_utils._module.convert_options import CONVERT


def main() -> None:
    """Runs the module: never, as its action does all of it."""
    module = AnsibleModule(argument_spec=CONVERT, supports_check_mode=True)
    module.fail_json(
        msg="quadlet.fleet.convert runs on the controller, as a task of a play [controller-only]"
    )


if __name__ == "__main__":
    main()
