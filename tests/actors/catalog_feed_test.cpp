#include "actors/feed/catalog_feed.hpp"

#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

BarSeriesPtr minutes(const char* symbol, std::initializer_list<int> starts) {
    auto series = std::make_shared<BarSeries>();
    series->symbol = Symbol(symbol);
    series->interval_ns = kMinute;
    for (const int minute : starts) {
        Bar bar;
        bar.start = {minute * kMinute};
        bar.end = bar.start + kMinute;
        bar.open = bar.high = bar.low = bar.close = Price::whole(minute + 1);
        series->bars.push_back(bar);
    }
    return series;
}

// One line a step: time in minutes, closes (lower case when not tradable, ! when last), opens.
std::string play(CatalogFeed& feed) {
    std::string text;
    StepInputs inputs;
    std::uint64_t number = 0;
    while (feed.next(inputs)) {
        text += std::to_string(inputs.step.time.ns / kMinute) + ":";
        for (const auto& close : inputs.closes) {
            text += close.tradable ? " C" : " c";
            text += std::to_string(close.slot) + (close.last ? "!" : "");
        }
        for (const auto& open : inputs.opens) text += " O" + std::to_string(open.slot);
        for (const auto& session : inputs.sessions) {
            text += session.phase == SessionPhase::opened ? " (" : " )";
        }
        text += inputs.equity_row ? " =\n" : "\n";
        CHECK(inputs.step.number > number);
        number = inputs.step.number;
    }
    return text;
}

}  // namespace

TEST_CASE("at one instant bars end before others begin, by symbol") {
    CatalogFeed feed({minutes("AUSD", {0, 1}), minutes("BUSD", {0, 2})}, {true, true}, {});
    CHECK(play(feed) ==
          "0: O0 O1 (\n"
          "1: C0 C1 O0 =\n"
          "2: C0! O1 =\n"
          "3: C1! =\n"
          "1440: )\n");
    CHECK(feed.bars() == 4);
}

TEST_CASE("bars before the range warm up, bars after it do not exist") {
    FeedRange range;
    range.from = {1 * kMinute};
    range.to = {1 * kMinute};
    CatalogFeed feed({minutes("AUSD", {0, 1, 2})}, {true}, range);
    CHECK(play(feed) ==
          "0: (\n"
          "1: c0 O0\n"
          "2: C0! =\n"
          "1440: )\n");
    CHECK(feed.tradable_bars() == 1);
}

TEST_CASE("a date covers its whole day on either end") {
    const auto range = feed_range("2024-02-05", "2024-02-06");
    CHECK(format_time(range.from) == "2024-02-05T00:00:00Z");
    CHECK(format_time(range.to) == "2024-02-06T23:59:59.999999999Z");
    CHECK_THROWS_AS(feed_range("2024-02-30", ""), Error);
    CHECK_THROWS_AS(feed_range("2024-02-06", "2024-02-05"), Error);
}
