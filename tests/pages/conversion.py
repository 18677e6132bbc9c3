"""docs/conversion.md, from the rules of the conversions."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.rules import RULES

_HEAD = """# What differs

A converted app means the same as what it was made of, as far as Podman and systemd can. These are
the rules where the two are not alike: what the conversion does, and why. An item of a report names
its rule, in the field `rule`; JSON and SARIF have it, and SARIF has this table too.

| outcome | means |
|---|---|
| `exact` | it is the same; `report=all` tells these too |
| `moved` | it is the same, at another place |
| `approximated` | it is nearly the same; the reason says what is different |
| `dropped` | it is left out; the reason says what is lost |
| `refused` | there is no app |

This page is generated. [docker compose](from-compose.md), [docker run](from-run.md) and
[podman generate systemd](from-generate-systemd.md) have the first steps.

| rule | what becomes of it | why |
|---|---|---|
"""


def conversion_page() -> str:
    """The page."""
    return _HEAD + "".join(
        f"| `{rule.id}` | {_cell(rule.summary)} | {_cell(rule.why)} |\n" for rule in RULES.values()
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
