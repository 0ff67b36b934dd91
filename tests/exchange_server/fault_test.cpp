// Every fault of the script over real sockets, and the reading of the script.
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "broker/exchange/server/fault_script.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/exchange_server/faulty_exchange.hpp"
#include "tests/test_data.hpp"

namespace tradewind::broker::test {
TEST_CASE("faults before the request takes effect: status, 429, a page of HTML") {
    Faulty faulty(R"([{"fault":"status","method":"POST","path":"/v2/orders","status":503},
        {"fault":"status","method":"POST","path":"/v2/orders","status":429},
        {"fault":"html","method":"POST","path":"/v2/orders"}])");
    CHECK(faulty.post().status == 503);
    const auto storm = faulty.post();
    CHECK(storm.status == 429);
    CHECK(storm.headers.at("retry-after") == "1");
    const auto page = faulty.post();
    CHECK(page.status == 502);
    CHECK(page.headers.at("content-type") == "text/html");
    CHECK(faulty.orders() == 0);
    CHECK(faulty.post().status == 200);
    CHECK(faulty.orders() == 1);
}

TEST_CASE("faults after the request took effect: lost reply, reset within the body, bad body") {
    for (const auto* kind : {"lost_reply", "reset"}) {
        Faulty faulty(std::string(R"({"faults":[{"fault":")") + kind +
                      R"(","method":"POST","path":"/v2/orders"}]})");
        INFO(kind);
        CHECK(faulty.post().status == 0);
        CHECK(faulty.orders() == 1);
    }
    Faulty faulty(R"([{"fault":"bad_body","method":"POST","path":"/v2/orders"},
                      {"fault":"delay","method":"POST","path":"/v2/orders","delay_ms":50}])");
    CHECK(faulty.post().body == "{\"unexpected\":true}");
    CHECK(faulty.post().status == 200);
    CHECK(faulty.orders() == 2);
}

TEST_CASE("trade updates are repeated, swapped, withheld, mangled as the script says") {
    Faulty faulty(R"([{"fault":"duplicate_update","event":"fill"},
        {"fault":"reorder_update","event":"new","skip":1},
        {"fault":"withhold_update","event":"new","skip":1},
        {"fault":"null_update","event":"fill"},
        {"fault":"truncated_update","event":"new"},
        {"fault":"oversized_update","event":"fill","size":1000000}])");
    const auto connection = faulty.listening();
    auto& stream = *connection;
    const auto event = [&] { return stream.read_json()["data"]["event"]; };
    (void)faulty.post();
    // The counts of each fault are its own: the first `new` is whole only for those that skip it.
    const auto torn = stream.read();
    REQUIRE(torn.has_value());
    CHECK_FALSE(Json::accept(*torn));
    const auto once = stream.read_json();
    CHECK(once["data"]["event"] == "fill");
    CHECK(stream.read_json() == once);
    (void)faulty.post();  // `new` waits for `fill`, before which comes null
    CHECK(stream.read_json()["data"].is_null());
    CHECK(event() == "fill");
    CHECK(event() == "new");
    (void)faulty.post();  // `new` is withheld, `fill` is large
    const auto large = stream.read();
    REQUIRE(large.has_value());
    CHECK(large->size() > 1'000'000);
    CHECK(Json::parse(*large)["data"]["event"] == "fill");
}

TEST_CASE("a cancel is late and a fill is faster; the clock is wrong; the account is blocked") {
    Faulty faulty(R"([{"fault":"cancel_delay","delay_ms":300},
        {"fault":"account_blocked","account":"nobody"},
        {"fault":"clock_skew","offset_ms":7000}])");
    const auto connection = faulty.listening();
    auto& stream = *connection;
    CHECK(faulty.exchange->get("/v2/clock").json()["timestamp"] == "2024-03-05T10:00:07-05:00");
    auto body = Json::parse(kOrder);
    body["type"] = "limit";
    body["limit_price"] = "1.00";
    const auto placed = faulty.exchange->request("POST", "/v2/orders", body.dump()).json();
    CHECK(stream.read_json()["data"]["event"] == "new");
    const auto path = "/v2/orders/" + placed["id"].get<std::string>();
    CHECK(faulty.exchange->request("DELETE", path).status == 204);
    CHECK(faulty.exchange->get(path).json()["status"] == "new");
    CHECK(stream.read_json()["data"]["event"] == "canceled");
    CHECK(faulty.exchange->get("/v2/account").json()["account_blocked"] == false);
    Faulty blocked(R"([{"fault":"account_blocked"}])");
    CHECK(blocked.exchange->get("/v2/account").json()["account_blocked"] == true);
    CHECK(blocked.post().status == 403);
}

TEST_CASE("streams are refused, dropped, expired") {
    Faulty refused(R"([{"fault":"refuse_upgrade","path":"/stream","status":429}])");
    CHECK(StreamClient(refused.exchange->server().port(), "/stream").status() == 429);
    (void)refused.listening();
    for (const auto* kind : {"drop", "expire_session"}) {
        Faulty faulty("[]");
        const auto connection = faulty.listening();
        auto& stream = *connection;
        faulty.change(std::string(R"({"fault":")") + kind + R"(","path":"/stream"})");
        std::optional<std::string> message;
        while ((message = stream.read())) {
            CHECK(Json::parse(*message)["data"]["status"] == "unauthorized");
        }
        const auto second = faulty.listening();
        auto& again = *second;
        (void)faulty.post();
        CHECK(again.read_json()["data"]["event"] == "new");
    }
}

TEST_CASE("a silent stream says nothing and loses what happened meanwhile") {
    for (const auto* kind : {"silence", "freeze"}) {
        INFO(kind);
        Faulty faulty("[]");
        const auto connection = faulty.listening();
        auto& stream = *connection;
        faulty.change(std::string(R"({"fault":")") + kind + R"(","path":"/stream"})");
        CHECK(faulty.post().status == 200);
        faulty.change("");
        CHECK(faulty.exchange
                  ->request("POST", "/v2/orders",
                            R"({"symbol":"MSFT","side":"buy","qty":"1","type":"market",
                                "time_in_force":"day"})")
                  .status == 200);
        CHECK(stream.read_json()["data"]["order"]["symbol"] == "MSFT");
    }
}

TEST_CASE("requests are lost on their way, or taken and never answered") {
    Faulty faulty(R"([{"fault":"lost_request","method":"POST","path":"/v2/orders"},
        {"fault":"swallow","method":"POST","path":"/v2/orders"},
        {"fault":"hang","method":"POST","path":"/v2/orders"},
        {"fault":"truncated_body","method":"POST","path":"/v2/orders"},
        {"fault":"oversized_body","method":"POST","path":"/v2/orders","size":3000000}])");
    const auto lost = faulty.post();
    CHECK((lost.status == 0 && !lost.timed_out));
    faulty.exchange->patience = std::chrono::milliseconds(300);
    CHECK(faulty.post().timed_out);  // never taken
    CHECK(faulty.post().timed_out);  // taken
    faulty.exchange->patience = std::chrono::seconds(10);
    CHECK(faulty.orders() == 1);
    const auto torn = faulty.post();
    CHECK(torn.status == 200);
    CHECK_FALSE(Json::accept(torn.body));
    const auto large = faulty.post();
    CHECK(large.body.size() > 3'000'000);
    CHECK(large.json()["symbol"] == "AAPL");
}

TEST_CASE("a half-open connection is accepted and never read or answered") {
    Faulty faulty(R"([{"fault":"half_open","count":2}])");
    faulty.exchange->patience = std::chrono::milliseconds(200);
    CHECK(faulty.exchange->get("/v2/clock").timed_out);
    CHECK(faulty.exchange->get("/v2/clock").timed_out);
    faulty.exchange->patience = std::chrono::seconds(10);
    CHECK(faulty.exchange->get("/v2/clock").status == 200);
    // An upgrade that is never answered.
    Faulty streams(R"([{"fault":"refuse_upgrade","path":"/v2/iex","status":503},
                       {"fault":"lost_request","path":"/stream"}])");
    CHECK(StreamClient(streams.exchange->server().port(), "/v2/iex").status() == 503);
    CHECK(StreamClient(streams.exchange->server().port(), "/stream").status() != 101);
    CHECK(StreamClient(streams.exchange->server().port(), "/stream").status() == 101);
}

TEST_CASE("a storm of 429 says when it ends, and a clock that is wrong is so in every header") {
    Faulty faulty(R"([{"fault":"status","status":429,"path":"/v2/account","count":3,
                       "retry_after_s":7},
                      {"fault":"clock_skew","offset_ms":3600000}])");
    for (int i = 0; i < 3; ++i) {
        const auto refused = faulty.exchange->get("/v2/account");
        CHECK(refused.status == 429);
        CHECK(refused.headers.at("retry-after") == "7");
        CHECK(refused.headers.at("x-ratelimit-remaining") == "0");
    }
    const auto answer = faulty.exchange->get("/v2/account");
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("date") == "Tue, 05 Mar 2024 16:00:00 GMT");
    faulty.write("[]");
    while (faulty.exchange->get("/v2/account").headers.at("date") !=
           "Tue, 05 Mar 2024 15:00:00 GMT") {
    }
}

TEST_CASE("the exchange tells how often each fault hit something") {
    Faulty faulty(R"([{"fault":"status","method":"POST","path":"/v2/orders","skip":1,"count":2},
        {"fault":"withhold_update","event":"fill","count":0},
        {"fault":"drop","path":"/v2/iex"},
        {"fault":"cancel_delay","delay_ms":1},
        {"fault":"account_blocked","account":"nobody"},
        {"fault":"clock_skew","offset_ms":7000}])");
    // Where the fault's kind is expected, in the script's order.
    const auto hits = [&](std::size_t index, const char* kind) {
        const auto fault = faulty.exchange->get("/faults").json().at("faults").at(index);
        CHECK(fault.at("fault") == kind);
        return fault.at("hits").get<int>();
    };
    CHECK(faulty.exchange->get("/faults").json()["faults"].size() == 6);
    CHECK(hits(0, "status") == 0);
    CHECK(faulty.post().status == 200);
    CHECK(hits(0, "status") == 0);  // it was skipped
    for (const unsigned status : {503, 503, 200}) CHECK(faulty.post().status == status);
    CHECK(hits(0, "status") == 2);
    CHECK(hits(1, "withhold_update") == 2);
    CHECK(hits(2, "drop") == 0);
    CHECK(hits(3, "cancel_delay") == 0);
    CHECK(hits(4, "account_blocked") == 0);
    CHECK(hits(5, "clock_skew") > 0);
    auto body = Json::parse(kOrder);
    body["type"] = "limit";
    body["limit_price"] = "1.00";
    const auto placed = faulty.exchange->request("POST", "/v2/orders", body.dump()).json();
    const auto path = "/v2/orders/" + placed["id"].get<std::string>();
    CHECK(faulty.exchange->request("DELETE", path).status == 204);
    CHECK(hits(3, "cancel_delay") == 1);
    // Counted anew with each script; requests for the counts are no matter of the script.
    faulty.write(R"([{"fault":"status","count":0}])");
    while (faulty.exchange->get("/faults").json()["faults"].size() != 1) {
    }
    CHECK(hits(0, "status") == 0);
    CHECK(faulty.exchange->get("/v2/clock").status == 503);
    CHECK(hits(0, "status") == 1);
    // Not without keys, and not at an exchange without a script.
    CHECK(faulty.exchange->request_as({}, "GET", "/faults").status == 401);
    CHECK(LocalExchange().get("/faults").status == 404);
}

TEST_CASE("a bad change keeps the old script and says why") {
    Faulty faulty(R"([{"fault":"account_blocked"}])");
    faulty.write(R"([{"fault":"acount_blocked"}])");
    while (faulty.said().empty()) {
    }
    CHECK(faulty.said().find("fault 1") != std::string::npos);
    CHECK(faulty.said().find("the nearest known is account_blocked") != std::string::npos);
    CHECK(faulty.post().status == 403);
    faulty.write("[]");
    while (faulty.post().status != 200) {
    }
}

TEST_CASE("a bad script names its place and the nearest word") {
    const auto why = [](const std::string& text) {
        try {
            (void)FaultScript::parse(text, "f.json");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::usage);
            return std::string(error.what());
        }
        return std::string();
    };
    const auto says = [&](const std::string& text, const std::string& part) {
        INFO(text);
        CHECK(why(text).find(part) != std::string::npos);
    };
    CHECK(why("[]").empty());
    says("{", "f.json");
    says(R"({"fautls":[]})", "the nearest known is faults");
    says(R"([{"fault":"magic"}])", "f.json, fault 1");
    says(R"([{"fault":"drop"},{"fault":"withold_update"}])", "f.json, fault 2");
    says(R"([{"fault":"withold_update"}])", "the nearest known is withhold_update");
    says(R"([{"fault":"drop"},{"fault":"drop","cuont":1}])", "unknown member cuont of drop");
    says(R"([{"fault":"drop","cuont":1}])", "the nearest known is count");
    says(R"([{"fault":"silence","count":1}])", "unknown member count of silence");
    says(R"([{"fault":"half_open","path":"/v2"}])", "unknown member path of half_open");
    says(R"([{"fault":"status","status":99}])", "no status");
    says(R"([{"fault":"status","status":"500"}])", "status is no whole number");
    says(R"([{"fault":"status","path":7}])", "path is no text");
    says(R"([{"fault":"drop","count":-1}])", "count is negative");
    says(R"([{"fault":"partial_fill","fraction":1}])", "fraction is not between 0 and 1");
    says(R"([{"method":"GET"}])", "it names no fault");
    says("[7]", "it is no object");
    says(std::string(100'000, '['), "nested too deeply");
}

TEST_CASE("the documents describe every fault and every member of the script") {
    std::ifstream in(std::filesystem::path(tradewind::test::test_data("..")) / "docs" /
                     "alpaca.md");
    const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    REQUIRE(page.size() > 1000);
    std::set<std::string> words;
    for (const auto& kind : fault_kinds()) {
        words.emplace(kind.name);
        std::istringstream members{std::string(kind.members)};
        for (std::string member; members >> member;) words.insert(member);
    }
    for (const auto& word : words) {
        INFO(word);
        CHECK(page.find('`' + word + '`') != std::string::npos);
    }
}

}  // namespace tradewind::broker::test
