"""What the fake answers to each command of the engine, in the forms that were recorded."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
import typing as t

from tests.unit.engine.support.clock import START
from tests.unit.engine.support.podman import make_id, to_row
from tests.unit.engine.support.recorded import Row, read_rows

if t.TYPE_CHECKING:
    from tests.unit.engine.support.host import Host

Answer = tuple[int, str, str]
GOOD: Answer = (0, "", "")


class UnknownCommandError(AssertionError):
    """A command that the fake does not know: record it, and have the fake answer it."""


def answer(host: Host, argv: t.Sequence[str], given: bytes | None, limit: float) -> Answer:
    """Status, output and error of a command."""
    words = [word for word in argv if word != "--user"]
    if "--" in words and "podman" in words and "secret" not in words:
        words.remove("--")
    if words[:4] == ["systemd-run", "--quiet", "--pipe", "--wait"]:
        words = words[5:]
    for head, function in _ANSWERS.items():
        if tuple(words[: len(head)]) == head:
            return function(host, words[len(head) :], given, limit)
    raise UnknownCommandError(" ".join(argv))


def _template(host: Host, *head: str, find: str = "") -> Row:
    """A recorded answer, of that command, with that in it."""
    for row in read_rows(host.kind):
        words = tuple(word for word in row.argv if word != "--user")
        if words[: len(head)] == head and find in row.out and (row.out or not find):
            return row
    raise UnknownCommandError(" ".join(head))


def _names(words: t.Sequence[str]) -> list[str]:
    return list(words[words.index("--") + 1 :]) if "--" in words else []


# systemd


def _bus(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    if words[0] == "GetDefaultTarget":
        return 0, '{"type":"s","data":["default.target"]}\n', ""
    rows = []
    for name in words[3:]:
        one, job = host.systemd.units.get(name), host.systemd.jobs.get(name)
        active, sub = (one.active, one.sub) if one else ("inactive", "dead")
        load, about = host.engine.load(name), name
        if name == "network-online.target":
            load, active, sub, about = "loaded", "active", "active", "Network is Online"
        number, path = (1, "/org/freedesktop/systemd1/job/1") if job else (0, "/")
        place = f"/org/freedesktop/systemd1/unit/{name}"
        kind = job.kind if job else ""
        rows.append([name, about, load, active, sub, "", place, number, kind, path])
    found = {"type": "a(ssssssouso)", "data": [rows]}
    return 0, json.dumps(found, separators=(",", ":")) + "\n", ""


def _show(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    if "-pUnitsLoadTimestamp" in words:
        return 0, f"GeneratorsStartTimestamp={_moment(START)}\nUnitsLoadTimestamp=\n", ""
    if "-pRequiredBy" in words:
        return 0, "\n\n".join(_relations(host, name) for name in _names(words)) + "\n", ""
    if "-pTimeoutStopUSec" in words:
        limits = [f"TimeoutStopUSec=1min 30s\nId={name}" for name in _names(words)]
        return 0, "\n\n".join(limits) + "\n", ""
    if "-pDropInPaths" in words and "-pResult" not in words:
        return 0, "\n\n".join(f"Id={name}\nDropInPaths=" for name in _names(words)) + "\n", ""
    blocks = [_block(host, name) for name in _names(words)]
    return 0, "\n\n".join(blocks) + "\n", ""


def _relations(host: Host, name: str) -> str:
    files = host.systemd.files
    file, rows = files.get(name), dict.fromkeys(_RELATIONS, "")
    if file:
        rows["Requires"] = " ".join([*sorted(file.requires), *_ALWAYS[host.kind, file.is_timer]])
        rows["Wants"] = " ".join(sorted(file.wants))
        rows["RequiredBy"] = " ".join(n for n, one in sorted(files.items()) if name in one.requires)
        rows["Conflicts"] = "shutdown.target"
    return "\n".join([f"Id={name}", *(f"{key}={value}" for key, value in rows.items())])


_RELATIONS = (
    *("Requires", "Wants", "BindsTo", "Upholds", "RequiredBy", "RequisiteOf", "BoundBy"),
    *("ConsistsOf", "Conflicts", "ConflictedBy", "PropagatesStopTo"),
)
_ALWAYS = {
    ("system", False): ("sysinit.target", "system.slice"),
    ("system", True): ("sysinit.target",),
    ("user", False): ("basic.target", "app.slice"),
    ("user", True): (),
}
"""What every unit requires, by the kind of scope and whether it is a timer."""


def _block(host: Host, name: str) -> str:
    one, file = host.engine.unit(name), host.systemd.files.get(name)
    rows = [f"Result={one.result}"]
    if not name.endswith(".timer"):
        rows += [
            f"NRestarts={one.restarts}",
            f"ExecMainPID={one.pid}",
            f"ExecMainCode={one.code}",
            f"ExecMainStatus={one.status}",
        ]
    rows += [f"Id={name}", *([f"FragmentPath={file.fragment}"] if file else [])]
    rows.append(f"SourcePath={file.source if file else ''}")
    rows += [
        "DropInPaths=",
        f"InactiveExitTimestamp={_moment(one.left_inactive)}",
        f"ActiveEnterTimestamp={_moment(one.left_inactive if one.became_active else 0)}",
        f"ActiveEnterTimestampMonotonic={int(one.became_active * 1e6)}",
        f"ActiveExitTimestamp={_moment(one.left_active)}",
    ]
    return "\n".join([*rows, *([f"InvocationID={one.invocation}"] if one.invocation else [])])


def _moment(at: float) -> str:
    """As `--timestamp=us+utc` shows it."""
    if not at:
        return ""
    moment = dt.datetime.fromtimestamp(at, dt.timezone.utc)
    return f"{moment:%a %Y-%m-%d %H:%M:%S}.{moment.microsecond:06} UTC"


def _reload(host: Host, *_more: t.Any) -> Answer:
    host.load_units()
    return GOOD


def _queue(host: Host, verb: str, words: t.Sequence[str]) -> Answer:
    refused = [getattr(host.engine, verb)(name) for name in _names(words)]
    host.engine.settle()
    said = "".join(f"{one}\n" for one in refused if one)
    return 5 if said else 0, "", said


def _stop(host: Host, words: t.Sequence[str], _given: t.Any, limit: float) -> Answer:
    found = _queue(host, "stop", words)
    if not host.engine.wait(_names(words), limit):
        return 124, "", f"systemctl stop -- …: no answer within {limit:g} s"
    return found


def _kill(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    for name in _names(words):
        job = host.systemd.jobs.get(name)
        if job and job.due is not None:
            job.due = host.clock.passed
    host.engine.settle()
    return GOOD


def _reset(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    lacking = []
    for name in _names(words):
        one = host.systemd.units.get(name)
        if one is None and name not in host.systemd.files:
            lacking.append(f"Failed to reset failed state of unit {name}: Unit {name} not loaded.")
        if one:
            one.restarts, one.starts, one.result = 0, [], "success"
            if one.active == "failed":
                one.active, one.sub = "inactive", "dead"
    return (1 if lacking else 0), "", "".join(f"{line}\n" for line in lacking)


def _reenable(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    said = []
    for name in _names(words):
        link, target = host.wants_link(name), f"{host.scope.systemd_dir}/{name}"
        if os.path.lexists(link):
            os.unlink(link)
            said.append(f"Removed '{link}'.\n")
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(target, link)
        said.append(f"Created symlink '{link}' → '{target}'.\n")
    return 0, "", "".join(said)


def _disable(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    said = []
    for name in _names(words):
        link = host.wants_link(name)
        if os.path.lexists(link):
            os.unlink(link)
            said.append(f"Removed '{link}'.\n")
        elif not os.path.lexists(f"{host.scope.systemd_dir}/{name}"):
            return 1, "", f"Failed to disable unit: Unit {name} does not exist\n"
    return 0, "", "".join(said)


def _is_enabled(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    there = [os.path.lexists(host.wants_link(name)) for name in _names(words)]
    said = "".join("enabled\n" if one else "disabled\n" for one in there)
    return 0 if any(there) else 1, said, ""


def _journal(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    since = float(words[words.index("--since") + 1].lstrip("@"))
    unit = _unit_meant(words)
    field = "USER_UNIT" if host.kind == "user" else "UNIT"
    lines = []
    for row in host.systemd.journal:
        if row["at"] < since or (unit and row["unit"] != unit) or not (unit or "JOB_TYPE" in row):
            continue
        if unit:
            lines.append(_journal_line(host, row))
        elif row["JOB_TYPE"] != "stop":
            lines.append(_job_line(host, row, field))
    return 0, "".join(f"{json.dumps(line)}\n" for line in lines), ""


def _unit_meant(words: t.Sequence[str]) -> str:
    """The unit whose lines are asked for, '' where it is jobs."""
    found = (word.partition("=") for word in words)
    return next((unit for field, _sign, unit in found if field in _UNIT_FIELDS), "")


def whose(words: t.Sequence[str]) -> dict[str, str]:
    """What an entry of the unit's own says of it."""
    unit = _unit_meant(words)
    return {"_SYSTEMD_CGROUP": f"/{unit}", **dict.fromkeys(_UNIT_FIELDS, unit)}


_UNIT_FIELDS = ("_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT")


def _first_json(row: Row, find: str) -> dict[str, t.Any]:
    found: dict[str, t.Any] = next(
        json.loads(line) for line in row.out.splitlines() if find in line
    )
    return found


def _job_line(host: Host, row: t.Mapping[str, t.Any], field: str) -> dict[str, t.Any]:
    template = _first_json(
        _template(host, "journalctl", "--quiet", find='"JOB_RESULT"'), "JOB_RESULT"
    )
    job = {key: row[key] for key in ("JOB_TYPE", "JOB_RESULT")}
    return {**template, field: row["unit"], "MESSAGE": row["text"], **job}


def _journal_line(host: Host, row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    mark = '"SYSLOG_IDENTIFIER":"systemd"' if row["by_systemd"] else '"_SYSTEMD_INVOCATION_ID"'
    recorded = (r for r in read_rows(host.kind) if r.argv[0] == "journalctl" and "-n" in r.argv)
    line = next(line for r in recorded for line in r.out.splitlines() if mark in line)
    template = json.loads(line)
    keys = ("INVOCATION_ID", "USER_INVOCATION_ID", "_SYSTEMD_INVOCATION_ID")
    ids = {key: row["id"] for key in keys if key in template}
    fields = ("UNIT", "USER_UNIT", *_UNIT_FIELDS[host.kind == "user" :])
    units = {key: row["unit"] for key in fields if "shop" in str(template.get(key))}
    return {**template, "MESSAGE": row["text"], **ids, **units}


def _good(*_any: t.Any) -> Answer:
    return GOOD


# Podman


def _ps(host: Host, *_more: t.Any) -> Answer:
    template = json.loads(_template(host, "podman", "ps", find='"Names"').out)[0]
    rows = [to_row(one, host.clock.passed, template) for one in host.podman.containers.values()]
    return 0, json.dumps(rows, indent=2) + "\n" if rows else "[]\n", ""


def _image_inspect(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    shown, names, there = words[1], words[2:], host.podman.images
    found = [there[name] for name in names if name in there]
    digest = "{{.Digest}}" in shown
    out = "".join(f"{i} sha256:{make_id(i)}\n" if digest else f"{i}\n" for i in found)
    lacking = [f"{name}: image not known" for name in names if name not in there]
    err = "\n".join([*lacking[:-1], f"Error: {lacking[-1]}"]) + "\n" if lacking else ""
    return 125 if lacking else 0, out or ("\n" if not lacking else ""), err


def _images(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    if "dangling=true" in words:
        return 0, "".join(f"sha256:{one}\n" for one in sorted(host.podman.nameless)), ""
    by_id: dict[str, list[str]] = {}
    for name, ident in host.podman.images.items():
        by_id.setdefault(ident, []).append(name)
    template = json.loads(_template(host, "podman", "images", find='"Names"').out)[0]
    digests = "registry.test:5000/unnamed@sha256:0"
    rows = [
        {**template, "Id": ident, "Names": names, "RepoDigests": [digests]}
        for ident, names in by_id.items()
    ]
    return 0, json.dumps(rows, indent=4) + "\n", ""


def _pull(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    name = words[-1]
    if name not in host.podman.registry:
        row = next(r for r in read_rows(host.kind) if r.argv[:2] == ("podman", "pull") and r.status)
        return row.status, row.out, row.err
    host.clock.passed += 0.5
    _name_image(host, name, host.podman.registry[name])
    return 0, f"{host.podman.images[name]}\n", ""


def _tag(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    image, name = words
    idents = {*host.podman.images.values(), *host.podman.nameless}
    known = {**host.podman.images, **{one: one for one in idents}}
    if image not in known:
        return 125, "", f"Error: {image}: image not known\n"
    _name_image(host, name, known[image])
    return GOOD


def _name_image(host: Host, name: str, ident: str) -> None:
    """Gives an image a name; the one that had it is nameless then, if it has no other."""
    podman = host.podman
    before = podman.images.get(name)
    podman.images[name] = ident
    podman.nameless.discard(ident)
    if before and before not in podman.images.values():
        podman.nameless.add(before)


def _image_rm(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    images, name = host.podman.images, words[0]
    if name in host.podman.nameless:
        host.podman.nameless.remove(name)
        return 0, f"Deleted: {name}\n", ""
    if name not in images:
        return 1, "", f"Error: {name}: image not known\n"
    last = list(images.values()).count(images[name]) == 1
    users = [one for one in host.podman.containers.values() if one.image_id == images[name]]
    if last and users:
        row = next(r for r in read_rows(host.kind) if "image is in use by" in r.err)
        return row.status, row.out, row.err
    ident = images.pop(name)
    return 0, f"Untagged: {name}\n" + (f"Deleted: {ident}\n" if last else ""), ""


def _secret_ls(host: Host, *_more: t.Any) -> Answer:
    rows = (f"{i} {name.encode().hex()}\n" for name, (i, _v) in host.podman.secrets.items())
    return 0, "".join(rows), ""


def _secret_inspect(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    values = dict(host.podman.secrets.values())
    lacking = [one for one in _names(words) if one not in values]
    if lacking:
        return 125, "", f"Error: inspecting secret {lacking[0]}: no such secret\n"
    moments = " 1795806170306992000" * 2 if "UpdatedAt" in " ".join(words) else ""
    return 0, "".join(f"{values[one].hex()}{moments}\n" for one in _names(words)), ""


def _secret_create(
    host: Host, words: t.Sequence[str], given: bytes | None, *_more: t.Any
) -> Answer:
    name = _names(words)[0]
    if name in host.podman.secrets:
        return 125, "", f"Error: {name}: secret name in use\n"
    ident = make_id(f"secret {name}", 25)
    host.podman.secrets[name] = (ident, given or b"")
    return 0, f"{ident}\n", ""


def _secret_rm(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    for name, (ident, _value) in list(host.podman.secrets.items()):
        if words[-1] in (name, ident):
            del host.podman.secrets[name]
            return 0, f"{ident}\n", ""
    return 125, "", f'Error: no secret with name or id "{words[-1]}": no such secret\n'


def _object_inspect(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    kind, names = words[0], words[1:]
    there = host.objects(kind)
    mark = '"name"' if kind == "network" else '"Name"'
    template = json.loads(_template(host, "podman", kind, "inspect", find=mark).out)[0]
    rows = [_shown(host, kind, n, there[n], template) for n in names if n in there]
    out = json.dumps(rows, indent=5) + "\n"
    lacking = [n for n in names if n not in there]
    if lacking and kind == "volume":
        return 125, out, f"Error: no such volume {lacking[0]}\n"
    if lacking:
        text = f"unable to find network with name or ID {lacking[0]}: network not found"
        return 125, out, f"Error: network {lacking[0]}: {text}\n"
    return 0, out, ""


def _shown(
    host: Host, kind: str, name: str, made: float, template: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    words = host.podman.made_by.get((kind, name), ())
    labels = _pairs(words, "--label")
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START + made))
    at += f".{int((START + made) % 1 * 1e9):09}Z"
    if kind == "volume":
        place = os.path.dirname(os.path.dirname(template["Mountpoint"]))
        told = {"Name": name, "CreatedAt": at, "Mountpoint": f"{place}/{name}/_data"}
        return {**template, **told, "Labels": labels}
    return {**template, "name": name, "created": at, **({"labels": labels} if labels else {})}


def _pairs(words: t.Sequence[str], flag: str) -> dict[str, str]:
    values = [after for word, after in zip(words, words[1:], strict=False) if word == flag]
    return {key: value for key, _equals, value in (one.partition("=") for one in values)}


def _object_rm(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    kind, name = words[0], words[2]
    there = host.objects(kind)
    if name not in there:
        return 1, "", f"Error: unable to find network with name or ID {name}: network not found\n"
    if any(name in (*one.networks, *one.volumes) for one in host.podman.containers.values()):
        row = next(r for r in read_rows(host.kind) if "network is being used" in r.err)
        return row.status, "", row.err.replace("systemd-shop-back", name)
    del there[name]
    return 0, f"{name}\n", ""


def _exec(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    if words[0] not in host.podman.containers:
        error = f'Error: no container with name or ID "{words[0]}" found: no such container\n'
        return 125, "", error
    return (0 if words[1] == "true" else 1), "", ""


def _health_log(host: Host, words: t.Sequence[str], *_more: t.Any) -> Answer:
    row = next(
        row
        for row in read_rows(host.kind)
        if row.argv[:2] == ("podman", "inspect")
        and bool(row.status) is (words[-1] not in host.podman.containers)
    )
    return row.status, row.out, row.err


def _linger(host: Host, *_more: t.Any) -> Answer:
    host.lingers = True
    return GOOD


def _info(host: Host, *_more: t.Any) -> Answer:
    return 0, f"{host.storage_dir}\n", ""


_MANAGER = (
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
)
_ANSWERS: t.Final[dict[tuple[str, ...], t.Callable[..., Answer]]] = {
    ("busctl", "--json=short", "call", *_MANAGER): _bus,
    ("systemctl", "show"): _show,
    ("systemctl", "daemon-reload"): _reload,
    ("systemctl", "start"): lambda host, words, *_m: _queue(host, "start", words),
    ("systemctl", "restart"): lambda host, words, *_m: _queue(host, "restart", words),
    ("systemctl", "stop"): _stop,
    ("systemctl", "kill"): _kill,
    ("systemctl", "reset-failed"): _reset,
    ("systemctl", "reenable"): _reenable,
    ("systemctl", "disable"): _disable,
    ("systemctl", "is-enabled"): _is_enabled,
    ("loginctl", "enable-linger"): _linger,
    ("journalctl", "--sync"): _good,
    ("journalctl", "--quiet"): _journal,
    ("podman", "--version"): lambda *_m: (0, "podman version 5.4.2\n", ""),
    ("podman", "ps"): _ps,
    ("podman", "image", "inspect"): _image_inspect,
    ("podman", "image", "rm"): _image_rm,
    ("podman", "images"): _images,
    ("podman", "inspect"): _health_log,
    ("podman", "pull"): _pull,
    ("podman", "tag"): _tag,
    ("podman", "secret", "ls"): _secret_ls,
    ("podman", "secret", "inspect"): _secret_inspect,
    ("podman", "secret", "create"): _secret_create,
    ("podman", "secret", "rm"): _secret_rm,
    ("podman", "info"): _info,
    ("podman", "exec"): _exec,
    ("podman", "network", "inspect"): lambda h, w, *_m: _object_inspect(h, ["network", *w]),
    ("podman", "volume", "inspect"): lambda h, w, *_m: _object_inspect(h, ["volume", *w]),
    ("podman", "network", "rm"): lambda h, w, *_m: _object_rm(h, ["network", "rm", *w]),
}
