#include "market/resample.hpp"

#include <algorithm>

#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

Bar minute(Timestamp start, std::int64_t open, std::int64_t close, double volume) {
    Bar bar;
    bar.start = start;
    bar.end = start + kMinute;
    bar.open = Price::whole(open);
    bar.close = Price::whole(close);
    bar.high = Price::whole(std::max(open, close) + 1);
    bar.low = Price::whole(std::min(open, close) - 1);
    bar.volume = volume;
    return bar;
}

BarSeries minutes_of(const char* symbol) {
    BarSeries series;
    series.symbol = Symbol(symbol);
    series.interval_ns = kMinute;
    return series;
}

Timestamp at(const char* text) {
    return *parse_time(text);
}

}  // namespace

TEST_CASE("buckets start at the session's open and end at its close") {
    auto source = minutes_of("MSFT");
    source.bars = {minute(at("2024-07-03T13:29:00Z"), 50, 60, 9),  // before the open
                   minute(at("2024-07-03T13:30:00Z"), 10, 11, 1),
                   minute(at("2024-07-03T14:29:00Z"), 12, 13, 2.5),
                   minute(at("2024-07-03T14:30:00Z"), 14, 15, 3),
                   minute(at("2024-07-03T16:59:00Z"), 16, 17, 4),
                   minute(at("2024-07-03T17:00:00Z"), 70, 80, 9)};  // after the half day's close
    const auto hours = resample(source, TradingCalendar::nyse, kHour);
    REQUIRE(hours.series.bars.size() == 3);
    CHECK(hours.outside_session == 2);
    const auto& first = hours.series.bars[0];
    CHECK(first.start == at("2024-07-03T13:30:00Z"));
    CHECK(first.end == at("2024-07-03T14:30:00Z"));
    CHECK(first.open == Price::whole(10));
    CHECK(first.high == Price::whole(14));
    CHECK(first.low == Price::whole(9));
    CHECK(first.close == Price::whole(13));
    CHECK(first.volume == 3.5);
    // The last bucket of a half day is cut at its close.
    CHECK(hours.series.bars[2].start == at("2024-07-03T16:30:00Z"));
    CHECK(hours.series.bars[2].end == at("2024-07-03T17:00:00Z"));
    CHECK(hours.partial == std::vector<bool>{false, false, false});
    const auto day = resample(source, TradingCalendar::nyse, kDay);
    REQUIRE(day.series.bars.size() == 1);
    CHECK(day.series.daily);
    CHECK(day.series.bars[0].end == at("2024-07-03T17:00:00Z"));
    CHECK(day.series.bars[0].volume == 10.5);
}

TEST_CASE("a bucket in which the series begins or ends is partial") {
    auto source = minutes_of("BTCUSD");
    source.bars = {minute(at("2024-07-03T23:59:00Z"), 10, 11, 1),
                   minute(at("2024-07-04T00:00:00Z"), 10, 11, 1),
                   minute(at("2024-07-05T00:00:00Z"), 12, 13, 2)};
    const auto days = resample(source, TradingCalendar::utc_days, kDay);
    CHECK(days.partial == std::vector<bool>{true, false, true});
    CHECK(days.series.bars[0].start == at("2024-07-03T00:00:00Z"));
}

TEST_CASE("lengths that do not fit are refused") {
    auto source = minutes_of("MSFT");
    CHECK_THROWS_AS(resample(source, TradingCalendar::nyse, 7 * kMinute), Error);
    CHECK_THROWS_AS(resample(source, TradingCalendar::nyse, 30 * kSecond), Error);
    source.interval_ns = kHour;
    CHECK_THROWS_AS(resample(source, TradingCalendar::nyse, kMinute), Error);
    source.daily = true;
    CHECK_THROWS_AS(resample(source, TradingCalendar::nyse, kDay), Error);
    CHECK(resample(minutes_of("MSFT"), TradingCalendar::nyse, kDay).series.bars.empty());
}

TEST_CASE("minute to day equals minute to hour to day") {
    test::law("for any minutes, stocks and coins", [] {
        const bool coin = *rc::gen::arbitrary<bool>();
        const auto calendar = coin ? TradingCalendar::utc_days : TradingCalendar::nyse;
        auto source = minutes_of(coin ? "BTCUSD" : "MSFT");
        Timestamp t = at("2024-03-08T10:00:00Z");
        const auto count = *rc::gen::inRange(0, 60);
        for (int i = 0; i < count; ++i) {
            t = t + *rc::gen::inRange<std::int64_t>(1, 300) * kMinute;
            const auto price = rc::gen::inRange<std::int64_t>(10, 100);
            auto bar = minute(t, *price, *price,
                              static_cast<double>(*rc::gen::inRange(0, 100'000'000)) / 1e6);
            bar.trade_count = *rc::gen::inRange<std::uint32_t>(0, 1'000);
            source.bars.push_back(bar);
        }
        const auto direct = resample(source, calendar, kDay);
        const auto stepped = resample(resample(source, calendar, kHour).series, calendar, kDay);
        RC_ASSERT(direct.series.bars == stepped.series.bars);
        const auto halves = resample(source, calendar, 30 * kMinute);
        RC_ASSERT(resample(halves.series, calendar, kHour).series.bars ==
                  resample(source, calendar, kHour).series.bars);
        double total = 0;
        for (const auto& bar : direct.series.bars) total += bar.trade_count;
        double inside = 0;
        for (const auto& bar : source.bars)
            inside += session_at(calendar, bar.start) ? bar.trade_count : 0;
        RC_ASSERT(total == inside);
    });
}

TEST_CASE("vwap is weighted by volume and unknown where a part is") {
    auto source = minutes_of("BTCUSD");
    source.bars = {minute(at("2024-07-03T00:00:00Z"), 10, 11, 1),
                   minute(at("2024-07-03T00:01:00Z"), 10, 11, 3)};
    source.bars[0].vwap = 10;
    CHECK(resample(source, TradingCalendar::utc_days, kHour).series.bars[0].vwap == 0);
    source.bars[1].vwap = 20;
    CHECK(resample(source, TradingCalendar::utc_days, kHour).series.bars[0].vwap == 17.5);
}
