// Reading one JSON document member by member: the small layer between simdjson and the parsers.
//
// Values are read once, in document order. Functions throw simdjson_error on malformed JSON (the
// parsers' entry points turn that into "nothing"). Included by the parsers of this folder only.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "broker/alpaca/order_json.hpp"

namespace tradewind::broker::alpaca::scan {

using Value = simdjson::ondemand::value;
using Object = simdjson::ondemand::object;
using Array = simdjson::ondemand::array;
using Type = simdjson::ondemand::json_type;

// A string, number or boolean as text; empty: null, an object or an array.
inline std::optional<std::string> text(Value value) {
    switch (value.type()) {
        case Type::string:
            return std::string(std::string_view(value.get_string()));
        case Type::number:
        case Type::boolean: {
            std::string_view token = value.raw_json_token();
            while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') {
                token.remove_suffix(1);
            }
            return std::string(token);
        }
        default:
            return std::nullopt;
    }
}

inline bool flag(Value value) {
    const auto word = text(value);
    return word && (*word == "true" || *word == "True" || *word == "1");
}

template <class DecimalType>
std::optional<DecimalType> decimal(Value value) {
    const auto word = text(value);
    if (!word || word->empty()) return std::nullopt;
    const auto units = parse_wire_decimal(*word, DecimalType::kDigits);
    using Rep = decltype(DecimalType{}.units());
    if (!units || static_cast<Rep>(*units) != *units) {
        throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
    }
    return DecimalType::from_units(static_cast<Rep>(*units));
}

inline Timestamp time(Value value) {
    const auto word = text(value);
    if (!word || word->empty()) return {};
    const auto parsed = parse_wire_time(*word);
    if (!parsed) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
    return *parsed;
}

// Calls member(key, value) for each member.
template <class Member>
void members(Object object, Member member) {
    for (auto field : object) {
        const std::string key(std::string_view(field.unescaped_key()));
        Value value = field.value();
        member(std::string_view(key), value);
    }
}

inline bool is_object(Value value) {
    return value.type() == Type::object;
}
inline bool is_array(Value value) {
    return value.type() == Type::array;
}

// Parses `body` and hands the document to `read`; empty where the JSON is malformed.
template <class Result, class Read>
std::optional<Result> document(std::string_view body, Read read) {
    try {
        simdjson::ondemand::parser parser;
        const simdjson::padded_string padded(body);
        simdjson::ondemand::document document = parser.iterate(padded);
        return read(document);
    } catch (const simdjson::simdjson_error&) {
        return std::nullopt;
    } catch (const DecimalOverflow&) {
        return std::nullopt;
    }
}

}  // namespace tradewind::broker::alpaca::scan
