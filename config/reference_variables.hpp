// The environment variables of the reference system that tradewind knows by name and type but that
// move none of its settings (those that do are aliases in config/keys.cpp). A set one is checked
// like any other, so that a wrong value refuses the start, and is said to have no effect.
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
};

[[nodiscard]] std::span<const ReferenceVariable> reference_variables();

// What is wrong with the value; empty: nothing.
[[nodiscard]] std::string check_reference_value(ReferenceType type, const std::string& value);

}  // namespace tradewind::config
