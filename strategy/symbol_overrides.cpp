#include "strategy/symbol_overrides.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

std::string key_of(Symbol symbol, StrategyKind kind) {
    return symbol.to_string() + '@' + name_of(kind);
}

template <class Map>
auto find_for(const Map& map, Symbol symbol, StrategyKind kind) {
    const auto exact = map.find(key_of(symbol, kind));
    return exact != map.end() ? exact : map.find(symbol.to_string());
}

[[noreturn]] void refuse(std::string_view name, std::string_view entry, const char* why) {
    throw Error(ErrorKind::usage, "setting " + std::string(name), std::string(entry), why,
                "give SYM:value or SYM@strategy:value, comma separated");
}

bool is_strategy(std::string_view text) {
    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        if (text == name_of(static_cast<StrategyKind>(i))) return true;
    }
    return false;
}

// Calls `take(key, value text)` for every entry.
template <class Take>
void each_entry(std::string_view name, std::string_view text, Take&& take) {
    while (!text.empty()) {
        const std::string_view entry = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), entry.size() + 1));
        const auto colon = entry.rfind(':');
        if (colon == std::string_view::npos) refuse(name, entry, "not of the form SYM:value");
        const std::string_view key = entry.substr(0, colon);
        const std::string_view symbol = key.substr(0, key.find('@'));
        if (!Symbol::valid(std::string(symbol))) refuse(name, entry, "not a symbol");
        if (symbol.size() < key.size() && !is_strategy(key.substr(symbol.size() + 1))) {
            refuse(name, entry, "unknown strategy");
        }
        take(std::string(key), entry, entry.substr(colon + 1));
    }
}

}  // namespace

std::optional<double> value_for(const SymbolMap& map, Symbol symbol, StrategyKind kind) {
    if (map.empty()) return std::nullopt;
    const auto found = find_for(map, symbol, kind);
    return found == map.end() ? std::nullopt : std::optional(found->second);
}

std::optional<SidePermission> SymbolOverrides::side_for(Symbol symbol, StrategyKind kind) const {
    if (sides.empty()) return std::nullopt;
    const auto found = find_for(sides, symbol, kind);
    return found == sides.end() ? std::nullopt : std::optional(found->second);
}

SymbolMap parse_symbol_map(std::string_view name, std::string_view text) {
    SymbolMap map;
    each_entry(name, text, [&](std::string key, std::string_view entry, std::string_view value) {
        double number = 0;
        const auto [end, fault] = std::from_chars(value.begin(), value.end(), number);
        if (fault != std::errc{} || end != value.end() || !std::isfinite(number) || number < 0) {
            refuse(name, entry, "the value is not a number of at least 0");
        }
        if (!map.emplace(std::move(key), number).second) refuse(name, entry, "given twice");
    });
    return map;
}

std::map<std::string, SidePermission> parse_side_map(std::string_view name, std::string_view text) {
    constexpr std::pair<std::string_view, SidePermission> kWords[] = {
        {"both", SidePermission::both},       {"buy", SidePermission::buy_only},
        {"long", SidePermission::buy_only},   {"sell", SidePermission::sell_only},
        {"short", SidePermission::sell_only}, {"none", SidePermission::none},
    };
    std::map<std::string, SidePermission> map;
    each_entry(name, text, [&](std::string key, std::string_view entry, std::string_view value) {
        const auto found = std::find_if(std::begin(kWords), std::end(kWords),
                                        [value](const auto& word) { return word.first == value; });
        if (found == std::end(kWords)) {
            refuse(name, entry, "the side is not one of both, buy, long, sell, short, none");
        }
        if (!map.emplace(std::move(key), found->second).second) refuse(name, entry, "given twice");
    });
    return map;
}

}  // namespace tradewind::strategy
