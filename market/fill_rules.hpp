// When, and at what price, a resting order fills against one bar. Pure functions that the matching
// engine, the profit kernel's laws and a reader of a backtest can share; any thread.
//
// What a bar proves: the open came first, the close last; high and low were touched, in unknown
// order. A limit fills only when price traded *through* it (strictly, by the fill buffer), except
// at a price that is certain: an open or close beyond it. Stops are touched (not strictly), and gap
// to the open. Orders that became active inside the bar are judged by FillModel:
//   conservative  an exit target fills only if the close is at or beyond it; a stop before a target
//   optimistic    the favourable order is assumed; a target before a stop
// next_open and this_close name where a market order decided at bar N fills: at the open of bar N +
// 1 or the close of bar N; both are conservative inside a bar. Source: strategies spec 3.1,
// contract 2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "messages/bar.hpp"
#include "messages/money.hpp"
#include "messages/order.hpp"

namespace tradewind::market {

enum class FillModel : std::uint8_t {
    next_open,
    this_close,
    intrabar_conservative,
    intrabar_optimistic,
};
[[nodiscard]] std::optional<FillModel> fill_model_named(std::string_view text);
[[nodiscard]] const char* to_text(FillModel model);

// Where inside the bar a fill happened. A fill at the open carries the bar's start, any other its
// end.
enum class FillPoint : std::uint8_t { at_open, inside, at_close };
[[nodiscard]] constexpr Timestamp fill_time(const Bar& bar, FillPoint point) {
    return point == FillPoint::at_open ? bar.start : bar.end;
}

// What the rules need to know of an order. `stop` is the stop price; for a trailing stop `trail` is
// the distance in currency and `mark` the best price since it began (highest for a sell, lowest
// for a buy; zero before the first bar).
struct RestingOrder {
    Side side = Side::buy;
    OrderType type = OrderType::market;
    Price limit{};
    Price stop{};
    Price trail{};
    Price mark{};
    bool triggered = false;  // a stop-limit whose stop was reached: now a limit
};

// A fill, or the state in which the order goes on into the next bar.
struct BarOutcome {
    bool filled = false;
    bool taker = false;  // took liquidity: market, stop, or a limit beyond the open
    Price price;
    FillPoint point = FillPoint::inside;
    bool triggered = false;
    Price mark;
};

struct FillRules {
    FillModel model = FillModel::next_open;
    Fraction fill_buffer;  // how far price must trade through a limit, as a fraction of it
};

// An order that rested before the bar's open, against the whole bar.
[[nodiscard]] BarOutcome fill_on_bar(const RestingOrder& order, const Bar& bar,
                                     const FillRules& rules);

// An order that became active inside the bar, after its open (the exits of an entry that filled
// there). A market order leaves at the close.
[[nodiscard]] BarOutcome fill_after_activation(const RestingOrder& order, const Bar& bar,
                                               const FillRules& rules);

// Auctions: opg against the bar's open, cls against its close, `this_close` market orders too. A
// limit takes part when the auction price is at or better than it.
[[nodiscard]] BarOutcome fill_in_auction(const RestingOrder& order, Price auction_price,
                                         FillPoint point);

// An order against a quote: market orders and limits at or beyond the touch take it; a stop
// triggers on the touch it would trade at.
[[nodiscard]] BarOutcome fill_on_quote(const RestingOrder& order, Price bid, Price ask);

// Of a target and a stop of the same position that both could fill in one bar: true when the target
// counts as first.
[[nodiscard]] constexpr bool target_before_stop(FillModel model) {
    return model == FillModel::intrabar_optimistic;
}

// Strictly through the limit by the buffer: price < limit x (1 - buffer) for a buy, mirrored for a
// sell. Exact.
[[nodiscard]] bool trades_through(Side side, Price limit, Price price, Fraction buffer);

}  // namespace tradewind::market
