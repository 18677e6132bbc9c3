"""docs/matrix.md, from the results of `./test --matrix`."""

from __future__ import annotations

import collections
import re
import typing as t

from tests.matrix import results
from tests.matrix.results import Result
from tests.matrix.rows import CORES, MANAGED, PODMAN, Core, Row, make_rows

PAGE = """\
# The matrix

What this collection has been tested with: releases of ansible-core on the Pythons that they
support, Pythons of managed nodes, and releases of Podman. Each number below was written by a run:

    ./test --matrix list          # the rows, and what each has found
    ./test --matrix 'units-*'     # some of them, by name or pattern
    ./test --matrix stale         # those that have not passed with the present code

✓ is a row that passed, with the number of its tests; ✗ one that failed; — one that was not run.
An empty cell is a combination that this ansible-core does not support. {collection}

`./test`, which runs for each change, has a part of it: sanity by one ansible-core, the oldest and
the newest ansible-core on a host, and hosts with each of these releases of Podman.
"""

CONTROLLERS = """
## Controllers

`ansible-test units` by each ansible-core on each Python that it supports; the largest tests take
a sample. `ansible-test sanity` by each on one Python.

"""

CORES_ON_HOSTS = """
## Each ansible-core on a host

Every role and module on a booted host, and the life of an app, rootful and rootless: deployed,
left alone, changed, broken and restored, looked at, rolled back, removed. Podman and the Python of
the managed node take turns; the cell names them.

"""

MANAGED_NODES = """
## Managed nodes

The life of an app, as above, with each Podman and each Python of a managed node, by the newest
ansible-core.

"""

ROWS = """
## The runs

| row | result | with | on | code | seconds |
|---|---|---|---|---|---|
"""

ALL = "Every row ran, and every test of it.\n"
SIGNS = {"passed": "✓", "failed": "✗", "not run": "—"}

Found = t.Mapping[str, Result]


def matrix_page() -> str:
    """The page of the stored results."""
    return render(results.load(), CORES)


def render(found: Found, cores: t.Sequence[Core]) -> str:
    """The page of these results."""
    # Which Python is chosen where one is enough is said by the results.
    rows = make_rows(cores, lambda _version: True)
    newest = max(found.values(), key=lambda result: result.at, default=None)
    return "".join(
        [
            PAGE.format(collection=_tell_collection(found, newest)),
            CONTROLLERS + _controllers(found, cores, newest),
            CORES_ON_HOSTS + _cores_on_hosts(found, cores, rows, newest),
            MANAGED_NODES + _managed_nodes(found, newest),
            _reasons(found, rows),
            ROWS + "".join(_row(name, found[name]) for name in sorted(found, key=_order)),
        ]
    )


def _tell_collection(found: Found, newest: Result | None) -> str:
    if newest is None:
        return "Nothing was run so far."
    of = newest.collection
    old = sum(result.collection.digest != of.digest for result in found.values())
    more = f" {old} rows, marked *, are of other code: see the last table." if old else ""
    return f"The code is that of version {of.version} at commit {of.commit}.{more}"


def _cell(result: Result | None, newest: Result | None, more: str = "") -> str:
    if result is None or newest is None:
        return SIGNS["not run"]
    star = "" if result.collection.digest == newest.collection.digest else " *"
    number = _count(result) if result.verdict == "passed" else ""
    return f"{SIGNS[result.verdict]}{number}{star}{more}"


def _count(result: Result) -> str:
    """Tests that passed, of all where some were left out."""
    left_out = sum(result.left_out.values())
    return f" {result.passed}" + (f" of {result.passed + left_out}" if left_out else "")


def _table(head: t.Sequence[str], lines: t.Iterable[t.Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "".join(
        "|" + "".join(f" {cell} |" if cell else " |" for cell in row) + "\n" for row in rows
    )


def _pythons(cores: t.Sequence[Core]) -> list[str]:
    known = {python for core in cores for python in core.controllers}
    return sorted(known, key=lambda python: int(python.partition(".")[2]))


def _controllers(found: Found, cores: t.Sequence[Core], newest: Result | None) -> str:
    def cell(core: Core, python: str) -> str:
        if python not in core.controllers:
            return ""
        return _cell(found.get(f"units-core{core.minor}-py{python}"), newest)

    def sanity(core: Core) -> str:
        names = [name for name in found if name.startswith(f"sanity-core{core.minor}-")]
        cells = [
            _cell(found[name], newest, f" (Python {name.partition('-py')[2]})") for name in names
        ]
        return ", ".join(cells) or SIGNS["not run"]

    pythons = _pythons(cores)
    head = ["ansible-core", *(f"Python {python}" for python in pythons), "sanity"]
    lines = [
        [core.minor, *(cell(core, python) for python in pythons), sanity(core)] for core in cores
    ]
    return _table(head, lines)


def _cores_on_hosts(
    found: Found, cores: t.Sequence[Core], rows: t.Sequence[Row], newest: Result | None
) -> str:
    by_core = {(row.core, row.python): row for row in rows if row.kind == "roles"}

    def cell(core: Core, python: str) -> str:
        row = by_core.get((core.minor, python))
        if row is None:
            return ""
        more = f" (Podman {row.podman}, Python {row.managed})"
        return _cell(found.get(row.name), newest, more)

    pythons = _pythons(cores)
    head = ["ansible-core", *(f"Python {python}" for python in pythons)]
    return _table(head, [[core.minor, *(cell(core, one) for one in pythons)] for core in cores])


def _managed_nodes(found: Found, newest: Result | None) -> str:
    head = ["managed Python", *(f"Podman {podman}" for podman in PODMAN)]
    lines = [
        [
            managed,
            *(_cell(found.get(f"host-podman{podman}-py{managed}"), newest) for podman in PODMAN),
        ]
        for managed in MANAGED
    ]
    return _table(head, lines)


def _reasons(found: Found, rows: t.Sequence[Row]) -> str:
    """Why rows failed or were not run, and which tests rows have left out."""
    kinds = collections.Counter(row.kind for row in rows)
    kinds.subtract(name.partition("-")[0] for name in found)
    never = [f"{count} of {kind}" for kind, count in kinds.items() if count > 0]
    missing = f"- Rows without a result so far: {', '.join(never)}.\n"
    lines = [
        f"- {name}: {result.verdict}: {result.reason}\n"
        for name, result in sorted(found.items(), key=lambda item: _order(item[0]))
        if result.verdict != "passed"
    ]
    left_out: dict[str, list[str]] = {}
    for name, result in sorted(found.items(), key=lambda item: _order(item[0])):
        for reason, count in result.left_out.items():
            left_out.setdefault(f"{count} left out: {reason}", []).append(name)
    lines += [f"- {told} ({', '.join(names)})\n" for told, names in left_out.items()]
    text = "".join([*([missing] if never else []), *lines])
    return f"\n## What failed or was not run\n\n{text or ALL}"


def _row(name: str, result: Result) -> str:
    told = f"{SIGNS[result.verdict]} {result.passed}" if result.passed else SIGNS[result.verdict]
    versions = ", ".join(f"{key} {value}" for key, value in result.versions.items())
    of = result.collection
    code = f"{of.version}, {of.commit}"
    return f"| {name} | {told} | {versions} | {result.at[:10]} | {code} | {result.seconds} |\n"


def _order(name: str) -> tuple[object, ...]:
    """By kind, then by the numbers in it."""
    kinds = ("sanity", "units", "roles", "host")
    return (kinds.index(name.partition("-")[0]), *map(int, re.findall(r"\d+", name)))
