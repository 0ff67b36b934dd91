#include "broker/alpaca/trade_stream.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "broker/alpaca/order_json.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::int64_t kRefusedPause = 10;  // seconds, after refused keys
constexpr std::int64_t kForMinutes = 60'000;

std::string authentication(const Keys& keys) {
    nlohmann::ordered_json message;
    message["action"] = "authenticate";
    message["data"]["key_id"] = keys.key_id.reveal();
    message["data"]["secret_key"] = keys.secret_key.reveal();
    return message.dump();
}

constexpr const char* kListen = R"({"action":"listen","data":{"streams":["trade_updates"]}})";

}  // namespace

TradeStream::TradeStream(const AlpacaSettings& settings, TradeStreamSink sink)
    : keys_(settings.keys), timeout_ms_(settings.reply_timeout_ms), sink_(std::move(sink)) {
    thread_ = std::make_unique<StreamThread>(
        "trade updates", settings.trading, "/stream", settings,
        [this](WebSocket& socket, const std::function<void()>& works) {
            return talk(socket, works);
        },
        sink_.down);
}

TalkEnd TradeStream::talk(WebSocket& socket, const std::function<void()>& works) {
    if (!socket.send(authentication(keys_))) return {"the connection broke", 0};
    const auto reply = socket.read(timeout_ms_);
    if (reply.outcome != FrameReply::Outcome::message) {
        return {reply.fault.empty() ? "no answer to the keys" : reply.fault, 0};
    }
    Remarks remarks;
    const auto frame = parse_stream_frame(reply.text, remarks);
    if (!frame || frame->kind != StreamFrame::Kind::authorization || !frame->authorized) {
        return {"keys refused", kRefusedPause};
    }
    if (!socket.send(kListen)) return {"the connection broke", 0};
    return listen(socket, works);
}

TalkEnd TradeStream::listen(WebSocket& socket, const std::function<void()>& works) {
    bool listening = false;
    for (;;) {
        auto reply = socket.read(listening ? kForMinutes : timeout_ms_);
        if (reply.outcome == FrameReply::Outcome::timed_out) {
            if (!listening) return {"no answer to `listen`", 0};
            continue;
        }
        if (reply.outcome == FrameReply::Outcome::closed) {
            return {reply.fault.empty() ? "closed" : reply.fault, 0};
        }
        Remarks remarks;
        auto frame = parse_stream_frame(reply.text, remarks);
        for (const auto& line : remarks) sink_.remark("trade updates: " + line);
        if (!frame) {
            sink_.remark("trade updates: a frame that is no JSON object");
            continue;
        }
        switch (frame->kind) {
            case StreamFrame::Kind::listening:
                if (!frame->listens) return {"trade_updates are not offered", kRefusedPause};
                if (!listening) {
                    listening = true;
                    works();
                    sink_.listening();
                }
                break;
            case StreamFrame::Kind::update:
                if (frame->update) {
                    sink_.update(std::move(*frame->update));
                } else {
                    sink_.remark("trade updates: an update without readable data");
                }
                break;
            case StreamFrame::Kind::authorization:
                // A session that expired says so in the middle.
                if (!frame->authorized) return {"the session is not authorised any more", 0};
                break;
            case StreamFrame::Kind::error:
                return {"error: " + frame->message, 0};
            case StreamFrame::Kind::other:
                break;
        }
    }
}

}  // namespace tradewind::broker::alpaca
