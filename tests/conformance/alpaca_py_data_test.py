#!/usr/bin/env python3
"""The official Python client (alpaca-py) reads history and streams of `tradewind exchange`."""
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import client_install  # noqa: E402  (beside this file)
from exchange_process import KEY, SECRET, ExchangeProcess  # noqa: E402

LIMIT_S = 300
FLOWS = 13


class PythonClient(unittest.TestCase):
    """Flows of py_client/data_flow.py."""

    def test_market_data(self):
        python = client_install.alpaca_py(HERE / "py_client" / "requirements.txt")
        exchange = ExchangeProcess(start="2024-03-05T15:00:00Z", speed="10x")
        self.addCleanup(exchange.stop)
        run = subprocess.run(
            [str(python), str(HERE / "py_client" / "data_flow.py"), exchange.url, KEY, SECRET],
            capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertIn(f"Ran {FLOWS} tests", run.stderr)


if __name__ == "__main__":
    unittest.main()
