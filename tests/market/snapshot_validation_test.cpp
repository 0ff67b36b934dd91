#include "market/snapshot_validation.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

struct Case {
    std::shared_ptr<BarSeries> series = std::make_shared<BarSeries>();
    Snapshot snapshot;
    SnapshotRules rules;

    // Daily closes on consecutive sessions up to 2024-06-14, seen the Monday after.
    explicit Case(std::vector<const char*> closes, AssetClass asset_class = AssetClass::us_equity) {
        rules.asset_class = asset_class;
        const auto calendar = calendar_of(asset_class);
        auto session = session_of_bar(calendar, *parse_date("2024-06-14"));
        for (std::size_t i = closes.size(); i-- > 0;) {
            Bar bar;
            bar.start = session.open;
            bar.end = session.close;
            bar.open = bar.high = bar.low = bar.close = Price::of(closes[i]);
            series->bars.insert(series->bars.begin(), bar);
            session = previous_session(calendar, session.date);
        }
        series->symbol = Symbol("NVDA");
        series->daily = true;
        series->interval_ns = kDay;
        snapshot.series = series;
        snapshot.visible = series->bars.size();
        snapshot.as_of = asset_class == AssetClass::crypto ? *parse_time("2024-06-15T00:05:00Z")
                                                           : *parse_time("2024-06-17T13:30:00Z");
    }
    [[nodiscard]] std::string refusal() const { return snapshot_refusal(snapshot, rules); }
};

}  // namespace

TEST_CASE("a sound snapshot is accepted") {
    CHECK(Case({"100", "101", "102"}).refusal().empty());
    CHECK(Case({"100", "101", "102"}, AssetClass::crypto).refusal().empty());
}

TEST_CASE("every fault is refused with its bar") {
    SECTION("too few bars") {
        Case c({"100", "101"});
        c.rules.minimum_bars = 3;
        CHECK(c.refusal() == "2 bars where 3 are needed");
        c.snapshot.visible = 0;
        CHECK(c.refusal() == "no bars");
    }
    SECTION("not ascending") {
        Case c({"100", "101", "102"});
        std::swap(c.series->bars[0], c.series->bars[1]);
        CHECK(c.refusal().find("does not follow") != std::string::npos);
    }
    SECTION("a price that is not positive") {
        Case c({"100", "101", "102"});
        c.series->bars[1].low = Price{};
        CHECK(c.refusal() == "bar of 2024-06-13 has a price that is not positive");
    }
    SECTION("contradiction") {
        Case c({"100", "101", "102"});
        c.series->bars[1].close = Price::of("101.5");
        CHECK(c.refusal().find("2024-06-13 contradicts itself") != std::string::npos);
        // Outside the window that the analysis sees it does not matter.
        c.rules.history_bars = 1;
        CHECK(c.refusal().empty());
        c.rules.history_bars = 0;
        c.series->bars[1].close = Price::of("101");
        c.series->bars[1].low = Price::of("101.5");
        CHECK_FALSE(c.refusal().empty());
    }
    SECTION("stale") {
        Case c({"100", "101", "102"});
        c.snapshot.visible = 2;
        CHECK(c.refusal() ==
              "stale: the newest bar is of 2024-06-13, 1 sessions before 2024-06-14");
        c.rules.sessions_behind = 1;
        CHECK(c.refusal().empty());
        c.rules.sessions_behind = 0;
        c.rules.check_freshness = false;
        CHECK(c.refusal().empty());
    }
    SECTION("a bar of the future") {
        Case c({"100", "101", "102"});
        c.snapshot.as_of = *parse_time("2024-06-14T15:00:00Z");
        CHECK(c.refusal().find("ends after the snapshot") != std::string::npos);
    }
    SECTION("coins are due every day") {
        Case c({"100", "101", "102"}, AssetClass::crypto);
        c.snapshot.as_of = *parse_time("2024-06-16T00:05:00Z");
        CHECK(c.refusal().find("stale") != std::string::npos);
    }
}

TEST_CASE("H10, I-31 the split guard") {
    Case c({"1208.88", "121.79", "120"});
    CHECK(c.refusal() == "close moves -89.9 % in the bar of 2024-06-13 without a split record");
    SECTION("is off for adjusted series") {
        c.series->adjusted = true;
        CHECK(c.refusal().empty());
    }
    SECTION("lets accepted moves pass, on their day only") {
        c.rules.accepted_moves = {*parse_date("2024-06-12")};
        CHECK_FALSE(c.refusal().empty());
        c.rules.accepted_moves.push_back(*parse_date("2024-06-13"));
        CHECK(c.refusal().empty());
    }
    SECTION("does not concern coins") {
        CHECK(Case({"100", "10", "20"}, AssetClass::crypto).refusal().empty());
    }
    SECTION("40 % itself passes") {
        CHECK(Case({"100", "140", "84"}).refusal().empty());
        CHECK_FALSE(Case({"100", "140.01", "140"}).refusal().empty());
    }
}

TEST_CASE("shorter bars are fresh by age") {
    Case c({"100"});
    c.series->daily = false;
    c.snapshot.as_of = c.series->bars[0].end + 6 * kHour;
    CHECK(c.refusal().empty());
    c.snapshot.as_of = c.snapshot.as_of + 1;
    CHECK(c.refusal().find("stale") != std::string::npos);
    c.snapshot.as_of = c.series->bars[0].end - 5 * kMinute;
    CHECK(c.refusal().empty());
    c.snapshot.as_of = c.snapshot.as_of - 1;
    CHECK_FALSE(c.refusal().empty());
}

TEST_CASE("quotes are checked when an order is priced") {
    const SnapshotRules rules;
    Quote quote;
    quote.time = {kDay};
    CHECK_FALSE(quote_refusal(quote, {kDay}, rules).empty());
    quote.bid = Price::whole(1);
    quote.ask = Price::whole(1);
    CHECK(quote_refusal(quote, {kDay + 5 * kMinute}, rules).empty());
    CHECK_FALSE(quote_refusal(quote, {kDay + 5 * kMinute + 1}, rules).empty());
    CHECK_FALSE(quote_refusal(quote, {kDay - 6 * kMinute}, rules).empty());
    quote.modelled = true;
    CHECK(quote_refusal(quote, {9 * kDay}, rules).empty());
}

TEST_CASE("I-31 the split guard watches the bars that were appended to an adjusted history") {
    Case c({"100", "40", "41", "4"});
    c.series->adjusted = true;
    CHECK(c.refusal().empty());
    c.rules.appended_from = 3;
    CHECK(c.refusal() == "close moves -90.2 % in the bar of 2024-06-14 without a split record");
    c.rules.appended_from = 4;
    CHECK(c.refusal().empty());
    Case coin({"100", "10"}, AssetClass::crypto);
    coin.series->adjusted = true;
    coin.rules.appended_from = 1;
    CHECK(coin.refusal().empty());
}
