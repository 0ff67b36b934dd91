"""`tradewind live` starts only when everything is armed, and sends nothing before."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import alpaca_server
from alpaca_server import AlpacaServer
from daemon import PROGRAM, Daemon

LIVE_KEYS = ("AKTESTMARKEDKEYID00", alpaca_server.KEYS[1])
STRATEGY = ("--strategy", "sma_cross", "--set", "fast=1", "--set", "slow=2", "--set", "quantity=3",
            "--symbols", "AAPL")


class LiveCase(unittest.TestCase):
    def setUp(self):
        self.state = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.state, ignore_errors=True)
        kept, alpaca_server.KEYS = alpaca_server.KEYS, LIVE_KEYS
        self.addCleanup(setattr, alpaca_server, "KEYS", kept)
        self.exchange = AlpacaServer()
        self.exchange.speed = 30.0
        self.exchange.account_number = f"9{os.getpid()}"
        self.enterContext(self.exchange)

    def armed(self):
        """Environment and arguments of a complete arming."""
        return ({**self.exchange.environment(), "TRADEWIND_MODE": "live",
                 "TRADEWIND_ALLOW_LIVE": "1", "TRADEWIND_BROKER_AUDIT_SECONDS": "2"},
                [*STRATEGY, "--account", self.exchange.account_number])

    def refused(self, environment, arguments, code, says):
        base = {k: v for k, v in os.environ.items() if not k.startswith(("TRADEWIND_", "APCA_"))}
        run = subprocess.run(
            [PROGRAM, "live", "--state", str(self.state), "--listen", "127.0.0.1:0", *arguments],
            env={**base, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, check=False)
        self.assertEqual(code, run.returncode, run.stderr)
        line = run.stderr.strip().splitlines()[-1]
        self.assertTrue(line.startswith("error: "), line)
        self.assertIn(says, line)
        for key in LIVE_KEYS:
            self.assertNotIn(key, run.stderr)


class Arming(LiveCase):
    def test_each_missing_part_refuses_before_anything_is_sent(self):
        environment, arguments = self.armed()

        def without(*names, **more):
            return {**{k: v for k, v in environment.items() if k not in names}, **more}
        rows = [
            (without("TRADEWIND_MODE"), arguments, "mode"),
            (without("TRADEWIND_ALLOW_LIVE"), arguments, "TRADEWIND_ALLOW_LIVE"),
            (without(TRADEWIND_ALLOW_LIVE="0"), arguments, "TRADEWIND_ALLOW_LIVE"),
            (environment, list(STRATEGY), "--account"),
            (without("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"), arguments, "keys"),
            (without(APCA_API_KEY_ID="PKPAPERKEY"), arguments, "live key"),
            (without(TRADEWIND_MODEL_DEVICE="cuda"), arguments, "doctor"),
            (environment, [*arguments, "--broker", "embedded"], "--broker"),
        ]
        for given, words, says in rows:
            with self.subTest(says):
                if says == "doctor" and pathlib.Path("/dev/nvidia0").exists():
                    continue
                self.refused(given, words, 2, says)
        self.assertEqual([], self.exchange.requests)
        self.assertEqual([], self.exchange.upgrades)

    def test_a_strategy_whose_look_ahead_cannot_be_checked_is_refused(self):
        environment, arguments = self.armed()
        words = [word.replace("slow=2", "slow=100000") for word in arguments]
        self.refused(environment, words, 2, "verify lookahead")
        self.assertEqual([], self.exchange.requests)

    def test_another_account_is_refused(self):
        environment, arguments = self.armed()
        self.exchange.account_number = "900000001"
        self.refused(environment, arguments, 2, "not the expected account")
        self.assertEqual({"GET"}, {r[1] for r in self.exchange.requests})

    def test_complete_arming_trades_and_holds_the_account_alone(self):
        environment, arguments = self.armed()
        with Daemon(self.state, *arguments, command="live", environment=environment) as daemon:
            daemon.wait_listening()
            daemon.wait_state("ready")
            self.assertEqual("live", daemon.api("status")["mode"])
            record = (self.state / "lookahead.jsonl").read_text().strip()
            self.assertEqual("sma_cross", json.loads(record)["strategy"])
            requests = len(self.exchange.upgrades)
            second = pathlib.Path(tempfile.mkdtemp())
            self.addCleanup(shutil.rmtree, second, ignore_errors=True)
            kept, self.state = self.state, second
            self.refused(environment, arguments, 42, "account")
            self.state = kept
            self.assertEqual(requests, len(self.exchange.upgrades))
            self.exchange.price["AAPL"] = 95.0
            daemon.wait_for(lambda d: any(float(b["close"]) == 95 for b in d.api("bars/AAPL")),
                            "a lower bar")
            self.exchange.price["AAPL"] = 110.0
            daemon.wait_for(lambda d: [f for f in d.api("fills") if f["symbol"] == "AAPL"],
                            "a fill")
            self.assertEqual(0, daemon.stop())
        self.assertEqual(3, self.exchange.positions["AAPL"])


if __name__ == "__main__":
    unittest.main()
