"""A client outside of the hosts, which asks each one's web server all the while."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
import typing as t

from .hosts import Host

PAUSE = 0.05


class Answer(t.NamedTuple):
    """at: when it was asked for, in seconds since the epoch.  page: None where none came.
    why: what came instead.
    """

    at: float
    page: str | None
    why: str = ""


class Watcher:
    """Asks every host until it is left."""

    def __init__(self, hosts: t.Sequence[Host], port: int) -> None:
        self.answers: dict[str, list[Answer]] = {host.name: [] for host in hosts}
        self._port = port
        self._ends = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(host.name, host.address)) for host in hosts
        ]

    def __enter__(self) -> Watcher:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, name: str, address: str) -> None:
        while not self._ends.wait(PAUSE):
            at = time.time()
            self.answers[name].append(Answer(at, *_fetch(address, self._port)))

    def failed(self, name: str) -> list[Answer]:
        """The requests to a host that it did not answer."""
        return [answer for answer in self.answers[name] if answer.page is None]

    def outages(self, name: str) -> list[tuple[float, float]]:
        """From the first to the last of the requests in a row that failed."""
        rows = itertools.groupby(self.answers[name], lambda answer: answer.page is None)
        failed = [[answer.at for answer in row] for is_failed, row in rows if is_failed]
        return [(row[0], row[-1] + PAUSE) for row in failed]

    def most_down(self) -> int:
        """The largest number of hosts that did not answer at the same time."""
        edges = sorted(
            edge
            for name in self.answers
            for start, end in self.outages(name)
            for edge in ((start, 1), (end, -1))
        )
        most = now = 0
        for _at, step in edges:
            now += step
            most = max(most, now)
        return most


def _fetch(address: str, port: int) -> tuple[str | None, str]:
    """The page, or why there is none.

    A service that is down refuses, or breaks off.  What got lost on the way (no route, no answer;
    seen while other test hosts come and go) is asked for once more.
    """
    try:
        return _ask_once(address, port)
    except (ConnectionError, http.client.HTTPException) as error:
        return None, repr(error)
    except OSError as lost:
        try:
            return _ask_once(address, port)
        except (OSError, http.client.HTTPException) as error:
            return None, f"{lost!r}, then {error!r}"


def _ask_once(address: str, port: int) -> tuple[str | None, str]:
    connection = http.client.HTTPConnection(address, port, timeout=15)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        page = answer.read().decode()
        return (page.strip(), "") if answer.status == 200 else (None, f"status {answer.status}")
    finally:
        connection.close()
