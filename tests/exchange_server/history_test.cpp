// Activities, portfolio history, watchlists, configuration.
#include "tests/catch.hpp"
#include "tests/exchange_server/api_client.hpp"

namespace tradewind::broker::test {
namespace {

void buy(LocalExchange& exchange, const std::string& symbol, const std::string& quantity) {
    const bool coin = symbol.find('/') != std::string::npos;
    const Json body{{"symbol", symbol},
                    {"side", "buy"},
                    {"qty", quantity},
                    {"type", "market"},
                    {"time_in_force", coin ? "gtc" : "day"}};
    REQUIRE(exchange.request("POST", "/v2/orders", body.dump()).status == 200);
}

}  // namespace

TEST_CASE("activities page by the id of the last item, newest first") {
    LocalExchange exchange;
    for (int i = 0; i < 5; ++i) {
        buy(exchange, "AAPL", std::to_string(i + 1));
        exchange.move(kMinute);
    }
    const auto first = exchange.get("/v2/account/activities/FILL?page_size=2").json();
    REQUIRE(first.size() == 2);
    CHECK(first[0]["qty"] == "5");
    CHECK(first[0]["type"] == "fill");
    CHECK(first[0]["cum_qty"] == "5");
    CHECK(first[0]["leaves_qty"] == "0");
    CHECK(first[0]["transaction_time"] == "2024-03-05T15:04:00Z");
    CHECK(first[0]["id"].get<std::string>().substr(0, 19) == "20240305100400000::");
    const auto last = first[1]["id"].get<std::string>();
    const auto second =
        exchange.get("/v2/account/activities?page_size=100&page_token=" + last).json();
    REQUIRE(second.size() == 3);
    CHECK(second[0]["qty"] == "3");
    CHECK(exchange.get("/v2/account/activities?direction=asc").json()[0]["qty"] == "1");
    CHECK(exchange.get("/v2/account/activities?date=2024-03-04").json().empty());
    CHECK(exchange.get("/v2/account/activities?after=2024-03-05T15:02:00Z").json().size() == 2);
    CHECK(exchange.get("/v2/account/activities?page_token=nothing").status == 422);
    CHECK(exchange.get("/v2/account/activities?page_size=101").status == 400);
}

TEST_CASE("a fee in coins is an activity of its own") {
    LocalExchange exchange;
    buy(exchange, "BTC/USD", "0.2");
    const auto fees = exchange.get("/v2/account/activities?activity_types=CFEE").json();
    REQUIRE(fees.size() == 1);
    CHECK(fees[0]["qty"] == "-0.0005");
    CHECK(fees[0]["net_amount"] == "0");
    CHECK(exchange.get("/v2/account/activities?category=trade_activity").json().size() == 1);
}

TEST_CASE("the portfolio's history ends at the account's equity and starts before the trades") {
    LocalExchange exchange;
    exchange.move(kMinute);
    buy(exchange, "AAPL", "100");
    exchange.move(30 * kMinute);
    const auto equity = std::stod(exchange.get("/v2/account").json()["equity"].get<std::string>());
    const auto history =
        exchange.get("/v2/account/portfolio/history?period=1D&timeframe=5Min").json();
    REQUIRE(history["timestamp"].size() == history["equity"].size());
    REQUIRE(history["timestamp"].size() == 7);
    CHECK(history["timestamp"][0] == 1709650800);
    CHECK(history["equity"].back().get<double>() == Approx(equity));
    CHECK(history["base_value"].get<double>() == 100'000);
    CHECK(history["profit_loss"].back().get<double>() == Approx(equity - 100'000));
    CHECK(history["timeframe"] == "5Min");
    CHECK(exchange.get("/v2/account/portfolio/history?timeframe=7Min").status == 422);
    CHECK(exchange.get("/v2/account/portfolio/history?period=1A&timeframe=1Min").status == 422);
}

TEST_CASE("watchlists are made, changed, found by name and removed; they survive a restart") {
    LocalExchange exchange;
    const auto made = exchange.request("POST", "/v2/watchlists",
                                       R"({"name":"mine","symbols":["AAPL","BTC/USD"]})");
    REQUIRE(made.status == 200);
    const auto list = made.json();
    REQUIRE(list["assets"].size() == 2);
    CHECK(list["assets"][1]["symbol"] == "BTC/USD");
    const auto twice = exchange.request("POST", "/v2/watchlists", R"({"name":"mine"})");
    CHECK(twice.status == 422);
    CHECK(twice.json()["code"] == 40010001);
    const auto path = "/v2/watchlists/" + list["id"].get<std::string>();
    CHECK(exchange.request("POST", path, R"({"symbol":"MSFT"})").json()["assets"].size() == 3);
    CHECK(exchange.request("DELETE", path + "/BTC/USD").json()["assets"].size() == 2);
    exchange.restart();
    CHECK_FALSE(exchange.get("/v2/watchlists").json()[0].contains("assets"));
    CHECK(exchange.get("/v2/watchlists:by_name?name=mine").json()["assets"].size() == 2);
    CHECK(exchange.request("PUT", path, R"({"name":"other","symbols":["MSFT"]})").json()["name"] ==
          "other");
    CHECK(exchange.request("DELETE", path).status == 204);
    CHECK(exchange.get(path).status == 404);
}

}  // namespace tradewind::broker::test
