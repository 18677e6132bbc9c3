# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout
short_description: A step of the playbook rollout
version_added: 0.1.0
author:
  - quadlet.fleet contributors (@quadlet-fleet)
description:
  - Decides which hosts of a rollout come next, and what becomes of it, from what the hosts have
    told. It runs on the controller and reaches no host.
  - It is a part of the playbook C(quadlet.fleet.rollout) and its private role
    P(quadlet.fleet._rollout#role). It is of no use elsewhere.
extends_documentation_fragment:
  - quadlet.fleet._attributes
  - quadlet.fleet._attributes.actiongroup
options:
  step:
    description: The step.
    type: str
    required: true
    choices: [find, plan, begin, answer, wave, deployed, asked, accepted, returned, report]
  id:
    description: The id of the rollout, where it is known.
    type: str
  hosts:
    description: The hosts that the step is about.
    type: list
    elements: str
  answer:
    description: What a person has answered.
    type: str
attributes:
  diff_mode:
    description: Returns what changes in files.
    support: none
    details: It changes nothing.
"""

EXAMPLES = r"""
- name: Begin a batch
  quadlet.fleet.rollout:
    step: begin
  run_once: true
  delegate_to: localhost
  delegate_facts: true
"""

RETURN = r"""
lines:
  description: The plan, or the table, as text. It is also shown.
  returned: for the steps plan and report
  type: list
  elements: str
summary:
  description:
    - The same as data, C(rows) of it are the lines of the table. It is kept for the jobs that
      follow as M(ansible.builtin.set_stats) does, as C(quadlet_rollout).
  returned: for the step report
  type: dict
msg:
  description: Why the rollout has stopped, empty where it goes on.
  returned: for steps after which it may
  type: str
"""
