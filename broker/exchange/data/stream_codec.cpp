#include "broker/exchange/data/stream_codec.hpp"

#include <algorithm>
#include <cctype>

namespace tradewind::broker {
namespace {

constexpr std::size_t kDeepest = 4;

// Looks at the structure alone: decoding follows only where no nesting can exhaust the stack.
class DepthLimit final : public nlohmann::json_sax<nlohmann::json> {
  public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return ++depth_ <= kDeepest; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return leave(); }
    bool start_array(std::size_t) override { return ++depth_ <= kDeepest; }
    bool end_array() override { return leave(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

  private:
    bool leave() {
        --depth_;
        return true;
    }
    std::size_t depth_ = 0;
};

}  // namespace

StreamCodec codec_of(std::string_view content_type) {
    std::string name(content_type.substr(0, content_type.find(';')));
    std::erase(name, ' ');
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return name == "application/msgpack" ? StreamCodec::msgpack : StreamCodec::json;
}

std::string encoded(const DataJson& message, StreamCodec codec) {
    if (codec == StreamCodec::json) {
        return message.dump(-1, ' ', false, DataJson::error_handler_t::replace);
    }
    std::string bytes;
    DataJson::to_msgpack(message, bytes);
    return bytes;
}

std::optional<nlohmann::json> decoded(std::string_view bytes, StreamCodec codec) {
    using nlohmann::json;
    DepthLimit limit;
    const auto format =
        codec == StreamCodec::json ? json::input_format_t::json : json::input_format_t::msgpack;
    if (!json::sax_parse(bytes, &limit, format)) return std::nullopt;
    auto value = codec == StreamCodec::json ? json::parse(bytes, nullptr, false)
                                            : json::from_msgpack(bytes, true, false);
    return value.is_discarded() ? std::nullopt : std::optional(std::move(value));
}

void FrameJoiner::add(std::string_view message) {
    if (codec_ == StreamCodec::json) body_ += count_ == 0 ? '[' : ',';
    body_ += message;
    ++count_;
}

std::string FrameJoiner::take() {
    std::string frame;
    if (codec_ == StreamCodec::json) {
        frame = count_ == 0 ? "[" : std::move(body_);
        frame += ']';
    } else {
        // The head of an array: its length in the shortest of three forms.
        if (count_ < 16) {
            frame += static_cast<char>(0x90 | count_);
        } else if (count_ < 65'536) {
            frame += '\xDC';
        } else {
            frame += '\xDD';
            frame += static_cast<char>(count_ >> 24 & 0xFF);
            frame += static_cast<char>(count_ >> 16 & 0xFF);
        }
        if (count_ >= 16) {
            frame += static_cast<char>(count_ >> 8 & 0xFF);
            frame += static_cast<char>(count_ & 0xFF);
        }
        frame += body_;
    }
    body_.clear();
    count_ = 0;
    return frame;
}

}  // namespace tradewind::broker
