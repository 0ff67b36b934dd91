// Two legs of a strategy in one symbol: both wait, one works, never both filled.
#include "tests/orders/work_desk.hpp"

using namespace tradewind;
using namespace tradewind::orders;
using namespace tradewind::test;

namespace {

// Both legs of always on: 50 to buy at 100, 45 to sell at 104, each with the other's price as its
// target.
void begin_legs(Desk& desk) {
    for (const Side side : {Side::buy, Side::sell}) {
        const bool buy = side == Side::buy;
        auto leg = work_of(WorkKind::watch_entry, kShare, buy ? "100" : "104", buy ? "50" : "45");
        leg.intent.side = side;
        leg.intent.leg = buy ? "open" : "open_other";
        leg.intent.exit_plan.target = Price::of(buy ? "104" : "100");
        desk.worker.begin(std::move(leg), desk.now);
    }
}
void later(Desk& desk, const char* bid, const char* ask) {
    desk.now = desk.now + kMinute;
    desk.quote(kShare, bid, ask);
}

}  // namespace

TEST_CASE("of two legs the one that the market is near works; its position holds the other back",
          "[orders][work][legs]") {
    Desk desk;
    begin_legs(desk);
    later(desk, "102", "102.1");
    CHECK(desk.step().submit.empty());
    CHECK(desk.worker.names().size() == 2);
    later(desk, "100.2", "100.3");
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.sent[0].side == Side::buy);
    desk.event(desk.sent[0].order_id, OrderEventKind::filled, "50");
    later(desk, "100.2", "100.3");
    (void)desk.step();
    REQUIRE(desk.sent.size() == 2);  // the target
    CHECK(desk.sent[1].role == Role::exit);
    CHECK(desk.sent[1].limit_price == Price::of("104"));
    // At the target's price, which is the other leg's entry: still held, so still waiting.
    later(desk, "104.1", "104.2");
    CHECK(desk.step().submit.empty());
    CHECK(desk.worker.state_of("AAA.sell.entry") == "waits_for_sibling");
    desk.event(desk.sent[1].order_id, OrderEventKind::filled, "20");
    later(desk, "104.1", "104.2");
    CHECK(desk.step().submit.empty());  // a part of it is not flat
    desk.event(desk.sent[1].order_id, OrderEventKind::filled, "30");
    later(desk, "104.1", "104.2");
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.sent[2].side == Side::sell);
    CHECK(desk.sent[2].role == Role::entry);
    CHECK(desk.sent[2].quantity == Quantity::whole(45));
    CHECK(desk.sent[2].order_id == "maxdiff.AAA.1.open_other");
    // And back: its own target, the short is bought back, both are done.
    desk.event(desk.sent[2].order_id, OrderEventKind::filled, "45");
    later(desk, "103", "103.1");
    (void)desk.step();
    REQUIRE(desk.sent.size() == 4);
    CHECK(desk.sent[3].side == Side::buy);
    CHECK(desk.sent[3].role == Role::exit);
    CHECK(desk.sent[3].limit_price == Price::of("100"));
    desk.event(desk.sent[3].order_id, OrderEventKind::filled, "45");
    later(desk, "100.2", "100.3");
    (void)desk.step();
    CHECK(desk.worker.empty());
    CHECK(desk.held[{"maxdiff", kShare}].is_zero());
}

TEST_CASE("a leg that works gives way to the one that the market goes to, cancel confirmed first",
          "[orders][work][legs]") {
    Desk desk;
    auto near = work_of(WorkKind::watch_entry, kShare, "100", "50");
    near.forced = true;
    near.intent.exit_plan.target = Price::of("101");
    desk.worker.begin(near, desk.now);
    auto other = work_of(WorkKind::watch_entry, kShare, "101", "45");
    other.intent.side = Side::sell;
    other.intent.leg = "open_other";
    other.intent.exit_plan.target = Price::of("100");
    desk.worker.begin(other, desk.now);
    later(desk, "100.2", "100.3");
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.sent[0].side == Side::buy);
    later(desk, "100.55", "100.6");  // 0.6 % from one, 0.45 % from the other: not by half
    CHECK(desk.step().cancel.empty());
    later(desk, "100.8", "100.85");
    CHECK(desk.step().cancel.size() == 1);
    later(desk, "100.8", "100.85");
    CHECK(desk.step().submit.empty());  // the cancel is not confirmed
    // It was too late for a part of it: the position holds the other leg back.
    SECTION("filled while it was cancelled") {
        desk.event(desk.sent[0].order_id, OrderEventKind::filled, "10");
        desk.event(desk.sent[0].order_id, OrderEventKind::canceled);
        later(desk, "100.8", "100.85");
        (void)desk.step();
        for (const auto& order : desk.sent) {
            CHECK_FALSE((order.role == Role::entry && order.side == Side::sell));
        }
    }
    SECTION("gone") {
        desk.confirm_cancels();
        later(desk, "100.8", "100.85");
        REQUIRE(desk.step().submit.size() == 1);
        CHECK(desk.sent[1].side == Side::sell);
        CHECK(desk.sent[1].role == Role::entry);
        CHECK(desk.worker.state_of("AAA.buy.entry") == "waits_for_sibling");
    }
}

TEST_CASE("one leg is withdrawn alone; where its day ends the other's ends, too",
          "[orders][work][legs]") {
    Desk desk;
    SECTION("alone") {
        begin_legs(desk);
        desk.worker.withdraw({"maxdiff", kShare, Role::entry, "", Side::sell});
        later(desk, "102", "102.1");
        (void)desk.step();
        CHECK(desk.worker.names() == std::vector<std::string>{"AAA.buy.entry"});
    }
    SECTION("kept by their texts") {
        begin_legs(desk);
        later(desk, "100.2", "100.3");
        (void)desk.step();
        Desk again;
        for (const auto& name : desk.worker.names()) {
            again.worker.restore(desk.worker.text_of(name));
            CHECK(again.worker.text_of(name) == desk.worker.text_of(name));
        }
        CHECK(again.worker.names() == desk.worker.names());
    }
    SECTION("the day ends") {
        for (const Side side : {Side::buy, Side::sell}) {
            auto leg =
                work_of(WorkKind::watch_entry, kShare, side == Side::buy ? "100" : "104", "50");
            leg.intent.side = side;
            if (side == Side::sell) leg.intent.leg = kOtherLeg;
            leg.intent.exit_plan.target = Price::of(side == Side::buy ? "104" : "100");
            leg.intent.exit_plan.leave_at_close = true;
            desk.worker.begin(std::move(leg), desk.now);
        }
        later(desk, "100.2", "100.3");
        (void)desk.step();
        desk.event(desk.newest(), OrderEventKind::filled, "50");
        (void)desk.step();
        later(desk, "100.2", "100.3");
        (void)desk.step();
        // The target and the leg that waits.
        CHECK(desk.worker.names() == std::vector<std::string>{"AAA.sell.entry", "AAA.sell.exit"});
        desk.now = *parse_time("2024-06-12T19:31:00Z");  // half an hour before the close
        (void)desk.step();
        desk.now = desk.now + kMinute;
        (void)desk.step();
        CHECK(desk.worker.names() == std::vector<std::string>{"AAA.sell.exit"});
    }
}

TEST_CASE("two forced legs at equal distance: one is sent", "[orders][work][legs]") {
    Desk forced;
    for (const Side side : {Side::buy, Side::sell}) {
        auto leg = work_of(WorkKind::watch_entry, kShare, side == Side::buy ? "100" : "104", "50");
        leg.intent.side = side;
        if (side == Side::sell) leg.intent.leg = kOtherLeg;
        leg.forced = true;
        forced.worker.begin(std::move(leg), forced.now);
    }
    later(forced, "101.92", "102");  // 2 % from both
    REQUIRE(forced.step().submit.size() == 1);
    CHECK(forced.worker.state_of("AAA.sell.entry") == "waits_for_sibling");
    for (int i = 0; i < 5; ++i) {
        later(forced, "101.92", "102");
        CHECK(forced.step().submit.empty());
    }
}
