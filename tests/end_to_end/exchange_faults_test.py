"""A daemon trades at `tradewind exchange` through every fault that this one can be told to have.

Each fault hits something, as the exchange counts it. After each: the exchange's truth is the
daemon's within an audit period, no decision became two orders, the daemon is ready again and ends
in order.
"""
import contextlib
import pathlib
import shutil
import tempfile
import time
import unittest

from daemon import Daemon
from exchange_process import ExchangeProcess, differences, told_by, wait_for
from side_by_side import SideBySide

STRATEGY = ("--broker", "alpaca", "--strategy", "sma_cross", "--set", "fast=1", "--set", "slow=2",
            "--set", "quantity=3", "--symbols", "AAPL,MSFT")
AUDIT_S = 2
ORDERS = "/v2/orders"


class ExchangeCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "exchange").mkdir()
        self.exchange = self.enterContext(ExchangeProcess(self.folder / "exchange"))

    def start(self):
        daemon = self.enterContext(Daemon(
            self.folder / "daemon", *STRATEGY, environment={
                "TRADEWIND_BROKER_AUDIT_SECONDS": str(AUDIT_S), **self.exchange.environment()}))
        daemon.wait_listening()
        daemon.wait_state("ready")
        return daemon

    def trade(self, daemon, count):
        """Until so many orders more were decided. The exchange's budget is the daemon's."""
        def sent():
            return len([o for o in daemon.api("orders") if o["status"] != "rejected"])
        wanted = sent() + count
        # A broker that refuses may say so for a whole minute.
        wait_for(lambda: sent() >= wanted, f"{count} orders more", 150)

    def wait_order(self, daemon, status):
        """Until an entry has that status, as the daemon knows it."""
        wait_for(lambda: any(o["status"] == status and o["side"] == "buy"
                             for o in daemon.api("orders")), f"entry that is {status}", 150)

    def agree(self, daemon):
        """No more entries; then books and truth are the same and stay so."""
        daemon.post("kill")
        found = ["not compared"]

        def same():
            found[:] = differences(self.exchange.truth(), told_by(daemon))
            return not found
        with contextlib.suppress(AssertionError):
            wait_for(same, "agreement", 12 * AUDIT_S, pause=AUDIT_S)
        self.assertEqual([], found, f"log {daemon.log[-30:]}")
        ids = [order["client_order_id"]
               for order in self.exchange.get("orders?status=all&limit=500")]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual([], self.exchange.errors)  # every script was understood
        self.assertEqual([], [line for line in daemon.log if "error" in line.split(" ")[1:2]])

    def finish(self, daemon):
        self.agree(daemon)
        daemon.post("resume")
        daemon.wait_state("ready")
        self.assertEqual(0, daemon.stop())


class Faults(ExchangeCase):
    def hit(self, *faults, orders=4, lasting=False, ends_as=None):
        """Trades through the faults. `ends_as`: a kill cancels an entry, which ends so."""
        daemon = self.start()
        self.exchange.faults(*faults)
        self.trade(daemon, orders)
        if ends_as:
            self.wait_order(daemon, "new")
            before = self.exchange.orders()
            canceled = {i for i, o in before.items() if o["side"] == "buy" and o["status"] == "new"}
            daemon.post("kill")
        self.exchange.wait_hit(*faults)
        if ends_as:
            wait_for(lambda: all(self.exchange.orders()[i]["status"] == ends_as
                                 for i in canceled), f"entries {ends_as}", pause=1)
            self.assertTrue(canceled)
        if not lasting:
            self.exchange.faults()
        self.finish(daemon)


def case(*faults, **options):
    return lambda self: self.hit(*faults, **options)


def post(fault, **more):
    return {"fault": fault, "method": "POST", "path": ORDERS, "count": 2, **more}


# A name of what goes wrong, and the script of it.
CASES = {
    "nothing": case(),
    "reply_lost_after_acceptance": case(post("lost_reply")),
    "reply_cut_off": case(post("reset")),
    "no_reply": case(post("hang", count=1)),
    "order_lost_on_its_way": case(post("lost_request")),
    "order_answered_by_500": case(post("status", status=500)),
    "order_answered_by_a_page": case(post("html", status=200)),
    "taken_and_answered_by_half_a_body": case(post("truncated_body")),
    "taken_and_answered_by_a_huge_body": case(post("oversized_body", size=9_000_000)),
    "updates_twice": case({"fault": "duplicate_update", "count": 0}),
    "updates_reordered": case({"fault": "reorder_update", "count": 0}),
    "updates_late": case({"fault": "delay_update", "count": 0, "delay_ms": 1500}),
    "updates_withheld": case({"fault": "withhold_update", "count": 0}),
    "fills_withheld": case({"fault": "withhold_update", "event": "fill", "count": 3}),
    "pairs_of_new_and_fill_replayed": case(
        {"fault": "partial_fill", "count": 0, "fraction": 0.34, "delay_ms": 300},
        {"fault": "replay_updates", "count": 0, "repeat": 3}),
    "updates_without_data": case({"fault": "null_update", "count": 0}),
    "updates_cut_off": case({"fault": "truncated_update", "count": 4}),
    "a_huge_update": case({"fault": "oversized_update", "count": 1, "size": 9_000_000}),
    "partly_filled_then_canceled": case(
        {"fault": "partial_then_cancel", "count": 0, "fraction": 0.34, "delay_ms": 200}),
    "rejected_after_acceptance": case(
        {"fault": "reject_after_accept", "count": 3, "delay_ms": 200}),
    "filled_against_the_cancel": case(
        {"fault": "hold_order", "count": 0, "delay_ms": 6000},
        {"fault": "fill_on_cancel", "count": 0}, orders=2, ends_as="filled"),
    "cancel_takes_its_time": case(
        {"fault": "hold_order", "count": 0, "delay_ms": 6000},
        {"fault": "cancel_delay", "count": 0, "delay_ms": 1500}, orders=2, ends_as="canceled"),
    "reads_refused_429": case({"fault": "status", "status": 429, "count": 6, "method": "GET",
                               "path": "/v2/", "retry_after_s": 1}),
    "orders_refused_429": case(post("status", status=429, retry_after_s=1)),
    "reads_fail_500": case({"fault": "status", "status": 500, "count": 10, "method": "GET",
                            "path": "/v2/positions"}),
    "reads_are_pages": case({"fault": "html", "status": 200, "count": 10, "method": "GET",
                             "path": ORDERS}),
    "stream_dropped": case({"fault": "drop", "path": "/stream", "count": 1}),
    "stream_expires": case({"fault": "expire_session", "path": "/stream", "count": 1,
                            "delay_ms": 500}),
    "market_data_dropped": case({"fault": "drop", "path": "/v2/iex", "count": 1}),
    "market_data_cut_off": case({"fault": "truncated_frame", "path": "/v2/iex", "count": 3}),
    "market_data_twice_and_reordered": case(
        {"fault": "duplicate_frame", "path": "/v2/iex", "count": 20},
        {"fault": "reorder_frame", "path": "/v2/iex", "count": 20}),
    "connections_that_never_answer": case(
        {"fault": "half_open", "count": 3}, {"fault": "drop", "path": "/stream"},
        {"fault": "drop", "path": "/v2/iex"}),
    "a_skewed_clock": case({"fault": "clock_skew", "offset_ms": 400_000}, lasting=True),
}
for name, function in CASES.items():
    setattr(Faults, "test_" + name, function)


class Silence(ExchangeCase):
    def test_a_stream_that_is_silent_but_open(self):
        daemon = self.start()
        self.exchange.faults({"fault": "silence", "path": "/stream"})
        self.trade(daemon, 3)
        self.exchange.wait_hit({"fault": "silence"})
        # Its books are the truth within an audit period, without a word on the stream.
        self.agree(daemon)
        self.exchange.faults()
        self.finish(daemon)

    def test_a_refused_stream_is_tried_six_times_a_minute_and_no_entry_leaves(self):
        daemon = self.start()
        faults = ({"fault": "refuse_upgrade", "path": "/stream", "status": 429, "count": 0},
                  {"fault": "drop", "path": "/stream", "count": 1})
        begin = time.monotonic()
        self.exchange.faults(*faults)
        daemon.wait_state("unknown")
        time.sleep(AUDIT_S)
        before = {o["client_order_id"] for o in self.exchange.orders().values()
                  if o["side"] == "buy"}
        def refused():
            return len([o for o in daemon.api("orders") if o["status"] in ("rejected", "refused")]
                       + [d for d in daemon.api("decisions") if d["outcome"] == "refused"])
        known = refused()
        wait_for(lambda: refused() > known, "a refused decision", 150)
        after = {o["client_order_id"] for o in self.exchange.orders().values()
                 if o["side"] == "buy"}
        self.assertEqual(before, after)
        self.exchange.wait_hit(*faults)
        attempts = dict(self.exchange.hits())["refuse_upgrade"]
        self.assertLessEqual(attempts, 6 * (1 + int((time.monotonic() - begin) / 60)))
        self.exchange.faults()
        self.finish(daemon)


class Restarts(ExchangeCase):
    """Either side is killed while an order is in each of its states."""

    # The script, and the status of an entry from which the state follows; None: from a hit.
    STATES = {
        "accepted": ("new", {"fault": "hold_order", "count": 0, "delay_ms": 5000}),
        "partly_filled": ("partially_filled", {
            "fault": "partial_fill", "count": 0, "fraction": 0.34, "delay_ms": 5000}),
        "filled": ("filled",),
        "being_canceled": ("new", {"fault": "hold_order", "count": 0, "delay_ms": 9000},
                           {"fault": "cancel_delay", "count": 0, "delay_ms": 5000}),
        "unknown": (None, {"fault": "hang", "method": "POST", "path": ORDERS, "count": 1}),
    }

    def reach(self, state):
        daemon = self.start()
        status, *faults = self.STATES[state]
        self.exchange.faults(*faults)
        self.trade(daemon, 2)
        if status:
            self.wait_order(daemon, status)
        if state == "being_canceled":
            daemon.post("kill")
        self.exchange.wait_hit(*faults)
        if state == "being_canceled":
            daemon.post("resume")
        return daemon

    def killed_daemon(self, state):
        daemon = self.reach(state)
        daemon.kill()
        time.sleep(1)
        self.exchange.faults()
        self.finish(self.start())

    def killed_exchange(self, state):
        daemon = self.reach(state)
        self.exchange.kill()
        self.exchange.faults()
        time.sleep(1)
        self.exchange.start()
        daemon.wait_state("ready")
        self.trade(daemon, 2)
        self.finish(daemon)


for name in Restarts.STATES:
    setattr(Restarts, "test_daemon_killed_while_an_order_is_" + name,
            lambda self, state=name: self.killed_daemon(state))
    setattr(Restarts, "test_exchange_killed_while_an_order_is_" + name,
            lambda self, state=name: self.killed_exchange(state))


if __name__ == "__main__":
    unittest.main(testRunner=SideBySide())
