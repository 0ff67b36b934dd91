#!/usr/bin/env python3
"""The operator's page in a real browser, against the real server with a sample view.

TRADEWIND_SCREENSHOTS=FOLDER keeps the pictures.
"""
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from browser import Browser, find_chromium  # noqa: E402

BUILD = pathlib.Path(os.environ.get("TRADEWIND_BUILD", HERE.parent.parent / "build"))
SERVER = BUILD / "tests" / "status_page_server"
CHROMIUM = find_chromium()
TEXT = "document.getElementById('%s').textContent"


@unittest.skipUnless(CHROMIUM, "no Chromium here (package chromium)")
@unittest.skipUnless(SERVER.exists(), "build status_page_server first")
class PageTest(unittest.TestCase):
    def start(self, **options):
        self.server = subprocess.Popen([SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True)
        self.addCleanup(self.stop_server)
        self.address = self.server.stdout.readline().strip()
        self.browser = Browser(CHROMIUM, **options)
        self.addCleanup(self.browser.close)
        self.browser.open(self.address + "/")
        self.browser.wait_for("document.querySelectorAll('#symbol-chart polygon.fan').length === 4")
        self.browser.wait_for(TEXT % "link" + " === 'live'")
        return self.browser

    def stop_server(self):
        self.server.stdin.close()
        self.server.wait(timeout=20)
        self.server.stdout.close()

    def picture(self, name):
        if folder := os.environ.get("TRADEWIND_SCREENSHOTS"):
            self.browser.screenshot(pathlib.Path(folder) / f"{name}.png")

    def check_clean(self):
        self.assertEqual(self.browser.faults, [])
        foreign = [url for url in self.browser.requests
                   if not url.startswith((self.address + "/", "about:", "data:"))]
        self.assertEqual(foreign, [])

    def test_shows_everything_without_a_fault(self):
        page = self.start(height=1900)
        self.assertEqual(page.evaluate(TEXT % "state"), "ready")
        self.assertEqual(page.evaluate(TEXT % "mode"), "paper · embedded")
        self.assertEqual(page.evaluate(TEXT % "equity"), "$101,234.56")
        self.assertEqual(page.evaluate(TEXT % "exchange-time"),
                         "Tue, Mar 31, 2026, 11:30:00 New York")
        rows = "document.querySelectorAll('#%s tbody tr').length"
        self.assertEqual([page.evaluate(rows % table) for table in
                          ("positions", "decisions", "orders", "fills")], [3, 2, 2, 1])
        self.assertIn("only 61 of 100 bars", page.evaluate(TEXT % "decisions"))
        # What comes from outside is shown as text, never as markup.
        self.assertIn("<b>reached</b>", page.evaluate(TEXT % "orders"))
        self.assertEqual(page.evaluate("document.querySelectorAll('#orders b').length"), 0)
        bars = page.evaluate("document.querySelectorAll('#symbol-chart rect').length")
        self.assertEqual(bars, 120)
        self.assertIn("close", page.evaluate(TEXT % "forecast"))
        self.picture("light")
        page.evaluate("document.getElementById('theme').click()")
        self.assertEqual(page.evaluate("document.documentElement.dataset.theme"), "dark")
        self.picture("dark")
        page.evaluate("const s = document.getElementById('symbol'); s.value = 'BTCUSD';"
                      "s.dispatchEvent(new Event('change'))")
        page.wait_for("document.querySelector('#symbol-chart svg')"
                      ".getAttribute('aria-label').includes('BTCUSD')")
        page.evaluate("document.getElementById('decision-filter').value = 'refused';"
                      "document.getElementById('decision-filter')"
                      ".dispatchEvent(new Event('change'))")
        self.assertEqual(page.evaluate(rows % "decisions"), 1)
        self.check_clean()

    def test_follows_the_daemon(self):
        page = self.start()
        for count in range(2, 5):
            self.server.stdin.write("tick\n")
            self.server.stdin.flush()
            page.wait_for(f"document.querySelectorAll('#fills tbody tr').length === {count}")
        self.assertEqual(page.evaluate(TEXT % "equity"), "$101,264.56")
        self.check_clean()

    def test_a_halt_needs_the_token_and_shows(self):
        page = self.start()
        page.evaluate("document.getElementById('kill').click()")
        self.assertTrue(page.evaluate("document.getElementById('command').open"))
        # The browser itself logs the 401; that line is what the test provokes.
        self.send(page, "wrong")
        page.wait_for(TEXT % "command-outcome" + " === 'The token is not the right one.'")
        self.assertEqual(page.evaluate(TEXT % "state"), "ready")
        page.faults = [fault for fault in page.faults if "401" not in fault]
        page.evaluate("document.getElementById('command-reason').value = 'a drill'")
        self.send(page, "secret")
        page.wait_for(TEXT % "command-outcome" + " === 'trading is halted'")
        page.wait_for(TEXT % "state" + " === 'halted'")
        self.assertIn("a drill", page.evaluate(TEXT % "banner"))
        self.picture("halted")
        # Nothing that outlives the page holds the token.
        self.assertNotIn("secret", page.evaluate(
            "JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie"))
        page.evaluate("document.getElementById('command-close').click();"
                      "document.getElementById('resume').click()")
        self.send(page, "secret")
        page.wait_for(TEXT % "state" + " === 'ready'")
        self.check_clean()

    @staticmethod
    def send(page, token):
        page.evaluate(f"document.getElementById('command-token').value = '{token}';"
                      "document.getElementById('command-form').requestSubmit()")

    def test_fits_a_telephone(self):
        page = self.start(width=390, height=844, dark=True)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
        self.picture("telephone")
        self.check_clean()

    def test_says_so_when_the_daemon_is_gone(self):
        page = self.start()
        self.server.kill()
        page.wait_for(TEXT % "state" + " === 'no connection'", 60)
        self.assertEqual(page.evaluate(TEXT % "link"), "down")


if __name__ == "__main__":
    unittest.main()
