"""Reading what the generators say: recorded, and as they say it now."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.kinds import kind_of
from ansible_collections.quadlet.fleet.plugins.module_utils._core.quadlet.unitfile import parse_unit
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.check import parse_units
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.cycles import find_cycles
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.generator import (
    Complaint,
    Service,
    Verdict,
    parse_verdict,
    to_error,
)
from ansible_collections.quadlet.fleet.plugins.module_utils._core.validate.jobs import is_job
from tests.unit.support.generators import APP_DIR, RELEASES, Generator
from tests.unit.support.recorded import ask, read_recorded, read_texts

PLAIN = Service("", "", (), (), False, (), False, "")


def _service(name: str, unit: str, **facts: t.Any) -> Service:
    """A service; it follows those that it needs, unless it says otherwise."""
    facts.setdefault("follows", facts.get("needs", ()))
    return PLAIN._replace(name=f"{name}.service", source=f"{APP_DIR}/{unit}", **facts)


GOOD = {
    service.name: service
    for service in (
        _service(
            "web",
            "web.container",
            needs=("back-network.service", "data-volume.service", "front-pod.service"),
            objects=("systemd-web",),
            can_reload=True,
        ),
        _service(
            "job",
            "job.container",
            needs=("tool-image.service",),
            once=True,
            objects=("systemd-job",),
        ),
        _service("setup", "setup.container", objects=("systemd-setup",)),
        _service(
            "sql",
            "db.container",
            needs=("setup.service", "builder-build.service"),
            follows=("setup.service", "builder-build.service", "web.service"),
            objects=("database",),
        ),
        _service("short", "short.container", objects=("systemd-short",)),
        _service("percent", "percent.container", objects=("100%",)),
        _service("globals", "globals.container", objects=("systemd-globals",)),
        _service("separator", "separator.container", objects=("systemd-separator",)),
        _service("w@", "w@.container", objects=("systemd-w_",)),
        _service("w@1", "w@1.container", objects=("worker-1",)),
        _service("front-pod", "front.pod", objects=("systemd-front-infra", "systemd-front")),
        _service("named-pod", "named.pod", objects=("stage-infra", "stage")),
        _service("kube", "kube.kube", needs=("back-network.service",)),
        _service("data-volume", "data.volume", makes="systemd-data"),
        _service("archive-volume", "archive.volume", makes="old-data"),
        _service("globals2-volume", "globals2.volume", makes="systemd-globals2"),
        _service(
            "from-image-volume",
            "from-image.volume",
            needs=("tool-image.service",),
            makes="systemd-from-image",
        ),
        _service("back-network", "back.network", makes="systemd-back"),
        _service("lan-network", "lan.network", makes="lan"),
        _service("tool-image", "tool.image"),
        _service("builder-build", "builder.build", once=True),
        _service("model-artifact", "model.artifact"),
    )
}
NOT_IN_5_4 = {"model-artifact.service"}
SHORT_NAME = (
    'Warning: short.container specifies the image "alpine" which not a fully qualified image name. '
    "This is not ideal for performance and security reasons. "
    "See the podman-pull manpage discussion of short-name-aliases.conf for details."
)

NOT_A_LINE = "\u201cnonsense\u201d which is not a key-value pair, group, or comment"

# unit as the generator names it: (message, line or '', part of the remedy)
BAD = {
    f"{APP_DIR}/head/head.container": ("key file does not start with a group", "", ""),
    f"{APP_DIR}/syntax/line.container": (
        f"file contains line 3: {NOT_A_LINE}",
        ":3",
        "",
    ),
    f"{APP_DIR}/dropin/main.container.d/x.conf": (
        f"file contains line 2: {NOT_A_LINE}",
        ":2",
        "",
    ),
    "image.image": ("no Image key specified", "", "Add Image="),
    "gateway.network": ("cannot set gateway or range without subnet", "", ""),
    "device.volume": ("key Type can't be used without Device", "", ""),
    "tag.build": ("no ImageTag key specified", "", "Add ImageTag="),
    "dir.build": ("neither SetWorkingDirectory, nor File key specified", "", ""),
    "kill-mode.container": ("invalid KillMode 'process'", "", "KillMode=mixed"),
    "both.container": (
        "the Image And Rootfs keys conflict can not be specified together",
        "",
        "Keep one",
    ),
    "group.container": ("invalid Group set without User", "", "Set User="),
    "image.container": ("requested Quadlet image nf.image was not found", ":2", "Declare the unit"),
    "empty.kube": ("no Yaml key specified", "", "Add Yaml="),
    "after.container": (
        "unable to translate dependency for nf.container",
        ":2",
        "Declare the unit",
    ),
    "network.container": (
        "requested Quadlet unit nf.network was not found",
        ":3",
        "Declare the unit",
    ),
    "no-image.container": ("no Image or Rootfs key specified", "", "Add Image="),
    "pod.container": ("quadlet pod unit nf.pod does not exist", ":3", "Declare the unit"),
    "type.container": ("invalid service Type 'simple'", "", "Type=notify"),
    "unknown.container": (
        f"unsupported key 'Imgae' in group 'Container' in {APP_DIR}/unknown.container",
        ":3",
        "Remove the key",
    ),
    "volume.container": (
        "requested Quadlet source nf.volume was not found",
        ":4",
        "Declare the unit",
    ),
    "key.container": (
        f"unsupported key 'Lable' in group 'Container' in {APP_DIR}/dropkey/key.container",
        "",
        "",
    ),
}
SINCE_5_5 = {"after.container"}
BAD_SERVICES = {"fine.service", "main.service", "escape.service", "user.service"}
BAD_WARNINGS = {
    "unsupported escape char",
    "Warning: using key User in the Service group is not supported - use at your own risk",
}


@pytest.fixture(params=["recorded", "live"])
def verdicts(
    request: pytest.FixtureRequest, generator: Generator, tmp_path: pathlib.Path
) -> t.Callable[[str], Verdict]:
    """What we read of what a generator said of a set of units."""

    def read(name: str) -> Verdict:
        if request.param == "recorded":
            said = read_recorded(generator.release, name)
        else:
            said = ask(generator, name, tmp_path)
        return parse_verdict(said.out, said.err)

    return read


def test_good_units(verdicts: t.Callable[[str], Verdict], generator: Generator) -> None:
    verdict = verdicts("good")
    wanted = {
        name: service
        for name, service in GOOD.items()
        if generator.release != "5.4" or name not in NOT_IN_5_4
    }
    found = {service.name: service for service in verdict.services}
    assert {name: _sorted(service) for name, service in found.items()} == {
        name: _sorted(service) for name, service in wanted.items()
    }
    assert len(verdict.services) == len(wanted)
    for service in verdict.services:
        assert service.makes == "".join(service.creates[-1:]).replace("%%", "%"), service
    assert verdict.errors == ()
    assert verdict.warnings == (SHORT_NAME,)


def _sorted(service: Service) -> Service:
    """The order of what a service needs is no fact; when it starts has a test of its own."""
    return service._replace(
        needs=tuple(sorted(service.needs)),
        follows=tuple(sorted(service.follows)),
        after=(),
        before=(),
        oneshot=False,
        pulls=(),
        creates=(),
    )


def test_what_is_a_one_shot_and_what_it_pulls_in(verdicts: t.Callable[[str], Verdict]) -> None:
    found = {service.name: service for service in verdicts("good").services}
    jobs = {name for name, service in found.items() if is_job(service)}
    assert jobs == {"job.service", "setup.service"}
    made = {n for n, s in found.items() if s.oneshot and not is_job(s)}
    assert made
    kinds = [kind_of(found[name].unit) for name in made]
    assert all(kind and not kind.runs for kind in kinds)
    for service in found.values():
        assert {*service.needs} <= {*service.pulls} | {"x.service"}, service.name


def test_when_services_start(verdicts: t.Callable[[str], Verdict]) -> None:
    found = {service.name: service for service in verdicts("good").services}
    assert set(found["web.service"].needs) <= set(found["web.service"].after)
    assert "web.service" in found["front-pod.service"].before
    assert find_cycles(found.values()) == []


def test_bad_units(verdicts: t.Callable[[str], Verdict], generator: Generator) -> None:
    verdict = verdicts("bad")
    old = generator.release == "5.4"
    wanted = {unit: text for unit, (text, _line, _remedy) in BAD.items()}
    if old:
        wanted = {unit: text for unit, text in wanted.items() if unit not in SINCE_5_5}
    assert dict(verdict.errors) == wanted
    assert len(verdict.errors) == len(wanted)
    services = {service.name for service in verdict.services}
    assert services == (BAD_SERVICES | {"after.service"} if old else BAD_SERVICES)
    assert set(verdict.warnings) == (set() if old else BAD_WARNINGS)


@pytest.mark.parametrize("unit", BAD)
def test_errors_tell_line_and_remedy(unit: str) -> None:
    text, line, remedy = BAD[unit]
    name = unit.rpartition("/")[2]
    texts = {path.rpartition("/")[2]: content for path, content in read_texts("bad").items()}
    units, _errors = parse_units({name: texts[name]})
    error = to_error(Complaint(unit, text), units.get(name), where=name)
    assert error.what == f"the Quadlet generator refuses it: {text}"
    assert error.where == f"{name}{line}"
    assert remedy in (error.remedy or "")
    assert error.remedy


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (
            "[Container]\nEnvironment=Memory=1\nMemory=1\n",
            "unsupported key 'Memory' in group 'Container' in /x",
            ":3",
        ),
        (
            "[Service]\nImage=1\n[Pod]\nImage=2\n",
            "unsupported key 'Image' in group 'Pod' in /x",
            ":4",
        ),
        (
            "[Container]\nImage=nf.volumes.example/a\nVolume=nf.volume:/d\n",
            "requested Quadlet source nf.volume was not found",
            ":3",
        ),
        ("[Container]\n", "unsupported key 'Elsewhere' in group 'Container' in /x", ""),
        ("[Container]\n", "something new", ""),
    ],
    ids=["key in a value", "key in another section", "name in a name", "drop-in's key", "new"],
)
def test_lines_of_errors(text: str, message: str, line: str) -> None:
    error = to_error(Complaint("a", message), parse_unit("a", text), where="a")
    assert error.where == f"a{line}"


def test_an_error_without_the_unit_s_text() -> None:
    error = to_error(Complaint("a", "unsupported key 'X' in group 'Y' in /a"), None, where="/a")
    assert error.where == "/a"
    assert error.remedy == "Remove the key, or use a Podman that knows it."


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (
            'quadlet-generator[12]: converting "a.container": no Image key specified',
            Complaint("a.container", "no Image key specified"),
        ),
        (
            "quadlet-generator[12]: Error converting 'a.container', ignoring: no Image key",
            Complaint("a.container", "no Image key"),
        ),
        (
            "quadlet-generator[12]: Error loading '/e/a.container', ignoring: bad",
            Complaint("/e/a.container", "bad"),
        ),
        (
            'error loading "/e/a.container", open /e/a.container: permission denied',
            Complaint("/e/a.container", "open /e/a.container: permission denied"),
        ),
        (
            'error loading "/e/a b.container", x "y", z',
            Complaint("/e/a b.container", 'x "y", z'),
        ),
    ],
)
def test_forms_of_errors(line: str, complaint: Complaint) -> None:
    verdict = parse_verdict("", f"{line}\n")
    assert verdict == Verdict((), (complaint,), ())


@pytest.mark.parametrize(
    ("stderr", "warnings"),
    [
        ("", ()),
        ("\n\n", ()),
        ("quadlet-generator[1]: Loading source unit file /a.container\n", ()),
        ("quadlet-generator[1]: No files parsed from [/a /b]\n", ()),
        ("quadlet-generator[1]: No files to parse from [/a /b]\n", ()),
        ("quadlet-generator[1]: processing encountered some errors\n", ()),
        ("quadlet-generator[1]: something new\n", ("something new",)),
        ("something new\n", ("something new",)),
    ],
)
def test_warnings(stderr: str, warnings: tuple[str, ...]) -> None:
    assert parse_verdict("", stderr).warnings == warnings


def test_nothing_said() -> None:
    assert parse_verdict("", "") == Verdict((), (), ())


@pytest.mark.parametrize("release", RELEASES)
def test_templates_are_known_as_such(release: str) -> None:
    services = parse_verdict(*read_recorded(release, "good")[:2]).services
    assert [service.name for service in services if service.template] == ["w@.service"]


def test_source_is_the_unit_s_name() -> None:
    assert GOOD["sql.service"].unit == "db.container"


@pytest.mark.parametrize(
    ("drop_ins", "once"),
    [
        ("Type=oneshot\n", True),
        ("Type=oneshot\nRemainAfterExit=yes\n", False),
        ("Type=oneshot\nRemainAfterExit=true\n", False),
        ("Type=oneshot\nRemainAfterExit=on\n", False),
        ("Type=oneshot\nRemainAfterExit=1\n", False),
        ("Type=oneshot\nRemainAfterExit=no\n", True),
        ("Type=notify\n", False),
        ("", False),
    ],
)
def test_once(drop_ins: str, once: bool) -> None:
    out = f"---a.service---\n[Unit]\nSourcePath=/a.container\n[Service]\n{drop_ins}\n"
    assert [service.once for service in parse_verdict(out, "").services] == [once]


INSTALL = "[Install]\nWantedBy=default.target\n"
DEFAULT = f"{INSTALL}DefaultInstance=x\n"


@pytest.mark.parametrize(
    ("blocks", "names"),
    [
        ({"w@": DEFAULT}, ["w@.service", "w@x.service"]),
        ({"w@": DEFAULT, "w@x": ""}, ["w@.service", "w@x.service"]),
        ({"w@": DEFAULT, "w@a": ""}, ["w@.service", "w@x.service", "w@a.service"]),
        ({"w@": INSTALL}, ["w@.service"]),
        ({"w@": "[Install]\nDefaultInstance=x\n"}, ["w@.service"]),
        ({"w@": "[Install]\nWantedBy=a.target\nWantedBy=\nDefaultInstance=x\n"}, ["w@.service"]),
        ({"w": DEFAULT}, ["w.service"]),
    ],
)
def test_default_instances(blocks: dict[str, str], names: list[str]) -> None:
    unit = (
        "[Unit]\nSourcePath=/w@.container\n[Service]\nExecStart=podman run --name systemd-%p_%i\n"
    )
    out = "".join(f"---{name}.service---\n{unit}{more}\n" for name, more in blocks.items())
    services = parse_verdict(out, "").services
    assert [service.name for service in services] == names
    objects = {service.name: service.objects for service in services}
    assert objects.get("w@x.service", ("systemd-w_x",)) == ("systemd-w_x",)


@pytest.mark.parametrize(
    ("lines", "installed"),
    [
        ("WantedBy=a.target", True),
        ("RequiredBy=a.target", True),
        ("UpheldBy=a.target", True),
        ("Alias=b.service", True),
        ("WantedBy=", False),
        ("DefaultInstance=x", False),
        ("", False),
    ],
)
def test_installed(lines: str, installed: bool) -> None:
    out = f"---a.service---\n[Unit]\nSourcePath=/a.container\n[Install]\n{lines}\n"
    assert [service.installed for service in parse_verdict(out, "").services] == [installed]
