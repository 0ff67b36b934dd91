#include "strategy/held_position.hpp"

#include <algorithm>

#include "market/calendar.hpp"
#include "market/snapshot_validation.hpp"
#include "messages/adoption.hpp"

namespace tradewind::strategy {
namespace {

const Pick* previous(const Symbol& symbol, const PassInput& input) {
    const auto found = input.previous.find(symbol);
    return found == input.previous.end() ? nullptr : &found->second;
}

// Those on the side of the whole, the largest first.
std::vector<HeldPart> parts_of(const Symbol& symbol, Quantity whole, const PassInput& input) {
    std::vector<HeldPart> parts;
    if (const auto found = input.holders.find(symbol); found != input.holders.end()) {
        std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(parts),
                     [&](const HeldPart& part) { return part.quantity.sign() == whole.sign(); });
    }
    std::stable_sort(parts.begin(), parts.end(), [](const HeldPart& a, const HeldPart& b) {
        return a.quantity.abs() > b.quantity.abs();
    });
    if (parts.empty()) {
        const Pick* pick = previous(symbol, input);
        parts.push_back({pick != nullptr ? name_of(pick->strategy) : kAdopted, whole, {}});
    }
    return parts;
}

Quantity quantity_of(const Symbol& symbol, const PassInput& input) {
    const auto found = input.account.positions.find(symbol);
    return found == input.account.positions.end() ? Quantity{} : found->second.quantity;
}

}  // namespace

std::optional<StrategyKind> kind_named(std::string_view name) {
    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        const auto kind = static_cast<StrategyKind>(i);
        if (name == name_of(kind)) return kind;
    }
    return std::nullopt;
}

HeldPosition held_position(const PassSymbol& symbol, const PassInput& input) {
    const auto found = input.account.positions.find(symbol.row.symbol);
    if (found == input.account.positions.end()) return {};
    const Quantity quantity = found->second.quantity;
    if (quantity.is_zero()) return {};
    Price price = found->second.last_price;
    if (symbol.quote && symbol.quote->valid()) price = symbol.quote->mid();
    const Money value = price * quantity;
    if (price.sign() > 0 && value < Money::whole(1) && Money::whole(-1) < value) return {};
    return {quantity, parts_of(symbol.row.symbol, quantity, input)};
}

StrategyKind holder_of(const AnalysisRow& row, const PassInput& input) {
    const Quantity whole = quantity_of(row.symbol, input);
    if (!whole.is_zero()) {
        for (const HeldPart& part : parts_of(row.symbol, whole, input)) {
            if (const auto kind = kind_named(part.strategy)) return *kind;
        }
    }
    const Pick* pick = previous(row.symbol, input);
    return pick != nullptr ? pick->strategy : row.chosen;
}

std::optional<Timestamp> opened_at(const Symbol& symbol, const PassInput& input) {
    const Pick* pick = previous(symbol, input);
    if (pick != nullptr && pick->opened.ns != 0) return pick->opened;
    const Quantity whole = quantity_of(symbol, input);
    if (whole.is_zero()) return std::nullopt;
    const Timestamp opened = parts_of(symbol, whole, input).front().opened;
    return opened.ns != 0 ? std::optional(opened) : std::nullopt;
}

bool outlived_its_day(const PassSymbol& symbol, const PassInput& input) {
    const auto opened = opened_at(symbol.row.symbol, input);
    if (!opened) return true;
    const auto calendar = market::calendar_of(symbol.row.asset_class);
    return market::exchange_date(calendar, *opened) < market::exchange_date(calendar, input.time);
}

bool entry_at_work(const Symbol& symbol, const Pick& pick, const WorkKeys& at_work, bool all) {
    const bool first = at_work.contains({symbol, pick.side, Role::entry});
    if (!pick.two_sided()) return first;
    const bool other = at_work.contains({symbol, opposite(pick.side), Role::entry});
    return all ? first && other : first || other;
}

std::string quote_failure(const PassSymbol& symbol, const PassInput& input) {
    if (!symbol.quote || !symbol.quote->valid()) return "quote: no bid and ask";
    const std::string why = market::quote_refusal(*symbol.quote, input.time, {});
    return why;
}

}  // namespace tradewind::strategy
