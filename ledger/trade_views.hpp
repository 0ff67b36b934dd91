// What a person asks of the trades so far, as views of the store's own tables, so that they can
// never differ from the events:
//
//   trade_outcomes   the newest closed trade of each symbol, side and strategy
//   trade_history    the newest 100 of each
//   active_trades    what is held: symbol, side, quantity, the strategy that entered it newest, and
//                    since when
//   trade_learning   what each idea is being probed for (state 1 pending, 2 active, 3 to full size)
//
// In any SQLite client: `SELECT * FROM trade_outcomes`. Times and decimals are text as in the
// tables; pnl_fraction is a floating-point figure for reading. Source: strategies spec 4.10.
#pragma once

#include <string>

namespace tradewind::ledger {

// CREATE VIEW statements; views that exist already stay.
[[nodiscard]] std::string trade_views();

}  // namespace tradewind::ledger
