#include "orders/work_stealing.hpp"

#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::orders;
using namespace tradewind::test;

namespace {

const Timestamp kNoon = *parse_time("2024-06-12T16:00:00Z");

MoneyClaim claim(const char* symbol, double distance, double forecast = 0.01,
                 const char* notional = "10000") {
    return {Symbol(symbol),      Side::buy, std::string(symbol) + ".open",
            Money::of(notional), distance,  forecast};
}
std::vector<std::string> ids(const std::vector<StolenOrder>& stolen) {
    std::vector<std::string> ids;
    for (const auto& order : stolen) ids.push_back(order.order_id);
    return ids;
}
using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("the entry farthest from its limit gives way", "[orders][stealing]") {
    WorkStealing stealing;
    CHECK(ids(stealing.choose({claim("AAA", 0.001)},
                              {claim("BBB", 0.005), claim("CCC", 0.006), claim("DDD", 0.0055)},
                              kNoon)) == Ids{"CCC.open"});
    WorkStealing ties;
    CHECK(ids(ties.choose({claim("AAA", 0.001)},
                          {claim("BBB", 0.006, 0.02), claim("CCC", 0.006, 0.01)}, kNoon)) ==
          Ids{"CCC.open"});
}

TEST_CASE("who is near, small, nearer than the thief or itself is protected",
          "[orders][stealing]") {
    for (const auto& victim :
         {claim("BBB", 0.004), claim("BBB", 0.006, 0.01, "499"), claim("AAA", 0.006)}) {
        WorkStealing stealing;
        CHECK(stealing.choose({claim("AAA", 0.001)}, {victim}, kNoon).empty());
    }
    WorkStealing stealing;
    CHECK(stealing.choose({claim("AAA", 0.006)}, {claim("BBB", 0.0055)}, kNoon).empty());
    CHECK(stealing.choose({claim("AAA", 0.0067)}, {claim("BBB", 0.01)}, kNoon).empty());
    StealingTerms off;
    off.enabled = false;
    CHECK(WorkStealing(off).choose({claim("AAA", 0.001)}, {claim("BBB", 0.006)}, kNoon).empty());
    StealingTerms dry;
    dry.dry_run = true;
    CHECK(WorkStealing(dry).choose({claim("AAA", 0.001)}, {claim("BBB", 0.006)}, kNoon).empty());
}

TEST_CASE("I-22 two symbols that rob each other are kept apart, and no symbol loses for ever",
          "[orders][stealing]") {
    WorkStealing stealing;
    Timestamp now = kNoon;
    const auto rob = [&](const char* thief, double forecast, const char* victim) {
        return stealing.choose({claim(thief, 0.001, forecast)}, {claim(victim, 0.006, 0.01)}, now)
                   .size() == 1;
    };
    CHECK(rob("AAA", 0.01, "BBB"));
    now = now + 119 * kSecond;
    CHECK_FALSE(rob("AAA", 0.01, "BBB"));  // the victim was robbed a moment ago
    now = now + kSecond;
    CHECK(rob("BBB", 0.01, "AAA"));
    for (const char* thief : {"AAA", "BBB", "AAA"}) {
        now = now + 120 * kSecond;
        CHECK(rob(thief, 0.01, thief == std::string("AAA") ? "BBB" : "AAA"));
    }
    // Five within half an hour: a fight. Ten minutes apart, and only the better forecast.
    now = now + 599 * kSecond;
    CHECK_FALSE(rob("AAA", 0.02, "BBB"));
    now = now + kSecond;
    CHECK_FALSE(rob("AAA", 0.01, "BBB"));
    CHECK(rob("AAA", 0.02, "BBB"));
}

TEST_CASE("I-22 the cancels of a symbol within an hour are bounded", "[orders][stealing][law]") {
    law("at most cancels_per_hour", [](const std::vector<std::uint16_t>& pauses) {
        StealingTerms terms;
        terms.cancels_per_hour = 4;
        WorkStealing stealing(terms);
        Timestamp now = kNoon;
        std::vector<Timestamp> robbed;
        int thief = 0;
        for (const auto pause : pauses) {
            now = now + (pause % 400) * kSecond;
            const auto name = "T" + std::to_string(++thief % 7);
            if (!stealing.choose({claim(name.c_str(), 0.001, 0.02)}, {claim("BBB", 0.006)}, now)
                     .empty()) {
                robbed.push_back(now);
            }
        }
        for (std::size_t i = 4; i < robbed.size(); ++i) {
            if (robbed[i] - robbed[i - 4] < kHour) return false;
        }
        return true;
    });
}

TEST_CASE("H5 who gave way to whom outlives a restart", "[orders][stealing][hazard]") {
    WorkStealing before;
    Timestamp now = kNoon;
    // Five times each way: a fight, in which a worse forecast takes nothing any more.
    for (int i = 0; i < 5; ++i) {
        const bool first = i % 2 == 0;
        const auto thief = claim(first ? "AAA" : "BBB", 0.001);
        const auto victim = claim(first ? "BBB" : "AAA", 0.006);
        REQUIRE(before.choose({thief}, {victim}, now).size() == 1);
        now = now + 3 * kMinute;
    }
    const auto text = before.text(now);
    WorkStealing after;
    after.restore(text);
    CHECK(after.text(now) == text);
    const auto steal = [&](WorkStealing stealing, double forecast, std::int64_t later_ns) {
        return stealing.choose({claim("AAA", 0.001, forecast)}, {claim("BBB", 0.006, 0.01)},
                               now + later_ns);
    };
    for (const double forecast : {0.005, 0.02}) {
        for (const std::int64_t later : {std::int64_t{0}, 7 * kMinute, 2 * kHour}) {
            CHECK(ids(steal(before, forecast, later)) == ids(steal(after, forecast, later)));
        }
    }
    CHECK(steal(after, 0.005, 0).empty());
    CHECK(steal(WorkStealing(), 0.005, 0).size() == 1);  // without its memory it would
    CHECK(before.text(now + 2 * kHour).empty());         // what counts no more is not kept
    for (const char* broken : {"robbed AAA", "robbed AAA x", "fought AAA 1", "stole AAA 1"}) {
        CHECK_THROWS_AS(after.restore(broken), Error);
    }
}
