# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The roster of a project: the apps that it has deployed to a host, whatever scope they are in.

It tells which apps a project no longer declares.  An app belongs to the project that deployed it
last; one that was deployed without a project belongs to none, and is in no roster.
"""

from __future__ import annotations

import json
import typing as t

from ..errors import QuadletError

FORMAT = 1


class Place(t.NamedTuple):
    """An app of a host: its name, the uid of its manager (0: the system's), its location."""

    name: str
    uid: int
    location: str


Roster = dict[Place, int]
"""The number of the generation that the project deployed last, 0 for none, by app."""

MODES: t.Final = ("ignore", "warn", "remove")
"""What becomes of apps that are no longer declared."""


def dump_roster(roster: Roster) -> str:
    """The roster as a file's text."""
    rows = [{**place._asdict(), "generation": roster[place]} for place in sorted(roster)]
    return json.dumps({"format": FORMAT, "apps": rows}, indent=1) + "\n"


def parse_roster(text: str, path: str) -> Roster:
    """Parses a roster; refuses a newer format than ours.  Fields that are not known are ignored."""
    try:
        data = json.loads(text)
        version = int(data["format"])
        if version > FORMAT:
            raise QuadletError(
                f"it has format {version}, this release of quadlet.fleet knows {FORMAT}",
                where=path,
                remedy="Update the collection on the controller.",
                topic="newer-format",
            )
        return {
            Place(str(row["name"]), int(row["uid"]), str(row["location"])): int(row["generation"])
            for row in data["apps"]
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise QuadletError(
            f"the list of a project's apps is damaged ({error})",
            where=path,
            remedy="Remove it: the next run writes it, without apps that are no longer declared.",
            topic="damaged-record",
        ) from None


def find_undeclared(
    known: Roster, declared: t.Collection[Place], uncertain: t.Collection[str]
) -> list[Place]:
    """Apps of a project that it no longer declares.

    uncertain: names of declared apps whose scope could not be found out: none of theirs is meant.
    """
    return sorted(place for place in known if place not in declared and place.name not in uncertain)


def roster_after(
    known: Roster,
    deployed: t.Mapping[Place, int],
    contents: t.Collection[Place],
    gone: t.Collection[Place],
) -> Roster:
    """The roster after a run.  deployed: generations of the declared apps that stay, by place.
    contents: those that were declared with their content; the others keep whose they are.

    What is no longer declared stays in it until it is gone.
    """
    kept = {place: number for place, number in known.items() if place not in gone}
    newer = {
        place: max(number, kept.get(place, 0))
        for place, number in deployed.items()
        if place in contents or place in kept
    }
    return {**kept, **newer}


def why_not_ours(last: int, deployed: int) -> str:
    """Why an app is no longer the project's, though it is in its roster; '' if it is.

    last: the generation that the project deployed; deployed: the last one of the app's record.
    """
    if deployed <= last:
        return ""
    ours = f"generation {last}" if last else "none"
    return f"somebody else has deployed generation {deployed} of it, the project's last is {ours}"


def check_empty(project: str, labels: t.Sequence[str], *, declared: bool, allowed: bool) -> None:
    """An empty list removes nothing without a further word: it may be a mistake."""
    if declared or allowed or not labels:
        return
    raise QuadletError(
        f"project {project!r} declares no app for this host, and {len(labels)} would be removed: "
        + ", ".join(labels),
        where="undeclared",
        remedy="Declare what is to stay; where all of them are to go, say allow_empty: true "
        "(quadlet_deploy_allow_empty of the role deploy).",
        topic="empty-project",
    )


def undeclared_warning(project: str, label: str, why: str = "") -> str:
    """The warning of an app that is no longer declared and stays."""
    if why:
        return f"app {label} is no longer declared by project {project!r}, and stays: {why}"
    return (
        f"app {label} is no longer declared by project {project!r}, and stays as it is: declare it "
        "with state: absent, or have such apps removed (undeclared: remove; "
        "quadlet_deploy_undeclared of the role deploy)"
    )
