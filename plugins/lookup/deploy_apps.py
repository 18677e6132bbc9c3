# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: deploy_apps
short_description: The apps of a host, merged from its groups and itself
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - What the role P(quadlet.fleet.deploy#role) deploys to a host. C(quadlet_deploy_apps) may be
    given for several groups of it and for itself, and its items are merged by the name of the app.
  - They are merged from the group C(all) over the more specific groups to the host, in the order in
    which Ansible itself lets one value win over another.
  - Items with the same C(name) are one app, unless both give a C(user) and it is another one. Of
    C(units), C(files) and C(secrets) the keys are merged, and a null takes a key away; any other
    option is replaced. The apps are in the order in which they first appear.
  - A value that does not come from the inventory (vars of a play, role, include or set_fact, extra
    vars) counts as it is, and nothing is merged.
options:
  _terms:
    description: None are taken.
"""

EXAMPLES = r"""
- name: See what a host's groups and the host make of its apps
  ansible.builtin.debug:
    msg: "{{ lookup('quadlet.fleet.deploy_apps') | map(attribute='name') }}"
"""

RETURN = r"""
_raw:
  description: The apps.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.layers import (
    places_of,
    read_layers,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.merge import (
    Layer,
    merge_apps,
)

_NAME = "quadlet_deploy_apps"


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(
        self, terms: t.Sequence[t.Any], variables: t.Mapping[str, t.Any] | None = None, **_: t.Any
    ) -> list[t.Any]:
        """One value: the list of apps."""
        if terms:
            raise AnsibleError("lookup quadlet.fleet.deploy_apps: it takes no terms")
        known = variables or {}
        layers = self._layers(known)
        template: t.Callable[[t.Any], t.Any] = t.cast(t.Any, self._templar).template
        if not layers:
            return [template(known.get(_NAME, []))]
        try:
            return [merge_apps([Layer(one.source, template(one.value)) for one in layers])]
        except QuadletError as error:
            raise AnsibleError(str(error)) from error

    def _layers(self, variables: t.Mapping[str, t.Any]) -> list[Layer]:
        """What the inventory says; nothing where that is not what counts for the host."""
        inventory = variables["hostvars"]._inventory
        host = inventory.get_host(variables["inventory_hostname"])
        places = places_of(self._loader, inventory, variables.get("ansible_search_path") or ())
        layers = read_layers(_NAME, host, inventory, places)
        same = bool(layers) and _NAME in variables and variables[_NAME] == layers[-1].value
        return layers if same else []
