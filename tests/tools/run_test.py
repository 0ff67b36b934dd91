#!/usr/bin/env python3
"""tools/run and tools/test drive set-up, build and program as they say.

They run in a small tree with stand-ins for set-up, build tool and program, so nothing is built.
"""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Healthy(http.server.BaseHTTPRequestHandler):
    """A daemon that answers on /healthz."""

    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        (self.tree / "tools").mkdir()
        (self.tree / "build").mkdir()
        (self.tree / "bin").mkdir()
        self.state = self.tree / "state"
        self.state.mkdir()
        for name in ("run", "test"):
            shutil.copy(ROOT / "tools" / name, self.tree / "tools" / name)
        self.script("tools/setup", 'echo "setup $*"')
        self.script("bin/cmake", 'echo "cmake $*"')
        self.script("build/tradewind", 'echo "tradewind $*"')
        (self.tree / "tools/run_suite.py").write_text("import sys\nprint('suite', *sys.argv[1:])\n")

    def script(self, name, body):
        path = self.tree / name
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(0o755)

    def run_script(self, name, *arguments):
        environment = dict(os.environ, PATH=f"{self.tree}/bin:{os.environ['PATH']}",
                           HOME=str(self.tree))
        for variable in ("STATE_DIR", "TRADEWIND_STATE_DIR", "XDG_STATE_HOME"):
            environment.pop(variable, None)
        return subprocess.run([self.tree / "tools" / name, *arguments], env=environment,
                              capture_output=True, text=True, timeout=60, check=False)

    def test_run_sets_up_builds_and_starts(self):
        answer = self.run_script("run", "--state", str(self.state), "--cash", "5")
        self.assertEqual(0, answer.returncode, answer.stderr)
        self.assertEqual(["setup ", "cmake --preset release",
                          "cmake --build --preset release --target tradewind",
                          f"tradewind paper --state {self.state} --cash 5"],
                         answer.stdout.splitlines())

    def test_run_configures_once(self):
        (self.tree / "build/build.ninja").write_text("")
        self.assertNotIn("cmake --preset release\n", self.run_script("run").stdout)

    def test_run_passes_the_exit_code_on(self):
        self.script("build/tradewind", "exit 42")
        self.assertEqual(42, self.run_script("run").returncode)
        self.script("bin/cmake", "exit 3")
        self.assertEqual(3, self.run_script("run").returncode)
        self.script("tools/setup", "exit 1")
        self.assertEqual(1, self.run_script("run").returncode)

    def test_run_prints_the_address_of_a_running_daemon(self):
        server = http.server.HTTPServer(("127.0.0.1", 0), Healthy)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            (self.state / "http.json").write_text(json.dumps(
                {"address": address, "port": server.server_port, "token": "t"}))
            for arguments in (["--state", str(self.state)], [f"--state={self.state}"]):
                answer = self.run_script("run", *arguments)
                self.assertEqual((0, f"tradewind runs already: {address}\n", ""),
                                 (answer.returncode, answer.stdout, answer.stderr))
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        # Nobody answers any more: the file is stale, and a daemon is started.
        self.assertIn("tradewind paper", self.run_script("run", "--state", str(self.state)).stdout)

    def test_test_runs_the_suite_of_the_preset(self):
        answer = self.run_script("test", "--long", "--only", "config")
        self.assertEqual(["setup --tests", "cmake --preset release",
                          "cmake --build --preset release",
                          "suite --build build --long --only config"], answer.stdout.splitlines())
        answer = self.run_script("test", "--preset", "asan")
        self.assertEqual(["setup --tests", "cmake --preset asan", "cmake --build --preset asan",
                          "suite --build build-asan"], answer.stdout.splitlines())
        self.assertIn("setup --tests --cuda", self.run_script("test", "--preset=cuda").stdout)

    def test_test_refuses_what_it_does_not_know(self):
        for arguments in (["--preset", "debug"], ["--lnog"], ["--preset"]):
            answer = self.run_script("test", *arguments)
            self.assertNotEqual(0, answer.returncode)
            self.assertEqual("", answer.stdout)
            self.assertTrue(answer.stderr.strip())


if __name__ == "__main__":
    unittest.main()
