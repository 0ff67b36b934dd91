#include <deque>
#include <nlohmann/json.hpp>

#include "broker/exchange/data/data_streams.hpp"
#include "tests/catch.hpp"
#include "tests/exchange_data/small_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using nlohmann::json;
using test::kApple;
using test::kBitcoin;

namespace {

class FakePeer final : public StreamPeer {
  public:
    void send(FrameText message, FrameKind kind) override {
        if (closed) return;
        frames.push_back({*message, kind});
    }
    using StreamPeer::send;
    void close(std::uint16_t, std::string_view) override { closed = true; }
    [[nodiscard]] std::size_t queued_bytes() const override { return queued; }

    std::deque<std::pair<std::string, FrameKind>> frames;
    bool closed = false;
    std::size_t queued = 0;
};

// A client of one stream; its own codec decides how frames are read and written.
struct Client {
    Client(DataStreams& streams, StreamEndpoint endpoint, StreamCodec form = StreamCodec::json,
           const std::string& account = {}, bool refused = false)
        : codec(form), session(streams.open(peer, std::move(endpoint), form, account, refused)) {
        session->on_open();
    }
    void say(const json& message) {
        std::string bytes;
        if (codec == StreamCodec::json) {
            bytes = message.dump();
        } else {
            json::to_msgpack(message, bytes);
        }
        session->on_message(bytes,
                            codec == StreamCodec::json ? FrameKind::text : FrameKind::binary);
    }
    void authenticate() { say({{"action", "auth"}, {"key", "K"}, {"secret", "S"}}); }
    // Everything since the last call, in one list; each frame is an array.
    json take() {
        json all = json::array();
        for (const auto& [bytes, kind] : peer.frames) {
            CHECK(kind == (codec == StreamCodec::json ? FrameKind::text : FrameKind::binary));
            const auto frame =
                codec == StreamCodec::json ? json::parse(bytes) : json::from_msgpack(bytes);
            REQUIRE(frame.is_array());
            for (const auto& message : frame) all.push_back(message);
        }
        peer.frames.clear();
        return all;
    }
    int error() {
        const auto all = take();
        if (all.empty() || all.back().at("T") != "error") return 0;
        return all.back().at("code");
    }

    FakePeer peer;
    StreamCodec codec;
    std::unique_ptr<StreamSession> session;
};

struct Fixture {
    explicit Fixture(StreamLimits limits = {})
        : streams(test::small_market(),
                  {[](std::string_view key, std::string_view secret) {
                       return key == "K" && secret == "S" ? std::string("ACCOUNT") : std::string();
                   },
                   [this](std::chrono::milliseconds, std::function<void()> task) {
                       timers.push_back(std::move(task));
                   }},
                  limits) {}
    std::vector<std::function<void()>> timers;
    DataStreams streams;
    StreamEndpoint stocks{"/v2/iex", StreamKind::stocks, true};
    StreamEndpoint crypto{"/v1beta3/crypto/us", StreamKind::crypto, true};
};

ExchangeEvent quote_event(const Symbol& symbol, Timestamp time) {
    return {time, test::small_market().quote_at(symbol, time)};
}
ExchangeEvent trade_event(const Symbol& symbol, Timestamp time) {
    return {time, *test::small_market().trade_at(symbol, time)};
}
ExchangeEvent bar_event(const Symbol& symbol, Timestamp start) {
    return {start + kMinute, BarClosed{symbol, *test::small_market().minute_bar(symbol, start)}};
}

const Timestamp kNoon = market::new_york_time(date_of(2026, 3, 30), 12, 0);

}  // namespace

TEST_CASE("the flow of a connection, in both codecs") {
    for (const auto codec : {StreamCodec::json, StreamCodec::msgpack}) {
        Fixture f;
        Client client(f.streams, f.stocks, codec);
        CHECK(client.take() == json::array({{{"T", "success"}, {"msg", "connected"}}}));
        client.say({{"action", "subscribe"}, {"trades", {"AAPL"}}});
        CHECK(client.error() == 401);
        client.authenticate();
        CHECK(client.take() == json::array({{{"T", "success"}, {"msg", "authenticated"}}}));
        client.say({{"action", "subscribe"},
                    {"trades", {"AAPL"}},
                    {"quotes", nullptr},
                    {"bars", json::array({"*"})}});
        const json acknowledged = {{"T", "subscription"},          {"trades", {"AAPL"}},
                                   {"quotes", json::array()},      {"bars", {"*"}},
                                   {"updatedBars", json::array()}, {"dailyBars", json::array()},
                                   {"statuses", json::array()},    {"lulds", json::array()},
                                   {"corrections", {"AAPL"}},      {"cancelErrors", {"AAPL"}}};
        CHECK(client.take() == json::array({acknowledged}));
        // Repeating changes nothing; taking away what is not there neither.
        client.say({{"action", "subscribe"}, {"trades", {"AAPL"}}});
        CHECK(client.take() == json::array({acknowledged}));
        client.say({{"action", "unsubscribe"}, {"quotes", {"SPY"}}});
        CHECK(client.take() == json::array({acknowledged}));
        f.streams.publish({quote_event(kApple, kNoon), trade_event(kApple, kNoon),
                           trade_event(test::kSpy, kNoon), bar_event(test::kSpy, kNoon)});
        const auto data = client.take();
        REQUIRE(data.size() == 2);
        CHECK(data[0].at("T") == "t");
        CHECK(data[0].at("S") == "AAPL");
        CHECK(data[0].at("t").is_binary() == (codec == StreamCodec::msgpack));
        CHECK(data[1].at("T") == "b");
        CHECK(data[1].at("S") == "SPY");
        client.say({{"action", "unsubscribe"}, {"trades", {"AAPL"}}, {"bars", {"*"}}});
        (void)client.take();
        f.streams.publish({trade_event(kApple, kNoon), bar_event(kApple, kNoon)});
        CHECK(client.take().empty());
    }
}

TEST_CASE("errors keep or close the connection as the service does") {
    struct Row {
        json message;
        int code;
        bool closes;
    };
    const Row rows[] = {
        {{{"action", "auth"}, {"key", "K"}, {"secret", "x"}}, 402, true},
        {{{"action", "auth"}, {"key", 1}}, 402, true},
        {{{"action", "dance"}}, 400, false},
        {json::array(), 400, false},
        {{{"action", "subscribe"}, {"bars", {"AAPL"}}}, 401, false},
    };
    for (const auto& row : rows) {
        Fixture f;
        Client client(f.streams, f.stocks);
        client.say(row.message);
        CHECK(client.error() == row.code);
        CHECK(client.peer.closed == row.closes);
    }
    Fixture f;
    Client client(f.streams, f.stocks);
    client.authenticate();
    client.authenticate();
    CHECK(client.error() == 403);
    client.say({{"action", "subscribe"}, {"bars", "AAPL"}});
    CHECK(client.error() == 400);
    client.say({{"action", "subscribe"}, {"bars", {"no symbol"}}});
    CHECK(client.error() == 400);
    client.say({{"action", "subscribe"}, {"orderbooks", {"BTC/USD"}}});
    CHECK(client.error() == 410);
    client.session->on_message("{", FrameKind::text);
    CHECK(client.error() == 400);
    CHECK_FALSE(client.peer.closed);
    Client coins(f.streams, f.crypto);
    coins.authenticate();
    coins.say({{"action", "subscribe"}, {"bars", {"BTCUSD"}}});
    CHECK(coins.error() == 400);
}

TEST_CASE("authentication by headers, by token, in time, and for a feed that is not there") {
    Fixture f;
    Client by_header(f.streams, f.stocks, StreamCodec::json, "ACCOUNT");
    CHECK(by_header.take().back().at("msg") == "authenticated");
    Client wrong_header(f.streams, f.stocks, StreamCodec::json, "", true);
    CHECK(wrong_header.error() == 402);
    CHECK(wrong_header.peer.closed);
    Client elsewhere(f.streams, {"/v1beta1/boats", StreamKind::stocks, false});
    elsewhere.authenticate();
    CHECK(elsewhere.error() == 409);
    CHECK(elsewhere.peer.closed);
    f.timers.clear();
    Client late(f.streams, f.crypto);
    auto gone = std::make_unique<Client>(f.streams, f.crypto);
    gone.reset();
    Client prompt(f.streams, f.crypto);
    prompt.authenticate();
    for (const auto& timer : f.timers) timer();
    CHECK(late.error() == 404);
    CHECK(late.peer.closed);
    CHECK_FALSE(prompt.peer.closed);
}

TEST_CASE("connections and symbols are limited where the limits say so") {
    StreamLimits limits;
    limits.symbols = 2;
    Fixture f(limits);
    auto first = std::make_unique<Client>(f.streams, f.stocks);
    first->authenticate();
    Client second(f.streams, f.stocks);
    second.authenticate();
    CHECK(second.error() == 406);
    CHECK(second.peer.closed);
    Client other_endpoint(f.streams, f.crypto);
    other_endpoint.authenticate();
    CHECK(other_endpoint.error() == 0);
    first->say({{"action", "subscribe"}, {"quotes", {"A", "B"}}, {"bars", {"C", "D", "E"}}});
    CHECK(first->take().back().at("T") == "subscription");
    first->say({{"action", "subscribe"}, {"trades", {"C"}}});
    CHECK(first->error() == 405);
    first->say({{"action", "subscribe"}, {"trades", {"A"}}});
    CHECK(first->take().back().at("quotes") == json({"A", "B"}));
    first->say({{"action", "subscribe"}, {"trades", {"*"}}});
    CHECK(first->error() == 405);
    first.reset();
    Client third(f.streams, f.stocks);
    third.authenticate();
    CHECK(third.error() == 0);
}

TEST_CASE("a slow client is told so and closed; the others go on") {
    StreamLimits limits;
    limits.connections = 0;
    limits.queued_bytes = 1'000;
    Fixture f(limits);
    Client slow(f.streams, f.stocks);
    Client quick(f.streams, f.stocks);
    for (auto* client : {&slow, &quick}) {
        client->authenticate();
        client->say({{"action", "subscribe"}, {"quotes", {"AAPL"}}});
        (void)client->take();
    }
    slow.peer.queued = 1'001;
    f.streams.publish({quote_event(kApple, kNoon)});
    CHECK(slow.error() == 407);
    CHECK(slow.peer.closed);
    CHECK(quick.take().size() == 1);
    f.streams.publish({quote_event(kApple, kNoon)});
    CHECK(slow.take().empty());
}

TEST_CASE("bars, the running day, bands and updates go out with the minute") {
    Fixture f;
    Client client(f.streams, f.stocks);
    client.authenticate();
    client.say({{"action", "subscribe"},
                {"bars", {"AAPL"}},
                {"updatedBars", {"*"}},
                {"dailyBars", {"AAPL"}},
                {"statuses", {"*"}},
                {"lulds", {"AAPL"}}});
    (void)client.take();
    f.streams.delay_part_of_next_bar(kApple);
    f.streams.publish({bar_event(kApple, kNoon)});
    auto data = client.take();
    REQUIRE(data.size() == 3);
    CHECK(data[0].at("T") == "b");
    CHECK(data[0].at("t") == format_time(kNoon));
    CHECK(data[1].at("T") == "d");
    CHECK(data[1].at("t") == "2026-03-30T04:00:00Z");
    CHECK(data[1].at("n") == 151 * 600);
    CHECK(data[2].at("T") == "l");
    CHECK(data[2].at("d") < data[0].at("c"));
    CHECK(data[0].at("c") < data[2].at("u"));
    // Due thirty seconds after the minute.
    f.streams.publish({quote_event(kApple, kNoon + kMinute + 29 * kSecond)});
    CHECK(client.take().empty());
    f.streams.publish({quote_event(kApple, kNoon + kMinute + 30 * kSecond)});
    const auto updated = client.take();
    REQUIRE(updated.size() == 1);
    CHECK(updated[0].at("T") == "u");
    CHECK(updated[0].at("v") > data[0].at("v"));
    CHECK(updated[0].at("n") == 600);
    for (const char* name : {"t", "o", "h", "l", "c"}) {
        CHECK(updated[0].at(name) == data[0].at(name));
    }
    f.streams.publish({bar_event(kApple, kNoon + kMinute)});
    CHECK(client.take()[0].at("n") == 600);
    f.streams.publish({{kNoon, SessionEvent{SessionPhase::opened, date_of(2026, 3, 30), false}}});
    CHECK(client.take().size() == 2);  // two stocks
    f.streams.publish_status(kApple, kNoon, true);
    f.streams.publish({});
    const auto halted = client.take();
    REQUIRE(halted.size() == 1);
    CHECK(halted[0].at("sc") == "H");
}

TEST_CASE("changes of an order book lead from one whole book to the next") {
    Fixture f;
    Client client(f.streams, f.crypto);
    client.authenticate();
    client.say({{"action", "subscribe"}, {"orderbooks", {"BTC/USD"}}, {"trades", {"BTC/USD"}}});
    (void)client.take();
    std::map<double, double> bids;
    std::map<double, double> asks;
    const auto apply = [](std::map<double, double>& side, const json& levels) {
        for (const auto& level : levels) {
            if (level.at("s") == 0.0) {
                side.erase(level.at("p").get<double>());
            } else {
                side[level.at("p").get<double>()] = level.at("s").get<double>();
            }
        }
    };
    for (int i = 0; i < 200; ++i) {
        const auto time = kNoon + i * market::kSyntheticTradeSlot;
        f.streams.publish({quote_event(kBitcoin, time), trade_event(kBitcoin, time)});
        const auto data = client.take();
        REQUIRE(data.size() == 2);
        CHECK(data[0].at("T") == "o");
        CHECK(data[0].contains("r") == (i == 0));
        CHECK(data[1].at("S") == "BTC/USD");
        CHECK(data[1].contains("tks"));
        apply(bids, data[0].at("b"));
        apply(asks, data[0].at("a"));
        const auto book = order_book_of(test::small_market().quote_at(kBitcoin, time));
        CHECK(bids.size() == book.bids.size());
        CHECK(asks.size() == book.asks.size());
        for (const auto& level : book.bids) {
            CHECK(bids.at(static_cast<double>(level.price.units()) / 1e9) ==
                  level.size.to_double());
        }
        CHECK(bids.rbegin()->first < asks.begin()->first);
    }
}

TEST_CASE("many messages are cut into frames that keep their order") {
    Fixture f;
    Client client(f.streams, f.stocks, StreamCodec::msgpack);
    client.authenticate();
    client.say({{"action", "subscribe"}, {"quotes", {"*"}}});
    (void)client.take();
    std::vector<ExchangeEvent> events;
    for (int i = 0; i < 2'000; ++i) {
        events.push_back(quote_event(kApple, kNoon + i * market::kSyntheticTradeSlot));
    }
    f.streams.publish(events);
    CHECK(client.peer.frames.size() > 1);
    const auto data = client.take();
    REQUIRE(data.size() == events.size());
    CHECK(f.streams.messages_sent() == events.size());
}
