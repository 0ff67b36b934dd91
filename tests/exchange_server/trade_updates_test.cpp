// The order stream over a real WebSocket, and what a restart leaves of orders and accounts.
#include "tests/catch.hpp"
#include "tests/exchange_server/api_client.hpp"

namespace tradewind::broker::test {

using tradewind::test::law;

namespace {

const char* const kLogin =
    R"({"action":"authenticate","data":{"key_id":"KEY1","secret_key":"SECRET1"}})";
const char* const kListen = R"({"action":"listen","data":{"streams":["trade_updates","other"]}})";

StreamClient& login(StreamClient& stream) {
    REQUIRE(stream.status() == 101);
    stream.send(kLogin);
    const auto answer = stream.read_json();
    CHECK(answer == Json::parse(R"({"stream":"authorization",
        "data":{"status":"authorized","action":"authenticate"}})"));
    stream.send(kListen);
    CHECK(stream.read_json() ==
          Json::parse(R"({"stream":"listening","data":{"streams":["trade_updates"]}})"));
    return stream;
}

Json post(LocalExchange& exchange, const Json& body) {
    const auto answer = exchange.request("POST", "/v2/orders", body.dump());
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return answer.json();
}

Json market_order(const std::string& side, int quantity) {
    return {{"symbol", "AAPL"},
            {"side", side},
            {"qty", quantity},
            {"type", "market"},
            {"time_in_force", "day"}};
}

Json limit_order(LocalExchange& exchange, int quantity) {
    auto body = market_order("buy", quantity);
    body["type"] = "limit";
    const auto price =
        nearest_tick(exchange.quote("AAPL").bid - Price::whole(20), Price::of("0.01"));
    body["limit_price"] = price.to_string();
    return body;
}

}  // namespace

TEST_CASE("an order's life comes as binary frames, in order, with cumulative quantities") {
    LocalExchange exchange;
    StreamClient stream(exchange.server().port(), "/stream");
    login(stream);
    const auto taken = post(exchange, market_order("buy", 3));
    const auto accepted = stream.read_json();
    CHECK(stream.last_was_binary());
    CHECK(accepted["stream"] == "trade_updates");
    CHECK(accepted["data"]["event"] == "new");
    CHECK(accepted["data"]["order"]["id"] == taken["id"]);
    CHECK(accepted["data"]["order"]["status"] == "new");
    CHECK_FALSE(accepted["data"].contains("qty"));
    const auto filled = stream.read_json()["data"];
    CHECK(filled["event"] == "fill");
    CHECK(filled["qty"] == "3");
    CHECK(filled["price"] == filled["order"]["filled_avg_price"]);
    CHECK(filled["position_qty"] == "3");
    CHECK(filled["order"]["status"] == "filled");
    CHECK(filled["order"]["filled_qty"] == "3");
    CHECK(filled["execution_id"] != accepted["data"]["execution_id"]);
    CHECK(filled["event_id"] > accepted["data"]["event_id"]);

    const auto resting = post(exchange, limit_order(exchange, 2));
    CHECK(stream.read_json()["data"]["event"] == "new");
    const auto path = "/v2/orders/" + resting["id"].get<std::string>();
    const auto next = exchange.request("PATCH", path, R"({"qty":4})").json();
    const auto replaced = stream.read_json()["data"];
    CHECK(replaced["event"] == "replaced");
    CHECK(replaced["order"]["id"] == resting["id"]);
    CHECK(replaced["order"]["replaced_by"] == next["id"]);
    const auto successor = stream.read_json()["data"];
    CHECK(successor["event"] == "new");
    CHECK(successor["order"]["replaces"] == resting["id"]);
    exchange.request("DELETE", "/v2/orders/" + next["id"].get<std::string>());
    CHECK(stream.read_json()["data"]["event"] == "canceled");
}

TEST_CASE("each account hears of its own orders alone; repeated listening delivers once") {
    LocalExchange exchange;
    StreamClient first(exchange.server().port(), "/stream");
    login(first);
    first.send(kListen);
    CHECK(first.read_json()["stream"] == "listening");
    StreamClient second(exchange.server().port(), "/stream");
    second.send(R"({"action":"auth","key":"KEY2","secret":"S"})");
    CHECK(second.read_json()["data"]["status"] == "authorized");
    second.send(kListen);
    CHECK(second.read_json()["stream"] == "listening");
    (void)post(exchange, limit_order(exchange, 1));
    const auto body = limit_order(exchange, 7).dump();
    CHECK(exchange
              .request_as({{"APCA-API-KEY-ID", "KEY2"}, {"APCA-API-SECRET-KEY", "S"}}, "POST",
                          "/v2/orders", body)
              .status == 200);
    CHECK(first.read_json()["data"]["order"]["qty"] == "1");
    CHECK(second.read_json()["data"]["order"]["qty"] == "7");
    first.send(R"({"action":"listen","data":{"streams":[]}})");
    CHECK(first.read_json()["data"]["streams"].empty());
}

TEST_CASE("wrong keys, listening first and nonsense end the stream after one answer") {
    LocalOptions options;
    options.host.credentials = {{"KEY1", "SECRET1"}};
    LocalExchange exchange(options);
    struct Row {
        std::string sends;
        std::string stream;
        std::string status;
    };
    const std::vector<Row> rows = {
        {R"({"action":"authenticate","data":{"key_id":"KEY1","secret_key":"no"}})", "authorization",
         "unauthorized"},
        {kListen, "authorization", "unauthorized"},
        {"{nonsense", "", ""},
        {R"({"action":"dance"})", "", ""},
    };
    for (const auto& row : rows) {
        StreamClient stream(exchange.server().port(), "/stream");
        stream.send(row.sends);
        const auto answer = stream.read_json();
        INFO(answer.dump());
        if (row.stream.empty()) {
            CHECK(answer["action"] == "error");
        } else {
            CHECK(answer["stream"] == row.stream);
            CHECK(answer["data"]["status"] == row.status);
        }
        CHECK_FALSE(stream.read().has_value());
    }
    CHECK(StreamClient(exchange.server().port(), "/nothing").status() == 404);
}

TEST_CASE("after a restart all is as it was: orders, groups, chains, cash, configuration") {
    LocalExchange exchange;
    (void)post(exchange, market_order("buy", 10));
    auto bracket = limit_order(exchange, 5);
    bracket["order_class"] = "bracket";
    const auto base = Price::of(bracket["limit_price"].get<std::string>());
    bracket["take_profit"] = {{"limit_price", (base + Price::whole(50)).to_string()}};
    bracket["stop_loss"] = {{"stop_price", (base - Price::whole(9)).to_string()}};
    const auto head = post(exchange, bracket);
    const auto resting = post(exchange, limit_order(exchange, 2));
    const auto path = "/v2/orders/" + resting["id"].get<std::string>();
    REQUIRE(exchange.request("PATCH", path, R"({"qty":4})").status == 200);
    REQUIRE(
        exchange.request("PATCH", "/v2/account/configurations", R"({"no_shorting":true})").status ==
        200);
    exchange.move(kMinute);
    const std::vector<std::string> reads = {"/v2/orders?status=all&nested=true", "/v2/positions",
                                            "/v2/account", "/v2/account/configurations",
                                            "/v2/clock"};
    std::vector<std::string> before;
    for (const auto& target : reads) before.push_back(exchange.get(target).body);
    exchange.restart();
    for (std::size_t i = 0; i < reads.size(); ++i) {
        INFO(reads[i]);
        CHECK(exchange.get(reads[i]).body == before[i]);
    }
    // The group still hangs together.
    CHECK(exchange.request("DELETE", "/v2/orders/" + head["id"].get<std::string>()).status == 204);
    CHECK(exchange.get("/v2/orders").json().size() == 1);
    const auto refused = exchange.request("POST", "/v2/orders",
                                          R"({"symbol":"MSFT","qty":1,"side":"sell",
                                              "type":"market","time_in_force":"day"})");
    CHECK(refused.status == 403);
    CHECK(refused.json()["message"] == "account is not allowed to short");
}

TEST_CASE("law: whatever is sent to the orders route, it answers in the broker's form") {
    LocalOptions options;
    options.server.limits.trading_requests_per_minute = 1'000'000;
    LocalExchange exchange(options);
    law("bodies of random words and values", [&] {
        const auto pick = [](const std::vector<std::string>& from) {
            return from[*rc::gen::inRange<std::size_t>(0, from.size())];
        };
        const std::vector<std::string> names = {
            "symbol",        "qty",         "notional",   "side",           "type",
            "time_in_force", "limit_price", "stop_price", "trail_price",    "trail_percent",
            "order_class",   "take_profit", "stop_loss",  "extended_hours", "client_order_id",
            "legs"};
        const std::vector<std::string> values = {"\"AAPL\"",
                                                 "\"BTC/USD\"",
                                                 "1",
                                                 "-1",
                                                 "1e400",
                                                 "1e-9",
                                                 "0.1",
                                                 "\"1e5\"",
                                                 "null",
                                                 "\"\"",
                                                 "\"buy\"",
                                                 "\"sell\"",
                                                 "\"market\"",
                                                 "\"limit\"",
                                                 "\"stop\"",
                                                 "\"day\"",
                                                 "\"gtc\"",
                                                 "\"ioc\"",
                                                 "\"oco\"",
                                                 "\"bracket\"",
                                                 "true",
                                                 "[]",
                                                 "{}",
                                                 "[[[[",
                                                 "{\"limit_price\":\"200\"}",
                                                 "{\"stop_price\":1}",
                                                 "\"\\ud800\"",
                                                 "99999999999999999999999999999999999999999999",
                                                 "\"\\u0000\"",
                                                 "tru",
                                                 "1.",
                                                 ".5",
                                                 "-"};
        std::string body = "{";
        const auto count = *rc::gen::inRange(0, 12);
        for (int i = 0; i < count; ++i) {
            body += (i == 0 ? "\"" : ",\"") + pick(names) + "\":" + pick(values);
        }
        body += "}";
        const auto answer = exchange.request("POST", "/v2/orders", body);
        RC_LOG() << body << " -> " << answer.status << ' ' << answer.body << '\n';
        RC_ASSERT(answer.status == 200 || answer.status == 400 || answer.status == 403 ||
                  answer.status == 422);
        RC_ASSERT(answer.json().is_object());
    });
}

}  // namespace tradewind::broker::test
