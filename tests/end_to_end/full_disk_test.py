"""A disk that fills up under the paper daemon: no new risk, exits go on and are booked, and trading
is resumed only when there is room again. The state lies on a small file system of its own."""
import errno
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error

from daemon import Books, Daemon, submitted

INSIDE = "SMALL_DISK_OF_TEST"  # the folder where the small file system is mounted
CROSS = ["--symbols", "BTCUSDT,ETHUSDT,SUIUSDT", "--strategy", "sma_cross", "--set", "fast=2",
         "--set", "slow=5", "--set", "quantity=0.1", "--set", "side=long_short"]
ENTRY = "entry"


class FullDisk(unittest.TestCase):
    def test_on_a_small_file_system(self):
        loader = unittest.TestLoader()
        with tempfile.TemporaryDirectory() as mount:
            mounted = ["unshare", "-Urm", "bash", "-c",
                       f"mount -t tmpfs -o size=32m none {mount} && exec \"$@\"", "bash"]
            allowed = subprocess.run([*mounted, "true"], capture_output=True, text=True,
                                     timeout=30, check=False)
            if allowed.returncode != 0:
                self.skipTest("no file system can be mounted here: " + allowed.stderr.strip())
            for case in loader.getTestCaseNames(Inside):
                with self.subTest(case):
                    inside = subprocess.run(
                        [*mounted, sys.executable, __file__, f"Inside.{case}"],
                        capture_output=True, text=True, timeout=300,
                        env={**os.environ, INSIDE: mount}, check=False)
                    self.assertEqual(inside.returncode, 0, inside.stdout + inside.stderr)
                    self.assertIn("Ran 1 test", inside.stderr)


class Inside(unittest.TestCase):
    """Run by FullDisk, with the small file system mounted."""

    def setUp(self):
        self.disk = pathlib.Path(os.environ[INSIDE])
        self.state = self.disk / "state"
        self.state.mkdir()
        # The exchange stands for another machine: its disk is not this one.
        elsewhere = tempfile.TemporaryDirectory()
        self.addCleanup(elsewhere.cleanup)
        (self.state / "exchange").symlink_to(elsewhere.name)

    def fill(self):
        with open(self.disk / "other", "wb") as other:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        os.write(other.fileno(), b"x" * size)
                except OSError as full:
                    self.assertEqual(full.errno, errno.ENOSPC)

    def entries_sent(self):
        roles = {order["order_id"]: order["role"] for order in Books(self.state).orders}
        return [name for name in submitted(self.state) if roles.get(name) == ENTRY]

    def test_no_new_risk_and_exits_go_on(self):
        daemon = Daemon(self.state, "--speed", "600", *CROSS)
        self.addCleanup(daemon.__exit__)
        daemon.wait_listening().wait_state("ready")
        daemon.wait_for(lambda d: d.api("positions"), "a position")
        self.fill()
        daemon.wait_state("halted")
        before = self.entries_sent()
        seen = len(daemon.api("decisions?limit=1000000"))
        daemon.wait_for(lambda d: len(d.api("decisions?limit=1000000")) > seen + 3, "decisions")
        self.assertEqual(self.entries_sent(), before)
        self.assertEqual(daemon.post("kill", reason="test", flatten=True), 200)
        daemon.wait_for(lambda d: not d.api("positions"), "flat positions")
        self.assertEqual(Books(self.state).quantities(), {})  # booked, out of the reserve
        with self.assertRaises(urllib.error.HTTPError):
            daemon.post("resume")
        self.assertEqual(daemon.api("status")["state"], "halted")
        (self.disk / "other").unlink()
        self.assertEqual(daemon.post("resume"), 200)
        daemon.wait_state("ready")
        daemon.wait_for(lambda d: d.api("positions"), "a position after the resume")
        self.assertEqual(daemon.stop(), 0, daemon.log)
        self.assertGreater(len(self.entries_sent()), len(before))
        self.assertTrue(any("disk full" in line for line in daemon.log), daemon.log)

    def failing(self):
        """A daemon whose disk is full and whose reserve is gone: it fails, starts again, fails."""
        daemon = Daemon(self.state, "--speed", "600", *CROSS)
        self.addCleanup(daemon.__exit__)
        daemon.wait_listening().wait_state("ready")
        (self.state / "ledger.reserve").unlink()
        self.fill()
        daemon.wait_for(lambda d: any("restarting" in line for line in d.log), "a restart")
        return daemon

    def test_what_fails_again_and_again_ends_with_one_line(self):
        daemon = self.failing()
        self.assertEqual(daemon.wait(), 1)
        self.assertEqual(sum("restarting" in line for line in daemon.log), 4, daemon.log)
        errors = [line for line in daemon.log if line.startswith("error: ")]
        self.assertEqual(len(errors), 1, daemon.log)
        self.assertIn("free space on the disk", errors[0])
        self.assertFalse((self.state / "http.json").exists())

    def test_a_kill_between_two_lives_counts(self):
        daemon = self.failing()
        daemon.signal(signal.SIGUSR1)
        before = self.entries_sent()
        (self.disk / "other").unlink()
        daemon.wait_state("halted")
        seen = len(daemon.api("decisions?limit=1000000"))
        daemon.wait_for(lambda d: len(d.api("decisions?limit=1000000")) > seen + 3, "decisions")
        self.assertEqual(self.entries_sent(), before)
        self.assertEqual(daemon.stop(), 0, daemon.log)


def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(FullDisk)


if __name__ == "__main__":
    unittest.main()
