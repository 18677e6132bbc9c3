"""docs/lint.md, from the table of rules."""

from __future__ import annotations

from ansible_collections.quadlet.fleet.plugins.module_utils._core.lint.rules import RULES, Rule

LINT = """\
# Lint

Podman accepts many mistakes: it ignores a misspelt section silently, drops a line with a bad
escape, and a service without `[Install]` does not start at the next boot. Lint finds such mistakes
in the text of units, before anything is written.

## Where it runs

In each deployment `quadlet.fleet.app`, `quadlet.fleet.unit` and `quadlet.fleet.validate` lint the
declared units, for the host's Podman and the scope of the app. An **error** ends the run, and
nothing is written. A **warning** is shown. All findings, with the **notes**, are returned as
`lint`. A run in which no unit changes does not lint.

Without a host, on the controller or in a pipeline:

    ansible-playbook quadlet.fleet.lint -e src=DIR

It reads the directory recursively. Each directory with units counts as an app; templates are
rendered where the given variables suffice. It prints one line per finding,
`file:line:rule:message`, and fails if there are errors. More variables:

| variable | meaning |
|---|---|
| `format` | `text`, `json` or `sarif` (2.1.0) |
| `output` | a file for the findings, instead of the screen |
| `podman` | the release of Podman to check against, such as `5.4`; by default the newest |
| `rootless` | `true` or `false`; without it, rules that depend on it do not run |
| `others` | other units of the hosts: `-e '{"others": ["proxy.network"]}'` |
| `ignore` | rules, or `UNIT:RULE`, to ignore |
| `level` | `error` (default), `warning` or `note`: the lowest level that fails |

In a task, the module `quadlet.fleet.lint` takes the same options.

## Silence a rule

For one unit and its drop-ins, by a comment in the unit's text:

    # The host's own backup reads everything.
    # lint: ignore host-mount socket-mount
    [Container]

For an app, or for units that are given as sections, by an option:

```yaml
lint_ignore:
  - moving-tag
  - web.container:rootless-port
```

An unknown rule is an error in both. Refusals, the last list below, can't be silenced.

## Rules
"""

HEADINGS = {
    "Errors": lambda rule: rule.level == "error" and not rule.refusal,
    "Warnings": lambda rule: rule.level == "warning",
    "Notes": lambda rule: rule.level == "note",
    "Refusals": lambda rule: rule.refusal,
}
MEANINGS = {
    "Errors": "It would fail, hang, or do something else than written.",
    "Warnings": "It works, and is likely to fail later.",
    "Notes": "Worth knowing.",
    "Refusals": "The generator, or this collection, does not accept such a unit.",
}


def lint_page() -> str:
    """How lint is used, and every rule."""
    parts = [LINT]
    for heading, belongs in HEADINGS.items():
        rules = [rule for rule in RULES.values() if belongs(rule)]
        parts.append(f"\n### {heading}\n\n{MEANINGS[heading]}\n")
        parts += [_lint_rule(rule) for rule in rules]
    return "".join(parts)


def _lint_rule(rule: Rule) -> str:
    return f"\n#### {rule.id}\n\n{rule.summary} {rule.why}\n\n→ {rule.remedy}\n"
