"""A headless Chromium, driven over its pipe by the DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import time
import typing as t

Reply = dict[str, t.Any]
NAMES = ("chromium-headless-shell", "chromium")


class Browser:
    """One page.  complaints: what it wrote to its console, errors, and refusals of its policy.
    requests: addresses that it asked for, that of the page aside.
    """

    def __init__(self, folder: pathlib.Path, *, dark: bool = False, phone: bool = False) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._number, self._replies = 0, dict[int, Reply]()
        self._loaded = False
        name = next(filter(None, map(shutil.which, NAMES)))
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        options = [
            "--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu",
            f"--user-data-dir={folder / 'browser'}", "--no-first-run", "--hide-scrollbars",
        ]  # fmt: skip
        wires = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["bash", "-c", wires, "browser", t.cast(str, name), *options],
            pass_fds=(theirs_in, theirs_out),
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = os.fdopen(ours_in, "rb", buffering=0), ours_out
        self._rest = b""
        self._session = ""
        self._attach()
        self.look(dark=dark, phone=phone)

    def _attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
            self.call(f"{domain}.enable")

    def look(self, *, dark: bool = False, phone: bool = False) -> None:
        """Sets the colours that are preferred, and the size."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        width, height = (390, 844) if phone else (1280, 860)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )

    def open(self, path: pathlib.Path, address: str = "") -> float:
        """Opens a file; seconds until it was loaded and had drawn its rows."""
        self._go("about:blank")  # to another fragment of the same page nothing would be loaded
        began = time.monotonic()
        self._go(f"{path.as_uri()}{address}")
        self.run("document.getElementById('rows')?.offsetHeight")
        return time.monotonic() - began

    def _go(self, address: str) -> None:
        self._loaded = False
        self.call("Page.navigate", url=address)
        while not self._loaded:
            self._read()

    def run(self, script: str) -> t.Any:
        """The value of an expression in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, code: int = 0) -> None:
        """A key goes down and up."""
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            more = text if kind == "keyDown" else {}
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more
            )

    def shoot(self, path: pathlib.Path) -> None:
        """Writes a picture of what is seen."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def call(self, method: str, **params: t.Any) -> Reply:
        """The answer of a command."""
        self._number += 1
        number = self._number
        message: Reply = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while number not in self._replies:
            self._read()
        reply = self._replies.pop(number)
        assert "error" not in reply, reply["error"]
        return t.cast(Reply, reply["result"])

    def _read(self) -> None:
        while b"\0" not in self._rest:
            chunk = self._in.read(1 << 20)
            assert chunk, "the browser has ended"
            self._rest += chunk
        text, _end, self._rest = self._rest.partition(b"\0")
        message = json.loads(text)
        if "id" in message:
            self._replies[message["id"]] = message
        else:
            self._note(message["method"], message["params"])

    def _note(self, method: str, params: Reply) -> None:
        if method == "Network.requestWillBeSent":
            if params["request"]["url"] != params.get("documentURL"):
                self.requests.append(params["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str([a.get("value") for a in params["args"]]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif method == "Page.loadEventFired":
            self._loaded = True

    def close(self) -> None:
        """Ends it."""
        with contextlib.suppress(OSError):
            os.close(self._out)
        self._in.close()
        self._process.terminate()
        self._process.wait(20)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
