"""Half an hour of fifty symbols at `tradewind exchange`, recorded: it replays byte by byte."""
import datetime
import pathlib
import shutil
import tempfile
import unittest

from daemon import Daemon
from exchange_process import ExchangeProcess, differences, told_by, wait_for
from recordings import check_replay
from side_by_side import SideBySide

SYMBOLS = ",".join(f"S{number:02}" for number in range(50))
MINUTES = 30


class Recorded(unittest.TestCase):
    def test_thirty_minutes_of_fifty_symbols_replay_to_the_same_books(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        state = folder / "daemon"
        (folder / "exchange").mkdir()
        with ExchangeProcess(folder / "exchange", symbols=SYMBOLS) as exchange, Daemon(
                state, "--broker", "alpaca", "--strategy", "sma_cross", "--set", "fast=3",
                "--set", "slow=9", "--set", "quantity=2", "--set", "side=long_short",
                "--symbols", SYMBOLS, environment=exchange.environment()) as daemon:
            daemon.wait_listening()
            daemon.wait_state("ready")

            def now():
                return datetime.datetime.fromisoformat(
                    daemon.api("status")["exchange_time"][:19])
            end = now() + datetime.timedelta(minutes=MINUTES)
            wait_for(lambda: now() >= end, "end of the half hour", 4 * MINUTES, pause=1)
            self.assertGreater(len(daemon.api("fills")), 50)
            daemon.post("kill")
            found = []

            def same():
                found[:] = differences(exchange.truth(), told_by(daemon))
                return not found
            try:
                wait_for(same, "agreement", 40, pause=3)
            except AssertionError:
                self.fail(f"{found[:5]} {daemon.log[-20:]}")
            self.assertEqual(0, daemon.stop())
        check_replay(self, state, folder)


if __name__ == "__main__":
    unittest.main(testRunner=SideBySide())
