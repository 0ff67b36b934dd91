// A target and a stop of one position, as this program's client has them at the exchange: one
// order of which one leg cancels the other, through faults and restarts. After each the books and
// the exchange agree, and the position was left exactly once.
#include "tests/client_at_exchange/trading_desk.hpp"

namespace tradewind::broker::test {
namespace {

Price cents(Price price, int more) {
    return Price::from_units(price.units() / (Price::kOne / 100) * (Price::kOne / 100) +
                             more * (Price::kOne / 100));
}

// Target and stop so many cents from the price.
Order entry(LocalExchange& exchange, int target, int stop,
            TimeInForce target_time_in_force = TimeInForce::gtc) {
    const auto quote = exchange.quote("AAPL");
    Order order;
    order.order_id = "e";
    order.strategy = "s";
    order.symbol = Symbol("AAPL");
    order.quantity = Quantity::whole(8);
    exchange.server().run([&](ExchangeHost& host) { order.time = host.now(); });
    order.exit_plan.target = cents(quote.ask, target);
    order.exit_plan.stop = cents(quote.bid, -stop);
    order.exit_plan.target_time_in_force = target_time_in_force;
    return order;
}

struct Pairs : Faulty {
    explicit Pairs(const std::string& script = "[]") : Faulty(script), desk(*exchange) {}
    TradingDesk desk;

    // The pair rests at the exchange.
    bool rests() {
        const auto open = desk.orders("status=open&nested=true");
        return open.size() == 1 && open[0]["client_order_id"] == "e.target" &&
               open[0]["order_class"] == "oco" && open[0]["legs"].size() == 1;
    }
    void enter(int target, int stop, TimeInForce time_in_force = TimeInForce::gtc) {
        desk.submit(entry(*exchange, target, stop, time_in_force));
        REQUIRE(desk.until([&] { return rests(); }));
    }
    void move_to_an_exit() {
        REQUIRE(desk.until([&] { return desk.closed("e.target") && desk.closed("e.stop"); },
                           20 * kSecond));
    }
    // The position was left once, whoever says so.
    void left_once() {
        CHECK(desk.held(Symbol("AAPL")).is_zero());
        CHECK(desk.held_there("AAPL").is_zero());
        CHECK(desk.orders("status=open").empty());
        CHECK(desk.adopted.empty());
        const bool target = desk.status("e.target") == OrderStatus::filled;
        CHECK(target != (desk.status("e.stop") == OrderStatus::filled));
        // A second reading of everything finds nothing.
        desk.restart();
        CHECK(desk.corrections.empty());
    }
};

}  // namespace

TEST_CASE("target and stop rest as one order, and the one that fills ends the other") {
    const bool up = GENERATE(true, false);
    Pairs pairs;
    pairs.enter(up ? 5 : 9'000, up ? 9'000 : 5);
    // One POST for both.
    CHECK(pairs.desk.orders("status=all&nested=true").size() == 2);
    CHECK(pairs.desk.status("e.target") == OrderStatus::new_order);
    CHECK(pairs.desk.status("e.stop") == OrderStatus::new_order);
    pairs.move_to_an_exit();
    CHECK(pairs.desk.status(up ? "e.target" : "e.stop") == OrderStatus::filled);
    CHECK(pairs.desk.status(up ? "e.stop" : "e.target") == OrderStatus::canceled);
    pairs.left_once();
}

TEST_CASE("a pair keeps its identity through every fault of its way") {
    const std::string post = R"("method":"POST","path":"/v2/orders","skip":1,"count":1)";
    const auto script =
        GENERATE_COPY(std::string(R"({"fault":"lost_reply",)") + post + "}",
                      std::string(R"({"fault":"lost_request",)") + post + "}",
                      std::string(R"({"fault":"hang",)") + post + "}",
                      std::string(R"({"fault":"truncated_body",)") + post + "}",
                      std::string(R"({"fault":"status","status":503,)") + post + "}",
                      std::string(R"({"fault":"withhold_update","count":0})"),
                      std::string(R"({"fault":"duplicate_update","count":0})"),
                      std::string(R"({"fault":"reorder_update","count":0})"),
                      std::string(R"({"fault":"lost_reply",)") + post +
                          R"(},{"fault":"withhold_update","count":0})");
    Pairs pairs("[" + script + "]");
    CAPTURE(script);
    const bool up = script.size() % 2 == 0;
    pairs.enter(up ? 5 : 9'000, up ? 9'000 : 5);
    pairs.move_to_an_exit();
    pairs.left_once();
}

TEST_CASE("a target that fills in part leaves the rest to either of the two") {
    // Of the entry's three orders the target is the second.
    Pairs pairs(R"([{"fault":"partial_fill","fraction":0.25,"delay_ms":60000,"skip":1}])");
    pairs.enter(5, 9'000);
    REQUIRE(pairs.desk.until(
        [&] { return pairs.desk.status("e.target") == OrderStatus::partially_filled; },
        20 * kSecond));
    CHECK(pairs.desk.held(Symbol("AAPL")) == Quantity::whole(6));
    const bool restarted = GENERATE(false, true);
    if (restarted) pairs.desk.restart();
    pairs.move_to_an_exit();
    pairs.left_once();
}

TEST_CASE("a restart of the client finds the pair again, or sends it") {
    Pairs pairs;
    SECTION("it rests") {
        pairs.enter(5, 9'000);
        pairs.desk.restart();
    }
    SECTION("only the entry is known") {
        pairs.desk.submit(entry(*pairs.exchange, 5, 9'000));
        REQUIRE(pairs.desk.until([&] { return pairs.desk.closed("e"); }));
        pairs.desk.restart();
    }
    SECTION("nothing is known") {
        pairs.desk.submit(entry(*pairs.exchange, 5, 9'000));
        pairs.desk.restart();
    }
    SECTION("one of the two filled meanwhile") {
        pairs.enter(9'000, 5);
        pairs.desk.stop();
        for (int i = 0; i < 500 && pairs.desk.held_there("AAPL").sign() > 0; ++i) {
            pairs.exchange->move(20 * kSecond);
        }
        pairs.desk.restart();
    }
    SECTION("both sides end and begin again") {
        pairs.enter(5, 9'000);
        pairs.desk.stop();
        pairs.exchange->restart();
        pairs.desk.restart();
    }
    pairs.move_to_an_exit();
    pairs.left_once();
}

TEST_CASE("a pair that is canceled is canceled as a whole; by hand too") {
    Pairs pairs;
    pairs.enter(9'000, 9'000);
    SECTION("the target by the client") {
        pairs.desk.broker().cancel("e.target", {});
    }
    SECTION("the stop by the client") {
        pairs.desk.broker().cancel("e.stop", {});
    }
    SECTION("by hand") {
        const auto open = pairs.desk.orders("status=open");
        (void)pairs.exchange->request("DELETE", "/v2/orders/" + open[0]["id"].get<std::string>());
    }
    REQUIRE(pairs.desk.until(
        [&] { return pairs.desk.closed("e.target") && pairs.desk.closed("e.stop"); }));
    CHECK(pairs.desk.status("e.target") == OrderStatus::canceled);
    CHECK(pairs.desk.status("e.stop") == OrderStatus::canceled);
    CHECK(pairs.desk.orders("status=open").empty());
    CHECK(pairs.desk.held_there("AAPL") == Quantity::whole(8));
}

TEST_CASE("the stop goes on alone when the day of its target has ended") {
    Pairs pairs;
    pairs.enter(9'000, 9'000, TimeInForce::day);
    const bool restarted = GENERATE(false, true);
    if (restarted) pairs.desk.stop();
    pairs.exchange->move(6 * kHour + 5 * kMinute);
    if (restarted) pairs.desk.restart();
    const auto alone = [&] {
        const auto open = pairs.desk.orders("status=open");
        return open.size() == 1 && open[0]["client_order_id"] == "e.stop" &&
               open[0]["time_in_force"] == "gtc" && open[0]["order_class"] == "";
    };
    pairs.desk.move(0);
    const bool is_alone = pairs.desk.until(alone);
    INFO(pairs.desk.orders("status=all&nested=true").dump(1));
    for (const auto& line : pairs.desk.log()) UNSCOPED_INFO(line);
    REQUIRE(is_alone);
    CHECK(pairs.desk.status("e.target") == OrderStatus::expired);
    CHECK_FALSE(pairs.desk.closed("e.stop"));
    pairs.desk.restart();
    REQUIRE(pairs.desk.until(alone));
    CHECK(pairs.desk.adopted.empty());
}

TEST_CASE("an exit whose price has been passed leaves at once") {
    // The entry is held while the price goes where it may.
    Pairs pairs(R"([{"fault":"hold_order","delay_ms":1}])");
    auto order = entry(*pairs.exchange, 9'000, 9'000);
    const auto quote = pairs.exchange->quote("AAPL");
    const bool stop = GENERATE(true, false);
    if (stop) {
        order.exit_plan.stop = cents(quote.ask, 100);
        order.exit_plan.target = cents(quote.ask, 9'000);
    } else {
        order.exit_plan.target = cents(quote.bid, -100);
        order.exit_plan.stop = cents(quote.bid, -9'000);
    }
    pairs.desk.submit(order);
    pairs.move_to_an_exit();
    CHECK(pairs.desk.status(stop ? "e.stop" : "e.target") == OrderStatus::filled);
    pairs.left_once();
}

TEST_CASE("a plan with a stop that the broker would not take is refused with its entry") {
    Pairs pairs;
    auto order = entry(*pairs.exchange, 9'000, 9'000);
    SECTION("a coin") {
        order.symbol = Symbol("BTCUSD");
        order.time_in_force = TimeInForce::gtc;
    }
    SECTION("a fraction of a share") {
        order.quantity = Quantity::of("0.5");
    }
    pairs.desk.submit(order);
    REQUIRE(pairs.desk.until([&] { return pairs.desk.closed("e"); }));
    CHECK(pairs.desk.status("e") == OrderStatus::rejected);
    CHECK(pairs.desk.orders("status=all").empty());
}

}  // namespace tradewind::broker::test
