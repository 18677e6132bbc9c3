"""Whatever a line is, it ends in an app that can be written, or in refusals; nothing is lost."""

from __future__ import annotations

import random
import shlex

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import Options
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.write import write_app
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.options import OPTIONS
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.read import RunOptions, read_run
from tests.unit.support.conversions import rendered, told
from tests.unit.support.share import pick

LINES = pick(long=6000, usual=600, fast=300)

VALUES = (
    *("", "x", "a=b", "a:b", "/a:/b", "/a:/b:ro", ":", "::", "80", "80:80", "a,b,c", "=", "-1"),
    *("type=bind", "type=bind,source=/a,target=/b", "[::1]:80:80/udp", "%", "$$", "'", "\\", '"'),
    *('"\\"', "é", "a b", "container:x", "service:x", "host", "name=x,alias=y", "new:p", "{{x}}"),
    *("100%", "~", "~/x", "./x", "..", "../../x", "\u2028", "true", "false", "on-failure:3"),
    *("label=disable", "seccomp=x.json", "no-new-privileges", "0", "1h", "none", "\x00", "\x7f"),
    *('["a"]', "a\nb", "x" * 300),
)
IMAGES = ("nginx", "a/b:1", "reg.test/x@sha256:00", "quay.io/a", "", "--")
TEXT = """docker run -d --name web -p 8080:80 -v "$PWD/x":/x -e A='b c' \\
  --restart always --mount type=bind,source=/a,target=/b nginx:1 sh -c "echo \\"x\\"" # why
docker network create -d bridge back
"""
DAMAGE = "\"'\\ $`<>|;&{}()#~^%\n-=:,ab"


def _line(chance: random.Random) -> str:
    """A line of options with values that were not made for them."""
    words = [chance.choice(["docker", "podman"]), chance.choice(["run", "create"])]
    for _number in range(chance.randint(0, 6)):
        row, value = chance.choice(list(OPTIONS.values())), chance.choice(VALUES)
        short = f"-{row.short}" if row.short else row.name
        forms = [[row.name], [f"{row.name}={value}"], [short]]
        if not row.flag:
            forms = [[row.name, value], [f"{row.name}={value}"], [f"{short}{value}"]]
        words += chance.choice(forms)
    words += [chance.choice(IMAGES), *chance.sample(VALUES, chance.randint(0, 3))]
    return " ".join(map(shlex.quote, words))


def _damaged(chance: random.Random) -> str:
    """A good text with some characters exchanged."""
    text = list(TEXT)
    for _number in range(chance.randint(1, 6)):
        place = chance.randrange(len(text) + 1)
        text[place : place + chance.randint(0, 3)] = chance.choice(DAMAGE)
    return "".join(text)


def test_a_line_ends_in_an_app_or_in_refusals() -> None:
    chance = random.Random(7)
    apps = 0
    for number in range(LINES):
        text = _damaged(chance) if number % 3 == 0 else _line(chance)
        report = Report()
        model = read_run(text, report, RunOptions(variables={"PWD": "/w", "HOME": "/h"}))
        scope = "user" if number % 2 else "system"
        app = write_app(model, report, Options(scope=scope, pod=number % 7 == 0))
        told(report)
        assert all(rendered(app).values()), text
        apps += not report.refusals()
    assert apps > LINES / 20
