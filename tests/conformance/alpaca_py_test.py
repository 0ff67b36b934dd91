#!/usr/bin/env python3
"""The official Python client (alpaca-py) trades on `tradewind exchange` and reads its data."""
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import client_install  # noqa: E402  (beside this file)
from exchange_process import KEY, SECRET, ExchangeProcess  # noqa: E402

LIMIT_S = 300
FLOWS = {"data_flow.py": 13, "trading_flow.py": 10}


class PythonClient(unittest.TestCase):
    """Flows of py_client/, unmodified client."""

    def flows(self, script):
        python = client_install.alpaca_py(HERE / "py_client" / "requirements.txt")
        exchange = ExchangeProcess(start="2024-03-05T15:00:00Z", speed="10x")
        self.addCleanup(exchange.stop)
        run = subprocess.run(
            [str(python), str(HERE / "py_client" / script), exchange.url, KEY, SECRET],
            capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertIn(f"Ran {FLOWS[script]} tests", run.stderr)

    def test_market_data(self):
        self.flows("data_flow.py")

    def test_trading(self):
        self.flows("trading_flow.py")


if __name__ == "__main__":
    unittest.main()
