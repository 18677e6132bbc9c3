"""docs/pictures: what people would rather look at than read."""

from __future__ import annotations

import pathlib
import re

from ansible_collections.quadlet.fleet.plugins.plugin_utils._rollout.plan import (
    Host,
    make_batches,
    parse_settings,
)
from tests.pages.svg import Picture

ROOT = pathlib.Path(__file__).resolve().parents[2]


def architecture_picture() -> str:
    """What runs on the controller, and what on a host."""
    picture = Picture(
        880, 330, "One call from the controller to each host; the engine decides there"
    )
    picture.box(20, 20, 290, 290, "", "area")
    picture.text(36, 44, "controller", "title")
    for number, text in enumerate(
        (
            "inventory\nquadlet_deploy_apps, also with __NAME",
            "lookup deploy_apps\nmerges apps by their names",
            "action plugin\nreads src, renders templates",
        )
    ):
        picture.box(36, 60 + number * 82, 258, 58, text)
        if number:
            picture.arrow((165, 36 + number * 82), (165, 60 + number * 82))
    picture.box(420, 20, 440, 290, "", "area")
    picture.text(436, 44, "host", "title")
    picture.box(436, 60, 408, 44, "module\noptions, result, masked secrets")
    picture.box(436, 128, 408, 44, "_engine\nphases in order, both locks, check mode")
    picture.box(436, 196, 190, 44, "_core\ndecides; no file, no process", "reads")
    picture.box(654, 196, 190, 44, "_host\nacts as the scope's owner", "writes")
    picture.box(436, 262, 408, 36, "systemd, Podman, the generator, files")
    for start, end in (
        ((640, 104), (640, 128)),
        ((531, 172), (531, 196)),
        ((749, 172), (749, 196)),
    ):
        picture.arrow(start, end)
    picture.arrow((749, 240), (749, 262))
    picture.arrow((294, 240), (365, 240), (365, 76), (436, 76))
    picture.arrow((436, 92), (380, 92), (380, 266), (294, 266))
    picture.text(318, 70, "one call of ssh", "small")
    picture.text(322, 260, "result", "small")
    return picture.write()


GROUPS = (
    ("reads", "looks and decides: nothing is changed", "compat return observe validate decide"),
    ("makes", "makes ready: nothing is stopped", "tags images prepare directories secrets keep"),
    ("writes", "changes: a failure is undone", "write load start gate dependents run"),
    ("good", "ends", "finish undo result"),
)
"""The phases by what a failure in them means, in the order of a run."""


def read_phases() -> list[str]:
    """The phases that docs/architecture.md lists."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page[page.index("## The phases") : page.index("Beside the phases")]
    return [name for name in re.findall(r"^\| (\w+) \|", table, re.MULTILINE) if name != "phase"]


def phases_picture() -> str:
    """The phases of a deployment."""
    assert [name for _kind, _text, names in GROUPS for name in names.split()] == read_phases()
    picture = Picture(880, 348, "The phases of a deployment, and what a failure in each means")
    for row, (kind, text, names) in enumerate(GROUPS):
        y = 24 + row * 80
        picture.text(20, y + 8, text, "small")
        for number, name in enumerate(names.split()):
            x = 20 + number * 142
            picture.box(x, y + 16, 122, 38, name, "bad" if name == "undo" else kind)
            if number and names != GROUPS[-1][2]:
                picture.arrow((x - 20, y + 35), (x, y + 35))
    picture.text(460, 300, "finish where all of it held;", "small")
    picture.text(460, 318, "undo where not: files, services and tags as before", "small")
    return picture.write()


def rollout_picture() -> str:
    """A rollout over twenty hosts, in the batches that the code makes of the settings."""
    hosts = [Host(f"web{n}", ("first",) if n == 1 else ()) for n in range(1, 21)]
    batches = make_batches(
        hosts, parse_settings({"canary": "first", "batches": ["10%", "50%"], "order": "inventory"})
    )
    failing = batches[-2].number
    picture = Picture(
        880,
        132 + 60 * len(batches),
        "A rollout over twenty hosts, batch by batch, that one host stops",
    )
    picture.text(
        20, 30, "each batch: deploy, gate, bake, ask the gates again; then the next", "small"
    )
    for batch in batches:
        y = 48 + (batch.number - 1) * 60
        count = f"{len(batch.hosts)} host" + ("s" if len(batch.hosts) > 1 else "")
        picture.text(20, y + 16, batch.name, "title")
        picture.text(20, y + 32, count, "small")
        for number in range(len(batch.hosts)):
            kind = "good" if batch.number <= failing else "area"
            bad = batch.number == failing and number == len(batch.hosts) - 3
            picture.box(160 + number * 36, y, 28, 36, "", "bad" if bad else kind)
        if batch.number > 1 and batch.number <= failing:
            picture.arrow((140, y - 36), (140, y + 18), (156, y + 18))
    y = 60 + len(batches) * 60
    stop = "One host of the third batch fails, and quadlet_rollout_max_failures allows none:"
    picture.text(20, y, f"{stop} the rollout ends.")
    picture.text(
        20,
        y + 22,
        "quadlet_rollout_on_failure says who goes back to the generation before: the batch, or",
    )
    picture.text(20, y + 42, "all of the hosts. The fourth batch was never touched.")
    return picture.write()


PICTURES = {
    "docs/pictures/architecture.svg": architecture_picture,
    "docs/pictures/phases.svg": phases_picture,
    "docs/pictures/rollout.svg": rollout_picture,
}
