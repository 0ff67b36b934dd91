"""The built program, as the end-to-end tests run it: arguments in, exit code and output out."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("TRADEWIND_BINARY", str(ROOT / "build" / "tradewind"))
SAMPLES = ROOT / "data" / "sample"
# Sanitized builds are many times slower.
PATIENCE_S = 120


def run(*arguments, environment=None, cwd=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          timeout=600, check=False, cwd=cwd,
                          env={**os.environ, **(environment or {})})


def done(*arguments, environment=None):
    """Runs a command that must succeed; returns its stdout."""
    answer = run(*arguments, environment=environment)
    if answer.returncode != 0:
        raise AssertionError(f"{arguments}: {answer.returncode}: {answer.stderr}")
    return answer.stdout


def assert_refused(test, answer, code, *says):
    """Exit code, nothing on stdout, one line `error: ...` that says all of `says`."""
    test.assertEqual(answer.returncode, code, answer)
    test.assertEqual(answer.stdout, "")
    lines = answer.stderr.splitlines()
    test.assertEqual(len(lines), 1, lines)
    test.assertTrue(lines[0].startswith("error: "), lines[0])
    for words in says:
        test.assertIn(str(words), lines[0])


class Daemon:
    """A `tradewind paper` that runs while the block does; `prefix` wraps its command line."""

    def __init__(self, state, *arguments, prefix=(), environment=None):
        self.state = pathlib.Path(state)
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*prefix, PROGRAM, "paper", "--state", str(state), "--listen", "127.0.0.1:0",
             *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})}, start_new_session=True)
        watchdog = threading.Timer(PATIENCE_S, self.kill)
        watchdog.start()
        line = self.process.stdout.readline().decode()
        watchdog.cancel()
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:(\d+))\n", line)
        if not found:
            self.kill()
            raise AssertionError(f"no address but {line!r}: {self.text()}")
        self.address, self.port = found[1], int(found[2])

    def text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def kill(self):
        """Ends the process and what was wrapped around it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def wait(self):
        return self.process.wait(timeout=PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.stdout.close()
        self.log.close()


def eventually(what, seconds=PATIENCE_S):
    """Polls `what` until it gives something true, which is returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("did not happen in time")
        time.sleep(0.1)
