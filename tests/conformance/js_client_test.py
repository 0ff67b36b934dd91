#!/usr/bin/env python3
"""The official JavaScript client (3.x) trades on `tradewind exchange` and reads its data."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import client_install  # noqa: E402  (beside this file)
from exchange_process import KEY, SECRET, ExchangeProcess  # noqa: E402

LIMIT_S = 240
FLOWS = 14  # without the stock stream
TRADING_FLOWS = 13


class JavaScriptClient(unittest.TestCase):
    """Flows of js_client/; the stock stream needs the TLS listener."""

    def setUp(self):
        self.client = client_install.alpaca_js()
        folder = tempfile.mkdtemp(prefix="tradewind-tls-")
        self.addCleanup(shutil.rmtree, folder, True)
        self.certificate, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out",
                        self.certificate], check=True, capture_output=True, timeout=60)
        self.exchange = ExchangeProcess(options=["--tls-listen", "127.0.0.1:0", "--cert",
                                                 self.certificate, "--key", key])
        self.addCleanup(self.exchange.stop)

    def secure_url(self):
        for _ in range(100):
            with open(self.exchange.log.name, encoding="utf-8") as log:
                found = re.search(r"https://127\.0\.0\.1:\d+", log.read())
            if found:
                return found.group(0)
            time.sleep(0.1)
        return ""

    def flows(self, script, *arguments):
        run = subprocess.run(
            ["node", str(HERE / "js_client" / script), str(self.client), self.exchange.url,
             *arguments, KEY, SECRET],
            capture_output=True, text=True, timeout=LIMIT_S, check=False,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": self.certificate})
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        return run.stdout.count("ok ")

    def test_history_and_coins(self):
        self.assertEqual(FLOWS, self.flows("market_data.js", ""))

    def test_stock_stream_with_tls(self):
        url = self.secure_url()
        self.assertTrue(url, "the exchange has no TLS listener")
        self.assertEqual(FLOWS + 1, self.flows("market_data.js", url))

    def test_trading(self):
        self.assertEqual(TRADING_FLOWS, self.flows("trading.js"))


if __name__ == "__main__":
    unittest.main()
