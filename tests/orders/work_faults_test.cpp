// What works of orders must not do: enter twice where one takes another over, outlive their
// position, enter what is being left, refuse the works of an older store.
#include <map>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/orders/work_desk.hpp"

using namespace tradewind;
using namespace tradewind::orders;
using namespace tradewind::test;

namespace {

// A text of a work as builds wrote it that did not know these names.
std::string without(const std::string& text, const std::vector<std::string>& names) {
    std::istringstream in(text);
    std::string line;
    std::string kept;
    while (std::getline(in, line)) {
        const auto name = line.substr(0, line.find(' '));
        if (std::find(names.begin(), names.end(), name) == names.end()) kept += line + '\n';
    }
    return kept;
}

}  // namespace

TEST_CASE("what fills while an entry is replaced is not entered once more", "[orders][work]") {
    const char* filled = GENERATE("40", "15");
    const bool restarted = GENERATE(false, true);
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "40"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    desk.now = desk.now + kHour;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "99.9", "50", "maxdiff.AAA.2"),
                      desk.now);
    REQUIRE(desk.step().cancel.size() == 1);
    if (restarted) {
        const auto text = desk.worker.text_of("AAA.buy.entry");
        desk.worker.restore(text);
        CHECK(desk.worker.text_of("AAA.buy.entry") == text);
    }
    desk.now = desk.now + kMinute;
    desk.event(desk.newest(), OrderEventKind::filled, filled);
    desk.confirm_cancels();
    (void)desk.step();
    desk.now = desk.now + kMinute;
    (void)desk.step();
    REQUIRE(desk.sent.size() == 2);
    CHECK(desk.newest() == "maxdiff.AAA.2.open");
    CHECK(desk.sent[1].quantity == Quantity::whole(50) - Quantity::of(filled));
}

TEST_CASE("what filled before a pass is not taken from what the pass asks for", "[orders][work]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "40"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    desk.event(desk.newest(), OrderEventKind::filled, "15");
    desk.now = desk.now + kHour;  // the pass sized its 50 beside these 15
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "99.9", "50", "maxdiff.AAA.2"),
                      desk.now);
    (void)desk.step();
    desk.event(desk.newest(), OrderEventKind::filled, "5");
    desk.now = desk.now + kMinute;  // a later pass knows of these 5, too
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "99.8", "30", "maxdiff.AAA.3"),
                      desk.now);
    (void)desk.step();
    desk.event(desk.newest(), OrderEventKind::filled, "10");
    desk.confirm_cancels();
    (void)desk.step();
    REQUIRE(desk.sent.size() == 2);
    CHECK(desk.newest() == "maxdiff.AAA.3.open");
    CHECK(desk.sent[1].quantity == Quantity::whole(20));
}

// Whatever fills when: since the request that counts, no more than it asked for.
TEST_CASE("I-15 a key's requests never add up", "[orders][work][law]") {
    law("entered since the newest request", [](const std::vector<std::uint8_t>& script) {
        Desk desk;
        std::map<std::string, std::pair<Quantity, Quantity>> asked;  // before it, of it
        Quantity entered;
        int decision = 0;
        const auto ask = [&](const char* price, int quantity) {
            const auto id = "maxdiff.AAA." + std::to_string(++decision);
            asked[id] = {entered, Quantity::whole(quantity)};
            desk.worker.begin(work_of(WorkKind::watch_entry, kShare, price,
                                      std::to_string(quantity).c_str(), id.c_str()),
                              desk.now);
        };
        for (const auto word : script) {
            desk.now = desk.now + (1 + word % 7) * 20 * kSecond;
            desk.quote(kShare, "100.2", "100.5");
            const auto open = desk.blotter.open_orders(kShare);
            if (word % 5 < 2 && !open.empty()) {
                const auto size = std::min(open[0]->open_quantity(), Quantity::whole(word / 8));
                if (size.sign() > 0) {
                    desk.event(open[0]->order_id, OrderEventKind::filled, size.to_string().c_str());
                    entered += size;
                }
            } else if (word % 5 == 2) {
                desk.confirm_cancels();
            } else if (word % 5 == 3) {
                ask(word % 2 == 0 ? "100" : "99.9", 20 + word % 40);
            }
            (void)desk.step();
            const auto text = desk.worker.text_of("AAA.buy.entry");
            if (text.empty()) continue;
            const auto value = [&](const std::string& name) {
                const auto at = ('\n' + text).find('\n' + name + ' ');
                if (at == std::string::npos) return std::string();
                const auto from = at + name.size() + 1;
                return text.substr(from, text.find('\n', from) - from);
            };
            auto newest = value("successor.decision_id");
            if (newest.empty()) newest = value("decision_id");
            Quantity working;
            for (const auto* order : desk.blotter.open_orders(kShare)) {
                if (order->decision_id == newest) working += order->open_quantity();
            }
            const auto& [before, quantity] = asked.at(newest);
            const auto most =
                std::max(quantity, value("successor.kind").empty() ? quantity : entered - before);
            if (entered - before + working > most) return false;
        }
        return true;
    });
}

TEST_CASE("I-24 less than a dollar is flat: an exit of it ends and takes nothing down",
          "[orders][work]") {
    Desk desk;
    desk.quote(kCoin, "100", "100.1");
    desk.held[{"maxdiff", kCoin}] = Quantity::of("2.005");
    desk.worker.begin(work_of(WorkKind::gradual_exit, kCoin, "0", "2"), desk.now);
    (void)desk.step();
    desk.event(desk.newest(), OrderEventKind::filled, "2");
    desk.event(desk.newest(), OrderEventKind::expired);
    desk.now = desk.now + kMinute;
    (void)desk.step();  // fifty cents are left
    CHECK(desk.worker.empty());
    desk.worker.begin(work_of(WorkKind::watch_entry, kCoin, "100", "5", "maxdiff.ABC.2"), desk.now);
    REQUIRE(desk.step().submit.size() == 1);
    for (int i = 0; i < 10; ++i) {
        desk.now = desk.now + kMinute;
        CHECK(desk.step().cancel.empty());
    }
    CHECK(desk.sent.size() == 2);
}

TEST_CASE("an exit of less than may be sent ends and says so", "[orders][work]") {
    const auto kind = GENERATE(WorkKind::gradual_exit, WorkKind::watch_exit);
    Desk desk;
    desk.quote(kCoin, "100", "100.1");
    desk.held[{"maxdiff", kCoin}] = Quantity::of("0.06");  // six dollars of ten
    desk.worker.begin(work_of(kind, kCoin, "101", "1"), desk.now);
    const auto actions = desk.step();
    CHECK(actions.submit.empty());
    CHECK(desk.worker.empty());
    REQUIRE(actions.endings.contains("ABCUSD.sell.exit"));
    CHECK(actions.endings.at("ABCUSD.sell.exit") == "below_minimum_notional");
}

TEST_CASE("what an entry filled gets its target once that may be sent", "[orders][work]") {
    Desk desk;
    desk.quote(kCoin, "100", "100.1");
    auto entry = work_of(WorkKind::watch_entry, kCoin, "100", "5");
    entry.intent.exit_plan.target = Price::of("102");
    desk.worker.begin(entry, desk.now);
    (void)desk.step();
    desk.event(desk.newest(), OrderEventKind::filled, "0.05");
    for (int i = 0; i < 5; ++i) {
        desk.now = desk.now + kMinute;
        CHECK(desk.step().submit.empty());
    }
    desk.event(desk.sent[0].order_id, OrderEventKind::filled, "1");
    desk.now = desk.now + kMinute;
    REQUIRE(desk.step().submit.size() == 1);
    CHECK(desk.newest() == "maxdiff.AAA.1.target");
    CHECK(desk.sent[1].quantity == Quantity::of("1.05"));
}

TEST_CASE("nothing is entered any more once the way out of the day begins", "[orders][work]") {
    struct Row {
        Symbol symbol;
        const char* leaves;
    };
    for (const auto& row :
         {Row{kShare, "2024-06-12T19:30:00Z"}, Row{kCoin, "2024-06-12T23:30:00Z"}}) {
        for (const bool restored : {false, true}) {
            INFO(row.leaves << ' ' << restored);
            Desk desk;
            auto entry = work_of(WorkKind::watch_entry, row.symbol, "100", "50");
            entry.intent.exit_plan.target = Price::of("102");
            entry.intent.exit_plan.leave_at_close = true;
            desk.worker.begin(entry, desk.now);
            const auto name = desk.worker.names().at(0);
            if (restored) {  // by a build that let it go on until tomorrow
                auto text = desk.worker.text_of(name);
                const auto at = text.find("\nexpiry ") + 8;
                text.replace(at, text.find('\n', at) - at, std::to_string((kTen + kDay).ns));
                desk.worker.restore(text);
            }
            desk.quote(row.symbol, "100.1", "100.2");
            (void)desk.step();
            const auto first = desk.newest();
            desk.event(first, OrderEventKind::filled, "20");
            (void)desk.step();
            desk.now = *parse_time(row.leaves);
            (void)desk.step();
            desk.confirm_cancels();
            for (int i = 0; i < 10; ++i) {
                desk.now = desk.now + kMinute;
                (void)desk.step();
                desk.confirm_cancels();
            }
            CHECK(desk.blotter.find(first)->status == OrderStatus::canceled);
            for (std::size_t i = 2; i < desk.sent.size(); ++i) {
                CHECK(desk.sent[i].role == Role::exit);
            }
            CHECK(desk.worker.text_of(name).empty());
        }
    }
}

TEST_CASE("an entry of the day that has nothing yet ends with the day", "[orders][work]") {
    struct Row {
        Symbol symbol;
        const char* asked;
        const char* ends;
    };
    for (const auto& row : {
             Row{kShare, "2024-06-12T14:00:00Z", "2024-06-12T19:30:00Z"},
             Row{kShare, "2024-06-12T12:00:00Z", "2024-06-12T19:30:00Z"},  // before the open
             Row{kShare, "2024-06-12T21:00:00Z", "2024-06-13T19:30:00Z"},  // after the close
             Row{kShare, "2024-06-14T21:00:00Z", "2024-06-17T19:30:00Z"},  // on a Friday
             Row{kCoin, "2024-06-12T14:00:00Z", "2024-06-12T23:30:00Z"},
         }) {
        INFO(row.asked);
        Desk desk;
        desk.now = *parse_time(row.asked);
        auto entry = work_of(WorkKind::watch_entry, row.symbol, "100", "50");
        entry.expiry = {};
        entry.intent.exit_plan.leave_at_close = true;
        desk.worker.begin(entry, desk.now);
        desk.quote(row.symbol, "104", "104.1");
        desk.now = *parse_time(row.ends) - kSecond;
        (void)desk.step();
        CHECK_FALSE(desk.worker.empty());
        desk.now = desk.now + kSecond;
        (void)desk.step();
        CHECK(desk.worker.empty());
    }
}

TEST_CASE("works of a store that knew less of them are taken over", "[orders][work]") {
    Desk desk;
    desk.worker.begin(work_of(WorkKind::watch_entry, kShare, "100", "50"), desk.now);
    desk.quote(kShare, "100.1", "100.2");
    (void)desk.step();
    const auto text = desk.worker.text_of("AAA.buy.entry");
    Desk again;
    again.worker.restore(without(text, {"not_before", "exits", "errors"}));
    CHECK(again.worker.text_of("AAA.buy.entry") == text);
    CHECK_THROWS_AS(again.worker.restore(without(text, {"order_id"})), Error);
}

TEST_CASE("I-40 exits of two strategies in a symbol follow each other, over a restart too",
          "[orders][work]") {
    Desk desk;
    desk.quote(kShare, "100", "100.1");
    desk.held[{"maxdiff", kShare}] = Quantity::whole(30);
    desk.held[{"simple", kShare}] = Quantity::whole(4);
    desk.worker.begin(work_of(WorkKind::gradual_exit, kShare, "0", "30"), desk.now);
    auto other = work_of(WorkKind::gradual_exit, kShare, "0", "4", "simple.AAA.1");
    other.intent.strategy = "simple";
    other.forced = true;
    desk.worker.begin(other, desk.now);
    desk.worker.begin(other, desk.now);
    (void)desk.step();
    const auto name = desk.worker.names().at(0);
    const auto text = desk.worker.text_of(name);
    desk.worker.restore(text);
    CHECK(desk.worker.text_of(name) == text);
    CHECK(desk.worker.leaves_urgently());
    REQUIRE(desk.sent.size() == 1);
    desk.event(desk.newest(), OrderEventKind::filled, "30");
    (void)desk.step();
    desk.now = desk.now + kSecond;
    (void)desk.step();
    REQUIRE(desk.sent.size() == 2);
    CHECK(desk.sent[1].strategy == "simple");
    CHECK(desk.sent[1].type == OrderType::market);
    desk.event(desk.newest(), OrderEventKind::filled, "4");
    (void)desk.step();
    CHECK(desk.worker.empty());
}

TEST_CASE("an exit that becomes urgent does not wait", "[orders][work]") {
    for (const Symbol symbol : {kShare, kCoin}) {
        Desk desk;
        desk.quote(symbol, "100", "100.1");
        desk.held[{"maxdiff", symbol}] = Quantity::whole(30);
        desk.worker.begin(work_of(WorkKind::gradual_exit, symbol, "0", "30"), desk.now);
        (void)desk.step();
        CHECK(desk.sent[0].limit_price > Price::whole(100));
        auto urgent = work_of(WorkKind::gradual_exit, symbol, "0", "30", "halt.1");
        urgent.forced = true;
        desk.worker.begin(urgent, desk.now);
        CHECK(desk.step().cancel.size() == 1);
        desk.confirm_cancels();
        REQUIRE(desk.step().submit.size() == 1);
        const bool coin = symbol == kCoin;
        CHECK((desk.sent[1].type == OrderType::market) == !coin);
        if (coin) CHECK(desk.sent[1].limit_price == Price::whole(98));
    }
}

TEST_CASE("a work says how often it was refused in a row, and why", "[orders][work]") {
    Desk desk;
    desk.accepts = false;
    desk.quote(kShare, "100", "100.1");
    desk.held[{"maxdiff", kShare}] = Quantity::whole(30);
    desk.worker.begin(work_of(WorkKind::gradual_exit, kShare, "0", "30"), desk.now);
    for (int i = 0; i < 60; ++i) {
        if (desk.step().submit.size() == 1) {
            desk.worker.on_refusal(desk.newest(), "too far");
            desk.event(desk.newest(), OrderEventKind::refused);
        }
        desk.now = desk.now + kMinute;
    }
    const auto count = std::to_string(desk.sent.size());
    REQUIRE(desk.sent.size() > 2);
    CHECK(desk.worker.standing_of("AAA.sell.exit") == "refused " + count + " times: too far");
    const auto text = desk.worker.text_of("AAA.sell.exit");
    Desk again;
    again.worker.restore(text);
    CHECK(again.worker.text_of("AAA.sell.exit") == text);
    desk.accepts = true;
    desk.now = desk.now + kHour;
    (void)desk.step();
    (void)desk.step();
    CHECK(desk.worker.standing_of("AAA.sell.exit") == "awaiting_fill");
}

TEST_CASE("I-8 a target goes on after another strategy's exit", "[orders][work]") {
    Desk desk;
    desk.quote(kShare, "100", "100.1");
    desk.held[{"maxdiff", kShare}] = Quantity::whole(30);
    desk.held[{"simple", kShare}] = Quantity::whole(4);
    desk.worker.begin(work_of(WorkKind::watch_exit, kShare, "110", "30"), desk.now);
    (void)desk.step();
    auto other = work_of(WorkKind::gradual_exit, kShare, "0", "4", "simple.AAA.1");
    other.intent.strategy = "simple";
    other.forced = true;
    desk.worker.begin(other, desk.now);
    const auto text = desk.worker.text_of("AAA.sell.exit");
    CHECK(text.find("next_exit.1.strategy maxdiff") != std::string::npos);
}
