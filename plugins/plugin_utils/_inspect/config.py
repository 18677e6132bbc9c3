# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""The fields of Config: what a container runs."""

from __future__ import annotations

import typing as t

from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Health,
    Line,
    SecretUse,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.fields import Reading, Row

_SECOND = 1_000_000_000
_ENGINE_VARIABLES = frozenset({"container", "HOSTNAME", "HOME", "TERM"})
"""Variables that engines set by themselves."""
_PLAIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SIGNALS = {
    "1": "SIGHUP",
    "2": "SIGINT",
    "3": "SIGQUIT",
    "9": "SIGKILL",
    "10": "SIGUSR1",
    "12": "SIGUSR2",
    "15": "SIGTERM",
    "28": "SIGWINCH",
}
_OWN_ANNOTATIONS = (
    "io.podman.annotations.",
    "io.kubernetes.cri-o.",
    "io.container.manager",
    "org.opencontainers.image.",
    "org.systemd.property.",
    "run.oci.",
)
COMPOSE: t.Final = ("com.docker.compose.", "io.podman.compose.", "com.docker.stack.")
_SYSTEMD = "PODMAN_SYSTEMD_UNIT"


def signal_name(text: str) -> str:
    """A signal by its name, whether it is a number, QUIT or SIGQUIT."""
    name = _SIGNALS.get(text, text)
    return name if name.isdigit() or name.startswith("SIG") else f"SIG{name}"


def _hostname(reading: Reading, value: str, given: Given) -> None:
    shares = str(reading.get("HostConfig.UTSMode") or "") not in ("", "private")
    networked = str(reading.get("HostConfig.NetworkMode") or "")
    if reading.object.id.startswith(value) and len(value) == 12:
        given.exact("it is the container's id, which a new container has of its own")
    elif shares or networked == "host" or networked.startswith("container:"):
        given.exact("it is that of the host, the pod, or the container whose names it shares")
    else:
        reading.option("--hostname", value, given)


def _domain(reading: Reading, value: str, given: Given) -> None:
    for option in reading.container.options:
        if option.name == "--hostname" and option.value:
            option.value = f"{option.value}.{value}"
            given.approximated("the domain is a part of the host's name")
            return
    given.dropped("Podman has no domain without a host's name", "Set a host name with the domain.")


def _user(reading: Reading, value: str, given: Given) -> None:
    if reading.is_default("User", value):
        given.exact("it is the image's")
        return
    reading.container.user = Value(value, given)
    reading.mark_doubt(given)


def is_asked(pair: str) -> bool:
    """Whether a variable is none that engines set by themselves."""
    return pair.partition("=")[0] not in _ENGINE_VARIABLES and pair != f"PATH={_PLAIN_PATH}"


def _environment(reading: Reading, value: list[str], given: Given) -> None:
    """Variables one by one, without those of the engine and of the image."""
    image = set(reading.default("Env") or ())
    given.exact("see each variable")
    for pair in value:
        name, _equals, text = pair.partition("=")
        if pair in image or not is_asked(pair):
            continue
        one = reading.give(f"Config.Env.{name}")
        reading.container.environment[name] = Value(text, one)
        reading.mark_doubt(one)


def _words(value: t.Any) -> tuple[str, ...]:
    """Words; before Podman 5 an entrypoint was one text, joined by blanks."""
    return tuple(value.split(" ") if isinstance(value, str) else map(str, value)) if value else ()


def _command(reading: Reading, value: t.Any, given: Given) -> None:
    """The command, unless it is the image's and the entrypoint is, too: another one drops it."""
    entry = reading.get("Config.Entrypoint") or []
    same_entry = list(_words(entry)) == list(_words(reading.default("Entrypoint") or ()))
    if reading.is_default("Cmd", value) and same_entry:
        given.exact("it is the image's")
        return
    reading.container.command = Value(_words(value), given)
    reading.mark_doubt(given)


def _entrypoint(reading: Reading, value: t.Any, given: Given) -> None:
    words = _words(value or ())
    if not words and not reading.default("Entrypoint"):
        given.exact("there is none")
        return
    if reading.image is not None and list(words) == list(
        _words(reading.default("Entrypoint") or ())
    ):
        given.exact("it is the image's")
        return
    reading.container.entrypoint = Value(words, given)
    reading.mark_doubt(given)
    if isinstance(value, str) and len(words) > 1:
        given.approximated(
            "this release of Podman shows its words joined by blanks, so that one with a blank is "
            "not told from two",
            "Compare it with what has made the container.",
            "inspect-gaps",
        )


def _workdir(reading: Reading, value: str, given: Given) -> None:
    if reading.is_default("WorkingDir", value) or (
        value == "/" and not reading.default("WorkingDir")
    ):
        given.exact("it is the image's")
        return
    reading.option("--workdir", value, given)
    reading.mark_doubt(given)


def _labels(reading: Reading, value: dict[str, str], given: Given) -> None:
    """Labels one by one, without those of the image, of Compose and of systemd's units."""
    image = reading.default("Labels") or {}
    given.exact("see each label")
    compose = {name: text for name, text in value.items() if name.startswith(COMPOSE)}
    if compose:
        note_compose(reading.give("Config.Labels.com.docker.compose"), compose)
    for name, text in value.items():
        if name in compose or image.get(name) == text:
            continue
        one = reading.give(f"Config.Labels.{name}")
        if name == _SYSTEMD:
            note_systemd(one, text)
            continue
        reading.container.labels[name] = Value(str(text), one)
        reading.mark_doubt(one)


def note_compose(given: Given, labels: t.Mapping[str, str]) -> None:
    """Compose made the container: its file is a better source, and its labels are not written."""
    files = labels.get("com.docker.compose.project.config_files", "")
    folder = labels.get("com.docker.compose.project.working_dir", "")
    place = " ".join(filter(None, [files, f"in {folder}" if folder else ""]))
    given.dropped(
        "Compose made the container: its labels are not written, since no Compose manages it then",
        f"Give its file ({place}) to from_compose: it says more."
        if place
        else "Give its file to from_compose: it says more.",
        "label",
    )


def note_systemd(given: Given, unit: str) -> None:
    """A service runs the container: its unit is a better source."""
    given.dropped(
        f"{unit} runs the container",
        "If a Quadlet is its source, take that; a unit of podman generate systemd goes to "
        "from_systemd.",
        "systemd-label",
    )


def read_annotations(reading: Reading, value: dict[str, str], given: Given) -> None:
    given.exact("see each annotation")
    for name, text in value.items():
        if name == "io.podman.annotations.init" and str(text).upper() == "TRUE":
            flag("--init")(reading, True, reading.give(f"Config.Annotations.{name}"))
        elif not name.startswith(_OWN_ANNOTATIONS) and name not in reading.container.annotations:
            one = reading.give(f"Config.Annotations.{name}")
            reading.container.annotations[name] = Value(str(text), one)


def _stop_signal(reading: Reading, value: t.Any, given: Given) -> None:
    name = signal_name(str(value))
    image = reading.default("StopSignal")
    if name == (signal_name(str(image)) if image else "SIGTERM"):
        given.exact("it is the image's, or the default")
        return
    reading.option("--stop-signal", name, given)
    reading.mark_doubt(given)


def _stop_timeout(reading: Reading, value: float, given: Given) -> None:
    reading.container.stop_timeout = Value(float(value), given)


def _health(reading: Reading, value: dict[str, t.Any], given: Given) -> None:
    """The check as Docker writes it; durations are nanoseconds."""
    if reading.image is not None and _same_check(
        value, reading.default("Healthcheck") or reading.default("HealthCheck")
    ):
        given.exact("it is the image's")
        return
    test = [str(word) for word in value.get("Test") or ()]
    health = Health()
    if test[:1] == ["NONE"]:
        health.command = Value((), given)
    elif test[:1] == ["CMD-SHELL"]:
        health.command, health.shell = Value((" ".join(test[1:]),), given), True
    elif test:
        health.command = Value(tuple(test[1:] if test[0] == "CMD" else test), given)
    seconds = {
        "interval": "Interval",
        "timeout": "Timeout",
        "start_period": "StartPeriod",
        "start_interval": "StartInterval",
    }
    for name, key in seconds.items():
        if value.get(key):
            setattr(health, name, Value(float(value[key]) / _SECOND, given))
    if value.get("Retries"):
        health.retries = Value(int(value["Retries"]), given)
    reading.container.health = health
    reading.mark_doubt(given)


def _same_check(value: dict[str, t.Any], image: t.Any) -> bool:
    if not isinstance(image, dict):
        return False
    keys = {**value, **image}
    return all((value.get(key) or None) == (image.get(key) or None) for key in keys)


def _startup_check(reading: Reading, value: dict[str, t.Any], given: Given) -> None:
    test = [str(word) for word in value.get("Test") or ()]
    words = test[1:] if test[:1] in (["CMD"], ["CMD-SHELL"]) else test
    reading.option("--health-startup-cmd", " ".join(words), given)
    for key, name in (("Interval", "interval"), ("Timeout", "timeout")):
        if value.get(key):
            reading.option(f"--health-startup-{name}", f"{value[key] // _SECOND}s", given)
    for key, name in (("Retries", "retries"), ("Successes", "success")):
        if value.get(key):
            reading.option(f"--health-startup-{name}", str(value[key]), given)


def _secrets(reading: Reading, value: list[dict[str, t.Any]], given: Given) -> None:
    """Secrets that are files; those that are variables are in the environment."""
    given.exact("see each secret")
    for secret in value:
        name = str(secret.get("Name"))
        one = reading.give(f"Config.Secrets.{name}")
        options = {
            key: text
            for key, text, plain in (
                ("uid", str(secret.get("UID", 0)), "0"),
                ("gid", str(secret.get("GID", 0)), "0"),
                ("mode", f"{int(secret.get('Mode', 0o444)):04o}", "0444"),
            )
            if text != plain
        }
        reading.container.secrets.append(SecretUse(name, one, "mount", options))


def _notify(reading: Reading, value: str, given: Given) -> None:
    if value == "healthy":
        reading.container.lines.append(Line("Container", "Notify", "healthy", given))
    else:
        given.exact("systemd is told by what watches the container")


def flag(name: str) -> t.Callable[[Reading, t.Any, Given], None]:
    def read(reading: Reading, _value: t.Any, given: Given) -> None:
        if any(option.name == name for option in reading.container.options):
            given.exact("it is told twice")
        else:
            reading.option(name, None, given)

    return read


def text_option(name: str, form: str = "{}") -> t.Callable[[Reading, t.Any, Given], None]:
    def read(reading: Reading, value: t.Any, given: Given) -> None:
        reading.option(name, form.format(value), given)

    return read


def _no_passwd(reading: Reading, _value: t.Any, given: Given) -> None:
    reading.option("--passwd", "false", given)


def _network_off(reading: Reading, _value: t.Any, given: Given) -> None:
    reading.container.network_mode = Value("none", given)


SAYS_NOTHING: t.Final = Row()
"""What a container is doing, what the image says, and what other fields repeat."""

CONFIG: t.Final[dict[str, Row]] = {
    "Config.Hostname": Row(_hostname),
    "Config.Domainname": Row(_domain),
    "Config.User": Row(_user),
    "Config.AttachStdin": SAYS_NOTHING,
    "Config.AttachStdout": SAYS_NOTHING,
    "Config.AttachStderr": SAYS_NOTHING,
    "Config.ArgsEscaped": SAYS_NOTHING,
    "Config.StdinOnce": SAYS_NOTHING,
    "Config.Tty": Row(flag("--tty")),
    "Config.OpenStdin": Row(flag("--interactive")),
    "Config.Env": Row(_environment),
    "Config.Cmd": Row(_command),
    "Config.Entrypoint": Row(_entrypoint, empty=True),
    "Config.Image": SAYS_NOTHING,
    "Config.Volumes": SAYS_NOTHING,
    "Config.ExposedPorts": SAYS_NOTHING,
    "Config.WorkingDir": Row(_workdir),
    "Config.OnBuild": SAYS_NOTHING,
    "Config.Shell": SAYS_NOTHING,
    "Config.NetworkDisabled": Row(_network_off),
    "Config.MacAddress": SAYS_NOTHING,
    "Config.Labels": Row(_labels),
    "Config.Annotations": Row(read_annotations),
    "Config.StopSignal": Row(_stop_signal),
    "Config.StopTimeout": Row(_stop_timeout, (10, None), empty=True),
    "Config.Healthcheck": Row(_health),
    "Config.StartupHealthCheck": Row(_startup_check),
    "Config.HealthcheckOnFailureAction": Row(text_option("--health-on-failure"), ("none",)),
    "Config.HealthLogDestination": Row(text_option("--health-log-destination"), ("local",)),
    "Config.HealthcheckMaxLogCount": Row(text_option("--health-max-log-count"), (5,)),
    "Config.HealthcheckMaxLogSize": Row(text_option("--health-max-log-size"), (500,)),
    "Config.CreateCommand": SAYS_NOTHING,
    "Config.Umask": Row(text_option("--umask"), ("0022",)),
    "Config.Timezone": Row(text_option("--tz")),
    "Config.Timeout": Row(text_option("--timeout")),
    "Config.Passwd": Row(_no_passwd, (True, None), empty=True),
    "Config.Secrets": Row(_secrets),
    "Config.SystemdMode": SAYS_NOTHING,
    "Config.ChrootDirs": Row(text_option("--chrootdirs")),
    "Config.sdNotifyMode": Row(_notify, ("container", "conmon", "ignore")),
    "Config.sdNotifySocket": SAYS_NOTHING,
    "Config.ExposedPortsV2": SAYS_NOTHING,
    "Config.V4PodmanCompatMarshal": SAYS_NOTHING,
}
