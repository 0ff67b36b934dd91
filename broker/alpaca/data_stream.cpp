#include "broker/alpaca/data_stream.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "broker/alpaca/wire_values.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::int64_t kRefusedPause = 10;     // seconds
constexpr std::int64_t kConnectionLimit = 20;  // seconds: an old connection is still counted
constexpr std::int64_t kErrorAuthFailed = 402;
constexpr std::int64_t kErrorSymbolLimit = 405;
constexpr std::int64_t kErrorConnectionLimit = 406;
constexpr std::int64_t kErrorSyntax = 400;
constexpr std::int64_t kErrorNoSubscription = 409;

std::string authentication(const Keys& keys) {
    nlohmann::ordered_json message;
    message["action"] = "auth";
    message["key"] = keys.key_id.reveal();
    message["secret"] = keys.secret_key.reveal();
    return message.dump();
}

}  // namespace

DataStream::DataStream(const AlpacaSettings& settings, DataStreamTerms terms, DataStreamSink sink)
    : keys_(settings.keys),
      timeout_ms_(settings.reply_timeout_ms),
      silence_ms_(settings.silence_ms),
      terms_(std::move(terms)),
      sink_(std::move(sink)),
      quoted_(terms_.symbols.size()) {
    thread_ = std::make_unique<StreamThread>(
        terms_.name, terms_.address, terms_.path, settings,
        [this](WebSocket& socket, const std::function<void()>& works) {
            return talk(socket, works);
        },
        sink_.down);
}

std::string DataStream::subscription() const {
    nlohmann::ordered_json message;
    message["action"] = "subscribe";
    auto bars = nlohmann::ordered_json::array();
    for (const auto& symbol : terms_.symbols)
        bars.push_back(wire_symbol(symbol, terms_.asset_class));
    auto quotes = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < quoted_; ++i) quotes.push_back(bars[i]);
    message["quotes"] = std::move(quotes);
    message["bars"] = bars;
    message["updatedBars"] = std::move(bars);
    return message.dump();
}

TalkEnd DataStream::talk(WebSocket& socket, const std::function<void()>& works) {
    subscribed_ = false;
    if (!socket.send(authentication(keys_))) return {"the connection broke", 0};
    return follow(socket, works);
}

TalkEnd DataStream::follow(WebSocket& socket, const std::function<void()>& works) {
    std::int64_t heard_ns = steady_now_ns();
    constexpr std::int64_t kLook = 500;  // ms between looks at the silence
    for (;;) {
        const auto reply = socket.read(kLook);
        if (reply.outcome == FrameReply::Outcome::closed) {
            return {reply.fault.empty() ? "closed" : reply.fault, 0};
        }
        const auto now_ns = steady_now_ns();
        if (reply.outcome == FrameReply::Outcome::timed_out) {
            if (!subscribed_ && now_ns - heard_ns > timeout_ms_ * kMillisecond) {
                return {"no answer to the subscription", 0};
            }
            if (!sink_.market_open()) heard_ns = now_ns;
            if (now_ns - heard_ns > silence_ms_ * kMillisecond) {
                return {"silent while the market is open", 0};
            }
            continue;
        }
        const auto frame = parse_data_frame(reply.text);
        if (!frame || frame->unread > 0) {
            sink_.remark(terms_.name + ": a frame that could not be read whole");
            if (!frame) continue;
        }
        for (const auto& message : frame->messages) {
            if (message.kind >= DataMessage::Kind::quote) heard_ns = now_ns;
            if (auto end = take(message, socket, works)) return *end;
        }
    }
}

std::optional<TalkEnd> DataStream::take(const DataMessage& message, WebSocket& socket,
                                        const std::function<void()>& works) {
    using Kind = DataMessage::Kind;
    switch (message.kind) {
        case Kind::authenticated:
            if (!socket.send(subscription())) return TalkEnd{"the connection broke", 0};
            return std::nullopt;
        case Kind::subscription:
            if (std::exchange(subscribed_, true)) return std::nullopt;
            works();
            sink_.subscribed();
            return std::nullopt;
        case Kind::error: {
            const auto text = "error " + std::to_string(message.code) + ": " + message.text;
            if (message.code == kErrorSymbolLimit && quoted_ > 0) {
                quoted_ = quoted_ > 30 ? 30 : quoted_ / 2;
                sink_.remark(terms_.name + ": quotes of " + std::to_string(quoted_) +
                             " symbols only (" + text + ")");
                if (!socket.send(subscription())) return TalkEnd{"the connection broke", 0};
                return std::nullopt;
            }
            if (message.code == kErrorSyntax && subscribed_) {
                sink_.remark(terms_.name + ": " + text);
                return std::nullopt;
            }
            const bool refused =
                message.code == kErrorAuthFailed || message.code == kErrorNoSubscription;
            return TalkEnd{text, message.code == kErrorConnectionLimit ? kConnectionLimit
                                 : refused                             ? kRefusedPause
                                                                       : 0};
        }
        case Kind::quote:
        case Kind::minute_bar:
        case Kind::updated_bar:
        case Kind::status:
            sink_.data(message);
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

}  // namespace tradewind::broker::alpaca
