"""Check mode on a host that is not ready: what is foretold of an app, and what is refused."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.app import App
from ansible_collections.quadlet.fleet.plugins.module_utils._core.app.layout import Layout
from ansible_collections.quadlet.fleet.plugins.module_utils._core.content import Blob
from ansible_collections.quadlet.fleet.plugins.module_utils._core.errors import QuadletError
from ansible_collections.quadlet.fleet.plugins.module_utils._core.plan.foretell import (
    Foretold,
    foretell,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import Place

UNITS = "/home/shop/.config/containers/systemd"
LAYOUT = Layout("web", f"{UNITS}/web", "/home/shop/.config/systemd/user")
PLACE = Place(LAYOUT.app_dir, UNITS, "/home/shop", frozenset())
WHY = QuadletError("the host has no user 'shop'", where="user", remedy="Create it.")
TEXT = "[Container]\nImage=registry.test/a:1\n[Install]\nWantedBy=default.target\n"
WEB = Blob(TEXT.encode())
OTHER = Blob((TEXT + "[Service]\nRestart=always\n").encode())
CONF = Blob(b"x\n", 0o600)


def _foretell(app: App, current: dict[str, Blob] | None = None) -> Foretold:
    return foretell(app, WHY, current or {}, LAYOUT, PLACE)


CASES: dict[str, tuple[dict[str, t.Any], dict[str, Blob], dict[str, str], str]] = {
    # options of the app, what is there, (file: reason), the end of the warning
    "all is new": (
        {"content": {"web.container": WEB, "a.conf": CONF}},
        {},
        {"web.container": "is new", "a.conf": "is new"},
        "all of app web would be new.",
    ),
    "Podman is gone": (
        {"content": {"web.container": OTHER, "a.conf": CONF}},
        {"web.container": WEB, "a.conf": CONF},
        {"web.container": "changed"},
        "only files of app web are foretold.",
    ),
    "a unit": (
        {"patch": {"new.container": WEB}, "only": "new.container"},
        {"web.container": WEB},
        {"new.container": "is new"},
        "only files of app web are foretold.",
    ),
    "removed": ({"state": "absent"}, {}, {}, "nothing can be said of app web."),
    "returned": ({"state": "rolled_back"}, {}, {}, "nothing can be said of app web."),
    "what is installed": ({"state": "restarted"}, {}, {}, "nothing can be said of app web."),
    **{
        f"state {state}": (
            {"state": state, "content": {"web.container": WEB}},
            {},
            {"web.container": "is new"},
            "all of app web would be new.",
        )
        for state in ("started", "present", "stopped", "restarted")
    },
}


@pytest.mark.parametrize(("options", "current", "files", "ending"), CASES.values(), ids=CASES)
def test_files_are_foretold(
    options: dict[str, t.Any], current: dict[str, Blob], files: dict[str, str], ending: str
) -> None:
    told = _foretell(App("web", **options), current)
    assert {step.unit: " ".join(step.reasons) for step in told.steps} == files
    assert [entry["after_header"].split(" ")[0] for entry in told.diff] == [
        f"{LAYOUT.app_dir}/{path}" for path in files
    ]
    assert told.warnings[0].startswith("user: the host has no user 'shop'. Check mode goes on")
    assert told.warnings[0].endswith(ending)


REFUSED = {
    "syntax": "[Container\n",
    "unknown key": TEXT.replace("[Install]", "Imagine=1\n[Install]"),
    "a container could become a unit": TEXT.replace("[Install]", "Volume=./:/x\n[Install]"),
    "a lint error": TEXT.replace("[Install]", "Volume=$HOME/x:/x\n[Install]"),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_no_host_would_take_is_refused(text: str) -> None:
    with pytest.raises(QuadletError):
        _foretell(App("web", content={"web.container": Blob(text.encode())}))


def test_units_of_other_apps_may_be_there_by_then() -> None:
    unit = Blob(TEXT.replace("[Install]", "Network=shared.network\n[Install]").encode())
    assert len(_foretell(App("web", content={"web.container": unit})).steps) == 1
