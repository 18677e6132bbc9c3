# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: validate
short_description: Ask the host's own Quadlet generator about units, and change nothing
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Checks units as M(quadlet.fleet.app) does before it writes anything, with what else is
    installed in the scope around them.
  - With neither O(units) nor O(src) it checks what is installed.
  - It fails where it finds an error.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
  - quadlet.fleet._scope
  - quadlet.fleet._content
  - quadlet.fleet._compat
  - quadlet.fleet._lint
options:
  name:
    description:
      - The app that the units are meant for. What is installed of that app counts as replaced by
        them.
    type: str
    default: validate
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes nothing.
"""

EXAMPLES = r"""
- name: Check the new units of the app shop on each host
  quadlet.fleet.validate:
    name: shop
    src: shop/

- name: Check what is installed for user svc
  quadlet.fleet.validate:
    user: svc
"""

RETURN = r"""
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
lint:
  description:
    - What lint found, by unit and line. An error in the units that the call declares fails it, a
      warning is shown too. Of what is installed the findings are returned only, with whole paths.
    - The rules are in C(docs/lint.md).
  returned: always
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
services:
  description: The services as the host's generator would make them, by name, each with its unit.
  returned: success
  type: dict
  sample: {"web.service": {"unit": "web.container", "needs": ["shop-network.service"]}}
"""

from ansible_collections.quadlet.fleet.plugins.module_utils._module import options as _options
from ansible_collections.quadlet.fleet.plugins.module_utils._module.engine_module import (
    EngineModule,
)


def main() -> None:
    """Runs the module."""
    module = EngineModule(
        argument_spec={
            "name": {"type": "str", "default": "validate"},
            **_options.SCOPE,
            **_options.CONTENT,
            **_options.COMPAT,
            **_options.LINT,
        },
        supports_check_mode=True,
    )
    module.run("validate")


if __name__ == "__main__":
    main()
