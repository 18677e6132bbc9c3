# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lint
short_description: Lint Podman Quadlet units on the controller
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Says what is wrong with the units below a directory, with the file, the line and the remedy. It
    runs on the controller and needs neither a host nor Podman.
  - Each directory that has units counts as an app, as M(quadlet.fleet.app) would deploy it; units
    of one may refer to those of another. Templates are rendered where the variables suffice, and
    are skipped otherwise.
  - The same rules apply when M(quadlet.fleet.app) deploys units. Its page in the documentation,
    C(docs/lint.md), has them all.
notes:
  - The playbook C(quadlet.fleet.lint) is this module and a verdict, C(ansible-playbook
    quadlet.fleet.lint -e src=DIR).
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  src:
    description: The directory.
    type: path
    required: true
  format:
    description:
      - V(text) is one line for each finding, C(file:line:rule:message). V(json) is a list of them,
        V(sarif) is SARIF 2.1.0.
    type: str
    choices: [text, json, sarif]
    default: text
  output:
    description: A file on the controller for it. Without one it is shown.
    type: path
  podman:
    description: The release of Podman that the units are for, V(5.4) say; by default the newest.
    type: str
  rootless:
    description:
      - Whether the units are for a user's scope. Where it is not given, rules that depend on it are
        silent.
    type: bool
  others:
    description: Names of units that the hosts have beside these, V(proxy.network) say.
    type: list
    elements: str
    default: []
  ignore:
    description: Rules, or V(UNIT:RULE), that are not to be told.
    type: list
    elements: str
    default: []
  level:
    description: The lowest level at which it fails.
    type: str
    choices: [error, warning, note]
    default: error
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes nothing.
"""

EXAMPLES = r"""
- name: Lint the apps of this project, in a play on localhost
  quadlet.fleet.lint:
    src: apps/

- name: Leave a report for the code host
  quadlet.fleet.lint:
    src: apps/
    format: sarif
    output: lint.sarif
    rootless: true
    podman: "5.4"
    level: warning
"""

RETURN = r"""
findings:
  description: What was found, as M(quadlet.fleet.app) returns it in C(lint).
  returned: always
  type: list
  elements: dict
  sample:
    - rule: short-image-name
      level: warning
      path: apps/shop/web.container
      line: 2
      section: Container
      key: Image
      message: "'nginx' does not say which registry it is from"
      remedy: Write it in full, such as docker.io/library/nginx:1.29.
passed:
  description: Whether nothing of O(level) or above was found.
  returned: always
  type: bool
templates_skipped:
  description: Templates that could not be rendered.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.quadlet.fleet.plugins.module_utils._module.options import LINT_RUN


def main() -> None:
    """Runs the module: never, as its action does all of it."""
    module = AnsibleModule(argument_spec=LINT_RUN, supports_check_mode=True)
    module.fail_json(
        msg="quadlet.fleet.lint runs on the controller, as a task of a play [controller-only]"
    )


if __name__ == "__main__":
    main()
