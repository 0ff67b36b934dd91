"""`tradewind paper` at Alpaca: trades, and reaches the broker's truth through every fault."""
import contextlib
import datetime
import json
import pathlib
import shutil
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse

from alpaca_server import KEYS, AlpacaServer
from daemon import Books, Daemon
from side_by_side import SideBySide

# A bar strategy whose averages cross with every step of the price.
STRATEGY = ("--strategy", "sma_cross", "--set", "fast=1", "--set", "slow=2", "--set", "quantity=3",
            "--broker", "alpaca", "--symbols", "AAPL")
TWO_SYMBOLS = (*STRATEGY[:-1], "AAPL,MSFT")


class AlpacaCase(unittest.TestCase):
    def setUp(self):
        self.state = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.state, ignore_errors=True)

    def serve(self, **options):
        exchange = AlpacaServer(**options)
        exchange.speed = 30.0  # a minute bar every two seconds
        self.enterContext(exchange)
        return exchange

    def daemon(self, exchange, *arguments, command="paper", **environment):
        settings = {"TRADEWIND_BROKER_AUDIT_SECONDS": "2", **exchange.environment(),
                    **environment}
        daemon = Daemon(self.state, *(arguments or STRATEGY), command=command,
                        environment=settings)
        self.enterContext(daemon)
        return daemon

    def ready(self, exchange, *arguments, **environment):
        daemon = self.daemon(exchange, *arguments, **environment).wait_listening()
        daemon.wait_state("ready")
        return daemon

    def eventually(self, condition, what, seconds=30):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if value := condition():
                return value
            time.sleep(0.05)
        return self.fail(f"no {what}")

    def cross(self, exchange, daemon, symbol):
        """The price falls, then rises: a cross up."""
        low = exchange.price[symbol] - 5
        exchange.price[symbol] = low
        self.eventually(lambda: any(
            float(b["close"]) == low for b in daemon.api("bars/" + symbol)), "a lower bar")
        exchange.price[symbol] = low + 10

    def up(self, exchange, daemon):
        """A cross up, and one order of it."""
        before = len(exchange.orders)
        self.cross(exchange, daemon, "AAPL")
        self.eventually(lambda: len(exchange.orders) > before, "an order")
        return list(exchange.orders.values())[before]

    def agree(self, exchange, daemon, seconds=15):
        """Within an audit period orders, fills, positions and cash are the broker's."""
        def same():
            orders = {o["order_id"]: o for o in daemon.api("orders")}
            for theirs in exchange.orders.values():
                ours = orders.get(theirs["client_order_id"])
                if theirs["status"] == "pending_new" or ours is None or \
                        ours["status"] != theirs["status"] or \
                        float(ours["filled_quantity"]) != float(theirs["filled_qty"]):
                    return False
            told = sorted(f["execution_id"] for f in daemon.api("fills"))
            truth = sorted(a["id"].split("::")[1] for a in exchange.activities)
            held = {p["symbol"]: float(p["quantity"]) for p in daemon.api("positions")}
            theirs = {s: q for s, q in exchange.positions.items() if abs(q) > 1e-9}
            cash = float(daemon.api("status")["cash"])
            return told == truth and held == theirs and abs(cash - exchange.cash) < 0.011
        try:
            self.eventually(same, "agreement", seconds)
        except AssertionError:
            self.fail(f"orders {daemon.api('orders')}\nfills {daemon.api('fills')}\npositions "
                      f"{daemon.api('positions')}\nstatus {daemon.api('status')}\ntheirs "
                      f"{exchange.orders}\n{exchange.activities}\n{exchange.positions}\n"
                      f"log {daemon.log[-30:]}")

    def posts(self, exchange):
        return [r for r in exchange.requests if r[1] == "POST" and r[2] == "/v2/orders"]


class Trades(AlpacaCase):
    def test_trades_and_agrees_with_the_broker(self):
        exchange = self.serve()
        daemon = self.ready(exchange)
        status = daemon.api("status")
        self.assertEqual(("alpaca", "up", "up"), (
            status["broker"], status["streams"]["data"], status["streams"]["trading"]))
        self.assertTrue(status["exchange_time"].startswith("2026-10-01T14:"))

        def served_as_ready(known):
            with contextlib.suppress(urllib.error.HTTPError):  # a late reading may come between
                return known.get("/readyz")
        daemon.wait_for(served_as_ready, "readiness")
        order = self.up(exchange, daemon)
        self.assertEqual(("buy", "3", "market", "day"), (
            order["side"], order["qty"], order["type"], order["time_in_force"]))
        self.agree(exchange, daemon)
        self.assertEqual(0, daemon.stop())
        books = Books(self.state)
        self.assertEqual(float(books.quantities()["AAPL"]), exchange.positions["AAPL"])

    def test_refused_keys_end_with_4_and_half_a_pair_with_2(self):
        exchange = self.serve()
        daemon = self.daemon(exchange, APCA_API_SECRET_KEY="wrong")
        self.assertEqual(4, daemon.wait())
        self.assertIn("refuses the keys", daemon.log[-1])
        daemon = self.daemon(exchange, APCA_API_SECRET_KEY="")
        self.assertEqual(2, daemon.wait())
        self.assertEqual([], self.posts(exchange))

    def test_an_unreachable_broker_is_waited_for_and_the_page_answers(self):
        exchange = self.serve()
        exchange.faults.append(lambda *_: (503, b"<html>later</html>"))
        daemon = self.daemon(exchange).wait_listening()
        time.sleep(1)
        self.assertEqual("starting", daemon.api("status")["state"])
        exchange.faults.clear()
        daemon.wait_state("ready")
        self.assertEqual(0, daemon.stop())

    def test_positions_and_orders_of_unknown_origin_are_adopted_at_the_first_start(self):
        exchange = self.serve()
        exchange.positions["AAPL"], exchange.costs["AAPL"] = 7.0, 700.0
        by_hand = exchange.accept({"client_order_id": "by hand", "symbol": "AAPL", "qty": "1",
                                   "side": "sell", "type": "limit", "limit_price": "500",
                                   "time_in_force": "gtc"})
        exchange.begin(by_hand)
        daemon = self.ready(exchange)
        self.agree(exchange, daemon)
        adopted = [o for o in daemon.api("orders") if o["order_id"] == "by hand"]
        self.assertEqual(["adopted"], [o["reason"] for o in adopted])
        self.assertEqual([], daemon.api("fills"))
        daemon.kill()
        daemon = self.ready(exchange)
        self.agree(exchange, daemon)
        daemon.stop()
        adjustments = [p for kind, p in Books(self.state).events if kind == "adjustment"]
        self.assertEqual(2, len(adjustments), adjustments)  # cash and one position, once

    def test_a_restart_fetches_only_the_bars_that_are_missing(self):
        exchange = self.serve()

        def begun():
            """Where the fetches of one life begin."""
            before = len(exchange.requests)
            self.assertEqual(0, self.ready(exchange).stop())
            queries = [urllib.parse.parse_qs(urllib.parse.urlsplit(r[2]).query)
                       for r in exchange.requests[before:] if r[2].startswith("/v2/stocks/bars?")]
            return [datetime.datetime.fromisoformat(q["start"][0].rstrip("Z")[:19])
                    for q in queries]
        first, second = begun(), begun()
        self.assertGreater(min(second) - min(first), datetime.timedelta(days=3))
        self.assertTrue(list((self.state / "bars").rglob("AAPL.csv")))

    def test_what_is_held_beside_the_symbols_asked_for_is_valued_and_never_traded(self):
        exchange = self.serve()
        exchange.positions["MSFT"], exchange.costs["MSFT"] = 7.0, 700.0
        daemon = self.ready(exchange)
        self.cross(exchange, daemon, "MSFT")
        self.up(exchange, daemon)
        self.agree(exchange, daemon)
        self.assertEqual({"AAPL"}, {o["symbol"] for o in exchange.orders.values()})
        self.assertIn("cross_up; MSFT is not tradable",
                      {d["reason"] for d in daemon.api("decisions")})
        self.assertEqual(0, daemon.stop())

    def test_a_symbol_of_the_books_that_the_broker_dropped_does_not_prevent_a_start(self):
        exchange = self.serve()
        daemon = self.ready(exchange, *TWO_SYMBOLS)
        self.cross(exchange, daemon, "MSFT")
        self.eventually(lambda: exchange.orders, "an order")
        self.agree(exchange, daemon)
        self.assertEqual(0, daemon.stop())
        gone = (404, {"code": 40410000, "message": "asset not found for MSFT"})
        exchange.faults.append(lambda _, path, __: gone if path == "/v2/assets/MSFT" else None)
        daemon = self.ready(exchange)
        self.agree(exchange, daemon)
        self.up(exchange, daemon)
        self.assertEqual(0, daemon.stop())
        daemon = self.daemon(exchange, *TWO_SYMBOLS)
        self.assertEqual(3, daemon.wait())  # asked for, it is an error

    def test_orders_by_hand_are_taken_up_while_it_runs(self):
        exchange = self.serve()
        exchange.fill_at_once = False
        daemon = self.ready(exchange)
        by_hand = exchange.accept({"client_order_id": "by hand", "symbol": "AAPL", "qty": "2",
                                   "side": "buy", "type": "limit", "limit_price": "50",
                                   "time_in_force": "gtc"})
        exchange.begin(by_hand)
        self.agree(exchange, daemon)
        exchange.fill(by_hand, 1, 50.0)
        self.agree(exchange, daemon)
        order, = daemon.api("orders")
        self.assertEqual(("by hand", "adopted", "partially_filled"), (
            order["order_id"], order["reason"], order["status"]))
        exchange.fill_at_once = True
        self.up(exchange, daemon)
        self.agree(exchange, daemon)
        # Its end leaves to others what others sent; the next life knows it.
        self.assertEqual(0, daemon.stop())
        self.assertEqual("partially_filled", exchange.orders[by_hand["id"]]["status"])
        exchange.fill(by_hand, 1, 50.0)
        daemon = self.ready(exchange)
        self.agree(exchange, daemon)
        self.assertEqual(0, daemon.stop())
        self.assertEqual(1, len(self.posts(exchange)))
        books = Books(self.state)
        self.assertEqual(5.0, float(books.quantities()["AAPL"]))
        # Known executions of them are no corrections.
        adjustments = [p for kind, p in books.events if kind == "adjustment"]
        self.assertEqual(1, len(adjustments), adjustments)

    def test_observing_sends_nothing(self):
        exchange = self.serve()
        daemon = self.ready(exchange, *STRATEGY, "--observe")
        self.cross(exchange, daemon, "AAPL")
        self.eventually(lambda: any(o["status"] == "rejected" for o in daemon.api("orders")),
                        "a decision that was not sent")
        self.assertEqual([], [r for r in exchange.requests if r[1] != "GET"])
        daemon.stop()


class OwnAccount(AlpacaCase):
    """`--broker local`: the broker's quotes, nothing sent."""

    LOCAL = (*STRATEGY[:-3], "local", *STRATEGY[-2:], "--cash", "5000")

    def test_trades_on_the_quotes_and_survives_a_kill_with_its_own_account(self):
        exchange = self.serve()
        daemon = self.ready(exchange, *self.LOCAL)
        self.assertEqual("local", daemon.api("status")["broker"])
        self.cross(exchange, daemon, "AAPL")
        fill, = self.eventually(lambda: daemon.api("fills"), "a fill")
        self.assertEqual(("buy", 3.0), (fill["side"], float(fill["quantity"])))
        cash = float(daemon.api("status")["cash"])
        self.assertLess(cash, 5000 - 3 * 100)
        daemon.kill()
        daemon = self.ready(exchange, *self.LOCAL)
        held, = daemon.api("positions")
        self.assertEqual(("AAPL", 3.0), (held["symbol"], float(held["quantity"])))
        self.assertEqual(cash, float(daemon.api("status")["cash"]))
        self.assertEqual([fill["execution_id"]],
                         [f["execution_id"] for f in daemon.api("fills")])
        # Down again: the position is left.
        exchange.price["AAPL"] += 5
        high = exchange.price["AAPL"]
        self.eventually(lambda: any(
            float(b["close"]) == high for b in daemon.api("bars/AAPL")), "a higher bar")
        exchange.price["AAPL"] -= 10
        self.eventually(lambda: not daemon.api("positions"), "an exit")
        self.assertEqual([], daemon.contradictions())
        self.assertEqual(0, daemon.stop())
        self.assertEqual([], [r for r in exchange.requests if r[1] != "GET"])
        self.assertFalse(any(path == "/stream" for _, path in exchange.upgrades))

    def test_needs_the_keys_of_the_data(self):
        exchange = self.serve()
        daemon = self.daemon(exchange, *self.LOCAL, APCA_API_KEY_ID="", APCA_API_SECRET_KEY="")
        self.assertEqual(2, daemon.wait())
        self.assertIn("there are no keys", daemon.log[-1])


class Faults(AlpacaCase):
    """After each fault: the broker's truth is ours, and no decision became two orders."""

    def check(self, exchange, daemon):
        self.agree(exchange, daemon)
        ids = [o["client_order_id"] for o in exchange.orders.values()]
        self.assertEqual(len(ids), len(set(ids)))
        daemon.wait_state("ready")
        self.assertEqual(0, daemon.stop())

    def once(self, exchange, method, path, answer):
        """The next such request gets `answer(body)`."""
        used = []

        def fault(verb, target, body):
            if used or verb != method or not target.startswith(path):
                return None
            used.append(target)
            return answer(body)
        exchange.faults.append(fault)
        return used

    def test_reply_lost_after_acceptance(self):
        exchange = self.serve()
        daemon = self.ready(exchange)
        exchange.hold_updates = []

        def accepted_but_silent(body):
            exchange.work(exchange.accept(json.loads(body)))
            return None, None
        self.once(exchange, "POST", "/v2/orders", accepted_but_silent)
        self.up(exchange, daemon)
        self.eventually(lambda: any("by_client_order_id" in r[2] for r in exchange.requests),
                        "a look-up")
        self.check(exchange, daemon)
        self.assertEqual(1, len(self.posts(exchange)))

    def test_post_lost_before_it_arrived_is_sent_again_under_its_id(self):
        exchange = self.serve()
        daemon = self.ready(exchange)
        self.once(exchange, "POST", "/v2/orders", lambda _: (None, None))
        self.up(exchange, daemon)
        self.check(exchange, daemon)
        posts = [json.loads(r[3])["client_order_id"] for r in self.posts(exchange)]
        self.assertEqual(2, len(posts))
        self.assertEqual(1, len(set(posts)))

    def test_answers_that_say_nothing_of_the_order(self):
        for answer in ((500, b"<html>oops</html>"), (200, b"<html>ok</html>"), (200, b'{"id":'),
                       (504, b"")):
            with self.subTest(answer):
                self.setUp()
                exchange = self.serve()
                daemon = self.ready(exchange)

                def taken(body, answer=answer):
                    exchange.work(exchange.accept(json.loads(body)))
                    return answer
                self.once(exchange, "POST", "/v2/orders", taken)
                self.up(exchange, daemon)
                self.check(exchange, daemon)
                self.assertEqual(1, len(self.posts(exchange)))

    def test_updates_withheld_duplicated_and_reordered(self):
        for fate in ("withheld", "twice", "backwards", "late"):
            with self.subTest(fate):
                self.setUp()
                exchange = self.serve()
                exchange.fill_at_once = False
                daemon = self.ready(exchange)
                exchange.hold_updates = []
                order = self.up(exchange, daemon)
                time.sleep(0.3)
                exchange.fill(order, 1, 101.0)
                exchange.fill(order, 2, 103.0)
                held, exchange.hold_updates = exchange.hold_updates, None
                if fate == "late":
                    self.agree(exchange, daemon)
                if fate != "withheld":
                    for update in (reversed(held) if fate == "backwards" else held):
                        for _ in range(2 if fate == "twice" else 1):
                            exchange.send_trading(json.dumps(update))
                self.check(exchange, daemon)

    def test_pairs_of_new_and_fill_replayed_after_the_first_fill(self):
        exchange = self.serve()
        exchange.fill_at_once = False
        daemon = self.ready(exchange)
        order = self.up(exchange, daemon)
        time.sleep(0.2)
        first = exchange.fill(order, 1, 101.0)
        new = {"stream": "trade_updates", "data": {**first["data"], "event": "new"}}
        for _ in range(3):
            exchange.send_trading(json.dumps(new))
            exchange.send_trading(json.dumps(first))
        exchange.fill(order, 2, 102.0)
        self.check(exchange, daemon)

    def test_rejected_after_acceptance(self):
        exchange = self.serve()
        exchange.fill_at_once = False
        daemon = self.ready(exchange)
        order = self.up(exchange, daemon)
        time.sleep(0.2)
        exchange.close_order(order, "rejected")
        self.check(exchange, daemon)

    def test_partly_filled_then_canceled_by_others(self):
        exchange = self.serve()
        exchange.fill_at_once = False
        daemon = self.ready(exchange)
        order = self.up(exchange, daemon)
        time.sleep(0.2)
        exchange.fill(order, 1, 101.0)
        exchange.close_order(order, "canceled")
        self.check(exchange, daemon)

    def test_unreadable_frames_do_not_end_the_stream(self):
        exchange = self.serve()
        daemon = self.ready(exchange)
        for frame in ('{"stream":"trade_updates","data":null}', "<html>", '{"stream":', "\x01",
                      '{"stream":"trade_updates","data":{"event":"fill"}}', "[]"):
            exchange.send_trading(frame)
        self.up(exchange, daemon)
        self.check(exchange, daemon)
        self.assertEqual(1, len([u for u in exchange.upgrades if u[1] == "/stream"]))

    def test_an_oversized_frame_costs_the_connection_alone(self):
        exchange = self.serve()
        daemon = self.ready(exchange)
        exchange.send_trading("x" * (5 << 20))
        self.eventually(lambda: len([u for u in exchange.upgrades if u[1] == "/stream"]) == 2,
                        "a new connection")
        daemon.wait_state("ready")
        self.up(exchange, daemon)
        self.check(exchange, daemon)

    def test_attempts_are_bounded_while_the_stream_is_refused_and_no_entry_leaves(self):
        exchange = self.serve()
        daemon = self.ready(exchange)
        exchange.refuse_upgrade = 429
        for stream in list(exchange.trading):
            stream.close()
        daemon.wait_state("unknown")
        began = time.monotonic()
        before = len(exchange.orders)
        self.cross(exchange, daemon, "AAPL")
        self.eventually(lambda: any(o["status"] in ("rejected", "refused")
                                    for o in daemon.api("orders")) or any(
            d["outcome"] == "refused" for d in daemon.api("decisions")), "a refused decision")
        time.sleep(max(0, began + 20 - time.monotonic()))
        self.assertEqual(before, len(exchange.orders))
        streams = [u[0] for u in exchange.upgrades if u[1] == "/stream"]
        for i, moment in enumerate(streams):
            self.assertLessEqual(len([s for s in streams[i:] if s - moment < 60]), 6)
        daemon.kill()

    def test_a_kill_cancels_at_once_while_an_order_has_no_answer(self):
        exchange = self.serve()
        exchange.fill_at_once = False
        daemon = self.ready(exchange, *TWO_SYMBOLS)
        working = self.up(exchange, daemon)
        self.eventually(lambda: exchange.orders[working["id"]]["status"] == "new", "a working one")
        answer = threading.Event()
        self.addCleanup(answer.set)

        def hang(_):
            answer.wait()
            return None, None
        hanging = self.once(exchange, "POST", "/v2/orders", hang)
        self.cross(exchange, daemon, "MSFT")
        self.eventually(lambda: hanging, "an order whose answer does not come")
        self.assertEqual(200, daemon.post("kill"))
        killed = time.monotonic()
        self.eventually(lambda: exchange.orders[working["id"]]["status"] == "canceled", "a cancel")
        arrived = min(r[0] for r in exchange.requests if r[1] == "DELETE")
        self.assertLess(arrived - killed, 1)
        answer.set()
        self.agree(exchange, daemon)
        self.assertEqual(2, len(self.posts(exchange)))

    def test_a_kill_cancels_all_while_one_cancel_has_no_answer(self):
        exchange = self.serve()
        exchange.fill_at_once = False
        daemon = self.ready(exchange, *TWO_SYMBOLS)
        self.up(exchange, daemon)
        self.cross(exchange, daemon, "MSFT")
        working = lambda: [o for o in exchange.orders.values() if o["status"] == "new"]
        self.eventually(lambda: len(working()) == 2, "two working orders")
        answer = threading.Event()
        self.addCleanup(answer.set)

        def hang(_):
            answer.wait()
            return None, None
        hanging = self.once(exchange, "DELETE", "/v2/orders/", hang)
        killed = threading.Thread(target=lambda: daemon.post("kill"))
        killed.start()
        self.addCleanup(killed.join)
        self.eventually(lambda: hanging and len(working()) == 1, "the other cancel", seconds=4)
        answer.set()
        self.eventually(lambda: not working(), "both cancels")
        self.agree(exchange, daemon)

    def test_an_update_that_comes_after_the_start_has_read_it(self):
        exchange = self.serve()
        exchange.fill_at_once = False
        daemon = self.ready(exchange)
        order = self.up(exchange, daemon)
        self.eventually(lambda: exchange.orders[order["id"]]["status"] == "new", "a working one")
        daemon.kill()
        late = exchange.fill(order)
        daemon = self.ready(exchange)
        self.agree(exchange, daemon)
        exchange.send_trading(json.dumps(late))
        self.up(exchange, daemon)
        self.agree(exchange, daemon)
        self.assertEqual([], [line for line in daemon.log if "an actor failed" in line])
        self.assertEqual([], [line for line in daemon.log if "adopted: order" in line])

    def test_stop_is_obeyed_while_the_broker_is_unreachable(self):
        exchange = self.serve()
        exchange.faults.append(lambda *_: (503, b"<html>later</html>"))
        daemon = self.daemon(exchange).wait_listening()
        self.assertEqual(200, daemon.post("stop"))
        self.assertEqual(0, daemon.wait())

    def test_failing_reads_stop_entries_until_they_succeed(self):
        exchange = self.serve()
        daemon = self.ready(exchange)
        fault = lambda method, path, _: (500, b"no") if "/v2/positions" in path else None
        exchange.faults.append(fault)
        daemon.wait_state("unknown")
        exchange.faults.clear()
        daemon.wait_state("ready")
        # An empty list alone is no evidence either.
        self.up(exchange, daemon)
        self.agree(exchange, daemon)
        exchange.faults.append(
            lambda method, path, _: (200, []) if path == "/v2/positions" else None)
        daemon.wait_state("unknown")
        held = [float(p["quantity"]) for p in daemon.api("positions")]
        self.assertEqual([3.0], held)
        exchange.faults.clear()
        self.check(exchange, daemon)

    def test_a_silent_feed_is_reconnected(self):
        exchange = self.serve()
        daemon = self.ready(exchange, TRADEWIND_FEED_SILENCE_SECONDS="2")
        data = lambda: len([u for u in exchange.upgrades if u[1] == "/v2/iex"])
        self.assertEqual(1, data())
        exchange.silent_data = True
        self.eventually(lambda: data() >= 2, "a new connection")
        exchange.silent_data = False
        daemon.wait_state("ready")
        self.up(exchange, daemon)
        self.check(exchange, daemon)

    def test_killed_at_every_state_of_an_order(self):
        for state in ("posting", "new", "partial", "filled"):
            with self.subTest(state):
                self.setUp()
                exchange = self.serve()
                exchange.fill_at_once = False
                daemon = self.ready(exchange)
                if state == "posting":
                    def hang(body):
                        exchange.accept(json.loads(body))
                        time.sleep(1)
                        return None, None
                    self.once(exchange, "POST", "/v2/orders", hang)
                order = self.up(exchange, daemon)
                time.sleep(0.3)
                if state in ("partial", "filled"):
                    exchange.fill(order, 1 if state == "partial" else 3, 101.0)
                    time.sleep(0.2)
                daemon.kill()
                exchange.begin(order)
                exchange.fill(order)
                daemon = self.ready(exchange)
                self.check(exchange, daemon)
                self.assertEqual(1, len(self.posts(exchange)))


class Secrets(AlpacaCase):
    def test_keys_appear_nowhere(self):
        exchange = self.serve()
        daemon = self.ready(exchange)
        self.up(exchange, daemon)
        exchange.refuse_upgrade = 401
        for stream in list(exchange.trading):
            stream.close()
        time.sleep(2)
        words = pathlib.Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes()
        pages = [daemon.get(p).encode() for p in ("/", "/metrics", "/api/status", "/api/orders")]
        daemon.stop()
        texts = [words, *pages, "\n".join(daemon.log).encode()]
        texts += [f.read_bytes() for f in self.state.rglob("*") if f.is_file()]
        self.assertGreater(sum(map(len, texts)), 10_000)
        for key in KEYS:
            for text in texts:
                self.assertNotIn(key.encode(), text)


if __name__ == "__main__":
    unittest.main(testRunner=SideBySide())
