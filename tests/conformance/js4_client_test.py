#!/usr/bin/env python3
"""The official JavaScript client (4.x) trades on `tradewind exchange` and reads its data."""
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import client_install  # noqa: E402  (beside this file)
from exchange_process import KEY, SECRET, ExchangeProcess  # noqa: E402

VERSION = "4.0.2"
LIMIT_S = 240
FLOWS = {"trading": 19, "data": 11}


class JavaScriptClient(unittest.TestCase):
    """Flows of js4_client/."""

    def flows(self, part):
        client = client_install.alpaca_js(VERSION, node=20)
        exchange = ExchangeProcess()
        self.addCleanup(exchange.stop)
        run = subprocess.run(["node", str(HERE / "js4_client" / "flows.js"), str(client),
                              exchange.url, KEY, SECRET, part],
                             capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertEqual(FLOWS[part], run.stdout.count("ok "), run.stdout)

    def test_market_data(self):
        self.flows("data")

    def test_trading(self):
        self.flows("trading")


if __name__ == "__main__":
    unittest.main()
