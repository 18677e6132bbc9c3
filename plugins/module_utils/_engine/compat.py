# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The units of an app as the host's Podman can read them."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.app.app import App
from .._core.content import Blob, text_of
from .._core.quadlet.kinds import is_quadlet


def for_host(app: App) -> App:
    """The app; with `compat: args` in the words of the host's Podman.

    Podman is asked for its version only where a unit has a key that depends on it.
    """
    if app.compat != "args":
        return app
    from .._core.quadlet.compat import is_dated, rewrite_newer
    from .._core.validate.check import check_podman
    from .._host import podman
    from .._host.owner import own_process

    given: t.Mapping[str, Blob | None] = app.patch if app.content is None else app.content
    blobs = {path: blob for path, blob in given.items() if blob and is_quadlet(path)}
    texts = {path: text_of(blob) for path, blob in blobs.items()}
    if not is_dated(texts):
        return app
    version = check_podman(*podman.read_version(own_process()))
    units = {
        path: dataclasses.replace(blobs[path], data=text.encode("utf-8", "surrogateescape"))
        for path, text in rewrite_newer(texts, version).items()
    }
    if app.content is None:
        return dataclasses.replace(app, patch={**app.patch, **units})
    return dataclasses.replace(app, content={**app.content, **units})
