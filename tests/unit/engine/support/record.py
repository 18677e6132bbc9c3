"""Records what a host's systemd and Podman answer to the engine's commands.

Run as `python -m tests.unit.engine.support.record HOST` in the top folder, with a host that
`tests/hosts/hosts up HOST` has just made, and the registry: it writes tests/unit/recorded/ports.
"""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

from tests.unit.engine.support import releases
from tests.unit.engine.support.recorded import FOLDER, Row, forms_of
from tests.unit.support.generators import ROOT

SCOPES = {"system": None, "user": "alice"}
_PLACE = "/root/record"
_CODE = "ansible_collections/quadlet/fleet/plugins/module_utils"
_USED = "registry.test:5000/valkey:1"
_HEALTH_LOG = "{{json .State.Health.Log}}"
_UNKNOWN = "registry.test:5000/none:1"


def steps(user: str | None) -> list[tuple[str, t.Any]]:
    """The scenarios in turn, and commands whose answers no good run sees."""
    return [
        ("first", releases.release(1)),
        ("unchanged", releases.release(1)),
        ("crashing", releases.crashing()),
        ("looping", releases.looping()),
        ("unwell", releases.unwell()),
        ("update", releases.release(2)),
        ("rollback", releases.rolled_back()),
        ("lacking", {**releases.release(2), "units": _lacking()}),
        *(("command", argv) for argv in _failing(user)),
        ("absent", releases.absent()),
        ("again", releases.release(2)),
        ("absent", releases.absent()),
    ]


def _lacking() -> dict[str, str]:
    units = releases.units(2)
    text = units["shop-db.container"].replace(releases.BUSYBOX, _UNKNOWN)
    return {**units, "shop-db.container": text}


def _failing(user: str | None) -> t.Iterator[list[str]]:
    yield ["podman", "secret", "rm", "--", "none"]
    yield ["podman", "secret", "create", "--", "shop.token-1", "-"]
    yield ["podman", "secret", "create", "--", "shop.token-1", "-"]
    yield ["podman", "secret", "rm", "--", "shop.token-1"]
    yield ["podman", "image", "rm", _UNKNOWN]
    yield ["podman", "image", "rm", releases.NGINX[0]]
    yield ["podman", "tag", "0123456789ab", "localhost/none:1"]
    yield ["podman", "network", "rm", "none"]
    yield ["podman", "network", "rm", "systemd-shop-back"]
    yield ["podman", "network", "inspect", "--", "none"]
    yield ["podman", "volume", "inspect", "--", "none"]
    yield ["podman", "exec", "none", "true"]
    yield ["podman", "inspect", "--format", _HEALTH_LOG, "systemd-shop-web"]
    yield ["podman", "inspect", "--format", _HEALTH_LOG, "none"]
    yield ["podman", "pull", "--quiet", _USED]
    yield ["podman", "run", "--name", "user", "-d", _USED, "sleep", "100"]
    yield ["podman", "image", "rm", _USED]
    yield ["podman", "rm", "--force", "--time", "0", "user"]
    yield ["systemctl", *(["--user"] if user else []), "stop", "--", "none.service"]
    yield [
        "systemctl",
        *(["--user"] if user else []),
        "kill",
        "--signal=SIGKILL",
        "--",
        "shop-db.service",
    ]
    limits = ["show", "-pId", "-pTimeoutStopUSec", "--", "shop-db.service", "shop-web.service"]
    yield ["systemctl", *(["--user"] if user else []), *limits]
    loads = ["show", "--timestamp=us+utc", "-pGeneratorsStartTimestamp", "-pUnitsLoadTimestamp"]
    yield ["systemctl", *(["--user"] if user else []), *loads]
    yield ["systemctl", *(["--user"] if user else []), "reset-failed", "--", "none.service"]
    yield ["systemctl", *(["--user"] if user else []), "start", "--no-block", "--", "none.service"]
    yield [
        "systemctl",
        *(["--user"] if user else []),
        "restart",
        "--no-block",
        "--",
        "none.service",
    ]


def record(host: str) -> None:
    """Writes one file for each kind of scope."""
    _ssh(host, f"rm -rf {_PLACE}; mkdir -p {_PLACE}/{_CODE}")
    packed = subprocess.run(
        ["tar", "-c", "--exclude=__pycache__", "-C", ROOT / "plugins/module_utils", "."],
        stdout=subprocess.PIPE,
        check=True,
    )
    _ssh(host, f"tar -x -C {_PLACE}/{_CODE}", packed.stdout)
    script = ROOT / "tests/unit/engine/support/recorder.py"
    _ssh(host, f"cat >{_PLACE}/recorder.py", script.read_bytes())
    FOLDER.mkdir(parents=True, exist_ok=True)
    for scope, user in SCOPES.items():
        given = {"path": _PLACE, "user": user, "steps": steps(user)}
        said = _ssh(host, f"python3 {_PLACE}/recorder.py", json.dumps(given).encode())
        found = json.loads(said)
        for name, error in found["ended"]:
            print(f"{scope} {name}: {error.splitlines()[0] if error else 'good'}")
        rows = list(_of_new_forms(found["rows"]))
        (FOLDER / f"{scope}.json").write_text(json.dumps(rows, indent=1) + "\n")


def _of_new_forms(rows: t.Iterable[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    """The first of each form: what the others say is the same in other words."""
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        forms = set(forms_of(Row(tuple(row["argv"]), row["status"], row["out"], row["err"])))
        if forms - seen:
            seen |= forms
            yield row


def _ssh(host: str, line: str, given: bytes = b"") -> bytes:
    command = [str(ROOT / "tests/hosts/hosts"), "ssh", host, "--", line]
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    record(sys.argv[1])
