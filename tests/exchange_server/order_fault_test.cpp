// What the script makes of orders: held, filled in part, rejected or canceled by the exchange,
// filled while they are canceled, and told again; over real sockets, and across a kill of the
// exchange.
#include "tests/exchange_server/faulty_exchange.hpp"

namespace tradewind::broker::test {
namespace {

Json order_of(Faulty& faulty, const Json& placed) {
    return faulty.exchange->get("/v2/orders/" + placed["id"].get<std::string>()).json();
}

std::string event_of(StreamClient& stream) {
    return stream.read_json()["data"]["event"].get<std::string>();
}

}  // namespace

TEST_CASE("an order is rejected after it was accepted") {
    for (const auto* delay : {"0", "1500"}) {
        Faulty faulty(std::string(R"([{"fault":"reject_after_accept","delay_ms":)") + delay + "}]");
        const auto stream = faulty.listening();
        const auto placed = faulty.post().json();
        CHECK(placed["status"] == "pending_new");
        CHECK(event_of(*stream) == "new");
        if (std::string_view(delay) != "0") {
            CHECK(order_of(faulty, placed)["status"] == "new");
            faulty.exchange->move(2 * kSecond);
        }
        CHECK(event_of(*stream) == "rejected");
        CHECK(order_of(faulty, placed)["status"] == "rejected");
        CHECK(order_of(faulty, placed)["failed_at"].is_string());
        CHECK(faulty.exchange->get("/v2/positions").json().empty());
        CHECK(faulty.post().status == 200);  // once
        CHECK(event_of(*stream) == "new");
        CHECK(event_of(*stream) == "fill");
    }
}

TEST_CASE("an order is filled in part, then canceled by the exchange") {
    Faulty faulty(R"([{"fault":"partial_then_cancel","fraction":0.25,"symbol":"AAPL"}])");
    const auto stream = faulty.listening();
    auto body = Json::parse(kOrder);
    body["symbol"] = "MSFT";
    (void)faulty.exchange->request("POST", "/v2/orders", body.dump());
    CHECK(event_of(*stream) == "new");
    CHECK(event_of(*stream) == "fill");  // another symbol
    body["symbol"] = "AAPL";
    body["qty"] = "8";
    const auto placed = faulty.exchange->request("POST", "/v2/orders", body.dump()).json();
    CHECK(event_of(*stream) == "new");
    CHECK(stream->read_json()["data"]["qty"] == "2");
    faulty.exchange->move(kSecond);
    const auto last = stream->read_json()["data"];
    CHECK(last["event"] == "canceled");
    CHECK(last["order"]["filled_qty"] == "2");
    CHECK(faulty.exchange->get("/v2/positions/AAPL").json()["qty"] == "2");
}

TEST_CASE("orders are held and half filled for a while, also across a kill of the exchange") {
    Faulty faulty(R"([{"fault":"hold_order","delay_ms":5000},
                      {"fault":"partial_fill","fraction":0.5,"delay_ms":5000}])");
    auto body = Json::parse(kOrder);
    body["qty"] = "4";
    const auto held = faulty.exchange->request("POST", "/v2/orders", body.dump()).json();
    const auto part = faulty.exchange->request("POST", "/v2/orders", body.dump()).json();
    faulty.exchange->move(3 * kSecond);
    for (int round = 0; round < 2; ++round) {
        CHECK(order_of(faulty, held)["status"] == "new");
        CHECK(order_of(faulty, part)["status"] == "partially_filled");
        CHECK(order_of(faulty, part)["filled_qty"] == "2");
        faulty.exchange->restart();
    }
    faulty.exchange->move(3 * kSecond);
    CHECK(order_of(faulty, held)["status"] == "filled");
    CHECK(order_of(faulty, part)["status"] == "filled");
    CHECK(faulty.exchange->get("/v2/positions/AAPL").json()["qty"] == "8");
}

TEST_CASE("a cancel that was taken happens after a kill of the exchange as well") {
    // In the hour that it is to wait no test waits: what was in store is seen to be kept.
    const auto* delay = GENERATE("200", "3600000");
    Faulty faulty(std::string(R"([{"fault":"hold_order","delay_ms":86400000},
        {"fault":"cancel_delay","delay_ms":)") +
                  delay + "}]");
    const auto held = faulty.post().json();
    const auto path = "/v2/orders/" + held["id"].get<std::string>();
    CHECK(faulty.exchange->request("DELETE", path).status == 204);
    CHECK(order_of(faulty, held)["status"] == "new");
    faulty.exchange->restart();
    if (std::string_view(delay) == "200") {
        const auto stream = faulty.listening();
        while (order_of(faulty, held)["status"] == "new") {
        }
    } else {
        CHECK(order_of(faulty, held)["status"] == "new");
        faulty.exchange->move(2 * kHour);
        faulty.exchange->restart();
        while (order_of(faulty, held)["status"] == "new") {
        }
    }
    CHECK(order_of(faulty, held)["status"] == "canceled");
    faulty.exchange->restart();
    CHECK(order_of(faulty, held)["status"] == "canceled");
}

TEST_CASE("a fill is faster than the cancel that was sent") {
    for (const auto* status : {R"(,"status":204)", ""}) {
        Faulty faulty(std::string(R"([{"fault":"fill_on_cancel")") + status + "}]");
        const auto stream = faulty.listening();
        auto body = Json::parse(kOrder);
        body["type"] = "limit";
        body["limit_price"] = "1.00";
        const auto placed = faulty.exchange->request("POST", "/v2/orders", body.dump()).json();
        CHECK(event_of(*stream) == "new");
        const auto answer =
            faulty.exchange->request("DELETE", "/v2/orders/" + placed["id"].get<std::string>());
        CHECK(answer.status == (*status == '\0' ? 422 : 204));
        if (answer.status == 422) {
            CHECK(answer.json()["message"] == "order is already in \"filled\" state");
        }
        const auto fill = stream->read_json()["data"];
        CHECK(fill["event"] == "fill");
        CHECK(fill["price"] == "1");
        const auto before = faulty.exchange->get("/v2/account").json();
        faulty.exchange->restart();
        CHECK(order_of(faulty, placed)["status"] == "filled");
        CHECK(faulty.exchange->get("/v2/account").json()["cash"] == before["cash"]);
    }
}

TEST_CASE("what an order has told is told again after its first fill") {
    Faulty faulty(R"([{"fault":"partial_fill","delay_ms":1000},
                      {"fault":"replay_updates","event":"partial_fill","repeat":2}])");
    const auto stream = faulty.listening();
    auto body = Json::parse(kOrder);
    body["qty"] = "2";
    (void)faulty.exchange->request("POST", "/v2/orders", body.dump());
    const auto first = stream->read_json();
    const auto fill = stream->read_json();
    CHECK(first["data"]["event"] == "new");
    CHECK(fill["data"]["event"] == "partial_fill");
    for (int i = 0; i < 2; ++i) {
        CHECK(stream->read_json() == first);
        CHECK(stream->read_json() == fill);
    }
    faulty.exchange->move(2 * kSecond);
    CHECK(event_of(*stream) == "fill");
}

}  // namespace tradewind::broker::test
