#include "market/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "market/resample.hpp"
#include "messages/counter_random.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

Date day(const char* text) {
    return *parse_date(text);
}

const SyntheticMarket& the_market() {
    static const SyntheticMarket made(
        {7,
         {Symbol("AAPL"), Symbol("MSFT"), Symbol("BTCUSD"), Symbol("ETHUSD")},
         day("2026-06-30")});
    return made;
}

std::vector<double> returns(const Symbol& symbol) {
    const auto series = the_market().daily_series(symbol, day("2018-01-01"), day("2025-12-31"));
    std::vector<double> out;
    for (std::size_t i = 1; i < series->bars.size(); ++i) {
        out.push_back(
            std::log(series->bars[i].close.to_double() / series->bars[i - 1].close.to_double()));
    }
    return out;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
    const auto n = static_cast<double>(a.size());
    const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n;
    const double mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return ab / std::sqrt(aa * bb);
}

}  // namespace

TEST_CASE("the counter generator gives the published numbers") {
    CHECK(philox({0, 0, 0, 0}, {0, 0}) ==
          PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
          PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
    const CounterRandom one(1, "AAPL");
    CHECK(one.uniform(1, Date{5}, 9) == CounterRandom(1, Symbol("AAPL")).uniform(1, Date{5}, 9));
    CHECK(one.uniform(1, Date{5}, 9) != CounterRandom(2, "AAPL").uniform(1, Date{5}, 9));
    CHECK(one.uniform(1, Date{5}, 9) != one.uniform(2, Date{5}, 9));
    CHECK(one.uniform(1, Date{5}, 9) != one.uniform(1, Date{6}, 9));
}

TEST_CASE("nothing depends on who else is there, on the last day, or on the range asked") {
    const SyntheticMarket alone({7, {Symbol("MSFT")}, day("2026-01-31")});
    const auto from = *parse_time("2026-01-05T15:00:00Z");
    const auto to = *parse_time("2026-01-07T16:00:00Z");
    const auto bars = alone.minute_bars(Symbol("MSFT"), from, to);
    CHECK(bars == the_market().minute_bars(Symbol("MSFT"), from, to));
    REQUIRE(bars.size() == 360 + 390 + 90);
    CHECK(alone.daily_bar(Symbol("MSFT"), day("2026-01-05")) ==
          the_market().daily_bar(Symbol("MSFT"), day("2026-01-05")));
    test::law("a bar alone equals the bar in a range", [&] {
        const auto i = *rc::gen::inRange<std::size_t>(0, bars.size());
        RC_ASSERT(the_market().minute_bar(Symbol("MSFT"), bars[i].start) == bars[i]);
    });
    const SyntheticMarket other({8, {Symbol("MSFT")}, day("2026-01-31")});
    CHECK(other.minute_bars(Symbol("MSFT"), from, to) != bars);
}

TEST_CASE("minutes make the day, trades make the minute") {
    for (const auto& [name, date] :
         {std::pair{"AAPL", "2025-11-28"}, {"MSFT", "2026-03-09"}, {"BTCUSD", "2026-03-08"}}) {
        const Symbol symbol(name);
        INFO(name);
        const auto daily = *the_market().daily_bar(symbol, day(date));
        const auto minutes = the_market().minute_series(symbol, daily.start, daily.end);
        CHECK(static_cast<std::int64_t>(minutes->bars.size()) ==
              (daily.end - daily.start) / kMinute);
        const auto built = resample(*minutes, the_market().calendar(symbol), kDay);
        REQUIRE(built.series.bars.size() == 1);
        CHECK(built.series.bars.front() == daily);
        CHECK_FALSE(built.partial.front());

        for (const int index : {0, 1, 100, 209}) {
            const Bar& bar = minutes->bars[static_cast<std::size_t>(index)];
            CHECK_FALSE(bar.suspect);
            CHECK(bar.low <= std::min(bar.open, bar.close));
            CHECK(bar.high >= std::max(bar.open, bar.close));
            Bar tape;
            Quantity volume;
            std::uint32_t count = 0;
            for (auto t = bar.start; t < bar.end; t = t + kSyntheticTradeSlot) {
                const auto trade = the_market().trade_at(symbol, t);
                const auto quote = the_market().quote_at(symbol, t);
                REQUIRE(quote.valid());
                CHECK(quote.ask > quote.bid);
                CHECK(quote.time == t);
                if (!trade) continue;
                const bool at_touch = trade->price == quote.bid || trade->price == quote.ask;
                CHECK(at_touch);
                CHECK(trade->time >= t);
                CHECK(trade->time < t + kSyntheticTradeSlot);
                if (count == 0) tape.open = tape.high = tape.low = trade->price;
                tape.high = std::max(tape.high, trade->price);
                tape.low = std::min(tape.low, trade->price);
                tape.close = trade->price;
                volume = volume + trade->size;
                ++count;
            }
            CHECK(tape.open == bar.open);
            CHECK(tape.high == bar.high);
            CHECK(tape.low == bar.low);
            CHECK(tape.close == bar.close);
            CHECK(volume.to_double() == bar.volume);
            CHECK(count == bar.trade_count);
        }
    }
}

TEST_CASE("the market looks like one") {
    const auto apple = returns(Symbol("AAPL"));
    const auto microsoft = returns(Symbol("MSFT"));
    const auto bitcoin = returns(Symbol("BTCUSD"));
    const auto ether = returns(Symbol("ETHUSD"));
    CHECK(apple.size() > 2'000);
    CHECK(bitcoin.size() > 2'900);
    // Correlated through common factors.
    CHECK(correlation(apple, microsoft) > 0.2);
    CHECK(correlation(bitcoin, ether) > 0.3);
    for (const auto& r : {apple, bitcoin}) {
        // Volatility clusters, tails are fat, returns themselves are not predictable.
        std::vector<double> sizes, next_sizes, now, next;
        double second = 0, fourth = 0;
        for (std::size_t i = 0; i + 1 < r.size(); ++i) {
            sizes.push_back(std::fabs(r[i]));
            next_sizes.push_back(std::fabs(r[i + 1]));
            now.push_back(r[i]);
            next.push_back(r[i + 1]);
            second += r[i] * r[i];
            fourth += r[i] * r[i] * r[i] * r[i];
        }
        const auto n = static_cast<double>(sizes.size());
        CHECK(correlation(sizes, next_sizes) > 0.05);
        CHECK(std::fabs(correlation(now, next)) < 0.08);
        CHECK(fourth / n / (second / n * second / n) > 3.5);
        CHECK(std::sqrt(second / n) > 0.008);
        CHECK(std::sqrt(second / n) < 0.08);
    }
    // Volume is U-shaped over the session.
    double edges = 0, middle = 0;
    for (const char* date :
         {"2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06", "2025-03-07"}) {
        const auto session = *session_on(TradingCalendar::nyse, day(date));
        const auto bars = the_market().minute_bars(Symbol("AAPL"), session.open, session.close);
        for (int i = 0; i < 30; ++i) edges += bars[static_cast<std::size_t>(i)].volume;
        for (int i = 180; i < 210; ++i) middle += bars[static_cast<std::size_t>(i)].volume;
    }
    CHECK(edges > 1.5 * middle);
}

TEST_CASE("levels stay plausible over decades and quotes outlive the session") {
    const auto series =
        the_market().daily_series(Symbol("AAPL"), day("1999-01-01"), day("2026-06-30"));
    for (const auto& bar : series->bars) {
        CHECK(bar.close > Price::whole(10));
        CHECK(bar.close < Price::whole(5'000));
    }
    const auto closing =
        the_market().quote_at(Symbol("AAPL"), *parse_time("2025-11-28T17:59:59.9Z"));
    CHECK(the_market().quote_at(Symbol("AAPL"), *parse_time("2025-11-30T12:00:00Z")) == closing);
    CHECK_FALSE(the_market().trade_at(Symbol("AAPL"), *parse_time("2025-11-30T12:00:00Z")));
    CHECK_FALSE(the_market().minute_bar(Symbol("AAPL"), *parse_time("2025-11-28T18:00:00Z")));
    CHECK_FALSE(the_market().daily_bar(Symbol("AAPL"), day("2025-11-27")));
    CHECK_THROWS_AS(the_market().quote_at(Symbol("AAPL"), *parse_time("2026-07-02T12:00:00Z")),
                    Error);
    CHECK_THROWS_AS(the_market().quote_at(Symbol("AAPL"), *parse_time("1998-07-02T12:00:00Z")),
                    Error);
    CHECK_THROWS_AS(the_market().quote_at(Symbol("NVDA"), *parse_time("2025-07-02T12:00:00Z")),
                    Error);
}
