"""Marked keys appear nowhere, in any mode: output, store, arguments, answers, core files."""
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from daemon import Daemon
from program import PROGRAM, run

KEY, SECRET = "PKMARKEDKEYID5R7Q", "marked-secret-9f3b61c4"
KEYS = {"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": SECRET}
PATIENCE_S = 60


def with_core_files():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


class Exchange:
    """`tradewind exchange` whose only valid pair is the marked one."""

    def __init__(self, folder):
        self.log = open(folder / "exchange.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [PROGRAM, "exchange", "--listen", "127.0.0.1:0", "--synthetic", "7", "--symbols",
             "AAPL", "--start", "2026-03-30T14:00:00Z", "--speed", "60x", "--credentials",
             f"{KEY}:{SECRET}", "--state", str(folder / "exchange")], cwd=folder,
            stdout=subprocess.PIPE, stderr=self.log, text=True, preexec_fn=with_core_files)
        self.url = self.process.stdout.readline().removeprefix("listening on ").strip()

    def get(self, path, key=KEY, secret=SECRET):
        request = urllib.request.Request(self.url + path, headers={
            "APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.read() + str(answer.headers).encode()
        except urllib.error.HTTPError as refused:
            return refused.read() + str(refused.headers).encode()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


class Secrets(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def exchange(self):
        exchange = Exchange(self.folder)
        self.addCleanup(exchange.close)
        return exchange

    def environment(self, exchange):
        return {**KEYS, "APCA_API_BASE_URL": exchange.url, "APCA_API_DATA_URL": exchange.url,
                "APCA_API_STREAM_URL": exchange.url.replace("http", "ws")}

    def scan(self, *texts, words=(KEY, SECRET)):
        for text in texts:
            data = text if isinstance(text, bytes) else str(text).encode()
            for word in words:
                self.assertNotIn(word.encode(), data)

    def scan_process(self, process, words=(KEY, SECRET)):
        folder = pathlib.Path(f"/proc/{process.pid}")
        self.scan((folder / "cmdline").read_bytes(), (folder / "comm").read_bytes(), words=words)
        limits = (folder / "limits").read_text(encoding="ascii")
        self.assertRegex(limits, r"Max core file size\s+0\s+0\s")

    def scan_files(self, minimum, words=(KEY, SECRET)):
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        texts = [path.read_bytes() for path in files]
        self.assertGreater(sum(map(len, texts)), minimum, files)
        self.scan(*texts, words=words)

    def test_exchange(self):
        exchange = self.exchange()
        # Its key ids are names of accounts, and the operator gave them as arguments.
        self.scan_process(exchange.process, words=(SECRET,))
        self.assertIn(b"ACTIVE", exchange.get("/v2/account"))
        answers = [exchange.get("/v2/account"), exchange.get("/v2/nothing"),
                   exchange.get("/v2/account", key=KEY, secret="wrong"),
                   exchange.get("/v2/account", key="other", secret=SECRET)]
        self.scan(*answers)
        exchange.process.send_signal(signal.SIGINT)
        self.assertEqual(0, exchange.process.wait(PATIENCE_S))
        self.scan_files(1000)

    def test_a_crash_leaves_no_core_file(self):
        other = subprocess.Popen(["sleep", "60"], preexec_fn=with_core_files, cwd=self.folder)
        other.send_signal(signal.SIGSEGV)
        dumped = os.WCOREDUMP(os.waitpid(other.pid, 0)[1])
        other.returncode = -signal.SIGSEGV
        if not dumped:
            self.skipTest("this machine leaves no core files of any process")
        exchange = self.exchange()
        exchange.process.send_signal(signal.SIGSEGV)
        status = os.waitpid(exchange.process.pid, 0)[1]
        exchange.process.returncode = -signal.SIGSEGV
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertFalse(os.WCOREDUMP(status))

    def test_paper_at_a_broker(self):
        exchange = self.exchange()
        state = self.folder / "paper"
        with Daemon(state, "--strategy", "sma_cross", "--set", "fast=1", "--set", "slow=2",
                    "--set", "quantity=1", "--symbols", "AAPL", "--broker", "alpaca",
                    environment=self.environment(exchange)) as daemon:
            daemon.wait_listening()
            self.scan_process(daemon.process)
            daemon.wait_state("ready")
            daemon.wait_for(lambda running: running.api("orders"), "order")
            pages = [daemon.get(page) for page in (
                "/", "/metrics", "/healthz", "/readyz", "/api/status", "/api/orders",
                "/api/positions", "/api/fills", "/api/decisions")]
            self.scan(*pages)
            daemon.stop()
            self.scan("\n".join(daemon.log))
        exchange.close()
        for command in ("verify", "export"):
            extra = ("--out", self.folder / "books") if command == "export" else ()
            answer = run(command, state, *extra, environment=KEYS)
            self.scan(answer.stdout, answer.stderr)
        self.scan_files(50_000)

    def test_commands_that_see_the_keys(self):
        for words in (("config", "show"), ("config", "check"), ("doctor",), ("doctor", "--json"),
                      ("live", "--account", "PA1", "--state", self.folder / "live"),
                      ("paper", "--broker", "nowhere"), ("replay", "--data", "none")):
            answer = run(*words, environment={**KEYS, "XDG_STATE_HOME": str(self.folder)},
                         cwd=self.folder)
            self.assertGreater(len(answer.stdout + answer.stderr), 0, words)
            self.scan(answer.stdout, answer.stderr)
        self.scan(*[path.read_bytes() for path in self.folder.rglob("*") if path.is_file()])
        shown = run("config", "check", environment=KEYS)
        self.assertTrue(re.search("environment", shown.stdout + shown.stderr), shown)

    def test_keys_in_files_that_cannot_be_used_are_not_shown(self):
        for mode, text in ((0o644, SECRET), (0o600, f"{SECRET} {KEY}"), (0o600, SECRET * 400)):
            key, secret = self.folder / "id", self.folder / "secret"
            key.write_text(KEY, encoding="ascii")
            secret.write_text(text, encoding="ascii")
            key.chmod(0o600)
            secret.chmod(mode)
            settings = self.folder / "settings.toml"
            settings.write_text(f'[broker]\nkey_id_file = "{key}"\nsecret_key_file = "{secret}"\n',
                                encoding="ascii")
            answer = run("paper", "--broker", "alpaca", "--config", settings, "--state",
                         self.folder / "state", environment={"XDG_STATE_HOME": str(self.folder)})
            self.assertEqual(2, answer.returncode, answer)
            self.scan(answer.stdout, answer.stderr)


if __name__ == "__main__":
    unittest.main()
