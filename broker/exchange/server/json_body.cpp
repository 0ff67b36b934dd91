#include "broker/exchange/server/json_body.hpp"

#include <simdjson.h>

#include "broker/exchange/server/http_message.hpp"

namespace tradewind::broker {
namespace {

namespace ondemand = simdjson::ondemand;

[[noreturn]] void refuse(const std::string& why) {
    throw ApiError(400, 40010000, "request body format is invalid: " + why);
}

JsonValue tree(ondemand::value value, int depth);

JsonValue object_tree(ondemand::object object, int depth) {
    JsonValue result;
    result.kind = JsonValue::Kind::object;
    for (auto field : object) {
        std::string name(std::string_view(field.unescaped_key()));
        result.members.emplace_back(std::move(name), tree(field.value(), depth + 1));
    }
    return result;
}

JsonValue array_tree(ondemand::array array, int depth) {
    JsonValue result;
    result.kind = JsonValue::Kind::array;
    for (auto item : array) result.items.push_back(tree(item.value(), depth + 1));
    return result;
}

JsonValue tree(ondemand::value value, int depth) {
    if (depth > kMaxJsonDepth) refuse("nested too deep");
    JsonValue result;
    const ondemand::json_type type = value.type();
    switch (type) {
        case ondemand::json_type::object:
            return object_tree(value.get_object(), depth);
        case ondemand::json_type::array:
            return array_tree(value.get_array(), depth);
        case ondemand::json_type::string:
            result.kind = JsonValue::Kind::string;
            result.text = std::string(std::string_view(value.get_string()));
            break;
        case ondemand::json_type::number: {
            result.kind = JsonValue::Kind::number;
            // As written; reading it as a number checks its form.
            std::string_view token = value.raw_json_token();
            token = token.substr(0, token.find_first_not_of("+-.0123456789eE"));
            result.text = std::string(token);
            if (value.get_double().error() != simdjson::SUCCESS) refuse("a malformed number");
            break;
        }
        case ondemand::json_type::boolean:
            result.kind = JsonValue::Kind::boolean;
            result.text = bool(value.get_bool()) ? "true" : "false";
            break;
        case ondemand::json_type::null:
            if (!value.is_null()) refuse("a malformed literal");
            break;
    }
    return result;
}

}  // namespace

JsonValue parse_json_body(std::string_view body) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        JsonValue empty;
        empty.kind = JsonValue::Kind::object;
        return empty;
    }
    try {
        const simdjson::padded_string padded(body);
        ondemand::parser parser;
        ondemand::document document = parser.iterate(padded);
        JsonValue result = tree(document.get_value(), 0);
        if (document.current_location().error() == simdjson::SUCCESS) {
            refuse("something follows the value");
        }
        if (result.kind != JsonValue::Kind::object) refuse("not an object");
        return result;
    } catch (const simdjson::simdjson_error& fault) {
        refuse(fault.what());
    }
}

const JsonValue* JsonValue::find(std::string_view name) const {
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
        if (member->first == name) return &member->second;
    }
    return nullptr;
}

std::optional<std::string> JsonValue::text_of(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr || value->text.empty()) return std::nullopt;
    return value->text;
}

bool JsonValue::flag(std::string_view name) const {
    const auto value = text_of(name);
    return value && (*value == "true" || *value == "True" || *value == "1");
}

const JsonValue* JsonValue::object(std::string_view name) const {
    const auto* value = find(name);
    return value != nullptr && value->kind == Kind::object ? value : nullptr;
}

}  // namespace tradewind::broker
