# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Converts texts to an app: what the filters, the playbook and the module discover share."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._compose.causes import Cause, LoadError
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.write import write_app
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.arguments import (
    INSPECT,
    SYSTEMD,
    Given,
    parse_arguments,
    to_json_texts,
    to_options,
    to_texts,
    to_unit_texts,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._faces.readers import NAMES, READERS

Result = dict[str, t.Any]

EXTRAS: t.Final = ("report", "variables", "sources")
"""What a result has beside the options of the module app."""

_TEXTS: t.Final = {INSPECT: to_json_texts, SYSTEMD: to_unit_texts}


_MOST_CONTAINERS: t.Final = 1000
_MOST_CAUSES: t.Final = 1000
_LONGEST_CAUSE: t.Final = 1000


class RefusedError(QuadletError):
    """A thing that can't be converted.  causes: all of them.  items: of the report."""

    def __init__(self, causes: t.Sequence[str], items: t.Sequence[Result] = ()) -> None:
        more = len(causes) - _MOST_CAUSES
        shown = [_shortened(cause) for cause in causes[:_MOST_CAUSES]]
        self.causes = (*shown, f"and {more} more") if more > 0 else tuple(shown)
        super().__init__("\n".join(self.causes))
        self.items = list(items)

    def __str__(self) -> str:
        return f"{self.what} [not-convertible]"


def _shortened(cause: str) -> str:
    """A cause without the middle of a value that nobody reads."""
    if len(cause) <= _LONGEST_CAUSE:
        return cause
    half = _LONGEST_CAUSE // 2
    return f"{cause[:half]} … ({len(cause) - 2 * half} characters) … {cause[-half:]}"


def convert(kind: str, source: t.Any, given: t.Mapping[str, t.Any]) -> Result:
    """An app with its report.  RefusedError: with all causes why there is none."""
    values = parse_arguments(kind, given)
    texts = _TEXTS.get(kind, to_texts)(source, NAMES[kind])
    if len(texts) > _MOST_CONTAINERS:
        raise RefusedError([f"{len(texts)} texts are no app. At most {_MOST_CONTAINERS} are read."])
    return convert_texts(kind, texts, values)


def convert_texts(kind: str, texts: t.Any, values: Given, **more: t.Any) -> Result:
    """The same of texts with their files' names, and all arguments."""
    report, options = Report(file for file, _text in texts), to_options(values)
    try:
        read = READERS[kind](texts, values, report, options, **more)
    except LoadError as error:
        raise RefusedError(error.causes, [_item(cause) for cause in error.found]) from None
    count = len(read.model.containers) + len(read.model.pods)
    if count > _MOST_CONTAINERS:
        what = f"{count} containers are no app. At most {_MOST_CONTAINERS} are converted at once."
        raise RefusedError([what])
    app = write_app(read.model, report, options)
    causes = report.refusals(strict=values["strict"])
    if causes:
        raise RefusedError(causes, report.items(everything=values["report"] == "all"))
    app["variables"] = [*app["variables"], *read.variables]
    items = report.items(everything=values["report"] == "all")
    result = {**app, "report": items, "sources": list(read.sources)}
    return only_app(result) if values["app"] else result


def only_app(result: Result) -> Result:
    """The options of the module app, without empty ones."""
    return {
        key: value
        for key, value in result.items()
        if key not in EXTRAS and (value or key in ("name", "units"))
    }


def _item(cause: Cause) -> Result:
    """A cause as an item of a report."""
    place = {"path": cause.path, "file": cause.file, "line": cause.line}
    told = {"reason": cause.what, "remedy": cause.remedy, "rule": ""}
    return {**place, "outcome": "refused", "wrote": [], **told}
