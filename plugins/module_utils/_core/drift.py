# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Where an installed app is not what its record says."""

from __future__ import annotations

import types
import typing as t

from .inputs import Inputs, digest
from .manifest import Manifest
from .spec import Blob
from .unitstate import State


def find_drift(
    manifest: Manifest,
    current: t.Mapping[str, Blob],
    inputs: t.Mapping[str, Inputs],
    states: t.Mapping[str, State],
    enabled: t.Mapping[str, str] = types.MappingProxyType({}),
) -> list[str]:
    """Sentences, one for each file or service that is not as it was deployed."""
    found = []
    for path, (sha, mode, _on_change) in manifest.files.items():
        there = current.get(path)
        if there is None:
            found.append(f"{path} is missing")
        elif digest(there.data) != sha:
            found.append(f"{path} was edited")
        elif there.mode != mode:
            found.append(f"{path} has mode {there.mode:04o}, not {mode:04o}")
    for name, record in manifest.services.items():
        state = states.get(name, State())
        if state.failed:
            found.append(f"{name} has failed" if not state.crashing else f"{name} keeps crashing")
        elif not state.up and not record.once and not record.triggered:
            found.append(f"{name} is not running")
        elif name in inputs and record.started_with not in (None, inputs[name].restart):
            found.append(f"{name} was started with other files than are installed")
    found += [f"{name} is disabled" for name, word in enabled.items() if word == "disabled"]
    return found
