// One description of a value's fields, used for writing it as JSON and for reading it back.
//
// A type that can be recorded has a function template found by its namespace,
//
//     template <class Archive> void fields(Archive& archive, Value& value) {
//         archive("slot", value.slot);
//         ...
//     }
//
// JsonWriter makes canonical text of it: compact, keys sorted, decimals and doubles as text
// (doubles the shortest that reads back equal), times as whole nanoseconds, dates as days since
// 1970, words for enumerations. A field that is zero, false, empty or absent is not written;
// reading an absent field gives that same zero, whatever the default of the struct. A text that is
// not UTF-8 is written as {"hex": "..."}, so that every value comes back byte for byte.
//
// A description that leaves out a member of an aggregate is a fault, found by the first writing.
//
// JsonReader refuses what the description does not name, and every value of a wrong kind or out of
// range: Error (data) with the place inside the text, `closes[3].bar.open`. Internal to
// actors/recorder; pure; any thread.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "actors/recorder/member_count.hpp"
#include "messages/decimal.hpp"
#include "messages/error.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind::actors {

// The words of an enumeration, in the order of its values; specialised for each recorded one.
template <class Enum>
struct Words;  // static constexpr std::array<std::string_view, N> list

template <class T>
struct IsDecimal : std::false_type {};
template <class Tag, class Rep, int Digits>
struct IsDecimal<Decimal<Tag, Rep, Digits>> : std::true_type {};

template <class T>
struct IsArray : std::false_type {};
template <class T, std::size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};

// JSON of a text; {"hex": ...} where it is not UTF-8.
[[nodiscard]] nlohmann::json json_of_text(const std::string& text);
// Empty: neither a string nor a well-formed {"hex": ...}.
[[nodiscard]] std::optional<std::string> text_of_json(const nlohmann::json& json);
[[nodiscard]] std::string text_of_double(double value);
[[nodiscard]] std::optional<double> double_of_text(const std::string& text);
// Parses text into an object; Error (data) naming `place` and the byte.
[[nodiscard]] nlohmann::json parse_object(std::string_view text, const std::string& place);

class JsonWriter {
  public:
    template <class T>
    void operator()(const char* key, const T& value) {
        ++described_;
        if (!is_zero(value)) object_[key] = json_of(value);
    }
    [[nodiscard]] std::string text() const { return object_.dump(); }
    [[nodiscard]] nlohmann::json take() { return std::move(object_); }

    template <class T>
    [[nodiscard]] static nlohmann::json json_of(const T& value);

  private:
    template <class T>
    [[nodiscard]] static bool is_zero(const T& value);

    nlohmann::json object_ = nlohmann::json::object();
    std::size_t described_ = 0;
};

// Where a value stands in the text; the chain lives on the reader's stack.
struct JsonPlace {
    const JsonPlace* parent = nullptr;
    std::string_view key;
    std::optional<std::size_t> index;

    [[nodiscard]] std::string text() const;
};

class JsonReader {
  public:
    JsonReader(const nlohmann::json& object, const JsonPlace& place)
        : object_(object), place_(place) {
        if (!object.is_object()) refuse(place, "not an object");
    }

    template <class T>
    void operator()(const char* key, T& value) {
        known_.insert(key);
        const auto found = object_.find(key);
        const JsonPlace place{&place_, key, {}};
        value = found == object_.end() ? T{zero<T>()} : read<T>(*found, place);
    }
    // After all fields: refuses a key that no field has.
    void finish() const;

    template <class T>
    [[nodiscard]] static T read(const nlohmann::json& json, const JsonPlace& place);
    [[noreturn]] static void refuse(const JsonPlace& place, const std::string& why);

  private:
    template <class T>
    [[nodiscard]] static T zero();
    template <class T>
    [[nodiscard]] static T read_number(const nlohmann::json& json, const JsonPlace& place);

    const nlohmann::json& object_;
    const JsonPlace& place_;
    std::set<std::string_view> known_;
};

// -- implementation -------------------------------------------------------------------------------

template <class T, template <class...> class Template>
struct IsOf : std::false_type {};
template <template <class...> class Template, class... Arguments>
struct IsOf<Template<Arguments...>, Template> : std::true_type {};

template <class T>
bool JsonWriter::is_zero(const T& value) {
    if constexpr (std::is_same_v<T, double>) {
        return value == 0 && !std::signbit(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
        return value == T{};
    } else if constexpr (std::is_same_v<T, Symbol> || std::is_same_v<T, std::string>) {
        return value.empty();
    } else if constexpr (IsDecimal<T>::value) {
        return value.is_zero();
    } else if constexpr (std::is_same_v<T, Timestamp>) {
        return value.ns == 0;
    } else if constexpr (std::is_same_v<T, Date>) {
        return value.days == 0;
    } else if constexpr (IsOf<T, std::optional>::value) {
        return !value.has_value();
    } else if constexpr (IsOf<T, std::vector>::value || IsOf<T, std::map>::value ||
                         IsOf<T, std::set>::value) {
        return value.empty();
    } else {
        return false;  // enumerations, arrays and structs are always written
    }
}

template <class T>
nlohmann::json JsonWriter::json_of(const T& value) {
    if constexpr (std::is_same_v<T, double>) {
        return text_of_double(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
        return value;
    } else if constexpr (std::is_same_v<T, std::string>) {
        return json_of_text(value);
    } else if constexpr (std::is_same_v<T, Symbol>) {
        return value.to_string();
    } else if constexpr (IsDecimal<T>::value) {
        return value.to_string();
    } else if constexpr (std::is_same_v<T, Timestamp>) {
        return value.ns;
    } else if constexpr (std::is_same_v<T, Date>) {
        return value.days;
    } else if constexpr (std::is_enum_v<T>) {
        return std::string(Words<T>::list.at(static_cast<std::size_t>(value)));
    } else if constexpr (IsOf<T, std::optional>::value) {
        return json_of(*value);
    } else if constexpr (IsOf<T, std::vector>::value || IsOf<T, std::set>::value ||
                         IsArray<T>::value) {
        auto list = nlohmann::json::array();
        for (const auto& element : value) {
            list.push_back(json_of<typename T::value_type>(element));
        }
        return list;
    } else if constexpr (IsOf<T, std::map>::value) {
        // Pairs, not an object: a key may be any value.
        auto list = nlohmann::json::array();
        for (const auto& [key, element] : value) {
            list.push_back(nlohmann::json::array({json_of(key), json_of(element)}));
        }
        return list;
    } else {
        JsonWriter writer;
        fields(writer, const_cast<T&>(value));  // the writer only reads
        if constexpr (std::is_aggregate_v<T>) {
            if (writer.described_ != member_count<T>()) {
                throw InvariantBroken(std::string("a description names every member: ") +
                                      typeid(T).name());
            }
        }
        return writer.take();
    }
}

template <class T>
T JsonReader::zero() {
    if constexpr (std::is_enum_v<T>) {
        return static_cast<T>(0);
    } else {
        return T{};
    }
}

template <class T>
T JsonReader::read_number(const nlohmann::json& json, const JsonPlace& place) {
    if (!json.is_number_integer()) refuse(place, "not a whole number");
    if (json.is_number_unsigned()) {
        const auto number = json.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) {
            refuse(place, "out of range");
        }
        return static_cast<T>(number);
    }
    const auto number = json.get<std::int64_t>();
    if constexpr (std::is_unsigned_v<T>) {
        refuse(place, "out of range");
    } else {
        if (number < std::numeric_limits<T>::min()) refuse(place, "out of range");
        return static_cast<T>(number);
    }
}

template <class T>
T JsonReader::read(const nlohmann::json& json, const JsonPlace& place) {
    if constexpr (std::is_same_v<T, bool>) {
        if (!json.is_boolean()) refuse(place, "not true or false");
        return json.get<bool>();
    } else if constexpr (std::is_same_v<T, double>) {
        const auto value =
            json.is_string() ? double_of_text(json.get<std::string>()) : std::nullopt;
        if (!value) refuse(place, "not a number as text");
        return *value;
    } else if constexpr (std::is_arithmetic_v<T>) {
        return read_number<T>(json, place);
    } else if constexpr (std::is_same_v<T, std::string>) {
        auto text = text_of_json(json);
        if (!text) refuse(place, "not a text");
        return std::move(*text);
    } else if constexpr (std::is_same_v<T, Symbol>) {
        if (!json.is_string() || !Symbol::valid(json.get_ref<const std::string&>())) {
            refuse(place, "not a symbol");
        }
        return Symbol(json.get_ref<const std::string&>());
    } else if constexpr (IsDecimal<T>::value) {
        const auto value =
            json.is_string() ? T::parse(json.get_ref<const std::string&>()) : std::nullopt;
        if (!value) refuse(place, "not a decimal as text, or out of range");
        return *value;
    } else if constexpr (std::is_same_v<T, Timestamp>) {
        return {read_number<std::int64_t>(json, place)};
    } else if constexpr (std::is_same_v<T, Date>) {
        return {read_number<std::int32_t>(json, place)};
    } else if constexpr (std::is_enum_v<T>) {
        for (std::size_t i = 0; json.is_string() && i < Words<T>::list.size(); ++i) {
            if (Words<T>::list[i] == json.get_ref<const std::string&>()) return static_cast<T>(i);
        }
        refuse(place, "unknown word");
    } else if constexpr (IsOf<T, std::optional>::value) {
        return read<typename T::value_type>(json, place);
    } else if constexpr (IsOf<T, std::map>::value) {
        T map;
        if (!json.is_array()) refuse(place, "not a list of pairs");
        for (std::size_t i = 0; i < json.size(); ++i) {
            const JsonPlace at{&place, {}, i};
            if (!json[i].is_array() || json[i].size() != 2) refuse(at, "not a pair");
            auto key = read<typename T::key_type>(json[i][0], at);
            if (!map.emplace(std::move(key), read<typename T::mapped_type>(json[i][1], at))
                     .second) {
                refuse(at, "a key appears twice");
            }
        }
        return map;
    } else if constexpr (IsOf<T, std::vector>::value || IsOf<T, std::set>::value ||
                         IsArray<T>::value) {
        T list{};
        if (!json.is_array()) refuse(place, "not a list");
        if constexpr (IsArray<T>::value) {
            if (json.size() != list.size()) refuse(place, "a list of another length");
        }
        for (std::size_t i = 0; i < json.size(); ++i) {
            const JsonPlace at{&place, {}, i};
            auto element = read<typename T::value_type>(json[i], at);
            if constexpr (IsArray<T>::value) {
                list[i] = std::move(element);
            } else {
                list.insert(list.end(), std::move(element));
            }
        }
        return list;
    } else {
        T value;
        JsonReader reader(json, place);
        fields(reader, value);
        reader.finish();
        return value;
    }
}

}  // namespace tradewind::actors
