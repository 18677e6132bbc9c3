# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Instances of template units: links to the template beside them."""

from __future__ import annotations

import typing as t

from ..content import Blob
from ..errors import QuadletError
from ..quadlet.keys import Version, version_text
from ..quadlet.kinds import TEMPLATES_SINCE


def check_instances(content: t.Mapping[str, Blob], version: Version) -> list[QuadletError]:
    """Errors for instances without a template, and for a Podman that has no templates."""
    errors = []
    for path, blob in content.items():
        template = blob.data.decode("utf-8", "surrogateescape")
        if not blob.is_link:
            continue
        if version < TEMPLATES_SINCE:
            errors.append(
                QuadletError(
                    f"instances of templates came with Podman {version_text(TEMPLATES_SINCE)}, "
                    f"the host has {version_text(version)}",
                    where=path,
                    remedy="Update Podman, or declare the unit with a text of its own.",
                    topic="old-podman",
                )
            )
        elif template not in content or content[template].is_link:
            errors.append(
                QuadletError(
                    f"its template {template} is no unit of the app",
                    where=path,
                    remedy=f"Declare {template} too, or remove its instances with it.",
                    topic="no-template",
                )
            )
    return errors
