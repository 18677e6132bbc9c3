# Copyright (c) quadlet.fleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to the quadlet.fleet collection: it may change in any release.
"""Units of podman generate systemd become a model."""

from __future__ import annotations

import dataclasses
import posixpath
import re
import typing as t

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.quoting import word
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.model import (
    Container,
    Line,
    Model,
    Option,
    Options,
    Pod,
    Restart,
    Value,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.report import Given, Report
from ansible_collections.quadlet.fleet.plugins.plugin_utils._convert.specifiers import (
    PERCENT,
    ROOT_PERCENT,
    has_marks,
    restore,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.launch import (
    Launch,
    find_launch,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.make import (
    make_container,
    make_pod,
    settle_pod,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.own import (
    Subject,
    keep_lines,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._generated.texts import (
    Service,
    collect_services,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._inspect.objects import (
    Objects,
    is_inspect,
)
from ansible_collections.quadlet.fleet.plugins.plugin_utils._run.link import link_containers

_ID = re.compile(r"[0-9a-f]{12}(?:[0-9a-f]{52})?")
_STEM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclasses.dataclass
class _Unit:
    """A service with what it runs, and what it becomes."""

    service: Service
    launch: Launch
    made: Container | Pod
    stem: str = ""

    @property
    def is_pod(self) -> bool:
        """Whether it is a pod's."""
        return isinstance(self.made, Pod)

    @property
    def object_name(self) -> str:
        """The name in Podman; '' where none is given."""
        if isinstance(self.made, Pod):
            return self.made.pod_name
        return self.made.container_name.value if self.made.container_name else ""

    @property
    def new_name(self) -> str:
        """The service that the generator makes."""
        return f"{self.stem}-pod.service" if self.is_pod else f"{self.stem}.service"


def read_generated(
    texts: t.Sequence[tuple[str, str]],
    report: Report,
    options: Options,
    *,
    name: str = "",
    inspected: Objects | None = None,
) -> Model:
    """The app of units (file, text) with their drop-ins.

    Inspect output among the texts, and inspected, are for units that only start a container.
    """
    objects = inspected or Objects(report)
    units_texts = []
    for file, text in texts:
        if is_inspect(text):
            objects.add(file, text)
        else:
            units_texts.append((file, text))
    services = collect_services(units_texts, report)
    units: list[_Unit] = []
    for service in services:
        launch = find_launch(service)
        made: Container | Pod | None = None
        if launch is not None and launch.kind == "pod":
            made = make_pod(launch, objects)
        elif launch is not None:
            made = make_container(launch, objects)
        if launch is None or made is None:
            _settle_rest(service)
        else:
            units.append(_Unit(service, launch, made))
    _name_units(units)
    model = Model(name or _app_name(units), sources=[file for file, _text in texts if file])
    for unit in units:
        _finish(unit, units, options)
        if isinstance(unit.made, Pod):
            model.pods.append(unit.made)
        else:
            model.containers.append(unit.made)
    model.volumes += objects.volumes.values()
    link_containers(model, objects.readings)
    return model


def _settle_rest(service: Service) -> None:
    """A service that is refused: nothing became of its other lines."""
    if not service.given.is_settled:
        service.given.exact()
    for item in service.items:
        if not item.given.is_settled:
            item.given.dropped("its unit can't be converted")


def _app_name(units: t.Sequence[_Unit]) -> str:
    """The name of the pod, or of the first container."""
    pods = [unit for unit in units if unit.is_pod]
    return (pods or list(units))[0].stem.rstrip("@") if units else "app"


def _name_units(units: t.Sequence[_Unit]) -> None:
    """Stems: the object's name where the service is called by it, else the service's without
    Podman's prefix; the image's for a service that is called by an id.
    """
    taken: set[tuple[bool, str]] = set()
    for unit in units:
        stem = _find_stem(unit)
        count = 2
        base = stem
        while (unit.is_pod, stem) in taken:
            stem = f"{base.rstrip('@')}-{count}{'@' if base.endswith('@') else ''}"
            count += 1
        taken.add((unit.is_pod, stem))
        unit.stem = stem
        unit.made.name = stem


def _find_stem(unit: _Unit) -> str:
    names = unit.service.names
    base, at, _instance = names.stem.partition("@")
    own = re.sub(rf"[-_.]?{PERCENT}[iI]$", "", unit.object_name)
    if own and base.endswith(own):
        base = own
    else:
        base = base.removeprefix("pod-" if unit.is_pod else "container-")
    if _ID.fullmatch(base):
        base = own or _image_stem(unit.made) or base
    base = re.sub(r"[^A-Za-z0-9_.-]+", "-", base).lstrip("-.")
    return f"{base or 'container'}{'@' if at else ''}"


def _image_stem(made: Container | Pod) -> str:
    """The last part of the image's name, without tag and digest."""
    if isinstance(made, Pod) or made.image is None:
        return ""
    last = made.image.value.partition("@")[0].rpartition("/")[2]
    return last.partition(":")[0]


def _finish(unit: _Unit, units: t.Sequence[_Unit], options: Options) -> None:
    """Its lines, its pod, and Podman's own options."""
    service, made = unit.service, unit.made
    pods = [other for other in units if other.is_pod]
    own: set[str] = set()
    stop_timeout = None
    if isinstance(made, Pod):
        members = [other for other in units if _is_member(other, unit)]
        own = {other.service.names.service for other in members}
    else:
        pod = next((pod for pod in pods if _is_member(unit, pod)), None)
        if pod is not None:
            own = {pod.service.names.service}
        stop_timeout = made.stop_timeout.value if made.stop_timeout else None
        settle_pod(made, pod.stem if pod else "")
    subject = Subject(
        service,
        targets=_targets(unit),
        files=unit.launch.id_files | frozenset(service.values("Service", "PIDFile")),
        renamed={other.service.names.service: other.new_name for other in units},
        own=frozenset(own),
        stop_timeout=10.0 if stop_timeout is None else stop_timeout,
        name=unit.object_name,
        engine=unit.launch.command.engine,
        in_user_scope=options.scope == "user",
    )
    made.lines += keep_lines(subject)
    if unit.launch.command.options:
        words = " ".join(word(text) for text in unit.launch.command.options)
        section = "Pod" if unit.is_pod else "Container"
        made.lines.append(Line(section, "GlobalArgs", words, unit.launch.item.given))
    if isinstance(made, Container):
        if unit.launch.kind == "run":
            _place_paths(made, options)
        _finish_container(made, subject, unit)
    service.given.exact("it is converted")


def _place_paths(made: Container, options: Options) -> None:
    """Relative paths are below the directory that the service works in."""
    lines = [line.value for line in made.lines if line.key == "WorkingDirectory"]
    base = lines[-1].lstrip("-") if lines else ("%h" if options.scope == "user" else "/")
    base = {"~": "%h"}.get(base, base)
    base = base.replace("%h", ROOT_PERCENT + "h") if base.startswith("%h") else base
    for mount in made.mounts:
        if mount.kind == "bind" and mount.source.startswith("."):
            mount.source = _below(base, mount.source, mount.given)
    for index, path in enumerate(made.env_files):
        if not path.value.startswith("/"):
            made.env_files[index] = Value(_below(base, path.value, path.given), path.given)


def _below(base: str, path: str, given: Given) -> str:
    whole = posixpath.normpath(posixpath.join(base, path))
    if has_marks(base) and not whole.startswith(base):
        given.refused(f"{path} leads out of {base}", "Write the path from its beginning.")
    return whole


def _finish_container(made: Container, subject: Subject, unit: _Unit) -> None:
    keys = {(line.section, line.key): line for line in made.lines}
    if subject.told is not None and made.stop_timeout is None and subject.told != 10:
        made.stop_timeout = Value(subject.told, subject.told_by or unit.launch.item.given)
    if subject.pull is not None:
        made.options.append(Option("--pull", "newer", subject.pull))
    kind = keys.get(("Service", "Type"))
    made.instances = list(dict.fromkeys(unit.service.instances))
    made.job = bool(kind and kind.value == "oneshot")
    made.boot = any(key == ("Install", "WantedBy") for key in keys)
    restart = keys.get(("Service", "Restart"))
    if made.restart is not None:
        _settle_restart(made, made.restart, restart)


def _settle_restart(made: Container, restart: Restart, line: Line | None) -> None:
    """systemd restarts the service; a policy of the container's own came on top of that."""
    if line is None and restart.policy not in ("no", ""):
        return
    if restart.policy in ("always", "unless-stopped") and line and line.value != "always":
        restart.given.approximated(
            f"Podman restarted the container, and systemd the service ({line.value}): now systemd "
            "restarts it always",
            rule="generated-unit",
        )
        line.value = "always"
    else:
        restart.given.exact("systemd restarts it, as Restart= says")
    made.restart = None


def _is_member(unit: _Unit, pod: _Unit) -> bool:
    """Whether a container runs in a pod: by the file of its id, or by its name."""
    if unit.is_pod or not pod.is_pod or not isinstance(unit.made, Container):
        return False
    if unit.launch.id_files & pod.launch.id_files:
        return True
    if unit.launch.pod_id and unit.launch.pod_id in pod.launch.ids:
        unit.made.pod = unit.made.pod or Value(pod.stem, unit.launch.item.given)
        return True
    named = unit.made.pod.value if unit.made.pod else ""
    return bool(named) and named in (pod.object_name, pod.stem, *pod.launch.ids)


def _targets(unit: _Unit) -> frozenset[str]:
    names = [restore(unit.object_name), *unit.launch.ids]
    if unit.launch.command.is_start or unit.launch.kind == "start":
        names += unit.launch.command.words
    return frozenset(filter(None, names))
