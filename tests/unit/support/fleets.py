"""Made-up results of module info: fleets of any size, and one in which everything is wrong."""

from __future__ import annotations

import calendar
import json
import re
import time
import typing as t

Row = dict[str, t.Any]
_MOMENT = re.compile(r"2026-01-\d\dT\d\d:\d\d:\d\dZ")
MADE_AT = "2026-01-31T12:00:00Z"
HOSTILE = (
    "<script>document.title='pwned';console.error(1)</script>",
    "</script><img src=x onerror=console.error(2)>",
    "<!--<script>", "]]>", "\\u003cb\\u003e", "{{ 7 * 7 }}", "@DATA@ @JS@",
    "\u2028\u2029 \udc80 \x1b[31m",
)  # fmt: skip


def service(unit: str, **fields: t.Any) -> Row:
    """A service of info that is as it should be."""
    return {
        "unit": unit,
        "job": False,
        "once": False,
        "waits": False,
        "stopped": False,
        "needs": [],
        "triggers": [],
        "active": "active",
        "sub": "running",
        "result": "success",
        "restarts": 0,
        "image": {"declared": "registry.test/web:1", "running": "registry.test/web:1"},
        "health": None,
        **fields,
    }


def generation(number: int, **fields: t.Any) -> Row:
    """A generation of info."""
    return {
        "number": number,
        "current": False,
        "passed": True,
        "made_at": f"2026-01-{number:02}T12:00:00Z",
        "made_by": "root",
        "rollout": None,
        "changes": ["restart web.service: web.container changed (Image)"],
        "images": {},
        "secrets": [],
        **fields,
    }


def app(name: str = "shop", **fields: t.Any) -> Row:
    """An app of info that is as it should be."""
    return {
        "name": name,
        "user": None,
        "location": "system",
        "directory": f"/etc/containers/systemd/{name}",
        "generation": 2,
        "rollout": None,
        "generations": [generation(1), generation(2, current=True)],
        "units": ["web.container"],
        "files": [],
        "services": {"web.service": service("web.container", health="healthy")},
        "drift": [],
        "project": "deploy",
        "declared": True,
        **fields,
    }


def failure(app_name: str = "shop", **fields: t.Any) -> Row:
    """A failed run of info."""
    return {
        "app": app_name,
        "user": None,
        "location": "system",
        "open": True,
        "ended_at": "2026-01-30T12:00:00Z",
        "result": "restored",
        "generation": 3,
        "message": "web.service did not start: its process ended with status 7",
        "failures": [
            {
                "unit": "web.container",
                "service": "web.service",
                "phase": "start",
                "reason": "its process ended with status 7",
                "hint": None,
                "exit_code": 7,
                "journal": ["config.yml: no such file", "exit 7"],
            }
        ],
        **fields,
    }


def info(*apps: Row, **fields: t.Any) -> Row:
    """The result of module info."""
    return {"apps": [*apps], "failures": [], "pull": [], "errors": [], "warnings": [], **fields}


def large_fleet(hosts: int, units: int) -> dict[str, Row]:
    """Hosts with so many units each, in apps of five."""
    told = {}
    for host in range(hosts):
        apps = [_large_app(host, number) for number in range(units // 5)]
        told[f"node{host:03}.example.test"] = info(*apps)
    return told


def _large_app(host: int, number: int) -> Row:
    name = ("shop", "search", "mail", "metrics", "queue", "wiki")[number % 6]
    tag = f"registry.example.test/team-{number}/{name}:{1 + host % 7}.{number}"
    image = {"declared": tag, "running": tag}
    services = {
        f"{name}-net.service": service(f"{name}-net.network", sub="exited", image={}),
        f"{name}-db.service": service(
            f"{name}-db.container", needs=[f"{name}-net.service"], image=image, health="healthy"
        ),
        f"{name}-web.service": service(
            f"{name}-web.container",
            needs=[f"{name}-db.service", f"{name}-net.service"],
            image=image,
            health="unhealthy" if host % 41 == 3 else "healthy",
        ),
        f"{name}-backup.service": service(
            f"{name}-backup.container", waits=True, job=True, active="inactive", sub="dead"
        ),
        f"{name}-backup.timer": service(
            f"{name}-backup.timer", triggers=[f"{name}-backup.service"], sub="waiting", image={}
        ),
    }
    kept = [
        generation(
            n,
            current=n == 5,
            made_at=f"2026-01-{1 + (host + n) % 28:02}T{host % 24:02}:{n:02}:00Z",
            changes=[f"start {service_name}: {host}" for service_name in services],
        )
        for n in range(1, 6)
    ]
    drift = [f"{name}-web.container was edited"] if host % 37 == 5 else []
    return app(
        name, user="svc" if number % 2 else None, generation=5, generations=kept,
        services=services, drift=drift,
    )  # fmt: skip


def troubled_fleet() -> dict[str, t.Any]:
    """Eight hosts, as a bad day has them."""
    down = service("web.container", active="failed", sub="failed", restarts=5, result="exit-code",
                   journal=["listen: address already in use", "exit 98"])  # fmt: skip
    shop = _large_app(0, 0)
    again = {"restarts": 3, "health": "starting", "sub": "running"}
    mail = {
        "mail.service": service("mail.container", **again, needs=["mail-data-volume.service"]),
        "mail-data-volume.service": service("mail-data.volume", sub="exited", image={}),
    }
    rollout = {"id": "20260131T110000Z", "from": 4, "under_way": True}
    edited = ["shop-web.container was edited", "conf/nginx.conf has mode 0666, not 0644"]
    lost = failure("queue", user="svc", location="home")
    rolled = {**shop, "user": "svc", "location": "home", "rollout": rollout}
    unread = {"user": "bob", "location": "home", "app": None, "msg": "its directory is not bob's"}
    refused = {"user": None, "result": "refused", "ended_at": "2026-01-31T12:00:09Z",
               "message": "its commit has no signature"}  # fmt: skip
    return {
        "edge1": info(shop, app("wiki"), failures=[failure("shop", open=False)]),
        "edge2": info(
            app("shop", services={"web.service": down}, drift=["web.service has failed"]),
            failures=[failure(), failure(ended_at="2026-01-31T08:10:00Z")],
        ),
        "edge3": info({**shop, "drift": edited}),
        "edge4": {"unreachable": True, "msg": "Failed to connect to the host via ssh: no route"},
        "core1": info(rolled, app("mail", services=mail)),
        "core2": info(app("wiki", declared=False, project=None), failures=[lost]),
        "core3": {"failed": True, "msg": "sudo: a password is required\nmore"},
        "core4": info(app("queue"), errors=[unread], pull=[refused]),
    }


def hostile_fleet() -> dict[str, t.Any]:
    """Everything that comes from a host, or names it, is an attack."""
    told: dict[str, t.Any] = {}
    for number, text in enumerate(HOSTILE):
        bad = service(text, active="failed", sub="failed", health="unhealthy", journal=[text, text],
                      image={"running": text}, needs=[f"{text}.2"], triggers=[text])  # fmt: skip
        kept = [generation(2, current=True, made_by=text, changes=[text], rollout=text)]
        name = f"{text}{number}"
        told[text] = info(
            app(name, services={f"{text}.1": bad, f"{text}.2": bad}, drift=[text], project=text,
                user=text, location="home", declared=False, generations=kept,
                rollout={"id": text, "under_way": True}),
            failures=[failure(name, user=text, location="home", message=text, ended_at=text,
                              failures=[{**failure()["failures"][0], "reason": text, "hint": text,
                                         "service": text, "journal": [text]}])],
            errors=[{"user": text, "location": "home", "app": text, "msg": text}],
            pull=[{"user": text, "result": text, "ended_at": text, "message": text}],
            warnings=[text],
        )  # fmt: skip
        told[f"{text}down"] = {"unreachable": True, "msg": text}
    return told


def to_text(seconds: float) -> str:
    """A time in UTC, as info writes it."""
    return time.strftime(_FORM, time.gmtime(seconds))


_FORM = "%Y-%m-%dT%H:%M:%SZ"


def shift(fleet: dict[str, t.Any], now: float) -> dict[str, t.Any]:
    """The fleet with all times as long ago as they were at MADE_AT."""
    made_at = calendar.timegm(time.strptime(MADE_AT, _FORM))

    def move(match: re.Match[str]) -> str:
        return to_text(now - made_at + calendar.timegm(time.strptime(match[0], _FORM)))

    shifted: dict[str, t.Any] = json.loads(_MOMENT.sub(move, json.dumps(fleet)))
    return shifted
