# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The table of all fields of a container's inspect output."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Value
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.config import (
    CONFIG,
    SAYS_NOTHING,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.fields import Reading, Row
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.host import HOST
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.mounts import read_mounts

_STATE = (
    "Id", "Created", "Path", "Args", "State", "Image", "ImageDigest", "ImageName",
    "ImageManifestDescriptor", "Pod", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath",
    "StaticDir", "OCIConfigPath", "OCIRuntime", "ConmonPidFile", "PidFile", "Name",
    "RestartCount", "Driver", "Platform", "MountLabel", "ProcessLabel", "AppArmorProfile",
    "EffectiveCaps", "ExitCommand", "BoundingCaps", "ExecIDs", "GraphDriver", "Storage",
    "SizeRw", "SizeRootFs", "Dependencies", "NetworkSettings", "Namespace", "IsInfra", "IsService",
    "KubeExitCodePropagation", "lockNumber", "UseImageHosts", "UseImageHostname", "Artifacts",
)  # fmt: skip
"""What it is doing and where, and what is read with other fields: networks, the image, the pod."""


def _rootfs(reading: Reading, value: str, given: Given) -> None:
    reading.container.rootfs = Value(value, given)


TABLE: t.Final[dict[str, Row]] = {
    **dict.fromkeys(_STATE, SAYS_NOTHING),
    "Rootfs": Row(_rootfs),
    "Mounts": Row(read_mounts),
    **CONFIG,
    **HOST,
}
