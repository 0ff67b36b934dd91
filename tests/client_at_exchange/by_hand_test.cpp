// Orders by hand that were sent and filled while nothing listened: found behind the position that
// differs, and adopted with their executions. No quantity and no cash is taken over without them.
#include "messages/adoption.hpp"
#include "tests/client_at_exchange/trading_desk.hpp"

namespace tradewind::broker::test {
namespace {

std::string market_order(const std::string& side, const std::string& quantity,
                         const std::string& symbol = "AAPL") {
    return R"({"symbol":")" + symbol + R"(","side":")" + side + R"(","qty":")" + quantity +
           R"(","type":"market","time_in_force":")" + (symbol == "AAPL" ? "day" : "gtc") + R"("})";
}

struct Hands : Faulty {
    explicit Hands(const std::string& script = "[]") : Faulty(script), desk(*exchange) {}
    TradingDesk desk;

    void send(const std::string& body) {
        REQUIRE(exchange->request("POST", "/v2/orders", body).status == 200);
    }
    void explained(std::size_t orders, const std::string& held) {
        REQUIRE(desk.until(
            [&] { return desk.adopted.size() == orders && desk.broker().condition().known; }));
        for (const auto& order : desk.adopted) {
            CHECK(order.strategy == kAdopted);
            CHECK(desk.status(order.order_id) == OrderStatus::filled);
        }
        CHECK(desk.held(Symbol("AAPL")) == Quantity::of(held));
        CHECK(desk.held_there("AAPL") == Quantity::of(held));
        CHECK(desk.corrections.empty());
        const auto cash = exchange->get("/v2/account").json()["cash"].get<std::string>();
        CHECK((desk.cash() - Money::of(cash)).abs() <= Money::of("0.005"));
        desk.restart();
        CHECK(desk.corrections.empty());
        CHECK(desk.adopted.size() == orders);
    }
};

}  // namespace

TEST_CASE("orders by hand are found after a start") {
    Hands hands;
    hands.desk.stop();
    SECTION("one") {
        hands.send(market_order("buy", "3"));
        hands.desk.restart();
        hands.explained(1, "3");
    }
    SECTION("several, one of them the other way") {
        hands.send(market_order("buy", "5"));
        hands.send(market_order("sell", "2"));
        hands.send(market_order("buy", "1"));
        hands.desk.restart();
        hands.explained(3, "4");
    }
}

TEST_CASE("an order by hand whose updates are lost is found while the client runs") {
    Hands hands(R"([{"fault":"withhold_update","count":0}])");
    hands.send(market_order("buy", "3"));
    hands.explained(1, "3");
    hands.send(market_order("sell", "2"));
    hands.explained(2, "1");
}

TEST_CASE("a coin bought by hand is found, and its fee is told apart") {
    Hands hands;
    hands.desk.stop();
    hands.send(market_order("buy", "0.01", "BTC/USD"));
    hands.desk.restart();
    REQUIRE(hands.desk.until([&] { return hands.desk.corrections.size() == 1; }));
    CHECK(hands.desk.adopted.size() == 1);
    CHECK(hands.desk.held(Symbol("BTCUSD")) == Quantity::of("0.01"));
    CHECK(hands.desk.corrections[0].cause == "fee taken in the coin");
    CHECK(hands.desk.corrections[0].quantity == hands.desk.held_there("BTCUSD"));
}

}  // namespace tradewind::broker::test
