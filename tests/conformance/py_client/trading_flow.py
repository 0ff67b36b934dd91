"""The ordinary flows of the official Python client against the exchange at the given address.

Run by alpaca_py_test.py with address, key id and secret. Every answer passes
the client's own validation, which raises on unknown words and missing members.
"""
import datetime
import sys
import threading
import time
import unittest

from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import (AssetClass, OrderClass, OrderSide, OrderStatus, OrderType,
                                  PositionSide, QueryOrderStatus, TimeInForce, TradeEvent)
from alpaca.trading.requests import (ClosePositionRequest, CreateWatchlistRequest,
                                     GetAssetsRequest, GetCalendarRequest, GetOrdersRequest,
                                     GetPortfolioHistoryRequest, LimitOrderRequest,
                                     MarketOrderRequest, ReplaceOrderRequest, StopLossRequest,
                                     StopOrderRequest, TakeProfitRequest,
                                     TrailingStopOrderRequest)
from alpaca.trading.stream import TradingStream

ADDRESS, KEY, SECRET = sys.argv[1:4]


def until(condition, seconds=20):
    """What `condition` returns once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("not within the time")


class Trading(unittest.TestCase):
    """One test is one flow; each leaves neither orders nor positions."""

    def setUp(self):
        self.client = TradingClient(KEY, SECRET, url_override=ADDRESS)

    def tearDown(self):
        self.client.close_all_positions(cancel_orders=True)

    def order(self, order_id):
        return self.client.get_order_by_id(order_id)

    def price(self, symbol="AAPL"):
        """The price of one share, found by buying and selling it."""
        taken = self.client.submit_order(MarketOrderRequest(
            symbol=symbol, qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY))
        filled = until(lambda: self.order(taken.id).filled_avg_price)
        self.client.close_position(symbol)
        return round(float(filled), 2)

    def test_account_clock_calendar(self):
        account = self.client.get_account()
        self.assertEqual("ACTIVE", account.status.value)
        self.assertEqual(100000, round(float(account.last_equity)))
        configuration = self.client.get_account_configurations()
        self.assertFalse(configuration.no_shorting)
        configuration.no_shorting = True
        self.assertTrue(self.client.set_account_configurations(configuration).no_shorting)
        configuration.no_shorting = False
        self.client.set_account_configurations(configuration)
        clock = self.client.get_clock()
        self.assertTrue(clock.is_open)
        self.assertEqual(datetime.date(2024, 3, 5), clock.timestamp.date())
        days = self.client.get_calendar(GetCalendarRequest(
            start=datetime.date(2024, 7, 3), end=datetime.date(2024, 7, 5)))
        self.assertEqual([13, 16], [day.close.hour for day in days])

    def test_assets(self):
        coins = self.client.get_all_assets(GetAssetsRequest(asset_class=AssetClass.CRYPTO))
        self.assertIn("BTC/USD", [coin.symbol for coin in coins])
        apple = self.client.get_asset("AAPL")
        self.assertTrue(apple.fractionable and apple.tradable)
        self.assertEqual(apple.id, self.client.get_asset(apple.id).id)
        self.assertEqual("BTC/USD", self.client.get_asset("BTC/USD").symbol)
        with self.assertRaises(APIError) as refused:
            self.client.get_asset("NOTHING")
        self.assertEqual(404, refused.exception.status_code)

    def test_market_order_position_close(self):
        taken = self.client.submit_order(MarketOrderRequest(
            symbol="AAPL", qty=4, side=OrderSide.BUY, time_in_force=TimeInForce.DAY,
            client_order_id="flow-1"))
        self.assertEqual("flow-1", taken.client_order_id)
        filled = until(lambda: self.order(taken.id).status == OrderStatus.FILLED and
                       self.client.get_order_by_client_id("flow-1"))
        self.assertEqual("4", filled.filled_qty)
        position = self.client.get_open_position("AAPL")
        self.assertEqual((PositionSide.LONG, "4"), (position.side, position.qty))
        half = self.client.close_position("AAPL", ClosePositionRequest(percentage="50"))
        self.assertEqual("2", half.qty)
        closed = self.client.close_all_positions(cancel_orders=True)
        self.assertEqual([200], [each.status for each in closed])
        until(lambda: not self.client.get_all_positions())
        with self.assertRaises(APIError) as refused:
            self.client.submit_order(MarketOrderRequest(
                symbol="AAPL", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY,
                client_order_id="flow-1"))
        self.assertEqual(422, refused.exception.status_code)
        self.assertEqual("client_order_id must be unique", refused.exception.message)

    def test_replace_and_cancel(self):
        price = self.price()
        taken = self.client.submit_order(LimitOrderRequest(
            symbol="AAPL", qty=2, side=OrderSide.BUY, time_in_force=TimeInForce.GTC,
            limit_price=round(price * 0.8, 2)))
        until(lambda: self.order(taken.id).status == OrderStatus.NEW)
        replaced = self.client.replace_order_by_id(taken.id, ReplaceOrderRequest(
            qty=3, limit_price=round(price * 0.81, 2)))
        self.assertEqual(str(taken.id), str(replaced.replaces))
        self.assertEqual(OrderStatus.REPLACED, self.order(taken.id).status)
        self.client.cancel_order_by_id(replaced.id)
        until(lambda: self.order(replaced.id).status == OrderStatus.CANCELED)
        with self.assertRaises(APIError) as refused:
            self.client.cancel_order_by_id(replaced.id)
        self.assertEqual(42210000, refused.exception.code)
        listed = self.client.get_orders(GetOrdersRequest(
            status=QueryOrderStatus.CLOSED, symbols=["AAPL"], limit=1, nested=True,
            side=OrderSide.BUY))
        self.assertEqual([replaced.id], [each.id for each in listed])

    def test_bracket(self):
        price = self.price()
        taken = self.client.submit_order(MarketOrderRequest(
            symbol="AAPL", qty=2, side=OrderSide.BUY, time_in_force=TimeInForce.GTC,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=round(price * 1.3, 2)),
            stop_loss=StopLossRequest(stop_price=round(price * 0.7, 2))))
        self.assertEqual(2, len(taken.legs))
        until(lambda: self.order(taken.id).status == OrderStatus.FILLED)
        legs = [self.order(leg.id) for leg in taken.legs]
        self.assertEqual([OrderType.LIMIT, OrderType.STOP], [leg.type for leg in legs])
        self.assertEqual([OrderStatus.NEW] * 2, [leg.status for leg in legs])
        answers = self.client.cancel_orders()
        self.assertEqual({200}, {answer.status for answer in answers})

    def test_stop_trailing_and_notional(self):
        price = self.price()
        stop = self.client.submit_order(StopOrderRequest(
            symbol="AAPL", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY,
            stop_price=round(price * 1.2, 2)))
        self.assertEqual(OrderType.STOP, stop.type)
        trail = self.client.submit_order(TrailingStopOrderRequest(
            symbol="MSFT", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.GTC,
            trail_percent=20))
        self.assertEqual("20", trail.trail_percent)
        self.client.cancel_orders()
        money = self.client.submit_order(MarketOrderRequest(
            symbol="TSLA", notional=50.5, side=OrderSide.BUY, time_in_force=TimeInForce.DAY))
        self.assertIsNone(money.qty)
        until(lambda: self.order(money.id).status == OrderStatus.FILLED)

    def test_crypto(self):
        taken = self.client.submit_order(MarketOrderRequest(
            symbol="BTC/USD", qty=0.01, side=OrderSide.BUY, time_in_force=TimeInForce.GTC))
        until(lambda: self.order(taken.id).status == OrderStatus.FILLED)
        self.assertEqual("0.009975", self.client.get_open_position("BTCUSD").qty)
        self.client.close_position("BTC/USD")
        until(lambda: not self.client.get_all_positions())

    def test_history_and_watchlists(self):
        self.price()
        fills = self.client.get("/account/activities", {"activity_types": "FILL"})
        self.assertGreaterEqual(len(fills), 2)
        history = self.client.get_portfolio_history(GetPortfolioHistoryRequest(
            period="1D", timeframe="1Min"))
        self.assertEqual(len(history.timestamp), len(history.equity))
        made = self.client.create_watchlist(CreateWatchlistRequest(
            name="flow", symbols=["AAPL", "MSFT"]))
        self.assertEqual(2, len(self.client.get_watchlist_by_id(made.id).assets))
        self.client.remove_asset_from_watchlist_by_id(made.id, "MSFT")
        self.client.delete_watchlist_by_id(made.id)
        self.assertEqual([], self.client.get_watchlists())

    def test_wrong_keys(self):
        with self.assertRaises(APIError) as refused:
            TradingClient(KEY, "wrong", url_override=ADDRESS).get_account()
        self.assertEqual(401, refused.exception.status_code)

    def test_trade_stream(self):
        stream = TradingStream(KEY, SECRET,
                               url_override=ADDRESS.replace("http", "ws") + "/stream")
        events = []
        # The client subscribes by itself once it is connected.

        async def keep(update):
            events.append(update)

        stream.subscribe_trade_updates(keep)
        thread = threading.Thread(target=stream.run, daemon=True)
        thread.start()
        until(lambda: getattr(stream, "_running", False))
        time.sleep(1)
        taken = self.client.submit_order(MarketOrderRequest(
            symbol="AAPL", qty=3, side=OrderSide.BUY, time_in_force=TimeInForce.DAY))
        own = lambda: [each for each in events if each.order.id == taken.id]
        until(lambda: any(each.event == TradeEvent.FILL for each in own()))
        self.assertEqual([TradeEvent.NEW, TradeEvent.FILL], [each.event for each in own()])
        fill = own()[-1]
        self.assertEqual((3, 3), (fill.qty, fill.position_qty))
        self.assertEqual("3", fill.order.filled_qty)
        stream.stop()
        thread.join(10)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
