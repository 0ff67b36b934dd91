// Orders over the socket: every type and class, what is refused, lists, replacement, cancels.
#include "tests/catch.hpp"
#include "tests/exchange_server/api_client.hpp"

namespace tradewind::broker::test {
namespace {

Json order(const std::string& symbol, const std::string& side, const std::string& quantity,
           const std::string& type = "market", const std::string& tif = "day") {
    return {{"symbol", symbol},
            {"side", side},
            {"qty", quantity},
            {"type", type},
            {"time_in_force", tif}};
}

Answer post(LocalExchange& exchange, const Json& body) {
    return exchange.request("POST", "/v2/orders", body.dump());
}

Json placed(LocalExchange& exchange, const Json& body) {
    const auto answer = post(exchange, body);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return answer.json();
}

Json read(LocalExchange& exchange, const Json& placed_order) {
    return exchange.get("/v2/orders/" + placed_order["id"].get<std::string>() + "?nested=true")
        .json();
}

std::string cents(Price price, const char* offset) {
    return nearest_tick(price + Price::of(offset), Price::of("0.01")).to_string();
}

}  // namespace

TEST_CASE("a market order is taken as pending_new and fills at the touch") {
    LocalExchange exchange;
    const auto quote = exchange.quote("AAPL");
    const auto taken = placed(exchange, order("AAPL", "buy", "3"));
    CHECK(taken["status"] == "pending_new");
    CHECK(taken["filled_qty"] == "0");
    CHECK(taken["filled_avg_price"].is_null());
    CHECK(taken["qty"] == "3");
    CHECK(taken["order_class"] == "");
    CHECK(taken["legs"].is_null());
    CHECK(taken["position_intent"] == "buy_to_open");
    CHECK(taken["expires_at"] == "2024-03-05T21:00:00Z");
    CHECK(taken["submitted_at"] == "2024-03-05T15:00:00Z");
    const auto filled = read(exchange, taken);
    CHECK(filled["status"] == "filled");
    CHECK(filled["filled_qty"] == "3");
    CHECK(filled["filled_avg_price"] == quote.ask.to_string());
    CHECK(filled["filled_at"] == "2024-03-05T15:00:00Z");
    const auto position = exchange.get("/v2/positions/AAPL").json();
    CHECK(position["qty"] == "3");
    CHECK(position["avg_entry_price"] == quote.ask.to_string());
    CHECK(position["side"] == "long");
    const auto cash = Money::whole(100'000) - quote.ask * Quantity::whole(3);
    CHECK(exchange.get("/v2/account").json()["cash"] == round_half_even(cash, 2).to_string());
}

TEST_CASE("numbers come as numbers, strings, exponents, null and empty text") {
    LocalExchange exchange;
    const auto body = R"({"symbol":"BTC/USD","qty":1e-2,"notional":null,"side":"buy",
        "type":"market","time_in_force":"gtc","client_order_id":"","limit_price":null,
        "order_class":""})";
    const auto answer = exchange.request("POST", "/v2/orders", body);
    REQUIRE(answer.status == 200);
    CHECK(answer.json()["qty"] == "0.01");
    CHECK(answer.json()["symbol"] == "BTC/USD");
    CHECK(answer.json()["client_order_id"].get<std::string>().size() == 36);
    // The fee of coins comes off the coins.
    const auto position = exchange.get("/v2/positions/BTCUSD").json();
    CHECK(position["qty"] == "0.009975");
    CHECK(position["symbol"] == "BTCUSD");
    CHECK(exchange.get("/v2/positions/BTC/USD").json() == position);
    CHECK(exchange.get("/v2/positions/BTC%2FUSD").json() == position);
    CHECK(exchange.get("/v2/assets/BTC/USD").json()["symbol"] == "BTC/USD");
}

TEST_CASE("what is wrong with an order is said with the broker's status, code and words") {
    LocalExchange exchange;
    struct Row {
        Json changes;
        unsigned status;
        int code;
        std::string says;
    };
    const auto bid = exchange.quote("AAPL").bid;
    const std::vector<Row> rows = {
        {{{"qty", nullptr}}, 422, 40010001, "qty or notional is required"},
        {{{"notional", "5"}}, 422, 40010001, "only one of qty or notional is accepted"},
        {{{"qty", "0"}}, 422, 40010001, "qty must be > 0"},
        {{{"qty", "-1"}}, 422, 40010001, "qty must be > 0"},
        {{{"qty", "abc"}}, 422, 40010001, "invalid qty"},
        {{{"side", "hold"}}, 422, 40010001, "invalid side"},
        {{{"type", "magic"}}, 422, 40010001, "invalid order type"},
        {{{"time_in_force", "soon"}}, 422, 40010001, "invalid time_in_force"},
        {{{"type", "limit"}}, 422, 40010001, "limit orders require a limit price"},
        {{{"type", "stop"}}, 422, 40010001, "stop orders require a stop price"},
        {{{"type", "stop_limit"}, {"stop_price", "1"}}, 422, 40010001, "require both"},
        {{{"limit_price", "1"}}, 422, 40010001, "market orders require no"},
        {{{"type", "trailing_stop"}}, 422, 40010001, "one of trail_price or trail_percent"},
        {{{"type", "trailing_stop"}, {"trail_percent", "0.01"}}, 422, 40010001, "0.1"},
        {{{"client_order_id", std::string(129, 'x')}}, 422, 40010001, "128 characters"},
        {{{"symbol", "NOPE"}}, 422, 42210000, "asset \"NOPE\" not found"},
        {{{"type", "limit"}, {"limit_price", "290.123"}}, 422, 42210000, "sub-penny"},
        {{{"qty", "0.5"}, {"time_in_force", "gtc"}}, 422, 42210000, "must be DAY orders"},
        {{{"qty", "0.5"}, {"side", "sell"}}, 422, 42210000, "cannot be sold short"},
        {{{"extended_hours", true}}, 422, 42210000, "extended hours order must be"},
        {{{"qty", "1000000"}}, 403, 40310000, "insufficient buying power"},
        {{{"qty", nullptr}, {"notional", "0.5"}}, 403, 40310000, "minimal amount of order 1"},
        {{{"symbol", "BTC/USD"}}, 422, 42210000, "invalid crypto time_in_force"},
        {{{"symbol", "BTC/USD"}, {"time_in_force", "gtc"}, {"side", "sell"}, {"qty", "0.1"}},
         403,
         40310000,
         "insufficient balance for BTC"},
        {{{"type", "stop"}, {"side", "sell"}, {"stop_price", cents(bid, "5")}},
         422,
         42210000,
         "stop price must be less than current price"},
        {{{"order_class", "bracket"}}, 422, 40010001, "take_profit.limit_price"},
        {{{"order_class", "bracket"},
          {"take_profit", {{"limit_price", cents(bid, "-5")}}},
          {"stop_loss", {{"stop_price", cents(bid, "-3")}}}},
         422,
         42210000,
         "must be > stop_loss.stop_price"},
        {{{"position_intent", "buy_to_close"}}, 422, 42210000, "position intent mismatch"},
        {{{"time_in_force", "opg"}}, 403, 40310000, "opg orders must be submitted after"},
    };
    for (const auto& row : rows) {
        auto body = order("AAPL", "buy", "1");
        body.update(row.changes);
        const auto answer = post(exchange, body);
        INFO(body.dump() << " -> " << answer.body);
        CHECK(answer.status == row.status);
        CHECK(answer.json().value("code", 0) == row.code);
        CHECK(answer.json().value("message", "").find(row.says) != std::string::npos);
    }
    CHECK(exchange.request("POST", "/v2/orders", "{\"symbol\":").status == 400);
    CHECK(exchange.request("POST", "/v2/orders", "[1]").status == 400);
    CHECK(exchange.get("/v2/orders?status=all").json().empty());
}

TEST_CASE("a client order id is never usable again, closed orders included") {
    LocalExchange exchange;
    auto body = order("AAPL", "buy", "1");
    body["client_order_id"] = "once";
    (void)placed(exchange, body);
    const auto again = post(exchange, body);
    CHECK(again.status == 422);
    CHECK(again.json()["message"] == "client_order_id must be unique");
    const auto found = exchange.get("/v2/orders:by_client_order_id?client_order_id=once");
    CHECK(found.status == 200);
    CHECK(found.json()["status"] == "filled");
    CHECK(exchange.get("/v2/orders:by_client_order_id?client_order_id=never").status == 404);
}

TEST_CASE("a resting limit is canceled once; then its state is named") {
    LocalExchange exchange;
    auto body = order("AAPL", "buy", "2", "limit", "gtc");
    body["limit_price"] = cents(exchange.quote("AAPL").bid, "-20");
    const auto taken = placed(exchange, body);
    CHECK(read(exchange, taken)["status"] == "new");
    const auto path = "/v2/orders/" + taken["id"].get<std::string>();
    const auto canceled = exchange.request("DELETE", path);
    CHECK(canceled.status == 204);
    CHECK(canceled.body.empty());
    CHECK(read(exchange, taken)["status"] == "canceled");
    CHECK(read(exchange, taken)["canceled_at"] == "2024-03-05T15:00:00Z");
    const auto again = exchange.request("DELETE", path);
    CHECK(again.status == 422);
    CHECK(again.json()["message"] == "order is already in \"canceled\" state");
    CHECK(exchange.request("DELETE", "/v2/orders/00000000-0000-0000-0000-000000000000").status ==
          404);
    CHECK(exchange.request("DELETE", "/v2/orders/nonsense").status == 422);
}

TEST_CASE("a replacement has a new id, names the old one and keeps the rest") {
    LocalExchange exchange;
    auto body = order("AAPL", "buy", "2", "limit", "gtc");
    const auto bid = exchange.quote("AAPL").bid;
    body["limit_price"] = cents(bid, "-20");
    const auto taken = placed(exchange, body);
    const auto path = "/v2/orders/" + taken["id"].get<std::string>();
    CHECK(exchange.request("PATCH", path, "{}").status == 422);
    CHECK(exchange.request("PATCH", path, R"({"qty":"1.5"})").json()["message"] ==
          "qty must be integer");
    const auto patched = exchange.request(
        "PATCH", path, Json{{"qty", "5"}, {"limit_price", cents(bid, "-10")}}.dump());
    REQUIRE(patched.status == 200);
    const auto next = patched.json();
    CHECK(next["id"] != taken["id"]);
    CHECK(next["replaces"] == taken["id"]);
    CHECK(next["qty"] == "5");
    const auto old = read(exchange, taken);
    CHECK(old["status"] == "replaced");
    CHECK(old["replaced_by"] == next["id"]);
    CHECK_FALSE(old["replaced_at"].is_null());
    CHECK(old["canceled_at"].is_null());
    CHECK(exchange.request("PATCH", path, R"({"qty":"9"})").json()["message"] ==
          "order already replaced");
    const auto open = exchange.get("/v2/orders").json();
    REQUIRE(open.size() == 1);
    CHECK(open[0]["id"] == next["id"]);
    CHECK(open[0]["limit_price"] == cents(bid, "-10"));
}

TEST_CASE("a bracket's legs are held until the entry has filled; one exit cancels the other") {
    LocalExchange exchange;
    const auto bid = exchange.quote("AAPL").bid;
    auto body = order("AAPL", "buy", "10", "limit", "gtc");
    body["order_class"] = "bracket";
    body["limit_price"] = cents(bid, "-3");
    body["take_profit"] = {{"limit_price", cents(bid, "5")}};
    body["stop_loss"] = {{"stop_price", cents(bid, "-30")}};
    const auto taken = placed(exchange, body);
    REQUIRE(taken["legs"].size() == 2);
    CHECK(taken["legs"][0]["status"] == "held");
    CHECK(taken["legs"][0]["order_class"] == "bracket");
    CHECK(taken["legs"][0]["side"] == "sell");
    CHECK(taken["legs"][1]["type"] == "stop");
    CHECK(exchange.get("/v2/orders").json().size() == 3);
    CHECK(exchange.get("/v2/orders?nested=True").json().size() == 1);
    // A higher limit fills at once; the legs begin to work.
    const auto path = "/v2/orders/" + taken["id"].get<std::string>();
    const auto next =
        exchange.request("PATCH", path, Json{{"limit_price", cents(bid, "2")}}.dump());
    REQUIRE(next.status == 200);
    auto entry = read(exchange, next.json());
    CHECK(entry["status"] == "filled");
    REQUIRE(entry["legs"].size() == 2);
    CHECK(entry["legs"][0]["status"] == "new");
    CHECK(entry["legs"][1]["status"] == "new");
    CHECK(exchange.get("/v2/positions/AAPL").json()["qty_available"] == "0");
    const auto refused = exchange.request("DELETE", "/v2/positions/AAPL");
    CHECK(refused.status == 403);
    CHECK(refused.json()["held_for_orders"] == "10");
    CHECK(refused.json()["available"] == "0");
    // The target's price is lowered to the market: it fills, and the stop goes.
    const auto leg = "/v2/orders/" + entry["legs"][0]["id"].get<std::string>();
    const auto target =
        exchange.request("PATCH", leg, Json{{"limit_price", cents(bid, "-1")}}.dump());
    INFO(target.body);
    REQUIRE(target.status == 200);
    entry = read(exchange, entry);
    CHECK(entry["legs"][0]["status"] == "filled");
    CHECK(entry["legs"][1]["status"] == "canceled");
    CHECK(exchange.get("/v2/positions").json().empty());
}

TEST_CASE("canceling the entry of a bracket cancels its legs") {
    LocalExchange exchange;
    const auto bid = exchange.quote("AAPL").bid;
    auto body = order("AAPL", "buy", "10", "limit");
    body["order_class"] = "bracket";
    body["limit_price"] = cents(bid, "-3");
    body["take_profit"] = {{"limit_price", cents(bid, "5")}};
    body["stop_loss"] = {{"stop_price", cents(bid, "-30")}, {"limit_price", cents(bid, "-31")}};
    const auto taken = placed(exchange, body);
    CHECK(taken["legs"][1]["type"] == "stop_limit");
    CHECK(exchange.request("DELETE", "/v2/orders/" + taken["id"].get<std::string>()).status == 204);
    const auto after = read(exchange, taken);
    CHECK(after["status"] == "canceled");
    CHECK(after["legs"][0]["status"] == "canceled");
    CHECK(after["legs"][1]["status"] == "canceled");
}

TEST_CASE("the stop of an oco takes the target's place when its price is reached") {
    LocalExchange exchange;
    (void)placed(exchange, order("AAPL", "buy", "4"));
    const auto bid = exchange.quote("AAPL").bid;
    auto body = order("AAPL", "sell", "4", "limit", "gtc");
    body["order_class"] = "oco";
    body["take_profit"] = {{"limit_price", cents(bid, "50")}};
    body["stop_loss"] = {{"stop_price", cents(bid, "-0.3")}};
    const auto taken = placed(exchange, body);
    CHECK(taken["limit_price"] == cents(bid, "50"));
    REQUIRE(taken["legs"].size() == 1);
    CHECK(taken["legs"][0]["status"] == "held");
    CHECK(exchange.get("/v2/positions/AAPL").json()["qty_available"] == "0");
    for (int i = 0; i < 300 && read(exchange, taken)["status"] == "new"; ++i) {
        exchange.move(5 * kMinute);
        // The requests of a test are few.
        if (i % 20 == 19) exchange.restart();
    }
    const auto after = read(exchange, taken);
    CHECK(after["status"] == "canceled");
    CHECK(after["legs"][0]["status"] == "filled");
    CHECK(after["legs"][0]["filled_qty"] == "4");
    CHECK(exchange.get("/v2/positions").json().empty());
}

TEST_CASE("an order for money has no quantity and fills for at most that money") {
    LocalExchange exchange;
    const auto ask = exchange.quote("AAPL").ask;
    auto body = order("AAPL", "buy", "0");
    body.erase("qty");
    body["notional"] = 1000.5;
    const auto taken = placed(exchange, body);
    CHECK(taken["qty"].is_null());
    CHECK(taken["notional"] == "1000.5");
    const auto filled = read(exchange, taken);
    CHECK(filled["qty"].is_null());
    CHECK(filled["status"] == "filled");
    const auto quantity = Quantity::of(filled["filled_qty"].get<std::string>());
    CHECK(ask * quantity <= Money::of("1000.5"));
    CHECK(ask * (quantity + Quantity::from_units(1)) > Money::of("1000.5"));
}

TEST_CASE("lists page by time and by id, oldest or newest first") {
    LocalExchange exchange;
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) {
        ids.push_back(placed(exchange, order(i % 2 == 0 ? "AAPL" : "MSFT", "buy", "1"))["id"]);
        exchange.move(kMinute);
    }
    const auto listed = [&](const std::string& query) {
        std::vector<std::string> result;
        const auto page = exchange.get("/v2/orders?status=closed&" + query).json();
        for (const auto& each : page) result.push_back(each["id"]);
        return result;
    };
    using Ids = std::vector<std::string>;
    CHECK(listed("") == Ids(ids.rbegin(), ids.rend()));
    CHECK(listed("direction=asc&limit=2") == Ids{ids[0], ids[1]});
    CHECK(listed("symbols=MSFT&direction=asc") == Ids{ids[1], ids[3], ids[5]});
    CHECK(listed("after=2024-03-05T15:01:00%2B00:00&until=2024-03-05T15:04:00Z") ==
          Ids{ids[3], ids[2]});
    CHECK(listed("after_order_id=" + ids[3] + "&direction=asc") == Ids{ids[4], ids[5]});
    CHECK(listed("before_order_id=" + ids[2]) == Ids{ids[1], ids[0]});
    CHECK(listed("side=sell").empty());
    CHECK(exchange.get("/v2/orders?limit=501").status == 400);
    CHECK(exchange.get("/v2/orders?status=some").status == 422);
}

TEST_CASE("all orders are canceled, all positions closed, item by item") {
    LocalExchange exchange;
    (void)placed(exchange, order("AAPL", "buy", "10"));
    (void)placed(exchange, order("MSFT", "buy", "4"));
    auto body = order("AAPL", "sell", "10", "limit", "gtc");
    body["limit_price"] = cents(exchange.quote("AAPL").bid, "20");
    (void)placed(exchange, body);
    const auto part = exchange.request("DELETE", "/v2/positions/MSFT?percentage=50");
    CHECK(part.status == 200);
    CHECK(part.json()["qty"] == "2");
    CHECK(part.json()["side"] == "sell");
    const auto some = exchange.request("DELETE", "/v2/positions");
    CHECK(some.status == 207);
    REQUIRE(some.json().size() == 2);
    CHECK(some.json()[0]["symbol"] == "AAPL");
    CHECK(some.json()[0]["status"] == 403);
    CHECK(some.json()[0]["body"]["held_for_orders"] == "10");
    CHECK(some.json()[1]["status"] == 200);
    CHECK(some.json()[1]["body"]["symbol"] == "MSFT");
    const auto rest = exchange.request("DELETE", "/v2/positions?cancel_orders=true");
    CHECK(rest.json().size() == 1);
    CHECK(rest.json()[0]["status"] == 200);
    CHECK(exchange.get("/v2/positions").json().empty());
    CHECK(exchange.request("DELETE", "/v2/orders").json().empty());
    CHECK(exchange.request("DELETE", "/v2/positions/AAPL").json()["message"] ==
          "position does not exist");
}

TEST_CASE("an order of the night waits accepted until the open; it cannot be replaced before") {
    LocalOptions options;
    options.start = Timestamp{1709676000LL * kSecond};  // 2024-03-05 17:00 New York
    LocalExchange exchange(options);
    const auto taken = placed(exchange, order("AAPL", "buy", "1"));
    CHECK(taken["status"] == "accepted");
    CHECK(taken["expires_at"] == "2024-03-06T21:00:00Z");
    const auto path = "/v2/orders/" + taken["id"].get<std::string>();
    CHECK(exchange.request("PATCH", path, R"({"qty":"2"})").json()["message"] ==
          "cannot replace order in accepted status");
    exchange.move(16 * kHour);
    CHECK(read(exchange, taken)["status"] == "accepted");
    exchange.move(kHour);
    const auto filled = read(exchange, taken);
    CHECK(filled["status"] == "filled");
    CHECK(filled["filled_at"] == "2024-03-06T14:30:00Z");
}

TEST_CASE("a limit of extended hours trades after the close and ends at eight") {
    LocalOptions options;
    options.start = Timestamp{1709676000LL * kSecond};  // 2024-03-05 17:00 New York
    options.symbols = {"AAPL"};
    LocalExchange exchange(options);
    const auto quote = exchange.quote("AAPL");
    auto body = order("AAPL", "buy", "1", "limit");
    body["extended_hours"] = true;
    body["limit_price"] = cents(quote.ask, "1");
    CHECK(read(exchange, placed(exchange, body))["status"] == "filled");
    body["limit_price"] = cents(quote.ask, "-10");
    const auto resting = placed(exchange, body);
    CHECK(resting["expires_at"] == "2024-03-06T01:00:00Z");
    exchange.move(3 * kHour - kSecond);
    CHECK(read(exchange, resting)["status"] == "new");
    exchange.move(kSecond);
    CHECK(read(exchange, resting)["status"] == "expired");
    CHECK(read(exchange, resting)["expired_at"] == "2024-03-06T01:00:00Z");
    body["limit_price"] = cents(quote.ask, "1");
    const auto night = placed(exchange, body);
    CHECK(night["status"] == "accepted");
    exchange.move(8 * kHour);
    const auto morning = read(exchange, night);
    CHECK(morning["status"] == "filled");
    CHECK(morning["filled_at"] == "2024-03-06T09:00:00Z");
}

TEST_CASE("opposite orders of one account are kept apart") {
    LocalExchange exchange;
    (void)placed(exchange, order("AAPL", "buy", "5"));
    const auto bid = exchange.quote("AAPL").bid;
    auto sell = order("AAPL", "sell", "5", "limit", "gtc");
    sell["limit_price"] = cents(bid, "10");
    const auto resting = placed(exchange, sell);
    const auto refused = post(exchange, order("AAPL", "buy", "1"));
    CHECK(refused.status == 403);
    CHECK(refused.json()["message"] == "potential wash trade detected. use complex orders");
    CHECK(refused.json()["existing_order_id"] == resting["id"]);
    auto buy = order("AAPL", "buy", "1", "limit", "gtc");
    buy["limit_price"] = cents(bid, "-10");
    CHECK(post(exchange, buy).status == 200);
    // What a sell holds cannot be sold twice.
    const auto twice = post(exchange, order("AAPL", "sell", "1", "market"));
    CHECK(twice.status == 403);
}

TEST_CASE("a trailing stop follows the best price, in currency or percent") {
    LocalExchange exchange;
    (void)placed(exchange, order("AAPL", "buy", "5"));
    auto body = order("AAPL", "sell", "5", "trailing_stop", "gtc");
    body["trail_percent"] = 0.5;
    const auto taken = placed(exchange, body);
    CHECK(taken["trail_percent"] == "0.5");
    CHECK(taken["trail_price"].is_null());
    CHECK(taken["stop_price"].is_null());
    Price highest;
    Json now = read(exchange, taken);
    for (int i = 0; i < 60 && now["status"] == "new"; ++i) {
        const auto mark = Price::of(now["hwm"].get<std::string>());
        CHECK(mark >= highest);
        highest = mark;
        exchange.move(2 * kMinute);
        now = read(exchange, taken);
    }
    REQUIRE(now["status"] == "filled");
    const auto mark = Price::of(now["hwm"].get<std::string>());
    const auto price = Price::of(now["filled_avg_price"].get<std::string>());
    CHECK(price <= moved(mark, Fraction::of("-0.005")));
    CHECK(price > moved(mark, Fraction::of("-0.02")));
}

}  // namespace tradewind::broker::test
