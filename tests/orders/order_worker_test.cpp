// Works of orders over virtual time, against a broker that answers as the test tells it to.
#include <algorithm>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/orders/work_desk.hpp"

using namespace tradewind;
using namespace tradewind::orders;
using namespace tradewind::test;

TEST_CASE("an entry waits for its price, is sent once, and ends when it is filled",
          "[orders][work]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    desk.quote(kShare, "101.9", "102");
    CHECK(desk.step().submit.empty());
    CHECK(desk.worker.state_of("AAA.buy.entry") == "waiting_for_trigger");
    desk.now = desk.now + kMinute;
    desk.quote(kShare, "100.4", "100.5");  // within 0.66 %
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.sent[0].limit_price == Price::of("100"));
    CHECK(desk.sent[0].order_id == "maxdiff.AAA.1.open");
    for (int i = 0; i < 5; ++i) {
        desk.now = desk.now + kMinute;
        CHECK(desk.step().submit.empty());
    }
    desk.event(desk.newest(), OrderEventKind::filled, "50");
    desk.now = desk.now + kMinute;
    (void)desk.step();
    CHECK(desk.worker.empty());
}

TEST_CASE("what a target left again is not entered again", "[orders][work]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    desk.event(desk.newest(), OrderEventKind::filled, "20");
    desk.held[{"maxdiff", kShare}] = {};  // its target took them
    desk.event(desk.newest(), OrderEventKind::expired);
    desk.now = desk.now + kMinute;
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.sent[1].quantity == Quantity::whole(30));
    CHECK(desk.sent[1].order_id == "maxdiff.AAA.1.open.2");
}

TEST_CASE("I-21 a new work takes a key over: stop, cancel, confirm, start", "[orders][work]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    const auto first = desk.newest();
    desk.now = desk.now + kHour;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50", "maxdiff.AAA.2"),
                      desk.now);
    (void)desk.step();
    CHECK(desk.cancels == 0);  // the same terms: the one that works is kept
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "99.8", "50", "maxdiff.AAA.3"),
                      desk.now);
    CHECK(desk.step().cancel == std::vector<std::string>{first});
    for (int i = 0; i < 3; ++i) {  // not confirmed: nothing is sent, and the cancel not repeated
        desk.now = desk.now + kMinute;
        const auto waiting = desk.step();
        CHECK(waiting.submit.empty());
        CHECK(waiting.cancel.empty());
    }
    desk.confirm_cancels();
    desk.now = desk.now + kMinute;
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.newest() == "maxdiff.AAA.3.open");
    CHECK(desk.worker.names().size() == 1);
}

TEST_CASE("a coin's entry keeps its plan for a day, a share's does not", "[orders][work]") {
    Desk desk;
    for (const Symbol symbol : {kShare, kCoin}) {
        const auto decision = "maxdiff." + symbol.to_string() + ".1";
        desk.worker.begin(work_of(WorkKind::watch_entry, symbol, "100", "5", decision.c_str()),
                          desk.now);
        desk.quote(symbol, "100.1", "100.2");
    }
    (void)desk.step();
    desk.now = desk.now + kHour;
    for (const Symbol symbol : {kShare, kCoin}) {
        desk.worker.begin(work_of(WorkKind::watch_entry, symbol, "99", "5", "maxdiff.X.2"),
                          desk.now);
    }
    const auto actions = desk.step();
    REQUIRE(actions.cancel.size() == 1);
    CHECK(desk.blotter.find(actions.cancel[0])->symbol == kShare);
}

TEST_CASE("H34 a reservation outlives a broker that does not answer", "[orders][hazard]") {
    Desk desk;
    desk.accepts = false;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    REQUIRE(desk.step().submit.size() == 1);
    for (int i = 0; i < 100; ++i) {
        desk.now = desk.now + kMinute;
        CHECK(desk.step().submit.empty());
    }
    desk.event(desk.newest(), OrderEventKind::rejected);
    desk.now = desk.now + kMinute;
    (void)desk.step();
    desk.now = desk.now + 2 * kMinute;
    CHECK(desk.step().submit.size() == 1);
}

TEST_CASE("an entry beyond its expiry is cancelled and gone", "[orders][work]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kCoin, "100", "5"), desk.now);
    desk.quote(kCoin, "100.1", "100.2");
    (void)desk.step();
    desk.now = kTen + kDay;
    CHECK(desk.step().cancel.size() == 1);
    desk.confirm_cancels();
    const auto last = desk.step();
    CHECK(desk.worker.empty());
    CHECK(last.changed == std::vector<std::string>{"ABCUSD.buy.entry"});
    CHECK(desk.worker.text_of("ABCUSD.buy.entry").empty());
}

TEST_CASE("H35 a ramp moves to the other side within the hour and sends what is missing",
          "[orders][hazard]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::ramp_entry, kShare, "0", "60"), desk.now);
    desk.quote(kShare, "100", "101");
    (void)desk.step();
    CHECK(desk.sent[0].limit_price == Price::of("100"));
    desk.event(desk.newest(), OrderEventKind::filled, "20");
    desk.now = desk.now + 30 * kMinute;
    CHECK(desk.step().cancel.size() == 1);
    CHECK(desk.step().submit.empty());  // until the cancel is confirmed
    desk.confirm_cancels();
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.sent[1].limit_price == Price::of("100.5"));
    CHECK(desk.sent[1].quantity == Quantity::whole(40));
    // A day later it is still at the far side, not at the start again.
    desk.now = desk.now + 23 * kHour + 10 * kMinute;
    (void)desk.step();
    desk.confirm_cancels();
    (void)desk.step();
    CHECK(desk.sent.back().limit_price == Price::of("101"));
}

TEST_CASE("H36 an exit cancels every order of its strategy and waits for each",
          "[orders][hazard]") {
    Desk desk;
    desk.quote(kShare, "100", "100.1");
    // An entry that works on and a target, beside a position of 30.
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    (void)desk.step();
    desk.event(desk.newest(), OrderEventKind::filled, "30");
    desk.worker.begin(work_of(WorkKind::watch_exit, kShare, "110", "30", "maxdiff.AAA.2"),
                      desk.now);
    (void)desk.step();
    REQUIRE(desk.sent.size() == 2);
    desk.worker.withdraw({"maxdiff", kShare, Role::entry, ""});
    desk.worker.begin(work_of(WorkKind::gradual_exit, kShare, "0", "30", "maxdiff.AAA.3"),
                      desk.now);
    CHECK(desk.step().cancel.size() == 2);
    desk.event(desk.sent[0].order_id, OrderEventKind::canceled);
    CHECK(desk.step().submit.empty());  // one of two is not enough
    desk.event(desk.sent[1].order_id, OrderEventKind::canceled);
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.sent.back().quantity == Quantity::whole(30));
    CHECK(desk.sent.back().side == Side::sell);
    CHECK(desk.sent.back().limit_price == Price::of("100.3"));
}

TEST_CASE("I-40 an exit is never dropped before the position is flat", "[orders][work]") {
    Desk desk;
    desk.held[{"maxdiff", kShare}] = Quantity::whole(30);
    desk.quote(kShare, "100", "100.1");
    desk.worker.begin(work_of(WorkKind::gradual_exit, kShare, "0", "30"), desk.now);
    (void)desk.step();
    // A second request merges, a target does not replace it, a withdrawal does not end it.
    desk.worker.begin(work_of(WorkKind::gradual_exit, kShare, "0", "30", "maxdiff.AAA.2"),
                      desk.now);
    desk.worker.begin(work_of(WorkKind::watch_exit, kShare, "110", "30", "maxdiff.AAA.3"),
                      desk.now);
    desk.worker.withdraw({"maxdiff", kShare, std::nullopt, ""});
    desk.worker.withdraw_entries();
    // Refused, expired, refused: it is tried again, across nights too.
    for (int i = 0; i < 10; ++i) {
        const auto before = desk.sent.size();
        desk.event(desk.newest(), i % 2 == 0 ? OrderEventKind::rejected : OrderEventKind::expired);
        for (int minute = 0; minute < 24 * 60 && desk.sent.size() == before; ++minute) {
            desk.now = desk.now + kMinute;
            (void)desk.step();
        }
        REQUIRE(desk.sent.size() == before + 1);
    }
    desk.event(desk.newest(), OrderEventKind::filled, "30");
    (void)desk.step();
    CHECK(desk.worker.empty());
}

TEST_CASE("a gradual exit goes to market in the end, but not across a wide spread nor for a coin",
          "[orders][work]") {
    struct Row {
        Symbol symbol;
        const char* ask;
        bool quoting;
        bool market;
    };
    for (const auto& row : {Row{kShare, "100.1", true, true}, Row{kShare, "103", true, false},
                            Row{kShare, "100.1", false, false}, Row{kCoin, "100.1", true, false}}) {
        Desk desk;
        desk.quoting = row.quoting;
        desk.held[{"maxdiff", row.symbol}] = Quantity::whole(3);
        desk.quote(row.symbol, "100", row.ask);
        desk.worker.begin(work_of(WorkKind::gradual_exit, row.symbol, "0", "3"), desk.now);
        (void)desk.step();
        CHECK(desk.sent[0].type == OrderType::limit);
        for (int minute = 0; minute < 100; ++minute) {
            desk.now = desk.now + kMinute;
            (void)desk.step();
            desk.confirm_cancels();
            (void)desk.step();
        }
        CHECK((desk.sent.back().type == OrderType::market) == row.market);
    }
}

TEST_CASE("a target is left alone while it is near, and moved when it is not", "[orders][work]") {
    Desk desk;
    desk.held[{"maxdiff", kShare}] = Quantity::whole(30);
    desk.worker.begin(work_of(WorkKind::watch_exit, kShare, "110", "30"), desk.now);
    (void)desk.step();
    REQUIRE(desk.sent.size() == 1);
    CHECK(desk.sent[0].time_in_force == TimeInForce::gtc);
    desk.now = desk.now + kHour;
    desk.worker.begin(work_of(WorkKind::watch_exit, kShare, "110.05", "30", "maxdiff.AAA.2"),
                      desk.now);
    CHECK(desk.step().cancel.empty());  // 0.05 %: within the tolerance
    desk.worker.begin(work_of(WorkKind::watch_exit, kShare, "112", "30", "maxdiff.AAA.3"),
                      desk.now);
    CHECK(desk.step().cancel.size() == 1);
    desk.confirm_cancels();
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.sent[1].limit_price == Price::of("112"));
    desk.held.clear();
    (void)desk.step();
    desk.confirm_cancels();
    (void)desk.step();
    CHECK(desk.worker.empty());
}

TEST_CASE("works survive a restart: the same orders under the same names", "[orders][work]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    const auto name = desk.worker.names().at(0);
    const auto text = desk.worker.text_of(name);
    Desk again;
    again.worker.restore(text);
    CHECK(again.worker.text_of(name) == text);
    // Its order still works at the broker: nothing is sent beside it.
    REQUIRE(again.blotter.add(desk.sent[0]));
    again.event(desk.newest(), OrderEventKind::accepted);
    again.now = desk.now + kMinute;
    again.quote(kShare, "100.1", "100.2");
    CHECK(again.step().submit.empty());
    again.event(desk.newest(), OrderEventKind::expired);
    again.now = again.now + kMinute;
    REQUIRE(again.step().submit.size() == 1);
    CHECK(again.newest() == "maxdiff.AAA.1.open.2");
    CHECK_THROWS_AS(again.worker.restore("kind nothing\n"), Error);
}

TEST_CASE("I-8 what an entry fills has a target from that step on", "[orders][work]") {
    Desk desk;
    auto entry = work_of(WorkKind::watch_entry, kShare, "100", "50");
    entry.intent.exit_plan.target = Price::of("102");
    desk.worker.begin(entry, desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    CHECK(desk.sent[0].exit_plan.target.is_zero());  // a work of its own, at any broker
    desk.event(desk.sent[0].order_id, OrderEventKind::filled, "20");
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.newest() == "maxdiff.AAA.1.target");
    CHECK(desk.sent[1].quantity == Quantity::whole(20));
    CHECK(desk.sent[1].limit_price == Price::of("102"));
    CHECK(desk.sent[1].role == Role::exit);
    // It grows with the position, one order after the other, also when the entry is gone.
    desk.event(desk.sent[0].order_id, OrderEventKind::filled, "30");
    desk.now = desk.now + 2 * kMinute;
    CHECK(desk.step().cancel == std::vector<std::string>{"maxdiff.AAA.1.target"});
    desk.confirm_cancels();
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.newest() == "maxdiff.AAA.1.target.2");
    CHECK(desk.sent[2].quantity == Quantity::whole(50));
    desk.event(desk.newest(), OrderEventKind::filled, "50");
    (void)desk.step();
    CHECK(desk.worker.empty());
}

TEST_CASE("a part that was left is not the next part's exit", "[orders][work]") {
    Desk desk;
    auto entry = work_of(WorkKind::watch_entry, kShare, "100", "50");
    entry.intent.exit_plan.target = Price::of("102");
    desk.worker.begin(entry, desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    desk.event(desk.sent[0].order_id, OrderEventKind::filled, "20");
    (void)desk.step();
    desk.event(desk.newest(), OrderEventKind::filled, "20");
    (void)desk.step();
    desk.event(desk.sent[0].order_id, OrderEventKind::filled, "30");
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.newest() == "maxdiff.AAA.1.target2");
    CHECK(desk.sent.back().quantity == Quantity::whole(30));
}

TEST_CASE("a target of nothing takes its order down", "[orders][work]") {
    Desk desk;
    desk.held[{"maxdiff", kShare}] = Quantity::whole(30);
    desk.quote(kShare, "100", "100.1");
    desk.worker.begin(work_of(WorkKind::watch_exit, kShare, "110", "30"), desk.now);
    (void)desk.step();
    desk.held.clear();  // flat by another order
    CHECK(desk.step().cancel == std::vector<std::string>{desk.newest()});
    CHECK_FALSE(desk.worker.empty());
    desk.confirm_cancels();
    (void)desk.step();
    CHECK(desk.worker.empty());
}

TEST_CASE("what is to be left at the close is on its way out before it", "[orders][work]") {
    struct Row {
        Symbol symbol;
        const char* leaves;
        const char* limit;  // 0.3 % above the bid, on the tick
    };
    // Half an hour before the session's end, coins: the UTC day's.
    for (const auto& row : {Row{kShare, "2024-06-12T19:30:00Z", "100.41"},
                            Row{kCoin, "2024-06-12T23:30:00Z", "100.4003"}}) {
        Desk desk;
        auto entry = work_of(WorkKind::watch_entry, row.symbol, "100", "50");
        entry.intent.exit_plan.target = Price::of("102");
        entry.intent.exit_plan.leave_at_close = true;
        desk.worker.begin(entry, desk.now);
        desk.quote(row.symbol, "100.1", "100.2");
        (void)desk.step();
        desk.event(desk.newest(), OrderEventKind::filled, "50");
        (void)desk.step();
        const auto target = desk.newest();
        CHECK(target == "maxdiff.AAA.1.target");
        desk.now = *parse_time(row.leaves) - kSecond;
        CHECK(desk.step().cancel.empty());
        desk.now = desk.now + kSecond;
        CHECK(desk.step().cancel == std::vector<std::string>{target});
        desk.confirm_cancels();
        REQUIRE(desk.step().submit.size() == 1);
        CHECK(desk.newest() == "maxdiff.AAA.1.target.close");
        CHECK(desk.sent.back().limit_price == Price::of(row.limit));
    }
}

TEST_CASE("an exit that is refused again and again is asked for more and more rarely",
          "[orders][work]") {
    Desk desk;
    desk.accepts = false;
    desk.held[{"maxdiff", kShare}] = Quantity::whole(30);
    desk.quote(kShare, "100", "100.1");
    desk.worker.begin(work_of(WorkKind::gradual_exit, kShare, "0", "30"), desk.now);
    std::vector<std::int64_t> minutes;
    for (int i = 0; i < 240; ++i) {
        if (desk.step().submit.size() == 1) {
            minutes.push_back(i);
            desk.event(desk.newest(), OrderEventKind::refused);
        }
        desk.now = desk.now + kMinute;
    }
    REQUIRE(minutes.size() > 6);
    CHECK(minutes.size() < 25);
    CHECK(minutes[1] - minutes[0] <= 3);
    CHECK(minutes.back() - minutes[minutes.size() - 2] >= 16);
}

TEST_CASE("H5 a work's successor, its pause and its failures outlive a restart",
          "[orders][hazard]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    const auto first = desk.newest();
    desk.event(first, OrderEventKind::rejected);
    (void)desk.step();
    desk.now = desk.now + kHour;
    (void)desk.step();
    const auto second = desk.newest();
    CHECK(second != first);
    CHECK(desk.worker.give_way({kShare, second, desk.now + 10 * kMinute}) == "AAA.buy.entry");
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "99.9", "40", "maxdiff.AAA.2"),
                      desk.now);
    (void)desk.step();
    const auto text = desk.worker.text_of("AAA.buy.entry");
    Desk again;
    again.worker.restore(text);
    CHECK(again.worker.text_of("AAA.buy.entry") == text);
    REQUIRE(again.blotter.add(desk.sent.back()));
    again.quote(kShare, "100.1", "100.2");
    again.now = desk.now;
    CHECK(again.step().cancel == std::vector<std::string>{second});
    again.confirm_cancels();
    again.now = desk.now + kMinute;
    REQUIRE(again.step().submit.size() == 1);
    CHECK(again.newest() == "maxdiff.AAA.2.open");
    CHECK(again.sent[0].quantity == Quantity::whole(40));
}

TEST_CASE("no market hours, no leave to enter, no money: nothing is sent", "[orders][work]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    SECTION("the minutes after the open") {
        desk.now = *parse_time("2024-06-12T13:34:00Z");
        CHECK(desk.step().submit.empty());
        desk.now = *parse_time("2024-06-12T13:35:00Z");
        CHECK(desk.step().submit.size() == 1);
    }
    SECTION("entries are not allowed") {
        desk.entries_allowed = false;
        CHECK(desk.step().submit.empty());
    }
    SECTION("no money: it says so, and what else has some") {
        desk.worker.begin(work_of(WorkKind::watch_entry, kCoin, "100", "5", "maxdiff.C.1"),
                          desk.now);
        desk.quote(kCoin, "100.1", "100.2");
        desk.spendable = Money::whole(600);
        const auto actions = desk.step();
        CHECK(actions.submit.size() == 1);  // the coin's 500
        REQUIRE(actions.short_of_money.size() == 1);
        CHECK(actions.short_of_money[0].symbol == kShare);
    }
}

// Any order of events: never two orders of one key at work, never more entered than asked for.
TEST_CASE("I-21 one owner and one order of a key under random events", "[orders][work][law]") {
    law("orders of a key follow each other", [](const std::vector<std::uint8_t>& script) {
        Desk desk;
        desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
        int decision = 1;
        for (const auto word : script) {
            desk.now = desk.now + (1 + word % 7) * 20 * kSecond;
            desk.quote(kShare, word % 3 == 0 ? "100" : "100.2", "100.5");
            const Order* order = desk.sent.empty() ? nullptr : desk.blotter.find(desk.newest());
            const bool open = order != nullptr && !is_closed(order->status);
            switch (word % 8) {
                case 0:
                    if (open) desk.event(desk.newest(), OrderEventKind::expired);
                    break;
                case 1:
                    if (open && order->open_quantity() >= Quantity::whole(5)) {
                        desk.event(desk.newest(), OrderEventKind::filled, "5");
                    }
                    break;
                case 2:
                    desk.confirm_cancels();
                    break;
                case 3:
                    desk.worker.begin(
                        work_of(WorkKind::watch_entry, kShare, word % 2 == 0 ? "100" : "99.9", "50",
                                ("maxdiff.AAA." + std::to_string(++decision)).c_str()),
                        desk.now);
                    break;
                default:
                    break;
            }
            (void)desk.step();
            int working = 0;
            for (const auto* each : desk.blotter.open_orders(kShare)) {
                working += each->status != OrderStatus::held ? 1 : 0;
            }
            if (working > 1) return false;
        }
        return true;
    });
}
