#include "broker/exchange/data/market_history.hpp"

#include "tests/catch.hpp"
#include "tests/exchange_data/small_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using market::TradingCalendar;
using test::kApple;
using test::kBitcoin;
using enum TimeframeUnit;

namespace {

std::vector<Bar> bars_of(const Symbol& symbol, Timeframe timeframe, HistoryRange range,
                         Timestamp now = test::small_market_now()) {
    MarketHistory history(test::small_market());
    std::vector<Bar> bars;
    history.bars(symbol, timeframe, range, now, [&](const Bar& bar) {
        bars.push_back(bar);
        return true;
    });
    return bars;
}

Timestamp time(const char* text) {
    return *parse_time(text);
}

}  // namespace

TEST_CASE("minute bars are those of open sessions, labelled by their start") {
    // Good Friday 2026 is April 3rd; Thursday closes at 20:00Z.
    const auto now = time("2026-04-07T12:00:00Z");
    const auto bars = bars_of(kApple, {1, minute},
                              {time("2026-04-02T19:58:00Z"), time("2026-04-06T13:31:00Z")}, now);
    REQUIRE(bars.size() == 4);
    CHECK(bars[0].start == time("2026-04-02T19:58:00Z"));
    CHECK(bars[1].start == time("2026-04-02T19:59:00Z"));
    CHECK(bars[2].start == time("2026-04-06T13:30:00Z"));
    CHECK(bars[3].start == time("2026-04-06T13:31:00Z"));
    for (const auto& bar : bars) {
        CHECK(bar.vwap >= bar.low.to_double());
        CHECK(bar.vwap <= bar.high.to_double());
        CHECK(bar.trade_count == 600);
    }
}

TEST_CASE("a minute counts when it has ended, a longer bar as far as it goes") {
    const auto now = test::small_market_now();  // 19:30:10.7Z
    const HistoryRange today{time("2026-03-30T00:00:00Z"), now};
    const auto minutes = bars_of(kApple, {1, minute}, today);
    CHECK(minutes.back().start == time("2026-03-30T19:29:00Z"));
    CHECK(minutes.size() == 360);
    const auto hours = bars_of(kApple, {1, hour}, today);
    REQUIRE(hours.size() == 7);
    // 09:30 to 10:00 New York is the first hour's half; labels are whole hours.
    CHECK(hours.front().start == time("2026-03-30T13:00:00Z"));
    CHECK(hours.front().open == minutes.front().open);
    CHECK(hours.front().trade_count == 30 * 600);
    CHECK(hours.back().start == time("2026-03-30T19:00:00Z"));
    CHECK(hours.back().end == time("2026-03-30T19:30:00Z"));
    const auto days = bars_of(kApple, {1, day}, today);
    REQUIRE(days.size() == 1);
    CHECK(days[0].start == time("2026-03-30T04:00:00Z"));
    CHECK(days[0].open == minutes.front().open);
    CHECK(days[0].close == minutes.back().close);
    CHECK(days[0].trade_count == 360 * 600);
}

TEST_CASE("an ended day equals its minutes; weeks and months equal their days") {
    const auto now = time("2026-04-07T12:00:00Z");
    const auto label = time("2026-03-30T04:00:00Z");
    const auto days = bars_of(kApple, {1, day}, {label, time("2026-04-03T04:00:00Z")}, now);
    REQUIRE(days.size() == 4);
    const auto minutes = bars_of(kApple, {1, minute}, {label, time("2026-03-31T00:00:00Z")}, now);
    REQUIRE(minutes.size() == 390);
    Price high;
    Price low = Price::whole(1'000'000);
    double volume = 0;
    for (const auto& bar : minutes) {
        high = std::max(high, bar.high);
        low = std::min(low, bar.low);
        volume += bar.volume;
    }
    CHECK(days[0].open == minutes.front().open);
    CHECK(days[0].close == minutes.back().close);
    CHECK(days[0].high == high);
    CHECK(days[0].low == low);
    CHECK(days[0].volume == volume);
    const auto weeks = bars_of(kApple, {1, week}, {label, label}, now);
    REQUIRE(weeks.size() == 1);
    CHECK(weeks[0].start == label);
    CHECK(weeks[0].open == days.front().open);
    CHECK(weeks[0].close == days.back().close);
    const auto months = bars_of(kApple, {1, month}, {time("2026-03-01T00:00:00Z"), now}, now);
    REQUIRE(months.size() == 2);
    CHECK(months[0].start == time("2026-03-01T05:00:00Z"));  // winter still
    CHECK(months[1].start == time("2026-04-01T04:00:00Z"));
    const auto quarter = bars_of(kApple, {3, month}, {time("2026-01-01T00:00:00Z"), now}, now);
    REQUIRE(quarter.size() == 2);
    CHECK(quarter[0].close == months[0].close);
}

TEST_CASE("coins trade all days in UTC") {
    const auto now = test::small_market_now();
    const auto days =
        bars_of(kBitcoin, {1, day}, {time("2026-03-28T00:00:00Z"), time("2026-03-30T00:00:00Z")});
    REQUIRE(days.size() == 3);
    CHECK(days[2].start == time("2026-03-30T00:00:00Z"));
    CHECK(days[2].end == time("2026-03-30T19:30:00Z"));
    const auto night =
        bars_of(kBitcoin, {15, minute}, {now - 12 * kHour, now - 12 * kHour + 30 * kMinute});
    CHECK(night.size() == 2);
}

TEST_CASE("descending is ascending backwards, for every kind and timeframe") {
    const auto now = test::small_market_now();
    MarketHistory history(test::small_market());
    const Timeframe frames[] = {{1, minute}, {7, minute}, {2, hour},
                                {1, day},    {1, week},   {3, month}};
    for (const auto& symbol : {kApple, kBitcoin}) {
        for (const auto frame : frames) {
            const auto span = frame.unit == month ? 400 * kDay : 3 * kDay;
            auto up = bars_of(symbol, frame, {now - span, now});
            const auto down = bars_of(symbol, frame, {now - span, now, true});
            std::reverse(up.begin(), up.end());
            REQUIRE_FALSE(up.empty());
            CHECK(up == down);
        }
        std::vector<Timestamp> up;
        std::vector<Timestamp> down;
        history.trades(symbol, {now - 5 * kSecond, now}, now, [&](const Trade& trade) {
            up.push_back(trade.time);
            return true;
        });
        history.trades(symbol, {now - 5 * kSecond, now, true}, now, [&](const Trade& trade) {
            down.push_back(trade.time);
            return true;
        });
        std::reverse(down.begin(), down.end());
        CHECK(up == down);
        CHECK(up.size() >= 49);
        CHECK(std::is_sorted(up.begin(), up.end()));
        CHECK(up.back() <= now);
    }
}

TEST_CASE("ten trades and quotes a second, and the trades of a minute make its bar") {
    const auto now = test::small_market_now();
    MarketHistory history(test::small_market());
    for (const auto& symbol : test::small_market().symbols()) {
        INFO(symbol.view());
        const auto start = time("2026-03-30T15:00:00Z");
        const HistoryRange range{start, start + kMinute - 1};
        std::vector<Trade> trades;
        Quantity volume;
        history.trades(symbol, range, now, [&](const Trade& trade) {
            trades.push_back(trade);
            volume += trade.size;
            const auto quote = test::small_market().quote_at(symbol, trade.time);
            CHECK((trade.price == quote.bid || trade.price == quote.ask));
            return true;
        });
        std::size_t quotes = 0;
        history.quotes(symbol, range, now, [&](const Quote& quote) {
            CHECK(quote.valid());
            ++quotes;
            return true;
        });
        CHECK(trades.size() == 600);
        CHECK(quotes == 600);
        const auto bar = *test::small_market().minute_bar(symbol, start);
        CHECK(trades.front().price == bar.open);
        CHECK(trades.back().price == bar.close);
        CHECK(volume.to_double() == Approx(bar.volume));
        CHECK(bar.trade_count == trades.size());
    }
}

TEST_CASE("a snapshot shows the newest of everything, also when the market is closed") {
    MarketHistory history(test::small_market());
    const auto open = history.snapshot(kApple, test::small_market_now());
    CHECK(open.latest_trade->time <= test::small_market_now());
    CHECK(test::small_market_now() - open.latest_trade->time < kSecond);
    CHECK(open.minute_bar->start == time("2026-03-30T19:29:00Z"));
    CHECK(open.daily_bar->start == time("2026-03-30T04:00:00Z"));
    CHECK(open.previous_daily_bar->start == time("2026-03-27T04:00:00Z"));
    const auto weekend = history.snapshot(kApple, time("2026-04-05T12:00:00Z"));
    CHECK(weekend.minute_bar->start == time("2026-04-02T19:59:00Z"));
    CHECK(weekend.daily_bar->start == time("2026-04-02T04:00:00Z"));
    CHECK(weekend.latest_trade->price == weekend.minute_bar->close);
}

TEST_CASE("what is kept between calls changes no answer") {
    MarketHistory used(test::small_market());
    const auto start = time("2026-03-30T00:00:00Z");
    for (const auto step : {0, 14, 15, 16, 30, 3, 20}) {  // hours, one of them backwards
        const auto now = start + step * kHour + 90 * kSecond;
        for (const auto& symbol : {kApple, kBitcoin}) {
            MarketHistory fresh(test::small_market());
            CHECK(used.day(symbol, date_of(2026, 3, 30), now) ==
                  fresh.day(symbol, date_of(2026, 3, 30), now));
        }
    }
}
