// libFuzzer entry of what clients of market data send: the first byte says whether the rest is a
// message of a JSON stream, one of a MessagePack stream, or the target of a request. Any bytes are
// answered: a stream with frames of its own codec, a request with a JSON body of a known status.
// Build with clang++ -fsanitize=fuzzer,address; the test suite runs the same entry over a corpus
// and mutations of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "broker/exchange/data/data_rest.hpp"
#include "broker/exchange/data/data_streams.hpp"
#include "broker/exchange/server/http_message.hpp"
#include "tests/exchange_data/small_market.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::broker;

void demand(bool holds) {
    if (!holds) std::abort();
}

class CheckingPeer final : public StreamPeer {
  public:
    explicit CheckingPeer(StreamCodec codec) : codec_(codec) {}
    void send(FrameText message, FrameKind kind) override {
        demand(kind == (codec_ == StreamCodec::json ? FrameKind::text : FrameKind::binary));
        const auto frame = decoded(*message, codec_);
        demand(frame && frame->is_array() && !frame->empty());
        for (const auto& item : *frame) demand(item.is_object() && item.contains("T"));
    }
    void close(std::uint16_t, std::string_view) override {}
    [[nodiscard]] std::size_t queued_bytes() const override { return 0; }

  private:
    StreamCodec codec_;
};

void check_stream(StreamCodec codec, StreamKind kind, const std::string& message) {
    DataStreams streams(test::small_market(),
                        {[](std::string_view, std::string_view) { return std::string("A"); }, {}});
    CheckingPeer peer(codec);
    // Once before and once after authentication, then what the subscription brings.
    for (const char* account : {"", "A"}) {
        const auto session = streams.open(peer, {"/stream", kind, true}, codec, account, false);
        session->on_open();
        session->on_message(message, FrameKind::binary);
        const auto now = test::small_market_now();
        const auto symbol = kind == StreamKind::crypto ? test::kBitcoin : test::kApple;
        streams.publish({{now, test::small_market().quote_at(symbol, now)},
                         {now, *test::small_market().trade_at(symbol, now)}});
    }
}

void check_request(std::string target) {
    HttpRequest request;
    request.target = std::move(target);
    split_target(request);
    DataRest rest(test::small_market());
    const auto reply = rest.answer(request.segments, request.query, test::small_market_now());
    demand(reply.status == 200 || reply.status == 400 || reply.status == 404);
    const auto body = nlohmann::json::parse(reply.body, nullptr, false);
    demand(body.is_object());
    demand(reply.status == 200 || body.contains("message"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 5) {
        case 0:
            check_stream(StreamCodec::json, StreamKind::stocks, rest);
            break;
        case 1:
            check_stream(StreamCodec::json, StreamKind::crypto, rest);
            break;
        case 2:
            check_stream(StreamCodec::msgpack, StreamKind::stocks, rest);
            break;
        case 3:
            check_stream(StreamCodec::msgpack, StreamKind::news, rest);
            break;
        default:
            check_request(rest);
            break;
    }
    return 0;
}
