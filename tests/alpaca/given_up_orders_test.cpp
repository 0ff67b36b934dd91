// Orders that were given up and are at the broker after all, and where lost executions are sought.
#include "tests/alpaca/tracker_bench.hpp"

using namespace tradewind;
using namespace tradewind::broker::alpaca;
using namespace tradewind::test;

TEST_CASE("an order that was given up is canceled in the books, and at the broker if it is there") {
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    const auto wire = bench.exchange.post(bench.work(WorkKind::post, 0).order);
    bench.tracker.posted("a", reply(PostReply::Kind::unknown), at(0));
    // Under way somewhere: the broker does not know it yet.
    double now = 0;
    for (; now < 30; now += 0.5) {
        const auto next = bench.tracker.next_work(at(now), [] {
            auto kinds = WorkKinds::all();
            kinds.remove(WorkKind::post);
            return kinds;
        }());
        if (next) bench.tracker.looked_up("a", kAbsent, at(now));
        if (bench.tracker.next_due_ns() <= at(now).steady_ns) break;  // to be sent again
    }
    bench.tracker.allow_sending(false);
    bench.tracker.refuse_waiting_entries("the stream is down", at(now));
    CHECK(told(bench.tracker) == "canceled");
    bench.tracker.allow_sending(true);
    auto& held = bench.exchange.orders["a"];
    SECTION("it works") {
        bench.tracker.listed({*wire}, at(now), at(now));
        CHECK(bench.tracker.foreign().empty());
        CHECK(bench.tracker.take_alarms().size() == 1);
        CHECK(bench.tracker.sending_or_canceling());
        CHECK(bench.work(WorkKind::cancel, now).broker_id == wire->id);
        bench.exchange.fill(held, Quantity::of("4"), Price::of("100"));
        bench.exchange.close(held, WireStatus::canceled, "canceled");
        bench.tracker.canceled("a", {CancelReply::Kind::requested}, at(now));
        bench.deliver(1, now);
        bench.deliver(2, now);
        CHECK(told(bench.tracker) == "filled:4");
    }
    SECTION("it has filled") {
        bench.exchange.fill(held, Quantity::of("10"), Price::of("100"));
        bench.deliver(0, now);
        bench.deliver(1, now);
        CHECK(told(bench.tracker) == "filled:10");
        CHECK(bench.tracker.take_alarms().size() == 1);
    }
    SECTION("it was refused") {
        bench.exchange.close(held, WireStatus::rejected, "rejected");
        bench.tracker.updated(bench.exchange.updates.back(), at(now));
        CHECK(told(bench.tracker).empty());
        CHECK(bench.tracker.take_alarms().empty());
    }
    CHECK_FALSE(bench.tracker.unsettled());
    CHECK_FALSE(bench.tracker.sending_or_canceling());
}

TEST_CASE("executions are read from when none was missing, not from the order's birth") {
    constexpr double kDays = 86'400;
    Bench bench;
    bench.tracker.submit(order_of("a"), AssetClass::us_equity, at(0));
    const auto wire = bench.exchange.post(bench.work(WorkKind::post, 0).order);
    bench.tracker.posted("a", accepted(*wire), at(0));
    (void)bench.work(WorkKind::look_up, 20 * kDays);
    bench.tracker.looked_up("a", {LookUpReply::Kind::found, *wire}, at(20 * kDays));
    auto& held = bench.exchange.orders["a"];
    bench.exchange.fill(held, Quantity::of("4"), Price::of("100"));  // its update is lost
    SECTION("seen whole by a look-up") {
        bench.tracker.listed({held.order}, at(20 * kDays + 60), at(20 * kDays + 60));
        CHECK(bench.work(WorkKind::executions, 20 * kDays + 70).since >=
              at(20 * kDays - 3'600).exchange);
    }
    SECTION("seen whole by a list") {
        auto whole = *wire;
        bench.tracker.listed({whole}, at(21 * kDays), at(21 * kDays));
        bench.tracker.listed({held.order}, at(21 * kDays + 60), at(21 * kDays + 60));
        CHECK(bench.work(WorkKind::executions, 21 * kDays + 70).since ==
              at(21 * kDays - 3'600).exchange);
    }
}

TEST_CASE("a second refusal says nothing of the first POST") {
    Bench bench;
    bench.tracker.restore(order_of("a"), AssetClass::us_equity, {}, at(0));
    for (double now = 0; bench.tracker.next_due_ns() != INT64_MAX && now < 30; now += 0.5) {
        const auto next = bench.tracker.next_work(at(now));
        if (!next) continue;
        if (next->kind == WorkKind::look_up) bench.tracker.looked_up("a", kAbsent, at(now));
        if (next->kind == WorkKind::post) {
            bench.tracker.posted("a", reply(PostReply::Kind::refused, "no"), at(now));
        }
    }
    CHECK(told(bench.tracker) == "canceled");
}
