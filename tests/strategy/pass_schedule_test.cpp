#include "strategy/pass_schedule.hpp"

#include <algorithm>

#include "messages/error.hpp"
#include "strategy/cycle_state.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

// One line a pass: kind, scheduled time, last instant at which it begins.
std::string text_of(const std::vector<PassDue>& passes) {
    std::string text;
    for (const auto& pass : passes) {
        text += std::string(to_text(pass.kind)) + ' ' + format_time(pass.at) + ' ' +
                format_time(pass.until) + (pass.missed ? " missed\n" : "\n");
    }
    return text;
}
Timestamp at(const char* text) {
    return *parse_time(text);
}
const PassSchedule kAll;

}  // namespace

TEST_CASE("the passes of a day, in winter and in summer", "[strategy][schedule]") {
    CHECK(text_of(scheduled_passes(at("2024-02-05T00:00:00Z"), at("2024-02-06T04:00:00Z"), kAll)) ==
          "crypto_roll 2024-02-05T00:05:00Z 2024-02-05T00:35:00Z\n"
          "evening 2024-02-05T03:00:00Z 2024-02-05T03:30:00Z\n"
          "session_open 2024-02-05T14:30:00Z 2024-02-05T15:00:00Z\n"
          "open_plus_hour 2024-02-05T15:30:00Z 2024-02-05T16:00:00Z\n"
          "market_close 2024-02-05T20:00:00Z 2024-02-05T21:00:00Z\n"
          "crypto_roll 2024-02-06T00:05:00Z 2024-02-06T00:35:00Z\n"
          "evening 2024-02-06T03:00:00Z 2024-02-06T03:30:00Z\n");
    // A Saturday in July: coins alone.
    CHECK(text_of(scheduled_passes(at("2024-07-06T02:30:00Z"), at("2024-07-07T01:00:00Z"), kAll)) ==
          "crypto_roll 2024-07-07T00:05:00Z 2024-07-07T00:35:00Z\n");
    // A half day closes at 13:00 New York; its close pass comes an hour before.
    const auto half =
        scheduled_passes(at("2024-07-03T13:00:00Z"), at("2024-07-03T20:00:00Z"), kAll);
    REQUIRE(half.size() == 3);
    CHECK(text_of({half[2]}) == "market_close 2024-07-03T16:00:00Z 2024-07-03T17:00:00Z\n");
}

TEST_CASE("a schedule knows what there is to trade", "[strategy][schedule]") {
    PassSchedule stocks;
    stocks.coins = false;
    CHECK(scheduled_passes(at("2024-02-05T00:00:00Z"), at("2024-02-06T00:00:00Z"), stocks).size() ==
          3);
    PassSchedule hourly;
    hourly.hourly = true;
    const auto hours =
        scheduled_passes(at("2024-02-05T13:59:00Z"), at("2024-02-05T20:30:00Z"), hourly);
    CHECK(hours.size() == 8);  // 14:01 to 20:01, and the market's close
    CHECK(text_of({hours[0]}) == "hourly 2024-02-05T14:01:00Z 2024-02-05T14:12:00Z\n");
}

// One line a day: the New York clock hours of the hourly passes, then the close's time.
TEST_CASE("hourly passes: normal day, half day, both changes of the clock, weekend, coins",
          "[strategy][schedule][hourly]") {
    PassSchedule shares;
    shares.hourly = true;
    shares.coins = false;
    shares.close_analysis_ns = 25 * kMinute;
    struct Case {
        const char* date;
        const char* first;  // UTC; empty: none
        std::size_t hours;
        const char* close;
    };
    for (const auto& day :
         {Case{"2024-02-05", "15:01:00", 6, "19:50:00"},  // winter: 10:01 to 15:01, close 14:50
          Case{"2024-07-02", "14:01:00", 6, "18:50:00"},  // summer
          Case{"2024-07-03", "14:01:00", 3, "15:50:00"},  // half day: 10:01 to 12:01
          Case{"2024-11-29", "15:01:00", 3, "16:50:00"},  // half day in winter
          Case{"2024-03-11", "14:01:00", 6, "18:50:00"},  // the clock went forward on Sunday
          Case{"2024-11-04", "15:01:00", 6, "19:50:00"},  // and back
          Case{"2024-02-10", "", 0, ""},                  // Saturday
          Case{"2024-07-04", "", 0, ""}}) {               // holiday
        INFO(day.date);
        const Timestamp begin = at((std::string(day.date) + "T00:00:00Z").c_str());
        const auto passes = scheduled_passes(begin, begin + kDay, shares);
        std::vector<PassDue> hours;
        for (const auto& pass : passes) {
            CHECK((pass.kind == PassKind::hourly || pass.kind == PassKind::market_close));
            if (pass.kind == PassKind::hourly) hours.push_back(pass);
        }
        REQUIRE(hours.size() == day.hours);
        if (hours.empty()) {
            CHECK(passes.empty());
            continue;
        }
        CHECK(format_time(hours[0].at) == std::string(day.date) + 'T' + day.first + 'Z');
        for (std::size_t i = 1; i < hours.size(); ++i) {
            CHECK(hours[i].at - hours[i - 1].at == kHour);
            CHECK(hours[i].until - hours[i].at == 11 * kMinute);
        }
        const auto close = std::find_if(passes.begin(), passes.end(), [](const auto& pass) {
            return pass.kind == PassKind::market_close;
        });
        REQUIRE(close != passes.end());
        CHECK(format_time(close->at) == std::string(day.date) + 'T' + day.close + 'Z');
    }
    // Coins: around the clock, at weekends and over a change of the clock too.
    PassSchedule coins = shares;
    coins.coins = true;
    for (const char* day : {"2024-02-10", "2024-03-10", "2024-11-03"}) {
        const Timestamp begin = at((std::string(day) + "T00:00:00Z").c_str());
        const auto passes = scheduled_passes(begin, begin + kDay, coins);
        CHECK(passes.size() == 24);
        for (std::size_t i = 1; i < passes.size(); ++i) {
            CHECK(passes[i].at - passes[i - 1].at == kHour);
        }
    }
}

TEST_CASE("H5 H6 a restart inside an hour owes nothing that was decided; a missed hour is told",
          "[strategy][schedule][hourly][hazard]") {
    PassSchedule hourly;
    hourly.hourly = true;
    PassLog log;
    log[PassKind::hourly] = {at("2024-02-05T15:01:00Z"), true};
    // In the middle of the hour that was decided upon.
    CHECK(owed_passes(log, at("2024-02-05T15:20:00Z"), at("2024-02-05T15:40:00Z"), hourly).empty());
    PassClock same(hourly, at("2024-02-05T15:40:00Z"));
    CHECK(same.take(at("2024-02-05T15:59:00Z"), true).empty());
    CHECK(text_of(same.take(at("2024-02-05T16:01:00Z"), true)) ==
          "hourly 2024-02-05T16:01:00Z 2024-02-05T16:12:00Z\n");
    // One that had begun and was not decided upon runs late while its minutes last.
    log[PassKind::hourly].decided = false;
    auto owed = owed_passes(log, at("2024-02-05T15:02:00Z"), at("2024-02-05T15:05:00Z"), hourly);
    REQUIRE(owed.size() == 1);
    PassClock late(hourly, at("2024-02-05T15:05:00Z"), owed);
    CHECK(text_of(late.take(at("2024-02-05T15:06:00Z"), true)) ==
          "hourly 2024-02-05T15:01:00Z 2024-02-05T15:12:00Z\n");
    // After them it is told as missed, as is every hour that the process slept through.
    log[PassKind::hourly].decided = true;
    owed = owed_passes(log, at("2024-02-05T15:20:00Z"), at("2024-02-05T18:30:00Z"), hourly);
    PassClock slept(hourly, at("2024-02-05T18:30:00Z"), owed);
    CHECK(text_of(slept.take(at("2024-02-05T18:30:30Z"), true)) ==
          "hourly 2024-02-05T16:01:00Z 2024-02-05T16:12:00Z missed\n"
          "hourly 2024-02-05T17:01:00Z 2024-02-05T17:12:00Z missed\n"
          "hourly 2024-02-05T18:01:00Z 2024-02-05T18:12:00Z missed\n");
    CHECK(text_of(slept.take(at("2024-02-05T19:03:00Z"), true)) ==
          "hourly 2024-02-05T19:01:00Z 2024-02-05T19:12:00Z\n");
}

// The law of every schedule: cut into steps of any length, a span has the same passes.
TEST_CASE("no pass falls between two steps, and none comes twice", "[strategy][schedule]") {
    law("any cut of a span gives its passes", [](std::uint32_t seed, std::uint8_t parts) {
        const Timestamp begin = at("2024-03-08T00:00:00Z") + (seed % 500) * 7 * kMinute;
        const Timestamp end = begin + (1 + seed % 97) * kHour;
        std::vector<PassDue> joined;
        const int count = 1 + parts;
        Timestamp last = begin;
        for (int i = 1; i <= count; ++i) {
            const Timestamp next = begin + (end - begin) / count * i;
            const Timestamp to = i == count ? end : next;
            for (const auto& pass : scheduled_passes(last, to, kAll)) joined.push_back(pass);
            last = to;
        }
        return text_of(joined) == text_of(scheduled_passes(begin, end, kAll));
    });
}

TEST_CASE("H4 the coins' day rolls at 00:05 UTC, summer and winter", "[strategy][hazard]") {
    for (const char* day : {"2024-01-10", "2024-07-10", "2024-03-10", "2024-11-03"}) {
        const Timestamp midnight = utc_midnight(*parse_date(day));
        const auto passes = scheduled_passes(midnight - kHour, midnight + kHour, kAll);
        REQUIRE(passes.size() == 1);
        CHECK(passes[0].kind == PassKind::crypto_roll);
        CHECK(passes[0].at == midnight + 5 * kMinute);
    }
}

TEST_CASE("H5 a restart runs no pass that was decided, and none that was not due",
          "[strategy][hazard]") {
    const Timestamp opened = at("2024-02-05T14:30:00Z");
    const PassLog log{{PassKind::session_open, {opened, true}},
                      {PassKind::crypto_roll, {at("2024-02-05T00:05:00Z"), true}}};
    const Timestamp known = opened + kMinute;
    // At once, minutes later, just before the next one: nothing.
    for (const std::int64_t minutes : {1, 20, 58}) {
        CHECK(owed_passes(log, known, opened + minutes * kMinute, kAll).empty());
        PassClock clock(kAll, opened + minutes * kMinute,
                        owed_passes(log, known, opened + minutes * kMinute, kAll));
        CHECK(clock.take(opened + minutes * kMinute + kSecond, true).empty());
    }
    // A first start owes nothing, at any time of the day.
    CHECK(owed_passes({}, std::nullopt, at("2024-02-05T15:00:00Z"), kAll).empty());
}

TEST_CASE("H6 a pass that did not run is run within its grace or told as missed",
          "[strategy][hazard]") {
    const Timestamp before = at("2024-02-05T14:29:00Z");
    SECTION("late, at the first quotes") {
        PassClock clock(kAll, before);
        CHECK(clock.take(before + 2 * kMinute, false).empty());  // no quotes yet
        const auto late = clock.take(before + 20 * kMinute, true);
        REQUIRE(late.size() == 1);
        CHECK(late[0].kind == PassKind::session_open);
        CHECK_FALSE(late[0].missed);
        CHECK(clock.take(before + 21 * kMinute, true).empty());
    }
    SECTION("a pause over two passes: the older is missed, the newer runs") {
        PassClock clock(kAll, before);
        const auto told = clock.take(at("2024-02-05T15:40:00Z"), true);
        REQUIRE(told.size() == 2);
        CHECK(told[0].missed);
        CHECK(told[1].kind == PassKind::open_plus_hour);
        CHECK_FALSE(told[1].missed);
    }
    SECTION("beyond its grace it is missed, with quotes or without") {
        PassClock clock(kAll, before);
        const auto told = clock.take(at("2024-02-05T15:00:01Z"), false);
        REQUIRE(told.size() == 1);
        CHECK(told[0].missed);
    }
    SECTION("the process was down") {
        const PassLog log{{PassKind::session_open, {at("2024-02-02T14:30:00Z"), true}}};
        const auto owed =
            owed_passes(log, at("2024-02-05T14:00:00Z"), at("2024-02-05T14:45:00Z"), kAll);
        REQUIRE(owed.size() == 1);
        PassClock clock(kAll, at("2024-02-05T14:45:00Z"), owed);
        const auto told = clock.take(at("2024-02-05T14:45:10Z"), true);
        REQUIRE(told.size() == 1);
        CHECK_FALSE(told[0].missed);
    }
    SECTION("it had begun when the process was killed") {
        const Timestamp opened = at("2024-02-05T14:30:00Z");
        const PassLog log{{PassKind::session_open, {opened, false}}};
        const auto owed = owed_passes(log, opened + 5 * kMinute, opened + 6 * kMinute, kAll);
        REQUIRE(owed.size() == 1);
        CHECK(owed[0].at == opened);
        // Long after: still owed, so that it is told as missed.
        const auto later = owed_passes(log, opened + 5 * kMinute, opened + 50 * kMinute, kAll);
        REQUIRE(later.size() == 1);
        PassClock clock(kAll, opened + 50 * kMinute, later);
        CHECK(clock.take(opened + 51 * kMinute, true).at(0).missed);
    }
    SECTION("the market's close may be late until the session ends") {
        PassClock clock(kAll, at("2024-02-05T19:59:00Z"));
        const auto told = clock.take(at("2024-02-05T20:50:00Z"), true);
        REQUIRE(told.size() == 1);
        CHECK_FALSE(told[0].missed);
    }
}

TEST_CASE("H37 the cycle's state is one value, written whole and read back whole",
          "[strategy][hazard]") {
    CycleState state;
    state.passes[PassKind::evening] = {at("2024-02-05T03:00:00Z"), true};
    state.passes[PassKind::hourly] = {at("2024-02-05T04:00:00Z"), false};
    state.end_day(*parse_date("2024-02-02"), Money::whole(1000));
    state.end_day(*parse_date("2024-02-05"), Money::of("900.5"));
    state.set_suspended(Symbol("AAA"), {StrategyKind::simple, StrategyKind::pctdiff});
    state.count_entry(Symbol("BBB"), *parse_date("2024-02-05"));
    state.count_entry(Symbol("BBB"), *parse_date("2024-02-05"));
    ProbeRecord probe;
    probe.state = ProbeState::active;
    probe.started = at("2024-02-05T15:00:00Z");
    probe.last_successful = false;
    state.set_probe({Symbol("CCC"), Side::sell, StrategyKind::maxdiff}, probe);
    const auto text = state.text();
    auto again = CycleState::parse(text);
    CHECK(again.text() == text);
    CHECK(again.passes == state.passes);
    CHECK(again.days.last_pnl == Money::of("-99.5"));
    CHECK(is_probe_only(again.days, *parse_date("2024-02-06")));
    CHECK(again.suspended.at(Symbol("AAA")).size() == 2);
    CHECK(again.entries_on(*parse_date("2024-02-05")).at(Symbol("BBB")) == 2);
    CHECK(again.entries_on(*parse_date("2024-02-06")).empty());
    CHECK(again.probe({Symbol("CCC"), Side::sell, StrategyKind::maxdiff}).state ==
          ProbeState::active);
    CHECK(CycleState::parse("").text().empty());
    // A damaged record is refused, never read as less than it was.
    for (const char* bad : {"pass noon 1 1", "pass evening x 1", "days 2024-02-02 1", "what",
                            "suspended AAA nothing", "probe AAA buy maxdiff 9 0 0 2024-02-02"}) {
        CHECK_THROWS_AS(CycleState::parse(bad), Error);
    }
}
