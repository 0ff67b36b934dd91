#include <nlohmann/json.hpp>

#include "actors/status/request_router.hpp"
#include "actors/status/status_json.hpp"
#include "tests/catch.hpp"
#include "tests/status/sample_view.hpp"

using namespace tradewind;
using namespace tradewind::status;

namespace {

Request get(const std::string& target) {
    Request request;
    request.method = "GET";
    request.target = target;
    request.host = "127.0.0.1:8700";
    return request;
}

Request post(const std::string& target, const std::string& body = {}) {
    auto request = get(target);
    request.method = "POST";
    request.body = body;
    request.authorization = "Bearer secret";
    return request;
}

Outcome routed(const Request& request, const StatusView& view = test::sample_view()) {
    const Metrics metrics;
    return route(request, view, metrics, "secret");
}

unsigned status_of(const Request& request, const StatusView& view = test::sample_view()) {
    const auto outcome = routed(request, view);
    const auto* answer = std::get_if<Answer>(&outcome);
    return answer ? answer->status : 0;
}

nlohmann::json json_of(const std::string& target) {
    const auto outcome = routed(get(target));
    const auto& answer = std::get<Answer>(outcome);
    REQUIRE(answer.status == 200);
    return nlohmann::json::parse(answer.body);
}

}  // namespace

TEST_CASE("the lists carry the columns of the run folder") {
    const auto order = json_of("/api/orders").at(0);
    CHECK(order.at("order_id") == "portfolio.AAPL.2026-03-31.open");
    CHECK(order.at("time") == "2026-03-31T13:31:00Z");
    CHECK(order.at("side") == "buy");
    CHECK(order.at("type") == "limit");
    CHECK(order.at("time_in_force") == "day");
    CHECK(order.at("quantity") == "40");
    CHECK(order.at("limit_price") == "210.15");
    CHECK(order.at("stop_price").is_null());
    CHECK(order.at("status") == "partially_filled");
    CHECK(order.at("filled_quantity") == "15");
    CHECK(order.at("average_fill_price") == "210.12");
    CHECK(order.at("closed_time").is_null());
    CHECK(order.size() == 15);

    const auto fill = json_of("/api/fills").at(0);
    CHECK(fill.at("execution_id") == "x-1");
    CHECK(fill.at("fee") == "0.31518");
    CHECK(fill.at("position") == "15");
    CHECK(fill.at("cash") == "96847.88");

    const auto positions = json_of("/api/positions");
    CHECK(positions.size() == 3);
    CHECK(positions.at(2).at("quantity") == "-8");
    CHECK(positions.at(2).at("market_value").is_null());

    const auto decision = json_of("/api/decisions").at(1);
    CHECK(decision.at("outcome") == "refused");
    CHECK(decision.at("reason") == "only 61 of 100 bars");
    CHECK(decision.at("price").is_null());

    const auto forecast = json_of("/api/forecasts/AAPL").at(0);
    CHECK(forecast.at("series") == "close");
    CHECK(forecast.at("q50") == 0.0);
    CHECK(forecast.at("q90").get<double>() > forecast.at("q10").get<double>());

    const auto bar = json_of("/api/bars/BTC%2FUSD").at(0);
    CHECK(bar.at("time") == "2026-03-31T13:30:00Z");
    CHECK(bar.at("open") == "92000");
    CHECK(bar.at("volume") == 1000);
}

TEST_CASE("limit gives the newest rows, oldest first") {
    const auto bars = json_of("/api/bars/AAPL?limit=2");
    REQUIRE(bars.size() == 2);
    CHECK(bars.at(0).at("time") == "2026-03-31T15:28:00Z");
    CHECK(bars.at(1).at("time") == "2026-03-31T15:29:00Z");
    CHECK(json_of("/api/bars/AAPL?limit=0").empty());
    CHECK(json_of("/api/orders?x=1&limit=1").size() == 1);
    CHECK(status_of(get("/api/orders?limit=")) == 400);
    CHECK(status_of(get("/api/orders?limit=-1")) == 400);
    CHECK(status_of(get("/api/orders?limit=99999999999999999999")) == 400);
}

TEST_CASE("the state object is the contract's") {
    const auto json = json_of("/api/status");
    CHECK(json.at("mode") == "paper");
    CHECK(json.at("broker") == "embedded");
    CHECK(json.at("state") == "ready");
    CHECK(json.at("reasons").is_array());
    CHECK(json.at("cash") == "61402.5");
    CHECK(json.at("equity") == "101234.56");
    CHECK(json.at("exchange_time") == "2026-03-31T15:30:00Z");
    CHECK(json.at("streams") == nlohmann::json{{"data", "up"}, {"trading", "up"}});
}

TEST_CASE("readiness needs a reconciliation and both streams, also while halted") {
    auto view = test::sample_view();
    CHECK(status_of(get("/readyz"), view) == 200);
    view.state = TradingState::halted;
    view.reasons = {"kill switch"};
    CHECK(status_of(get("/readyz"), view) == 200);
    view.data_stream = StreamState::connecting;
    CHECK(status_of(get("/readyz"), view) == 503);
    view.data_stream = StreamState::up;
    view.trading_stream = StreamState::down;
    CHECK(status_of(get("/readyz"), view) == 503);
    view.trading_stream = StreamState::up;
    view.reconciled = false;
    const auto outcome = routed(get("/readyz"), view);
    const auto body = nlohmann::json::parse(std::get<Answer>(outcome).body);
    CHECK(body.at("ready") == false);
    CHECK(body.at("reasons").at(0) == "not reconciled with the broker");
    CHECK(status_of(get("/readyz"), StatusView{}) == 503);
}

TEST_CASE("paths, methods, hosts and tokens are told apart") {
    CHECK(status_of(get("/nothing")) == 404);
    CHECK(status_of(get("/api/bars/NONE")) == 404);
    CHECK(status_of(get("/api/bars/")) == 404);
    CHECK(status_of(get("/api/forecasts/BTCUSD")) == 200);  // known, no forecast yet
    CHECK(status_of(get("/api/forecasts/NONE")) == 404);
    CHECK(status_of(get("/api/kill")) == 405);
    CHECK(status_of(post("/api/status")) == 405);
    CHECK(status_of(get("/%zz")) == 400);
    CHECK(status_of(get("/%0d%0a")) == 400);
    CHECK(status_of(get("api/status")) == 400);
    CHECK(status_of(get("http://127.0.0.1:8700/api/status")) == 200);

    auto request = get("/api/status");
    request.host = "evil.example:8700";
    CHECK(status_of(request) == 403);
    request.host.reset();
    CHECK(status_of(request) == 400);
    request.http_1_0 = true;
    CHECK(status_of(request) == 200);

    auto command = post("/api/kill");
    command.origin = "http://evil.example";
    CHECK(status_of(command) == 403);
    command.origin = "null";
    CHECK(status_of(command) == 403);
    command.origin = "http://127.0.0.1:8700";
    CHECK(status_of(command) == 0);  // a command

    for (const char* const wrong :
         {"", "Bearer", "Bearer ", "Bearer wrong", "Bearer secretx", "Basic secret", "secret"}) {
        command.authorization = wrong;
        CHECK(status_of(command) == 401);
    }
    command.authorization.reset();
    CHECK(status_of(command) == 401);
    command.authorization = "bearer  secret";
    CHECK(status_of(command) == 0);
}

TEST_CASE("safe hosts are addresses and localhost") {
    for (const char* const good : {"127.0.0.1", "127.0.0.1:8700", "localhost", "LOCALHOST:1",
                                   "[::1]", "[::1]:8700", "192.168.1.7:80"}) {
        INFO(good);
        CHECK(safe_host(good));
    }
    for (const char* const bad : {"", "evil.example", "localhost.evil.example:8700", "127.0.0.1.x",
                                  "[::1", "[::1]evil", ":8700"}) {
        INFO(bad);
        CHECK_FALSE(safe_host(bad));
    }
}

TEST_CASE("command bodies are strict") {
    const auto kill = routed(post("/api/kill", R"({"flatten": true, "reason": "drill"})"));
    REQUIRE(std::holds_alternative<Command>(kill));
    CHECK(std::get<Command>(kill).kind == Command::Kind::kill);
    CHECK(std::get<Command>(kill).flatten);
    CHECK(std::get<Command>(kill).reason == "drill");
    const auto resume = routed(post("/api/resume", " \n"));
    CHECK(std::get<Command>(resume).kind == Command::Kind::resume);
    CHECK(std::get<Command>(routed(post("/api/stop"))).kind == Command::Kind::stop);

    for (const char* const bad :
         {"{", "[]", "1", R"({"flatten": "yes"})", R"({"reason": 1})", R"({"other": true})"}) {
        INFO(bad);
        CHECK(status_of(post("/api/kill", bad)) == 400);
    }
    CHECK(status_of(post("/api/resume", R"({"flatten": true})")) == 400);
    CHECK(status_of(post("/api/kill", R"({"reason": ")" + std::string(1001, 'x') + "\"}")) == 400);
}

TEST_CASE("bytes that are no text still make an answer") {
    auto view = test::sample_view();
    view.reasons = {std::string("\xff\xfe broken")};
    CHECK(status_of(get("/api/status"), view) == 200);
}

TEST_CASE("metrics are those of the registry and those of the view") {
    Metrics metrics;
    metrics.counter("tradewind_orders_sent_total", "Orders sent", {{"side", "buy"}}).add(3);
    metrics.counter("tradewind_orders_sent_total", "Orders sent", {{"side", "buy"}}).add();
    metrics.gauge("tradewind_queue_depth", "Queued").set(7);
    metrics.histogram("tradewind_step_seconds", "Step time", {0.1, 1}).observe(0.5);
    auto view = test::sample_view();
    view.refused_exits = 3;
    const auto text = metrics.text(view);
    for (const char* const line :
         {"tradewind_orders_sent_total{side=\"buy\"} 4", "tradewind_queue_depth 7",
          "tradewind_step_seconds_bucket{le=\"1\"} 1", "tradewind_ready 1",
          "tradewind_state{state=\"ready\"} 1", "tradewind_state{state=\"halted\"} 0",
          "tradewind_cash_dollars 61402.5", "tradewind_position_quantity{symbol=\"TSLA\"} -8",
          "tradewind_orders{status=\"refused\"} 1", "tradewind_fills 1",
          "tradewind_refused_orders{role=\"exit\"} 3"}) {
        INFO(line << "\n" << text);
        CHECK(text.find(line) != std::string::npos);
    }
    CHECK_THROWS_AS(metrics.counter("no spaces", ""), std::invalid_argument);
    CHECK_THROWS_AS(metrics.gauge("tradewind_orders_sent_total", ""), std::invalid_argument);
}

TEST_CASE("an event names the lists that changed") {
    const auto before = test::sample_view();
    auto now = before;
    now.cash = Money::whole(1);
    auto json = nlohmann::json::parse(event_json(&before, now));
    CHECK(json.at("changed").empty());
    CHECK(json.at("status").at("cash") == "1");
    now.fills = rows<FillRow>({});
    json = nlohmann::json::parse(event_json(&before, now));
    CHECK(json.at("changed") == nlohmann::json{"fills"});
    CHECK(nlohmann::json::parse(event_json(nullptr, now)).at("changed").size() == 7);
}
