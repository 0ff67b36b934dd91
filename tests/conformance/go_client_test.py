#!/usr/bin/env python3
"""The official Go client trades on `tradewind exchange` and reads its history and streams."""
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import client_install  # noqa: E402  (beside this file)
from exchange_process import KEY, SECRET, ExchangeProcess  # noqa: E402

LIMIT_S = 240
FLOWS = {"data": 21, "trading": 21}


class GoClient(unittest.TestCase):
    """Flows of go_client/."""

    def flows(self, part):
        program = client_install.go_program(HERE / "go_client")
        exchange = ExchangeProcess()
        self.addCleanup(exchange.stop)
        run = subprocess.run([str(program), exchange.url, KEY, SECRET, part],
                             capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertEqual(FLOWS[part], run.stdout.count("ok "), run.stdout)

    def test_market_data(self):
        self.flows("data")

    def test_trading(self):
        self.flows("trading")


if __name__ == "__main__":
    unittest.main()
