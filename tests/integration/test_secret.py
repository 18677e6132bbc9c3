"""Secrets: the bytes that were given are what a container sees, and they are nowhere else."""

from __future__ import annotations

import base64
import itertools
import json
import pathlib
import subprocess
import typing as t

import pytest

from tests.integration.support.apps import App, Result, Scope, container
from tests.integration.support.hosts import Host, differences
from tests.integration.support.playbooks import Playbooks, Run

NEEDLE = "n33dle-\"quoted\" 'twice' $HOME %i \\n"
BINARY = bytes(range(256)) + b"\r\n\n"
VALUES = {
    "plain": b"hunter2",
    "newline": b"hunter2\n",
    "newlines": b"\n\n a \n\n",
    "quotes": NEEDLE.encode(),
    "template": b"{% raw %}{{ x }}{% endraw %} ${y} `id`",
    "looks like data": b'{"a": [1, 0x10], "b": null}',
    "number": b"007",
    "unicode": "pässwörd €😀\u2028".encode(),
    "crlf": b"a\r\nb\r\n",
    "64 KiB": b"0123456789abcde\n" * 4096,
}
SAMPLER = pathlib.Path(__file__).parent / "support" / "sampler.py"
DRIVER = """
[secrets]
driver = "shell"
[secrets.opts]
list = "ls {folder}"
lookup = "cat {folder}/$SECRET_ID"
store = "if {fails}; then echo disk full >&2; exit 1; fi; cat >{folder}/$SECRET_ID"
delete = "rm {folder}/$SECRET_ID"
"""

_numbers = itertools.count(1)


class Secret:
    """One secret of a test."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.name = f"s{next(_numbers)}.test"

    def run(self, value: bytes | None, arguments: t.Sequence[str] = (), **options: t.Any) -> Result:
        """One call of the module; the value is a variable, as in an inventory."""
        given = {} if value is None else _given(value)
        template = {"value": "{{ held }}"} if "value" in given else {}
        return self.scope.call(
            "secret",
            arguments,
            {"held": {"__ansible_unsafe": given["value"]}} if given else {},
            **{"name": self.name, **given, **template, **options},
        )

    def held(self) -> bytes:
        """What Podman holds."""
        shown = '{{printf "%x" .SecretData}}'
        return bytes.fromhex(
            self.scope.ssh(f"podman secret inspect --showsecret --format '{shown}' {self.name}")
        )

    def exists(self) -> bool:
        """Whether Podman has it."""
        return self.name in self.scope.ssh("podman secret ls --format '{{.Name}}'").split()

    def id(self) -> str:
        """Podman's number for it: another one after each replacement."""
        return self.scope.ssh(f"podman secret inspect --format '{{{{.ID}}}}' {self.name}")


def _given(value: bytes) -> dict[str, str]:
    try:
        return {"value": value.decode()}
    except UnicodeDecodeError:
        return {"value": base64.b64encode(value).decode(), "encoding": "base64"}


@pytest.fixture
def secret(scope: Scope) -> t.Iterator[Secret]:
    """A name of which there is no secret yet."""
    one = Secret(scope)
    yield one
    scope.host.try_ssh(scope.command(f"podman secret rm {one.name}"))


@pytest.mark.scope("alice")
def test_a_secret_comes_changes_and_goes(secret: Secret) -> None:
    assert not secret.run(None, state="absent").ok().changed
    result = secret.run(b"one").ok()
    assert result.changed
    assert result["name"] == secret.name
    assert secret.held() == b"one"

    number = secret.id()
    assert not secret.run(b"one").ok().changed
    assert secret.id() == number

    assert secret.run(b"one\n").ok().changed
    assert secret.held() == b"one\n"
    assert not secret.run(b"one\n").ok().changed

    assert secret.run(None, state="absent").ok().changed
    assert not secret.exists()
    assert not secret.run(None, state="absent").ok().changed


@pytest.mark.parametrize("value", [*VALUES.values(), BINARY], ids=[*VALUES, "binary"])
@pytest.mark.scope("alice", system=["plain", "newline", "quotes", "template", "crlf"])
def test_a_value_arrives_byte_for_byte(secret: Secret, value: bytes) -> None:
    assert secret.run(value).ok().changed
    assert secret.held() == value
    assert not secret.run(value).ok().changed


@pytest.mark.scope("system")
def test_the_largest_and_what_is_too_large(secret: Secret) -> None:
    secret.run(b"x" * 511999).ok()
    assert not secret.run(b"x" * 511999).ok().changed
    message = secret.run(b"x" * 512000).refused()
    assert "512000" in message
    assert "xxx" not in message
    assert len(secret.held()) == 511999


@pytest.mark.scope("system")
def test_check_mode_and_diff(secret: Secret) -> None:
    def preview(value: bytes | None, **options: t.Any) -> Result:
        before = secret.scope.host.look()
        result = secret.run(value, ["--check", "--diff"], **options).ok()
        assert differences(before, secret.scope.host.look()) == []
        assert "hunter" not in json.dumps(result)
        assert (result["diff"]["before"] != result["diff"]["after"]) == result.changed
        return result

    assert preview(b"hunter1").changed
    assert not secret.exists()
    assert not preview(None, state="absent").changed
    secret.run(b"hunter1").ok()
    number = secret.id()
    assert not preview(b"hunter1").changed
    assert preview(b"hunter2").changed
    assert preview(None, state="absent").changed
    assert secret.id() == number
    assert secret.held() == b"hunter1"


@pytest.mark.scope("system")
def test_the_beginning_of_another_secrets_id_is_no_name(secret: Secret) -> None:
    secret.run(b"hunter2").ok()
    prefix = secret.id()[:10]
    assert not secret.run(None, name=prefix, state="absent").ok().changed
    assert secret.run(b"other", ["--check"], name=prefix).ok().changed
    assert secret.held() == b"hunter2"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "a/b", "value": "hunter2"}, "a/b"),
        ({"value": None}, "value"),
        ({"value": ""}, "0 bytes"),
        ({"value": 7392}, "int"),
        ({"value": {"a": "hunter2"}}, "dict"),
        ({"value": "hunter2", "encoding": "base64"}, "base64"),
        ({"value": "hunter2", "user": "norange"}, "quadlet.fleet.linger"),
        ({"value": "hunter2", "user": "nobodyhere"}, "nobodyhere"),
    ],
)
def test_what_is_refused(system: Scope, options: dict[str, t.Any], says: str) -> None:
    before = system.host.look()
    result = system.call("secret", **{"name": "refused", **options})
    assert says in result.refused()
    assert not any(text in json.dumps(result) for text in ("hunter2", "7392"))
    assert differences(before, system.host.look()) == []
    # Podman would keep to that directory for good.
    assert not system.host.exists("/tmp/storage-run-1002")


@pytest.mark.scope("alice")
def test_a_container_sees_exactly_the_bytes(app: App) -> None:
    secret, binary = Secret(app.scope), Secret(app.scope)
    unit = container(
        f"Secret={secret.name}", f"Secret={secret.name},type=env,target=PW", f"Secret={binary.name}"
    )
    try:
        secret.run(f"{NEEDLE}ä\n".encode()).ok()
        binary.run(BINARY).ok()
        app.deployed({"web": unit})
        assert _seen(app, f"/run/secrets/{binary.name}") == BINARY
        assert _seen(app, f"/run/secrets/{secret.name}") == f"{NEEDLE}ä\n".encode()
        assert f"PW={NEEDLE}ä\n".encode() in _seen(app, "/proc/1/environ").split(b"\0")

        # It keeps its copy until the service makes a new container.
        secret.run(b"new").ok()
        assert _seen(app, f"/run/secrets/{secret.name}") == f"{NEEDLE}ä\n".encode()
        app.scope.systemctl(f"restart {app.service('web')}")
        assert _seen(app, f"/run/secrets/{secret.name}") == b"new"

        assert secret.run(None, state="absent").ok().changed
        assert app.runs("web")
        assert app.scope.try_systemctl(f"restart {app.service('web')}") != 0
    finally:
        app.remove()
        for one in (secret, binary):
            one.run(None, state="absent")


def _seen(app: App, path: str) -> bytes:
    return base64.b64decode(app.inside("web", f"base64 {path}"))


def test_the_user_may_do_it_alone(alice: Scope) -> None:
    secret = Secret(alice)
    try:
        assert secret.run(b"hunter2", ["-e", "ansible_user=alice"]).ok().changed
        assert secret.held() == b"hunter2"
        assert not secret.run(b"hunter2").ok().changed
        assert "root" in secret.run(b"x", ["-e", "ansible_user=alice"], user=None).refused()
    finally:
        secret.run(None, state="absent")


@pytest.mark.parametrize(
    ("fails", "says", "kept"),
    [
        pytest.param("rm {flag}", "the old value is in place", True, id="once"),
        pytest.param("test -e {flag}", "the old value is gone", False, id="always"),
    ],
)
def test_a_store_that_fails(system: Scope, fails: str, says: str, kept: bool) -> None:
    secret = Secret(system)
    host, folder, flag = system.host, "/srv/secrets", "/srv/secrets.fail"
    conf = "/etc/containers/containers.conf.d/driver.conf"
    host.ssh(f"mkdir -p {folder}")
    host.write(conf, DRIVER.format(folder=folder, fails=fails.format(flag=flag)))
    try:
        secret.run(b"hunter1").ok()
        host.ssh(f"touch {flag}")
        result = secret.run(b"hunter2")
        assert says in result.refused()
        assert "hunter" not in json.dumps(result)
        assert secret.exists() == kept
        if kept:
            assert secret.held() == b"hunter1"
        host.ssh(f"rm -f {flag}")
        assert secret.run(b"hunter2").ok().changed
        assert secret.held() == b"hunter2"
    finally:
        secret.run(None, state="absent")
        host.ssh(f"rm -rf {conf} {folder} {flag}")


def test_a_full_disk_costs_no_secret(system: Scope) -> None:
    """Podman's file driver would empty the file that holds all of them."""
    secret, host = Secret(system), system.host
    folder = "/var/lib/containers/storage/secrets"
    host.ssh(f"podman secret ls && mount -t tmpfs -o size=5m tmpfs {folder}")
    try:
        secret.run(b"hunter1").ok()
        host.ssh(f"fallocate -l 4M {folder}/ballast")
        for value, arguments in itertools.product((b"hunter2", b"x" * 500000), ([], ["--check"])):
            assert "4 MiB" in secret.run(value, arguments).refused()
        assert not secret.run(b"hunter1").ok().changed
        assert secret.run(None, state="absent").ok().changed
    finally:
        host.ssh(f"umount {folder}")


@pytest.mark.scope("alice")
def test_nobody_else_sees_a_vaulted_value(
    secret: Secret, host: Host, playbooks: Playbooks, tmp_path: pathlib.Path
) -> None:
    values = [f"{NEEDLE}1\n", f"{NEEDLE}2\n"]
    host.ssh("install -m 0755 /dev/stdin /root/sampler.py", text=SAMPLER.read_text())
    host.ssh("systemd-run --quiet --unit=sampler python3 /root/sampler.py /root/sampled")
    host.wait("test -e /root/sampled")
    try:
        for value in (*values, values[-1]):
            _told(_vaulted(secret, playbooks, tmp_path, value), secret)
        held = secret.held()
        absent = secret.run(None, ["-vvv"], state="absent").ok()
    finally:
        host.ssh("systemctl stop sampler")
        sampled = host.read("/root/sampled")
        host.ssh("rm -f /root/sampled /root/sampler.py; systemctl reset-failed sampler || true")
    assert held == values[-1].encode()
    assert absent.changed
    assert "secret\\u0000create" in sampled, "the sampler was too slow to see it"
    assert "n33dle" not in sampled
    assert "n33dle" not in host.ssh("journalctl --no-pager --all")
    places = "/tmp /var/tmp /dev/shm /var/lib/quadlet.fleet /root /home /run/user /var/log"
    needles = f"-e n33dle -e {base64.b64encode(b'n33dle').decode()}"
    grep = f"grep -rlaF -D skip --exclude-dir=journal {needles} {places} 2>/dev/null || true"
    assert host.ssh(grep) == ""


def _vaulted(
    secret: Secret, playbooks: Playbooks, folder: pathlib.Path, value: str
) -> tuple[Run, Result]:
    """A task with a variable that `ansible-vault encrypt_string` wrote, as talkative as can be."""
    password, variables = folder / "password", folder / "vars.yml"
    password.write_text("open sesame")
    vault = ["--vault-password-file", str(password)]
    variables.write_text(
        subprocess.run(
            ["ansible-vault", "encrypt_string", *vault, "--stdin-name", "held"],
            input=value,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert "!vault" in variables.read_text()
    options = {**secret.scope.options, "name": secret.name, "value": "{{ held }}"}
    run = playbooks.run(
        [{"hosts": "all", "gather_facts": False, "tasks": [{"quadlet.fleet.secret": options}]}],
        secret.scope.host.inventory,
        arguments=["-vvv", "--diff", "-e", f"@{variables}", *vault],
    )
    return run, Result(run.only()).ok()


def _told(outcome: tuple[Run, Result], secret: Secret) -> None:
    run, result = outcome
    assert secret.name in run.output
    assert "n33dle" not in run.output
    assert "n33dle" not in json.dumps(result)
    assert "value" not in result["invocation"]["module_args"]
