"""Hosts that converge themselves: a push to a real git repository, run by a real timer."""

from __future__ import annotations

import pathlib
import subprocess
import threading
import typing as t

import pytest

from tests.integration.support.apps import Scope
from tests.integration.support.hosts import Host, run_cli
from tests.integration.support.playbooks import Playbooks
from tests.integration.support.pulled import Pulling, Repository, page_app, port

LIVE = 180
"""Seconds within which a push has to be live, on a busy machine."""


@pytest.fixture(scope="module")
def proxy() -> None:
    """Lets hosts install packages."""
    run_cli("proxy", "up")


class Site(t.NamedTuple):
    """A scope that converges itself, and the repository that it follows."""

    scope: Scope
    repository: Repository
    pulling: Pulling

    def page(self) -> str:
        """What the app serves."""
        return self.scope.host.fetch(port(self.scope))


@pytest.fixture(scope="module")
def sites(
    system: Scope, alice: Scope, playbooks: Playbooks, tmp_path_factory: t.Any, proxy: None
) -> t.Iterator[dict[str, Site]]:
    """The system's follows a path on the host that is another user's; alice's an ssh URL."""
    del proxy
    folder, host, found = tmp_path_factory.mktemp("pull"), system.host, {}
    host.ssh(
        "test -d /srv/pull || (mkdir /srv/pull && ssh-keygen -q -t ed25519 -N '' -f /srv/pull/key);"
        " cat /srv/pull/key.pub >> /home/alice/.ssh/authorized_keys"
    )
    for scope in (system, alice):
        repository = Repository(scope, folder, f"{scope.name}-fleet")
        url = f"ssh://alice@{host.address}{repository.path}"
        pulling = Pulling(scope, playbooks, repository.path if scope is system else url)
        if scope is alice:
            pulling.options["quadlet_pull_ssh_key"] = host.read("/srv/pull/key")
            pulling.options["quadlet_pull_known_hosts"] = known_host(host)
        found[scope.name] = Site(scope, repository, pulling)
    yield found
    for site in found.values():
        site.pulling.apply(state="absent")
        site.scope.app("pulled").remove()


def known_host(host: Host) -> str:
    """The host's own line of a known_hosts file."""
    words = host.read("/etc/ssh/ssh_host_ed25519_key.pub").split()
    return f"{host.address} {words[0]} {words[1]}"


@pytest.fixture(params=["system", "alice"])
def site(request: pytest.FixtureRequest, sites: dict[str, Site]) -> Site:
    """Both in turn: each test here goes on from where the one before has ended."""
    return sites[request.param]


@pytest.fixture
def system_site(sites: dict[str, Site]) -> Site:
    """One is enough."""
    return sites["system"]


def test_check_mode_on_a_new_host(site: Site) -> None:
    run = site.pulling.apply("--check", "--diff")
    assert run.status == 0, run.output
    assert not site.scope.host.exists(f"{site.pulling.top}/pull")
    assert site.scope.host.ssh("ls /etc/systemd/system").count("quadlet-pull") == 0


def test_a_push_is_live_after_the_timer(site: Site) -> None:
    if not site.scope.host.exists("/usr/bin/git"):  # which the host needs to take a push
        site.pulling.set_up()
    first = site.repository.push(page_app(site.scope, "one"))
    run = site.pulling.apply(interval="10s")
    assert run.status == 0, run.output
    wait = f"curl -sf --max-time 5 http://127.0.0.1:{port(site.scope)}/ | grep -qx"
    site.scope.host.wait(f"{wait} one", timeout=LIVE)
    second = site.repository.push(page_app(site.scope, "two"))
    site.scope.host.wait(f"{wait} two", timeout=LIVE)
    site.scope.host.wait(f"grep -q {second} {site.pulling.top}/pull.json", timeout=LIVE)
    assert first != second

    again = site.pulling.apply(interval="10s")
    assert again.status == 0, again.output
    assert "changed=0" in again.output, again.output

    told = site.pulling.info()
    assert (told["result"], told["commit"], told["wanted"]) == ("ok", second, second)
    assert (told["timer"], told["user"]) == ("active", site.scope.options.get("user"))
    assert "ansible-pull" not in told["warned"]
    site.scope.systemctl("stop quadlet-pull.timer quadlet-pull.service")


def test_a_broken_app_leaves_the_old_one(site: Site) -> None:
    good = site.pulling.record()["commit"]
    bad = site.repository.push(page_app(site.scope, "broken", broken=True))
    record = site.pulling.run()
    assert (record["result"], record["commit"], record["wanted"]) == ("failed", good, bad)
    assert "pulled-web.service" in record["message"]
    assert site.page() == "two"
    assert site.pulling.property("ActiveState") == "failed"
    assert "pulled-web.service" in site.pulling.property("StatusText")
    status = site.scope.host.try_ssh(
        site.scope.command(f"systemctl {site.scope.flags} status quadlet-pull.service")
    )
    assert "pulled-web.service" in status.stdout
    told = site.pulling.info()
    assert (told["result"], told["service"]) == ("failed", "failed")
    assert "pulled-web.service" in told["message"]
    assert "is to converge with ansible-pull, but its last run" in told["warned"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: t.Any) -> pathlib.Path:
    """ssh keys good and bad, and OpenPGP keys good@ and bad@example.org."""
    folder: pathlib.Path = tmp_path_factory.mktemp("keys")
    for name in ("good", "bad"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True)
        home = folder / f"gnupg-{name}"
        home.mkdir(mode=0o700)
        mail = f"{name}@example.org"
        gpg = ["gpg", "--homedir", str(home), "--batch", "--passphrase", ""]
        subprocess.run([*gpg, "--quick-generate-key", mail, "ed25519", "sign"], check=True)
        shown = subprocess.run([*gpg, "--armor", "--export", mail], check=True, capture_output=True)
        (folder / f"{name}.asc").write_bytes(shown.stdout)
    return folder


def by_ssh(keys: pathlib.Path, name: str) -> dict[str, t.Any]:
    """Signs a push with an ssh key."""
    return {"sign": ["-c", "gpg.format=ssh", "-c", f"user.signingkey={keys / name}"]}


def by_pgp(keys: pathlib.Path, name: str) -> dict[str, t.Any]:
    """Signs it with an OpenPGP key."""
    mail = f"user.signingkey={name}@example.org"
    return {"sign": ["-c", mail], "GNUPGHOME": str(keys / f"gnupg-{name}")}


def test_a_wrong_signature_is_not_run(system_site: Site, keys: pathlib.Path) -> None:
    site, host = system_site, system_site.scope.host
    public = [(keys / "good.pub").read_text(), (keys / "good.asc").read_text()]
    good = site.repository.push(page_app(site.scope, "four"), **by_ssh(keys, "good"))
    site.pulling.set_up(keys=public)
    record = site.pulling.run()
    assert (record["result"], record["commit"]) == ("ok", good), record
    assert site.pulling.property("ActiveState") == "inactive"

    evil = page_app(site.scope, "evil")
    evil["units"] = "{{ lookup('ansible.builtin.pipe', 'touch /tmp/evil') }}"
    touch = [{"ansible.builtin.command": "touch /tmp/evil"}]
    for signature in ({}, by_ssh(keys, "bad"), by_pgp(keys, "bad")):
        bad = site.repository.push(evil, touch, **signature)
        for _time in range(1 if signature else 2):  # then its objects are on the host already
            record = site.pulling.run()
            assert (record["result"], record["wanted"]) == ("refused", bad)
            assert record["commit"] == good
            assert "is not signed by a key of quadlet_pull_keys" in record["message"]
            assert site.pulling.property("ActiveState") == "failed"
    assert not host.exists("/tmp/evil")
    assert not host.exists(f"{site.pulling.top}/pull/run")
    assert site.page() == "four"
    assert "refused the commit" in site.pulling.info()["warned"]

    # The branch goes back, and on with a good signature of the other kind.
    site.repository.git("reset", "-q", "--hard", good)
    new = site.repository.push(page_app(site.scope, "five"), **by_pgp(keys, "good"))
    record = site.pulling.run()
    assert (record["result"], record["commit"]) == ("ok", new), record
    assert site.page() == "five"
    assert not host.exists("/tmp/evil")


def test_an_unsigned_push_to_a_user_is_not_run(sites: dict[str, Site], keys: pathlib.Path) -> None:
    site = sites["alice"]
    page, good = site.page(), site.pulling.record()["commit"]
    site.pulling.set_up(keys=[(keys / "good.pub").read_text()])
    bad = site.repository.push(page_app(site.scope, "unsigned"))
    record = site.pulling.run()
    assert (record["result"], record["wanted"], record["commit"]) == ("refused", bad, good)
    assert site.page() == page


def test_a_tag_and_a_commit(system_site: Site) -> None:
    site = system_site
    first = site.repository.push(page_app(site.scope, "six"))
    site.repository.git("tag", "v1")
    site.repository.publish("v1")
    second = site.repository.push(page_app(site.scope, "seven"))
    site.pulling.set_up(version="v1")
    assert site.pulling.run()["commit"] == first
    assert site.page() == "six"
    site.pulling.set_up(version=second, converge=3600)
    assert site.pulling.run()["commit"] == second
    assert site.page() == "seven"
    site.repository.push(page_app(site.scope, "eight"))
    before = site.pulling.record()
    site.scope.host.ssh("sleep 1")  # times in a record are whole seconds
    record = site.pulling.run()
    assert (record["result"], record["commit"]) == ("ok", second)
    assert record["converged_at"] == before["converged_at"], "it was not due, and ran"
    assert record["ended_at"] > before["ended_at"]


def test_two_runs_at_once(system_site: Site) -> None:
    """The timer's and one by hand: the second waits."""
    site, host = system_site, system_site.scope.host
    shell = "echo begin >> /tmp/turns; sleep 4; echo end >> /tmp/turns"
    site.repository.push(page_app(site.scope, "nine"), [{"ansible.builtin.shell": shell}])
    site.pulling.set_up()
    host.ssh("rm -f /tmp/turns")
    service = threading.Thread(target=site.pulling.run)
    service.start()
    by_hand = host.try_ssh(f"python3 {site.pulling.top}/pull/pull.py", timeout=300)
    service.join()
    assert by_hand.returncode == 0, by_hand.stdout
    assert host.read("/tmp/turns").split() == ["begin", "end"] * 2
    assert site.pulling.record()["result"] == "ok"


def test_a_run_that_is_stopped_is_recorded(system_site: Site) -> None:
    site, host = system_site, system_site.scope.host
    host.ssh("rm -f /tmp/turns")
    shell = "echo begin >> /tmp/turns; sleep 300"
    site.repository.push(page_app(site.scope, "ten"), [{"ansible.builtin.shell": shell}])
    site.scope.systemctl("start --no-block quadlet-pull.service")
    host.wait("test -s /tmp/turns", timeout=LIVE)
    site.scope.systemctl("stop quadlet-pull.service")
    record = site.pulling.record()
    assert record["result"] == "failed"
    assert record["message"] == "it was stopped before its end (SIGTERM)"
    assert site.page() == "nine"


def test_absent_leaves_the_apps(site: Site) -> None:
    page = site.page()
    run = site.pulling.apply(state="absent")
    assert run.status == 0, run.output
    left = site.scope.host.ssh(f"ls {site.pulling.top} {site.scope.systemd_dir} 2>/dev/null; true")
    assert "pull" not in left
    assert site.scope.show("quadlet-pull.timer", "LoadState") == "not-found"
    assert "pull" not in site.scope.systemctl("list-units --failed --plain --no-legend")
    assert site.page() == page
    told = site.scope.call("info", user=site.scope.options.get("user", "root")).ok()
    assert told["pull"] == []
    assert "pulled" in [app["name"] for app in told["apps"]]
    again = site.pulling.apply(state="absent")
    assert again.status == 0, again.output
    assert "changed=0" in again.output, again.output
