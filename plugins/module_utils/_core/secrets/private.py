# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Secrets in an app's own files."""

from __future__ import annotations

import re
import typing as t

from ..content import Blob

_DOCUMENTS = re.compile(rb"(?m)^---")
_DEFINES = re.compile(rb"(?m)^[ {]*[\"']?kind[\"']?\s*:\s*[\"']?Secret\b")
_DATA = re.compile(rb"(?ms)\b(?:data|stringData)[\"']?\s*:(.*)")


def find_private(content: t.Mapping[str, Blob]) -> t.Iterator[bytes]:
    """Files that only their owner may read, what a vault held say, and the data of secrets that
    Kubernetes YAML defines: Podman removes those when their service stops.
    """
    for blob in content.values():
        if blob.is_private:
            yield blob.data
        elif b"Secret" in blob.data and b"kind" in blob.data:
            for document in _DOCUMENTS.split(blob.data):
                data = _DATA.search(document) if _DEFINES.search(document) else None
                if data:
                    yield data.group(1)
