// The two encodings of the market data streams: JSON in text frames, MessagePack in binary ones.
//
// A frame is one array of messages. Messages are encoded once and joined for every connection that
// wants them. In maps `T` stays first, as it was put. Pure; any thread. Source: broker protocol
// 4.1, 4.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/exchange/data/data_json.hpp"

namespace tradewind::broker {

enum class StreamCodec : std::uint8_t { json, msgpack };

[[nodiscard]] constexpr TimeForm time_form(StreamCodec codec) {
    return codec == StreamCodec::json ? TimeForm::text : TimeForm::extension;
}
// `application/msgpack` in any case, parameters behind it allowed; all else is JSON.
[[nodiscard]] StreamCodec codec_of(std::string_view content_type);

[[nodiscard]] std::string encoded(const DataJson& message, StreamCodec codec);
// Empty: not one value of that encoding, or nested deeper than any message of a client is.
[[nodiscard]] std::optional<nlohmann::json> decoded(std::string_view bytes, StreamCodec codec);

// Joins encoded messages into one array.
class FrameJoiner {
  public:
    explicit FrameJoiner(StreamCodec codec) : codec_(codec) {}
    void add(std::string_view message);
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::size_t bytes() const { return body_.size(); }
    // The frame; the joiner is empty again.
    [[nodiscard]] std::string take();

  private:
    StreamCodec codec_;
    std::string body_;
    std::uint32_t count_ = 0;
};

}  // namespace tradewind::broker
