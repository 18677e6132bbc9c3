"""A blog: it answers with what it was given, and asks its database and its cache."""

from __future__ import annotations

import http.server
import json
import os
import socket


def ask(host: str, port: int, text: bytes) -> bytes:
    """Sends a text, and returns the first bytes of the answer."""
    with socket.create_connection((os.environ[host], port), 5) as connection:
        connection.sendall(text)
        return connection.recv(100)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with JSON."""

    def do_GET(self) -> None:
        """Any path."""
        visits = ask("CACHE_HOST", 6379, b"INCR visits\r\n")
        postgres = ask("DB_HOST", 5432, b"\0\0\0\x08\x04\xd2\x16\x2f")
        body = {
            "title": os.environ["TITLE"],
            "greeting": os.environ["GREETING"],
            "visits": int(visits[1:]),
            "database": postgres.decode(),
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


http.server.HTTPServer(("", 8000), Handler).serve_forever()
