"""The collection in a container: no service manager, no account, no home to keep things in.

The image is a host's own tree with Debian's ansible-core: the tests reach no registry that has a
base for ansible-builder.  `./test --long` runs it.
"""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess
import sys
import typing as t

import pytest

from tests.integration.support.apps import container
from tests.integration.support.hosts import Fleet, Host, run_cli
from tests.integration.support.playbooks import ROOT

pytestmark = pytest.mark.matrix

MAKE = """\
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ansible-core >/dev/null
left="--exclude=var/lib/containers --exclude=var/tmp --exclude=var/cache"
tar -C / --one-file-system $left -c usr etc var bin sbin lib lib64 |
    podman import -q - localhost/plain
podman run --name made --network=none -v /root/fleet.tar.gz:/fleet.tar.gz:ro localhost/plain \\
    ansible-galaxy collection install /fleet.tar.gz -p /usr/share/ansible/collections --offline
podman commit -q made localhost/ee && podman rm made
install -d -m 0777 /root/results && chmod 0755 /root
"""
PLAYBOOKS = ("site", "rollout", "status", "rollback")
RUN = (
    "podman run --rm --network=host --user 54321:0 --read-only --tmpfs /tmp:rw,mode=1777"
    " -e HOME=/tmp/home -e ANSIBLE_HOST_KEY_CHECKING=false -e ANSIBLE_NOCOLOR=1"
    " -e ANSIBLE_CALLBACKS_ENABLED=quadlet.fleet.progress"
    " -v /project:/runner/project:ro -v /root/results:/results -w /runner/project localhost/ee"
    " sh -c 'umask 077; mkdir /tmp/home; cp key /tmp/key; ansible{} -i inventory.json 2>&1'"
)


@pytest.fixture(scope="module")
def builder(fleet: Fleet, tmp_path_factory: t.Any) -> Host:
    """A host with the image, and a project for it."""
    host, folder = fleet.get("5.4", "e"), tmp_path_factory.mktemp("ee")
    run_cli("proxy", "up")
    archive = _build(folder)
    copied = host.try_ssh("base64 -d >/root/fleet.tar.gz", text=archive)
    assert copied.returncode == 0, copied.stderr
    made = host.try_ssh(f"set -e; {MAKE}", timeout=600)
    assert made.returncode == 0, made.stderr[-2000:]
    for name in PLAYBOOKS:
        text = json.dumps([{"ansible.builtin.import_playbook": f"quadlet.fleet.{name}"}])
        host.write(f"/project/{name}.yml", text)
    return host


def _build(folder: pathlib.Path) -> str:
    """The collection's archive, as text."""
    subprocess.run([sys.executable, ROOT / "tests/build", folder], check=True, capture_output=True)
    [archive] = folder.glob("*.tar.gz")
    return base64.b64encode(archive.read_bytes()).decode()


def _declare(builder: Host, host: Host, label: str) -> None:
    """The inventory: by ssh as alice, who becomes root by sudo."""
    variables = json.loads(host.inventory.read_text(encoding="utf-8"))["all"]["vars"]
    key = pathlib.Path(variables["ansible_ssh_private_key_file"]).read_text(encoding="utf-8")
    builder.write("/project/key", key)
    app = {
        "name": "eeweb",
        "units": {"eeweb.container": container(f"Label=release={label}")},
        "gate": {"stable": 0.2},
    }
    row = {"ansible_host": host.address, "ansible_user": "alice", "ansible_become": True}
    shared = {"ansible_ssh_private_key_file": "/tmp/key", "quadlet_deploy_apps": [app]}
    inventory = {"all": {"hosts": {"web1": row}, "vars": shared}}
    builder.write("/project/inventory.json", json.dumps(inventory))


def _play(builder: Host, *words: str) -> str:
    done = builder.try_ssh(RUN.format(" ".join(words)), timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_deployment_a_rollout_the_status_and_a_rollback(builder: Host, host: Host) -> None:
    host.ssh("echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice")
    try:
        _declare(builder, host, "one")
        assert "changed=1 " in _play(builder, "-playbook site.yml")
        assert "changed=0 " in _play(builder, "-playbook site.yml")
        _declare(builder, host, "two")
        assert "eeweb  1     2   deployed" in _play(builder, "-playbook rollout.yml")
        _play(builder, "-playbook status.yml", "-e quadlet_status_dest=/results/page")
        page = json.loads(builder.read("/root/results/page/status.json"))
        assert "eeweb" in json.dumps(page)
        assert "eeweb  2     1   returned" in _play(builder, "-playbook rollback.yml")
    finally:
        _play(builder, " all -m quadlet.fleet.app -a name=eeweb\\ state=absent")
        host.ssh("rm -f /etc/sudoers.d/alice")
