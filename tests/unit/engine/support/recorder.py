"""Runs on a host: each command of real runs with its answer, as one JSON document.

Given on standard input: {"path": where the collection is, "user": …, "steps": [[name, params] …]}.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import typing as t

UTILS = "ansible_collections.quadlet.fleet.plugins.module_utils"


def main() -> None:
    """Carries the steps out; what a step raised is recorded with it."""
    given = json.load(sys.stdin)
    sys.path.insert(0, given["path"])
    rows: list[dict[str, t.Any]] = []
    owner = importlib.import_module(f"{UTILS}._host.owner")
    _record(owner.Owner, rows)
    parse_app = importlib.import_module(f"{UTILS}._core.app.app").parse_app
    scope = importlib.import_module(f"{UTILS}._host.scope").resolve_scope(given["user"])
    reconcile = importlib.import_module(f"{UTILS}._engine.reconcile").reconcile
    ended = []
    for name, params in given["steps"]:
        first = len(rows)
        if name == "command":
            scope.manager.run(params)
        else:
            try:
                reconcile(parse_app(params), scope, check=False)
                ended.append([name, ""])
            except Exception as error:
                ended.append([name, str(error)])
        for row in rows[first:]:
            row["step"] = name
    json.dump({"ended": ended, "rows": rows}, sys.stdout)


def _record(owner: t.Any, rows: list[dict[str, t.Any]]) -> None:
    begin = owner.begin

    def begin_recorded(self: t.Any, argv: t.Sequence[str], **more: t.Any) -> t.Any:
        end, row = begin(self, argv, **more), {"argv": list(argv), "at": round(time.time(), 3)}
        rows.append(row)

        def end_recorded(*given: t.Any) -> t.Any:
            ran = end(*given)
            row.update(status=ran.status, out=ran.out, err=ran.err)
            return ran

        return end_recorded

    owner.begin = begin_recorded


if __name__ == "__main__":
    main()
