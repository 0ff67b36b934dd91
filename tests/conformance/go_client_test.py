#!/usr/bin/env python3
"""The official Go client reads history and data streams of `tradewind exchange`."""
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import client_install  # noqa: E402  (beside this file)
from exchange_process import KEY, SECRET, ExchangeProcess  # noqa: E402

LIMIT_S = 240
FLOWS = 21


class GoClient(unittest.TestCase):
    """Flows of go_client/main.go."""

    def test_market_data(self):
        program = client_install.go_program(HERE / "go_client")
        exchange = ExchangeProcess()
        self.addCleanup(exchange.stop)
        run = subprocess.run([str(program), exchange.url, KEY, SECRET], capture_output=True,
                             text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertEqual(FLOWS, run.stdout.count("ok "), run.stdout)


if __name__ == "__main__":
    unittest.main()
