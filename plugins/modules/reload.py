# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: reload
short_description: Run the Quadlet generator and reload a service manager
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Asks the host's generator whether it can read all that is installed in the scope, then runs
    C(systemctl daemon-reload).
  - The generator drops a file that it can't read without a word, and the service of that file is
    gone after the reload. So an error of the generator fails this module, with file and line, and
    nothing is reloaded.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  user:
    description:
      - User name or uid whose service manager is reloaded; it has to run, by a login or by linger.
      - Without it, or with V(root) or V(0), the system's manager is.
    type: str
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes no file.
"""

EXAMPLES = r"""
- name: Load units that something else has written
  quadlet.fleet.reload:

- name: Load the units of user svc
  quadlet.fleet.reload:
    user: svc
"""

RETURN = r"""
services:
  description: The names of the services that the generator makes in the scope.
  returned: success
  type: list
  elements: str
  sample: ["web.service", "data-volume.service"]
errors:
  description: What the generator refuses.
  returned: failure
  type: list
  elements: dict
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={"user": {"type": "str"}},
        supports_check_mode=True,
    )
    module.run("reload")


if __name__ == "__main__":
    main()
