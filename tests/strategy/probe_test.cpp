#include "strategy/probe.hpp"

#include "market/instruments.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using tradewind::test::law;

namespace {

const Timestamp kNow = *parse_time("2025-11-14T15:00:00Z");
const Date kDate = date_of(2025, 11, 14);

ProbeSettings enabled() {
    ProbeSettings settings;
    settings.enabled = true;
    return settings;
}
ProbeTriggers lost() {
    ProbeTriggers triggers;
    triggers.last_trade_lost = true;
    return triggers;
}

}  // namespace

TEST_CASE("each trigger asks for a probe", "[strategy][probe]") {
    CHECK(probe_trigger({}).empty());
    CHECK_FALSE(probe_trigger(lost()).empty());
    CHECK(probe_trigger({false, true, {}, {}, false}) == "the day before lost");
    CHECK_FALSE(probe_trigger({false, false, 0.0, {}, false}).empty());
    CHECK(probe_trigger({false, false, 0.1, {}, false}).empty());
    CHECK_FALSE(probe_trigger({false, false, {}, -0.001, false}).empty());
    CHECK(probe_trigger({false, false, {}, 0.001, false}).empty());
    CHECK(probe_trigger({false, false, {}, {}, true}) == "forced for this symbol");
}

TEST_CASE("a probe's life: pending, active, then full size or again", "[strategy][probe]") {
    const ProbeSettings settings = enabled();
    CHECK(refresh_probe({}, lost(), kDate, ProbeSettings{}).state == ProbeState::idle);  // off
    ProbeRecord record = refresh_probe({}, lost(), kDate, settings);
    CHECK(record.state == ProbeState::pending);
    CHECK(refresh_probe(record, {}, kDate, settings).state == ProbeState::idle);
    CHECK_FALSE(probe_expired(record, kNow + 9 * kDay, settings));

    record = probe_entered(record, kNow, Money::of("299.99"), settings);
    CHECK(record.state == ProbeState::active);
    CHECK_FALSE(probe_expired(record, kNow + kDay, settings));
    CHECK(probe_expired(record, kNow + kDay + 1, settings));
    // No trigger, for or against, moves a working probe.
    CHECK(refresh_probe(record, {}, kDate, settings).state == ProbeState::active);

    const ProbeRecord failed = probe_closed(record, Money{}, kDate);
    CHECK(failed.state == ProbeState::pending);
    CHECK(failed.last_successful == false);
    const ProbeRecord proved = probe_closed(record, Money::of("0.01"), kDate);
    CHECK(proved.state == ProbeState::transition);
    CHECK(proved.last_successful == true);
    // Full size from the next day on, even though the old loss still stands.
    CHECK(refresh_probe(proved, lost(), kDate, settings).state == ProbeState::transition);
    CHECK(refresh_probe(proved, lost(), kDate + 1, settings).state == ProbeState::idle);
}

TEST_CASE("a position above the limit is no probe", "[strategy][probe]") {
    const ProbeSettings settings = enabled();
    const ProbeRecord pending = refresh_probe({}, lost(), kDate, settings);
    CHECK(probe_entered(pending, kNow, Money::whole(300), settings).state == ProbeState::active);
    CHECK(probe_entered(pending, kNow, Money::of("300.01"), settings).state == ProbeState::pending);
    const ProbeRecord active = probe_entered(pending, kNow, Money::whole(100), settings);
    CHECK(probe_entered(active, kNow, Money::whole(5000), settings).state == ProbeState::idle);
    CHECK(probe_entered({}, kNow, Money::whole(100), settings).state == ProbeState::idle);
}

TEST_CASE("a deep unrealised loss asks for a probe until it recovers", "[strategy][probe]") {
    const ProbeSettings settings = enabled();
    CHECK(mark_position({}, Money::whole(-500), settings).state == ProbeState::idle);
    const ProbeRecord flagged = mark_position({}, Money::of("-500.01"), settings);
    CHECK(flagged.state == ProbeState::pending);
    CHECK(mark_position(flagged, Money::whole(-100), settings).state == ProbeState::pending);
    CHECK(mark_position(flagged, Money{}, settings).state == ProbeState::idle);
    CHECK(mark_position({}, Money::whole(-5000), ProbeSettings{}).state == ProbeState::idle);
}

TEST_CASE("the size of a probe", "[strategy][probe]") {
    CHECK(probe_quantity(market::default_instrument(Symbol("AAPL"), AssetClass::us_equity)) ==
          Quantity::whole(1));
    CHECK(probe_quantity(market::default_instrument(Symbol("BTCUSD"), AssetClass::crypto)) ==
          Quantity::of("0.001"));
}

TEST_CASE("any order of events keeps a probe's record sound", "[strategy][probe][law]") {
    law("active has a start, completed has a verdict, nothing outlives its day", [] {
        const ProbeSettings settings = enabled();
        ProbeRecord record;
        Timestamp now = kNow;
        Date day = kDate;
        const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
        for (const int step : steps) {
            now = now + kHour;
            const ProbeState before = record.state;
            if (step == 0) record = refresh_probe(record, lost(), day, settings);
            if (step == 1) record = refresh_probe(record, {}, day, settings);
            if (step == 2) record = probe_entered(record, now, Money::whole(100), settings);
            if (step == 3) record = probe_closed(record, Money::whole(1), day);
            if (step == 4) record = probe_closed(record, Money::whole(-1), day);
            if (step == 5) day = day + 1;
            if (record.state == ProbeState::active) {
                RC_ASSERT(record.started.ns > 0);
                RC_ASSERT(probe_expired(record, record.started + kDay + 1, settings));
            }
            if (before == ProbeState::active && record.state != ProbeState::active) {
                RC_ASSERT(record.last_successful.has_value());
            }
            if (record.state == ProbeState::transition) {
                RC_ASSERT(record.last_successful == true);
            }
        }
    });
}
