// Every fault of the script over real sockets, and the reading of the script.
#include <fstream>

#include "broker/exchange/server/fault_script.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/exchange_server/api_client.hpp"

namespace tradewind::broker::test {
namespace {

const char* const kOrder =
    R"({"symbol":"AAPL","side":"buy","qty":"1","type":"market","time_in_force":"day"})";

// An exchange with that script.
struct Faulty {
    explicit Faulty(const std::string& script) {
        std::filesystem::create_directories(folder.path());
        std::ofstream(file()) << script;
        LocalOptions options;
        options.server.faults_file = file().string();
        options.server.limits.trading_requests_per_minute = 1'000'000;
        exchange = std::make_unique<LocalExchange>(options);
    }
    Folder folder;
    std::unique_ptr<LocalExchange> exchange;

    [[nodiscard]] std::filesystem::path file() const { return folder.path() / "faults.json"; }
    // Changes the script and waits until the exchange goes by it: its clock is wrong then.
    void change(const std::string& faults) {
        const auto offset = std::to_string(++changes);
        const auto written = file().string() + ".new";
        std::ofstream(written) << R"([{"fault":"clock_skew","offset_ms":)" << offset << "000}"
                               << (faults.empty() ? "" : ",") << faults << "]";
        std::filesystem::rename(written, file());
        const auto wanted = "2024-03-05T10:00:0" + offset + "-05:00";
        while (exchange->get("/v2/clock").json()["timestamp"] != wanted) {
        }
    }
    int changes = 0;

    std::unique_ptr<StreamClient> listening() {
        auto client = std::make_unique<StreamClient>(exchange->server().port(), "/stream");
        auto& stream = *client;
        stream.send(R"({"action":"auth","key":"KEY1","secret":"SECRET1"})");
        CHECK(stream.read_json()["data"]["status"] == "authorized");
        stream.send(R"({"action":"listen","data":{"streams":["trade_updates"]}})");
        CHECK(stream.read_json()["stream"] == "listening");
        return client;
    }
    Answer post() { return exchange->request("POST", "/v2/orders", kOrder); }
    std::size_t orders() { return exchange->get("/v2/orders?status=all").json().size(); }
};

}  // namespace

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

TEST_CASE("a bad script names its place") {
    const auto why = [](const std::string& text) {
        try {
            (void)FaultScript::parse(text, "f.json");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::usage);
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(why("[]").empty());
    CHECK(why("{").find("f.json") != std::string::npos);
    CHECK(why(R"([{"fault":"magic"}])").find("f.json, fault 1") != std::string::npos);
    CHECK(why(R"([{"fault":"drop"},{"fault":"drop","cuont":1}])").find("unknown member cuont") !=
          std::string::npos);
    CHECK(why(R"([{"fault":"status","status":99}])").find("no status") != std::string::npos);
}

}  // namespace tradewind::broker::test
