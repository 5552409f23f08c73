"""A real browser without a network, for what a page looks like and does."""

import json
import os
import shutil
import subprocess
from fcntl import F_DUPFD, fcntl
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """Chromium, spoken to through the two pipes of its debugging protocol: JSON messages that end with a zero byte."""

    def __init__(self, executable: str, profile: str) -> None:
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        # The protocol has its pipes as descriptors 3 and 4, which the shell makes of two that are surely others.
        ends = [fcntl(end, F_DUPFD, 10) for end in (to_browser, from_browser)]
        start = f'exec 3<&{ends[0]} 4>&{ends[1]}; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", start, "bash", executable, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (to_browser, from_browser, *ends):
            os.close(end)
        self._buffer = b""
        self._count = 0
        self.events: list[dict[str, Any]] = []
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in targets if each["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    _session = ""

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._read, 1 << 20)
            if not piece:
                raise ConnectionError("the browser went away")
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its answer; what happens meanwhile goes to ``events``."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self.events.append(answer)

    def open(
        self,
        path: Path,
        fragment: str = "",
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        script: bool = True,
    ) -> None:
        """Open a file and wait until it is loaded."""
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Page.navigate", url="about:blank")
        self.events.clear()
        loader = self.call("Page.navigate", url=path.as_uri() + fragment)["loaderId"]
        loaded = {"name": "load", "loaderId": loader}
        while not any(loaded.items() <= event["params"].items() for event in self.events):
            self.events.append(self._receive())

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, a promise's when it is fulfilled."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Return the value of an expression as soon as it is true; gives up after ten seconds."""
        return self.evaluate(
            "new Promise((done, fail) => { const end = Date.now() + 10000; const look = () => {"
            f" const found = ({expression}); if (found) done(found);"
            f" else if (Date.now() > end) fail(Error({json.dumps(expression)}));"
            " else setTimeout(look, 20); }; look(); })"
        )

    def press(self, key: str, code: int) -> None:
        """Press and release a key."""
        text = {"text": "\r"} if key == "Enter" else {}
        self.call(
            "Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, whole: bool = False) -> str:
        """Return a picture of what is shown, or of the whole page, as PNG in base 64."""
        return str(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def close(self) -> None:
        """End the browser and wait until it and its helpers are gone."""
        self._session = ""
        self.call("Browser.close")
        while os.read(self._read, 1 << 20):
            pass
        self._process.wait(timeout=20)
        os.close(self._write)
        os.close(self._read)


def start_browser(profile: str) -> Browser:
    """Start the first browser found on PATH."""
    executable = next((found for name in NAMES if (found := shutil.which(name))), None)
    if executable is None:
        pytest.fail("no chromium on PATH, which the browser tests need: apt-get install --yes chromium")
    return Browser(executable, profile)


def asked(browser: Browser) -> list[str]:
    """What the page requested beside itself."""
    sent = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in sent if not url.endswith(".html") and not url.startswith("data:")]


def complaints(browser: Browser) -> list[dict[str, Any]]:
    """What the page logged or threw."""
    kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
    return [event for event in browser.events if event["method"] in kinds]


def visible(browser: Browser, selector: str) -> bool:
    """Whether the first match takes any room."""
    found = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=found, selector=selector)["nodeId"]
    try:
        browser.call("DOM.getBoxModel", nodeId=node)
    except AssertionError:
        return False
    return True
