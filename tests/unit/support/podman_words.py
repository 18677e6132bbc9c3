"""What a podman command asks for: its options by meaning, in one spelling each.

Written from the manual pages of podman run, network create, volume create and build, and without
the collection's own reading, which it is there to judge.
"""

from __future__ import annotations

import collections
import fnmatch
import ipaddress
import json
import re
import typing as t

FLAGS: t.Final = frozenset(
    [
        "detach",
        "disable-content-trust",
        "env-host",
        "help",
        "http-proxy",
        "init",
        "interactive",
        "no-healthcheck",
        "no-hosts",
        "no-hostname",
        "oom-kill-disable",
        "passwd",
        "privileged",
        "publish-all",
        "quiet",
        "read-only",
        "read-only-tmpfs",
        "replace",
        "rm",
        "rootfs",
        "rmi",
        "sig-proxy",
        "tls-verify",
        "tty",
        "unsetenv-all",
        "use-api-socket",
        "internal",
        "ipv6",
        "disable-dns",
        "ignore",
        "no-cache",
        "force-rm",
        "squash",
        "layers",
        "squash-all",
        "pull-always",
    ]
)
SHORT: t.Final = dict(
    {"a": "attach", "c": "cpu-shares", "d": "detach", "e": "env", "h": "hostname"},
    i="interactive",
    l="label",
    m="memory",
    p="publish",
    P="publish-all",
    q="quiet",
    t="tty",
    u="user",
    v="volume",
    w="workdir",
)
SHORT_OF: t.Final = {
    "network create": {"d": "driver", "o": "opt"},
    "volume create": {"d": "driver", "o": "opt", "l": "label"},
    "build": {"f": "file", "t": "tag", "v": "volume", "q": "quiet"},
}
OWN: t.Final = (
    "replace",
    "rm",
    "detach",
    "cgroups",
    "cidfile",
    "sdnotify",
    "ignore",
    "pidfile",
)
"""What Quadlet adds by itself to every command; --sdnotify=healthy is the user's."""
ON: t.Final = ("http-proxy", "passwd", "read-only-tmpfs", "sig-proxy", "tls-verify", "pull")
"""Flags that are true where nothing is said, and an option that takes false."""
OTHER_NAMES: t.Final = {"net": "network", "dns-opt": "dns-option", "network-alias": "network-alias"}
SIZES: t.Final = frozenset(["memory", "memory-swap", "memory-reservation", "shm-size"])
DURATIONS: t.Final = re.compile(r"health-.*(interval|timeout|period)")
_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}

Meaning = collections.Counter[str]


def meaning_of(words: t.Sequence[str]) -> Meaning:
    """The meaning of `podman … run …`, `podman network create …` and the like."""
    found: list[str] = []
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        name, value, rest = _take(rest, {})
        found.append(f"global--{name}={value}")
    kind = " ".join(rest[:2]) if rest[0] in ("network", "volume", "pod") else rest[0]
    return collections.Counter(found + _fold(_read(rest[len(kind.split()) :], kind)))


def fragment_of(words: t.Sequence[str], kind: str = "run") -> Meaning:
    """The meaning of options alone; words such as image=NAME stand for themselves."""
    plain = [word for word in words if re.match(r"(image|name|context|global--[\w-]+)=", word)]
    rest = [word for word in words if word not in plain]
    return collections.Counter(plain + _fold(_read(rest, kind)))


def _fold(found: list[str]) -> list[str]:
    """Aliases beside the only network are those on it."""
    aliases = [word for word in found if word.startswith("--network-alias=")]
    networks = [word for word in found if word.startswith("network ")]
    if not aliases or len(networks) != 1:
        return found
    _word, name, *options = networks[0].split(" ")
    options = [*",".join(options).split(","), *(f"alias={a.partition('=')[2]}" for a in aliases)]
    rest = [word for word in found if word not in (*aliases, *networks)]
    return [*rest, f"network {name} {_options_text(options)}"]


def differences(wanted: Meaning, seen: Meaning) -> tuple[list[str], list[str]]:
    """(what is missing, what is there beside it)."""
    missing, beside = wanted - seen, seen - wanted
    for pattern in [word for word in missing.elements() if "*" in word]:
        shape = pattern.replace("[", "[[]")
        match = next((w for w in beside.elements() if fnmatch.fnmatchcase(w, shape)), None)
        if match is not None:
            missing -= collections.Counter([pattern])
            beside -= collections.Counter([match])
    return sorted(missing.elements()), sorted(beside.elements())


def _read(words: list[str], kind: str) -> list[str]:
    found: list[str] = []
    while words and words[0].startswith("-") and len(words[0]) > 1:
        if words[0] == "--":
            words = words[1:]
            break
        for name, value in _options(words, kind):
            if value == "false" and name not in ON:
                continue
            if kind == "network create" and name == "opt":
                found += [f"--opt={part}" for part in (value or "").split(",")]
            elif name not in OWN or value == "healthy":
                found.append(_canonical(name, value))
        words = _after(words, kind)
    if not words:
        return found
    head = {"run": "image", "create": "image", "build": "context"}.get(kind, "name")
    found.append(f"{head}={words[0]}")
    if words[1:]:
        found.append(f"args={json.dumps(words[1:], ensure_ascii=False)}")
    return found


def _options(words: list[str], kind: str) -> list[tuple[str, str | None]]:
    word = words[0]
    shorts = SHORT_OF.get(kind, SHORT)
    if word.startswith("--"):
        name, value, _rest = _take(words, shorts)
        return [(name, value)]
    found: list[tuple[str, str | None]] = []
    for index, char in enumerate(word[1:], 1):
        name = shorts[char]
        if name not in FLAGS:
            text = word[index + 1 :].removeprefix("=") or words[1]
            return [*found, (name, text)]
        found.append((name, None))
    return found


def _after(words: list[str], kind: str) -> list[str]:
    word = words[0]
    shorts = SHORT_OF.get(kind, SHORT)
    if word.startswith("--"):
        return _take(words, shorts)[2]
    for index, char in enumerate(word[1:], 1):
        if shorts[char] not in FLAGS:
            return words[1:] if word[index + 1 :] else words[2:]
    return words[1:]


def _take(words: list[str], shorts: t.Mapping[str, str]) -> tuple[str, str | None, list[str]]:
    name, equals, value = words[0].lstrip("-").partition("=")
    name = OTHER_NAMES.get(name, name)
    if equals:
        return name, value, words[1:]
    if name in FLAGS or (name == "pull" and "f" in shorts):
        return name, None, words[1:]
    return name, words[1], words[2:]


def _canonical(name: str, value: str | None) -> str:
    if value is None or (name in FLAGS and value == "true"):
        return f"--{name}"
    if name in FLAGS:
        return f"--{name}={value}"
    if name == "runtime":
        return f"global--runtime={value}"  # the same in front of run and behind it
    if name in ("volume", "mount", "tmpfs", "secret", "network", "publish"):
        return _BY_FORM[name](value)
    return f"--{name}={_value(name, value)}"


def _value(name: str, value: str) -> str:
    return _BY_VALUE[name](value) if name in _BY_VALUE else _other_value(name, value)


def _other_value(name: str, value: str) -> str:
    if name in SIZES:
        return _size(value)
    if name.startswith("device-") and name.endswith("bps"):
        path, _colon, rate = value.partition(":")
        return f"{path}:{_size(rate)}"
    if DURATIONS.fullmatch(name):
        return f"{seconds(value):g}s"
    if name in ("cpus", "cpu-quota", "cpu-period"):
        return f"{float(value):.12g}"
    return value


def _capability(value: str) -> str:
    return value.upper().removeprefix("CAP_")


def _ulimit(value: str) -> str:
    limit, _equals, numbers = value.partition("=")
    soft, _colon, hard = numbers.partition(":")
    return f"{limit}={soft}" if soft == hard else value


def _host(value: str) -> str:
    host, _separator, address = re.sub("=", ":", value, count=1).partition(":")
    return f"{host}:{address.strip('[]')}"


def _size(text: str) -> str:
    match = re.fullmatch(r"(-?[\d.]+) ?([bkmgt]?)i?b?", text.lower())
    return str(int(float(match.group(1)) * _UNITS[match.group(2)])) if match else text


def seconds(text: str) -> float:
    """A duration of Go, or a number of seconds."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
    parts = re.findall(r"([\d.]+)(h|ms|m|us|ns|s)?", text)
    return sum(float(number) * units[unit or "s"] for number, unit in parts)


def _security(value: str) -> str:
    value = re.sub(r"^(\w[\w-]*)[:=]", r"\1=", value, count=1)
    value = re.sub(r"^label=(\w+)[:=]", r"label=\1:", value)
    return "no-new-privileges" if value == "no-new-privileges=true" else value


def health(text: str) -> list[str]:
    """The test that Podman 5.4 makes of --health-cmd; newer releases make the same of what is
    written for it (specgenutil: a list of JSON, or words; a leading CMD is split at blanks).
    """
    try:
        words = json.loads(text)
        is_list = isinstance(words, list)
    except ValueError:
        words, is_list = text.split(" ", 1), False
    if not is_list and not isinstance(words, list):
        words = text.split(" ", 1)
    first = words[0].upper()
    if first in ("CMD", "NONE"):
        words = text.split()
    elif first != "CMD-SHELL":
        words = ["CMD", *words] if is_list and len(words) > 1 else ["CMD-SHELL", " ".join(words)]
    return ["NONE"] if words[0].upper() == "NONE" else words


def _entrypoint(text: str) -> list[str]:
    try:
        words = json.loads(text)
    except ValueError:
        words = None
    return words if isinstance(words, list) else [text] if text else []


def _options_text(options: t.Iterable[str]) -> str:
    left_out = ("", "rw", "type=mount", "mode=0444", "ro=false", "readonly=false")
    names = {"readonly": "ro", "ro=true": "ro", "readonly=true": "ro", "bind": "bind-nonrecursive"}
    return ",".join(sorted(names.get(o, o) for o in options if o not in left_out))


def _volume(value: str) -> str:
    source, *rest = value.split(":")
    target, options = [*rest, ""][:2] if rest else (source, "")
    if not rest:
        source = ""
    return _mounted("", source, target, options.split(","))


def _mounted(kind: str, source: str, target: str, options: t.Iterable[str]) -> str:
    if len(source) > 1:
        source = source.rstrip("/")
    kind = kind or ("bind" if source.startswith(("/", ".", "%")) else "volume")
    return f"mount {kind} {source} {target} {_options_text(options)}".rstrip()


def _mount(value: str) -> str:
    fields = [part.partition("=") for part in value.split(",")]
    names = {"src": "source", "dst": "target", "destination": "target", "volume-subpath": "subpath"}
    known: dict[str, str] = {}
    options: list[str] = []
    for given, equals, text in fields:
        name = names.get(given, given)
        if name in ("type", "source", "target"):
            known[name] = text
        else:
            options.append(f"{name}{equals}{text}")
    if known["type"] == "tmpfs":
        return f"tmpfs {known['target']} {_options_text(_tmpfs_options(options))}".rstrip()
    return _mounted(known["type"], known.get("source", ""), known["target"], options)


def _tmpfs_options(options: t.Iterable[str]) -> t.Iterator[str]:
    for option in options:
        name, equals, text = option.partition("=")
        name = {"tmpfs-size": "size", "tmpfs-mode": "mode"}.get(name, name)
        text = _size(text) if name == "size" else text.lstrip("0") if name == "mode" else text
        yield f"{name}{equals}{text}"


def _tmpfs(value: str) -> str:
    target, _colon, options = value.partition(":")
    return f"tmpfs {target} {_options_text(_tmpfs_options(options.split(',')))}".rstrip()


def _secret(value: str) -> str:
    name, *options = value.removeprefix("source=").split(",")
    if "type=env" not in options and not any(o.startswith("target=") for o in options):
        options.append(f"target={name}")
    return f"secret {name} {_options_text(o.replace('=/run/secrets/', '=') for o in options)}"


def _network(value: str) -> str:
    name, _colon, options = value.partition(":")
    if name in ("container", "ns"):
        return f"network {value}"
    return f"network {name} {_options_text(options.split(','))}".rstrip()


def _publish(value: str) -> str:
    body, _slash, protocol = value.partition("/")
    address, inner = "", body
    if body.startswith("["):
        address, _bracket, inner = body[1:].partition("]")
        inner = inner[1:]
        address = str(ipaddress.ip_address(address))
    elif body.count(":") == 2:
        address, _colon, inner = body.partition(":")
    host, _colon, container = inner.rpartition(":")
    return f"publish {address} {host} {container}/{protocol or 'tcp'}"


_BY_FORM: dict[str, t.Callable[[str], str]] = {
    "volume": _volume,
    "mount": _mount,
    "tmpfs": _tmpfs,
    "secret": _secret,
    "network": _network,
    "publish": _publish,
}

_BY_VALUE: dict[str, t.Callable[[str], str]] = {
    "add-host": _host,
    "cap-add": _capability,
    "cap-drop": _capability,
    "entrypoint": lambda value: json.dumps(_entrypoint(value), ensure_ascii=False),
    "health-cmd": lambda value: json.dumps(health(value), ensure_ascii=False),
    "security-opt": _security,
    "ulimit": _ulimit,
    "volumes-from": lambda value: value.removesuffix(":rw"),
}
