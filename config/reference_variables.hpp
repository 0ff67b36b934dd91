// The environment variables of the reference system that tradewind knows by name and type but that
// move none of its settings (those that do are aliases in config/keys.cpp). One that is set to what
// tradewind does anyway is accepted; any other value refuses the start, with the reason.
// Source: strategies spec 6. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tradewind::config {

enum class ReferenceType : unsigned char {
    boolean,
    integer,  // not negative
    number,
    text,
    symbol_map,  // SYM:value, SYM@strategy:value, comma-separated
};

struct ReferenceVariable {
    std::string_view name;
    ReferenceType type;
    std::string_view accepted;  // the value that asks for what tradewind does; empty: none
    std::string_view reason;    // why it moves nothing
};

[[nodiscard]] std::span<const ReferenceVariable> reference_variables();

// Whether `value`, of the right type, asks for what tradewind does anyway.
[[nodiscard]] bool is_accepted(const ReferenceVariable& variable, const std::string& value);

// What is wrong with the value; empty: nothing.
[[nodiscard]] std::string check_reference_value(ReferenceType type, const std::string& value);

}  // namespace tradewind::config
