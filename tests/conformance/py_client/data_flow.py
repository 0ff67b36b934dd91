"""History and market data streams read by the official Python client from the exchange at the
given address.

Run by alpaca_py_test.py; every answer passes the client's own validation. The exchange stands
on Tuesday 2024-03-05, in an open session.
"""
import datetime
import logging
import sys
import threading
import unittest

ADDRESS = ""
KEY = SECRET = ""
UTC = datetime.timezone.utc
MONDAY = datetime.datetime(2024, 3, 4, 14, 30, tzinfo=UTC)  # its session opens
STREAM_S = 60


def stream_address():
    return ADDRESS.replace("http", "ws")


class StockHistory(unittest.TestCase):
    """StockHistoricalDataClient."""

    def setUp(self):
        from alpaca.data.historical import StockHistoricalDataClient
        self.client = StockHistoricalDataClient(KEY, SECRET, url_override=ADDRESS)

    def bars(self, unit, count=1, **more):
        from alpaca.data.requests import StockBarsRequest
        from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
        return self.client.get_stock_bars(StockBarsRequest(
            timeframe=TimeFrame(count, TimeFrameUnit[unit]), **more)).data

    def test_minutes_of_a_session(self):
        bars = self.bars("Minute", symbol_or_symbols=["AAPL", "SPY"], start=MONDAY,
                         end=MONDAY + datetime.timedelta(hours=10))
        self.assertEqual({"AAPL", "SPY"}, set(bars))
        for symbol, items in bars.items():
            self.assertEqual(390, len(items), symbol)
            starts = [bar.timestamp for bar in items]
            self.assertEqual(sorted(set(starts)), starts)
            for bar in items:
                self.assertLessEqual(bar.low, min(bar.open, bar.close, bar.vwap))
                self.assertGreaterEqual(bar.high, max(bar.open, bar.close, bar.vwap))

    def test_pages_are_merged(self):
        # 27 symbols x 390 minutes are more than one page of 10000.
        names = ["EQIX", "GS", "COST", "CRM", "AXP", "BA", "GE", "LLY", "MCD", "AVGO", "GOOG",
                 "SHOP", "PLTR", "V", "VTI", "QQQ", "MA", "SAP", "COUR", "ADBE", "INTC", "QUBT",
                 "MSFT", "AAPL", "NVDA", "TSLA", "SPY"]
        bars = self.bars("Minute", symbol_or_symbols=names, start=MONDAY,
                         end=MONDAY + datetime.timedelta(hours=10))
        present = {symbol: len(items) for symbol, items in bars.items()}
        self.assertGreater(sum(present.values()), 10_000)
        self.assertEqual({390}, set(present.values()))

    def test_two_years_of_days(self):
        start = datetime.datetime(2022, 3, 4, tzinfo=UTC)
        bars = self.bars("Day", symbol_or_symbols="MSFT", start=start)["MSFT"]
        self.assertGreater(len(bars), 500)
        self.assertIn(bars[0].timestamp.hour, (4, 5))  # midnight New York
        self.assertEqual("2024-03-05", str(bars[-1].timestamp.date()))

    def test_longer_bars_limits_and_order(self):
        from alpaca.common.enums import Sort
        from alpaca.data.enums import Adjustment, DataFeed
        for unit, count, least in (("Hour", 4, 2), ("Week", 1, 12), ("Month", 3, 1)):
            bars = self.bars(unit, count, symbol_or_symbols="NVDA",
                             start=MONDAY - datetime.timedelta(days=90),
                             adjustment=Adjustment.ALL, feed=DataFeed.IEX)["NVDA"]
            self.assertGreaterEqual(len(bars), least, unit)
        newest = self.bars("Minute", symbol_or_symbols="NVDA", start=MONDAY, limit=5,
                           sort=Sort.DESC)["NVDA"]
        self.assertEqual(5, len(newest))
        self.assertGreater(newest[0].timestamp, newest[-1].timestamp)

    def test_quotes_and_trades(self):
        from alpaca.data.requests import StockQuotesRequest, StockTradesRequest
        end = MONDAY + datetime.timedelta(minutes=1)
        quotes = self.client.get_stock_quotes(StockQuotesRequest(
            symbol_or_symbols="AAPL", start=MONDAY, end=end)).data["AAPL"]
        trades = self.client.get_stock_trades(StockTradesRequest(
            symbol_or_symbols="AAPL", start=MONDAY, end=end, limit=100)).data["AAPL"]
        self.assertGreaterEqual(len(quotes), 300)
        self.assertEqual(100, len(trades))
        self.assertTrue(all(quote.bid_price < quote.ask_price for quote in quotes))
        self.assertEqual(100, len({trade.id for trade in trades}))

    def test_latest_and_snapshots(self):
        from alpaca.data.requests import (StockLatestBarRequest, StockLatestQuoteRequest,
                                          StockLatestTradeRequest, StockSnapshotRequest)
        both = {"symbol_or_symbols": ["AAPL", "TSLA"]}
        quotes = self.client.get_stock_latest_quote(StockLatestQuoteRequest(**both))
        trades = self.client.get_stock_latest_trade(StockLatestTradeRequest(**both))
        bars = self.client.get_stock_latest_bar(StockLatestBarRequest(**both))
        shots = self.client.get_stock_snapshot(StockSnapshotRequest(**both))
        for found in (quotes, trades, bars, shots):
            self.assertEqual({"AAPL", "TSLA"}, set(found))
        shot = shots["AAPL"]
        self.assertAlmostEqual(shot.latest_trade.price, quotes["AAPL"].ask_price, delta=20)
        self.assertGreater(shot.daily_bar.timestamp, shot.previous_daily_bar.timestamp)

    def test_refusals(self):
        from alpaca.common.exceptions import APIError
        from alpaca.data.historical import StockHistoricalDataClient
        with self.assertRaises(APIError) as refused:
            self.bars("Day", symbol_or_symbols="not a symbol", start=MONDAY)
        self.assertEqual(400, refused.exception.status_code)
        self.client = StockHistoricalDataClient(KEY, "wrong", url_override=ADDRESS)
        with self.assertRaises(APIError) as refused:
            self.bars("Day", symbol_or_symbols="AAPL", start=MONDAY)
        self.assertEqual(401, refused.exception.status_code)

    def test_news_and_corporate_actions(self):
        from alpaca.data.historical.corporate_actions import CorporateActionsClient
        from alpaca.data.historical.news import NewsClient
        from alpaca.data.requests import CorporateActionsRequest, NewsRequest
        news = NewsClient(KEY, SECRET, url_override=ADDRESS).get_news(NewsRequest())
        self.assertEqual([], news.data["news"])
        actions = CorporateActionsClient(KEY, SECRET, url_override=ADDRESS)
        self.assertEqual({}, actions.get_corporate_actions(CorporateActionsRequest()).data)


class CryptoHistory(unittest.TestCase):
    """CryptoHistoricalDataClient, without keys as its documentation shows it."""

    def setUp(self):
        from alpaca.data.historical import CryptoHistoricalDataClient
        self.client = CryptoHistoricalDataClient(url_override=ADDRESS)

    def test_history(self):
        from alpaca.data.requests import CryptoBarsRequest, CryptoTradesRequest
        from alpaca.data.timeframe import TimeFrame
        bars = self.client.get_crypto_bars(CryptoBarsRequest(
            symbol_or_symbols=["BTC/USD", "ETH/USD"], timeframe=TimeFrame.Hour,
            start=MONDAY - datetime.timedelta(hours=48), end=MONDAY)).data
        self.assertEqual({"BTC/USD": 48, "ETH/USD": 48},
                         {symbol: len(items) for symbol, items in bars.items()})
        trades = self.client.get_crypto_trades(CryptoTradesRequest(
            symbol_or_symbols="BTC/USD", start=MONDAY, limit=20)).data
        self.assertEqual(20, len(trades["BTC/USD"]))

    def test_latest(self):
        from alpaca.data.requests import (CryptoLatestOrderbookRequest, CryptoLatestQuoteRequest,
                                          CryptoSnapshotRequest)
        one = {"symbol_or_symbols": "BTC/USD"}
        quote = self.client.get_crypto_latest_quote(CryptoLatestQuoteRequest(**one))["BTC/USD"]
        book = self.client.get_crypto_latest_orderbook(
            CryptoLatestOrderbookRequest(**one))["BTC/USD"]
        shot = self.client.get_crypto_snapshot(CryptoSnapshotRequest(**one))["BTC/USD"]
        self.assertLess(quote.bid_price, quote.ask_price)
        self.assertLess(book.bids[0].price, book.asks[0].price)
        self.assertGreater(shot.daily_bar.volume, 0)


class Collector:
    """Counts what handlers get, until everything awaited came or the time is over."""

    def __init__(self, stream, awaited):
        self.stream, self.awaited, self.got = stream, awaited, {}
        self.done = threading.Event()

    def handler(self, kind):
        async def take(item):
            self.got.setdefault(kind, []).append(item)
            if all(len(self.got.get(k, [])) >= n for k, n in self.awaited.items()):
                self.done.set()
        return take

    def run(self):
        thread = threading.Thread(target=self.stream.run, daemon=True)
        thread.start()
        finished = self.done.wait(STREAM_S)
        self.stream.stop()
        thread.join(STREAM_S)
        return finished


class Streams(unittest.TestCase):
    """StockDataStream and CryptoDataStream (MessagePack)."""

    def check(self, stream, symbol, awaited, subscribe):
        collector = Collector(stream, awaited)
        for kind in awaited:
            subscribe(kind)(collector.handler(kind), symbol)
        self.assertTrue(collector.run(), {k: len(v) for k, v in collector.got.items()})
        for kind, items in collector.got.items():
            self.assertEqual({symbol}, {item.symbol for item in items}, kind)
            times = [item.timestamp for item in items]
            self.assertEqual(sorted(times), times, kind)
        return collector

    def test_stocks(self):
        from alpaca.data.live import StockDataStream
        stream = StockDataStream(KEY, SECRET, url_override=stream_address() + "/v2/iex")
        collector = self.check(
            stream, "AAPL", {"quotes": 30, "trades": 30, "bars": 2, "daily_bars": 2},
            lambda kind: getattr(stream, f"subscribe_{kind}"))
        # Between two bars lie six seconds of the machine's time, with five of each in every one.
        self.assertGreaterEqual(len(collector.got["quotes"]), 6 * 5 - 3)
        self.assertGreaterEqual(len(collector.got["trades"]), 6 * 5 - 3)

    def test_coins(self):
        from alpaca.data.live import CryptoDataStream
        stream = CryptoDataStream(KEY, SECRET,
                                  url_override=stream_address() + "/v1beta3/crypto/us")
        self.check(stream, "BTC/USD", {"quotes": 10, "trades": 10, "bars": 1, "orderbooks": 10},
                   lambda kind: getattr(stream, f"subscribe_{kind}"))

    def test_wrong_keys_are_refused(self):
        # The client logs each of its many attempts.
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        from alpaca.data.live import StockDataStream
        stream = StockDataStream(KEY, "wrong", url_override=stream_address() + "/v2/iex")
        collector = Collector(stream, {"quotes": 1})
        stream.subscribe_quotes(collector.handler("quotes"), "AAPL")
        thread = threading.Thread(target=stream.run, daemon=True)
        thread.start()
        self.assertFalse(collector.done.wait(2))
        stream.stop()
        thread.join(STREAM_S)


if __name__ == "__main__":
    ADDRESS, KEY, SECRET = sys.argv[1:4]
    del sys.argv[1:4]
    unittest.main(verbosity=2)
