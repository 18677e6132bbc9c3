"""The plots of docs/benchmarks.md, from tests/benchmarks/results.json."""

from __future__ import annotations

import typing as t

from tests.benchmarks.record import read_results
from tests.benchmarks.samples import Figures
from tests.pages.plot import Axis, Point, Series, make_plot

FOLDER = "docs/pictures"
DEPLOY = {
    "podman": "containers.podman",
    "builtin": "ansible.builtin loops",
    "fleet": "quadlet.fleet.app",
    "raw": "raw shell, one ssh",
    "ping": "a play with only ping",
}
"""The ways of the part deploy, as plots call them."""
KINDS = {"fleet": "ours"}


def figures_of(part: str) -> Figures:
    """What a part has measured; empty where it has not."""
    return Figures(read_results().get(part, {}).get("rows", []))


def series_of(figures: Figures, what: str, way: str, label: str, kind: str) -> Series:
    """Medians with their spread over the numbers of units or hosts."""
    summaries = [(at, figures.summary(what, at, way)) for at in figures.counts(what, way)]
    points = [Point(at, one.median, one.low, one.high) for at, one in summaries if one]
    return Series(label, kind, points)


def _counts(figures: Figures, what: str) -> tuple[float, ...]:
    return tuple(map(float, figures.counts(what)))


def _deploy(what: str, title: str) -> str:
    figures = figures_of("deploy")
    series = [
        series_of(figures, what, way, label, KINDS.get(way, way)) for way, label in DEPLOY.items()
    ]
    x_axis = Axis("containers (logarithmic)", log=True, at=_counts(figures, what))
    return make_plot(title, x_axis, Axis("seconds (logarithmic)", log=True), series)


def first_plot() -> str:
    """First deployments over the number of containers."""
    return _deploy("first", "First deployment of N containers to one host")


def unchanged_plot() -> str:
    """Runs that change nothing."""
    return _deploy("unchanged", "The same again: nothing has changed")


_WAYS = {
    "site": ("playbook site", "ours"),
    "rollout": ("playbook rollout", "also"),
    "app": ("module app alone", "third"),
    "ping": ("a play with only ping", "ping"),
}
"""Label and kind of what is run over fleets."""


def fleet_plot() -> str:
    """Plays over real hosts."""
    figures = figures_of("fleet")
    series = [series_of(figures, "real", way, *row) for way, row in _WAYS.items()]
    x_axis = Axis("hosts", at=(0.0, *_counts(figures, "real")))
    title = "Unchanged fleet: controller and all hosts on the same cores"
    return make_plot(title, x_axis, Axis("seconds"), series)


def controller_plot() -> str:
    """The controller alone, over many hosts."""
    figures = figures_of("fleet")
    ways = ("site", "rollout", "ping")
    series = [series_of(figures, "recorded", way, *_WAYS[way]) for way in ways]
    x_axis = Axis("hosts that answer at once")
    return make_plot("Controller alone", x_axis, Axis("seconds"), series)


def module_memory_plot() -> str:
    """Memory on the host over the number of units."""
    figures = figures_of("memory")
    series = [
        series_of(figures, what, way, label, kind)
        for what, way, label, kind in (
            ("first", "system module", "first", "ours"),
            ("unchanged", "system module", "unchanged", "also"),
            ("first", "user child", "first, a user's child", "builtin"),
            ("unchanged", "user child", "unchanged, a user's child", "raw"),
            ("unchanged", "ping", "module ping", "ping"),
        )
    ]
    x_axis = Axis("units (logarithmic)", log=True, at=_counts(figures, "unchanged"))
    title = "Peak memory of the module's processes on the host"
    return make_plot(title, x_axis, Axis("MiB resident at most (VmHWM)"), series)


def controller_memory_plot() -> str:
    """Memory of ansible-playbook over the number of hosts."""
    figures = figures_of("fleet")
    series = [
        _joined(figures, way, label, kind)
        for way, label, kind in (
            ("site main", "site, main process", "ours"),
            ("rollout main", "rollout, main process", "also"),
            ("ping main", "ping, main process", "ping"),
            ("site own", "site, a fork's own pages", "third"),
            ("ping own", "ping, a fork's own pages", "raw"),
        )
    ]
    x_axis = Axis("hosts (1 to 8 real, the others recorded)")
    title = "Peak memory of the controller's processes"
    return make_plot(title, x_axis, Axis("MiB resident at most (VmHWM)"), series)


def _joined(figures: Figures, way: str, label: str, kind: str) -> Series:
    parts = [
        series_of(figures, what, way, label, kind) for what in ("memory real", "memory recorded")
    ]
    return Series(label, kind, [point for part in parts for point in part.points])


PLOTS: dict[str, t.Callable[[], str]] = {
    f"{FOLDER}/benchmark-first.svg": first_plot,
    f"{FOLDER}/benchmark-unchanged.svg": unchanged_plot,
    f"{FOLDER}/benchmark-fleet.svg": fleet_plot,
    f"{FOLDER}/benchmark-controller.svg": controller_plot,
    f"{FOLDER}/benchmark-memory-module.svg": module_memory_plot,
    f"{FOLDER}/benchmark-memory-controller.svg": controller_memory_plot,
}
