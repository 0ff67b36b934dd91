// Settings of single symbols, or of one strategy in a symbol: `SYM:value,SYM@strategy:value`.
//
// Immutable once parsed; pure; any thread. The entry of (symbol, strategy) is stronger than that of
// the symbol. Errors: a text that is not such a list, an unknown strategy or a value out of range
// throws Error (usage) that names the entry. Source: strategies spec 6.4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "messages/analysis_row.hpp"

namespace tradewind::strategy {

enum class SidePermission : std::uint8_t { both, buy_only, sell_only, none };

[[nodiscard]] constexpr bool permits(SidePermission permission, Side side) {
    return permission == SidePermission::both ||
           permission == (side == Side::buy ? SidePermission::buy_only : SidePermission::sell_only);
}

// Keys are `SYM` or `SYM@strategy`.
using SymbolMap = std::map<std::string, double>;

[[nodiscard]] std::optional<double> value_for(const SymbolMap& map, Symbol symbol,
                                              StrategyKind kind);

struct SymbolOverrides {
    SymbolMap kelly_scale;           // factor of a Kelly size
    SymbolMap max_hold_seconds;      // then the position leaves
    SymbolMap min_cooldown_minutes;  // after a loss, instead of the general one
    SymbolMap max_entries;           // of a day
    SymbolMap force_probe;           // not 0: minimum size only
    SymbolMap min_move;              // |expected move|, a fraction
    SymbolMap min_predicted_move;    // |predicted close / last close - 1|
    SymbolMap min_strategy_return;   // average daily return of the chosen strategy
    SymbolMap drawdown_suspend;      // account drawdown, a fraction
    SymbolMap drawdown_resume;
    SymbolMap kelly_drawdown_cap;
    SymbolMap kelly_drawdown_min_scale;
    std::map<std::string, SidePermission> sides;

    [[nodiscard]] std::optional<SidePermission> side_for(Symbol symbol, StrategyKind kind) const;
};

// `name` goes into the message of an error.
[[nodiscard]] SymbolMap parse_symbol_map(std::string_view name, std::string_view text);
// Values: both, buy, long, sell, short, none.
[[nodiscard]] std::map<std::string, SidePermission> parse_side_map(std::string_view name,
                                                                   std::string_view text);
}  // namespace tradewind::strategy
