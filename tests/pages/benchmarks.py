"""docs/benchmarks.md: its figures come from tests/benchmarks/results.json, its prose stays."""

from __future__ import annotations

import pathlib
import re
import typing as t

from tests.benchmarks.record import read_results
from tests.benchmarks.samples import Figures, Summary, ratio, summarise
from tests.pages.benchmark_plots import figures_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = "docs/benchmarks.md"
USUAL = 5
"""Samples of a series; where there are fewer, the page says it."""
BLOCK = re.compile(r"(<!-- figures: ([\w-]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
DEPLOY = {
    "ping": "a play with only `ping`",
    "fleet": "**quadlet.fleet.app**",
    "raw": "raw shell in one ssh call",
    "builtin": "ansible.builtin: copy and systemd_service in loops",
    "podman": "containers.podman: podman_container state quadlet, then start",
}
APPS = {
    "calls": "5 calls of module app",
    "parallel 1": "one call of module apps, `parallel: 1`",
    "parallel 4": "one call of module apps, `parallel: 4`",
}


def show(
    summary: Summary | None, unit: str, times: Summary | None = None, digits: int | None = None
) -> str:
    """A cell: median with its unit, [least-most], (ratio); small numbers with two digits."""
    if summary is None:
        return "-"
    if digits is None:
        digits = 2 if summary.median < 10 else 1
    few = f" of {summary.number}" if summary.number < USUAL else ""
    spread = f" [{summary.low:.{digits}f}-{summary.high:.{digits}f}{few}]"
    if summary.number == 1:
        spread = " [one run]"
    return f"{summary.median:.{digits}f} {unit}{spread}{show_ratio(times)}"


def show_ratio(times: Summary | None) -> str:
    """In brackets, or nothing."""
    return f" ({times.median:.2f}x)" if times else ""


def table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> str:
    """In Markdown."""
    told = [f"| {' | '.join(cells)} |\n".replace("|  |", "| |") for cells in [head, *rows]]
    return "".join([told[0], "|---" * len(head), "|\n", *told[1:]])


def _runs() -> str:
    names = ("deploy", "apps", "rollback", "fleet", "memory", "cost", "convert")
    parts = {name: part for name, part in read_results().items() if name in names}
    rows = []
    for name in names:
        part = parts.get(name)
        if part is None:
            continue
        commit = f"`{part['commit']}`" + ("" if part["clean"] else " and more")
        ended = part["ended"].split()[1] if part["ended"] else ""
        least, middle, most = part["load"]
        rows.append(
            [
                f"`{name}`",
                f"{part['begun'].removesuffix(' UTC')} to {ended} UTC",
                commit,
                part.get("podman", "-"),
                f"{middle:.1f} [{least:.1f}-{most:.1f}]",
            ]
        )
    return table(["part", "measured", "commit", "Podman", "load average"], rows) + _machines(parts)


def _machines(parts: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
    """One sentence where all parts ran on the same one."""
    told: dict[str, list[str]] = {}
    for name, part in parts.items():
        text = (
            f"{part['cores']} cores, {part['cpu']}, Python {part['python']},"
            f" ansible-core {part['ansible']}"
        )
        told.setdefault(text, []).append(name)
    if len(told) == 1:
        return f"\nMachine: {next(iter(told))}.\n"
    return "\n" + "".join(f"- {', '.join(names)}: {text}\n" for text, names in told.items())


def _deploy_table(what: str) -> str:
    figures = figures_of("deploy")
    counts = figures.counts(what)
    rows = []
    for way, label in DEPLOY.items():
        cells = []
        for at in counts:
            times = figures.ratio(what, at, way, "fleet") if way != "fleet" else None
            cells.append(show(figures.summary(what, at, way), "s", times))
        rows.append([label, *cells])
    return table(["", *(f"N = {at}" for at in counts)], rows)


def _floor_ratio(figures: Figures, at: int) -> Summary | None:
    """A first deployment beside what raw shell and the play with ping take together."""
    raw, ping, ours = (figures.samples("first", at, way) for way in ("raw", "ping", "fleet"))
    floor = [one + other for one, other in zip(raw, ping)]
    return ratio(ours, floor) if floor and ours else None


def _times(summary: Summary) -> str:
    spread = f" [{summary.low:.2f}-{summary.high:.2f}]" if summary.number > 1 else ""
    return f"{summary.median:.2f}{spread}"


def _deploy_ratios() -> str:
    figures = figures_of("deploy")
    counts = figures.counts("unchanged")
    rows = []
    for at in counts:
        again = figures.ratio("unchanged", at, "fleet", "ping")
        first = _floor_ratio(figures, at)
        peer = figures.ratio("unchanged", at, "podman", "fleet")
        cells = [_times(one) if one else "-" for one in (again, first)]
        rows.append([f"N = {at}", *cells, f"1/{peer.median:.1f}" if peer else "-"])
    head = [
        "",
        "unchanged: times the play with only `ping`",
        "first: times raw shell and that play",
        "unchanged: part of containers.podman",
    ]
    return table(head, rows) + _one_changed(figures)


def _one_changed(figures: Figures) -> str:
    lines = ""
    for at in figures.counts("one changed"):
        ours, floor = (figures.samples("one changed", at, way) for way in ("fleet", "floor"))
        more = summarise([one - other for one, other in zip(ours, floor)])
        lines += (
            f"\nOne of {at} changed: {show(summarise(ours), 's')}; ping, reload and its restart"
            f" {show(summarise(floor), 's')}: {more.median:+.2f} s"
            f" [{more.low:+.2f} to {more.high:+.2f}]. It alone restarted.\n"
        )
    return lines


def _floor() -> str:
    """What is left above a play that does nothing but reach the host."""
    figures = figures_of("deploy")
    ours, ping, peer = (
        figures.summary("unchanged", 20, way) for way in ("fleet", "ping", "podman")
    )
    if not (ours and ping and peer):
        return ""
    part = peer.median / 15
    return (
        f"At 20 unchanged units a fifteenth of containers.podman's {peer.median:.1f} s is"
        f" {part:.2f} s. The play with only `ping` takes {ping.median:.2f} s, so that"
        f" {part - ping.median:.2f} s are left for all else; quadlet.fleet takes"
        f" {ours.median - ping.median:.2f} s.\n"
    )


def _apps() -> str:
    figures = figures_of("apps")
    rows = []
    for way, label in APPS.items():
        cells = [
            show(figures.summary(what, 5, way), "s", figures.ratio(what, 5, way, "calls"))
            for what in ("first", "unchanged")
        ]
        rows.append([label, *cells])
    return table(["5 apps", "first", "unchanged"], rows)


def _rollback() -> str:
    figures = figures_of("rollback")
    rows = []
    for scope in dict.fromkeys(row["what"] for row in figures.rows):
        times = figures.ratio(scope, 6, "restored", "passes")
        cells = [
            show(figures.summary(scope, 6, way), "s", times if way == "restored" else None)
            for way in ("passes", "restored", "seen", "undone")
        ]
        rows.append([scope, *cells])
    head = ["scope", "update that passes", "one that loops, to restored", "seen in", "undone in"]
    return table(head, rows)


def _fleet(what: str, ways: t.Mapping[str, str]) -> str:
    figures = figures_of("fleet")
    rows = []
    for at in figures.counts(what):
        cells = [
            show(
                figures.summary(what, at, way),
                "s",
                figures.ratio(what, at, way, "ping") if way != "ping" else None,
            )
            for way in ways
        ]
        rows.append([str(at), *cells])
    return table(["hosts", *ways.values()], rows)


def _growth() -> str:
    """Seconds for each host more, between the least and the greatest number."""
    figures = figures_of("fleet")
    counts = figures.counts("recorded")
    found = []
    for way in figures.ways("recorded"):
        few, many = (figures.summary("recorded", at, way) for at in (counts[0], counts[-1]))
        if few and many:
            each = 1000 * (many.median - few.median) / (counts[-1] - counts[0])
            found.append(f"`{way}` {each:.0f} ms")
    return f"\nEach host more: {', '.join(found)}.\n" if found else ""


def _memory_module() -> str:
    figures = figures_of("memory")
    ways = ("system module", "user module", "user child")
    rows = []
    for what in ("first", "unchanged"):
        for at in figures.counts(what):
            times = [figures.ratio(what, at, way, "ping") for way in ways]
            cells = [
                show(figures.summary(what, at, way), "MiB", one) for way, one in zip(ways, times)
            ]
            rows.append([f"{what}, N = {at}", *cells])
    rows += [
        [
            f"module `ping`, beside N = {at}",
            show(figures.summary("unchanged", at, "ping"), "MiB"),
            "-",
            "-",
        ]
        for at in figures.counts("unchanged", "ping")[:1]
    ]
    sent = figures.summary("engine sent", 1, "system module")
    more = [["first, N = 1, with the engine sent", show(sent, "MiB"), "-", "-"]] if sent else []
    head = ["", "app of the system", "app of a user: module", "app of a user: largest child"]
    failed = read_results().get("memory", {}).get("failed", [])
    last = f"\nWithout figures, as the deployment failed: {'; '.join(failed)}.\n" if failed else ""
    return table(head, [*rows, *more]) + last


def _memory_controller() -> str:
    figures = figures_of("fleet")
    rows = []
    for what, label in (("memory real", "real"), ("memory recorded", "recorded")):
        for at in figures.counts(what):
            for play in ("ping", "site", "rollout"):
                found = [
                    figures.summary(what, at, f"{play} {part}") for part in ("main", "fork", "own")
                ]
                if found[0]:
                    cells = [f"{one.median:.1f} MiB" if one else "-" for one in found]
                    rows.append([f"{at}, {label}", f"`{play}`", *cells])
    head = ["hosts", "play", "main process", "largest fork", "of that, its own pages"]
    return table(head, rows)


def _milliseconds(figures: Figures, what: str, way: str, at: int = 1) -> str:
    return show(figures.summary(what, at, way), "ms", digits=0)


def _cost() -> str:
    figures = figures_of("cost")
    at = max(figures.counts("plan"), default=0)
    steps = [
        f"{way} {one.median:.0f}"
        for way in figures.ways("plan")
        if way != "all" and (one := figures.summary("plan", at, way))
    ]
    sizes = {way: figures.summary("sent", 1, way) for way in ("whole", "kept")}
    beside = figures.summary("sent beside", 1, "kept")
    once = figures.summary("sent once", 1, "kept")
    if not (beside and once and all(sizes.values())):
        return ""
    rows = [
        [
            "controller: the archive is made",
            *(_milliseconds(figures, "made", way) for way in ("whole", "kept", "ping")),
        ],
        [
            "this collection in it, compressed",
            *(f"{one.median:.0f} KiB" for one in sizes.values() if one),
            "-",
        ],
        [
            "host: the module's work is loaded",
            *(_milliseconds(figures, "loaded", way) for way in ("whole", "kept")),
            "-",
        ],
    ]
    head = ["", "with the engine in each call, as before", "engine kept on the host", "`ping`"]
    return (
        f"- {at} units from sections to a plan: {_milliseconds(figures, 'plan', 'all', at)}"
        f" ({', '.join(steps)})\n"
        f"- sent once to each host: {once.median:.0f} KiB, unpacked and compiled there in"
        f" {_milliseconds(figures, 'compiled once', 'kept')}\n"
        f"- Ansible's own part of each call: {beside.median:.0f} KiB\n\n" + table(head, rows)
    )


def _convert() -> str:
    figures = figures_of("convert")
    lines = ""
    for at in figures.counts("file"):
        samples = sorted(figures.samples("file", at, "filter"))
        lines += (
            f"- a file in the filter, of {at}: median {summarise(samples).median:.1f} ms, 95 %"
            f" below {samples[int(len(samples) * 0.95)]:.1f} ms, most {samples[-1]:.1f} ms\n"
        )
    for at in figures.counts("play"):
        lines += f"- {at} files in one play: {figures.samples('play', at, 'filter')[0]:.1f} s\n"
    return lines


REAL = {
    "ping": "ping",
    "app": "module `app`",
    "site": "`site`",
    "rollout": "`rollout`",
}
RECORDED = {way: REAL[way] for way in ("ping", "site", "rollout")}
BLOCKS: dict[str, t.Callable[[], str]] = {
    "runs": _runs,
    "first": lambda: _deploy_table("first"),
    "unchanged": lambda: _deploy_table("unchanged"),
    "ratios": _deploy_ratios,
    "floor": _floor,
    "apps": _apps,
    "rollback": _rollback,
    "fleet": lambda: _fleet("real", REAL),
    "controller": lambda: _fleet("recorded", RECORDED) + _growth(),
    "memory-module": _memory_module,
    "memory-controller": _memory_controller,
    "cost": _cost,
    "convert": _convert,
}
"""What stands between the marks of a block."""


def benchmarks_page() -> str:
    """The page with the present figures."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    return BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found[2]]()}\n{found[3]}", text)
