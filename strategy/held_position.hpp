// Who holds a symbol's position, since when, and whether a quote may price an order: the facts that
// a pass asks of the books and the market before it plans.
//
// Pure; any thread. A position belongs to the strategies that hold it by the books, whatever is
// chosen now; its exits are theirs (H45). What was adopted from the broker is judged by the rules
// of the pick, without one of the strategy chosen. Source: strategies spec 1.3, 2.1, 4.9 (I-8,
// I-24, I-26).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strategy/forecast_portfolio.hpp"

namespace tradewind::strategy {

// The strategy of that name; empty: none of these, an adopted position's for example.
[[nodiscard]] std::optional<StrategyKind> kind_named(std::string_view name);

struct HeldPosition {
    Quantity quantity;  // signed; zero: flat
    // What each strategy holds of it, the largest first, all on its side; empty where it is flat.
    std::vector<HeldPart> parts;
    [[nodiscard]] Side side() const { return quantity.sign() > 0 ? Side::buy : Side::sell; }
};

// A position worth less than a dollar is dust, not a position (I-24).
[[nodiscard]] HeldPosition held_position(const PassSymbol& symbol, const PassInput& input);

// The strategy by whose rules the position of the row's symbol is judged.
[[nodiscard]] StrategyKind holder_of(const AnalysisRow& row, const PassInput& input);

// When the position was opened, by the pick or else by the books; empty: unknown.
[[nodiscard]] std::optional<Timestamp> opened_at(const Symbol& symbol, const PassInput& input);

// Whether a position is of an earlier day than the pass; one of unknown age is.
[[nodiscard]] bool outlived_its_day(const PassSymbol& symbol, const PassInput& input);

// Whether an entry of the pick is at work; `all`: each of its legs.
[[nodiscard]] bool entry_at_work(const Symbol& symbol, const Pick& pick, const WorkKeys& at_work,
                                 bool all);

// Why no order may be priced by the symbol's quote at the pass; empty: it may.
[[nodiscard]] std::string quote_failure(const PassSymbol& symbol, const PassInput& input);

}  // namespace tradewind::strategy
