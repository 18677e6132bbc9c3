"""The app of the engine's tests, in its releases; what is recorded on hosts is deployed from here.

Between the first and the second release two containers change, a network comes, a timer with its
job goes, a secret has another value, and of the files one changes, one comes and one goes.
"""

from __future__ import annotations

import typing as t

APP = "shop"
BUSYBOX = "registry.test:5000/busybox:1"
NGINX = ("registry.test:5000/nginx:1", "registry.test:5000/nginx:2")
CRASH = "sh -c 'exit 3'"
"""What a container runs that ends at once."""

Params = dict[str, t.Any]

_PROBE = {"container": "shop-web.container", "retries": 2, "interval": 0.2}
_GOOD, _BAD = "true", "false"


def _container(image: str, *lines: str, more: str = "", install: bool = True) -> str:
    text = "".join(f"{line}\n" for line in ("[Container]", f"Image={image}", *lines))
    ending = "\n[Install]\nWantedBy=default.target\n" if install else ""
    return f"{text}{more}{ending}"


def _web(number: int, *lines: str) -> str:
    networks = ["shop-back.network", *(["shop-front.network"] if number > 1 else [])]
    return _container(
        NGINX[number - 1],
        *(f"Network={name}" for name in networks),
        "Volume=./conf:/srv/conf:ro",
        "Secret=token",
        "HealthCmd=true",
        "HealthInterval=2s",
        *lines,
        more="\n[Unit]\nRequires=shop-db.service\nAfter=shop-db.service\n",
    )


def units(number: int, *web: str) -> dict[str, str]:
    """The units of a release; web: more lines for its web server."""
    made = {
        "shop-web.container": _web(number, *web),
        "shop-db.container": _container(
            BUSYBOX,
            "Exec=sleep infinity",
            "StopSignal=SIGKILL",
            "Network=shop-back.network",
            "Volume=shop-data.volume:/data",
            f"Environment=RELEASE={number}",
        ),
        "shop-back.network": "[Network]\n",
        "shop-data.volume": "[Volume]\n",
    }
    if number > 1:
        return {**made, "shop-front.network": "[Network]\n"}
    job = _container(BUSYBOX, "Exec=true", more="\n[Service]\nType=oneshot\n", install=False)
    timer = "[Timer]\nOnCalendar=*-01-01\n\n[Install]\nWantedBy=timers.target\n"
    return {**made, "shop-tick.container": job, "shop-tick.timer": timer}


def release(number: int, *web: str, probe: str = _GOOD) -> Params:
    """The parameters of a release.  web: more lines for its web server; probe: what it runs."""
    files = {"conf/site": f"release {number}\n", f"conf/only-{number}": "only here\n"}
    return {
        "name": APP,
        "state": "started",
        "units": units(number, *web),
        "files": files,
        "secrets": {"token": f"value {number}"},
        "gate": {"stable": 0.2, "timeout": 60, "probes": [{**_PROBE, "command": [probe]}]},
    }


def crashing() -> Params:
    """A second release whose web server ends at once, whenever it starts."""
    return release(2, "Exec=" + CRASH)


def looping() -> Params:
    """The same, where systemd restarts it again and again."""
    params = crashing()
    text = params["units"]["shop-web.container"]
    restart = "\n[Service]\nRestart=always\n"
    return {**params, "units": {**params["units"], "shop-web.container": text + restart}}


def unwell() -> Params:
    """A second release that starts, and does not pass its probe."""
    return release(2, probe=_BAD)


def rolled_back() -> Params:
    """The release before the one deployed last."""
    return {"name": APP, "state": "rolled_back", "gate": {"stable": 0.2, "timeout": 60}}


def absent() -> Params:
    """Nothing any more."""
    return {"name": APP, "state": "absent"}
