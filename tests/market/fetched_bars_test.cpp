// Fetched bars are kept and only what is missing is fetched again: against a source whose every bar
// is known, restarts included.
#include "market/catalog/fetched_bars.hpp"

#include <algorithm>
#include <fstream>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/market/temporary_folder.hpp"

namespace tradewind::market {
namespace {

using tradewind::test::law;
using tradewind::test::TemporaryFolder;

const Symbol kApple("AAPL");
const Symbol kQuiet("QUIET");
const Symbol kCoin("BTCUSD");

Price cents(std::int64_t value) {
    return Price::from_units(value * (Price::kOne / 100));
}

// The far source: a bar for each session or minute, but QUIET has every fifth minute alone; prices
// divided by `split`. It notes what it is asked.
struct Source {
    FetchedKind kind;
    int split = 1;
    bool broken = false;
    std::vector<std::pair<std::vector<Symbol>, FetchSpan>> asked = {};

    [[nodiscard]] std::vector<Bar> all(const Symbol& symbol, FetchSpan span) const {
        std::vector<Bar> bars;
        const auto add = [&](Timestamp start, Timestamp end) {
            if (start < span.from || start >= span.to) return;
            const auto price = 10'000 + (start.ns / kMinute) % 997;
            Bar bar;
            bar.start = start;
            bar.end = end;
            bar.open = bar.low = cents(price / split);
            bar.high = bar.close = cents(price / split + 5);
            bar.volume = static_cast<double>(start.ns / kMinute % 89) + 0.5;
            bar.trade_count = 3;
            bar.vwap = 100.25;
            bars.push_back(bar);
        };
        auto date = exchange_date(kind.calendar, span.from);
        for (; date <= exchange_date(kind.calendar, span.to); date = date + 1) {
            const auto session = session_on(kind.calendar, date);
            if (!session) continue;
            if (kind.daily) {
                add(session->open, session->close);
                continue;
            }
            const auto step = symbol == kQuiet ? 5 * kMinute : kMinute;
            for (auto t = session->open; t < session->close; t = t + step) add(t, t + kMinute);
        }
        return bars;
    }

    FetchedBars::Fetch fetch() {
        return [this](const std::vector<Symbol>& symbols, FetchSpan span) {
            if (broken)
                throw Error(ErrorKind::unavailable, "no bars", "source", "it is broken", "wait");
            asked.emplace_back(symbols, span);
            FetchedBars::Bars bars;
            for (const auto& symbol : symbols) bars[symbol] = all(symbol, span);
            return bars;
        };
    }
};

Timestamp at(const char* text) {
    return *parse_time(text);
}

}  // namespace

TEST_CASE("a second request and a restart fetch nothing, a later one the rest") {
    for (const bool daily : {true, false}) {
        const TemporaryFolder folder;
        Source source{{TradingCalendar::nyse, daily, false}};
        const FetchSpan span{at("2024-03-01T00:00:00Z"), at("2024-03-05T15:00:00Z")};
        const auto now = at("2024-03-05T15:00:00Z");
        const auto expected = [&](FetchSpan wanted, Timestamp time) {
            auto bars = source.all(kApple, wanted);
            std::erase_if(bars, [&](const Bar& bar) { return bar.end > time; });
            return bars;
        };
        FetchedBars first(folder.path(), source.kind);
        CHECK(first.bars({kApple}, span, now, source.fetch()).at(kApple) == expected(span, now));
        REQUIRE(source.asked.size() == 1);
        CHECK(source.asked[0].second == span);
        source.asked.clear();
        FetchedBars restarted(folder.path(), source.kind);
        CHECK(restarted.bars({kApple}, span, now, source.fetch()).at(kApple) ==
              expected(span, now));
        // What is not final yet comes again: today's bar, or the last 20 minutes.
        REQUIRE(source.asked.size() == 1);
        CHECK(source.asked[0].second.from ==
              at(daily ? "2024-03-04T21:00:00Z" : "2024-03-05T14:40:00Z"));
        source.asked.clear();
        const FetchSpan longer{span.from, at("2024-03-08T22:00:00Z")};
        const auto later = at("2024-03-09T12:00:00Z");
        CHECK(restarted.bars({kApple}, longer, later, source.fetch()).at(kApple) ==
              expected(longer, later));
        source.asked.clear();
        CHECK(restarted.bars({kApple}, longer, later, source.fetch()).at(kApple) ==
              expected(longer, later));
        CHECK(source.asked.empty());
        // A weekend is no gap.
        CHECK(restarted.missing(kApple, {span.from, at("2024-03-11T09:00:00Z")}).empty());
    }
}

TEST_CASE("quiet minutes are no gaps, and symbols with one gap are fetched together") {
    const TemporaryFolder folder;
    Source source{{TradingCalendar::nyse, false, false}};
    const FetchSpan span{at("2024-03-04T00:00:00Z"), at("2024-03-05T00:00:00Z")};
    const auto now = at("2024-03-06T00:00:00Z");
    FetchedBars cache(folder.path(), source.kind);
    CHECK(cache.bars({kApple, kQuiet}, span, now, source.fetch()).at(kQuiet).size() == 78);
    CHECK(source.asked.size() == 1);
    CHECK(FetchedBars(folder.path(), source.kind).bars({kQuiet}, span, now, source.fetch()) ==
          FetchedBars::Bars{{kQuiet, source.all(kQuiet, span)}});
    CHECK(source.asked.size() == 1);
}

TEST_CASE("an adjusted series whose newest bar differs begins anew") {
    const TemporaryFolder folder;
    Source source{{TradingCalendar::nyse, true, true}};
    const FetchSpan span{at("2024-01-01T00:00:00Z"), at("2024-03-01T00:00:00Z")};
    (void)FetchedBars(folder.path(), source.kind).bars({kApple}, span, span.to, source.fetch());
    source.split = 4;
    source.asked.clear();
    const FetchSpan longer{span.from, at("2024-04-01T00:00:00Z")};
    FetchedBars cache(folder.path(), source.kind);
    CHECK(cache.bars({kApple}, longer, longer.to, source.fetch()).at(kApple) ==
          source.all(kApple, longer));
    REQUIRE(source.asked.size() == 2);
    CHECK(source.asked[0].second.from == at("2024-02-29T14:30:00Z"));
    CHECK(source.asked[1].second == longer);
    source.asked.clear();
    CHECK(cache.bars({kApple}, longer, longer.to, source.fetch()).at(kApple) ==
          source.all(kApple, longer));
    CHECK(source.asked.empty());
}

TEST_CASE("an adjusted series that grows backwards is compared too") {
    const TemporaryFolder folder;
    Source source{{TradingCalendar::nyse, true, true}};
    const FetchSpan span{at("2024-02-01T00:00:00Z"), at("2024-03-02T00:00:00Z")};
    FetchedBars cache(folder.path(), source.kind);
    (void)cache.bars({kApple}, span, span.to, source.fetch());
    ++source.split;
    const FetchSpan longer{at("2024-01-01T00:00:00Z"), span.to};
    CHECK(cache.bars({kApple}, longer, span.to, source.fetch()).at(kApple) ==
          source.all(kApple, longer));
}

TEST_CASE("a failed fetch keeps what came before, a damaged file is told and fetched anew") {
    const TemporaryFolder folder;
    Source source{{TradingCalendar::utc_days, true, false}};
    const FetchSpan span{at("2024-01-01T00:00:00Z"), at("2024-02-01T00:00:00Z")};
    std::string told;
    const auto log = [&](const std::string& line) { told = line; };
    (void)FetchedBars(folder.path(), source.kind, log)
        .bars({kCoin}, span, span.to + kDay, source.fetch());
    source.broken = true;
    FetchedBars cache(folder.path(), source.kind, log);
    CHECK(cache.bars({kCoin}, span, span.to + kDay, source.fetch()).at(kCoin).size() == 31);
    CHECK_THROWS_AS(
        cache.bars({kCoin}, {span.from, span.to + 9 * kDay}, span.to + 30 * kDay, source.fetch()),
        Error);
    source.broken = false;
    CHECK(told.empty());
    for (const char* name : {"BTCUSD.csv", "BTCUSD.fetched"}) {
        std::ofstream(folder.path(name)) << "time,open\nx";
        source.asked.clear();
        told.clear();
        FetchedBars damaged(folder.path(), source.kind, log);
        CHECK(damaged.bars({kCoin}, span, span.to + kDay, source.fetch()).at(kCoin) ==
              source.all(kCoin, span));
        CHECK(source.asked.size() == 1);
        CHECK(told.find("BTCUSD") != std::string::npos);
    }
}

TEST_CASE("whatever was asked before, the answer is the source's") {
    law("random spans, restarts in between",
        [](const std::vector<std::uint16_t>& draws, bool adjusted) {
            const TemporaryFolder folder;
            Source source{{TradingCalendar::nyse, true, adjusted}};
            auto now = at("2024-03-05T15:00:00Z");
            auto cache = std::make_unique<FetchedBars>(folder.path(), source.kind);
            for (std::size_t i = 0; i < std::min<std::size_t>(draws.size(), 4); ++i) {
                const auto draw = draws[i];
                if (draw % 7 == 0)
                    cache = std::make_unique<FetchedBars>(folder.path(), source.kind);
                if (draw % 5 == 0) now = now + (draw % 11) * kDay / 3;
                if (adjusted && draw % 31 == 0) {
                    ++source.split;
                    now = now + 3 * kDay;
                }
                // Spans end now, as a restart asks for them.
                const FetchSpan span{now - (1 + draw % 40) * kDay, now};
                auto wanted = source.all(kApple, span);
                std::erase_if(wanted, [&](const Bar& bar) { return bar.end > now; });
                const auto got = cache->bars({kApple}, span, now, source.fetch());
                const auto found = got.find(kApple);
                if (found == got.end()) {
                    RC_ASSERT(wanted.empty());
                } else {
                    RC_ASSERT(found->second == wanted);
                }
            }
        });
}

}  // namespace tradewind::market
