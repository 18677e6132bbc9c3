"""Counts the visits in the store: a web server with the standard library alone."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import sys


def count() -> int:
    """One more visit: INCR in the store's own protocol."""
    with socket.create_connection(("demo-db", 6379), timeout=5) as store:
        store.sendall(b"INCR visits\r\n")
        return int(store.recv(64).strip().lstrip(b":"))


class Page(http.server.BaseHTTPRequestHandler):
    """The only page."""

    def do_GET(self) -> None:
        """Greets as the web server says."""
        greeting = self.headers.get("X-Greeting", "")
        body = f"{greeting} Visit {count()} to {os.environ['PLACE']}.\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # process 1 has no default for it
signal.signal(signal.SIGINT, lambda *_: sys.exit())
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever()
