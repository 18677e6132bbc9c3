# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: deploy_apps
short_description: The apps of a host, merged from several variables
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - What the role P(quadlet.fleet.deploy#role) deploys to a host. It is C(quadlet_deploy_apps) and
    every variable of the host that is called C(quadlet_deploy_apps__NAME), wherever it is set. Each
    group, and the host itself, has a variable of its own, and their items are merged by the name of
    the app.
  - C(quadlet_deploy_apps) comes first, the others follow in the order of their names. What comes
    later counts more.
  - Items with the same C(name) are one app, unless both give a C(user) and it is another one. The
    apps are in the order in which they first appear.
  - A mapping is merged by key, at every level down to the pairs of a unit's key; any other value
    replaces, and a null takes a key away. C(KEY+) with a list adds to the list that is there,
    C(KEY=) replaces a mapping instead of merging it. Sections over a unit's text are merged with
    what the text says; a text replaces a unit. A secret is replaced.
  - Where an app has C(src), its nulls and signs in C(units) and C(files) stay for the task, which
    lays these options over the directory.
  - Of one variable that several groups set, Ansible takes the last value alone. Where files of
    C(group_vars) and C(host_vars) set C(quadlet_deploy_apps) more than once for a host, a warning
    names them.
options:
  _terms:
    description: None are taken.
  only:
    description:
      - The options of each app that are returned, C(name) and C(user) among them. The others are
        not even templated, where a variable holds a list of apps as it stands.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show the names of the host's apps
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
from ansible.utils.display import Display

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.layers import (
    PLAIN,
    PREFIX,
    find_overridden,
    sort_names,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inventory.merge import (
    Layer,
    merge_apps,
    pick_options,
)

_DISPLAY = Display()


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(
        self,
        terms: t.Sequence[t.Any],
        variables: t.Mapping[str, t.Any] | None = None,
        only: t.Sequence[str] | None = None,
        **_: t.Any,
    ) -> list[t.Any]:
        """One value: the list of apps."""
        if terms:
            raise AnsibleError("lookup quadlet.fleet.deploy_apps: it takes no terms [option-value]")
        known = variables or {}
        overridden = find_overridden(t.cast(t.Any, self._loader), known)
        if overridden:
            _DISPLAY.warning(
                f"{PLAIN} is set in {' and '.join(overridden)}, and Ansible takes the last one "
                f"alone. Give each place a variable of its own, {PREFIX}NAME: they are merged."
            )
        template: t.Callable[[t.Any], t.Any] = t.cast(t.Any, self._templar).template
        given = {name: known[name] for name in sort_names(known)}
        if only:
            given = {name: pick_options(value, only) for name, value in given.items()}
        values = {name: template(value) for name, value in given.items()}
        if only:  # of a template the options are known now
            values = {name: pick_options(value, only) for name, value in values.items()}
        try:
            return [merge_apps([Layer(name, value) for name, value in values.items()])]
        except QuadletError as error:
            raise AnsibleError(str(error)) from error
