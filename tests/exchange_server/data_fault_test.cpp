// The script reaches market data too: its REST answers, and the frames and sessions of its streams.
#include "tests/exchange_server/faulty_exchange.hpp"

namespace tradewind::broker::test {
namespace {

const char* const kBars = "/v2/stocks/bars?symbols=AAPL&timeframe=1Day&limit=5&start=2024-01-02";

// Authenticated and subscribed to quotes and bars of AAPL.
std::unique_ptr<StreamClient> subscribed(Faulty& faulty) {
    auto client = std::make_unique<StreamClient>(faulty.exchange->server().port(), "/v2/iex");
    CHECK(client->read_json()[0]["msg"] == "connected");
    client->send(R"({"action":"auth","key":"KEY1","secret":"SECRET1"})");
    CHECK(client->read_json()[0]["msg"] == "authenticated");
    client->send(
        R"({"action":"subscribe","bars":["AAPL"],"updatedBars":["AAPL"],"statuses":["AAPL"]})");
    CHECK(client->read_json()[0]["T"] == "subscription");
    return client;
}

std::string next_minute(StreamClient& stream) {
    return stream.read_json()[0]["t"].get<std::string>();
}

}  // namespace

TEST_CASE("answers of market data fail as those of trading do") {
    Faulty faulty(R"([{"fault":"status","path":"/v2/stocks","status":429,"retry_after_s":2},
        {"fault":"html","path":"/v2/stocks"}, {"fault":"lost_reply","path":"/v2/stocks"},
        {"fault":"reset","path":"/v2/stocks"}, {"fault":"truncated_body","path":"/v2/stocks"},
        {"fault":"lost_request","path":"/v1beta3"}])");
    const auto get = [&] { return faulty.exchange->get(kBars); };
    CHECK(get().headers.at("retry-after") == "2");
    CHECK(get().headers.at("content-type") == "text/html");
    CHECK(get().status == 0);
    CHECK(get().status == 0);
    CHECK_FALSE(Json::accept(get().body));
    CHECK(get().json()["bars"]["AAPL"].size() == 5);
    const auto* coins = "/v1beta3/crypto/us/latest/quotes?symbols=BTC/USD";
    CHECK(faulty.exchange->get(coins).status == 0);
    CHECK(faulty.exchange->get(coins).json()["quotes"].contains("BTC/USD"));
}

// Each fault hits the first frame that no fault before it has hit.
TEST_CASE("frames of a data stream are repeated, withheld, swapped, mangled") {
    Faulty faulty("[]");
    const auto stream = subscribed(faulty);
    faulty.change(R"({"fault":"duplicate_frame","path":"/v2/iex"},
        {"fault":"withhold_frame","path":"/v2/iex"},
        {"fault":"truncated_frame","path":"/v2/iex"},
        {"fault":"bad_frame","path":"/v2/iex","body":"<html>"},
        {"fault":"oversized_frame","path":"/v2/iex","size":2000000},
        {"fault":"reorder_frame","path":"/v2/iex"},
        {"fault":"delay_frame","path":"/v2/iex","delay_ms":10})");
    const auto minute = [&] { faulty.exchange->move(kMinute); };
    minute();
    const auto first = stream->read_json();
    CHECK(first[0]["t"] == "2024-03-05T15:00:00Z");
    CHECK(stream->read_json() == first);
    minute();  // withheld
    minute();
    CHECK_FALSE(Json::accept(*stream->read()));
    minute();
    CHECK(*stream->read() == "<html>");
    minute();
    const auto large = *stream->read();
    CHECK(large.size() > 2'000'000);
    CHECK(Json::parse(large)[0]["t"] == "2024-03-05T15:04:00Z");
    minute();
    minute();
    // The sixth waited for the seventh, which came late; the eighth let it go.
    CHECK(next_minute(*stream) == "2024-03-05T15:06:00Z");
    minute();
    CHECK(next_minute(*stream) == "2024-03-05T15:07:00Z");
    CHECK(next_minute(*stream) == "2024-03-05T15:05:00Z");
}

TEST_CASE("a data stream is refused, silent, expired after a time") {
    Faulty refused(R"([{"fault":"refuse_upgrade","path":"/v2/iex","status":429}])");
    CHECK(StreamClient(refused.exchange->server().port(), "/v2/iex").status() == 429);
    Faulty faulty(R"([{"fault":"silence","path":"/v2/iex","until_ms":1}])");
    const auto stream = subscribed(faulty);
    faulty.change(R"({"fault":"silence","path":"/v2/iex"})");
    faulty.exchange->move(kMinute);
    faulty.change("");
    faulty.exchange->move(kMinute);
    CHECK(next_minute(*stream) == "2024-03-05T15:01:00Z");
    faulty.write(R"([{"fault":"expire_session","path":"/v2/iex","delay_ms":100}])");
    const auto said = stream->read_json();
    CHECK(said[0]["T"] == "error");
    CHECK(said[0]["code"] == 401);
    CHECK_FALSE(stream->read());
    (void)subscribed(faulty);
}

TEST_CASE("a minute bar is lost, and another one is updated half a minute later") {
    Faulty faulty(R"([{"fault":"missing_bar","symbol":"AAPL"},
                      {"fault":"updated_bar","symbol":"AAPL"}])");
    const auto stream = subscribed(faulty);
    faulty.exchange->move(kMinute);
    faulty.exchange->move(kMinute);
    const auto bar = stream->read_json()[0];
    CHECK(bar["t"] == "2024-03-05T15:01:00Z");
    faulty.exchange->move(30 * kSecond);
    const auto updated = stream->read_json()[0];
    CHECK(updated["T"] == "u");
    CHECK(updated["t"] == bar["t"]);
    CHECK(updated["v"].get<double>() > bar["v"].get<double>());
    // The lost one is still in history.
    const auto bars =
        faulty.exchange
            ->get("/v2/stocks/AAPL/bars?timeframe=1Min&start=2024-03-05T15:00:00Z&limit=2")
            .json();
    CHECK(bars["bars"][0]["t"] == "2024-03-05T15:00:00Z");
}

}  // namespace tradewind::broker::test
