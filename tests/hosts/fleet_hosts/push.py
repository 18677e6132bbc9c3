# Copyright (c) quadlet.fleet contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the registry's HTTP interface that filling and listing it needs."""

from __future__ import annotations

import http.client
import json
import typing as t
import urllib.error
import urllib.request
from dataclasses import dataclass

from .errors import HostsError
from .oci import MANIFEST_TYPE, Layer, digest_of

# The bridge is local: a proxy in the environment must not be asked.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_TIMEOUT = 60
_NOT_FOUND = 404


@dataclass(frozen=True)
class Client:
    """Speaks to one registry; address is HOST:PORT."""

    address: str

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            with self._call("GET", "/v2/"):
                return True
        except (HostsError, OSError):
            return False

    def push(
        self, name: str, tag: str, layers: t.Sequence[Layer], config: bytes, manifest: bytes
    ) -> None:
        """Upload what isn't there yet, the manifest last."""
        for layer in layers:
            if not self._has_blob(name, layer.digest):
                with layer.path.open("rb") as content:
                    self._upload(name, layer.digest, content, layer.size)
        if not self._has_blob(name, digest_of(config)):
            self._upload(name, digest_of(config), config, len(config))
        self.put_manifest(name, tag, manifest)

    def put_manifest(self, name: str, tag: str, manifest: bytes) -> None:
        """Let the tag name this manifest from now on."""
        with self._call(
            "PUT", f"/v2/{name}/manifests/{tag}", manifest, {"Content-Type": MANIFEST_TYPE}
        ):
            pass

    def manifest(self, name: str, reference: str) -> bytes | None:
        """The manifest that a tag or digest names; None when there is none."""
        place, headers = f"/v2/{name}/manifests/{reference}", {"Accept": MANIFEST_TYPE}
        try:
            with self._call("GET", place, headers=headers) as answer:
                return answer.read()
        except HostsError as error:
            if _is_missing(error):
                return None
            raise

    def references(self) -> list[tuple[str, str]]:
        """Every (name, tag), sorted."""
        names = self._json("/v2/_catalog")["repositories"]
        return sorted(
            (name, tag)
            for name in names
            for tag in self._json(f"/v2/{name}/tags/list")["tags"] or []
        )

    def _has_blob(self, name: str, digest: str) -> bool:
        try:
            with self._call("HEAD", f"/v2/{name}/blobs/{digest}"):
                return True
        except HostsError as error:
            if _is_missing(error):
                return False
            raise

    def _upload(self, name: str, digest: str, content: bytes | t.BinaryIO, size: int) -> None:
        with self._call("POST", f"/v2/{name}/blobs/uploads/") as answer:
            place = answer.headers["Location"]
        place += f"{'&' if '?' in place else '?'}digest={digest}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        with self._call("PUT", place, content, headers):
            pass

    def _json(self, path: str) -> dict[str, t.Any]:
        with self._call("GET", path) as answer:
            return t.cast("dict[str, t.Any]", json.load(answer))

    def _call(
        self,
        method: str,
        place: str,
        content: bytes | t.BinaryIO | None = None,
        headers: t.Mapping[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        url = place if place.startswith("http") else f"http://{self.address}{place}"
        request = urllib.request.Request(url, content, dict(headers or {}), method=method)
        try:
            return t.cast("http.client.HTTPResponse", _OPENER.open(request, timeout=_TIMEOUT))
        except urllib.error.URLError as error:
            raise HostsError(
                f"the registry refused {method} {place} ({error})", "see its log"
            ) from error


def _is_missing(error: HostsError) -> bool:
    cause = error.__cause__
    return isinstance(cause, urllib.error.HTTPError) and cause.code == _NOT_FOUND
