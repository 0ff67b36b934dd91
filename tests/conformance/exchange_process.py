"""`tradewind exchange` as a process of its own on a free port, for the official clients."""
import os
import pathlib
import selectors
import shutil
import signal
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TRADEWIND_BINARY", str(ROOT / "build" / "tradewind"))
KEY, SECRET = "PKCONFORMANCE", "conformance-secret"
START_S = 120


class ExchangeProcess:
    """Starts in an open session (2026-03-30 10:00 New York); an exchange minute is a second."""

    def __init__(self, start="2026-03-30T14:00:00Z", speed="60x", options=()):
        if not pathlib.Path(BINARY).exists():
            raise unittest.SkipTest(f"{BINARY} is not built")
        self.folder = tempfile.mkdtemp(prefix="tradewind-conformance-")
        self.log = open(os.path.join(self.folder, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [BINARY, "exchange", "--listen", "127.0.0.1:0", "--synthetic", "7", "--start", start,
             "--speed", speed, "--credentials", f"{KEY}:{SECRET}",
             "--state", os.path.join(self.folder, "state"), *options],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        try:
            line = self.first_line()
        except BaseException:
            self.stop()
            raise
        self.url = line.removeprefix("listening on ").strip()
        self.port = int(self.url.rsplit(":", 1)[1])
        self.stream_url = self.url.replace("http://", "ws://")

    def first_line(self):
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            if not ready.select(START_S):
                raise AssertionError("the exchange did not start in time")
        line = self.process.stdout.readline()
        if not line.startswith("listening on http://127.0.0.1:"):
            self.log.seek(0)
            raise AssertionError(f"the exchange did not start: {line!r} {self.log.read()}")
        return line

    def stop(self):
        """Ends the process as Ctrl-C does; returns its exit code."""
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code
