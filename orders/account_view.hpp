// What the gateway sees of the account and of the market when it judges one order. Plain values.
#pragma once

#include <optional>

#include "messages/account.hpp"
#include "messages/instrument.hpp"
#include "messages/quote.hpp"

namespace tradewind::orders {

struct AccountView {
    Money equity;
    Money cash;
    Money buying_power;
    Money gross_exposure;        // sum of |market value| over all symbols
    Money symbol_value;          // signed market value of the order's symbol
    Quantity position;           // signed, of the order's symbol, all strategies
    Quantity strategy_position;  // signed, the part the order's strategy holds
};

// The view of one symbol out of a snapshot; the whole position counts as the strategy's.
[[nodiscard]] AccountView view_of(const AccountSnapshot& account, Symbol symbol);

// The market of the order's symbol as of the step. `last_price` is the newest known price (a bar's
// close or a trade); zero: none. `session_open` is the exchange's state (coins: always true).
struct MarketView {
    std::optional<Quote> quote;
    Price last_price;
    bool session_open = true;
};

}  // namespace tradewind::orders
