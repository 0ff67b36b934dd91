// The JSON of a request as a small tree that keeps numbers as they were written: `1e-06` and
// `"2.5"` become exact decimals, never binary floats.
//
// Pure; any thread. Errors: ApiError (400) on what is not JSON, or deeper than kMaxJsonDepth.
// Source: broker protocol 2 (encoding), 8.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tradewind::broker {

constexpr int kMaxJsonDepth = 16;

class JsonValue {
  public:
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

    Kind kind = Kind::null;
    std::string text;  // of a string; of a number and a boolean as written
    std::vector<JsonValue> items;
    std::vector<std::pair<std::string, JsonValue>> members;

    // Null: no such member. The last one of several counts.
    [[nodiscard]] const JsonValue* find(std::string_view name) const;
    // A string, number or boolean as text; empty optional: absent, null or "".
    [[nodiscard]] std::optional<std::string> text_of(std::string_view name) const;
    // `true`, `"true"`, `"True"`; absent, null and "" are false.
    [[nodiscard]] bool flag(std::string_view name) const;
    // An object member; null where absent, null or not an object.
    [[nodiscard]] const JsonValue* object(std::string_view name) const;
};

// An empty body is an empty object.
[[nodiscard]] JsonValue parse_json_body(std::string_view body);

}  // namespace tradewind::broker
