// The server apart from trading: addresses, credentials, limits, unknown paths, clock, account.
#include "tests/catch.hpp"
#include "tests/exchange_server/api_client.hpp"

namespace tradewind::broker::test {

TEST_CASE("every answer names the request, the limits and the type") {
    LocalExchange exchange;
    const auto answer = exchange.get("/v2/clock");
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("content-type") == "application/json; charset=UTF-8");
    CHECK(answer.headers.at("x-clock-speed") == "0");
    CHECK(answer.headers.at("x-ratelimit-limit") == "200");
    CHECK(answer.headers.at("x-ratelimit-remaining") == "199");
    CHECK(answer.headers.at("x-request-id").size() == 32);
    CHECK(answer.headers.at("x-request-id") !=
          exchange.get("/v2/clock").headers.at("x-request-id"));
    const auto clock = answer.json();
    CHECK(clock["timestamp"] == "2024-03-05T10:00:00-05:00");
    CHECK(clock["is_open"] == true);
    CHECK(clock["next_open"] == "2024-03-06T09:30:00-05:00");
    CHECK(clock["next_close"] == "2024-03-05T16:00:00-05:00");
}

TEST_CASE("an account starts with its cash and four times the buying power") {
    LocalExchange exchange;
    const auto account = exchange.get("/v2/account").json();
    CHECK(account["cash"] == "100000");
    CHECK(account["equity"] == "100000");
    CHECK(account["buying_power"] == "400000");
    CHECK(account["regt_buying_power"] == "200000");
    CHECK(account["multiplier"] == "4");
    CHECK(account["status"] == "ACTIVE");
    CHECK(account["trading_blocked"] == false);
}

TEST_CASE("wrong keys, unknown paths and wrong methods are refused in the broker's form") {
    LocalOptions options;
    options.host.credentials = {{"KEY1", "SECRET1"}, {"KEY2", "SECRET2"}};
    LocalExchange exchange(options);
    const auto wrong = exchange.request_as(
        {{"APCA-API-KEY-ID", "KEY1"}, {"APCA-API-SECRET-KEY", "SECRET2"}}, "GET", "/v2/account");
    CHECK(wrong.status == 401);
    CHECK(wrong.json() == Json{{"message", "unauthorized."}});
    CHECK(exchange.request_as({}, "GET", "/v2/account").status == 401);
    const auto unknown = exchange.get("/v2/nothing");
    CHECK(unknown.status == 404);
    CHECK(unknown.json()["code"] == 40410000);
    CHECK(exchange.request("DELETE", "/v2/clock").status == 405);
    const auto basic =
        exchange.request_as({{"Authorization", "Basic S0VZMjpTRUNSRVQy"}}, "GET", "/v2/account");
    CHECK(basic.status == 200);
    CHECK(basic.json()["account_number"] != exchange.get("/v2/account").json()["account_number"]);
}

TEST_CASE("the 201st request of a minute is refused, of that account alone") {
    LocalOptions options;
    options.server.limits.trading_requests_per_minute = 5;
    LocalExchange exchange(options);
    for (int i = 0; i < 5; ++i) CHECK(exchange.get("/v2/clock").status == 200);
    const auto refused = exchange.get("/v2/clock");
    CHECK(refused.status == 429);
    CHECK(refused.headers.at("x-ratelimit-remaining") == "0");
    CHECK(refused.headers.count("retry-after") == 1);
    const auto other = exchange.request_as(
        {{"APCA-API-KEY-ID", "KEY2"}, {"APCA-API-SECRET-KEY", "S"}}, "GET", "/v2/clock");
    CHECK(other.status == 200);
}

TEST_CASE("the clock and the calendar of a market name its phases") {
    LocalExchange exchange;
    const auto both = exchange.get("/v3/clock").json()["clocks"];
    REQUIRE(both.size() == 2);
    CHECK(both[0]["market"]["mic"] == "XNYS");
    const auto phase = [&](const std::string& time) {
        const auto clock = exchange.get("/v3/clock?markets=NYSE&time=" + time).json()["clocks"][0];
        return clock["phase"].get<std::string>() + " until " +
               clock["phase_until"].get<std::string>();
    };
    CHECK(phase("2024-11-29T03:00:00-05:00") == "closed until 2024-11-29T04:00:00-05:00");
    CHECK(phase("2024-11-29T09:29:59-05:00") == "pre until 2024-11-29T09:30:00-05:00");
    CHECK(phase("2024-11-29T09:30:00-05:00") == "core until 2024-11-29T13:00:00-05:00");
    CHECK(phase("2024-11-29T13:00:00-05:00") == "post until 2024-11-29T17:00:00-05:00");
    CHECK(phase("2024-11-29T17:00:00-05:00") == "closed until 2024-12-02T04:00:00-05:00");
    CHECK(phase("2024-11-28T12:00:00-05:00") == "closed until 2024-11-29T04:00:00-05:00");
    const auto day = exchange.get("/v3/clock?markets=NASDAQ").json()["clocks"][0];
    CHECK(day["is_market_day"] == true);
    CHECK(day["next_market_open"] == "2024-03-06T09:30:00-05:00");
    CHECK(day["next_market_close"] == "2024-03-05T16:00:00-05:00");
    const auto days =
        exchange.get("/v3/calendar/XNAS?start=2024-11-27&end=2024-11-30&timezone=UTC").json();
    REQUIRE(days["calendar"].size() == 2);
    CHECK(days["calendar"][1]["core_end"] == "2024-11-29T18:00:00Z");
    CHECK(days["calendar"][1]["post_end"] == "2024-11-29T22:00:00Z");
    CHECK(exchange.get("/v3/calendar/LSE").status == 422);
    CHECK(exchange.get("/v3/clock?markets=NYSE,MOON").status == 422);
}

TEST_CASE("a body beyond the limit is refused before it is read") {
    LocalOptions options;
    options.server.limits.body_bytes = 1000;
    LocalExchange exchange(options);
    CHECK(exchange.request("POST", "/v2/orders", std::string(2000, 'x')).status == 413);
}

TEST_CASE("the calendar holds sessions only, half days included") {
    LocalExchange exchange;
    const auto days = exchange.get("/v2/calendar?start=2024-11-27&end=2024-11-30").json();
    REQUIRE(days.size() == 2);
    CHECK(days[0]["open"] == "09:30");
    CHECK(days[0]["session_close"] == "2000");
    CHECK(days[1]["date"] == "2024-11-29");
    CHECK(days[1]["close"] == "13:00");
    CHECK(days[1]["session_close"] == "1700");
    CHECK(days[1]["settlement_date"] == "2024-12-02");
}

}  // namespace tradewind::broker::test
