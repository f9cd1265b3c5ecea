"""Chromium through its WebDriver, by the standard library alone."""

import base64
import http.client
import json
import shutil
import socket
import subprocess
import time

SECONDS = 120  # for the slowest request, a page of 10^4 cells on a busy machine


def programs():
    """Paths of chromium and its driver, or None for what is missing."""
    return shutil.which("chromium"), shutil.which("chromedriver")


class Browser:
    """One window. Sizes are of the page's area, in CSS pixels."""

    def __init__(self, profile):
        """@param profile  an empty directory for the browser's own files"""
        chromium, driver = programs()
        self._port = _free_port()
        self._driver = subprocess.Popen(
            [driver, f"--port={self._port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._session = None
        try:
            self._wait_for_driver()
            options = {
                "binary": chromium,
                # Tests may run as root in a container; no name resolves, so nothing is fetched.
                "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND",
                         "--hide-scrollbars"],
            }
            capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                            "goog:loggingPrefs": {"browser": "ALL"}}
            value = self._request("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
            self._session = value["sessionId"]
        except BaseException:
            self.close()
            raise

    def close(self):
        try:
            if self._session:
                self._request("DELETE", f"/session/{self._session}")
        finally:
            self._driver.terminate()
            self._driver.wait()

    def show(self, width, height, media="screen", scheme="light"):
        """Sets size, medium and colour mode; a narrow window is a phone."""
        self._developer("Emulation.setDeviceMetricsOverride",
                        {"width": width, "height": height, "deviceScaleFactor": 1,
                         "mobile": width < 500})
        self._developer("Emulation.setEmulatedMedia",
                        {"media": media,
                         "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, file):
        self._command("POST", "url", {"url": file.as_uri()})

    def run(self, script, *arguments):
        """Value that a function body returns."""
        return self._command("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def problems(self):
        """What the console has been told since the last call."""
        return [entry["message"] for entry in self._command("POST", "se/log", {"type": "browser"})]

    def press(self, *keys):
        """Types, key after key, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._command("POST", "actions",
                      {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def picture(self, file):
        """The whole page as PNG."""
        value = self._developer("Page.captureScreenshot", {"captureBeyondViewport": True})
        file.write_bytes(base64.b64decode(value["data"]))

    def print_a4(self, file):
        value = self._developer("Page.printToPDF",
                                {"preferCSSPageSize": True, "printBackground": True})
        file.write_bytes(base64.b64decode(value["data"]))

    def _developer(self, command, parameters):
        return self._command("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def _command(self, method, name, body):
        return self._request(method, f"/session/{self._session}/{name}", body)

    def _wait_for_driver(self):
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                self._request("GET", "/status")
                return
            except OSError:
                if self._driver.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(f"{path}: {value['error']}: {value['message']}")
        return value


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
