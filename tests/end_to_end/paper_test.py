"""The paper daemon on the embedded exchange, over its real sockets: start and stop, kill at random
moments, halt and resume, and recordings that replay to what the session did."""
import collections
import datetime
import decimal
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.error

from daemon import PROGRAM, WORKING, Books, Daemon, submitted
from recordings import check_replay

LONG = os.environ.get("TRADEWIND_LONG") == "1"
# Coins trade around the clock, so that no moment of a session is without orders.
CROSS = ["--symbols", "BTCUSDT,ETHUSDT,SUIUSDT", "--strategy", "sma_cross", "--set", "fast=2",
         "--set", "slow=5", "--set", "quantity=0.1", "--set", "side=long_short"]
FROZEN = ["--speed", "0.001"]  # exchange time stands still, so that several reads see one instant
ENTRY = "entry"


class PaperCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.state = self.folder / "state"

    def daemon(self, *arguments, **options):
        daemon = Daemon(self.state, *arguments, **options)
        self.addCleanup(daemon.__exit__)
        return daemon

    def ready(self, *arguments, **options):
        daemon = self.daemon(*arguments, **options).wait_listening()
        daemon.wait_state("ready", "halted")
        return daemon

    def check_books(self, books):
        """The books hold together: every id once, cash and positions follow from the fills."""
        for rows, key in ((books.orders, "order_id"), (books.fills, "fill_id"),
                          (books.decisions, "decision_id")):
            often = [value for value, count in
                     collections.Counter(row[key] for row in rows).items() if count > 1]
            self.assertEqual(often, [], key)
        known = {order["order_id"]: order for order in books.orders}
        filled = collections.defaultdict(decimal.Decimal)
        for fill in books.fills:
            self.assertIn(fill["order_id"], known)
            filled[fill["order_id"]] += decimal.Decimal(fill["quantity"])
        for name, order in known.items():
            self.assertEqual(decimal.Decimal(order["filled_quantity"]), filled[name], name)
        held = {row["symbol"]: decimal.Decimal(row["quantity"]) for row in books.positions
                if decimal.Decimal(row["quantity"])}
        self.assertEqual(held, books.quantities())

    def check_shown(self, daemon):
        """What the daemon shows, standing still, is what its books say, once orders of its start
        have been answered."""
        daemon.wait_for(lambda d: not any(row["status"] == "pending_new" for row in
                                          d.api("orders?limit=1000000")), "answers")
        until = time.monotonic() + 5
        while True:
            try:
                self.check_shown_now(daemon, Books(self.state))
                return
            except AssertionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def check_shown_now(self, daemon, books):
        shown = {row["order_id"]: (row["status"], decimal.Decimal(row["filled_quantity"]))
                 for row in daemon.api("orders?limit=1000000")}
        booked = {row["order_id"]: (row["status"], decimal.Decimal(row["filled_quantity"]))
                  for row in books.orders}
        self.assertEqual(shown, {name: booked[name] for name in shown})
        self.assertEqual({name for name, order in booked.items() if order[0] in WORKING},
                         {name for name, order in shown.items() if order[0] in WORKING})
        self.assertEqual({row["symbol"]: decimal.Decimal(row["quantity"])
                          for row in daemon.api("positions")}, books.quantities())
        self.assertEqual(decimal.Decimal(daemon.api("status")["cash"]), books.cash())


class StartAndStop(PaperCase):
    def test_serves_trades_and_stops_in_order(self):
        begin = time.monotonic()
        daemon = self.daemon("--speed", "600", *CROSS).wait_listening()
        self.assertTrue(daemon.address.startswith("http://127.0.0.1:"))
        self.assertEqual((self.state / "http.json").stat().st_mode & 0o777, 0o600)
        self.assertIn("<html", daemon.get("/").lower())
        daemon.wait_state("ready")
        self.assertIn("true", daemon.get("/readyz"))
        daemon.wait_for(lambda d: d.api("fills"), "first fills")
        self.assertLess(time.monotonic() - begin, 60)
        self.assertEqual(daemon.stop(), 0, daemon.log)
        self.assertFalse((self.state / "http.json").exists())
        books = Books(self.state)
        self.check_books(books)
        self.assertEqual(books.working(ENTRY), [])
        self.assertEqual(books.events[-1][0], "run_ended")

    def test_default_portfolio_places_orders_within_a_minute(self):
        begin = time.monotonic()
        daemon = self.ready("--speed", "600")
        daemon.wait_for(lambda d: d.api("orders"), "first orders")
        self.assertLess(time.monotonic() - begin, 60)
        self.assertEqual(daemon.stop(), 0, daemon.log)
        self.check_books(Books(self.state))

    def test_the_synthetic_market_alone_decides_and_trades(self):
        # No record: every day before the session is generated too, the days of a first pass.
        passes = ["--symbols", "AAA,BBB,CCC"]
        crosses = [text.replace("quantity=0.1", "quantity=10") for text in CROSS]
        for what, arguments, route in (("passes", passes, "decisions"),
                                       ("trades", crosses, "fills")):
            with self.subTest(what):
                self.state = self.folder / what
                daemon = self.ready("--speed", "3600", "--synthetic", "5", *arguments)
                daemon.wait_for(lambda d, route=route: d.api(route), what)
                self.assertGreater(daemon.api("status")["exchange_time"], "2025-01-02T14:25")
                self.assertEqual(daemon.stop(), 0, daemon.log)
                books = Books(self.state)
                self.check_books(books)
                self.assertNotIn("bars", " ".join(row["reason"] for row in books.decisions))

    def test_second_daemon_on_a_state_is_refused(self):
        first = self.ready(*CROSS)
        second = self.daemon(*CROSS)
        self.assertEqual(second.wait(), 42)
        self.assertTrue(any(line.startswith("error: ") for line in second.log), second.log)
        self.assertTrue((self.state / "http.json").exists())
        self.assertEqual(first.api("status")["state"], "ready")
        self.assertEqual(first.stop(), 0)

    def test_taken_port_is_a_usage_error(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            daemon = self.daemon(*CROSS, listen=f"127.0.0.1:{port}")
            self.assertEqual(daemon.wait(), 2)
        self.assertEqual(sum(line.startswith("error: ") for line in daemon.log), 1, daemon.log)
        self.assertFalse((self.state / "http.json").exists())


class SurvivesKill(PaperCase):
    def check_dead(self):
        """What a killed process left: nothing sent that was not durable first, nothing twice."""
        books = Books(self.state)
        self.check_books(books)
        sent = submitted(self.state)
        self.assertEqual(len(sent), len(set(sent)), "an order was sent twice")
        self.assertLessEqual(set(sent), {order["order_id"] for order in books.orders})
        return books

    def kill_often(self, arguments, kills, most_s):
        """Kills at seeded moments, from the start on; returns the books after the last one."""
        draw = random.Random(20260206)
        for _ in range(kills):
            daemon = self.daemon("--speed", "3000", *arguments).wait_listening()
            time.sleep(draw.uniform(0, most_s))
            daemon.kill()
            self.assertEqual(daemon.contradictions(), [])
            before = self.check_dead()
            # Again, with exchange time standing still: reconciled, and what is shown is booked.
            frozen = self.daemon(*FROZEN, *arguments).wait_listening()
            frozen.wait_state("ready", "unknown")
            self.assertEqual(frozen.contradictions(), [])
            self.assertEqual(frozen.api("status")["state"], "ready")
            self.check_shown(frozen)
            frozen.kill()
            after = self.check_dead()
            self.assertEqual(after.fills[:len(before.fills)], before.fills)
        result = subprocess.run([PROGRAM, "verify", str(self.state)], capture_output=True,
                                text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return after

    def test_bar_strategy_killed_at_random_moments(self):
        books = self.kill_often(CROSS, 100 if LONG else 6, 2.5)
        self.assertGreater(len(books.fills), 20)

    def test_forecast_portfolio_killed_at_random_moments(self):
        self.kill_often([], 20 if LONG else 2, 3)

    def test_an_exchange_that_says_otherwise_blocks_entries(self):
        daemon = self.ready("--speed", "600", *CROSS)
        daemon.kill()
        aside = self.folder / "exchange"
        shutil.copytree(self.state / "exchange", aside)
        daemon = self.ready("--speed", "3000", *CROSS)
        daemon.wait_for(lambda d: len(d.api("fills")) > 3, "fills")
        daemon.kill()
        orders = {order["order_id"] for order in Books(self.state).orders}
        # As if the exchange had lost what it executed.
        shutil.rmtree(self.state / "exchange")
        shutil.copytree(aside, self.state / "exchange")
        daemon = self.daemon("--speed", "3000", *CROSS).wait_listening()
        daemon.wait_state("unknown")
        self.assertNotEqual(daemon.contradictions(), [])
        with self.assertRaises(urllib.error.HTTPError) as refused:
            daemon.get("/readyz")
        self.assertEqual(refused.exception.code, 503)
        seen = len(daemon.api("decisions?limit=1000000"))
        daemon.wait_for(lambda d: len(d.api("decisions?limit=1000000")) > seen + 3, "decisions")
        # A command does not make the contradiction go away.
        daemon.post("kill")
        daemon.post("resume")
        self.assertEqual(daemon.api("status")["state"], "unknown")
        daemon.stop()
        entered = [order for order in Books(self.state).orders
                   if order["role"] == ENTRY and order["order_id"] not in orders and
                   order["status"] != "refused"]
        self.assertEqual(entered, [])


class HaltAndResume(PaperCase):
    def check_halted(self, daemon):
        """Decisions go on and no entry leaves; neither after a kill and a new start."""
        daemon.wait_state("halted")
        before = set(submitted(self.state))
        seen = len(daemon.api("decisions?limit=1000000"))
        daemon.wait_for(lambda d: len(d.api("decisions?limit=1000000")) > seen + 4, "decisions")
        daemon.kill()
        self.check_no_entries(before)
        again = self.daemon("--speed", "3000", *CROSS).wait_listening()
        again.wait_state("halted")
        self.assertIn("true", again.get("/readyz"))
        seen = len(again.api("decisions?limit=1000000"))
        again.wait_for(lambda d: len(d.api("decisions?limit=1000000")) > seen + 4, "decisions")
        self.check_no_entries(before)
        return again

    def check_no_entries(self, before):
        roles = {order["order_id"]: order["role"] for order in Books(self.state).orders}
        sent = [name for name in submitted(self.state)
                if name not in before and roles[name] == ENTRY]
        self.assertEqual(sent, [])

    def check_trades_again(self, daemon):
        fills = len(daemon.api("fills?limit=1000000"))
        self.assertEqual(daemon.post("resume"), 200)
        daemon.wait_state("ready")
        daemon.wait_for(lambda d: len(d.api("fills?limit=1000000")) > fills, "fills after resume")
        self.assertFalse((self.state / "KILL").exists())
        self.assertEqual(daemon.stop(), 0, daemon.log)
        self.check_books(Books(self.state))

    def trading(self):
        daemon = self.ready("--speed", "3000", *CROSS)
        daemon.wait_for(lambda d: d.api("fills"), "fills")
        return daemon

    def test_kill_by_command(self):
        daemon = self.trading()
        self.assertEqual(daemon.post("kill", reason="test"), 200)
        self.assertIn("halt", [kind for kind, _ in Books(self.state).events])  # durable by now
        self.check_trades_again(self.check_halted(daemon))

    def test_kill_by_signal(self):
        daemon = self.trading()
        daemon.signal(signal.SIGUSR1)
        self.check_trades_again(self.check_halted(daemon))

    def test_kill_by_file(self):
        daemon = self.trading()
        (self.state / "KILL").touch()
        self.check_trades_again(self.check_halted(daemon))

    def test_a_kill_file_from_before_the_start_counts_from_the_first_step(self):
        self.state.mkdir()
        (self.state / "KILL").touch()
        daemon = self.ready("--speed", "3000", *CROSS)
        daemon.wait_for(lambda d: len(d.api("decisions")) > 4, "decisions")
        self.assertEqual(daemon.api("status")["state"], "halted")
        self.check_no_entries(set())
        self.check_trades_again(daemon)

    def test_commands_need_the_token(self):
        daemon = self.ready(*CROSS)
        daemon.token = "0" * len(daemon.token)
        for command in ("kill", "resume", "stop"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                daemon.post(command)
            self.assertEqual(refused.exception.code, 401)
        self.assertEqual(daemon.api("status")["state"], "ready")


class Passes(PaperCase):
    """What a kill makes of the passes of the forecast portfolio."""

    def passes(self):
        """Newest state of each pass kind in the books: {kind: decided}; read while it runs."""
        file = self.state / "ledger.db"
        if not file.exists():
            return {}
        try:
            store = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
            rows = store.execute("SELECT payload FROM events WHERE kind = 'plan' AND payload LIKE "
                                 "'%portfolio_cycle%' ORDER BY sequence DESC LIMIT 1").fetchall()
            store.close()
        except sqlite3.OperationalError:  # not created yet
            return {}
        lines = json.loads(rows[0][0])["content"].splitlines() if rows else []
        words = [line.split() for line in lines if line.startswith("pass ")]
        return {kind: decided == "1" for _, kind, _, decided in words}

    def kill_when(self, state):
        """A daemon that is killed once the opening pass is in this state."""
        daemon = self.ready()
        until = time.monotonic() + 60
        while self.passes().get("session_open") != state and time.monotonic() < until:
            time.sleep(0.002)
        daemon.kill()

    def test_h6_pass_killed_under_way_is_decided_after_the_restart(self):
        for attempt in range(5):
            self.state = self.folder / f"state{attempt}"
            self.kill_when(False)
            if self.passes() == {"session_open": False}:
                break
        self.assertEqual(self.passes(), {"session_open": False}, "never killed under way")
        self.assertEqual(Books(self.state).decisions, [])
        daemon = self.ready()
        self.assertTrue(any("was not decided upon" in line for line in daemon.log), daemon.log)
        daemon.wait_for(lambda d: d.api("decisions"), "the decisions of the pass")
        daemon.kill()
        books = Books(self.state)
        self.assertEqual(self.passes()["session_open"], True)
        symbols = [row["symbol"] for row in books.decisions]
        self.assertEqual(len(symbols), len(set(symbols)), "each symbol is decided upon once")
        self.check_books(books)

    def test_h5_restart_reconciles_and_runs_no_pass(self):
        self.kill_when(True)
        before = len(Books(self.state).decisions)
        self.assertGreater(before, 0)
        daemon = self.ready()
        begin = daemon.api("status")["exchange_time"]
        daemon.wait_for(lambda d: len(d.api("status")["exchange_time"]) and
                        minutes(begin, d.api("status")["exchange_time"]) >= 3, "three minutes")
        self.assertEqual(daemon.stop(), 0, daemon.log)
        self.assertEqual(len(Books(self.state).decisions), before)
        self.assertFalse(any("was not decided upon" in line for line in daemon.log))


class Works(PaperCase):
    """The portfolio's orders are worked between its passes, through kills too."""

    def works(self):
        """Open works in the books of a daemon that has ended: {plan id: {name: value}}."""
        newest = {}
        for kind, payload in Books(self.state).events:
            if kind == "plan" and payload["plan_id"].startswith("order_work."):
                newest[payload["plan_id"]] = payload
        return {name: dict(line.partition(" ")[::2] for line in plan["content"].splitlines())
                for name, plan in newest.items() if not plan.get("closed")}

    def check_owned(self, books):
        """Every order at work is the order of one work; nobody else's, and no work has two."""
        owners = [work["order_id"] for work in self.works().values() if work["order_id"]]
        self.assertEqual(len(owners), len(set(owners)))
        for order in books.working():
            self.assertIn(order["order_id"], owners)
        sent = submitted(self.state)
        self.assertEqual(len(sent), len(set(sent)), "an order was sent twice")
        self.check_books(books)

    def test_h5_works_go_on_after_kills_and_replay_to_the_same_books(self):
        # Ideas of the first pass are ramped into within the hour: killed on the way there. What
        # its own days speak for is more than what unseen days do: there is more to work.
        eager = {"environment": {"TRADEWIND_ANALYSIS_SELECTION": "in_sample",
                                 "TRADEWIND_MODEL_NAME": "ewma"}}
        first = decided = None
        for attempt in range(3):
            daemon = self.ready("--speed", "300", **eager)
            daemon.wait_for(lambda d: len(d.api("orders?limit=1000000")) > attempt, "orders")
            daemon.kill()
            self.assertEqual(daemon.contradictions(), [])
            before = Books(self.state)
            self.check_owned(before)
            if first is None:
                first = before
                decided = {work["decision_id"] for work in self.works().values()}
                self.assertGreater(len(decided), 0, "killed with nothing at work")
        daemon = self.ready("--speed", "600", **eager)
        daemon.wait_for(lambda d: d.api("status")["exchange_time"] > "2026-02-06T16", "an hour")
        self.assertEqual(daemon.stop(), 0, daemon.log)
        self.assertEqual(daemon.contradictions(), [])
        books = Books(self.state)
        self.check_owned(books)
        # The plans of the first pass went on under their decisions; no pass was run again.
        opening = [row for row in books.decisions if row["time"] < "2026-02-06T15"]
        self.assertEqual(opening, first.decisions)
        later = books.orders[len(first.orders):]
        self.assertTrue(any(order["decision_id"] in decided for order in later), later)
        for decision in decided:
            entered = sum(decimal.Decimal(order["filled_quantity"]) for order in books.orders
                          if order["decision_id"] == decision and order["role"] == ENTRY)
            wanted = next(decimal.Decimal(row["quantity"]) for row in books.decisions
                          if row["decision_id"] == decision)
            self.assertLessEqual(entered, wanted, decision)
        result = subprocess.run([PROGRAM, "verify", str(self.state)], capture_output=True,
                                text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.check_last_session(before, books)

    def check_last_session(self, before, books):
        """The recording of the last life replays to what that life decided, sent and executed."""
        out = self.folder / "replay"
        result = subprocess.run([PROGRAM, "replay", "--recording", self.state / "recordings",
                                 "--out", out], capture_output=True, text=True, timeout=300,
                                check=False)
        self.assertEqual(result.returncode, 0, result.stderr)

        def rows(name, key):
            lines = (out / name).read_text().splitlines()
            names = lines[0].split(",")
            return [dict(zip(names, line.split(",")))[key] for line in lines[1:]]
        self.assertEqual(rows("fills.csv", "fill_id")[-len(books.fills) + len(before.fills):]
                         if len(books.fills) > len(before.fills) else [],
                         [fill["fill_id"] for fill in books.fills[len(before.fills):]])
        known = {order["order_id"] for order in before.orders}
        self.assertEqual(sorted(set(rows("orders.csv", "order_id")) - known),
                         sorted(order["order_id"] for order in books.orders
                                if order["order_id"] not in known))


def minutes(begin, end):
    """Between two RFC 3339 times, whole seconds counted."""
    first, last = (datetime.datetime.fromisoformat(text[:19]) for text in (begin, end))
    return (last - first).total_seconds() / 60


class Recordings(PaperCase):
    def check_replay(self, arguments, enough, what):
        daemon = self.ready("--speed", "600", *arguments)
        daemon.wait_for(enough, what)
        self.assertEqual(daemon.stop(), 0, daemon.log)
        check_replay(self, self.state, self.folder)

    def test_bar_strategy_replays_to_the_same_books(self):
        self.check_replay(CROSS, lambda d: len(d.api("fills")) > 10, "fills")

    def test_forecast_portfolio_replays_to_the_same_books(self):
        # The newest recorded session starts at 09:25 New York; its first pass is at 09:30.
        self.check_replay([], lambda d: d.api("fills") and
                          d.api("status")["exchange_time"] > "2026-02-06T16", "first fills")


if __name__ == "__main__":
    unittest.main()
