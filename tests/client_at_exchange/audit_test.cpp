// What the client makes of an account that others use too, and of what its own books do not know:
// contradictions, orders by hand, orders that were given up, observing.
#include "tests/client_at_exchange/trading_desk.hpp"

namespace tradewind::broker::test {
namespace {

Order resting(LocalExchange& exchange, const std::string& id) {
    Order order;
    order.order_id = id;
    order.strategy = "s";
    order.symbol = Symbol("AAPL");
    order.quantity = Quantity::whole(2);
    order.type = OrderType::limit;
    order.limit_price = Price::whole(10);
    order.time_in_force = TimeInForce::gtc;
    exchange.server().run([&](ExchangeHost& host) { order.time = host.now(); });
    return order;
}

struct Account : Faulty {
    explicit Account(const std::string& script = "[]", std::int64_t adopt_after_ns = 10 * kMinute)
        : Faulty(script), desk(*exchange, adopt_after_ns) {}
    TradingDesk desk;

    Json by_hand(const Json& body) {
        const auto answer = exchange->request("POST", "/v2/orders", body.dump());
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        return answer.json();
    }
    void rest(const std::string& id) {
        desk.submit(resting(*exchange, id));
        REQUIRE(desk.until([&] { return desk.status(id) == OrderStatus::new_order; }));
    }
};

}  // namespace

TEST_CASE("a contradiction is one although an order of the symbol rests") {
    Account account("[]", 4 * kSecond);
    account.rest("target");
    account.desk.stop();
    Fill fill;
    fill.fill_id = fill.order_id = "of nobody";
    fill.symbol = Symbol("AAPL");
    fill.quantity = Quantity::whole(5);
    fill.price = Price::whole(100);
    account.desk.fills.push_back(fill);
    account.desk.contradicted = true;
    account.desk.restart();
    const auto reason = [&] {
        const auto reasons = account.desk.broker().condition().reasons;
        return reasons.empty() ? std::string() : reasons.front();
    };
    REQUIRE(account.desk.until(
        [&] { return reason().find("differs from the books") != std::string::npos; }));
    REQUIRE(account.desk.until([&] { return !account.desk.corrections.empty(); }));
    // Position and cash are one step: between the two an equity would be told that never was.
    REQUIRE(account.desk.corrections.size() == 2);
    CHECK(account.desk.corrections[0].symbol == Symbol("AAPL"));
    CHECK(account.desk.corrections[0].quantity.is_zero());
    CHECK(account.desk.corrections[1].symbol.empty());
    CHECK(account.desk.corrections[1].cash == Money::whole(500));
    REQUIRE(account.desk.until([&] { return account.desk.broker().condition().known; }));
    // Said once, however often it was seen.
    int alarms = 0;
    for (const auto& line : account.desk.log()) {
        if (line.find("alarm: position of AAPL") != std::string::npos) ++alarms;
    }
    CHECK(alarms == 1);
}

TEST_CASE("observing sends nothing of what an earlier life left to be sent") {
    Account account;
    account.rest("works");
    account.desk.stop();
    auto exit = resting(*account.exchange, "exit");
    exit.role = Role::exit;
    exit.side = Side::sell;
    exit.status = OrderStatus::pending_new;
    REQUIRE(account.desk.books.add(exit));
    account.desk.unsent_exits = {exit};
    account.desk.observing = true;
    account.desk.restart();
    // As the first step does with what the reconciliation left.
    account.desk.broker().submit(exit, exit.time);
    account.desk.broker().cancel("works", {});
    CHECK_FALSE(
        account.desk.until([&] { return account.desk.orders("status=all").size() != 1; }, 0, 40));
    CHECK(account.desk.orders("status=open").size() == 1);
    // The exit stays to be sent by a life that may.
    CHECK_FALSE(account.desk.closed("exit"));
    CHECK(account.desk.broker().wait_until_idle(1'000));
}

TEST_CASE("an order by hand in dollars is taken up with what it filled") {
    Account account(R"([{"fault":"partial_fill","fraction":0.25,"delay_ms":60000}])");
    (void)account.by_hand({{"symbol", "AAPL"},
                           {"side", "buy"},
                           {"notional", "1000"},
                           {"type", "market"},
                           {"time_in_force", "day"},
                           {"client_order_id", "dollars"}});
    REQUIRE(account.desk.until([&] { return account.desk.held(Symbol("AAPL")).sign() > 0; },
                               20 * kSecond));
    REQUIRE(account.desk.until(
        [&] {
            return account.desk.orders("status=open").empty() && account.desk.closed("dollars");
        },
        20 * kSecond));
    CHECK(account.desk.held(Symbol("AAPL")) == account.desk.held_there("AAPL"));
    REQUIRE(account.desk.adopted.size() == 1);
    CHECK(account.desk.adopted[0].quantity == account.desk.held_there("AAPL"));
    CHECK(account.desk.broker().wait_until_idle(2'000));
    CHECK(account.desk.corrections.empty());
}

TEST_CASE("an order that the books gave up as never sent is canceled where it works after all") {
    Account account;
    auto lost = resting(*account.exchange, "lost");
    REQUIRE(account.desk.books.add(lost));
    OrderEvent canceled;
    canceled.kind = OrderEventKind::canceled;
    canceled.order_id = lost.order_id;
    canceled.symbol = lost.symbol;
    canceled.time = lost.time;
    REQUIRE(account.desk.books.apply(canceled).transition.applied());
    account.desk.stop();
    (void)account.by_hand({{"symbol", "AAPL"},
                           {"side", "buy"},
                           {"qty", 2},
                           {"type", "limit"},
                           {"limit_price", "10"},
                           {"time_in_force", "gtc"},
                           {"client_order_id", "lost"}});
    account.desk.restart();
    CHECK(account.desk.until([&] { return account.desk.orders("status=open").empty(); }));
    CHECK(account.desk.adopted.empty());
    CHECK(account.desk.status("lost") == OrderStatus::canceled);
}

}  // namespace tradewind::broker::test
