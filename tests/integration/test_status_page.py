"""The status page in a real browser, and the metrics as Prometheus' own tool reads them."""

from __future__ import annotations

import os
import pathlib
import statistics
import subprocess
import time
import typing as t

import pytest
import yaml

from ansible_collections.quadlet.fleet.plugins.module_utils._core.status.metrics import make_metrics
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status import files
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.document import make_document
from ansible_collections.quadlet.fleet.plugins.plugin_utils._status.page import render_page
from tests.integration.support.browser import Browser
from tests.unit.support.fleets import (
    HOSTILE,
    app,
    failure,
    hostile_fleet,
    info,
    large_fleet,
    shift,
    to_text,
    troubled_fleet,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".cache/page-tools"

AXE = (
    "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations"
    ".filter(v => ['serious', 'critical'].includes(v.impact))"
    ".map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).join('; ')))"
)
COUNT = "document.getElementById('count').textContent"
DETAIL = "document.querySelector('.detail').textContent"
NAMES = "[...document.querySelectorAll('tr.row .c-host')].map(c => c.textContent)"


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    """Browser, axe-core and promtool."""
    subprocess.run([ROOT / "tests/page-tools"], check=True)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Browser]:
    """One browser for all tests."""
    with Browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


def _write(folder: pathlib.Path, fleet: dict[str, t.Any]) -> pathlib.Path:
    path = folder / "index.html"
    now = time.time()
    document = make_document(shift(fleet, now), to_text(now - 100))
    path.write_text(render_page(document, files.read_parts()), encoding="utf-8")
    return path


def _shoot(browser: Browser, name: str) -> None:
    """A picture for docs/status.md, where QUADLET_TEST_PICTURES asks for them."""
    if os.environ.get("QUADLET_TEST_PICTURES"):
        browser.shoot(ROOT / f"docs/status/{name}.png")


def _is_quiet(browser: Browser) -> bool:
    return (browser.complaints, browser.requests) == ([], [])


def _accessible(browser: Browser) -> list[str]:
    """Serious findings of axe-core."""
    source = (TOOLS / "axe.min.js").read_text(encoding="utf-8")
    browser.run(f"{source}; 0")
    found: list[str] = browser.run(AXE)
    return found


def test_a_bad_day(browser: Browser, tmp_path: pathlib.Path) -> None:
    path = _write(tmp_path, troubled_fleet())
    browser.open(path)
    assert browser.run(NAMES)[:5] == ["edge4", "core3", "core4", "core4", "edge2"]
    assert browser.run(COUNT) == "13 rows"
    for dark in (False, True):
        browser.look(dark=dark)
        browser.open(path, "#open=edge2%2Fshop%2F%2Fsystem")
        assert "address already in use" in browser.run(DETAIL)
        assert browser.run("document.querySelectorAll('.detail details[open] pre').length") >= 1
        assert _accessible(browser) == []
        _shoot(browser, "dark" if dark else "light")
    browser.look(phone=True)
    browser.open(path, "#open=core1%2Fmail%2F%2Fsystem&q=core1")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.run(wide) == 0
    assert browser.run("document.querySelectorAll('svg.graph g').length") == 2
    assert browser.run("document.querySelectorAll('svg.graph path.needs').length") == 1
    assert _accessible(browser) == []
    browser.open(path)
    _shoot(browser, "phone")
    browser.look()
    assert _is_quiet(browser)


def test_the_address_keeps_what_is_seen(browser: Browser, tmp_path: pathlib.Path) -> None:
    """With keys alone: search, a row opened and closed, and the same again from the address."""
    path = _write(tmp_path, troubled_fleet())
    browser.open(path)
    browser.press("/", 191)
    assert browser.run("document.activeElement.id") == "search"
    for key in "host:edge":
        browser.press(key)
    assert set(browser.run(NAMES)) == {"edge1", "edge2", "edge3", "edge4"}
    browser.run("document.querySelector('.tile[data-show=drift]').focus()")
    browser.press("Enter", 13)
    assert sorted(browser.run(NAMES)) == ["edge2", "edge3"]
    browser.run("document.querySelector('.name').focus()")
    browser.press("Enter", 13)
    assert browser.run("document.querySelectorAll('.detail').length") == 1
    assert browser.run("document.activeElement.getAttribute('aria-expanded')") == "true"
    address = browser.run("location.hash")
    seen = browser.run("document.getElementById('rows').innerHTML")
    browser.open(tmp_path / "index.html", "#")
    browser.open(path, address)
    assert browser.run("document.getElementById('rows').innerHTML") == seen
    browser.run("document.querySelector('.name').focus()")
    browser.press("Escape", 27)
    assert browser.run("document.querySelectorAll('.detail').length") == 0
    browser.run("location.hash = '#q=-edge&sort=host'")
    assert browser.run(f"new Promise(r => setTimeout(() => r({NAMES}), 50))")[0] == "core1"
    assert _is_quiet(browser)


ADDRESSES = (
    "sort=__proto__", "sort=constructor&show=__proto__", "show=toString", "q=%", "q=%ff%00&open=%",
    "open=__proto__", "q=(((", "q=-", "q=host:&sort=", "q=" + "a%20" * 2000, "&&==&=", "#",
    "q=%3Cscript%3E",
)  # fmt: skip


def test_any_address_is_read(browser: Browser, tmp_path: pathlib.Path) -> None:
    path = _write(tmp_path, troubled_fleet())
    for address in ADDRESSES:
        browser.open(path, f"#{address}")
        assert browser.run(COUNT), address
    assert _is_quiet(browser)


def test_what_hosts_write_stays_text(browser: Browser, tmp_path: pathlib.Path) -> None:
    fleet = hostile_fleet()
    browser.open(_write(tmp_path, fleet))
    assert browser.run("document.title") == "Fleet status"
    opened = browser.run("document.querySelectorAll('.name').length")
    assert opened == len(HOSTILE)
    for number in range(opened):
        browser.run(f"document.querySelectorAll('.name')[{number}].click()")
        assert browser.run("document.querySelectorAll('.detail').length") == 1
    assert (
        browser.run("document.querySelectorAll('main script, main img, main b, main i b').length")
        == 0
    )
    assert browser.run("document.querySelectorAll('script').length") == 2
    assert HOSTILE[0] in browser.run("document.querySelector('#rows').textContent")
    assert browser.run("document.title") == "Fleet status"
    assert _is_quiet(browser)


def test_a_large_fleet(browser: Browser, tmp_path: pathlib.Path, record_property: t.Any) -> None:
    """500 hosts with 20 units each.  Times are told, and no test depends on them."""
    path = _write(tmp_path, large_fleet(500, 20))
    seconds = statistics.median(browser.open(path) for _time in range(3))
    assert browser.run(COUNT) == "2,000 rows"
    script = """(() => {
      const box = document.getElementById('search'), times = [];
      for (const text of ['n', 'no', 'node04', 'node04 -wiki', 'unit:mail', 'zzz', '']) {
        const began = performance.now();
        box.value = text;
        box.dispatchEvent(new Event('input'));
        document.body.offsetHeight;
        times.push(performance.now() - began);
      }
      return Math.max(...times);
    })()"""
    slowest = browser.run(script)
    told = {
        "bytes": path.stat().st_size,
        "opened_s": round(seconds, 2),
        "filter_ms": round(slowest, 1),
    }
    record_property("status_page", told)
    print(f"status page of 500 hosts with 20 units: {told}")
    assert path.stat().st_size < 5_000_000
    assert browser.run("document.querySelectorAll('tr.row').length") < 400
    browser.run("document.getElementById('more').click()")
    assert _is_quiet(browser)


def _promtool(*words: str | pathlib.Path, given: str | None = None) -> str:
    ran = subprocess.run(
        [TOOLS / "promtool", *words], input=given, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def test_prometheus_reads_metrics_and_rules() -> None:
    for fleet in (troubled_fleet(), hostile_fleet(), large_fleet(1, 20)):
        for host, told in fleet.items():
            text = make_metrics(told if "apps" in told else None, 1.0, {"host": host})
            _promtool("check", "metrics", given=text)
    assert "9 rules found" in _promtool("check", "rules", ROOT / "docs/status/alerts.yml")


def _series(*texts: str) -> list[dict[str, str]]:
    """The samples of several texts as one series each, a minute apart."""
    values: dict[str, list[str]] = {}
    for text in texts:
        for line in text.split("\n"):
            if line and not line.startswith("#"):
                name, _space, value = line.rpartition(" ")
                values.setdefault(name, []).append(value)
    return [{"series": name, "values": " ".join(found)} for name, found in values.items()]


def test_alerts(tmp_path: pathlib.Path) -> None:
    """A failed deployment fires its alert, and the next good one ends it."""
    texts = [
        make_metrics(info(app(), failures=[failure(open=is_open)]), 60.0 * minute, {"host": "h"})
        for minute, is_open in enumerate([False, True, True, False])
    ]
    labels = {"app": "shop", "user": "root", "location": "system", "host": "h",
              "severity": "critical"}  # fmt: skip
    firing = [{"exp_labels": labels, "exp_annotations": {
        "summary": "The last deployment of shop (root) has failed",
        "description": "The next deployment that succeeds ends this alert. The status page, and "
        "module info, have the reason and the last lines of the journal."}}]  # fmt: skip
    tests = [
        {"eval_time": f"{minute}m", "alertname": "QuadletDeploymentFailed",
         "exp_alerts": firing if minute in (1, 2) else []}
        for minute in range(4)
    ]  # fmt: skip
    rules = {
        "rule_files": [str(ROOT / "docs/status/alerts.yml")],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": _series(*texts), "alert_rule_test": tests}],
    }
    path = tmp_path / "test.yml"
    path.write_text(yaml.safe_dump(rules), encoding="utf-8")
    _promtool("test", "rules", path)
